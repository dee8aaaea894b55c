//! Words typed → plans → runs → exit code; builds the one binary `tlscensus`.

fn main() {}
