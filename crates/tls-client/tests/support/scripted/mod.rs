//! A server that does what a script says and holds the keys while it does: it can lie under encryption, in any order.
//!
//! Needs the wire's codecs and a library of primitives, nothing of the client's: what both get wrong in the same way would
//! not be seen. Also what a fuzzer plays.

mod field;
mod keys;
mod messages;

use std::collections::VecDeque;
use std::rc::Rc;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::put_u16;
use tlscensus_tls_wire::record::Deframer;
use tlscensus_tls_wire::record::Joiner;
use tlscensus_tls_wire::record::MAX_PLAINTEXT;
use tlscensus_tls_wire::record::put_handshake;
use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

pub(crate) use self::field::Zero;
use self::keys::Head;
use self::keys::Legacy;
use self::keys::Schedule;
use self::keys::Sealer;

/// What is negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// TLS 1.3: X25519, Ed25519, AES-128-GCM.
    Tls13,
    /// TLS 1.2: X25519, Ed25519, AES-128-GCM.
    Ecdhe12,
    /// SSL 3 to TLS 1.2: a secret encrypted with RSA, AES-128-CBC with SHA-1.
    Rsa(Version),
}

impl Mode {
    pub(crate) const ALL: [Self; 6] = [
        Self::Tls13,
        Self::Ecdhe12,
        Self::Rsa(Version::TLS_1_2),
        Self::Rsa(Version::TLS_1_1),
        Self::Rsa(Version::TLS_1_0),
        Self::Rsa(Version::SSL_3),
    ];

    pub(crate) fn version(self) -> Version {
        match self {
            Self::Tls13 => Version::TLS_1_3,
            Self::Ecdhe12 => Version::TLS_1_2,
            Self::Rsa(version) => version,
        }
    }

    /// The messages of the server's first flight, in order.
    pub(crate) fn flight(self) -> &'static [HandshakeType] {
        match self {
            Self::Tls13 => &[
                HandshakeType::SERVER_HELLO,
                HandshakeType::ENCRYPTED_EXTENSIONS,
                HandshakeType::CERTIFICATE,
                HandshakeType::CERTIFICATE_VERIFY,
                HandshakeType::FINISHED,
            ],
            Self::Ecdhe12 => &[
                HandshakeType::SERVER_HELLO,
                HandshakeType::CERTIFICATE,
                HandshakeType::SERVER_KEY_EXCHANGE,
                HandshakeType::SERVER_HELLO_DONE,
            ],
            Self::Rsa(_) => &[
                HandshakeType::SERVER_HELLO,
                HandshakeType::CERTIFICATE,
                HandshakeType::SERVER_HELLO_DONE,
            ],
        }
    }

    /// Everything an honest server does, a line of data at the end.
    pub(crate) fn honest(self) -> Vec<Act> {
        let mut script: Vec<Act> = self.flight().iter().copied().map(Act::say).collect();
        script.push(Act::Await);
        if self != Self::Tls13 {
            script.push(Act::ChangeCipherSpec);
            script.push(Act::say(HandshakeType::FINISHED));
        }
        script.push(Act::Record(ContentType::APPLICATION_DATA, b"data".to_vec()));
        script
    }

    /// The same, with something in it that a client can take up again: a ticket, or before TLS 1.2 the name of a session.
    pub(crate) fn rememberable(self) -> Vec<Act> {
        let mut script = self.honest();
        let ticket = Act::say(HandshakeType::NEW_SESSION_TICKET);
        match self {
            Self::Tls13 => script.push(ticket),
            Self::Ecdhe12 => {
                let change = script.iter().position(|act| matches!(act, Act::ChangeCipherSpec));
                script.insert(change.expect("part of the script"), ticket);
            }
            Self::Rsa(_) => script[0] = named_hello(),
        }
        script
    }
}

/// A ServerHello that gives the session a name.
fn named_hello() -> Act {
    Act::edited(HandshakeType::SERVER_HELLO, |body| {
        body[34] = 32;
        drop(body.splice(35..35, [9; 32]));
    })
}

