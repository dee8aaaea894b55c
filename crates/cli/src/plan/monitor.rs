//! A run of the monitor with everything opened.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use ipnet::IpNet;
use serde_json::json;
use tlscensus_dataset::Dataset;
use tlscensus_dataset::RunWriter;
use tlscensus_link::LiveOptions;
use tlscensus_link::RingSize;
use tlscensus_monitor::ClientKey;
use tlscensus_monitor::FlowSettings;
use tlscensus_monitor::Input;
use tlscensus_monitor::Judge;
use tlscensus_monitor::Listening;
use tlscensus_monitor::Monitor;
use tlscensus_monitor::Router;
use tlscensus_monitor::Sessions;
use tlscensus_monitor::ZeekLog as Log;
use tlscensus_monitor::ZeekLogs;
use tlscensus_records::ListUsed;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_targets::Blocklist;

use crate::args::MonitorArguments;
use crate::args::SessionsTyped;
use crate::args::ZeekFormat;
use crate::args::ZeekLog;
use crate::plan::BlocklistFile;
use crate::plan::discovery;
use crate::plan::unusable;
use crate::utc;

/// Ready to run.
pub(crate) struct MonitorPlan {
    pub(crate) monitor: Monitor,
    pub(crate) source: Source,
    /// The dataset's, if one was asked for.
    pub(crate) writer: Option<RunWriter>,
    /// Zeek's logs, if they were asked for: one of both is there.
    pub(crate) zeek_logs: Option<ZeekLogs>,
    /// When to stop at the latest.
    pub(crate) duration: Option<Duration>,
    /// Bytes of all captures, if they are plain files.
    pub(crate) bytes: Option<u64>,
}

/// Where packets come from.
pub(crate) enum Source {
    /// Captures, in order.
    Captures(Vec<Input>),
    /// An interface.
    Interface(Listening),
}

impl MonitorPlan {
    /// Opens the dataset, logs, the key and the lists; captures are looked for, so that a misspelt one is told at once.
    ///
    /// # Errors
    /// What is missing, and what to do about it.
    pub(crate) fn new(typed: &MonitorArguments) -> anyhow::Result<Self> {
        refuse_contradictions(typed)?;
        let source = source(typed)?;
        let bytes = bytes(&source)?;
        let (route, routes) = typed.whose.routes.as_deref().map(router).transpose()?.unzip();
        let blocklist = blocklist(typed.whose.blocklist.as_deref())?;
        let dataset = typed.out.as_deref().map(Dataset::create).transpose()?;
        let key = match key_path(typed)? {
            Some(path) => client_key(&path)?,
            None => ClientKey::new(&secret()?),
        };
        let lists: Vec<_> = blocklist.iter().map(|(_, used)| used.clone()).chain(routes).collect();
        let run = run_row(typed, &key, lists)?;
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
        let monitor = Monitor {
            run_id: run.run_id.clone(),
            sensor: typed.sensor.clone(),
            key,
            flows: flow_settings(typed),
            seed: halves(seed),
            workers: typed.workers,
            sessions: sessions(typed.whose.sessions),
            is_local: local(&typed.whose.local_nets),
            is_blocked: blocklist
                .map(|(list, _)| -> Judge { Box::new(move |addr| list.check(addr).is_some()) }),
            route,
            keep_client_certificates: typed.whose.keep_client_certificates,
        };
        let mut zeek_logs = typed.zeek_logs.as_deref().map(|to| logs(typed, to)).transpose()?;
        let begun = dataset.map(|dataset| dataset.begin(run)).transpose();
        if begun.is_err() {
            zeek_logs.take().into_iter().for_each(ZeekLogs::withdraw);
        }
        let writer = begun?;
        Ok(Self { monitor, source, writer, zeek_logs, duration: typed.duration, bytes })
    }
}

fn refuse_contradictions(typed: &MonitorArguments) -> anyhow::Result<()> {
    if typed.whose.sessions != SessionsTyped::All && typed.whose.local_nets.is_empty() {
        return Err(unusable("--sessions: name the networks that are ours with --local-nets"));
    }
    if is_stdout(typed) && typed.zeek_format != ZeekFormat::Json {
        return Err(unusable("--zeek-logs -: a stream needs --zeek-format json"));
    }
    Ok(())
}

const fn sessions(typed: SessionsTyped) -> Sessions {
    match typed {
        SessionsTyped::All => Sessions::All,
        SessionsTyped::Incoming => Sessions::Incoming,
        SessionsTyped::Outgoing => Sessions::Outgoing,
    }
}

/// Finds prefixes in the table of this file.
fn router(path: &Path) -> anyhow::Result<(Router, ListUsed)> {
    let (table, used) = discovery::routes(path)?;
    let find = move |addr| {
        let (prefix, origin) = table.route(table.lookup(addr)?)?;
        Some((prefix.to_string(), origin))
    };
    Ok((Box::new(find), used))
}

