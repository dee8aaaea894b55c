//! What endpoints do that do not do what they should.

use std::io;
use std::time::Duration;

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::Language;
use crate::Service;
use crate::state::Opening;
use crate::wire::Duplex;
use crate::wire::drain;
use crate::wire::leave;

/// Does what this opening does, to the end of the connection.
pub(crate) async fn open(
    mut tcp: TcpStream,
    opening: Opening,
    service: &Service,
    variant: u64,
) -> io::Result<()> {
    let client_first = service.implicit || service.language.client_first();
    match opening {
        Opening::AnotherMailProtocol => say(&mut tcp, another(service.language)).await?,
        Opening::Close => {
            leave(&mut tcp).await;
            return Ok(());
        }
        Opening::EndlessLines => return endless(&mut tcp, WELCOME).await,
        Opening::EndlessUnit => return endless(&mut tcp, unit(service.language)).await,
        Opening::Garbage => say(&mut tcp, &garbage(variant)).await?,
        Opening::Http => say(&mut tcp, HTTP).await?,
        Opening::PlaintextOnTlsPort => {
            if service.language.client_first() {
                first_bytes(&mut tcp).await?;
            }
            say(&mut tcp, plaintext(service.language)).await?;
        }
        Opening::Reset => {
            if client_first {
                first_bytes(&mut tcp).await?;
            } else {
                // Long enough for the client to know that it is connected.
                sleep(BEFORE_RESET).await;
            }
            return tcp.set_zero_linger();
        }
        Opening::Proper | Opening::Silent => {}
        Opening::Slow if service.implicit => {
            first_bytes(&mut tcp).await?;
            dribble(&mut tcp, SERVER_HELLO_BEGINS).await?;
        }
        Opening::Slow => dribble(&mut tcp, slow_greeting(service.language)).await?,
        Opening::Ssh => say(&mut tcp, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").await?,
        Opening::TlsExpected => {
            // A TLS server waits for a ClientHello; what it hears from a client that speaks first is none.
            first_bytes(&mut tcp).await?;
            if client_first {
                say(&mut tcp, FATAL_UNEXPECTED_MESSAGE).await?;
            }
        }
    }
    drain(&mut tcp).await;
    Ok(())
}

/// Bytes that are of no protocol, the same for the same variant.
pub(crate) fn garbage(variant: u64) -> Vec<u8> {
    let mut bytes = vec![0; GARBAGE];
    ChaCha8Rng::seed_from_u64(variant).fill_bytes(&mut bytes);
    // Neither a record of TLS or SSL 2 nor anything printable to begin with, and lines end somewhere.
    for line in bytes.chunks_mut(GARBAGE_LINE) {
        if let Some(first) = line.first_mut() {
            *first = 0x01;
        }
        if let [.., last_but_one, last] = line {
            (*last_but_one, *last) = (b'\r', b'\n');
        }
    }
    bytes
}

/// Plaintext where TLS is due: what a server says that goes on in its own language.
pub(crate) const fn plaintext(language: Language) -> &'static [u8] {
    match language {
        Language::Http => b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        Language::Imap => b"* BAD Unknown command\r\n",
        Language::Irc => b":h.lab.test 421 * :Unknown command\r\n",
        Language::Pop3 => b"-ERR Unknown command\r\n",
        Language::Smtp => b"500 5.5.2 Command not recognized\r\n",
        Language::XmppClient | Language::XmppServer => {
            b"<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
        }
    }
}

/// The greeting of another mail protocol.
pub(crate) const fn another(language: Language) -> &'static [u8] {
    match language {
        Language::Imap => b"220 h.lab.test ESMTP ready\r\n",
        Language::Pop3 => b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
        _ => b"+OK POP3 server ready\r\n",
    }
}

/// A start, and what can follow it again and again.
type WithoutEnd = (&'static [u8], &'static [u8]);

/// A unit (line, tag) of this language that has a start and no end.
pub(crate) const fn unit(language: Language) -> WithoutEnd {
    match language {
        Language::Imap => (b"* OK ", b"and so on, "),
        Language::Irc => (b":h.lab.test NOTICE * :", b"and so on, "),
        Language::Pop3 => (b"+OK ", b"and so on, "),
        Language::XmppClient | Language::XmppServer => (b"<stream:stream id='", b"andsoon"),
        Language::Http | Language::Smtp => (b"220 ", b"and so on, "),
    }
}

/// Says something for ever.
pub(crate) async fn endless(
    stream: &mut (impl Duplex + ?Sized),
    (start, more): WithoutEnd,
) -> io::Result<()> {
    stream.write_all(start).await?;
    let block = more.repeat(1_024);
    for _ in 0..ENDLESS / block.len() {
        stream.write_all(&block).await?;
    }
    Ok(())
}

/// One byte a second.
async fn dribble(tcp: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        tcp.write_u8(*byte).await?;
        sleep(BETWEEN_BYTES).await;
    }
    Ok(())
}

async fn say(tcp: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    tcp.write_all(bytes).await
}

async fn first_bytes(tcp: &mut TcpStream) -> io::Result<()> {
    let mut scrap = [0; 512];
    tcp.read(&mut scrap).await.map(|_| ())
}

/// Two minutes' worth of a greeting that has not ended by then.
const fn slow_greeting(language: Language) -> &'static [u8] {
    match language {
        Language::Imap => b"* OK Please be patient, this server has a great many things to think about before it comes to an end of its greeting, and there is no hurry",
        Language::Irc => b":h.lab.test NOTICE * :*** Please be patient, this server has a great many things to think about before it comes to an end of its notice",
        Language::Pop3 => b"+OK Please be patient, this server has a great many things to think about before it comes to an end of its greeting, and there is no hurry",
        Language::XmppClient => b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='please-be-patient' from='h.lab.test' version='1.0'>",
        Language::XmppServer => b"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' id='please-be-patient' from='h.lab.test' version='1.0'>",
        Language::Http | Language::Smtp => b"220 Please be patient, this server has a great many things to think about before it comes to an end of its greeting, and there is no hurry",
    }
}

const HTTP: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// SMTP's greeting of many lines, without the last.
const WELCOME: WithoutEnd = (b"220-welcome\r\n", b"220-and so on\r\n");

/// The start of a ServerHello that never comes to its session identifier: record and message header, version, random.
const SERVER_HELLO_BEGINS: &[u8] = &[
    0x16, 0x03, 0x03, 0x00, 0x7a, 0x02, 0x00, 0x00, 0x76, 0x03, 0x03, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
    0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
    0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x20,
];

/// The record a TLS server sends to somebody who does not speak TLS.
const FATAL_UNEXPECTED_MESSAGE: &[u8] = &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a];

const BETWEEN_BYTES: Duration = Duration::from_secs(1);
const BEFORE_RESET: Duration = Duration::from_millis(1_500);

const GARBAGE: usize = 240;
const GARBAGE_LINE: usize = 24;

/// Far above any client's byte budget, and an end for a client that has none.
const ENDLESS: usize = 64 * 1024 * 1024;
