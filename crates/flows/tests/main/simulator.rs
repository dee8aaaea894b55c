//! A seeded network that loses, repeats, reorders, overlaps and contradicts, against a model that only keeps the first copy of each byte.

use std::net::SocketAddr;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tlscensus_flows::End;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::Limits;
use tlscensus_flows::LinkType;
use tlscensus_flows::Sender;
use tlscensus_flows::Settings;
use tlscensus_flows::Time;

use crate::audience::Event;
use crate::audience::Record;
use crate::packets::ACK;
use crate::packets::FIN;
use crate::packets::SYN;
use crate::packets::Segment;

/// How bad the network is, in thousandths of packets.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    lost: u32,
    repeated: u32,
    /// Packets that another may overtake.
    reordered: usize,
    /// Repeated ones whose content is another.
    conflicting: u32,
    fast_open: bool,
}

/// One direction as the model sees it.
#[derive(Debug, Default)]
struct Direction {
    stream: Vec<u8>,
    /// The first captured copy of each byte.
    captured: Vec<Option<u8>>,
    fin_captured: bool,
}

impl Direction {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        let length = [0, 1, 40, 3000, 20_000][rng.random_range(0..5)];
        let stream: Vec<u8> = (0..length).map(|_| rng.random()).collect();
        Self { captured: vec![None; stream.len()], stream, fin_captured: false }
    }

    fn capture(&mut self, at: usize, bytes: &[u8]) {
        for (place, byte) in self.captured[at..].iter_mut().zip(bytes) {
            place.get_or_insert(*byte);
        }
    }

    /// What is to be heard: runs of bytes, and of so many missed ones.
    fn expected(&self) -> Vec<Result<Vec<u8>, u64>> {
        let last = self.captured.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let end = if self.fin_captured { self.captured.len() } else { last };
        let mut runs = Vec::new();
        for byte in &self.captured[..end] {
            match (byte, runs.last_mut()) {
                (Some(byte), Some(Ok(run))) => Vec::push(run, *byte),
                (Some(byte), _) => runs.push(Ok(vec![*byte])),
                (None, Some(Err(count))) => *count += 1,
                (None, _) => runs.push(Err(1)),
            }
        }
        runs
    }
}

/// A packet on its way, to be captured in this order.
struct Sent {
    order: usize,
    flow: usize,
    from: Sender,
    at: usize,
    segment: Segment,
}

struct Simulation {
    rng: ChaCha8Rng,
    weather: Weather,
    flows: Vec<[Direction; 2]>,
    sent: Vec<Sent>,
}

fn endpoints(flow: usize) -> [SocketAddr; 2] {
    let port = 1024 + flow as u16;
    match flow % 2 {
        0 => {
            [SocketAddr::new([10, 0, 0, 1].into(), port), SocketAddr::new([9, 0, 0, 1].into(), 25)]
        }
        _ => [
            "[2001:db8::1]:5555".parse().unwrap(),
            SocketAddr::new("2001:db8::2".parse().unwrap(), port),
        ],
    }
}

