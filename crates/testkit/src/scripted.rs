//! Servers that follow a script, for every way in which a real one can behave or not.
//!
//! They listen on loopback only, on a port of the system's choice, and play the same script with everyone who connects.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// One act of a script. Behind the last one the connection is closed in order.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says these bytes at once.
    Say(Vec<u8>),
    /// Says what it makes of all that it heard so far (a tag, a name).
    Answer(fn(&[u8]) -> Vec<u8>),
    /// Reads until the client has said this (anywhere in what it said since the last expectation).
    Expect(Vec<u8>),
    /// Does nothing for a while.
    Pause(Duration),
    /// Says these bytes one at a time, with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Says these bytes again and again until the client has gone.
    Endless(Vec<u8>),
    /// Reads and says nothing until the client has gone.
    Hold,
    /// Ends the connection with a RST.
    Reset,
}

/// [`Act::Say`].
pub fn say(words: impl AsRef<[u8]>) -> Act {
    Act::Say(words.as_ref().to_vec())
}

/// [`Act::Expect`].
pub fn expect(words: impl AsRef<[u8]>) -> Act {
    Act::Expect(words.as_ref().to_vec())
}

/// A server that plays a script. It stops listening when dropped.
#[derive(Debug)]
pub struct ScriptedServer {
    addr: SocketAddr,
    played: Arc<Played>,
}

#[derive(Debug, Default)]
struct Played {
    connections: AtomicUsize,
    heard: Mutex<Vec<Vec<u8>>>,
    over: std::sync::atomic::AtomicBool,
}

impl ScriptedServer {
    /// Starts one.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start(script: Vec<Act>) -> std::io::Result<Self> {
        Self::start_each(move |_| script.clone())
    }

    /// Starts one whose script depends on how many connections there were before.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start_each(
        script: impl Fn(usize) -> Vec<Act> + Send + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let server = Self { addr: listener.local_addr()?, played: Arc::default() };
        let played = server.played.clone();
        thread::spawn(move || accept(&listener, &played, script));
        Ok(server)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections it accepted.
    pub fn connections(&self) -> usize {
        self.played.connections.load(Relaxed)
    }

    /// What each client said, in the order in which the scripts ended.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.played.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.played.over.store(true, Relaxed);
        // Wakes the thread that accepts; it may be gone already.
        let _ = TcpStream::connect_timeout(&self.addr, Duration::from_secs(1));
    }
}

fn accept(
    listener: &TcpListener,
    played: &Arc<Played>,
    script: impl Fn(usize) -> Vec<Act> + Send + 'static,
) {
    while let Ok((stream, _)) = listener.accept() {
        if played.over.load(Relaxed) {
            return;
        }
        let acts = script(played.connections.fetch_add(1, Relaxed));
        if let [Act::Hold] = acts.as_slice() {
            hold(stream, played);
            continue;
        }
        let played = played.clone();
        thread::spawn(move || {
            let mut stage = Stage::new(stream);
            // A client that goes in the middle is part of many a play.
            let _ = stage.play(&acts).and_then(|curtain| stage.end(curtain));
            let (stream, heard) = stage.into_parts();
            drop(stream);
            played.heard.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
        });
    }
}

/// Thousands can be held at once: without a thread each, open until the server is dropped.
fn hold(stream: TcpStream, played: &Arc<Played>) {
    let played = Arc::downgrade(played);
    static HELD: Mutex<Vec<(std::sync::Weak<Played>, TcpStream)>> = Mutex::new(Vec::new());
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.retain(|(server, _)| server.upgrade().is_some_and(|server| !server.over.load(Relaxed)));
    held.push((played, stream));
}

/// One side of a connection on which a script is played: a socket, or TLS on one.
#[derive(Debug)]
pub struct Stage<S> {
    stream: S,
    heard: Vec<u8>,
    /// Up to where what was heard met an expectation.
    understood: usize,
}

/// How a play ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curtain {
    /// All acts were played.
    Closed,
    /// The script asks for a RST.
    Reset,
}

impl<S: Read + Write> Stage<S> {
    /// With nothing said yet.
    pub fn new(stream: S) -> Self {
        Self { stream, heard: Vec::new(), understood: 0 }
    }

    /// The stream, and what was heard on it.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.heard)
    }

    /// Plays a script to its end. Closing or resetting is left to the caller.
    ///
    /// # Errors
    /// When the client has gone in the middle.
    pub fn play(&mut self, acts: &[Act]) -> std::io::Result<Curtain> {
        for act in acts {
            match act {
                Act::Say(words) => self.stream.write_all(words)?,
                Act::Answer(answer) => self.stream.write_all(&answer(&self.heard))?,
                Act::Expect(words) => self.expect(words)?,
                Act::Pause(time) => thread::sleep(*time),
                Act::Drip(words, pause) => {
                    for byte in words {
                        thread::sleep(*pause);
                        self.stream.write_all(std::slice::from_ref(byte))?;
                    }
                }
                Act::Endless(words) => loop {
                    self.stream.write_all(words)?;
                },
                Act::Hold => while self.listen()? {},
                Act::Reset => return Ok(Curtain::Reset),
            }
        }
        self.stream.flush()?;
        Ok(Curtain::Closed)
    }

    fn expect(&mut self, words: &[u8]) -> std::io::Result<()> {
        loop {
            let news = self.heard.get(self.understood..).unwrap_or_default();
            if let Some(at) = news.windows(words.len().max(1)).position(|seen| seen == words) {
                self.understood += at + words.len();
                return Ok(());
            }
            if !self.listen()? {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// `false`: the client has closed.
    fn listen(&mut self) -> std::io::Result<bool> {
        let mut buffer = [0; 4096];
        let n = self.stream.read(&mut buffer)?;
        self.heard.extend_from_slice(buffer.get(..n).unwrap_or_default());
        Ok(n > 0)
    }
}

impl Stage<TcpStream> {
    /// Closes in order and listens until the client does, or resets.
    fn end(&mut self, curtain: Curtain) -> std::io::Result<()> {
        match curtain {
            Curtain::Reset => SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)),
            Curtain::Closed => {
                self.stream.shutdown(Shutdown::Write)?;
                while self.listen()? {}
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_played_act_by_act() -> std::io::Result<()> {
        let server = ScriptedServer::start(vec![
            say("hello "),
            expect("EHLO"),
            Act::Drip(b"bye".to_vec(), Duration::from_millis(1)),
        ])?;
        let mut client = TcpStream::connect(server.addr())?;
        client.write_all(b"xx EHLO")?;
        let mut all = String::new();
        client.read_to_string(&mut all)?;
        assert_eq!(all, "hello bye");
        drop(client);
        while server.heard().is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(server.heard(), [b"xx EHLO"]);
        assert_eq!(server.connections(), 1);
        Ok(())
    }

    #[test]
    fn a_reset_is_a_reset() -> std::io::Result<()> {
        let server = ScriptedServer::start(vec![say("x"), expect("y"), Act::Reset])?;
        let mut client = TcpStream::connect(server.addr())?;
        client.write_all(b"y")?;
        let error = std::io::copy(&mut client, &mut std::io::sink()).expect_err("a reset");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        Ok(())
    }
}
