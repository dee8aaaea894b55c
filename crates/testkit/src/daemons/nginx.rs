//! nginx: HTTPS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// One server, TLS by OpenSSL.
pub(crate) const NGINX: Daemon = Daemon {
    package: "nginx",
    program: "nginx",
    address: "127.25.0.6",
    name: "nginx.real.test",
    ports: &[443],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("nginx")?;
    let text = format!(
        "daemon off;
pid {home}/pid;
error_log {home}/log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  server {{
    listen {address}:443 ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
  }}
}}
",
        home = home.display(),
        address = daemon.address,
        certificate = site.certificate().display(),
        key = site.key().display(),
    );
    let path = home.join("nginx.conf");
    site.write(&path, &text)?;
    let mut command = Command::new(program);
    command.arg("-c").arg(path).arg("-p").arg(home);
    Ok(command)
}
