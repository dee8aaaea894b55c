//! Prosody: XMPP client-to-server and server-to-server, by STARTTLS and by direct TLS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// Encryption required on both sides, SCRAM stored.
pub(crate) const PROSODY: Daemon = Daemon {
    package: "prosody",
    program: "prosody",
    address: "127.25.0.3",
    name: "prosody.real.test",
    ports: &[5222, 5223, 5269, 5270],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("prosody")?;
    let tls = format!(
        "{{ key = \"{}\"; certificate = \"{}\"; }}",
        site.key().display(),
        site.certificate().display()
    );
    let text = format!(
        "run_as_root = true
pidfile = \"{home}/pid\"
data_path = \"{home}/data\"
interfaces = {{ \"{address}\" }}
modules_enabled = {{ \"saslauth\", \"tls\", \"dialback\", \"disco\" }}
modules_disabled = {{ \"posix\" }}
c2s_direct_tls_ports = {{ 5223 }}
s2s_direct_tls_ports = {{ 5270 }}
http_ports = {{ }}
https_ports = {{ }}
c2s_require_encryption = true
s2s_require_encryption = true
authentication = \"internal_hashed\"
ssl = {tls}
c2s_direct_tls_ssl = {tls}
s2s_direct_tls_ssl = {tls}
log = {{ {{ levels = {{ min = \"info\" }}, to = \"file\", filename = \"{home}/log\" }} }}
VirtualHost \"{name}\"
",
        home = home.display(),
        address = daemon.address,
        name = daemon.name,
    );
    let path = home.join("prosody.cfg.lua");
    site.write(&path, &text)?;
    std::fs::create_dir_all(home.join("data"))?;
    let mut command = Command::new(program);
    command.arg("--config").arg(path);
    Ok(command)
}