/// What is offered to it: all versions, and everything that the modes choose.
pub(crate) fn offer() -> Profile {
    let modern = Profile::named("modern").unwrap();
    let versions = [0x0304, 0x0303, 0x0302, 0x0301, 0x0300].map(Version);
    let anonymous = [0x0034, 0xc018].map(CipherSuite);
    let extensions = [&modern.extensions[..], &[ExtensionType::COMPRESS_CERTIFICATE]].concat();
    Profile {
        versions: versions.to_vec().into(),
        suites: [&modern.suites[..], &anonymous].concat().into(),
        extensions: extensions.into(),
        certificate_compressions: COMPRESSIONS.into(),
        ..modern.clone()
    }
}

/// Changes the body of a message before it is counted, sealed and sent.
pub(crate) type Edit = Rc<dyn Fn(&mut Vec<u8>)>;

/// One thing a server does.
#[derive(Clone)]
pub(crate) enum Act {
    /// Says a message as an honest server would, but for the edits.
    Say(HandshakeType, Vec<Edit>),
    /// Asks for another hello.
    Retry(Vec<Edit>),
    /// Says any message; it is part of the transcript.
    Handshake(HandshakeType, Vec<u8>),
    /// A record under the keys of the moment, no part of the transcript.
    Record(ContentType, Vec<u8>),
    /// A record of TLS 1.3 that claims to be of this type outside; type and padding stand at the end of the bytes.
    Inner(ContentType, Vec<u8>),
    /// A record in the clear, whatever the keys.
    Clear(ContentType, Vec<u8>),
    /// Bytes as they are.
    Raw(Vec<u8>),
    /// A ChangeCipherSpec in the clear; before TLS 1.3 the keys change behind it.
    ChangeCipherSpec,
    /// Waits for the client.
    Await,
    /// The same again and again.
    Endless(Box<Self>),
}

impl Act {
    pub(crate) fn say(message: HandshakeType) -> Self {
        Self::Say(message, Vec::new())
    }

    pub(crate) fn edited(message: HandshakeType, edit: impl Fn(&mut Vec<u8>) + 'static) -> Self {
        Self::Say(message, vec![Rc::new(edit)])
    }

    pub(crate) fn alert(alert: Alert) -> Self {
        Self::Record(ContentType::ALERT, alert.encoded())
    }

    pub(crate) fn endless(self) -> Self {
        Self::Endless(Box::new(self))
    }
}

/// The server, in the middle of its script.
pub(crate) struct ScriptedServer {
    mode: Mode,
    script: VecDeque<Act>,
    /// Bytes of a message in one record, at most.
    pub(crate) fragment: usize,
    /// The version field of records, where it is not that of the mode.
    pub(crate) record_version: Version,
    /// Says nothing behind this many bytes.
    pub(crate) end: usize,
    /// Another message in ServerHello's record.
    pub(crate) joined_to_hello: Vec<u8>,
    /// Extensions more than an honest server has, by message.
    pub(crate) extensions: Vec<(HandshakeType, ExtensionType, Vec<u8>)>,
    deframer: Deframer,
    joiner: Joiner,
    heard: Heard,
    /// All handshake messages of both sides.
    transcript: Vec<u8>,
    group: NamedGroup,
    /// What becomes of the zero before a secret, in a group of a finite field.
    zero: Zero,
    /// As it was said last.
    random: [u8; 32],
    sealer: Sealer,
    pending: Option<Sealer>,
    sequence: u64,
    schedule: Option<Schedule>,
    /// The secret of the server's application traffic.
    application: Vec<u8>,
    legacy: Option<Legacy>,
    /// The master secret of a session that is taken up again.
    resumed: Option<Vec<u8>>,
}

/// What the client said, as far as it matters.
#[derive(Default)]
struct Heard {
    random: Vec<u8>,
    session_id: Vec<u8>,
    shares: Vec<(NamedGroup, Vec<u8>)>,
    extended_master_secret: bool,
    premaster: Vec<u8>,
    changed_cipher: bool,
    /// Handshake messages behind the server's Finished (TLS 1.3), and the records they came in.
    last_flight: Vec<u8>,
    last_records: u64,
}

