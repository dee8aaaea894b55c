//! Dovecot: IMAP, IMAPS, POP3 and POP3S, plaintext mechanisms only inside TLS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// Where postfix asks for mechanisms.
pub(crate) const AUTH_PORT: u16 = 12345;

/// Before TLS it offers CRAM-MD5 alone, inside TLS PLAIN and LOGIN too.
pub(crate) const DOVECOT: Daemon = Daemon {
    package: "dovecot",
    program: "dovecot",
    address: "127.25.0.2",
    name: "dovecot.real.test",
    ports: &[110, 143, 993, 995, AUTH_PORT],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("dovecot")?;
    let text = format!(
        "base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap pop3
listen = {address}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
auth_mechanisms = plain login cram-md5
mail_location = maildir:{home}/mail
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={home}/mail
}}
service auth {{
  inet_listener {{
    address = {address}
    port = {AUTH_PORT}
  }}
}}
",
        home = home.display(),
        address = daemon.address,
        certificate = site.certificate().display(),
        key = site.key().display(),
    );
    let path = home.join("dovecot.conf");
    site.write(&path, &text)?;
    std::fs::create_dir_all(home.join("run"))?;
    std::fs::create_dir_all(home.join("state"))?;
    let mut command = Command::new(program);
    command.arg("-F").arg("-c").arg(path);
    Ok(command)
}
