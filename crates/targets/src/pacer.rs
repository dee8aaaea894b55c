//! When a sender of packets may send how many: a clock that does not make up for a stall by a burst.
//!
//! Two clocks count along. One holds the rate: each packet has its time, and what is later than that is a debt. The other bounds how
//! fast a debt is paid back: at 1.25 times the rate, from a reserve of four milliseconds or one batch, which is what a scheduler
//! takes away at a time. So no stretch of 100 ms has more than 1.3 times its share, or one batch more than 1.25 times. A debt beyond
//! [`Pacer::SLACK_NS`] is forgotten and leaves one batch of the reserve: a sender that was stopped for seconds goes on
//! nearly as if it had just begun.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How fast packets leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Bits per second on the wire: see [`Rate::wire_bits`].
    Bits(f64),
    /// Packets per second.
    Packets(f64),
}

impl Rate {
    /// What a frame takes of an Ethernet, its check sequence not counted in `frame_octets`: with that (4 octets) at
    /// least 64 octets, and 20 of preamble, start and gap (IEEE 802.3, section 4A.4.2 and clause 3).
    pub fn wire_bits(frame_octets: u16) -> u32 {
        ((u32::from(frame_octets) + CHECK_OCTETS).max(LEAST_OCTETS) + GAP_OCTETS) * 8
    }

    /// Reads a bandwidth: as [`FromStr`], but a number alone is bits per second.
    ///
    /// # Errors
    /// [`NoRate`] for anything else.
    pub fn bandwidth(text: &str) -> Result<Self, NoRate> {
        match text.parse()? {
            Self::Bits(rate) | Self::Packets(rate) => Ok(Self::Bits(rate)),
        }
    }

    /// How many packets per second this is for frames of this length, their check sequence not counted.
    pub fn packets_per_second(self, frame_octets: u16) -> f64 {
        match self {
            Self::Bits(rate) => rate / f64::from(Self::wire_bits(frame_octets)),
            Self::Packets(rate) => rate,
        }
    }

    /// One of `parts` equal parts of it: of several senders each keeps to one.
    #[must_use]
    pub fn share(self, parts: u16) -> Self {
        let parts = f64::from(parts.max(1));
        match self {
            Self::Bits(rate) => Self::Bits(rate / parts),
            Self::Packets(rate) => Self::Packets(rate / parts),
        }
    }
}

/// Reads `300`, `10k`, `1.5M`: packets per second; with `bit`, `bit/s` or `bps` behind it, bits per second.
impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Self, NoRate> {
        let text = text.trim();
        let bits = ["bit/s", "bps", "bit"].iter().find_map(|unit| text.strip_suffix(unit));
        let number = bits.unwrap_or(text).trim_end();
        let (digits, times) = match number.as_bytes().last() {
            Some(b'k' | b'K') => (number.split_at(number.len() - 1).0, 1e3),
            Some(b'M') => (number.split_at(number.len() - 1).0, 1e6),
            Some(b'G') => (number.split_at(number.len() - 1).0, 1e9),
            _ => (number, 1.0),
        };
        let digits = digits.trim_end();
        if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(NoRate);
        }
        let rate = digits.parse::<f64>().map_err(|_| NoRate)? * times;
        if !(LEAST_RATE..=MOST_RATE).contains(&rate) {
            return Err(NoRate);
        }
        Ok(if bits.is_some() { Self::Bits(rate) } else { Self::Packets(rate) })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(rate) => write!(f, "{rate} bit/s"),
            Self::Packets(rate) => write!(f, "{rate} packets/s"),
        }
    }
}

/// Text that says no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRate;

impl fmt::Display for NoRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not a rate; write packets per second, like 10k or 1.5M, or bits per second, like 100Mbit"
        )
    }
}

impl std::error::Error for NoRate {}

/// What a sender may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Send as many packets; they count as sent.
    Send(usize),
    /// Nothing before this time.
    Wait {
        /// On the sender's clock, in nanoseconds; later than the time given.
        until_ns: u64,
    },
}

