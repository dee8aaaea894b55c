//! Servers that are programs: one process for each setup, on loopback, with what they print as their words.
#![expect(
    clippy::disallowed_methods,
    reason = "programs read keys from files, and print while we do other things"
)]
#![expect(clippy::disallowed_types, reason = "programs serve on sockets")]

use std::fs;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use openssl::pkey::PKey;
use openssl::x509::X509;
use tempfile::TempDir;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_wire::registry::Ssl2CipherKind;

use crate::matrix::ability::Ability;
use crate::matrix::cell::Setup;
use crate::matrix::facts::Facts;
use crate::matrix::peers::Peer;
use crate::matrix::peers::openssl::field;
use crate::matrix::say;
use crate::matrix::visit::Line;
use crate::support::certificates::Kind;
use crate::support::ports;

/// What is special about a program.
pub(crate) trait Program {
    fn ability(&self) -> Ability;
    /// The ciphers that it has in SSL 2.
    fn ssl2(&self) -> Vec<Ssl2CipherKind> {
        Vec::new()
    }
    /// The command for a setup, with the files of its keys.
    fn command(&self, setup: &Setup, port: u16, files: &Files) -> Command;
    /// What it prints when it listens.
    fn ready(&self) -> &'static str;
    /// Whether this is all that it prints about a connection.
    fn is_all(&self, printed: &str) -> bool;
    /// Facts out of what it printed about one connection.
    fn words(&self, printed: &str) -> Facts;
    /// Why it refused, out of the same.
    fn complaint(&self, printed: &str) -> Option<String>;
    /// What it answers to a line.
    fn answer(&self, question: &[u8]) -> Vec<u8> {
        question.to_vec()
    }
}

/// Where keys, certificates and parameters lie; all PEM.
pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    /// The certificate and the key of a kind.
    pub(crate) fn identity(&self, kind: Kind) -> (PathBuf, PathBuf) {
        let paths = ["crt", "key"].map(|end| self.path(&format!("{}.{end}", kind.word())));
        let [certificate, key] = paths;
        if !key.exists() {
            let identity = kind.identity();
            let parsed = X509::from_der(&identity.certificate).unwrap();
            fs::write(&certificate, parsed.to_pem().unwrap()).unwrap();
            let parsed = PKey::private_key_from_der(&identity.key).unwrap();
            fs::write(&key, parsed.private_key_to_pem_pkcs8().unwrap()).unwrap();
        }
        (certificate, key)
    }

    /// Parameters with a prime of this size.
    pub(crate) fn field(&self, bits: u32) -> PathBuf {
        let path = self.path(&format!("dh{bits}.pem"));
        if !path.exists() {
            fs::write(&path, field(bits).params_to_pem().unwrap()).unwrap();
        }
        path
    }

    pub(crate) fn key_log(&self) -> PathBuf {
        self.path("keys")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        write(&path, bytes);
        path
    }
}

/// Writes a file that a program reads.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

/// All processes of one program.
struct Running {
    program: Arc<dyn Program>,
    files: Files,
    processes: Vec<(Setup, Result<Process, String>)>,
    /// Those whose process ended, and was started again.
    started_again: Vec<Setup>,
}

/// The peer that a program makes.
pub(crate) fn peer(program: impl Program + 'static) -> Box<dyn Peer> {
    let files = Files { folder: tempfile::tempdir().unwrap() };
    let (processes, started_again) = (Vec::new(), Vec::new());
    Box::new(Running { program: Arc::new(program), files, processes, started_again })
}

