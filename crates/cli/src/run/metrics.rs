//! Counters for Prometheus: one page, served while a run goes on, in its text format 0.0.4.

use std::fmt;
use std::fmt::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::plan::unusable;

/// Bytes of a request that are read at most. Prometheus sends some hundred.
const MAX_REQUEST: usize = 4096;
/// From the begin of a connection to its end.
const LONGEST_CONNECTION: Duration = Duration::from_secs(5);
/// Connections at once; what comes beyond is closed at once.
const MOST_CONNECTIONS: usize = 16;
/// Where no connection can be taken (no descriptors, as a rule) the next try is made after this.
const PAUSE: Duration = Duration::from_millis(100);

/// One number and what it means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    /// Names and values that tell it from others of the same name, which stand beside it.
    pub(crate) labels: Vec<(&'static str, String)>,
    pub(crate) value: Value,
}

impl Metric {
    /// The only one of its name.
    pub(crate) fn one(name: &'static str, help: &'static str, kind: Kind, value: u64) -> Self {
        Self { name, help, kind, labels: Vec::new(), value: value.into() }
    }
}

/// What a number does in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Whole(u64),
    Real(f64),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Real(number) => number.fmt(f),
        }
    }
}

/// `ADDRESS:PORT`, or a port of loopback.
///
/// # Errors
/// What to write instead.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text).parse::<u16>().ok();
    let loopback = || Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port?));
    text.parse().ok().or_else(loopback).ok_or_else(|| {
        "write a port, or an address with its port, like 127.0.0.1:9100 or [::1]:9100".to_owned()
    })
}

