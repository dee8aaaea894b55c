//! Two network namespaces joined by a veth pair: a network of a test's own, with a far end that can answer for whole prefixes.

use std::fmt;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use rustix::thread::LinkNameSpaceType;

/// Where `ip netns` keeps the handles of namespaces.
const HANDLES: &str = "/run/netns";
/// Tells the namespaces of one process apart.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Why there can be no namespaces here.
#[derive(Debug)]
pub enum NoNamespaces {
    /// They need root.
    Root,
    /// A program is not installed.
    Program(&'static str),
    /// A command failed: which, and what it said.
    Failed(String, String),
    /// Something else could not be done.
    Io(io::Error),
}

impl fmt::Display for NoNamespaces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => write!(formatter, "network namespaces need root"),
            Self::Program(program) => write!(formatter, "`{program}` is not installed"),
            Self::Failed(command, said) => write!(formatter, "{command}: {said}"),
            Self::Io(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for NoNamespaces {}

impl From<io::Error> for NoNamespaces {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A named network namespace with its loopback up; deleted when dropped, with all interfaces in it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// A fresh one, with nothing in it but loopback.
    ///
    /// # Errors
    /// Without root or iproute2.
    pub fn new() -> Result<Self, NoNamespaces> {
        if !rustix::process::geteuid().is_root() {
            return Err(NoNamespaces::Root);
        }
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tlscensus-{}-{count}", std::process::id());
        ip(&["netns", "add", &name])?;
        let new = Self { name };
        new.ip(&["link", "set", "lo", "up"])?;
        Ok(new)
    }

    /// Its name, for `ip netns exec`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command that will run inside.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).args(words);
        command
    }

    /// Runs a command inside, and says what it printed.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub fn run(&self, words: &[&str]) -> Result<String, NoNamespaces> {
        finish(self.command(words), words)
    }

    /// Starts a command inside, with nothing to read.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self, words: &[&str]) -> io::Result<Child> {
        self.command(words).stdin(Stdio::null()).spawn()
    }

    /// Moves the calling thread inside, for good: sockets that it opens from now on are there. Other threads stay.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn enter(&self) -> io::Result<()> {
        use std::os::fd::AsFd;
        let handle = fs::File::open(format!("{HANDLES}/{}", self.name))?;
        let kind = Some(LinkNameSpaceType::Network);
        Ok(rustix::thread::move_into_link_name_space(handle.as_fd(), kind)?)
    }

    /// Does this inside, on a thread of its own.
    ///
    /// # Panics
    /// If the work does, or the namespace cannot be entered.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                self.enter().expect("enter a namespace of our own");
                work()
            });
            inside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Runs `ip` for this namespace.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub fn ip(&self, words: &[&str]) -> Result<String, NoNamespaces> {
        ip(&[&["-n", self.name.as_str()], words].concat())
    }

    /// Writes a value below `/proc/sys/net` (in words such as `ipv4/ip_forward`).
    ///
    /// # Errors
    /// When there is no such value.
    pub fn set(&self, path: &str, value: &str) -> io::Result<()> {
        self.within(|| fs::write(format!("/proc/sys/net/{path}"), value))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _outcome = ip(&["netns", "delete", &self.name]);
    }
}

/// Two namespaces joined by a veth pair. All names and addresses are the same in every pair.
#[derive(Debug)]
pub struct Pair {
    /// Where the test's own program is.
    pub near: Namespace,
    /// Where those are that it talks to.
    pub far: Namespace,
}

impl Pair {
    /// The interface in the near namespace.
    pub const NEAR: &str = "near";
    /// The interface in the far namespace.
    pub const FAR: &str = "far";
    /// Addresses of the near interface, in a /24 and a /64.
    pub const NEAR_ADDRESSES: [&str; 2] = ["198.18.0.1", "fd00:18::1"];
    /// Addresses of the far interface.
    pub const FAR_ADDRESSES: [&str; 2] = ["198.18.0.2", "fd00:18::2"];

