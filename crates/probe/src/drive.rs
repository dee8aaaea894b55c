//! The one loop that moves bytes between a socket and a machine, and keeps its deadlines and budget.

use std::cell::RefCell;
use std::future::Future;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;
use tokio::time::Sleep;
use tokio::time::sleep_until;

use tlscensus_dialog::Interruption;
use tlscensus_records::Phase;

use crate::plan::Timeouts;

/// Anything that can be driven: a dialogue, a TLS handshake, one inside the other.
///
/// Call order: `poll` → write what it appended → on [`Turn::Listen`] read, `receive`, `poll` again. After
/// [`interrupted`](Self::interrupted) it is polled no more.
pub(crate) trait Machine {
    /// The peer's bytes, in any split.
    fn receive(&mut self, bytes: &[u8]);
    /// Appends what is to be written and says whose turn it is.
    fn poll(&mut self, out: &mut Vec<u8>) -> Turn;
    /// Bytes that came while we waited for the peer to close: nothing can be answered any more.
    fn overheard(&mut self, _bytes: &[u8]) {}
    /// No more bytes will come.
    fn interrupted(&mut self, how: Interruption);
    /// Which deadline holds, and to which phase the time goes.
    fn phase(&self) -> Phase;
    /// What there was to learn is learnt; only the farewell is outstanding.
    fn is_leaving(&self) -> bool;
    /// Whether silence is an answer now: then [`hear_silence`](Self::hear_silence) is called, and it is polled again, once
    /// the peer has said nothing for [`Timeouts::silence`].
    fn takes_silence(&self) -> bool {
        false
    }
    /// The peer said nothing for that long.
    fn hear_silence(&mut self) {}
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The peer's.
    Listen,
    /// Nobody's: it is over.
    Leave,
}

/// How long and how much one connection may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds<'a> {
    /// When it is over whatever happens.
    pub(crate) deadline: Instant,
    /// How long each phase may take.
    pub(crate) timeouts: &'a Timeouts,
    /// How many bytes the peer may send.
    pub(crate) bytes: u64,
}

/// What one connection took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    /// Bytes from the peer.
    pub(crate) bytes_in: u64,
    /// Bytes to the peer.
    pub(crate) bytes_out: u64,
    /// When the last byte was worth waiting for: the end of the measurement, the farewell not counted.
    pub(crate) learnt_at: Option<Instant>,
    spent: [Option<Duration>; PHASES],
}

/// Phases whose time is measured: all but resolve and permit.
const PHASES: usize = 6;

impl Meter {
    /// Time spent in a phase; `None` if it was not reached.
    pub(crate) fn spent(&self, phase: Phase) -> Option<Duration> {
        *self.spent.get(place(phase)?)?
    }

    /// Adds to a phase.
    pub(crate) fn add(&mut self, phase: Phase, time: Duration) {
        if let Some(spent) = place(phase).and_then(|place| self.spent.get_mut(place)) {
            *spent = Some(spent.unwrap_or_default() + time);
        }
    }
}

const fn place(phase: Phase) -> Option<usize> {
    match phase {
        Phase::Resolve | Phase::Permit => None,
        Phase::Connect => Some(0),
        Phase::Greeting => Some(1),
        Phase::Capabilities => Some(2),
        Phase::Starttls => Some(3),
        Phase::Tls => Some(4),
        Phase::AfterTls => Some(5),
    }
}

