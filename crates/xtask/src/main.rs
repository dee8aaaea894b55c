//! CI, code generation, tidiness checks.

fn main() {}
