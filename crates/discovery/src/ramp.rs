//! A scan begins small, and goes on only while the answers look like those of an Internet.
//!
//! Which answers are odd is judged from counts alone, after the answer window of a stage, and over windows of time while the last stage
//! runs. A scan that would only make noise, or whose results would be wrong, ends early.

use std::fmt;
use std::ops::Add;
use std::ops::Range;
use std::ops::Sub;

use crate::share::share;
use crate::share::to_f64;

/// What was sent and what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Probes.
    pub sent: u64,
    /// Endpoints that answered with SYN-ACK.
    pub syn_acks: u64,
    /// Endpoints that answered with RST.
    pub rsts: u64,
    /// Endpoints about which an ICMP error came.
    pub icmp: u64,
    /// Of these, the ones that say that a policy forbids the probe.
    pub prohibited: u64,
    /// Packets heard that answer nothing of ours.
    pub foreign: u64,
    /// Packets that the kernel dropped before we read them.
    pub drops: u64,
}

impl Flow {
    fn answers(&self) -> u64 {
        self.syn_acks + self.rsts + self.icmp
    }

    fn zip(self, other: Self, each: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            sent: each(self.sent, other.sent),
            syn_acks: each(self.syn_acks, other.syn_acks),
            rsts: each(self.rsts, other.rsts),
            icmp: each(self.icmp, other.icmp),
            prohibited: each(self.prohibited, other.prohibited),
            foreign: each(self.foreign, other.foreign),
            drops: each(self.drops, other.drops),
        }
    }
}

impl Add for Flow {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, u64::saturating_add)
    }
}

/// What came after the other counts were taken.
impl Sub for Flow {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        self.zip(earlier, u64::saturating_sub)
    }
}

/// What an operator knows beforehand, so that it is not odd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Nearly all targets listen, as on a list of known servers.
    pub everything: bool,
    /// Perhaps nobody answers, as in a dark prefix.
    pub silence: bool,
}

/// Why a scan should not go on: each a sentence for the operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Halt {
    /// The hit rate has collapsed while the scan ran.
    Collapse {
        /// Lately.
        window: Flow,
        /// Over the time before.
        long_run: Flow,
    },
    /// The kernel drops what we should read.
    Drops(Flow),
    /// Nearly everything answers.
    Everything(Flow),
    /// Policies forbid too many probes.
    Prohibited(Flow),
    /// The hit rate is another than before.
    Shift {
        /// In this stage.
        stage: Flow,
        /// In all stages before.
        before: Flow,
    },
    /// Nobody answers at all.
    Silence(Flow),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collapse { window, long_run } => write!(
                f,
                "the hit rate fell from {} to {} ({} SYN-ACKs to the last {} probes) and stayed there: probes or answers are lost \
                 or filtered on the way",
                Percent(long_run.syn_acks, long_run.sent),
                Percent(window.syn_acks, window.sent),
                window.syn_acks,
                window.sent
            ),
            Self::Drops(counts) => write!(
                f,
                "the kernel dropped {} of {} packets ({}) before they were read, so answers are missing: send more slowly",
                counts.drops,
                received(counts),
                Percent(counts.drops, received(counts))
            ),
            Self::Everything(counts) => write!(
                f,
                "{} of {} probes ({}) were answered by a SYN-ACK: something on the way answers for everybody, unless all targets \
                 are known to listen",
                counts.syn_acks,
                counts.sent,
                Percent(counts.syn_acks, counts.sent)
            ),
            Self::Prohibited(counts) => write!(
                f,
                "ICMP says of {} of {} probes ({}) that a policy forbids them: a network close to here, or many, refuse this scan",
                counts.prohibited,
                counts.sent,
                Percent(counts.prohibited, counts.sent)
            ),
            Self::Shift { stage, before } => write!(
                f,
                "the hit rate changed from {} ({} SYN-ACKs to {} probes) to {} ({} to {}), which is no chance: the targets of \
                 both are drawn alike",
                Percent(before.syn_acks, before.sent),
                before.syn_acks,
                before.sent,
                Percent(stage.syn_acks, stage.sent),
                stage.syn_acks,
                stage.sent
            ),
            Self::Silence(counts) => write!(
                f,
                "nobody answered any of {} probes, not even with a refusal: the interface, the gateway or a filter on the way may be \
                 at fault",
                counts.sent
            ),
        }
    }
}

impl std::error::Error for Halt {}

/// A share of a whole as a reader takes it in.
struct Percent(u64, u64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} %", 100.0 * share(self.0, self.1))
    }
}