/// Paces one sender. Times are nanoseconds on a clock of the caller's that never goes back.
///
/// Per turn [`grant`](Self::grant), then send or sleep; what could not be sent is [given back](Self::give_back). At low rates each
/// packet is sent at its time. At high rates a wait is as long as a batch of packets takes, about 100 µs, as sleeping
/// costs calls of the system. A sleeper that comes up to 4 ms late holds the rate, and so does one that is held up for longer now and
/// then.
#[derive(Clone, Debug)]
pub struct Pacer {
    batch: usize,
    pace: Pace,
    /// When the next packet is due.
    due: u128,
    /// When the second clock has its whole reserve again.
    full: u128,
    /// When the sender was here last, or was told to come back.
    awaited_ns: u64,
}

/// What follows from the rate; times in [`PARTS`] of a nanosecond.
#[derive(Clone, Copy, Debug)]
struct Pace {
    interval: u128,
    /// Between packets while a debt is paid back.
    least_interval: u128,
    /// What may be sent at once, in packets.
    reserve: u128,
    /// What is waited for, in packets.
    quantum: u128,
}

impl Pacer {
    /// How late packets may be and still be sent.
    pub const SLACK_NS: u64 = 20_000_000;

    /// Of packets with frames of at most this length, sent in batches of at most this size. The first one may go now.
    pub fn new(now_ns: u64, rate: Rate, frame_octets: u16, batch: usize) -> Self {
        let pace = Pace::new(rate, frame_octets, batch);
        Self { batch, pace, due: u128::from(now_ns) * PARTS, full: 0, awaited_ns: now_ns }
    }

    /// How many of the wanted packets may be sent now.
    #[inline]
    pub fn grant(&mut self, now_ns: u64, wanted: usize) -> Grant {
        let now = u128::from(now_ns) * PARTS;
        self.due = self.due.max(now.saturating_sub(u128::from(Self::SLACK_NS) * PARTS));
        if now_ns.saturating_sub(self.awaited_ns) > Self::SLACK_NS {
            self.empty_reserve(now);
        }
        self.awaited_ns = now_ns;
        let wanted = wide(wanted);
        let allowed = self.allowed(now).min(wanted);
        if allowed < wanted.min(self.pace.quantum) {
            self.awaited_ns = self.time_of_quantum(now_ns);
            return Grant::Wait { until_ns: self.awaited_ns };
        }
        self.due += allowed * self.pace.interval;
        self.full = self.full.max(now) + allowed * self.pace.least_interval;
        Grant::Send(usize::try_from(allowed).expect("not more than were wanted"))
    }

    /// Takes back packets that were granted last and not sent.
    pub fn give_back(&mut self, packets: usize) {
        self.due = self.due.saturating_sub(wide(packets) * self.pace.interval);
        self.full = self.full.saturating_sub(wide(packets) * self.pace.least_interval);
    }

    /// Goes on with another rate: as if the last packet had been sent at it, and without what was owed.
    pub fn set_rate(&mut self, now_ns: u64, rate: Rate, frame_octets: u16) {
        let pace = Pace::new(rate, frame_octets, self.batch);
        let now = u128::from(now_ns) * PARTS;
        let last = self.due.saturating_sub(self.pace.interval);
        self.due = (last + pace.interval).max(now);
        self.full = now + self.used(now) * pace.least_interval;
        self.pace = pace;
    }

    /// After a stall: but for one batch.
    #[cold]
    fn empty_reserve(&mut self, now: u128) {
        let missing = self.pace.reserve.saturating_sub(wide(self.batch).max(self.pace.quantum));
        self.full = self.full.max(now + missing * self.pace.least_interval);
    }

    /// By both clocks.
    fn allowed(&self, now: u128) -> u128 {
        let due = now.checked_sub(self.due).map_or(0, |late| late / self.pace.interval + 1);
        due.min(self.pace.reserve.saturating_sub(self.used(now)))
    }

    /// How many packets are missing in the reserve.
    fn used(&self, now: u128) -> u128 {
        self.full.saturating_sub(now).div_ceil(self.pace.least_interval)
    }

    /// When both clocks allow a quantum; whole nanoseconds, and never now.
    fn time_of_quantum(&self, now_ns: u64) -> u64 {
        let Pace { interval, least_interval, reserve, quantum } = self.pace;
        let due = self.due + (quantum - 1) * interval;
        let kept = self.full.saturating_sub((reserve - quantum) * least_interval);
        let until = u64::try_from(due.max(kept).div_ceil(PARTS)).unwrap_or(u64::MAX);
        until.max(now_ns.saturating_add(1))
    }
}

