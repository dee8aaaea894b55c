//! The private keys of key exchange, made once and shared by many probes.

use std::fmt;
use std::sync::Arc;

use crate::crypto::exchange::PrivateKeys;

/// One private key per group, cheap to clone.
///
/// This client protects nobody's secrets: it carries a few bytes of capabilities and leaves. So it uses the same
/// keys for many connections and saves the cost of making them. The caller makes new ones as often as it
/// likes; clones made before keep the old ones.
#[derive(Clone)]
pub struct KeyShares(Arc<PrivateKeys>);

impl KeyShares {
    /// Fresh keys for every group.
    pub fn generate() -> Self {
        Self(Arc::new(PrivateKeys::generate()))
    }

    pub(crate) fn private(&self) -> &PrivateKeys {
        &self.0
    }
}

impl fmt::Debug for KeyShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyShares").finish_non_exhaustive()
    }
}