/// The stages of a scan: 0.01 % of the positions, up to 1 %, the rest; but none too small to judge.
pub(crate) fn stages(positions: Range<u64>) -> Vec<Range<u64>> {
    let length = positions.end.saturating_sub(positions.start);
    let mut start = positions.start;
    let mut stages = Vec::new();
    for (part, least) in [(10_000, LEAST_STAGE), (100, 10 * LEAST_STAGE), (1, 0)] {
        let end = positions.start + (length / part).max(least).min(length);
        if start < end {
            stages.push(start..end);
            start = end;
        }
    }
    stages
}

/// Whether a stage that has ended, and whose answer window is over, lets the next one begin; `before` is all that was sent before the
/// stage, nothing for the first.
///
/// # Errors
/// Why not.
pub(crate) fn judge(before: &Flow, stage: &Flow, expected: Expected) -> Result<(), Halt> {
    if let Some(halt) = dropped(stage).or_else(|| prohibited(stage)) {
        return Err(halt);
    }
    if !expected.everything
        && stage.sent >= LEAST_JUDGED
        && share(stage.syn_acks, stage.sent) > MOST_HITS
    {
        return Err(Halt::Everything(*stage));
    }
    let all = *before + *stage;
    if !expected.silence && all.sent >= SILENT_PROBES && all.answers() == 0 {
        return Err(Halt::Silence(all));
    }
    if shifted(before, stage) {
        return Err(Halt::Shift { stage: *stage, before: *before });
    }
    Ok(())
}

/// Looks after the last stage, window by window.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    long_run: Flow,
    gathered: Flow,
    /// Windows in a row that looked odd.
    odd: u32,
    /// What was in these.
    doubtful: Flow,
}

impl Watch {
    /// After stages with these counts in all.
    pub fn new(before: Flow) -> Self {
        Self { long_run: before, gathered: Flow::default(), odd: 0, doubtful: Flow::default() }
    }

    /// What came since the last call, a second or so of it. Windows too small to judge are put together.
    ///
    /// # Errors
    /// Why the scan should stop.
    pub fn window(&mut self, counts: &Flow) -> Result<(), Halt> {
        self.gathered = self.gathered + *counts;
        let window = self.gathered;
        let expected = share(self.long_run.syn_acks, self.long_run.sent) * to_f64(window.sent);
        let judged = expected >= LEAST_EXPECTED
            || (self.long_run.syn_acks == 0 && window.sent >= LEAST_JUDGED);
        if !judged {
            return Ok(());
        }
        self.gathered = Flow::default();
        let collapsed = to_f64(window.syn_acks) < expected * COLLAPSED;
        let collapse =
            || Halt::Collapse { window: self.doubtful + window, long_run: self.long_run };
        let halt =
            dropped(&window).or_else(|| prohibited(&window)).or_else(|| collapsed.then(collapse));
        self.doubtful = self.doubtful + window;
        let Some(halt) = halt else {
            self.long_run = self.long_run + self.doubtful;
            (self.odd, self.doubtful) = (0, Flow::default());
            return Ok(());
        };
        self.odd += 1;
        if self.odd >= ODD_WINDOWS { Err(halt) } else { Ok(()) }
    }
}

/// All that the kernel had for us.
fn received(counts: &Flow) -> u64 {
    counts.answers() + counts.foreign + counts.drops
}

fn dropped(counts: &Flow) -> Option<Halt> {
    let received = received(counts);
    let many = received >= LEAST_JUDGED && share(counts.drops, received) > MOST_DROPS;
    many.then_some(Halt::Drops(*counts))
}

fn prohibited(counts: &Flow) -> Option<Halt> {
    let many =
        counts.sent >= LEAST_JUDGED && share(counts.prohibited, counts.sent) > MOST_PROHIBITED;
    many.then_some(Halt::Prohibited(*counts))
}

/// Whether two hit rates differ by a factor, and by more than chance allows: the likelihood-ratio test (G-test) of two proportions, which
/// holds where one of them has few hits or far fewer probes, as the usual one with a normal deviation does not.
fn shifted(before: &Flow, stage: &Flow) -> bool {
    if before.sent == 0 || stage.sent == 0 {
        return false;
    }
    let all = *before + *stage;
    let pooled = share(all.syn_acks, all.sent);
    let rates = [before, stage].map(|counts| share(counts.syn_acks, counts.sent));
    let evidence = [before, stage].map(|counts| {
        let misses = counts.sent.saturating_sub(counts.syn_acks);
        let expected = pooled * to_f64(counts.sent);
        surprise(counts.syn_acks, expected) + surprise(misses, to_f64(counts.sent) - expected)
    });
    let [lower, higher] = [rates[0].min(rates[1]), rates[0].max(rates[1])];
    higher > SHIFT * lower && 2.0 * (evidence[0] + evidence[1]) > MOST_EVIDENCE
}

/// One cell of the test: what was counted by the logarithm of how much more it is than expected.
fn surprise(counted: u64, expected: f64) -> f64 {
    if counted == 0 { 0.0 } else { to_f64(counted) * (to_f64(counted) / expected).ln() }
}

