//! The server's side of a handshake of TLS 1.0, straight through (RFC 2246, section 7).

use std::io;

use openssl::bn::BigNum;
use openssl::bn::BigNumContext;
use openssl::pkey::Private;
use openssl::rand::rand_bytes;
use openssl::rsa::Padding;
use openssl::rsa::Rsa;
use openssl::symm::Mode;

use super::Suite;
use super::VERSION;
use super::keys::Randoms;
use super::keys::both_hashes;
use super::keys::directions;
use super::keys::master_secret;
use super::keys::verify_data;
use super::records::ALERT;
use super::records::CHANGE_CIPHER_SPEC;
use super::records::Direction;
use super::records::HANDSHAKE;
use super::records::Records;
use super::suite::Ephemeral;
use crate::certificates::Credential;
use crate::field::GENERATOR;
use crate::wire::Duplex;

/// Message types.
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const SERVER_HELLO_DONE: u8 = 14;
const CLIENT_KEY_EXCHANGE: u8 = 16;
const FINISHED: u8 = 20;

/// Shakes hands with whoever offers this suite and TLS 1.0 or later.
pub(crate) async fn accept<'a>(
    suite: &Suite,
    credential: &Credential,
    stream: impl Duplex + 'a,
) -> io::Result<Box<dyn Duplex + 'a>> {
    let mut talk =
        Talk { records: Records::new(stream), messages: Vec::new(), transcript: Vec::new() };
    let hello = talk.message(CLIENT_HELLO).await?;
    let client = match acceptable(&hello, suite.code) {
        Ok(random) => random,
        Err(alert) => {
            talk.records.queue(ALERT, &[2, alert])?;
            talk.records.send().await?;
            return Err(io::Error::other("nothing in common"));
        }
    };
    let mut server = [0; 32];
    rand_bytes(&mut server)?;
    let randoms = Randoms { client, server };
    let secret = Secret::new(&suite.exchange, credential)?;
    talk.say(SERVER_HELLO, &server_hello(&server, suite.code))?;
    talk.say(CERTIFICATE, &certificate(credential)?)?;
    if !matches!(suite.exchange, Ephemeral::Certificate) {
        talk.say(SERVER_KEY_EXCHANGE, &key_exchange(&secret, &randoms, credential)?)?;
    }
    talk.say(SERVER_HELLO_DONE, &[])?;
    talk.records.send().await?;
    let answer = talk.message(CLIENT_KEY_EXCHANGE).await?;
    let master = master_secret(&secret.agree(&answer)?, &randoms)?;
    talk.finish(suite, &master, &randoms).await?;
    if suite.renegotiates {
        talk.records.answer_another_hello_with(another_hello(suite.code)?);
    }
    Ok(Box::new(talk.records))
}

/// A handshake under way.
struct Talk<S> {
    records: Records<S>,
    /// Bytes of messages not yet read.
    messages: Vec<u8>,
    transcript: Vec<u8>,
}

impl<S: Duplex> Talk<S> {
    /// Both sides change to the new keys and prove that they have them.
    async fn finish(&mut self, suite: &Suite, master: &[u8], randoms: &Randoms) -> io::Result<()> {
        let (client_keys, server_keys) = directions(master, randoms, &suite.protection)?;
        self.change_cipher_spec().await?;
        self.records.open_with(Direction::new(suite.protection, client_keys, Mode::Decrypt)?);
        let expected = verify_data(master, b"client finished", &self.transcript)?;
        if self.message(FINISHED).await? != expected {
            return Err(io::Error::other("a wrong Finished"));
        }
        self.records.queue(CHANGE_CIPHER_SPEC, &[1])?;
        self.records.seal_with(Direction::new(suite.protection, server_keys, Mode::Encrypt)?);
        let proof = verify_data(master, b"server finished", &self.transcript)?;
        self.say(FINISHED, &proof)?;
        self.records.send().await
    }

    /// The body of the next message, which must be of this type.
    async fn message(&mut self, kind: u8) -> io::Result<Vec<u8>> {
        loop {
            if let &[found, high, middle, low, ..] = self.messages.as_slice() {
                let length = u32::from_be_bytes([0, high, middle, low]);
                let end = MESSAGE_HEADER + usize::try_from(length).map_err(io::Error::other)?;
                if found != kind || end > LONGEST_MESSAGE {
                    return Err(io::Error::other("another message"));
                }
                if end <= self.messages.len() {
                    let message: Vec<u8> = self.messages.drain(..end).collect();
                    self.transcript.extend_from_slice(&message);
                    return Ok(message.into_iter().skip(MESSAGE_HEADER).collect());
                }
            }
            let (record, content) = self.records.next().await?;
            if record != HANDSHAKE {
                return Err(io::Error::other("another record"));
            }
            self.messages.extend(content);
        }
    }

    async fn change_cipher_spec(&mut self) -> io::Result<()> {
        let record = self.records.next().await?;
        match record.0 == CHANGE_CIPHER_SPEC && self.messages.is_empty() {
            true => Ok(()),
            false => Err(io::Error::other("another record")),
        }
    }

    fn say(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let mut message = vec![kind];
        message.extend(length24(body.len())?);
        message.extend_from_slice(body);
        self.transcript.extend_from_slice(&message);
        self.records.queue(HANDSHAKE, &message)
    }
}

/// What the server knows and nobody else does.
enum Secret {
    Field { prime: BigNum, private: BigNum, public: BigNum },
    Rsa(Rsa<Private>),
}

