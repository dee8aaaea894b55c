//! What is lost on the way is found by repeats, as arithmetic predicts.

use std::time::Duration;

use tlscensus_discovery::Ended;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;

use crate::support::CLOSED;
use crate::support::OPEN;
use crate::support::Scene;
use crate::support::check;
use crate::support::plan;
use crate::support::say;

const TARGETS: u32 = 1 << 16;
/// Of probes, and of answers to those that come through.
const LOSS: f64 = 0.01;

#[test]
fn with_one_in_a_hundred_lost_recall_is_as_predicted() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let chain =
        "add chain netdev t e { type filter hook egress device far priority 0; policy accept; }";
    scene.pair.far.run(&["nft", chain]).unwrap();
    let lost = "numgen random mod 100 == 0 drop";
    scene.pair.far.run(&["nft", &format!("add rule netdev t e ip protocol tcp {lost}")]).unwrap();
    scene.rule(&format!("ip protocol tcp {lost}"));
    let lost_both_ways = 1.0 - (1.0 - LOSS) * (1.0 - LOSS);
    for probes in 1..=3 {
        let mut plan = plan(&["10.1.0.0/16"], &[OPEN]);
        plan.probes = probes;
        let found = scene.discover(plan.clone(), Method::Messages);
        assert_eq!(found.ended, Ended::Complete);
        let told = found.told(ResponderKind::SynAck);
        assert!(told.values().all(|times| *times == 1), "somebody was told twice");
        let missing = f64::from(TARGETS - u32::try_from(told.len()).unwrap());
        let share = lost_both_ways.powi(i32::from(probes));
        let expected = f64::from(TARGETS) * share;
        let five_sigma = 5.0 * (expected * (1.0 - share)).sqrt();
        say(&format!(
            "{probes} probes: {missing} missing, {expected:.1} ± {five_sigma:.1} expected; {:?}",
            found.counts
        ));
        assert!((missing - expected).abs() <= five_sigma.max(2.0), "{missing} for {expected}");
        // Who has answered is not asked again.
        let repeats = found.counts.probes_sent - found.counts.targets;
        assert_eq!(repeats + found.counts.spared, u64::from(TARGETS) * u64::from(probes - 1));
        assert!(probes == 1 || found.counts.spared > 0);
    }
}

#[test]
fn who_answers_to_each_of_three_probes_is_told_once() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let mut plan = plan(&["10.1.0.0/20"], &[OPEN, CLOSED]);
    plan.probes = 3;
    // They leave before the first answer is heard.
    plan.spacing = Duration::ZERO;
    plan.record_resets = true;
    let found = scene.discover(plan.clone(), Method::Messages);
    check(&plan, &found, ResponderKind::SynAck);
    check(&plan, &found, ResponderKind::Rst);
    assert!(found.counts.repeats > 0, "{:?}", found.counts);
}
