//! The folder, certificate and processes of one test's real servers.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use super::Daemon;

/// How long a daemon may take to open its ports; ejabberd on a busy machine needs the most.
const START_MS: u64 = 60_000;
/// How long a daemon may take to leave after SIGTERM.
const STOP_MS: u64 = 3_000;
/// Where programs of servers lie.
const PROGRAM_FOLDERS: [&str; 5] =
    ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/sbin"];
/// Where CI unpacks packages that cannot be installed beside each other.
const BESIDE: &str = "/opt/real-servers";

/// Why a daemon cannot be used on this machine.
#[derive(Debug)]
pub enum Missing {
    /// The program is not installed.
    Program(&'static str),
    /// Low ports and other accounts need root.
    Root,
    /// It was started, and did not open its ports: what it printed.
    NotUp(&'static str, String),
    /// Its configuration could not be written or its process not be started.
    Io(&'static str, io::Error),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Program(package) => write!(formatter, "{package} is not installed"),
            Self::Root => write!(formatter, "real servers on standard ports need root"),
            Self::NotUp(package, log) => write!(formatter, "{package} did not come up:\n{log}"),
            Self::Io(package, error) => write!(formatter, "{package}: {error}"),
        }
    }
}

/// A temporary folder with a key and a certificate, and the daemons that were started in it.
#[derive(Debug)]
pub struct Site {
    folder: tempfile::TempDir,
    running: Vec<(Daemon, Child)>,
}

impl Site {
    /// A folder with a self-signed RSA certificate for all daemons' names.
    ///
    /// # Errors
    /// [`Missing::Root`] without root, [`Missing::Program`] without `openssl`.
    pub fn new() -> Result<Self, Missing> {
        if !is_root() {
            return Err(Missing::Root);
        }
        let site = |error| Missing::Io("site", error);
        let folder = tempfile::Builder::new().prefix("real-servers").tempdir().map_err(site)?;
        // Daemons drop root and must still come through.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(site)?;
        let new = Self { folder, running: Vec::new() };
        new.make_certificate().map_err(site)?;
        Ok(new)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// PEM of the certificate that all daemons send.
    pub fn certificate(&self) -> PathBuf {
        self.path().join("cert.pem")
    }

    /// PEM of its key.
    pub fn key(&self) -> PathBuf {
        self.path().join("key.pem")
    }

    /// DER of the certificate that all daemons send.
    ///
    /// # Errors
    /// When `openssl` cannot convert it.
    pub fn certificate_der(&self) -> io::Result<Vec<u8>> {
        let output = Command::new("openssl")
            .args(["x509", "-outform", "DER", "-in"])
            .arg(self.certificate())
            .output()?;
        Ok(output.stdout)
    }

    /// A folder of one daemon, open to the account that it runs as.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.path().join(name);
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777))?;
        Ok(folder)
    }

    /// Writes a configuration file, readable by all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        fs::write(path, text)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o644))
    }

    /// Starts a daemon and waits until its ports answer.
    ///
    /// # Errors
    /// Says why it cannot be used here.
    pub fn start(&mut self, daemon: Daemon) -> Result<(), Missing> {
        let program = find(daemon.program).ok_or(Missing::Program(daemon.package))?;
        let io = |error| Missing::Io(daemon.package, error);
        let mut command = (daemon.configure)(self, &daemon, &program).map_err(io)?;
        let log_path = self.path().join(format!("{}.out", daemon.package));
        let log = fs::File::create(&log_path).map_err(io)?;
        let child = command
            .stdin(Stdio::null())
            .stderr(log.try_clone().map_err(io)?)
            .stdout(log)
            .process_group(0)
            .current_dir(self.path())
            .spawn()
            .map_err(io)?;
        self.running.push((daemon, child));
        if daemon.ports.iter().all(|port| answers(daemon.address, *port)) {
            return Ok(());
        }
        Err(Missing::NotUp(daemon.package, fs::read_to_string(log_path).unwrap_or_default()))
    }

    fn make_certificate(&self) -> io::Result<()> {
        let names: Vec<_> =
            super::DAEMONS.iter().map(|daemon| format!("DNS:{}", daemon.name)).collect();
        let status = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"])
            .args(["-subj", "/CN=real.test", "-addext"])
            .arg(format!("subjectAltName={}", names.join(",")))
            .arg("-keyout")
            .arg(self.key())
            .arg("-out")
            .arg(self.certificate())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(io::Error::other(format!("openssl req: {status}")));
        }
        // Test keys: every daemon's account reads them.
        fs::set_permissions(self.key(), fs::Permissions::from_mode(0o644))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for (_, child) in &self.running {
            signal_tree(child.id(), "-TERM");
        }
        let deadline = Instant::now() + Duration::from_millis(STOP_MS);
        for (_, child) in &mut self.running {
            while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(20));
            }
            signal_tree(child.id(), "-KILL");
            let _status = child.wait();
        }
    }
}

/// Signals a daemon and all that it started: some of them make process groups and sessions of their own.
fn signal_tree(root: u32, signal: &str) {
    let mut tree = vec![root];
    let mut next = 0;
    let parents = parents();
    while let Some(parent) = tree.get(next).copied() {
        tree.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        next += 1;
    }
    let ids = tree.iter().map(u32::to_string);
    let _status = Command::new("kill").arg(signal).args(ids).stderr(Stdio::null()).status();
}

/// All processes with their parents: `(pid, ppid)`.
fn parents() -> Vec<(u32, u32)> {
    let output = Command::new("ps").args(["-e", "-o", "pid=,ppid="]).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
        .collect()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn find(program: &str) -> Option<String> {
    let beside = fs::read_dir(BESIDE).into_iter().flatten().flatten().map(|entry| entry.path());
    let unpacked =
        beside.flat_map(|root| PROGRAM_FOLDERS.map(|sub| format!("{}{sub}", root.display())));
    PROGRAM_FOLDERS
        .map(str::to_owned)
        .into_iter()
        .chain(unpacked)
        .map(|folder| format!("{folder}/{program}"))
        .find(|path| Path::new(path).is_file())
}

fn answers(address: &str, port: u16) -> bool {
    let Ok(ip) = address.parse() else {
        return false;
    };
    let endpoint = SocketAddr::new(ip, port);
    let deadline = Instant::now() + Duration::from_millis(START_MS);
    while Instant::now() < deadline {
        if TcpStream::connect_timeout(&endpoint, Duration::from_secs(1)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}
