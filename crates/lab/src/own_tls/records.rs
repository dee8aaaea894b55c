//! Records of TLS 1.0: plain, then protected; after the handshake a stream of bytes.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use openssl::symm::Crypter;
use openssl::symm::Mode;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use super::VERSION;
use super::keys::DirectionKeys;
use super::keys::hmac;
use super::suite::Protection;
use crate::wire::Duplex;

/// Content types.
pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// A content type and what it is the type of.
type Record = (u8, Vec<u8>);

/// A connection in records.
pub(super) struct Records<S> {
    stream: S,
    heard: Vec<u8>,
    opener: Option<Direction>,
    sealer: Option<Direction>,
    /// Bytes to be sent, from `sent` on.
    out: Vec<u8>,
    sent: usize,
    /// Bytes received, from `read` on.
    plaintext: Vec<u8>,
    read: usize,
    left: bool,
    /// The answer to another ClientHello inside the connection, where it is borne with.
    another_hello: Option<Vec<u8>>,
}

/// One direction's protection, with what it remembers from record to record.
pub(super) struct Direction {
    protection: Protection,
    crypter: Crypter,
    mac: Vec<u8>,
    sequence: u64,
}

impl<S: Duplex> Records<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            heard: Vec::new(),
            opener: None,
            sealer: None,
            out: Vec::new(),
            sent: 0,
            plaintext: Vec::new(),
            read: 0,
            left: false,
            another_hello: None,
        }
    }

    pub(super) fn answer_another_hello_with(&mut self, message: Vec<u8>) {
        self.another_hello = Some(message);
    }

    pub(super) fn open_with(&mut self, direction: Direction) {
        self.opener = Some(direction);
    }

    pub(super) fn seal_with(&mut self, direction: Direction) {
        self.sealer = Some(direction);
    }

    /// Puts a record behind those that wait to be sent.
    pub(super) fn queue(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let fragment = match &mut self.sealer {
            Some(sealer) => sealer.seal(kind, content)?,
            None => content.to_vec(),
        };
        let length = u16::try_from(fragment.len()).map_err(io::Error::other)?;
        self.out.push(kind);
        self.out.extend(VERSION);
        self.out.extend(length.to_be_bytes());
        self.out.extend(fragment);
        Ok(())
    }

    /// Sends what waits.
    pub(super) async fn send(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_send(cx)).await
    }

    /// The next record; an error when the client has left.
    pub(super) async fn next(&mut self) -> io::Result<Record> {
        let record = std::future::poll_fn(|cx| self.poll_record(cx)).await?;
        record.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.sent..).filter(|rest| !rest.is_empty()) {
            self.sent += ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
        }
        self.out.clear();
        self.sent = 0;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_record(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Record>>> {
        loop {
            if let Some((kind, fragment)) = self.take_record()? {
                let content = match &mut self.opener {
                    Some(opener) => opener.open(kind, &fragment)?,
                    None => fragment,
                };
                return Poll::Ready(Ok(Some((kind, content))));
            }
            let mut space = [0; 2_048];
            let mut into = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut into))?;
            if into.filled().is_empty() {
                return Poll::Ready(Ok(None));
            }
            self.heard.extend_from_slice(into.filled());
        }
    }

    fn take_record(&mut self) -> io::Result<Option<Record>> {
        let &[kind, _, _, high, low, ..] = self.heard.as_slice() else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > LONGEST_FRAGMENT {
            return Err(io::Error::other("a record that is too long"));
        }
        if self.heard.len() < HEADER + length {
            return Ok(None);
        }
        let record: Vec<u8> = self.heard.drain(..HEADER + length).collect();
        Ok(Some((kind, record.into_iter().skip(HEADER).collect())))
    }
}