impl Pace {
    fn new(rate: Rate, frame_octets: u16, batch: usize) -> Self {
        let rate = rate.packets_per_second(frame_octets).clamp(LEAST_RATE, MOST_RATE);
        // Seconds times parts are in a duration's nanoseconds what parts of nanoseconds are.
        let interval = Duration::from_secs_f64(PARTS_F64 / rate).as_nanos();
        let packets_in = |time_ns: u128| time_ns * PARTS / interval;
        Self {
            interval,
            least_interval: (interval * 4).div_ceil(5),
            reserve: packets_in(RESERVE_NS).max(wide(batch)).max(1),
            quantum: packets_in(QUANTUM_NS).max(1),
        }
    }
}

fn wide(packets: usize) -> u128 {
    u128::try_from(packets).expect("a word is not wider than two")
}

const CHECK_OCTETS: u32 = 4;
const LEAST_OCTETS: u32 = 64;
const GAP_OCTETS: u32 = 20;

/// One packet in a quarter of an hour; whoever wants less sends by hand.
const LEAST_RATE: f64 = 0.001;
/// More than any link takes, in packets and in bits.
const MOST_RATE: f64 = 1e12;

/// Fractions of a nanosecond that times are counted in, so that the interval of any rate is exact enough.
const PARTS: u128 = 1 << 20;
const PARTS_F64: f64 = 1_048_576.0;