/// Positions of the smallest stage: a share of 1 % is known to within a factor of two from so many.
const LEAST_STAGE: u64 = 1_000;

/// Fewer probes, or packets, tell no share.
const LEAST_JUDGED: u64 = 1_000;

/// So many probes without any answer are odd: of routed addresses at least one in a hundred says something, be it only a router, so
/// that chance has e^-100.
const SILENT_PROBES: u64 = 10_000;

/// More hits than this share of the probes are odd: the most common port of all answers on one or two routed addresses in a
/// hundred.
const MOST_HITS: f64 = 0.25;

/// More prohibitions than this share of the probes are odd: all errors together are about one in a hundred.
const MOST_PROHIBITED: f64 = 0.05;

/// More drops than this share are too many: as many answers are missing.
const MOST_DROPS: f64 = 0.01;

/// Hit rates of stages may differ by this factor even if it is no chance: networks have their hours.
const SHIFT: f64 = 3.0;

/// What chance exceeds once in two million times: the square of five standard deviations.
const MOST_EVIDENCE: f64 = 25.0;

/// A window is judged when so many hits are expected of it: a quarter of them or fewer is then chance once in 60,000 windows.
const LEAST_EXPECTED: f64 = 20.0;

/// A window with less than this share of the hits expected is odd.
const COLLAPSED: f64 = 0.25;