impl Simulation {
    fn new(seed: u64, flows: usize, weather: Weather) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let directions = (0..flows).map(|_| [Direction::new(&mut rng), Direction::new(&mut rng)]);
        let flows = directions.collect();
        let mut simulation = Self { rng, weather, flows, sent: Vec::new() };
        for flow in 0..simulation.flows.len() {
            simulation.converse(flow);
        }
        simulation.sent.sort_by_key(|sent| sent.order);
        simulation
    }

    fn chance(&mut self, thousandths: u32) -> bool {
        self.rng.random_range(0..1000) < thousandths
    }

    /// All packets of a flow, in the order of their capture.
    fn converse(&mut self, flow: usize) {
        // Half of the time, the numbers wrap early.
        let numbers = [0, 1].map(|_| match self.rng.random() {
            true => 0_u32.wrapping_sub(self.rng.random_range(0..5000)),
            false => self.rng.random(),
        });
        let [client, server] = endpoints(flow);
        let begin = self.rng.random_range(0..200);
        let send = |order, from, at: usize, flags, payload: Vec<u8>, acknowledged: usize| {
            let (mine, theirs) = if from == Sender::Opener { (0, 1) } else { (1, 0) };
            let [from_address, to] = [[client, server], [server, client]][mine];
            let past_syn = u32::from(flags & SYN == 0);
            Sent {
                order,
                flow,
                from,
                at,
                segment: Segment {
                    from: from_address,
                    to,
                    sequence: numbers[mine].wrapping_add(at as u32 + past_syn),
                    acknowledgement: match flags & ACK {
                        0 => 0,
                        _ => numbers[theirs].wrapping_add(acknowledged as u32 + 1),
                    },
                    flags,
                    payload,
                },
            }
        };
        let early = match self.weather.fast_open {
            true => self.flows[flow][0].stream.iter().copied().take(100).collect(),
            false => Vec::new(),
        };
        self.sent.push(send(begin, Sender::Opener, 0, SYN, early.clone(), 0));
        if !self.chance(self.weather.lost) {
            self.sent.push(send(begin, Sender::Responder, 0, SYN | ACK, Vec::new(), 0));
        }
        self.sent.push(send(begin, Sender::Opener, early.len(), ACK, Vec::new(), 0));
        let mut acknowledged = [0, 0];
        let mut order = begin;
        let mut next = [0, 0];
        let lengths = [0, 1].map(|who| self.flows[flow][who].stream.len());
        let mut over = [false, false];
        while !(over[0] && over[1]) {
            order += 1;
            let who = self.rng.random_range(0..2);
            let from = [Sender::Opener, Sender::Responder][who];
            if over[who] {
                continue;
            }
            let again = next[who] > 0 && self.chance(self.weather.repeated);
            let at = if again { self.rng.random_range(0..next[who]) } else { next[who] };
            let length = self.rng.random_range(0..=1460.min(lengths[who] - at));
            let mut payload = self.flows[flow][who].stream[at..at + length].to_vec();
            if again && self.chance(self.weather.conflicting) {
                payload.iter_mut().for_each(|byte| *byte ^= 0x55);
            }
            next[who] = next[who].max(at + length);
            acknowledged[1 - who] = next[1 - who];
            let ends = at + length == lengths[who] && (again || self.rng.random());
            over[who] |= ends;
            let flags = ACK | if ends { FIN } else { 0 };
            if self.chance(self.weather.lost) {
                continue;
            }
            let late = order + self.rng.random_range(0..=self.weather.reordered);
            self.sent.push(send(late, from, at, flags, payload, acknowledged[1 - who]));
        }
    }

    /// Plays all packets, a few microseconds apart; the model hears them, too.
    fn play(
        &mut self,
        settings: Settings,
        record: &mut Record,
    ) -> FlowTable<crate::audience::Recorder> {
        let mut table = FlowTable::new(settings, [self.rng.random(), self.rng.random()]);
        let mut now = 0;
        for sent in &self.sent {
            let direction = &mut self.flows[sent.flow][usize::from(sent.from == Sender::Responder)];
            direction.capture(sent.at, &sent.segment.payload);
            direction.fin_captured |= sent.segment.flags & FIN != 0;
            now += self.rng.random_range(0..50);
            let bytes = sent.segment.ip();
            let wire_length = bytes.len() as u32;
            let link_type = LinkType::RAW;
            table.frame(record, &Frame { at: Time(now), link_type, bytes: &bytes, wire_length });
        }
        table
    }
}

/// Events of a sender as runs, and whether the end was told, which must be the last.
fn runs(events: &[Event], of: Sender) -> (Vec<Result<Vec<u8>, u64>>, bool) {
    let (mut runs, mut finished) = (Vec::new(), false);
    for event in events {
        match event {
            Event::Heard(from, _, bytes) if *from == of => {
                assert!(!finished);
                match runs.last_mut() {
                    Some(Ok(run)) => Vec::extend(run, bytes),
                    _ => runs.push(Ok(bytes.clone())),
                }
            }
            Event::Missed(from, count) if *from == of => {
                assert!(!finished);
                match runs.last_mut() {
                    Some(Err(run)) => *run += count,
                    _ => runs.push(Err(*count)),
                }
            }
            Event::Finished(from) if *from == of => {
                assert!(!finished);
                finished = true;
            }
            _ => {}
        }
    }
    (runs, finished)
}

/// Each byte once, in order, holes exactly where no copy was captured, the end told if it was seen.
fn check(seed: u64, weather: Weather) {
    let mut simulation = Simulation::new(seed, 6, weather);
    let mut record = Record::new();
    let mut table = simulation.play(Settings::default(), &mut record);
    table.stop(&mut record);
    assert_eq!((table.flows(), table.held()), (0, 0));
    assert_eq!(record.done.len(), simulation.flows.len(), "seed {seed} {weather:?}");
    assert_eq!(table.statistics().opened, record.opened as u64);
    assert_eq!(table.statistics().implausible, 0);
    for (recorder, summary) in &record.done {
        let port = summary.opened.opener.port().min(summary.opened.responder.port());
        let odd = summary.opened.opener.is_ipv6();
        let port = if odd {
            summary.opened.responder.port()
        } else {
            summary.opened.opener.port().max(port)
        };
        let flow = usize::from(port - 1024);
        for (who, of) in [Sender::Opener, Sender::Responder].into_iter().enumerate() {
            let direction = &simulation.flows[flow][who];
            let (heard, finished) = runs(&recorder.events, of);
            let claim = format!("seed {seed}, {weather:?}, flow {flow}, {of:?}");
            assert!(heard == direction.expected(), "{claim}");
            assert_eq!(finished, direction.fin_captured, "{claim}");
            let counts = if who == 0 { summary.opener } else { summary.responder };
            let bytes: usize = heard.iter().flatten().map(Vec::len).sum();
            let missed: u64 = heard.iter().filter_map(|run| run.as_ref().err()).sum();
            assert_eq!((counts.bytes, counts.missed), (bytes as u64, missed), "{claim}");
            assert!(weather.conflicting > 0 || counts.conflicting == 0, "{claim}");
        }
        let both = simulation.flows[flow].iter().all(|direction| direction.fin_captured);
        assert_eq!(
            summary.end == End::Finished,
            both && summary.end != End::Stopped,
            "seed {seed}"
        );
    }
}

