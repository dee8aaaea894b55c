//! The engine and its tables over datasets written by the real writer.

mod discovery;
mod engine;
mod fixture;
mod passive;
mod tables;
mod traffic;
