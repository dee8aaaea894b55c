//! A disk that fills up, at work and at the very end.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::resilience::scene::Gate;
use crate::resilience::scene::PROTOCOLS;
use crate::resilience::scene::Rows;
use crate::resilience::scene::Scene;
use crate::resilience::scene::check_says;
use crate::resilience::scene::hosts;
use crate::support;

#[test]
fn a_full_disk_stops_a_run_and_room_lets_it_go_on() {
    let gate = Gate::shut();
    let mut scene = Scene::over(&hosts().addresses[..40], Some(&gate));
    let mount = scene.path("small");
    let Some(disk) = Disk::mount(&mount) else {
        support::skip("a full disk: only root can mount a small one");
        return;
    };
    scene.dataset = mount.join("census");
    let path = scene.dataset.to_str().unwrap().to_owned();
    let told = ["no room left to write", &path, "free some space", "--resume probe-"];

    // At work: rows can no longer be journalled.
    let command = scene.probe_at("100", "64");
    let mut running = scene.start(command);
    running.wait_until("acknowledged", |running| running.count("acknowledged") > 0);
    let safe = usize::try_from(running.count("acknowledged")).unwrap();
    disk.fill();
    check_says(&running.ends(1), &told);
    let mut command = scene.probe();
    command.args(["--resume", "latest"]);
    check_says(&scene.start(command).ends(1), &told[..3]);
    disk.make_room();
    let kept = Rows::of(&scene.dataset);
    assert!(kept.0.len() >= safe, "{} of {safe}", kept.0.len());

    // At the very end: rows are journalled and cannot become parts.
    let mut command = scene.probe();
    command.args(["--resume", "latest"]);
    let mut running = scene.start(command);
    let rest = u64::try_from(scene.endpoints - PROTOCOLS - kept.0.len()).unwrap();
    running.wait_until("all but the gate acknowledged", |running| {
        running.count("acknowledged") == rest
    });
    disk.fill();
    gate.open();
    check_says(&running.ends(1), &told);
    disk.make_room();

    scene.resume_to_the_end();
    assert!(kept.0.is_subset(&Rows::of(&scene.dataset).0));
    scene.check_whole();
}

/// A small disk in memory.
pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    pub(crate) fn fill(&self) {
        let mut ballast = File::create(self.0.join("ballast")).unwrap();
        let piece = [1; 4096];
        let full = (0..).find_map(|_| ballast.write_all(&piece).err()).unwrap();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What cannot be unmounted now is when its last user has gone.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