fn source(typed: &MonitorArguments) -> anyhow::Result<Source> {
    let Some(interface) = &typed.interface else {
        let last = typed.captures.len().saturating_sub(1);
        let inputs = typed.captures.iter().enumerate();
        let inputs: Vec<_> = inputs
            .map(|(place, path)| Input {
                path: path.clone(),
                follow: typed.follow && place == last,
            })
            .collect();
        if inputs.iter().filter(|input| input.path == Path::new("-")).count() > 1 {
            return Err(unusable("-: stdin can be read once"));
        }
        return Ok(Source::Captures(inputs));
    };
    if typed.workers.get() > LiveOptions::MOST_SOCKETS {
        let most = LiveOptions::MOST_SOCKETS;
        return Err(unusable(format!(
            "--workers: the kernel divides an interface among {most} at most"
        )));
    }
    let default = RingSize::default();
    let blocks = typed.bounds.ring * (1 << 20) / BLOCK_BYTES;
    Ok(Source::Interface(Listening {
        interface: interface.clone(),
        promiscuous: !typed.bounds.not_promiscuous,
        ring: RingSize { block_bytes: BLOCK_BYTES, blocks: blocks.max(2), ..default },
    }))
}

/// How long all captures are, where that is known; a name that stands for nothing is told before anything begins.
fn bytes(source: &Source) -> anyhow::Result<Option<u64>> {
    let Source::Captures(inputs) = source else {
        return Ok(None);
    };
    let mut all = Some(0);
    for input in inputs.iter().filter(|input| input.path != Path::new("-")) {
        let about = fs::metadata(&input.path).map_err(|error| {
            unusable(format!("{}: {error}; name a capture, or - for stdin", input.path.display()))
        })?;
        if about.is_dir() {
            return Err(unusable(format!(
                "{}: a folder; name the captures in it",
                input.path.display()
            )));
        }
        let plain = about.is_file() && !input.follow && !is_packed(&input.path);
        all = all.filter(|_| plain).map(|all| all + about.len());
    }
    Ok(all.filter(|_| inputs.iter().all(|input| input.path != Path::new("-"))))
}

/// By its name, as no more than an estimate of the time left hangs on it.
fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ["gz", "zst"].iter().any(|packed| ending == *packed))
}

fn flow_settings(typed: &MonitorArguments) -> FlowSettings {
    let mut settings = FlowSettings::default();
    let bounds = &typed.bounds;
    settings.limits.flows = bounds.max_flows;
    settings.limits.half_open = settings.limits.half_open.min(bounds.max_flows);
    settings.limits.held_bytes =
        usize::try_from(u64::from(bounds.max_held) << 20).unwrap_or(usize::MAX);
    settings.timeouts.established_ms = bounds.idle_timeout * 1000;
    settings.verify_checksums = bounds.verify_checksums;
    settings.count_to_end = typed.zeek_logs.is_some() && typed.zeek_select.contains(&ZeekLog::Conn);
    if bounds.no_tunnels {
        settings.tunnels = tlscensus_monitor::Tunnels::NONE;
    }
    if bounds.teredo {
        settings.tunnels.teredo = Some(TEREDO);
    }
    settings
}

fn halves(seed: [u8; 16]) -> [u64; 2] {
    let whole = u128::from_ne_bytes(seed);
    let half = |shift| u64::try_from((whole >> shift) & u128::from(u64::MAX)).unwrap_or_default();
    [half(0), half(64)]
}

fn local(nets: &[IpNet]) -> Option<Judge> {
    let nets = nets.to_vec();
    (!nets.is_empty()).then(|| -> Judge {
        Box::new(move |addr: std::net::IpAddr| {
            let addr = addr.to_canonical();
            nets.iter().any(|net| net.contains(&addr))
        })
    })
}

fn blocklist(path: Option<&Path>) -> anyhow::Result<Option<(Blocklist, ListUsed)>> {
    path.map(|path| BlocklistFile::new(path, Blocklist::empty()).read()).transpose()
}

fn is_stdout(typed: &MonitorArguments) -> bool {
    typed.zeek_logs.as_deref() == Some(Path::new("-"))
}

/// Where the key is kept: where it was said, or beside what is written; `None`: nothing that lasts is. The folder of one beside logs
/// is made, as theirs will be.
fn key_path(typed: &MonitorArguments) -> anyhow::Result<Option<PathBuf>> {
    let logs = typed.zeek_logs.as_ref().filter(|_| !is_stdout(typed));
    let (None, Some(written)) = (&typed.whose.client_key, typed.out.as_ref().or(logs)) else {
        return Ok(typed.whose.client_key.clone());
    };
    let Some(name) = written.file_name() else {
        let shown = written.display();
        return Err(unusable(format!("{shown}: has no name to call a key by; use --client-key")));
    };
    let mut name = name.to_owned();
    name.push(".client.key");
    let path = written.with_file_name(name);
    if let Some(folder) = path.parent().filter(|_| typed.out.is_none()) {
        let made = fs::create_dir_all(folder);
        made.map_err(|error| unusable(format!("--zeek-logs {}: {error}", folder.display())))?;
    }
    Ok(Some(path))
}

