//! One receiver: hears an interface, knows the answers to our probes, and tells each endpoint's once.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::time::Duration;

use tlscensus_link::Filter;
use tlscensus_link::Frame;
use tlscensus_link::Interface;
use tlscensus_link::LinkKind;
use tlscensus_link::Receiver;
use tlscensus_link::RingSize;
use tlscensus_records::Timestamp;

use crate::Discovery;
use crate::Error;
use crate::Event;
use crate::Heard;
use crate::patience::is_network_down;
use crate::progress::add;

/// A thread's part of the listening.
pub(crate) struct Hearing {
    interface: Interface,
    /// Its place among those of the wire.
    place: usize,
    receiver: Receiver,
    /// Drops that were added to the tally.
    drops: u64,
}

impl Hearing {
    /// One for each interface of the wire, listening from now on.
    pub(crate) fn open_all(shared: &Discovery) -> Result<Vec<Self>, Error> {
        let ports = shared.wire.ports;
        let ours: Vec<IpAddr> = shared.wire.sources();
        let open = |(place, interface): (usize, &Interface)| {
            let filter = Filter::answers(interface.kind, &ours, ports.first()..=ports.last())?;
            let receiver = Receiver::open(interface, &filter, RingSize::default())?;
            Ok(Self { interface: interface.clone(), place, receiver, drops: 0 })
        };
        shared.wire.interfaces().into_iter().enumerate().map(open).collect()
    }

    /// Listens until the discovery is over.
    pub(crate) fn listen(
        mut self,
        shared: &Discovery,
        events: &mpsc::Sender<Event>,
    ) -> Result<(), Error> {
        let kind = self.interface.kind;
        loop {
            let is_over = shared.is_over.load(Relaxed);
            let before_ns = shared.now_ns();
            let heard =
                self.receiver.wait(PATIENCE, &mut |frame| hear(shared, kind, frame, events));
            match heard {
                // What came just now may still lie in a block that the kernel has not handed over.
                Ok(_) => shared.heard_until(self.place, before_ns.saturating_sub(HELD_BACK_NS)),
                Err(error) => self.bear(shared, error)?,
            }
            self.count_drops(shared)?;
            if is_over {
                return Ok(());
            }
        }
    }

    /// An interface that goes down says so once; the senders wait for it.
    fn bear(&self, shared: &Discovery, error: io::Error) -> Result<(), Error> {
        if !self.interface.is_up() || is_network_down(&error) {
            shared.note_outage();
            std::thread::sleep(PATIENCE);
            return Ok(());
        }
        Err(self.failed("receive", error))
    }

    fn count_drops(&mut self, shared: &Discovery) -> Result<(), Error> {
        let counted = self.receiver.statistics();
        let drops = counted.map_err(|error| self.failed("ask for drops", error))?.drops;
        let news = usize::try_from(drops.saturating_sub(self.drops)).unwrap_or(usize::MAX);
        add(&shared.tally.kernel_drops, news);
        self.drops = drops;
        Ok(())
    }

    fn failed(&self, attempt: &'static str, source: io::Error) -> Error {
        Error::Wire { interface: self.interface.name.clone(), attempt, source }
    }
}

fn hear(shared: &Discovery, kind: LinkKind, frame: Frame<'_>, events: &mpsc::Sender<Event>) {
    add(&shared.tally.frames, 1);
    let heard = match kind {
        LinkKind::Ethernet | LinkKind::Loopback => Heard::in_ethernet(frame.bytes),
        LinkKind::Ip => Heard::in_ip(frame.bytes),
    };
    let judged = heard.map(|heard| shared.validator.judge(heard));
    let Some(Ok(answer)) = judged else {
        add(&shared.tally.foreign, 1);
        return;
    };
    add(&shared.tally.admin_prohibited, usize::from(answer.is_prohibition()));
    if shared.is_news(answer.kind, answer.addr, answer.port) {
        let at = Timestamp(i64::try_from(frame.at).unwrap_or(i64::MAX));
        shared.tell(Event { answer, at, in_cooldown: shared.is_cooling() }, events);
    }
}

/// How long a frame is waited for before it is asked again whether all is over.
const PATIENCE: Duration = Duration::from_millis(50);
/// A block of the ring that is not full is handed over after 10 ms; another ten for the kernel's timer.
pub(crate) const HELD_BACK_NS: u64 = 20_000_000;