/// Serves the page until it is dropped.
pub(crate) struct MetricsPage {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the page says, asked anew for each request.
type Figures = dyn Fn() -> Vec<Metric> + Send + Sync;

impl MetricsPage {
    /// Serves it on a thread of its own; a port of 0 is one that the system chooses.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub(crate) fn begin(
        addr: SocketAddr,
        figures: impl Fn() -> Vec<Metric> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().context("serving metrics")?;
        let listener = runtime.block_on(TcpListener::bind(addr));
        let listener = listener.map_err(|error| {
            unusable(format!(
                "--metrics {addr}: {error}; name an address of this machine and a free port"
            ))
        })?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let figures: Arc<Figures> = Arc::new(figures);
        let thread = thread::Builder::new().name("metrics".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = serve(&listener, &figures) => {}
                }
            });
        })?;
        Ok(Self { addr, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is served.
    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for MetricsPage {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If it panicked, the panic hook has said so.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: &TcpListener, figures: &Arc<Figures>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let Ok(permit) = room.clone().try_acquire_owned() else {
            continue;
        };
        let figures = figures.clone();
        tokio::spawn(async move {
            // Whoever asks and goes away, or takes too long, has no answer: that is all.
            let _ = timeout(LONGEST_CONNECTION, answer(&mut stream, &*figures)).await;
            drop(permit);
        });
    }
}

/// One request, one answer.
async fn answer(stream: &mut TcpStream, figures: &Figures) -> std::io::Result<()> {
    let Some(request) = request_head(stream).await? else {
        return Ok(());
    };
    let mut words = request.split(|byte| *byte == b' ');
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default().split(|byte| *byte == b'?').next();
    let (status, body) = match (method, path) {
        (b"GET", Some(b"/metrics")) => ("200 OK", page(&figures())),
        _ => ("404 Not Found", "There is /metrics here, and nothing else.\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// All up to the blank line (RFC 9112 section 2.1); `None` where it does not end within the limit.
async fn request_head(stream: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut request = Vec::with_capacity(MAX_REQUEST);
    loop {
        let room = u64::try_from(MAX_REQUEST - request.len()).unwrap_or_default();
        if (&mut *stream).take(room).read_buf(&mut request).await? == 0 {
            return Ok(None);
        }
        if request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            return Ok(Some(request));
        }
    }
}

/// The page: metrics of one name stand together, below what they mean.
fn page(metrics: &[Metric]) -> String {
    let mut page = String::new();
    let mut name = "";
    for metric in metrics {
        if metric.name != name {
            name = metric.name;
            let kind = match metric.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            put(&mut page, format_args!("# HELP {name} {}\n", escaped(metric.help, false)));
            put(&mut page, format_args!("# TYPE {name} {kind}\n"));
        }
        page.push_str(name);
        for (place, (label, value)) in metric.labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            put(&mut page, format_args!("{before}{label}=\"{}\"", escaped(value, true)));
        }
        if !metric.labels.is_empty() {
            page.push('}');
        }
        put(&mut page, format_args!(" {}\n", metric.value));
    }
    page
}

fn put(page: &mut String, text: fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes all");
}

fn escaped(text: &str, quotes: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quotes { text.replace('"', "\\\"") } else { text }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::io::Write as _;
    use std::net::TcpStream;

    use super::*;

    fn served() -> MetricsPage {
        let metric = |phase: &str, value: u64| Metric {
            name: "ended_total",
            help: "Rows by the phase they ended in",
            kind: Kind::Counter,
            labels: vec![("phase", phase.to_owned())],
            value: value.into(),
        };
        let addr = address("0").expect("a port of loopback");
        MetricsPage::begin(addr, move || vec![metric("tls", 7), metric("a\"\\\n", 1)])
            .expect("a page")
    }

    fn connected(page: &MetricsPage) -> TcpStream {
        TcpStream::connect(page.addr()).expect("it listens")
    }

    fn asked(page: &MetricsPage, request: &str) -> String {
        let mut stream = connected(page);
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer and its end");
        answer
    }

    const REQUEST: &str = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    #[test]
    fn the_page_is_prometheus_text() {
        let page = served();
        let body = "# HELP ended_total Rows by the phase they ended in\n# TYPE ended_total counter\n\
                    ended_total{phase=\"tls\"} 7\nended_total{phase=\"a\\\"\\\\\\n\"} 1\n";
        let expected = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(asked(&page, REQUEST), expected);
        assert_eq!(asked(&page, "GET /metrics?x=1 HTTP/1.0\r\n\r\n"), expected);
    }

    #[test]
    fn there_is_nothing_else() {
        let page = served();
        for request in [
            "GET / HTTP/1.1\r\n\r\n",
            "POST /metrics HTTP/1.1\r\n\r\n",
            "\r\n\r\n",
            "GET /metricsx\r\n\r\n",
        ] {
            let answer = asked(&page, request);
            assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{request:?}: {answer}");
        }
    }

    #[test]
    fn a_request_byte_by_byte_is_a_request() {
        let page = served();
        let mut stream = connected(&page);
        for byte in REQUEST.as_bytes() {
            stream.write_all(&[*byte]).expect("it listens");
            stream.flush().expect("it listens");
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }

    #[test]
    fn a_header_without_end_is_not_read_to_its_end() {
        let page = served();
        let mut stream = connected(&page);
        stream.write_all(b"GET /metrics HTTP/1.1\r\n").expect("it listens");
        let line = b"X: y\r\n".repeat(1000);
        // It ends in an error sooner or later: nobody reads on.
        while stream.write_all(&line).is_ok() {}
        assert!(asked(&page, REQUEST).contains("ended_total"));
    }

    #[test]
    fn those_who_say_nothing_keep_nobody_waiting() {
        let page = served();
        let silent: Vec<_> = (1..MOST_CONNECTIONS).map(|_| connected(&page)).collect();
        assert!(asked(&page, REQUEST).contains("ended_total"));
        drop(silent);
    }

    #[test]
    fn what_is_too_many_is_closed_and_the_next_are_served() {
        let page = served();
        let mut many: Vec<_> = (0..10 * MOST_CONNECTIONS).map(|_| connected(&page)).collect();
        let mut last = many.pop().expect("many");
        // Closed without a word, and before its time is up: there was no room for it.
        assert_eq!(last.read(&mut [0; 10]).ok(), Some(0));
        drop(many);
        while !matches!(
            TcpStream::connect(page.addr()).and_then(|mut stream| {
                stream.write_all(REQUEST.as_bytes())?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)
            }),
            Ok(bytes) if bytes > 0
        ) {}
    }

    #[test]
    fn loopback_is_what_is_meant_unless_another_address_is_typed() {
        let cases = [
            ("9100", "127.0.0.1:9100"),
            (":9100", "127.0.0.1:9100"),
            ("192.0.2.1:9100", "192.0.2.1:9100"),
            ("[::1]:0", "[::1]:0"),
        ];
        for (typed, expected) in cases {
            assert_eq!(address(typed).map(|addr| addr.to_string()), Ok(expected.to_owned()));
        }
        for typed in ["", "localhost", "70000", "192.0.2.1"] {
            assert!(address(typed).is_err(), "{typed}");
        }
    }
}