/// What a command prints, for asking a program what it can do; an error names what is missing.
pub(crate) fn printed(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl Peer for Running {
    fn ability(&mut self) -> Ability {
        self.program.ability()
    }

    fn connect(&mut self, setup: &Setup) -> Result<Box<dyn Line>, String> {
        let program = self.program.clone();
        // It may be at its end without being gone.
        let reached = match self.reach(setup) {
            Err(_) if self.let_go_if_ended(setup)? => self.reach(setup),
            reached => reached,
        };
        let (stream, log, at) = reached?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Ok(Box::new(Call { stream, program, log, at }))
    }

    fn ssl2(&self) -> Vec<Ssl2CipherKind> {
        self.program.ssl2()
    }

    fn key_log(&mut self) -> String {
        self.processes.clear();
        fs::read_to_string(self.files.key_log()).unwrap_or_default()
    }
}

impl Running {
    /// Lets a server go that ended, so that another takes its place; once, as one that ends again may end of what we say.
    fn let_go_if_ended(&mut self, setup: &Setup) -> Result<bool, String> {
        let mut own = self.processes.iter_mut().filter(|(known, _)| known == setup);
        let Some((_, Ok(process))) = own.next() else {
            return Ok(false);
        };
        let Some(status) = process.child.try_wait().unwrap() else {
            return Ok(false);
        };
        let printed = process.log.lines(0);
        let last = printed.lines().next_back().unwrap_or_default();
        let told = format!("a server ended with {status}; its last words: {last}");
        if self.started_again.contains(setup) {
            return Err(told);
        }
        say(&told);
        self.started_again.push(*setup);
        self.processes.retain(|(known, _)| known != setup);
        Ok(true)
    }

    /// A connection to the server of a setup, which is started if it is not there, with its log and how much it printed before.
    fn reach(&mut self, setup: &Setup) -> Result<(TcpStream, Log, usize), String> {
        self.let_go_if_ended(setup)?;
        if !self.processes.iter().any(|(known, _)| known == setup) {
            let process = Process::start(&*self.program, setup, &self.files);
            self.processes.push((*setup, process));
        }
        let (_, process) = self.processes.iter_mut().find(|(known, _)| known == setup).unwrap();
        let process = process.as_mut().map_err(|error| error.clone())?;
        let at = process.log.length();
        let stream = process.connect().map_err(|error| error.to_string())?;
        Ok((stream, process.log.clone(), at))
    }
}

struct Process {
    child: Child,
    port: u16,
    log: Log,
}

impl Process {
    fn start(program: &dyn Program, setup: &Setup, files: &Files) -> Result<Self, String> {
        let port = ports::free();
        // One pipe for both, so that what it prints stands in the order in which it printed it.
        let (reader, writer) = io::pipe().unwrap();
        let child = program
            .command(setup, port, files)
            .env("SSLKEYLOGFILE", files.key_log())
            .stdin(Stdio::piped())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .spawn()
            .map_err(|error| error.to_string())?;
        let log = Log::default();
        gather(reader, log.clone());
        let mut process = Self { child, port, log };
        let begun = Instant::now();
        while begun.elapsed() < START_PATIENCE {
            if process.log.lines(0).contains(program.ready()) {
                return Ok(process);
            }
            if process.child.try_wait().unwrap().is_some() {
                // What it printed last is still on its way.
                thread::sleep(PAUSE * 10);
                let printed = process.log.lines(0);
                let first = printed.lines().next().unwrap_or_default().to_owned();
                return Err(program.complaint(&printed).unwrap_or(first));
            }
            thread::sleep(PAUSE);
        }
        Err("does not come up".to_owned())
    }
}

impl Process {
    /// Some say that they listen just before they do.
    fn connect(&mut self) -> io::Result<TcpStream> {
        let begun = Instant::now();
        loop {
            let mut is_there = || matches!(self.child.try_wait(), Ok(None));
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Err(_) if begun.elapsed() < PATIENCE && is_there() => thread::sleep(PAUSE),
                result => return result,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_gone = self.child.wait();
    }
}

/// What a process has printed.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn length(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The whole lines behind this place. Half a line would be read as if it were all.
    fn lines(&self, from: usize) -> String {
        let printed = self.0.lock().unwrap();
        let new = &printed[from..];
        let end = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        String::from_utf8_lossy(&new[..end]).into_owned()
    }
}

fn gather(mut from: impl Read + Send + 'static, log: Log) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            log.0.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
}

/// One connection to one process.
struct Call {
    stream: TcpStream,
    program: Arc<dyn Program>,
    log: Log,
    /// How much was printed before.
    at: usize,
}

impl Call {
    /// What it printed about this connection, after a wait for the end of it.
    fn printed(&self) -> String {
        let _already_gone = self.stream.shutdown(std::net::Shutdown::Write);
        // A server that still reads goes on when it sees the end.
        let begun = Instant::now();
        loop {
            let printed = self.log.lines(self.at);
            if self.program.is_all(&printed) || begun.elapsed() > WORDS_PATIENCE {
                return printed;
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Line for Call {
    fn write(&mut self, bytes: &[u8]) {
        // A server that has gone is met at the next read.
        let _gone = self.stream.write_all(bytes);
    }

    fn read(&mut self) -> Result<Vec<u8>, Interruption> {
        let mut buffer = vec![0; 16_384];
        match self.stream.read(&mut buffer) {
            // Whether a close comes as a reset depends on whether the server has read all that we said.
            Ok(0) => Err(Interruption::Closed),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(Interruption::Closed),
            Err(_) => Err(Interruption::TimedOut),
            Ok(count) => {
                buffer.truncate(count);
                Ok(buffer)
            }
        }
    }

    fn question_and_answer(&self) -> (Vec<u8>, Vec<u8>) {
        let mut question: Vec<u8> =
            (0..QUESTION).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect();
        question.push(b'\n');
        let answer = self.program.answer(&question);
        (question, answer)
    }

    fn words(&mut self) -> Facts {
        let printed = self.printed();
        self.program.words(&printed)
    }

    fn complaint(&mut self) -> Option<String> {
        let printed = self.printed();
        self.program.complaint(&printed)
    }
}

/// The part between two texts.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(part, _)| part))
}

const PATIENCE: Duration = Duration::from_secs(10);
/// Java and Erlang on a machine that has other things to do.
const START_PATIENCE: Duration = Duration::from_secs(60);
const WORDS_PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(3);
/// Letters of a line that every server takes in one piece.
const QUESTION: usize = 300;
