//! The server's end of a connection: lines and tags in, replies out in as many segments as asked, and leaving in order.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::io::ReadBuf;
use tokio::time::sleep;
use tokio::time::timeout;

/// Bytes both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection on which a dialogue is held.
pub(crate) struct Wire<'a> {
    stream: &'a mut (dyn Duplex + 'a),
    heard: Vec<u8>,
    heard_in_all: usize,
    pieces: usize,
}

impl<'a> Wire<'a> {
    /// `pieces`: how many segments a reply is cut into.
    pub(crate) fn new(stream: &'a mut (dyn Duplex + 'a), pieces: usize) -> Self {
        Self { stream, heard: Vec::new(), heard_in_all: 0, pieces: pieces.max(1) }
    }

    /// The same with what was heard before.
    pub(crate) fn after(self, heard: Vec<u8>) -> Self {
        Self { heard, ..self }
    }

    /// What was heard and not read.
    pub(crate) fn into_heard(self) -> Vec<u8> {
        self.heard
    }

    /// The next line without its end; `None` when the client has left.
    pub(crate) async fn line(&mut self) -> io::Result<Option<String>> {
        let end = |heard: &[u8]| heard.iter().position(|byte| *byte == b'\n');
        let line = self.until(end).await?;
        Ok(line.map(|line| text(&line).trim_end().to_owned()))
    }

    /// The next XML tag, `<` and `>` included, whatever text lies before it; `None` when the client has left.
    pub(crate) async fn tag(&mut self) -> io::Result<Option<String>> {
        let tag = self.until(tag_end).await?;
        Ok(tag.map(|tag| text(&tag).trim_start_matches(|c| c != '<').to_owned()))
    }

    /// Waits for a first byte; `false` when the client has left.
    pub(crate) async fn anything(&mut self) -> io::Result<bool> {
        if self.heard.is_empty() {
            return self.hear().await;
        }
        Ok(true)
    }

    /// Says all of it, in the number of segments this connection is cut into.
    pub(crate) async fn say(&mut self, words: &str) -> io::Result<()> {
        let size = words.len().div_ceil(self.pieces).max(1);
        let mut pieces = words.as_bytes().chunks(size).peekable();
        while let Some(piece) = pieces.next() {
            self.say_at_once(piece).await?;
            if pieces.peek().is_some() {
                sleep(BETWEEN_PIECES).await;
            }
        }
        Ok(())
    }

    /// Says it in one segment.
    pub(crate) async fn say_at_once(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn until(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(last) = end(&self.heard) {
                return Ok(Some(self.heard.drain(..=last).collect()));
            }
            if !self.hear().await? {
                return Ok(None);
            }
        }
    }

    async fn hear(&mut self) -> io::Result<bool> {
        let before = self.heard.len();
        let count = self.stream.read_buf(&mut self.heard).await?;
        self.heard_in_all += self.heard.len() - before;
        if self.heard_in_all > MOST_HEARD {
            return Err(io::Error::other("the client talks too much"));
        }
        Ok(count > 0)
    }
}

/// Closes in order: the sending side first, then waits a while for the client to do the same.
pub(crate) async fn leave(stream: &mut (impl Duplex + ?Sized)) {
    if stream.shutdown().await.is_ok() {
        let _ = timeout(FAREWELL, drain(stream)).await;
    }
}

/// Reads until the client leaves.
pub(crate) async fn drain(stream: &mut (impl Duplex + ?Sized)) {
    let mut scrap = [0; 512];
    let mut heard = 0;
    while let Ok(count) = stream.read(&mut scrap).await {
        heard += count;
        if count == 0 || heard > MOST_HEARD {
            return;
        }
    }
}

/// Lets so many bytes out, then fails.
pub(crate) struct Truncated<'a> {
    stream: &'a mut (dyn Duplex + 'a),
    left: usize,
}

impl<'a> Truncated<'a> {
    pub(crate) fn new(stream: &'a mut (dyn Duplex + 'a), left: usize) -> Self {
        Self { stream, left }
    }
}

impl AsyncRead for Truncated<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Truncated<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let allowed = bytes.get(..this.left).unwrap_or(bytes);
        let written = Pin::new(&mut *this.stream).poll_write(cx, allowed);
        if let Poll::Ready(Ok(count)) = written {
            this.left -= count;
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Where the first tag ends: `>` outside of quotes, behind the first `<`.
fn tag_end(heard: &[u8]) -> Option<usize> {
    let start = heard.iter().position(|byte| *byte == b'<')?;
    let mut quote = None;
    heard
        .iter()
        .enumerate()
        .skip(start)
        .find(|(_, byte)| match (quote, **byte) {
            (None, b'>') => true,
            (None, mark @ (b'"' | b'\'')) => {
                quote = Some(mark);
                false
            }
            (Some(open), mark) if open == mark => {
                quote = None;
                false
            }
            _ => false,
        })
        .map(|(position, _)| position)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// More than any measuring client has to say, less than harms.
const MOST_HEARD: usize = 256 * 1024;

/// How long to wait for the client's end of the connection: longer than a probe listens where silence is an answer (5 s), lest
/// the server's end be taken for one.
const FAREWELL: Duration = Duration::from_secs(10);

/// Enough for segments to be read one by one.
const BETWEEN_PIECES: Duration = Duration::from_millis(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_ends_outside_of_quotes() {
        let cases: [(&[u8], Option<usize>); 5] = [
            (b" <a b='>'>", Some(9)),
            (b"<a b=\"'>\"/>x", Some(10)),
            (b"<a", None),
            (b"text>", None),
            (b"</a>", Some(3)),
        ];
        for (heard, end) in cases {
            assert_eq!(tag_end(heard), end, "{heard:?}");
        }
    }
}
