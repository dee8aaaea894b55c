//! `kill -9` at twenty moments of one run.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::resilience::scene::Gate;
use crate::resilience::scene::Rows;
use crate::resilience::scene::Scene;
use crate::resilience::scene::check_certificates;
use crate::resilience::scene::hosts;

const KILLS: usize = 20;

#[test]
fn what_was_acknowledged_survives_twenty_kills() {
    let gate = Gate::shut();
    let mut scene = Scene::over(&hosts().addresses, Some(&gate));
    let mut moments = Moments(7);
    let mut before = Rows::default();
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let mut command = scene.probe_at("40", "64");
        command.arg("--quiet");
        if kill > 0 {
            command.args(["--resume", "latest"]);
        }
        let mut running = scene.start(command);
        if kill == 0 {
            running.wait_until("begun", |running| running.count("started") > 0);
        }
        // Every third kill falls into the start, where the one before is recovered from; the others behind an
        // acknowledgement, if there is anything left to do.
        if kill % 3 > 0 {
            let began = Instant::now();
            let any = |began: &Instant| began.elapsed() > Duration::from_secs(5);
            running.wait_until("acknowledged", |running| {
                running.count("acknowledged") > 0 || any(&began)
            });
        }
        thread::sleep(moments.next(700));
        let safe = usize::try_from(running.count("acknowledged")).unwrap();
        running.kill();
        // The program recovers the dataset, we look at a copy.
        let copy = scene.path(&format!("copy-{kill}"));
        copy_folder(&scene.dataset, &copy);
        let after = Rows::of(&copy);
        let missing: Vec<_> = before.0.difference(&after.0).collect();
        assert!(missing.is_empty(), "kill {kill} lost rows of earlier sessions: {missing:?}");
        let new = after.0.len() - before.0.len();
        assert!(new >= safe, "kill {kill}: {safe} rows were acknowledged, {new} are there");
        check_certificates(&copy);
        fs::remove_dir_all(&copy).unwrap();
        acknowledged += safe;
        before = after;
    }
    assert!(acknowledged > 100, "{acknowledged} rows acknowledged before kills show nothing");
    gate.open();
    scene.resume_to_the_end();
    let after = Rows::of(&scene.dataset);
    assert!(before.0.is_subset(&after.0));
    scene.check_whole();
}

/// Moments that look random and are the same each time (Knuth's MMIX generator).
struct Moments(u64);

impl Moments {
    fn next(&mut self, below_ms: u64) -> Duration {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % below_ms)
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
