//! The named SQL over a dataset; the only crate with a query engine.
