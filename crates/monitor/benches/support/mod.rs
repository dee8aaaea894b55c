//! What captures for tests and benches are made of: identities, and sessions recorded between real ends.

pub(crate) mod identity;
pub(crate) mod mix;
pub(crate) mod record;
