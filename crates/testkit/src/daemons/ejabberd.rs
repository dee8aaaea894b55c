//! ejabberd: XMPP client-to-server and server-to-server, by STARTTLS and by direct TLS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// The port that its node would be administered on; a fixed one needs no port mapper.
const NODE_PORT: u16 = 15299;

/// STARTTLS required for clients, optional for servers.
pub(crate) const EJABBERD: Daemon = Daemon {
    package: "ejabberd",
    program: "ejabberdctl",
    address: "127.25.0.7",
    name: "ejabberd.real.test",
    ports: &[5222, 5223, 5269, 5270],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("ejabberd")?;
    let (spool, log) = (home.join("spool"), home.join("log"));
    for folder in [&spool, &log] {
        std::fs::create_dir_all(folder)?;
    }
    let both = [std::fs::read(site.certificate())?, std::fs::read(site.key())?].concat();
    std::fs::write(home.join("both.pem"), both)?;
    let text = format!(
        "hosts: [{name}]
loglevel: info
certfiles: [{home}/both.pem]
listen:
  - {{port: 5222, ip: \"{address}\", module: ejabberd_c2s, starttls: true, starttls_required: true}}
  - {{port: 5223, ip: \"{address}\", module: ejabberd_c2s, tls: true}}
  - {{port: 5269, ip: \"{address}\", module: ejabberd_s2s_in}}
  - {{port: 5270, ip: \"{address}\", module: ejabberd_s2s_in, tls: true}}
s2s_use_starttls: optional
auth_method: [internal]
modules: {{mod_disco: {{}}}}
",
        name = daemon.name,
        home = home.display(),
        address = daemon.address,
    );
    site.write(&home.join("ejabberd.yml"), &text)?;
    let control = format!(
        "ERL_DIST_PORT={NODE_PORT}\nINET_DIST_INTERFACE=127.0.0.1\nERLANG_NODE=census@localhost\n"
    );
    site.write(&home.join("ctl.cfg"), &control)?;
    Command::new("chown").arg("-R").arg("ejabberd").arg(&home).status()?;
    let home = home.display();
    let start = format!(
        "HOME={home} exec {program} --config-dir {home} --ctl-config {home}/ctl.cfg \
         --spool {home}/spool --logs {home}/log foreground"
    );
    let mut command = Command::new("su");
    command.args(["ejabberd", "-s", "/bin/sh", "-c", &start]);
    Ok(command)
}
