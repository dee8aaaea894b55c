//! A run that is told to stop, and one whose rows nobody takes.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use tlscensus_probe::Enumerating;
use tlscensus_probe::Plan;
use tlscensus_probe::Progress;
use tlscensus_probe::Reason;
use tlscensus_probe::Stop;
use tlscensus_probe::run;
use tlscensus_targets::Limits;
use tlscensus_testkit::scripted::Act;
use tlscensus_testkit::scripted::ScriptedServer;

use crate::support::plan;
use crate::support::targets;
use crate::support::times;

#[tokio::test]
async fn what_is_in_flight_ends_and_nothing_new_begins() {
    let server = ScriptedServer::start(vec![Act::Hold]).expect("a port");
    let mut plan = plan("smtp");
    plan.concurrency = 5;
    let endless = std::iter::repeat_n(targets(&server.addr().to_string()), usize::MAX).flatten();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1000);
    let stop = Stop::new();
    let progress = Arc::new(Progress::default());
    let running = run(Arc::new(plan), endless, sender, progress.clone(), stop.clone());
    let stopping = async {
        while progress.counts().started < 5 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.request();
    };
    let (ended, ()) = tokio::join!(running, stopping);
    assert_eq!(ended.reason, Reason::Stopped);
    assert_eq!((ended.counts.started, ended.counts.done, ended.counts.abandoned), (5, 5, 0));
    let mut rows = 0;
    while receiver.recv().await.is_some() {
        rows += 1;
    }
    assert_eq!(rows, 5);
}

#[tokio::test]
async fn what_does_not_end_within_the_grace_is_given_up_without_a_row() {
    let server = ScriptedServer::start(vec![Act::Hold]).expect("a port");
    let mut plan = plan("smtp");
    plan.timeouts.greeting = Duration::from_secs(60);
    plan.timeouts.total = Duration::from_secs(60);
    plan.grace = Duration::from_millis(100);
    let list = times(3, server.addr());
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1000);
    let stop = Stop::new();
    let progress = Arc::new(Progress::default());
    let start = Instant::now();
    let running = run(Arc::new(plan), list.into_iter(), sender, progress.clone(), stop.clone());
    let stopping = async {
        while server.connections() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.request();
    };
    let (ended, ()) = tokio::join!(running, stopping);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!((ended.reason, ended.counts.done, ended.counts.abandoned), (Reason::Stopped, 0, 3));
    assert!(receiver.recv().await.is_none());
}

#[tokio::test]
async fn those_who_wait_for_their_turn_go_at_once() {
    let server = ScriptedServer::start(vec![]).expect("a port");
    let mut plan = plan("smtp");
    plan.limits = Limits { host: Some(0.01), ..Limits::UNLIMITED };
    let list = times(3, server.addr());
    let (sender, receiver) = tokio::sync::mpsc::channel(1000);
    let stop = Stop::new();
    let progress = Arc::new(Progress::default());
    let start = Instant::now();
    let running = run(Arc::new(plan), list.into_iter(), sender, progress.clone(), stop.clone());
    let stopping = async {
        while progress.counts().done < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.request();
    };
    let (ended, ()) = tokio::join!(running, stopping);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!((ended.counts.done, ended.counts.abandoned), (1, 2));
    drop(receiver);
}

#[tokio::test]
async fn a_run_whose_rows_nobody_takes_ends() {
    let server = ScriptedServer::start(vec![]).expect("a port");
    let endless = std::iter::repeat_n(targets(&server.addr().to_string()), usize::MAX).flatten();
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    drop(receiver);
    let progress = Arc::new(Progress::default());
    let ended = run(Arc::new(plan("smtp")), endless, sender, progress, Stop::new()).await;
    assert_eq!((ended.reason, ended.counts.done), (Reason::RowsUnwanted, 0));
}

/// Stops a run once its server was visited so often; visits in all, and rows.
async fn stopped_behind(visits: usize, plan: Plan, server: &ScriptedServer) -> (usize, u64) {
    let list = times(1, server.addr());
    let (sender, _receiver) = tokio::sync::mpsc::channel(10);
    let stop = Stop::new();
    let progress = Arc::new(Progress::default());
    let running = run(Arc::new(plan), list.into_iter(), sender, progress, stop.clone());
    let stopping = async {
        while server.connections() < visits {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.request();
    };
    let (ended, ()) = tokio::join!(running, stopping);
    assert_eq!(ended.reason, Reason::Stopped);
    assert_eq!(ended.counts.done + ended.counts.abandoned, 1);
    (server.connections(), ended.counts.done)
}

/// Slow, and it turns every hello down in TLS: there is always another to ask.
fn slow_server() -> ScriptedServer {
    let alert = vec![0x15, 3, 1, 0, 2, 2, 70];
    let script = vec![Act::Pause(Duration::from_millis(200)), Act::Say(alert), Act::Hold];
    ScriptedServer::start(script).expect("a port")
}

#[tokio::test]
async fn a_stop_ends_an_enumeration_without_spacing_and_its_row() {
    let server = slow_server();
    let mut plan = plan("https");
    plan.max_attempts = 1;
    plan.enumerating = Some(Enumerating { connections: 60, spacing: Duration::ZERO });
    assert_eq!(stopped_behind(3, plan, &server).await, (3, 0));
}

#[tokio::test]
async fn a_stop_ends_a_climb_and_its_row() {
    let server = slow_server();
    assert_eq!(stopped_behind(2, plan("https"), &server).await, (2, 0));
    // Also while the next rung waits for its turn.
    let server = slow_server();
    let mut plan = plan("https");
    plan.limits = Limits { host: Some(0.5), ..Limits::UNLIMITED };
    assert_eq!(stopped_behind(1, plan, &server).await, (1, 0));
}