#[test]
fn fair_weather() {
    (0..15).for_each(|seed| check(seed, Weather::default()));
}

#[test]
fn fast_open() {
    let weather = Weather { fast_open: true, reordered: 8, lost: 30, ..Weather::default() };
    (100..125).for_each(|seed| check(seed, weather));
}

#[test]
fn loss() {
    let weather = Weather { lost: 200, ..Weather::default() };
    (200..225).for_each(|seed| check(seed, weather));
}

#[test]
fn reordering_and_repetition() {
    let weather = Weather { repeated: 300, reordered: 20, ..Weather::default() };
    (300..325).for_each(|seed| check(seed, weather));
}

#[test]
fn everything_at_once() {
    for seed in 400..460 {
        let reordered = seed as usize % 40;
        check(
            seed,
            Weather {
                lost: 100,
                repeated: 300,
                reordered,
                conflicting: 300,
                fast_open: seed % 3 == 0,
            },
        );
    }
}

/// Under limits far too small: what is heard is still true and in its place, and what is not is missed.
#[test]
fn limits_lose_bytes_but_not_their_places() {
    let limits = Limits {
        held_bytes_per_direction: 3000,
        held_pieces_per_direction: 4,
        held_bytes: 5000,
        ..Limits::default()
    };
    let weather = Weather { lost: 100, repeated: 300, reordered: 40, ..Weather::default() };
    let mut statistics = tlscensus_flows::Statistics::default();
    for seed in 600..630 {
        let mut simulation = Simulation::new(seed, 6, weather);
        let mut record = Record::new();
        let mut table = simulation.play(Settings { limits, ..Settings::default() }, &mut record);
        assert!(table.held() <= limits.held_bytes, "{}", table.held());
        table.stop(&mut record);
        statistics.add(table.statistics());
        for (recorder, summary) in &record.done {
            let is_v6 = summary.opened.opener.is_ipv6();
            let side = if is_v6 { summary.opened.responder } else { summary.opened.opener };
            let flow = usize::from(side.port() - 1024);
            for (who, of) in [Sender::Opener, Sender::Responder].into_iter().enumerate() {
                let stream = &simulation.flows[flow][who].stream;
                let mut at = 0;
                for run in runs(&recorder.events, of).0 {
                    match run {
                        Ok(bytes) => {
                            assert_eq!(&stream[at..at + bytes.len()], bytes, "seed {seed}");
                            at += bytes.len();
                        }
                        Err(missed) => at += usize::try_from(missed).unwrap(),
                    }
                }
                assert!(at <= stream.len(), "seed {seed}");
            }
        }
    }
    assert!(statistics.holes_too_costly > 0, "{statistics:?}");
    assert!(statistics.holes_without_room > 0, "{statistics:?}");
}

/// A listener that has had enough changes nothing for the other flows, and all are counted to their ends.
#[test]
fn enough_at_any_point() {
    for seed in 700..725 {
        let weather = Weather { lost: 50, repeated: 100, reordered: 10, ..Weather::default() };
        let settings = Settings { count_to_end: true, ..Settings::default() };
        let mut simulation = Simulation::new(seed, 6, weather);
        let mut record = Record::new();
        record.hunger = usize::try_from(seed - 699).unwrap() * 100;
        let mut table = simulation.play(settings, &mut record);
        table.stop(&mut record);
        assert_eq!((table.flows(), table.held()), (0, 0));
        assert_eq!(record.done.len(), simulation.flows.len());
        assert_eq!(record.closed.len(), simulation.flows.len());
        for summary in &record.closed {
            let is_v6 = summary.opened.opener.is_ipv6();
            let side = if is_v6 { summary.opened.responder } else { summary.opened.opener };
            let flow = usize::from(side.port() - 1024);
            for (who, counts) in [summary.opener, summary.responder].into_iter().enumerate() {
                let expected = simulation.flows[flow][who].expected();
                let bytes: usize = expected.iter().flatten().map(Vec::len).sum();
                let missed: u64 = expected.iter().filter_map(|run| run.as_ref().err()).sum();
                assert_eq!((counts.bytes, counts.missed), (bytes as u64, missed), "seed {seed}");
            }
        }
    }
}