impl ScriptedServer {
    pub(crate) fn new(mode: Mode, script: impl IntoIterator<Item = Act>) -> Self {
        Self {
            mode,
            script: script.into_iter().collect(),
            fragment: MAX_PLAINTEXT,
            record_version: mode.version().min(Version::TLS_1_2),
            end: usize::MAX,
            joined_to_hello: Vec::new(),
            extensions: Vec::new(),
            deframer: Deframer::new(),
            joiner: Joiner::new(),
            heard: Heard::default(),
            transcript: Vec::new(),
            group: NamedGroup::X25519,
            zero: Zero::Kept,
            random: [5; 32],
            sealer: Sealer::Plain,
            pending: None,
            sequence: 0,
            schedule: None,
            application: Vec::new(),
            legacy: None,
            resumed: None,
        }
    }

    /// A server of TLS 1.3 that agrees in ffdhe2048 on a secret with a zero before it.
    pub(crate) fn in_field(script: Vec<Act>, zero: Zero) -> Self {
        Self { group: NamedGroup::FFDHE2048, zero, ..Self::new(Mode::Tls13, script) }
    }

    /// A server that takes a session up again whose master secret it has; without one it has forgotten the session.
    pub(crate) fn resuming(mode: Mode, master: Option<Vec<u8>>) -> Self {
        if master.is_none() {
            return Self::new(mode, mode.honest());
        }
        let script = [
            Act::say(HandshakeType::SERVER_HELLO),
            Act::ChangeCipherSpec,
            Act::say(HandshakeType::FINISHED),
            Act::Await,
            Act::Record(ContentType::APPLICATION_DATA, b"data".to_vec()),
        ];
        Self { resumed: master, ..Self::new(mode, script) }
    }

    /// What it will do, taken away to be changed.
    pub(crate) fn take_script(&mut self) -> Vec<Act> {
        self.script.drain(..).collect()
    }

    pub(crate) fn set_script(&mut self, script: Vec<Act>) {
        self.script = script.into();
    }

    /// The master secret that was agreed on, before TLS 1.3.
    pub(crate) fn master(&self) -> Option<Vec<u8>> {
        self.legacy.as_ref().map(|legacy| legacy.master.clone())
    }

    /// Takes what the client said and answers as far as the script goes without waiting, a few records at a time.
    pub(crate) fn respond(&mut self, from_client: &[u8]) -> Vec<u8> {
        self.hear(from_client);
        let mut out = Vec::new();
        if let Some(Act::Await) = self.script.front() {
            if from_client.is_empty() {
                return out;
            }
            self.script.pop_front();
        }
        while out.len() < CHUNK {
            match self.script.pop_front() {
                Some(Act::Await) => {
                    self.script.push_front(Act::Await);
                    break;
                }
                Some(Act::Endless(act)) => {
                    self.act((*act).clone(), &mut out);
                    self.script.push_front(Act::Endless(act));
                }
                Some(act) => self.act(act, &mut out),
                None => break,
            }
        }
        out.truncate(self.end);
        self.end -= out.len();
        out
    }

    fn act(&mut self, act: Act, out: &mut Vec<u8>) {
        match act {
            Act::Say(message, edits) => {
                let mut body = self.body(message);
                edits.iter().for_each(|edit| edit(&mut body));
                self.handshake(message, &body, out);
                self.change_keys_behind(message);
            }
            Act::Retry(edits) => {
                self.forget_first_hello();
                let mut body = self.retry_request();
                edits.iter().for_each(|edit| edit(&mut body));
                self.handshake(HandshakeType::SERVER_HELLO, &body, out);
            }
            Act::Handshake(message, body) => self.handshake(message, &body, out),
            Act::Record(content_type, payload) => self.record(content_type, &payload, out),
            Act::Inner(outer, inner) => self.sealed(outer, &inner, out),
            Act::Clear(content_type, payload) => self.framed(content_type, &payload, out),
            Act::Raw(bytes) => out.extend(bytes),
            Act::ChangeCipherSpec => {
                self.framed(ContentType::CHANGE_CIPHER_SPEC, &[1], out);
                if let Some(pending) = self.pending.take() {
                    self.set_sealer(pending);
                }
            }
            Act::Await | Act::Endless(_) => (),
        }
    }

