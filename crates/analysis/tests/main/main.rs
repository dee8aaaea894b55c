//! The engine and its tables over datasets written by the real writer.

mod engine;
mod fixture;
mod tables;
