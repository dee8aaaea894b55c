//! InspIRCd: IRC with the `tls` capability and STARTTLS, and IRCS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// TLS by GnuTLS; no services are linked, so `sasl` is not offered.
pub(crate) const INSPIRCD: Daemon = Daemon {
    package: "inspircd",
    program: "inspircd",
    address: "127.25.0.4",
    name: "inspircd.real.test",
    ports: &[6667, 6697],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("inspircd")?;
    let text = format!(
        "<server name=\"{name}\" description=\"test\" network=\"RealTest\" id=\"97K\">
<admin name=\"a\" nick=\"a\" email=\"a@real.test\">
<bind address=\"{address}\" port=\"6667\" type=\"clients\">
<bind address=\"{address}\" port=\"6697\" type=\"clients\" sslprofile=\"Clients\">
<sslprofile name=\"Clients\" provider=\"gnutls\" certfile=\"{certificate}\" keyfile=\"{key}\">
<module name=\"ssl_gnutls\">
<module name=\"starttls\">
<module name=\"cap\">
<connect name=\"main\" allow=\"*\" timeout=\"60\" resolvehostnames=\"no\" useident=\"no\">
<log method=\"file\" type=\"* -USERINPUT -USEROUTPUT\" level=\"default\" target=\"{home}/log\">
<pid file=\"{home}/pid\">
<path datadir=\"{home}\" logdir=\"{home}\" runtimedir=\"{home}\">
",
        name = daemon.name,
        address = daemon.address,
        certificate = site.certificate().display(),
        key = site.key().display(),
        home = home.display(),
    );
    let path = home.join("inspircd.conf");
    site.write(&path, &text)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(path).args(["--nofork", "--runasroot"]);
    Ok(command)
}
