//! Bytes and packets a second of reading a capture in the page cache, beside what others need to read the same file.
//!
//! `cargo bench -p tlscensus-link --bench capture [-- ROUNDS MEGABYTES]`. All ways take turns in every round; what is printed
//! is the median of the rounds, by the clock and by the CPU time that was used. Nothing is asserted but that each way of
//! ours finds all packets.

#![expect(unsafe_code, reason = "CPU time is a system call")]

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use tlscensus_link::CaptureReader;
use tlscensus_link::Captured;
use tlscensus_link::PcapWriter;
use tlscensus_link::Polled;

const ROUNDS: usize = 5;
const MEGABYTES: usize = 1_000;
const FRAME_BYTES: usize = 1_500;
/// What a reader of headers touches: Ethernet, IP, TCP with options.
const HEADERS: usize = 74;

/// One way to read the file: says how many packets there were, if it knows.
type Way = fn(&Path) -> Option<u64>;

const WAYS: [(&str, Way); 5] = [
    ("handing frames over", |path| ours(path, |_| {})),
    ("headers touched", |path| ours(path, headers)),
    ("all bytes touched", |path| ours(path, all)),
    ("`capinfos -c`", |path| {
        let name = path.to_str().expect("a plain name");
        other("capinfos", &["-c", name])
    }),
    ("`tcpdump -r … -w /dev/null`", |path| {
        let name = path.to_str().expect("a plain name");
        other("tcpdump", &["-r", name, "-w", "/dev/null"])
    }),
];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    let mut argument = |or| arguments.next().and_then(|word| word.parse().ok()).unwrap_or(or);
    let (rounds, megabytes): (usize, usize) = (argument(ROUNDS), argument(MEGABYTES));
    let packets = megabytes * 1_000_000 / (FRAME_BYTES + 16);
    let file = tempfile::NamedTempFile::new().expect("a temporary file").into_temp_path();
    write(&file, packets);
    let bytes = float(std::fs::metadata(&file).expect("just written").len());
    let count = u64::try_from(packets).expect("small");
    let mut seconds = vec![(Vec::new(), Vec::new()); WAYS.len()];
    for _ in 0..rounds {
        for ((name, way), (clock, used)) in WAYS.iter().zip(&mut seconds) {
            let (start, before) = (Instant::now(), cpu());
            let found = way(&file);
            clock.push(start.elapsed().as_secs_f64());
            used.push(cpu() - before);
            assert!(found.is_none_or(|found| found == count), "{name}: {found:?} of {count}");
        }
    }
    say("| | GB/s | million packets/s | GB a second of CPU | million packets a second of CPU |");
    say("|---|---|---|---|---|");
    for ((name, _), (clock, used)) in WAYS.iter().zip(&mut seconds) {
        let rates = [clock, used].map(|seconds| {
            seconds.sort_by(f64::total_cmp);
            let median = seconds[seconds.len() / 2];
            format!("{:.2} | {:.2}", bytes / median / 1e9, float(count) / median / 1e6)
        });
        say(&format!("| {name} | {} |", rates.join(" | ")));
    }
}

/// Seconds of CPU time, of this process and of those that it waited for.
fn cpu() -> f64 {
    let seconds = |time: libc::timeval| {
        let micros = time.tv_sec * 1_000_000 + time.tv_usec;
        Duration::from_micros(u64::try_from(micros).expect("not negative")).as_secs_f64()
    };
    let of = |whose| {
        // SAFETY: integers only.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: one living structure.
        let outcome = unsafe { libc::getrusage(whose, &raw mut usage) };
        assert_eq!(outcome, 0, "getrusage");
        seconds(usage.ru_utime) + seconds(usage.ru_stime)
    };
    of(libc::RUSAGE_SELF) + of(libc::RUSAGE_CHILDREN)
}

fn write(path: &Path, packets: usize) {
    let output = BufWriter::with_capacity(1 << 20, File::create(path).expect("a temporary file"));
    let mut writer = PcapWriter::new(output, 1).expect("room");
    let frame = [0x55; FRAME_BYTES];
    let length = u32::try_from(FRAME_BYTES).expect("small");
    for number in 0..packets {
        let at = i64::try_from(number).expect("small");
        writer.write(at, &frame, length).expect("room");
    }
    writer.into_inner().flush().expect("room");
}

fn ours(path: &Path, mut each: impl FnMut(Captured<'_>)) -> Option<u64> {
    let mut reader = CaptureReader::open(path).expect("just written");
    while let Polled::Packet(packet) = reader.poll().expect("a good capture") {
        each(black_box(packet));
    }
    Some(reader.counts().packets)
}

fn headers(packet: Captured<'_>) {
    black_box(sum(packet.bytes.get(..HEADERS).unwrap_or_default()));
}

fn all(packet: Captured<'_>) {
    black_box(sum(packet.bytes));
}

fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.as_chunks().0.iter();
    words.fold(0, |sum, word| sum ^ u64::from_ne_bytes(*word))
}

/// Runs a program of others, whose count is not asked for.
fn other(program: &str, words: &[&str]) -> Option<u64> {
    let mut command = Command::new(program);
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) => assert!(status.success(), "{program}: {status}"),
        Err(error) => say(&format!("{program}: {error}")),
    }
    None
}

fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count / 1_000).expect("less than 4 TB")) * 1e3
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody listens");
}