/// So many odd windows in a row are no chance and no short fault either.
const ODD_WINDOWS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// A plausible stage, to be changed.
    const GOOD: Flow = Flow {
        sent: 370_000,
        syn_acks: 4_000,
        rsts: 9_000,
        icmp: 3_000,
        prohibited: 500,
        foreign: 100,
        drops: 0,
    };

    #[test]
    fn three_stages_or_fewer() {
        let ends = |ends: &[u64]| -> Vec<Range<u64>> {
            ends.windows(2).map(|pair| pair[0]..pair[1]).collect()
        };
        let whole = 51_800_000_000;
        let end = u64::MAX;
        for (positions, expected) in [
            (0..whole, ends(&[0, 5_180_000, 518_000_000, whole])),
            (100..65_636, ends(&[100, 1_100, 10_100, 65_636])),
            (0..5_000, ends(&[0, 1_000, 5_000])),
            (7..900, ends(&[7, 900])),
            (7..7, ends(&[])),
            (end - 5_000..end, ends(&[end - 5_000, end - 4_000, end])),
        ] {
            assert_eq!(stages(positions.clone()), expected, "{positions:?}");
        }
    }

    fn word(judged: Result<(), Halt>) -> &'static str {
        match judged {
            Ok(()) => "go on",
            Err(Halt::Collapse { .. }) => "collapse",
            Err(Halt::Drops(_)) => "drops",
            Err(Halt::Everything(_)) => "everything",
            Err(Halt::Prohibited(_)) => "prohibited",
            Err(Halt::Shift { .. }) => "shift",
            Err(Halt::Silence(_)) => "silence",
        }
    }

    #[test]
    fn first_stages() {
        let silent = |sent| Flow { sent, ..Flow::default() };
        for (stage, expected) in [
            (GOOD, "go on"),
            (silent(9_999), "go on"),
            (silent(10_000), "silence"),
            (Flow { rsts: 1, ..silent(10_000) }, "go on"),
            (Flow { foreign: 50, ..silent(10_000) }, "silence"),
            (Flow { syn_acks: 92_500, ..GOOD }, "go on"),
            (Flow { syn_acks: 92_501, ..GOOD }, "everything"),
            (Flow { syn_acks: 999, ..silent(999) }, "go on"),
            (Flow { icmp: 19_000, prohibited: 18_500, ..GOOD }, "go on"),
            (Flow { icmp: 19_000, prohibited: 18_501, ..GOOD }, "prohibited"),
            (Flow { drops: 162, ..GOOD }, "go on"),
            (Flow { drops: 163, ..GOOD }, "drops"),
            // Our own fault is told first.
            (Flow { drops: 9_000, syn_acks: 300_000, ..GOOD }, "drops"),
        ] {
            let judged = judge(&Flow::default(), &stage, Expected::default());
            assert_eq!(word(judged), expected, "{stage:?}");
        }
    }

    #[test]
    fn what_is_expected_is_not_odd() {
        let none = Flow::default();
        let everything = Expected { everything: true, silence: false };
        let silence = Expected { everything: false, silence: true };
        let all = Flow { sent: 5_000, syn_acks: 5_000, ..none };
        let nobody = Flow { sent: 50_000, ..none };
        for (stage, expected, word_expected) in [
            (all, everything, "go on"),
            (all, silence, "everything"),
            (nobody, silence, "go on"),
            (nobody, everything, "silence"),
        ] {
            assert_eq!(word(judge(&none, &stage, expected)), word_expected);
        }
        // All of all is no deviation.
        assert_eq!(word(judge(&all, &all, everything)), "go on");
    }

    #[test]
    fn rates_that_change() {
        let hits = |syn_acks, sent| Flow { sent, syn_acks, rsts: 1, ..Flow::default() };
        for (before, stage, expected) in [
            (hits(1_000, 100_000), hits(100_000, 10_000_000), "go on"),
            (hits(1_000, 100_000), hits(34_000, 10_000_000), "go on"),
            (hits(1_000, 100_000), hits(33_000, 10_000_000), "shift"),
            (hits(1_000, 100_000), hits(0, 10_000_000), "shift"),
            (hits(1_000, 100_000), hits(320_000, 10_000_000), "shift"),
            (hits(0, 100_000), hits(100_000, 10_000_000), "shift"),
            // Too few to say.
            (hits(5, 1_000), hits(0, 1_000), "go on"),
            (hits(0, 1_000), hits(90, 9_000), "go on"),
            (hits(0, 0), hits(90, 9_000), "go on"),
            // A factor that chance gives.
            (hits(4, 1_000), hits(13, 1_000), "go on"),
            (hits(10, 10_000), hits(60, 10_000), "shift"),
        ] {
            let judged = judge(&before, &stage, Expected::default());
            assert_eq!(word(judged), expected, "{before:?} {stage:?}");
        }
    }

    /// Feeds windows, and says after how many it stops.
    fn watched(before: Flow, windows: &[Flow]) -> Option<(usize, &'static str)> {
        let mut watch = Watch::new(before);
        (1..).zip(windows).find_map(|(number, window)| {
            let judged = watch.window(window);
            judged.is_err().then(|| (number, word(judged)))
        })
    }

    #[test]
    fn a_collapse_that_stays_stops_the_scan() {
        let second = |syn_acks| Flow { sent: 100_000, syn_acks, rsts: 2_000, ..Flow::default() };
        let (good, low) = (second(1_000), second(200));
        let before = GOOD;
        for (windows, expected) in [
            (vec![good; 50], None),
            (vec![low; 50], Some((5, "collapse"))),
            ([vec![good; 20], vec![low; 5]].concat(), Some((25, "collapse"))),
            // A short fault, again and again.
            ([vec![second(20); 4], vec![good]].concat().repeat(9), None),
            (
                [vec![second(20); 4], vec![good], vec![second(20); 5]].concat(),
                Some((10, "collapse")),
            ),
            // Halved is not collapsed.
            (vec![second(500); 50], None),
            (vec![Flow { drops: 300, ..good }; 50], Some((5, "drops"))),
            (vec![Flow { icmp: 6_000, prohibited: 6_000, ..good }; 50], Some((5, "prohibited"))),
            // Nothing is sent, nothing comes.
            (vec![Flow::default(); 50], None),
        ] {
            assert_eq!(watched(before, &windows), expected, "{:?}", windows.first());
        }
    }

    #[test]
    fn small_windows_are_put_together() {
        let slow = |syn_acks| Flow { sent: 100, syn_acks, ..Flow::default() };
        // One in a hundred expected: 20 windows are one to judge.
        let before = Flow { sent: 100_000, syn_acks: 1_000, ..Flow::default() };
        assert_eq!(watched(before, &vec![slow(0); 200]), Some((100, "collapse")));
        assert_eq!(watched(before, &vec![slow(1); 200]), None);
        // Where nobody has answered yet, hits are learnt from.
        let dark = Flow { sent: 100_000, ..Flow::default() };
        let windows = [vec![slow(0); 100], vec![slow(5); 1_000], vec![slow(0); 1_000]].concat();
        assert!(matches!(watched(dark, &windows), Some((1_100.., "collapse"))));
    }

    #[test]
    fn each_reason_is_a_sentence_with_its_figures() {
        let window = Flow { sent: 1_000_000, syn_acks: 500, ..GOOD };
        for (halt, figures) in [
            (
                Halt::Collapse { window, long_run: GOOD },
                vec!["1.081 %", "0.050 %", "500", "1000000"],
            ),
            (Halt::Drops(Flow { drops: 1_000, ..GOOD }), vec!["1000 of 17100", "5.848 %"]),
            (Halt::Everything(GOOD), vec!["4000 of 370000", "1.081 %"]),
            (Halt::Prohibited(GOOD), vec!["500 of 370000", "0.135 %"]),
            (
                Halt::Shift { stage: window, before: GOOD },
                vec!["4000", "370000", "0.050 %", "1000000"],
            ),
            (Halt::Silence(GOOD), vec!["370000"]),
        ] {
            let sentence = halt.to_string();
            assert!(figures.iter().all(|figure| sentence.contains(figure)), "{sentence}");
            assert!(!sentence.contains("  "), "{sentence}");
        }
    }
}
