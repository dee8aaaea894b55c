//! Certificates as facts, and verdicts on chains.
