//! Debian's own mail, chat and web servers, started by a test on loopback addresses with configurations of its own.
//!
//! Each daemon is one file: its configuration, its command line, the endpoints it then serves. Nothing is written outside the
//! site's temporary folder, and everything is stopped when the [`Site`] is dropped.

mod dovecot;
mod ejabberd;
mod exim;
mod inspircd;
mod nginx;
mod ngircd;
mod postfix;
mod prosody;
mod site;

pub use site::Missing;
pub use site::Site;

/// One daemon that a test can start.
#[derive(Clone, Copy, Debug)]
pub struct Daemon {
    /// Debian's package name.
    pub package: &'static str,
    /// The program that has to be there; looked for on the usual paths and below `/opt/real-servers`.
    pub program: &'static str,
    /// The loopback address that it serves on, with standard ports.
    pub address: &'static str,
    /// The name that it serves (for SNI and XMPP).
    pub name: &'static str,
    /// Standard ports that answer once it is up.
    pub ports: &'static [u16],
    /// Writes its configuration and says which command line starts it in the foreground.
    pub configure: fn(&Site, &Self, &str) -> std::io::Result<std::process::Command>,
}

/// All daemons: one line each.
pub const DAEMONS: [Daemon; 8] = [
    postfix::POSTFIX,
    dovecot::DOVECOT,
    prosody::PROSODY,
    inspircd::INSPIRCD,
    ngircd::NGIRCD,
    nginx::NGINX,
    ejabberd::EJABBERD,
    exim::EXIM,
];