fn secret() -> anyhow::Result<[u8; ClientKey::LENGTH]> {
    let mut secret = [0; ClientKey::LENGTH];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
    Ok(secret)
}

/// The key in this file, or a new one that is put there, for its owner alone.
fn client_key(path: &Path) -> anyhow::Result<ClientKey> {
    let shown = path.display();
    match fs::read(path) {
        Ok(bytes) => match <[u8; ClientKey::LENGTH]>::try_from(bytes.as_slice()) {
            Ok(secret) => Ok(ClientKey::new(&secret)),
            Err(_) => Err(unusable(format!(
                "{shown}: {} bytes, a key has {}; name another file with --client-key",
                bytes.len(),
                ClientKey::LENGTH
            ))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = secret()?;
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let mut file = file.map_err(|error| {
                unusable(format!("{shown}: {error}; name a file with --client-key"))
            })?;
            let written = file.write_all(&secret).and_then(|()| file.sync_all());
            written.with_context(|| format!("{shown}: the key could not be written"))?;
            Ok(ClientKey::new(&secret))
        }
        Err(error) => Err(unusable(format!("{shown}: {error}; name a file with --client-key"))),
    }
}

/// New logs; those of another run are not to be written over.
fn logs(typed: &MonitorArguments, folder: &Path) -> anyhow::Result<ZeekLogs> {
    let wanted = |log: &Log| typed.zeek_select.iter().any(|typed| Log::from(*typed) == *log);
    let logs: Vec<_> = Log::ALL.into_iter().filter(wanted).collect();
    if is_stdout(typed) {
        return Ok(ZeekLogs::stream(folder, &logs, io::stdout));
    }
    let format = match typed.zeek_format {
        ZeekFormat::Json => tlscensus_monitor::ZeekFormat::Json,
        ZeekFormat::Tsv => tlscensus_monitor::ZeekFormat::Tsv,
    };
    ZeekLogs::create(folder, &logs, format, utc::now()).map_err(|error| {
        let why =
            std::error::Error::source(&error).map_or_else(String::new, |why| format!(" ({why})"));
        unusable(format!("--zeek-logs: {error}{why}"))
    })
}

fn zeek_names(typed: &MonitorArguments) -> Vec<String> {
    let names = typed.zeek_select.iter().filter_map(clap::ValueEnum::to_possible_value);
    names.map(|name| name.get_name().to_owned()).collect()
}

fn run_row(
    typed: &MonitorArguments,
    key: &ClientKey,
    lists: Vec<ListUsed>,
) -> anyhow::Result<RunRow> {
    let bounds = &typed.bounds;
    let captures: Vec<_> = typed.captures.iter().map(|path| path.display().to_string()).collect();
    let nets: Vec<_> = typed.whose.local_nets.iter().map(ToString::to_string).collect();
    let config = json!({
        "captures": captures,
        "interface": typed.interface,
        "sensor": typed.sensor,
        "workers": typed.workers.get(),
        "local_nets": nets,
        "sessions": match typed.whose.sessions {
            SessionsTyped::All => "all",
            SessionsTyped::Incoming => "incoming",
            SessionsTyped::Outgoing => "outgoing",
        },
        "client_key": key.identifier(),
        "keep_client_certificates": typed.whose.keep_client_certificates,
        "max_flows": bounds.max_flows,
        "max_held_mib": bounds.max_held,
        "idle_timeout_s": bounds.idle_timeout,
        "verify_checksums": bounds.verify_checksums,
        "tunnels": !bounds.no_tunnels,
        "teredo": bounds.teredo,
        "zeek_logs": typed.zeek_logs,
        "zeek_select": typed.zeek_logs.as_ref().map(|_| zeek_names(typed)),
    });
    Ok(RunRow {
        run_id: format!("monitor-{}-{}", utc::compact_now(), std::process::id()),
        kind: RunKind::Monitor,
        started_at: utc::now(),
        config: serde_json::to_string(&config)?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lists,
        ..RunRow::default()
    })
}

/// Bytes of a block of the ring: room for frames that were joined by the kernel.
const BLOCK_BYTES: u32 = 1 << 20;
/// Teredo's port (RFC 4380, section 2.7).
const TEREDO: u16 = 3544;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("client.key");
        let first = client_key(&path).expect("made").identifier();
        assert_eq!(client_key(&path).expect("read").identifier(), first);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&path, b"short").expect("written");
        let told = client_key(&path).expect_err("no key").to_string();
        assert!(told.contains("5 bytes, a key has 32"), "{told}");
    }

    #[test]
    fn mapped_addresses_are_local_where_their_own_are() {
        let nets = ["192.0.2.0/24".parse().expect("a net")];
        let is_local = local(&nets).expect("nets");
        assert!(is_local("::ffff:192.0.2.7".parse().expect("an address")));
        assert!(!is_local("192.0.3.7".parse().expect("an address")));
        assert!(local(&[]).is_none());
    }
}
