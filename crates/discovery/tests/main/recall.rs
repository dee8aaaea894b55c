//! Who answers is found, nobody else, and each once.

use std::time::Duration;

use tlscensus_discovery::Ended;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;

use crate::support::CLOSED;
use crate::support::HALF;
use crate::support::OPEN;
use crate::support::Scene;
use crate::support::check;
use crate::support::plan;
use crate::support::say;

#[test]
fn all_who_answer_are_found_once_by_each_method() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    for method in Method::FASTEST_FIRST {
        let mut plan = plan(&["10.1.0.0/18"], &[OPEN, CLOSED, HALF]);
        plan.record_resets = true;
        let found = scene.discover(plan.clone(), method);
        say(&format!("{method:?}: {:?} in {:?}", found.counts, found.took));
        assert_eq!(found.ended, Ended::Complete);
        check(&plan, &found, ResponderKind::SynAck);
        check(&plan, &found, ResponderKind::Rst);
        assert_eq!((found.counts.probes_sent, found.counts.targets), (3 << 14, 3 << 14));
        assert_eq!(found.counts.kernel_drops, 0);
        assert_eq!(found.progress.position, plan.visits.len());
        assert_eq!(found.progress.asked, [1 << 14; 3]);
        assert!(found.took >= Duration::from_millis(500), "no window: {:?}", found.took);
    }
}