/// Drives a machine until it leaves or is interrupted, then waits a moment for the peer to close first.
///
/// Whoever closes first keeps the connection in TIME-WAIT, and closing with unread bytes resets it: a peer that was said
/// goodbye to gets [`Timeouts::farewell`] to close by itself.
pub(crate) async fn drive<S, M>(
    stream: &mut S,
    machine: &mut M,
    bounds: &Bounds<'_>,
    meter: &mut Meter,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    M: Machine,
{
    let mut wire = Wire::new(stream, bounds);
    let how = converse(&mut wire, machine, bounds, meter).await;
    wire.clock.stop(meter);
    meter.learnt_at.get_or_insert(wire.clock.entered);
    if let Some(how) = how {
        machine.interrupted(how);
    } else if wire.said_goodbye {
        wire.await_close(bounds, meter, |bytes| machine.overheard(bytes)).await;
    }
}

/// `None`: the machine left.
async fn converse<S, M>(
    wire: &mut Wire<'_, S>,
    machine: &mut M,
    bounds: &Bounds<'_>,
    meter: &mut Meter,
) -> Option<Interruption>
where
    S: AsyncRead + AsyncWrite + Unpin,
    M: Machine,
{
    loop {
        let was_leaving = wire.clock.leaving;
        let turn = machine.poll(&mut wire.out);
        wire.clock.turn(machine, bounds, meter);
        let wrote = !wire.out.is_empty();
        // While we speak, nobody's silence is an answer.
        wire.clock.bear_silence(None);
        if wrote && let Err(how) = wire.write(meter).await {
            return Some(how);
        }
        if turn == Turn::Leave {
            wire.said_goodbye = wrote || was_leaving;
            return None;
        }
        wire.clock.bear_silence(machine.takes_silence().then_some(bounds.timeouts.silence));
        match wire.read(bounds, meter, |bytes| machine.receive(bytes)).await {
            Err(Interruption::TimedOut) if wire.clock.was_silence() => machine.hear_silence(),
            Err(how) => return Some(how),
            Ok(()) => {}
        }
    }
}

/// The socket, what is to be written, and the clock.
struct Wire<'a, S> {
    stream: &'a mut S,
    out: Vec<u8>,
    clock: Clock,
    /// The peer does not take what we write any more; what it has written may still be read.
    deaf: bool,
    said_goodbye: bool,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Wire<'a, S> {
    fn new(stream: &'a mut S, bounds: &Bounds<'_>) -> Self {
        Self {
            stream,
            out: Vec::new(),
            clock: Clock::start(bounds.deadline),
            deaf: false,
            said_goodbye: false,
        }
    }

    /// Writes all of `out`. A peer that has closed may have said why: then reading tells how it ended.
    async fn write(&mut self, meter: &mut Meter) -> Result<(), Interruption> {
        let Self { stream, out, clock, deaf, .. } = self;
        let mut done = 0;
        while let Some(rest) = out.get(done..)
            && !rest.is_empty()
            && !*deaf
        {
            let wrote = poll_fn(|cx| match Pin::new(&mut **stream).poll_write(cx, rest) {
                Poll::Ready(result) => Poll::Ready(Ok(result)),
                Poll::Pending => clock.poll_passed(cx).map(Err),
            });
            match wrote.await? {
                Ok(0) | Err(_) => *deaf = true,
                Ok(n) => done += n,
            }
        }
        meter.bytes_out = meter.bytes_out.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
        // A conversation is in flight for long and writes seldom: its buffer is not kept.
        *out = Vec::new();
        Ok(())
    }

    /// Reads once, into the thread's buffer: none is held while the peer is silent.
    async fn read(
        &mut self,
        bounds: &Bounds<'_>,
        meter: &mut Meter,
        mut receive: impl FnMut(&[u8]),
    ) -> Result<(), Interruption> {
        let left = bounds.bytes.saturating_sub(meter.bytes_in);
        if left == 0 {
            return Err(Interruption::OverBytes);
        }
        let Self { stream, clock, .. } = self;
        let taken = poll_fn(|cx| {
            let read = with_buffer(left, |buffer| {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(&mut **stream).poll_read(cx, &mut buffer))?;
                receive(buffer.filled());
                Poll::Ready(io::Result::Ok(buffer.filled().len()))
            });
            match read {
                Poll::Ready(Ok(0)) => Poll::Ready(Err(Interruption::Closed)),
                Poll::Ready(Ok(n)) => Poll::Ready(Ok(n)),
                Poll::Ready(Err(error)) => Poll::Ready(Err(broken(&error))),
                Poll::Pending => clock.poll_passed(cx).map(Err),
            }
        })
        .await?;
        meter.bytes_in = meter.bytes_in.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        Ok(())
    }

    async fn await_close(
        &mut self,
        bounds: &Bounds<'_>,
        meter: &mut Meter,
        mut overheard: impl FnMut(&[u8]),
    ) {
        self.clock.leave(bounds);
        while self.read(bounds, meter, &mut overheard).await.is_ok() {}
    }
}

/// Which phase it is, since when, and until when.
struct Clock {
    /// Made when first needed: what is answered at once needs none.
    sleep: Option<Pin<Box<Sleep>>>,
    until: Instant,
    /// When silence is an answer, before that.
    silent_at: Option<Instant>,
    entered: Instant,
    phase: Option<Phase>,
    leaving: bool,
}

impl Clock {
    fn start(deadline: Instant) -> Self {
        Self {
            sleep: None,
            until: deadline,
            silent_at: None,
            entered: Instant::now(),
            phase: None,
            leaving: false,
        }
    }

    /// After each poll of the machine: on a change of phase time is booked and the deadline moves.
    fn turn(&mut self, machine: &impl Machine, bounds: &Bounds<'_>, meter: &mut Meter) {
        let phase = machine.phase();
        if self.phase != Some(phase) {
            self.stop(meter);
            self.phase = Some(phase);
            self.set(self.entered + bounds.timeouts.of(phase), bounds);
        }
        if machine.is_leaving() && !self.leaving {
            self.stop(meter);
            self.phase = Some(phase);
            meter.learnt_at = Some(self.entered);
            self.leave(bounds);
        }
    }

