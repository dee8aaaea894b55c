//! ngIRCd: IRC without STARTTLS, and IRCS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// It knows CAP, but no `tls` capability.
pub(crate) const NGIRCD: Daemon = Daemon {
    package: "ngircd",
    program: "ngircd",
    address: "127.25.0.5",
    name: "ngircd.real.test",
    ports: &[6667, 6697],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("ngircd")?;
    let text = format!(
        "[Global]
Name = {name}
Info = test
Listen = {address}
Ports = 6667
ServerUID = root
ServerGID = root
[Options]
Ident = no
DNS = no
PAM = no
[SSL]
CertFile = {certificate}
KeyFile = {key}
Ports = 6697
",
        name = daemon.name,
        address = daemon.address,
        certificate = site.certificate().display(),
        key = site.key().display(),
    );
    let path = home.join("ngircd.conf");
    site.write(&path, &text)?;
    let mut command = Command::new(program);
    command.arg("-f").arg(path).arg("-n");
    Ok(command)
}