impl Direction {
    pub(super) fn new(protection: Protection, keys: DirectionKeys, mode: Mode) -> io::Result<Self> {
        let cipher = (protection.cipher)();
        let iv = (!keys.iv.is_empty()).then_some(keys.iv.as_slice());
        let mut crypter = Crypter::new(cipher, mode, &keys.key, iv)?;
        // The last block is the next record's initialisation vector: one run of the cipher for all records.
        crypter.pad(false);
        Ok(Self { protection, crypter, mac: keys.mac, sequence: 0 })
    }

    fn seal(&mut self, kind: u8, content: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = content.to_vec();
        plain.extend(self.authenticate(kind, content)?);
        let block = (self.protection.cipher)().block_size();
        if block > 1 {
            let padding = block - 1 - plain.len() % block;
            let byte = u8::try_from(padding).map_err(io::Error::other)?;
            plain.extend(vec![byte; padding + 1]);
        }
        self.run(&plain)
    }

    fn open(&mut self, kind: u8, fragment: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = self.run(fragment)?;
        if (self.protection.cipher)().block_size() > 1 {
            let padding = plain.last().map_or(0, |byte| usize::from(*byte) + 1);
            plain.truncate(plain.len().saturating_sub(padding));
        }
        let length = plain.len().checked_sub(self.protection.mac_length);
        let length = length.ok_or_else(|| io::Error::other("a record without its code"))?;
        let mac = plain.split_off(length);
        match self.authenticate(kind, &plain)? == mac {
            true => Ok(plain),
            false => Err(io::Error::other("a record with a wrong code")),
        }
    }

    fn run(&mut self, input: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = vec![0; input.len() + (self.protection.cipher)().block_size()];
        let written = self.crypter.update(input, &mut out)?;
        out.truncate(written);
        Ok(out)
    }

    fn authenticate(&mut self, kind: u8, content: &[u8]) -> io::Result<Vec<u8>> {
        let length = u16::try_from(content.len()).map_err(io::Error::other)?.to_be_bytes();
        let sequence = self.sequence.to_be_bytes();
        self.sequence += 1;
        let parts: [&[u8]; 5] = [&sequence, &[kind], &VERSION, &length, content];
        hmac((self.protection.mac)(), &self.mac, &parts)
    }
}

impl<S: Duplex> AsyncRead for Records<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.read == this.plaintext.len() {
            if !this.out.is_empty() {
                ready!(this.poll_send(cx))?;
            }
            match ready!(this.poll_record(cx))? {
                Some((APPLICATION_DATA, content)) => {
                    this.plaintext = content;
                    this.read = 0;
                }
                // Every alert ends it, close_notify in order.
                Some((ALERT, _)) | None => return Poll::Ready(Ok(())),
                Some((HANDSHAKE, content)) if content.starts_with(&[CLIENT_HELLO]) => {
                    let unasked = || io::Error::other("another hello");
                    let answer = this.another_hello.take().ok_or_else(unasked)?;
                    this.queue(HANDSHAKE, &answer)?;
                }
                Some(_) => return Poll::Ready(Err(io::Error::other("neither data nor alert"))),
            }
        }
        let rest = this.plaintext.get(this.read..).unwrap_or_default();
        let count = rest.len().min(into.remaining());
        into.put_slice(rest.get(..count).unwrap_or_default());
        this.read += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: Duplex> AsyncWrite for Records<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        let piece = bytes.get(..LONGEST_CONTENT).unwrap_or(bytes);
        this.queue(APPLICATION_DATA, piece)?;
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_send(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.left {
            this.left = true;
            this.queue(ALERT, &CLOSE_NOTIFY)?;
        }
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

/// A message type.
const CLIENT_HELLO: u8 = 1;

const HEADER: usize = 5;
const CLOSE_NOTIFY: [u8; 2] = [1, 0];

/// RFC 2246, section 6.2.1.
const LONGEST_CONTENT: usize = 1 << 14;
/// RFC 2246, section 6.2.3.
const LONGEST_FRAGMENT: usize = (1 << 14) + 2_048;
