//! Captures damaged by chance, in their frames and as files: bits, lengths, order, headers.

#![expect(clippy::as_conversions, reason = "numbers made here fit")]

use std::time::Duration;
use std::time::Instant;

use allocation_counter::measure;
use tlscensus_flows::Settings;
use tlscensus_testkit::capture::Chance;

use crate::storm::Captured;
use crate::storm::Watch;
use crate::storm::captures;
use crate::storm::frames;

/// Damaged captures, unless `TLSCENSUS_STORM` says how many.
const CAPTURES: u64 = 10_000;
/// One in so many is damaged as a file, the others in their frames.
const FILES_AMONG: u64 = 4;
/// What one capture of a few kilobytes may cost.
const MOST_BYTES: u64 = 8 << 20;
/// Far more than it takes, on a machine that does much else.
const MOST_TIME: Duration = Duration::from_secs(5);
/// Values at which lengths and offsets turn.
const EDGES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
/// Where the headers of a frame are.
const HEADERS: usize = 80;

#[test]
fn damaged_captures_are_read_within_bounds_of_memory_and_time() {
    let asked = std::env::var("TLSCENSUS_STORM").ok();
    let captures_to_damage =
        asked.map_or(CAPTURES, |text| text.parse().expect("TLSCENSUS_STORM is a number"));
    let whole: Vec<_> =
        captures().into_iter().map(|(name, file)| (name, frames(&file), file)).collect();
    let (mut rows, mut most) = (0, 0);
    for seed in 0..captures_to_damage {
        let mut chance = Chance::new(seed);
        let (name, frames, file) = &whole[chance.place(whole.len())];
        let began = Instant::now();
        let allocated = measure(|| {
            rows += match seed % FILES_AMONG {
                0 => watch(&crate::storm::frames(&damage_file(&mut chance, file.clone()))),
                _ => watch(&damage_frames(&mut chance, frames.clone())),
            };
        });
        most = most.max(allocated.bytes_max);
        assert!(allocated.bytes_max < MOST_BYTES, "{name}, seed {seed}: {allocated:?}");
        assert!(began.elapsed() < MOST_TIME, "{name}, seed {seed}: {:?}", began.elapsed());
    }
    // Most damage hits one place and leaves a connection to be found; if it were not so, nothing but beginnings would be tried.
    assert!(rows > captures_to_damage / 2, "{rows} rows of {captures_to_damage} captures, {most}");
}

/// How many rows come of it.
fn watch(frames: &[Captured]) -> u64 {
    let mut watch = Watch::new(Settings { count_to_end: true, ..Settings::default() });
    frames.iter().for_each(|frame| watch.frame(frame));
    let (desk, _) = watch.stop();
    assert_eq!(desk.closed, desk.done);
    desk.rows.len() as u64
}

fn damage_frames(chance: &mut Chance, mut frames: Vec<Captured>) -> Vec<Captured> {
    for _ in 0..=chance.below(4) {
        let place = chance.place(frames.len());
        let other = chance.place(frames.len());
        match chance.below(10) {
            0 if frames.len() > 1 => drop(frames.remove(place)),
            1 => frames.swap(place, other),
            2 => {
                let again = frames[place].clone();
                frames.insert(other, again);
            }
            3 => {
                let tail = frames[other].bytes.clone();
                let from = chance.place(tail.len() + 1);
                frames[place].bytes.extend_from_slice(&tail[from..]);
                frames[place].wire_length = frames[place].bytes.len() as u32;
            }
            4 => frames[place].at += chance.next().cast_signed() >> chance.below(64),
            _ => damage_frame(chance, &mut frames[place]),
        }
    }
    frames
}

/// Damages the headers of a frame, or what they carry, or what is said of its length.
fn damage_frame(chance: &mut Chance, frame: &mut Captured) {
    let length = frame.bytes.len();
    if length == 0 {
        return;
    }
    let header = chance.place(length.min(HEADERS));
    match chance.below(6) {
        0 => flip(chance, &mut frame.bytes),
        1 => frame.bytes[header] = EDGES[chance.place(EDGES.len())],
        2 => {
            frame.bytes[header] =
                frame.bytes[header].wrapping_add(chance.below(9) as u8).wrapping_sub(4)
        }
        3 => frame.bytes.truncate(chance.place(length)),
        4 => frame.wire_length = chance.next() as u32 >> chance.below(32),
        _ => (0..=chance.below(16)).for_each(|_| flip(chance, &mut frame.bytes)),
    }
}

fn damage_file(chance: &mut Chance, mut file: Vec<u8>) -> Vec<u8> {
    for _ in 0..=chance.below(4) {
        if file.is_empty() {
            break;
        }
        let place = chance.place(file.len());
        match chance.below(6) {
            0 => file.truncate(place),
            1 => file[place] = EDGES[chance.place(EDGES.len())],
            2 => drop(file.remove(place)),
            3 => file.insert(place, chance.next() as u8),
            // The file's own header.
            4 => {
                let header = file.len().min(24);
                flip(chance, &mut file[..header]);
            }
            _ => flip(chance, &mut file),
        }
    }
    file
}

fn flip(chance: &mut Chance, bytes: &mut [u8]) {
    let place = chance.place(bytes.len());
    bytes[place] ^= 1 << chance.below(8);
}