impl Secret {
    fn new(exchange: &Ephemeral, credential: &Credential) -> io::Result<Self> {
        let (field, kept) = match exchange {
            Ephemeral::Certificate => return Ok(Self::Rsa(credential.openssl()?.key.rsa()?)),
            Ephemeral::Field(field) => (field, None),
            Ephemeral::KeptField(field, exponent) => (field, Some(exponent)),
            Ephemeral::Rsa(key) => return Ok(Self::Rsa(key.clone())),
        };
        let prime = field.prime()?;
        let mut private = BigNum::new()?;
        match kept {
            Some(exponent) => private.copy_from_slice(&exponent.to_vec())?,
            None => prime.rand_range(&mut private)?,
        }
        let mut public = BigNum::new()?;
        let generator = BigNum::from_u32(GENERATOR)?;
        public.mod_exp(&generator, &private, &prime, &mut *BigNumContext::new()?)?;
        Ok(Self::Field { prime, private, public })
    }

    /// The numbers that are signed and sent.
    fn parameters(&self) -> io::Result<Vec<u8>> {
        let numbers = match self {
            Self::Field { prime, public, .. } => {
                vec![prime.to_vec(), BigNum::from_u32(GENERATOR)?.to_vec(), public.to_vec()]
            }
            Self::Rsa(key) => vec![key.n().to_vec(), key.e().to_vec()],
        };
        let mut out = Vec::new();
        for number in numbers {
            push16(&mut out, &number)?;
        }
        Ok(out)
    }

    /// The premaster secret that the client's message leads to.
    fn agree(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let sent = message.get(2..).unwrap_or_default();
        match self {
            Self::Field { prime, private, .. } => {
                let mut shared = BigNum::new()?;
                let other = BigNum::from_slice(sent)?;
                shared.mod_exp(&other, private, prime, &mut *BigNumContext::new()?)?;
                Ok(shared.to_vec())
            }
            Self::Rsa(key) => {
                let mut premaster = vec![0; usize::try_from(key.size()).map_err(io::Error::other)?];
                let length = key.private_decrypt(sent, &mut premaster, Padding::PKCS1)?;
                premaster.truncate(length);
                Ok(premaster)
            }
        }
    }
}

/// The client's random, or the alert that says why not.
fn acceptable(hello: &[u8], suite: u16) -> Result<[u8; 32], u8> {
    let (version, rest) = hello.split_first_chunk::<2>().ok_or(DECODE_ERROR)?;
    let (random, rest) = rest.split_first_chunk::<32>().ok_or(DECODE_ERROR)?;
    let (&session, rest) = rest.split_first().ok_or(DECODE_ERROR)?;
    let rest = rest.get(usize::from(session)..).ok_or(DECODE_ERROR)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(DECODE_ERROR)?;
    let suites = rest.get(..usize::from(u16::from_be_bytes(*length))).ok_or(DECODE_ERROR)?;
    if *version < VERSION {
        return Err(PROTOCOL_VERSION);
    }
    match suites.chunks_exact(2).any(|offered| offered == suite.to_be_bytes()) {
        true => Ok(*random),
        false => Err(HANDSHAKE_FAILURE),
    }
}

fn server_hello(random: &[u8; 32], suite: u16) -> Vec<u8> {
    let mut body = VERSION.to_vec();
    body.extend_from_slice(random);
    // No session to come back to, no compression.
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    body
}

/// The start of another handshake, bound to nothing, as servers had it before RFC 5746. It goes no further.
fn another_hello(suite: u16) -> io::Result<Vec<u8>> {
    let mut random = [0; 32];
    rand_bytes(&mut random)?;
    let body = server_hello(&random, suite);
    let mut message = vec![SERVER_HELLO];
    message.extend(length24(body.len())?);
    message.extend(body);
    Ok(message)
}

fn certificate(credential: &Credential) -> io::Result<Vec<u8>> {
    let mut list = Vec::new();
    for der in credential.ders() {
        list.extend(length24(der.len())?);
        list.extend_from_slice(der);
    }
    let mut body = length24(list.len())?.to_vec();
    body.extend(list);
    Ok(body)
}

fn key_exchange(
    secret: &Secret,
    randoms: &Randoms,
    credential: &Credential,
) -> io::Result<Vec<u8>> {
    let mut body = secret.parameters()?;
    let signed = [&randoms.client, &randoms.server, body.as_slice()].concat();
    let key = credential.openssl()?.key.rsa()?;
    let mut signature = vec![0; usize::try_from(key.size()).map_err(io::Error::other)?];
    key.private_encrypt(&both_hashes(&signed)?, &mut signature, Padding::PKCS1)?;
    push16(&mut body, &signature)?;
    Ok(body)
}

fn push16(out: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    out.extend(u16::try_from(bytes.len()).map_err(io::Error::other)?.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

fn length24(length: usize) -> io::Result<[u8; 3]> {
    let [_, high, middle, low] = u32::try_from(length).map_err(io::Error::other)?.to_be_bytes();
    Ok([high, middle, low])
}

const HANDSHAKE_FAILURE: u8 = 40;
const DECODE_ERROR: u8 = 50;
const PROTOCOL_VERSION: u8 = 70;

const MESSAGE_HEADER: usize = 4;
/// More than any client has to say in one message.
const LONGEST_MESSAGE: usize = 1 << 16;
