//! A blocklist that can be replaced while a run goes on.

use std::fmt;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::Blocklist;

/// A blocklist shared by all who heed it and whoever replaces it.
///
/// Who touches many addresses in one go takes the list [`now`](Self::now) for them, and anew for the next ones: a list is never
/// changed, only replaced, so that none is seen half made.
#[derive(Clone)]
pub struct LiveBlocklist(Arc<RwLock<Arc<Blocklist>>>);

impl LiveBlocklist {
    /// The list that holds now.
    pub fn now(&self) -> Arc<Blocklist> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another list in its place, and returns the one that held before.
    pub fn replace(&self, list: Blocklist) -> Arc<Blocklist> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, Arc::new(list))
    }
}

impl From<Blocklist> for LiveBlocklist {
    fn from(list: Blocklist) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(list))))
    }
}

impl fmt::Debug for LiveBlocklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LiveBlocklist({} listed)", self.now().listed())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::Scope;

    #[test]
    fn all_who_share_it_see_the_list_that_replaced_it() {
        let live = LiveBlocklist::from(Blocklist::new(Scope::Internet));
        let shared = live.clone();
        let held = shared.now();
        let addr: IpAddr = [198, 51, 100, 7].into();
        let addr_elsewhere: IpAddr = [9, 9, 9, 9].into();
        let mut list = Blocklist::new(Scope::Internet);
        list.block("9.9.9.0/24".parse().expect("a prefix"), "asked");
        let before = live.replace(list);
        assert!(Arc::ptr_eq(&before, &held));
        assert!(held.check(addr_elsewhere).is_none(), "what was taken before stays as it was");
        assert!(shared.now().check(addr_elsewhere).is_some());
        assert!(shared.now().check(addr).is_some(), "special-purpose networks stay blocked");
    }
}