    fn handshake(&mut self, message: HandshakeType, body: &[u8], out: &mut Vec<u8>) {
        let mut encoded = Vec::new();
        put_handshake(message, &mut encoded, |out| out.extend_from_slice(body));
        if message == HandshakeType::SERVER_HELLO {
            if let Some(random) = body.get(2..34) {
                self.random.copy_from_slice(random);
            }
            encoded.append(&mut self.joined_to_hello);
        }
        for fragment in encoded.chunks(self.fragment) {
            self.record(ContentType::HANDSHAKE, fragment, out);
        }
        self.transcript.extend(encoded);
    }

    /// A record under the keys of the moment, more than one where the payload is too long.
    fn record(&mut self, content_type: ContentType, payload: &[u8], out: &mut Vec<u8>) {
        let hides_types = self.sealer.hides_types();
        let mut rest = payload;
        loop {
            let (fragment, behind) = rest.split_at(rest.len().min(MAX_PLAINTEXT));
            match hides_types {
                true => {
                    let inner = [fragment, &[content_type.0]].concat();
                    self.sealed(ContentType::APPLICATION_DATA, &inner, out);
                }
                false => self.sealed(content_type, fragment, out),
            }
            rest = behind;
            if rest.is_empty() {
                return;
            }
        }
    }

    fn sealed(&mut self, outer: ContentType, fragment: &[u8], out: &mut Vec<u8>) {
        let head = Head { content_type: outer.0, version: self.record_version };
        let body = self.sealer.seal(head, self.sequence, fragment);
        self.sequence += 1;
        self.framed(outer, &body, out);
    }

    fn framed(&self, content_type: ContentType, body: &[u8], out: &mut Vec<u8>) {
        content_type.encode(out);
        self.record_version.encode(out);
        put_u16(u16::try_from(body.len()).unwrap_or(u16::MAX), out);
        out.extend_from_slice(body);
    }

    fn set_sealer(&mut self, sealer: Sealer) {
        self.sealer = sealer;
        self.sequence = 0;
    }
}

/// How a client and a server got on.
pub(crate) struct Meeting {
    pub(crate) client: Client,
    /// Bytes of the client.
    pub(crate) sent: usize,
    /// What the server said until the client had enough.
    pub(crate) said: Vec<u8>,
    /// Whether the client would have gone on for ever.
    pub(crate) endless: bool,
}

/// Carries bytes both ways, at most `piece` at a time to the client, until the client has enough or nobody has anything to
/// say; then the server hangs up.
pub(crate) fn meet(mut client: Client, server: &mut ScriptedServer, piece: usize) -> Meeting {
    let (mut sent, mut said) = (0, Vec::new());
    let endless = loop {
        let mut to_server = Vec::new();
        let step = client.poll(&mut to_server);
        sent += to_server.len();
        if step == Step::Done || said.len() > PATIENCE {
            break step != Step::Done;
        }
        let to_client = server.respond(&to_server);
        if to_client.is_empty() && to_server.is_empty() {
            break false;
        }
        to_client.chunks(piece).for_each(|piece| client.receive(piece));
        client.take_plaintext();
        said.extend(to_client);
    };
    client.interrupted(Interruption::Closed);
    let mut last = Vec::new();
    client.poll(&mut last);
    Meeting { client, sent: sent + last.len(), said, endless }
}

const COMPRESSIONS: &[CertificateCompression] =
    &[CertificateCompression::BROTLI, CertificateCompression::ZLIB, CertificateCompression::ZSTD];
/// Bytes of one answer of the server, about.
const CHUNK: usize = 1 << 14;
/// Bytes from which on a client is said to listen for ever.
const PATIENCE: usize = 8 << 20;
