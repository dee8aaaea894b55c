//! Any number of servers that all behave alike: one port on every address of 127.0.0.0/8, held by two threads.

use std::io;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use socket2::Domain;
use socket2::Protocol;
use socket2::Socket;
use socket2::Type;

/// What everybody in a crowd does.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Says these bytes one by one, this long apart, then nothing until the client has gone.
    Drip(Vec<u8>, Duration),
    /// Refuses the connection.
    Refuse,
    /// Says these bytes at once and closes.
    Say(Vec<u8>),
}

/// A crowd of servers. It disperses when dropped.
///
/// One socket listens on all addresses, bound to the loopback *interface*: nobody outside of this machine can reach it.
#[derive(Debug)]
pub struct Crowd {
    /// Open as long as the crowd is, so that nobody else gets the port.
    socket: Socket,
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    accepted: AtomicUsize,
    most_open: AtomicUsize,
    open: Mutex<Vec<Open>>,
}

/// A client that is dripped on.
#[derive(Debug)]
struct Open {
    stream: TcpStream,
    said: usize,
}

impl Crowd {
    /// Gathers one, on a port of the system's choice.
    ///
    /// # Errors
    /// When it cannot listen, or not on the loopback interface alone (Linux before 5.7 lets only root do that).
    pub fn gather(manner: Manner) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.bind_device(Some(b"lo"))?;
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)).into())?;
        let bound = socket.local_addr()?.as_socket_ipv4();
        let port = bound.ok_or_else(|| io::Error::other("no IPv4 address"))?.port();
        let shared = Arc::<Shared>::default();
        if !matches!(manner, Manner::Refuse) {
            socket.listen(BACKLOG)?;
            let listener = TcpListener::from(socket.try_clone()?);
            let accepting = shared.clone();
            let words = manner.clone();
            thread::spawn(move || accept(&listener, &words, &accepting));
        }
        if let Manner::Drip(words, pause) = manner {
            let dripping = shared.clone();
            thread::spawn(move || drip(&words, pause, &dripping));
        }
        Ok(Self { socket, port, shared })
    }

    /// The port, the same on all addresses.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Clients that came.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Relaxed)
    }

    /// Most clients that were dripped on at once.
    pub fn most_open(&self) -> usize {
        self.shared.most_open.load(Relaxed)
    }

    /// Lines of a list: one endpoint `127.x.y.z:port` for each place, places beginning at 0.
    pub fn endpoints(&self, places: std::ops::Range<u32>) -> impl Iterator<Item = String> {
        let port = self.port;
        places.map(move |place| format!("{}:{port}\n", Ipv4Addr::from_bits(FIRST_ADDRESS + place)))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shared.over.store(true, Relaxed);
        // Wakes the thread that accepts; there is none in a crowd that refuses.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
    }
}

fn accept(listener: &TcpListener, manner: &Manner, shared: &Shared) {
    while !shared.over.load(Relaxed) {
        let Ok((mut stream, _)) = listener.accept() else {
            // Out of descriptors, or dispersed.
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        shared.accepted.fetch_add(1, Relaxed);
        match manner {
            // A client that has gone already is none of our business, here and below.
            Manner::Say(words) => drop(stream.write_all(words)),
            _ => {
                let _ = stream.set_nonblocking(true);
                let mut open = shared.open.lock().unwrap_or_else(PoisonError::into_inner);
                open.push(Open { stream, said: 0 });
                shared.most_open.fetch_max(open.len(), Relaxed);
            }
        }
    }
}

fn drip(words: &[u8], pause: Duration, shared: &Shared) {
    let mut next = Instant::now();
    while !shared.over.load(Relaxed) {
        next += pause;
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let mut open = shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain_mut(|client| client.hears_next(words));
    }
    shared.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

impl Open {
    /// `false`: the client has gone.
    fn hears_next(&mut self, words: &[u8]) -> bool {
        let Some(byte) = words.get(self.said) else {
            return matches!(self.stream.take_error(), Ok(None));
        };
        self.said += 1;
        self.stream.write_all(std::slice::from_ref(byte)).is_ok()
    }
}

/// Clients that may come in one breath.
const BACKLOG: i32 = 4096;

/// 127.1.0.0: the first place, away from the addresses that tests use one by one.
const FIRST_ADDRESS: u32 = 0x7f01_0000;

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn everybody_in_a_crowd_does_the_same() -> io::Result<()> {
        let crowd = Crowd::gather(Manner::Drip(b"abc".to_vec(), Duration::from_millis(5)))?;
        let endpoints: Vec<String> = crowd.endpoints(0..3).collect();
        assert!(endpoints[2].starts_with("127.1.0.2:"), "{endpoints:?}");
        let mut clients: Vec<TcpStream> = endpoints
            .iter()
            .map(|line| TcpStream::connect(line.trim()))
            .collect::<Result<_, _>>()?;
        for client in &mut clients {
            let mut heard = [0; 3];
            client.read_exact(&mut heard)?;
            assert_eq!(&heard, b"abc");
        }
        assert_eq!((crowd.accepted(), crowd.most_open()), (3, 3));
        Ok(())
    }

    #[test]
    fn some_say_it_at_once_and_some_refuse() -> io::Result<()> {
        let talkers = Crowd::gather(Manner::Say(b"421 no\r\n".to_vec()))?;
        let mut heard = String::new();
        TcpStream::connect(("127.9.8.7", talkers.port()))?.read_to_string(&mut heard)?;
        assert_eq!(heard, "421 no\r\n");
        let refusers = Crowd::gather(Manner::Refuse)?;
        let error = TcpStream::connect(("127.9.8.7", refusers.port())).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        Ok(())
    }
}
