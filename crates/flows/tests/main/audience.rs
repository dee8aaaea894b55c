//! Who hears flows in tests, and writes down what is heard.

use tlscensus_flows::Appetite;
use tlscensus_flows::Audience;
use tlscensus_flows::Listener;
use tlscensus_flows::Opened;
use tlscensus_flows::Sender;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;

/// What a listener was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Heard(Sender, Time, Vec<u8>),
    Missed(Sender, u64),
    Finished(Sender),
}

/// Writes down what it hears, until it has heard so many bytes.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    pub(crate) opened: Opened,
    pub(crate) events: Vec<Event>,
    hunger: usize,
}

impl Recorder {
    fn appetite(&self) -> Appetite {
        if self.hunger == 0 { Appetite::Enough } else { Appetite::More }
    }
}

impl Listener for Recorder {
    fn hear(&mut self, from: Sender, at: Time, bytes: &[u8]) -> Appetite {
        assert!(self.hunger > 0, "who has had enough hears no more");
        assert!(!bytes.is_empty(), "nothing is not heard");
        self.hunger = self.hunger.saturating_sub(bytes.len());
        self.events.push(Event::Heard(from, at, bytes.to_vec()));
        self.appetite()
    }

    fn miss(&mut self, from: Sender, _: Time, bytes: u64) -> Appetite {
        assert!(self.hunger > 0, "who has had enough hears no more");
        assert!(bytes > 0, "nothing is not missed");
        self.events.push(Event::Missed(from, bytes));
        Appetite::More
    }

    fn finish(&mut self, from: Sender, _: Time) -> Appetite {
        assert!(self.hunger > 0, "who has had enough hears no more");
        self.events.push(Event::Finished(from));
        Appetite::More
    }
}

/// Keeps all that was written down.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Bytes after which each listener has had enough.
    pub(crate) hunger: usize,
    pub(crate) opened: usize,
    pub(crate) done: Vec<(Recorder, Summary)>,
    pub(crate) closed: Vec<Summary>,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self { hunger: usize::MAX, opened: 0, done: Vec::new(), closed: Vec::new() }
    }
}

impl Audience for Record {
    type Listener = Recorder;

    fn opened(&mut self, opened: &Opened) -> Recorder {
        self.opened += 1;
        Recorder { opened: *opened, events: Vec::new(), hunger: self.hunger }
    }

    fn done(&mut self, listener: Recorder, summary: &Summary) {
        assert_eq!(listener.opened, summary.opened);
        self.done.push((listener, summary.clone()));
    }

    fn closed(&mut self, summary: &Summary) {
        self.closed.push(summary.clone());
    }
}

/// Hears nothing and only counts: for millions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) opened: u64,
    pub(crate) done: u64,
}

/// Wants all, keeps nothing.
pub(crate) struct Silent;

impl Listener for Silent {
    fn hear(&mut self, _: Sender, _: Time, _: &[u8]) -> Appetite {
        Appetite::More
    }

    fn miss(&mut self, _: Sender, _: Time, _: u64) -> Appetite {
        Appetite::More
    }

    fn finish(&mut self, _: Sender, _: Time) -> Appetite {
        Appetite::More
    }
}

impl Audience for Tally {
    type Listener = Silent;

    fn opened(&mut self, _: &Opened) -> Silent {
        self.opened += 1;
        Silent
    }

    fn done(&mut self, _: Silent, _: &Summary) {
        self.done += 1;
    }
}
