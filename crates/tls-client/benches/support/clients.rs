//! The clients, alike: bytes in, bytes out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::io::Read;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use openssl::ssl::Ssl;
use openssl::ssl::SslStream;
use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::ServerConnection;
use rustls::pki_types::ServerName;
use tlscensus_tls_client as ours;
use tlscensus_tls_client::Outcome;

use crate::servers::NAME;
use crate::servers::Scene;

/// The clients that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Offers what the scene is about.
    Ours,
    /// Offers the whole modern profile.
    OursModern,
    /// Leaves after the ServerHello.
    OursHello,
    Rustls,
    RustlsUnchained,
    Openssl,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Ours,
        Self::OursModern,
        Self::OursHello,
        Self::Rustls,
        Self::RustlsUnchained,
        Self::Openssl,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursModern => "ours-modern",
            Self::OursHello => "ours-hello-only",
            Self::Rustls => "rustls",
            Self::RustlsUnchained => "rustls-unchained",
            Self::Openssl => "openssl",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).unwrap()
    }

    pub(crate) fn client(self, scene: &Scene) -> Box<dyn Client> {
        let new = |profile| ours::Client::new(profile, Some(NAME), &scene.keys);
        match self {
            Self::Ours => Box::new(Ours(new(&scene.profile))),
            Self::OursModern => Box::new(Ours(new(&scene.modern))),
            Self::OursHello => Box::new(Ours(new(&scene.profile).until(ours::Stop::Hello))),
            Self::Rustls => Box::new(Rustls::new(&scene.rustls)),
            Self::RustlsUnchained => Box::new(Rustls::new(&scene.rustls_unchained)),
            Self::Openssl => Box::new(Openssl::new(scene)),
        }
    }
}

/// One client of one connection.
pub(crate) trait Client {
    /// Takes what the server said, gives what is to be said.
    fn step(&mut self, heard: &[u8]) -> Vec<u8>;
    /// Whether it came as far as it wanted.
    fn is_done(&self) -> bool;
}

struct Ours(ours::Client);

impl Client for Ours {
    fn step(&mut self, heard: &[u8]) -> Vec<u8> {
        self.0.receive(heard);
        let mut said = Vec::new();
        self.0.poll(&mut said);
        said
    }

    fn is_done(&self) -> bool {
        matches!(self.0.outcome(), Some(Outcome::Completed | Outcome::Stopped))
    }
}

struct Rustls(ClientConnection);

impl Rustls {
    fn new(config: &Arc<ClientConfig>) -> Self {
        let name = ServerName::try_from(NAME).unwrap();
        Self(ClientConnection::new(Arc::clone(config), name).unwrap())
    }
}

impl Client for Rustls {
    fn step(&mut self, mut heard: &[u8]) -> Vec<u8> {
        while !heard.is_empty() {
            self.0.read_tls(&mut heard).unwrap();
            self.0.process_new_packets().unwrap();
        }
        let mut said = Vec::new();
        while self.0.wants_write() {
            self.0.write_tls(&mut said).unwrap();
        }
        said
    }

    fn is_done(&self) -> bool {
        !self.0.is_handshaking()
    }
}

struct Openssl {
    wire: Wire,
    stream: SslStream<Wire>,
    is_up: bool,
}

impl Openssl {
    fn new(scene: &Scene) -> Self {
        let wire = Wire::default();
        let mut ssl = Ssl::new(&scene.openssl).unwrap();
        ssl.set_hostname(NAME).unwrap();
        Self { stream: SslStream::new(ssl, wire.clone()).unwrap(), wire, is_up: false }
    }
}

impl Client for Openssl {
    fn step(&mut self, heard: &[u8]) -> Vec<u8> {
        self.wire.0.borrow_mut().to_client.extend(heard);
        self.is_up |= self.stream.connect().is_ok();
        std::mem::take(&mut self.wire.0.borrow_mut().to_server)
    }

    fn is_done(&self) -> bool {
        self.is_up
    }
}

/// Both directions between the library and the bench.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Directions>>);

#[derive(Default)]
struct Directions {
    to_client: VecDeque<u8>,
    to_server: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.borrow_mut().to_client.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().to_server.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The server's side of one connection.
pub(crate) fn answer(server: &mut ServerConnection, mut said: &[u8]) -> Vec<u8> {
    while !said.is_empty() {
        server.read_tls(&mut said).unwrap();
        let _goodbye = server.process_new_packets();
    }
    let mut answer = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut answer).unwrap();
    }
    answer
}
