//! Exim: SMTP, SUBMISSION and SMTPS by GnuTLS, authentication offered only inside TLS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// Unpacked beside postfix: Debian lets only one mail transport agent be installed.
pub(crate) const EXIM: Daemon = Daemon {
    package: "exim4-daemon-light",
    program: "exim4",
    address: "127.25.0.8",
    name: "exim.real.test",
    ports: &[25, 465, 587],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("exim")?;
    for folder in ["spool", "log"] {
        std::fs::create_dir_all(home.join(folder))?;
    }
    Command::new("chown").arg("-R").arg("Debian-exim").arg(&home).status()?;
    let text = format!(
        "primary_hostname = {name}
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
pid_file_path = {home}/pid
local_interfaces = <; [{address}]:25; [{address}]:465; [{address}]:587
tls_on_connect_ports = 465
daemon_smtp_ports = 25 : 465 : 587
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
host_lookup =
rfc1413_query_timeout = 0s
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = deny
begin authenticators
plain_server:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = false
login_server:
  driver = plaintext
  public_name = LOGIN
  server_prompts = \"Username:: : Password::\"
  server_condition = false
",
        name = daemon.name,
        home = home.display(),
        address = daemon.address,
        certificate = site.certificate().display(),
        key = site.key().display(),
    );
    let path = home.join("exim.conf");
    site.write(&path, &text)?;
    let mut command = Command::new(program);
    command.arg("-C").arg(path).args(["-bdf", "-q30m"]);
    Ok(command)
}