/// The time that packets are waited for at high rates.
const QUANTUM_NS: u128 = 100_000;
/// The time whose packets may leave at once after a wait that was too long. With half a millisecond two busy processors cost a
/// sender of 50,000 packets/s a quarter of its rate, with four less than a hundredth.
const RESERVE_NS: u128 = 4_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const BATCH: usize = 64;
    const RATES: [u32; 6] = [1, 10, 1_000, 50_000, 200_000, 1_000_000];

    /// A sender on a machine where others are at work: who sleeps wakes up late, mostly a little and sometimes by
    /// milliseconds, a packet takes time, and some do not fit into the queue.
    struct Sender {
        pacer: Pacer,
        state: u64,
        now_ns: u64,
        /// Time and number of packets.
        sent: Vec<(u64, u32)>,
        sleeps: u32,
    }

    impl Sender {
        fn new(rate: u32, seed: u64) -> Self {
            let pacer = Pacer::new(7 * SECOND, Rate::Packets(rate.into()), 74, BATCH);
            Self { pacer, state: seed, now_ns: 7 * SECOND, sent: Vec::new(), sleeps: 0 }
        }

        fn draw(&mut self, below: u64) -> u64 {
            self.state =
                self.state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (self.state >> 33) % below
        }

        fn run(&mut self, until_ns: u64) {
            while self.now_ns < until_ns {
                match self.pacer.grant(self.now_ns, BATCH) {
                    Grant::Send(granted) => {
                        let refused = if self.draw(50) == 0 { granted / 2 } else { 0 };
                        self.pacer.give_back(refused);
                        let sent = u32::try_from(granted - refused).expect("few");
                        self.sent.push((self.now_ns, sent));
                        self.now_ns += 1_000 + 600 * u64::from(sent);
                    }
                    Grant::Wait { until_ns } => {
                        assert!(until_ns > self.now_ns);
                        self.sleeps += 1;
                        let late = if self.draw(20) == 0 { 5_000_000 } else { 60_000 };
                        self.now_ns = until_ns + 55_000 + self.draw(late);
                    }
                }
            }
        }

        fn count(&self, from_ns: u64, to_ns: u64) -> u32 {
            let within = self.sent.iter().filter(|(at, _)| (from_ns..to_ns).contains(at));
            within.map(|(_, sent)| sent).sum()
        }

        /// The most that was sent from a time on within so many milliseconds.
        fn most_within(&self, milliseconds: u64, from_ns: u64) -> f64 {
            let (mut most, mut sum, mut first) = (0, 0, 0);
            for (at, sent) in &self.sent {
                sum += sent;
                while self.sent[first].0 + milliseconds * 1_000_000 <= *at
                    || self.sent[first].0 < from_ns.min(*at)
                {
                    sum -= self.sent[first].1;
                    first += 1;
                }
                most = most.max(sum);
            }
            f64::from(most)
        }
    }

    fn check_bursts(sender: &Sender, rate: u32) {
        let rate = f64::from(rate);
        for (milliseconds, times) in [(10, 1.65), (100, 1.29), (1_000, 1.254)] {
            let most = sender.most_within(milliseconds, 0);
            let share = rate * f64::from(u32::try_from(milliseconds).expect("few")) / 1_000.0;
            assert!(most <= share * times + 64.0, "{most} in {milliseconds} ms, of {share}");
        }
    }

    #[test]
    fn a_rate_is_held_within_a_hundredth_and_without_bursts() {
        for rate in RATES {
            for seed in 0..4 {
                let mut sender = Sender::new(rate, seed);
                let (from, to) = (8 * SECOND, 18 * SECOND);
                sender.run(to + SECOND);
                let count = f64::from(sender.count(from, to));
                let expected = f64::from(rate) * 10.0;
                // At one packet a second the borders decide on one more or less.
                let tolerance = (expected / 100.0).max(1.0);
                assert!((count - expected).abs() <= tolerance, "{rate} {seed}: {count} in 10 s");
                check_bursts(&sender, rate);
                // Neither a sleep per packet at high rates nor a turn without one at low rates.
                assert!(
                    sender.sleeps < 12 * 10_000 && sender.sleeps >= 9 * rate.min(1_000),
                    "{rate}"
                );
            }
        }
    }

    #[test]
    fn a_stall_is_not_made_up_for() {
        for rate in RATES {
            let mut sender = Sender::new(rate, 9);
            sender.run(10 * SECOND);
            sender.now_ns += 3 * SECOND;
            let stalled = sender.now_ns;
            sender.run(stalled + 2 * SECOND);
            check_bursts(&sender, rate);
            let (ten, share) = (sender.most_within(10, stalled), f64::from(rate) / 100.0);
            assert!(ten <= share * 1.65 + 64.0, "{rate}: {ten} in 10 ms after the stall");
            let first = f64::from(sender.count(stalled, stalled + 4_000_000));
            assert!(first <= share * 0.4 * 1.25 + 101.0, "{rate}: {first} at once after the stall");
            let count = f64::from(sender.count(stalled, stalled + 2 * SECOND));
            // The slack is paid back, and no more.
            let bound = f64::from(rate) * 2.0 * 1.01 + f64::from(rate) * 0.02 + 1.0;
            assert!(count <= bound, "{rate}: {count}");
            assert!(count >= f64::from(rate) * 1.98, "{rate}: {count}");
        }
    }

    #[test]
    fn a_low_rate_sends_single_packets_at_their_times() {
        let mut pacer = Pacer::new(5 * SECOND, Rate::Packets(10.0), 74, BATCH);
        assert_eq!(pacer.grant(5 * SECOND, BATCH), Grant::Send(1));
        let next = 5 * SECOND + SECOND / 10;
        assert_eq!(pacer.grant(5 * SECOND + 1, BATCH), Grant::Wait { until_ns: next });
        assert_eq!(pacer.grant(next - 1, BATCH), Grant::Wait { until_ns: next });
        assert_eq!(pacer.grant(next + 9_000_000, BATCH), Grant::Send(1));
        let third = next + SECOND / 10;
        assert_eq!(pacer.grant(next + 9_000_001, BATCH), Grant::Wait { until_ns: third });
    }

    #[test]
    fn a_new_rate_counts_at_once_and_a_lower_one_from_the_last_packet() {
        let mut pacer = Pacer::new(SECOND, Rate::Packets(1.0), 74, BATCH);
        assert_eq!(pacer.grant(SECOND, 1), Grant::Send(1));
        pacer.set_rate(SECOND + 1_000, Rate::Packets(1_000.0), 74);
        let Grant::Wait { until_ns } = pacer.grant(SECOND + 1_000, 1) else { panic!("too early") };
        assert!(until_ns <= SECOND + 1_000_000, "{until_ns}");
        assert_eq!(pacer.grant(until_ns, 1), Grant::Send(1));
        pacer.set_rate(until_ns, Rate::Packets(2.0), 74);
        let Grant::Wait { until_ns: next } = pacer.grant(until_ns, 1) else { panic!("too early") };
        assert!(next.abs_diff(until_ns + SECOND / 2) < 1_000_000, "{next}");
        // A debt of the slow rate is not one of the quick rate.
        pacer.set_rate(next + 10 * SECOND, Rate::Packets(100_000.0), 74);
        assert_eq!(
            pacer.grant(next + 10 * SECOND, BATCH),
            Grant::Wait { until_ns: next + 10 * SECOND + 90_000 }
        );
    }

    #[test]
    fn what_is_given_back_is_granted_again() {
        let mut pacer = Pacer::new(0, Rate::Packets(1_000_000.0), 74, BATCH);
        assert_eq!(pacer.grant(200_000, BATCH), Grant::Send(BATCH));
        let before = (pacer.due, pacer.full);
        assert_eq!(pacer.grant(200_000, BATCH), Grant::Send(BATCH));
        pacer.give_back(BATCH);
        assert_eq!((pacer.due, pacer.full), before);
        assert_eq!(pacer.grant(200_000, 0), Grant::Send(0));
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        let cases = [
            ("1", Ok(Rate::Packets(1.0))),
            ("10k", Ok(Rate::Packets(10_000.0))),
            (" 1.5M ", Ok(Rate::Packets(1_500_000.0))),
            ("0.5", Ok(Rate::Packets(0.5))),
            ("100Mbit", Ok(Rate::Bits(100_000_000.0))),
            ("100 Mbit/s", Ok(Rate::Bits(100_000_000.0))),
            ("1Gbps", Ok(Rate::Bits(1_000_000_000.0))),
            ("0", Err(NoRate)),
            ("-1", Err(NoRate)),
            ("", Err(NoRate)),
            ("k", Err(NoRate)),
            ("bit", Err(NoRate)),
            ("1e3", Err(NoRate)),
            ("inf", Err(NoRate)),
            ("NaN", Err(NoRate)),
            ("10m", Err(NoRate)),
            ("1.2.3", Err(NoRate)),
            ("99999999999G", Err(NoRate)),
            ("10é", Err(NoRate)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), expected, "{text}");
        }
        assert_eq!(Rate::bandwidth("100M"), Ok(Rate::Bits(100_000_000.0)));
        assert_eq!(Rate::bandwidth("100Mbit"), Ok(Rate::Bits(100_000_000.0)));
    }

    /// The table that everybody knows: 1,488,095 of the least frames per second on 1 Gbit/s.
    #[test]
    fn bits_are_those_of_the_wire() {
        for (octets, packets) in
            [(54, 1_488_095.0), (60, 1_488_095.0), (74, 1_275_510.0), (1514, 81_274.0)]
        {
            let rate = Rate::Bits(1e9).packets_per_second(octets);
            assert!((rate - packets).abs() < 1.0, "{octets}: {rate}");
        }
        assert_eq!(Rate::Bits(1e9).share(4), Rate::Bits(2.5e8));
    }

    proptest! {
        /// Whatever the sender does: in no stretch more than the reserve and 1.25 times the rate, and in all not more than the
        /// rate and the slack.
        #[test]
        fn no_stretch_has_more_than_its_part(
            rate in 1..2_000_000_u32,
            turns in proptest::collection::vec((1..3_000_000_u64, 1..200_usize), 1..300),
        ) {
            let mut pacer = Pacer::new(SECOND, Rate::Packets(rate.into()), 74, BATCH);
            let rate = f64::from(rate);
            let mut now = SECOND;
            let mut sent = Vec::new();
            for (pause, wanted) in turns {
                now += pause;
                if let Grant::Send(count) = pacer.grant(now, wanted) {
                    prop_assert!(count <= wanted);
                    sent.push((now, f64::from(u32::try_from(count).expect("few"))));
                }
            }
            let reserve = (rate * 0.004).max(64.0);
            for (place, (from, _)) in sent.iter().enumerate() {
                let mut sum = 0.0;
                for (at, count) in &sent[place..] {
                    sum += count;
                    let seconds = Duration::from_nanos(at - from).as_secs_f64();
                    prop_assert!(sum <= reserve + seconds * rate * 1.26 + 1.0, "{sum} in {seconds} s");
                    prop_assert!(sum <= (seconds + 0.02) * rate * 1.001 + 1.0, "{sum} in {seconds} s");
                }
            }
        }
    }
}