    /// Books the time since the last call.
    fn stop(&mut self, meter: &mut Meter) {
        let now = Instant::now();
        if let Some(phase) = self.phase.take()
            && !self.leaving
        {
            meter.add(phase, now - self.entered);
        }
        self.entered = now;
    }

    fn leave(&mut self, bounds: &Bounds<'_>) {
        if !self.leaving {
            self.leaving = true;
            self.set(self.entered + bounds.timeouts.farewell, bounds);
        }
    }

    fn set(&mut self, until: Instant, bounds: &Bounds<'_>) {
        self.until = until.min(bounds.deadline);
        self.silent_at = None;
        self.wind();
    }

    /// From now on; `None`: silence is no answer. The phase's own limit comes before.
    fn bear_silence(&mut self, patience: Option<Duration>) {
        let silent_at = patience.map(|patience| Instant::now() + patience);
        let silent_at = silent_at.filter(|at| *at < self.until);
        if silent_at.is_some() || self.silent_at.is_some() {
            self.silent_at = silent_at;
            self.wind();
        }
    }

    /// Whether what passed was the time for an answer, and not the phase's.
    fn was_silence(&self) -> bool {
        let now = Instant::now();
        now < self.until && self.silent_at.is_some_and(|at| at <= now)
    }

    fn wakes_at(&self) -> Instant {
        self.silent_at.unwrap_or(self.until)
    }

    fn wind(&mut self) {
        let at = self.wakes_at();
        if let Some(sleep) = &mut self.sleep {
            sleep.as_mut().reset(at);
        }
    }

    fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<Interruption> {
        let until = self.wakes_at();
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(until)));
        sleep.as_mut().poll(cx).map(|()| Interruption::TimedOut)
    }
}

fn broken(error: &io::Error) -> Interruption {
    match error.kind() {
        io::ErrorKind::TimedOut => Interruption::TimedOut,
        // After the handshake every other error of a socket means that the connection is gone without a farewell.
        _ => Interruption::Reset,
    }
}

/// Lends the thread's read buffer, at most `limit` bytes of it.
fn with_buffer<T>(limit: u64, f: impl FnOnce(&mut [u8]) -> T) -> T {
    thread_local! {
        static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_BYTES].into());
    }
    BUFFER.with_borrow_mut(|buffer| {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(buffer.len());
        let (room, _) = buffer.split_at_mut(limit);
        f(room)
    })
}