    /// A fresh pair, up, with addresses that can be used at once.
    ///
    /// # Errors
    /// Without root or iproute2.
    pub fn new() -> Result<Self, NoNamespaces> {
        let pair = Self { near: Namespace::new()?, far: Namespace::new()? };
        let far = pair.far.name();
        pair.near.ip(&[
            "link",
            "add",
            Self::NEAR,
            "type",
            "veth",
            "peer",
            "name",
            Self::FAR,
            "netns",
            far,
        ])?;
        for (namespace, interface, [v4, v6]) in [
            (&pair.near, Self::NEAR, Self::NEAR_ADDRESSES),
            (&pair.far, Self::FAR, Self::FAR_ADDRESSES),
        ] {
            // Duplicates are not looked for: that takes seconds, in which an address cannot be used.
            namespace.set(&format!("ipv6/conf/{interface}/accept_dad"), "0")?;
            namespace.set(&format!("ipv6/conf/{interface}/router_solicitations"), "0")?;
            namespace.ip(&["address", "add", &format!("{v4}/24"), "dev", interface])?;
            namespace.ip(&["address", "add", &format!("{v6}/64"), "dev", interface, "nodad"])?;
            namespace.ip(&["link", "set", interface, "up"])?;
        }
        Ok(pair)
    }

    /// A fresh pair; without root or iproute2 says so and gives none.
    ///
    /// # Panics
    /// In CI, where tests may not be skipped, and when making it fails for another reason.
    pub fn or_skip() -> Option<Self> {
        Self::or_skip_needing(&[])
    }

    /// The same for a test that runs these programs as well, which are looked for first.
    ///
    /// # Panics
    /// As [`or_skip`](Self::or_skip).
    pub fn or_skip_needing(programs: &[&'static str]) -> Option<Self> {
        or_skip(needs(programs).and_then(|()| Self::new()))
    }

    /// The far end takes every address of the prefix for its own, and the near end sends there.
    ///
    /// # Errors
    /// When `ip` refuses the prefix.
    pub fn answer_for(&self, prefix: &str) -> Result<(), NoNamespaces> {
        let [v4, v6] = Self::FAR_ADDRESSES;
        let gateway = if prefix.contains(':') { v6 } else { v4 };
        self.far.ip(&["route", "add", "local", prefix, "dev", "lo"])?;
        self.near.ip(&["route", "add", prefix, "via", gateway])?;
        Ok(())
    }

    /// Sets the MTU of both ends.
    ///
    /// # Errors
    /// When `ip` refuses it.
    pub fn set_mtu(&self, mtu: u32) -> Result<(), NoNamespaces> {
        let mtu = mtu.to_string();
        self.near.ip(&["link", "set", Self::NEAR, "mtu", &mtu])?;
        self.far.ip(&["link", "set", Self::FAR, "mtu", &mtu])?;
        Ok(())
    }

    /// The IP addresses of both families of one end, parsed.
    ///
    /// # Panics
    /// Never: they are constants.
    pub fn parsed(addresses: [&str; 2]) -> [IpAddr; 2] {
        addresses.map(|text| text.parse().expect("a constant address"))
    }
}

/// What was made; or nothing, and why is said, if this machine cannot.
///
/// # Panics
/// In CI, where tests may not be skipped, and when making it failed for another reason.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn or_skip<T>(made: Result<T, NoNamespaces>) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(missing @ (NoNamespaces::Root | NoNamespaces::Program(_))) => {
            assert!(std::env::var_os("CI").is_none(), "CI must have namespaces: {missing}");
            eprintln!("SKIPPED: {missing}");
            None
        }
        Err(other) => panic!("{other}"),
    }
}

/// Looks whether these programs are there to be run.
///
/// # Errors
/// Names the first that is not.
pub fn needs(programs: &[&'static str]) -> Result<(), NoNamespaces> {
    for program in programs {
        let mut command = Command::new(program);
        match command.arg("--version").stdin(Stdio::null()).output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(NoNamespaces::Program(program));
            }
            other => other.map(|_| ())?,
        }
    }
    Ok(())
}

fn ip(words: &[&str]) -> Result<String, NoNamespaces> {
    let mut command = Command::new("ip");
    command.args(words);
    finish(command, words)
}

fn finish(mut command: Command, words: &[&str]) -> Result<String, NoNamespaces> {
    let output = match command.stdin(Stdio::null()).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(NoNamespaces::Program("ip"));
        }
        other => other?,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(NoNamespaces::Failed(words.join(" "), format!("{}: {said}", output.status)))
}
