//! The rows that either half writes down, and nothing else.