/// One whole TLS record with its header fits (RFC 8446 section 5.2), and most flights do.
const BUFFER_BYTES: usize = 17 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::io::duplex;

    use super::*;

    /// Says `hello`, then wants lines for ever; `bye` from the peer ends it.
    #[derive(Default)]
    struct Echo {
        heard: Vec<u8>,
        said: bool,
        phase_two: bool,
        /// How often silence is an answer, and was.
        silences: (usize, usize),
        /// What is said to a silence.
        to_silence: Vec<u8>,
        interrupted: Option<Interruption>,
    }

    impl Machine for Echo {
        fn receive(&mut self, bytes: &[u8]) {
            self.heard.extend_from_slice(bytes);
        }
        fn poll(&mut self, out: &mut Vec<u8>) -> Turn {
            if !std::mem::replace(&mut self.said, true) {
                out.extend_from_slice(b"hello");
            }
            if self.silences.1 > 0 {
                out.append(&mut self.to_silence);
            }
            self.phase_two = self.heard.contains(&b'2');
            if self.heard.ends_with(b"bye") {
                out.extend_from_slice(b"BYE");
                return Turn::Leave;
            }
            Turn::Listen
        }
        fn interrupted(&mut self, how: Interruption) {
            self.interrupted = Some(how);
        }
        fn phase(&self) -> Phase {
            if self.phase_two { Phase::Capabilities } else { Phase::Greeting }
        }
        fn is_leaving(&self) -> bool {
            false
        }
        fn takes_silence(&self) -> bool {
            self.silences.1 < self.silences.0
        }
        fn hear_silence(&mut self) {
            self.silences.1 += 1;
        }
    }

    fn timeouts() -> Timeouts {
        Timeouts {
            greeting: Duration::from_secs(5),
            capabilities: Duration::from_secs(3),
            farewell: Duration::from_secs(1),
            silence: Duration::from_secs(2),
            total: Duration::from_secs(20),
            ..Timeouts::default()
        }
    }

    async fn run(
        bytes: u64,
        peer: impl AsyncFnOnce(tokio::io::DuplexStream),
    ) -> (Echo, Meter, Duration) {
        run_machine(Echo::default(), bytes, peer).await
    }

    async fn run_machine(
        mut echo: Echo,
        bytes: u64,
        peer: impl AsyncFnOnce(tokio::io::DuplexStream),
    ) -> (Echo, Meter, Duration) {
        let (mut near, far) = duplex(64);
        let timeouts = timeouts();
        let start = Instant::now();
        let bounds = Bounds { deadline: start + timeouts.total, timeouts: &timeouts, bytes };
        let mut meter = Meter::default();
        tokio::join!(
            async {
                drive(&mut near, &mut echo, &bounds, &mut meter).await;
                drop(near);
            },
            peer(far)
        );
        (echo, meter, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_left_when_its_phase_is_over() {
        let (echo, meter, took) = run(100, async |mut far| {
            let mut all = Vec::new();
            far.read_to_end(&mut all).await.expect("closed");
            assert_eq!(all, b"hello");
        })
        .await;
        assert_eq!(echo.interrupted, Some(Interruption::TimedOut));
        assert_eq!(took.as_secs(), 5);
        assert_eq!(meter.spent(Phase::Greeting).map(|t| t.as_secs()), Some(5));
        assert_eq!(meter.spent(Phase::Capabilities), None);
        assert_eq!((meter.bytes_in, meter.bytes_out), (0, 5));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_answer_where_the_machine_takes_it_for_one() {
        // Two seconds each, counted from the last byte; the phase's five are not stretched.
        for (takes, says_at, heard, seconds) in [
            (1, None, 1, 5),
            (2, None, 2, 5),
            (9, None, 2, 5),
            (1, Some(1), 1, 5),
            (2, Some(1), 1, 5),
        ] {
            let echo = Echo { silences: (takes, 0), ..Echo::default() };
            let (echo, _, took) = run_machine(echo, 100, async |mut far| {
                if let Some(at) = says_at {
                    tokio::time::sleep(Duration::from_secs(at)).await;
                    far.write_all(b".").await.expect("open");
                }
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.expect("closed");
            })
            .await;
            assert_eq!(echo.interrupted, Some(Interruption::TimedOut));
            assert_eq!((echo.silences.1, took.as_secs()), (heard, seconds), "{takes} {says_at:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_said_to_a_silence_has_the_time_of_the_phase() {
        // More than the pipe holds: the peer reads a second late.
        let echo = Echo { silences: (1, 0), to_silence: vec![b'x'; 200], ..Echo::default() };
        let (echo, meter, took) = run_machine(echo, 100, async |mut far| {
            tokio::time::sleep(Duration::from_secs(3)).await;
            let mut all = Vec::new();
            far.read_to_end(&mut all).await.expect("closed");
            assert_eq!(all.len(), 205);
        })
        .await;
        assert_eq!((echo.silences.1, meter.bytes_out, took.as_secs()), (1, 205, 5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_tarpit_cannot_stretch_a_phase() {
        let (echo, meter, took) = run(100, async |mut far| {
            for n in 0.. {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let byte = if n == 3 { b"2" } else { b"." };
                if far.write_all(byte).await.is_err() {
                    break;
                }
            }
        })
        .await;
        assert_eq!(echo.interrupted, Some(Interruption::TimedOut));
        assert_eq!(meter.spent(Phase::Greeting).map(|t| t.as_secs()), Some(4));
        assert_eq!(meter.spent(Phase::Capabilities).map(|t| t.as_secs()), Some(3));
        assert!(took.as_secs() <= 8, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_peer_is_left_at_its_budget() {
        let (echo, meter, took) =
            run(1000, async |mut far| while far.write_all(&[b'.'; 50]).await.is_ok() {}).await;
        assert_eq!(echo.interrupted, Some(Interruption::OverBytes));
        assert_eq!((echo.heard.len(), meter.bytes_in), (1000, 1000));
        assert_eq!(took.as_secs(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_farewell_waits_a_moment_for_the_peer_to_close() {
        for (closes, expected) in [(true, 0), (false, 1)] {
            let (echo, meter, took) = run(100, async |mut far| {
                far.write_all(b"bye").await.expect("open");
                let mut said = [0; 8];
                far.read_exact(&mut said).await.expect("said");
                assert_eq!(&said, b"helloBYE");
                if !closes {
                    far.write_all(b"noise").await.expect("open");
                    assert_eq!(far.read(&mut said).await.ok(), Some(0));
                }
            })
            .await;
            assert_eq!(echo.interrupted, None);
            assert_eq!(took.as_secs(), expected, "closes: {closes}");
            assert_eq!(meter.spent(Phase::Greeting), Some(Duration::ZERO));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_peer_said_before_it_closed_is_read() {
        let (echo, _, _) = run(100, async |mut far| {
            far.write_all(b"421 go away").await.expect("open");
        })
        .await;
        assert_eq!(echo.heard, b"421 go away");
        assert_eq!(echo.interrupted, Some(Interruption::Closed));
    }
}
