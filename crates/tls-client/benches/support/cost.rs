//! CPU time and instructions of the clients, without those of the server.

use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::ClockId;
use rustix::time::clock_gettime;
use rustls::ServerConnection;

use crate::clients::Client;
use crate::clients::Kind;
use crate::clients::answer;
use crate::servers::Scene;

/// Batches of each client, unless said otherwise.
pub(crate) const ROUNDS: u32 = 40;
/// Connections at once: asking for the time costs more than a short step.
const BATCH: u32 = 50;
/// The role of a process under valgrind: `only KIND ROUNDS`.
pub(crate) const ONLY: &str = "only";

/// Visits in turns, so that a change of the machine's pace hits all alike.
pub(crate) fn table(scene: &Scene, rounds: u32) {
    let mut spent = Kind::ALL.map(|kind| (kind, Duration::ZERO));
    for (kind, _) in &spent {
        batch(*kind, scene, cpu);
    }
    for _ in 0..rounds {
        for (kind, spent) in &mut spent {
            *spent += batch(*kind, scene, cpu);
        }
    }
    let each = |spent: Duration| spent.as_secs_f64() * 1e6 / f64::from(rounds * BATCH);
    print_ratios("µs", &spent.map(|(kind, spent)| (kind, each(spent))));
}

fn print_ratios(unit: &str, figures: &[(Kind, f64)]) {
    let of = |wanted: Kind| {
        figures.iter().find(|(kind, _)| *kind == wanted).map_or(f64::NAN, |(_, figure)| *figure)
    };
    for (kind, figure) in figures {
        println!(
            "  {:<18}{figure:>12.1} {unit}   {:>5.2} of rustls   {:>5.2} of rustls-unchained   {:>5.2} of openssl",
            kind.name(),
            figure / of(Kind::Rustls),
            figure / of(Kind::RustlsUnchained),
            figure / of(Kind::Openssl),
        );
    }
}

/// CPU time of so many handshakes of this client.
fn batch(kind: Kind, scene: &Scene, clock: impl Fn() -> Duration) -> Duration {
    let server = || ServerConnection::new(Arc::clone(&scene.server)).unwrap();
    let mut servers: Vec<ServerConnection> = (0..BATCH).map(|_| server()).collect();
    let mut heard: Vec<Vec<u8>> = vec![Vec::new(); servers.len()];
    let started = clock();
    let mut clients: Vec<Box<dyn Client>> =
        (0..BATCH).map(|_| client_work(|| kind.client(scene))).collect();
    let mut spent = clock() - started;
    loop {
        let started = clock();
        let talk = clients.iter_mut().zip(&heard);
        let said: Vec<Vec<u8>> =
            talk.map(|(client, heard)| client_work(|| client.step(heard))).collect();
        spent += clock() - started;
        let talk = servers.iter_mut().zip(&said);
        heard = talk.map(|(server, said)| answer(server, said)).collect();
        if heard.iter().all(Vec::is_empty) {
            assert!(clients.iter().all(|client| client.is_done()), "{}", kind.name());
            return spent;
        }
    }
}

/// What valgrind counts. It has to be on the stack while the work is done: no call in its place.
#[inline(never)]
fn client_work<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// The same by instructions, which a busy machine does not change.
pub(crate) fn instructions() {
    let count = |kind: Kind| {
        // What is done once for all connections is in both.
        let (few, many) = (under_valgrind(kind, 1)?, under_valgrind(kind, 3)?);
        Some((many - few) / f64::from(2 * BATCH))
    };
    let counts: Option<Vec<(Kind, f64)>> =
        Kind::ALL.into_iter().map(|kind| Some((kind, count(kind)?))).collect();
    match counts {
        Some(counts) => print_ratios("instructions", &counts),
        None => println!("  no valgrind here"),
    }
}

fn under_valgrind(kind: Kind, rounds: u32) -> Option<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*client_work*")
        .arg(std::env::current_exe().ok()?)
        .args([ONLY, kind.name(), &rounds.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// So many batches of one client and nothing else.
pub(crate) fn only(kind: Kind, rounds: u32) {
    let scene = Scene::criterion();
    for _ in 0..rounds {
        // The system's clock is not for use under valgrind.
        batch(kind, &scene, || Duration::ZERO);
    }
}

/// CPU time of this thread, so that a busy machine counts less.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap();
    Duration::new(u64::try_from(time.tv_sec).unwrap(), nanoseconds)
}
