//! Postfix: SMTP, SUBMISSION and SMTPS, authentication offered by dovecot's socket only inside TLS.

use std::io;
use std::process::Command;

use super::Daemon;
use super::Site;

/// Mechanisms come from dovecot's authentication service, so dovecot must be up before a client asks.
pub(crate) const POSTFIX: Daemon = Daemon {
    package: "postfix",
    program: "postfix",
    address: "127.25.0.1",
    name: "postfix.real.test",
    ports: &[25, 465, 587],
    configure,
};

fn configure(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("postfix")?;
    let (queue, data, config) = (home.join("queue"), home.join("data"), home.join("config"));
    for folder in [&queue, &data, &config] {
        std::fs::create_dir_all(folder)?;
    }
    Command::new("chown").arg("postfix").arg(&data).status()?;
    let main = format!(
        "compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = {name}
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination =
alias_maps =
alias_database =
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:{dovecot}:{auth}
maillog_file = {home}/log
maillog_file_prefixes = /tmp
",
        queue = queue.display(),
        data = data.display(),
        name = daemon.name,
        certificate = site.certificate().display(),
        key = site.key().display(),
        dovecot = super::dovecot::DOVECOT.address,
        auth = super::dovecot::AUTH_PORT,
        home = home.display(),
    );
    let master = format!(
        "{address}:25 inet n - n - - smtpd
{address}:587 inet n - n - - smtpd
{address}:465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
error unix - - n - - error
retry unix - - n - - error
",
        address = daemon.address
    );
    site.write(&config.join("main.cf"), &main)?;
    site.write(&config.join("master.cf"), &master)?;
    let mut command = Command::new(program);
    command.arg("-c").arg(&config).arg("start-fg");
    Ok(command)
}
