//! The memory of connections that wait, by what the process grows: client state, buffers and the allocator's share.

use std::process::Command;
use std::sync::Arc;

use rustls::ServerConnection;

use crate::clients::Kind;
use crate::clients::answer;
use crate::servers::Scene;

/// Connections in flight at once: many, so that pages count little.
const CONNECTIONS: u32 = 8_000;

/// The role of a process of its own: `memory KIND`.
pub(crate) const MEMORY: &str = "memory";

/// In a process of its own: what another kind gave back would be used again.
pub(crate) fn in_a_process(kind: Kind) {
    let program = std::env::current_exe().unwrap();
    let status = Command::new(program).args([MEMORY, kind.name()]).status().unwrap();
    assert!(status.success());
}

/// Prints what one connection holds while it waits for the server, in the middle of its flight, and when it is up.
pub(crate) fn print(kind: Kind, scene: &Scene) {
    let mut clients = Vec::with_capacity(usize::try_from(CONNECTIONS).unwrap());
    let mut server = ServerConnection::new(Arc::clone(&scene.server)).unwrap();
    // The bytes of one server, cut before its last: nobody can go on with that, and all of it is held.
    let first = kind.client(scene).step(&[]);
    let flight = answer(&mut server, &first);
    let before = resident();
    for _ in 0..CONNECTIONS {
        let mut client = kind.client(scene);
        client.step(&[]);
        clients.push(client);
    }
    let waiting = resident() - before;
    // Every client has a hello of its own, so that its keys open only what is meant for it: the ServerHello and then part of a
    // record, up to the largest that a server may send.
    let start = flight.get(..server_hello(&flight)).unwrap_or_default();
    let record = [&[0x17, 0x03, 0x03, 0x10, 0x00][..], &[7; 4_000]].concat();
    for client in &mut clients {
        client.step(start);
        client.step(&record);
    }
    let midway = resident() - before;
    let each = |kilobytes: f64| kilobytes / f64::from(CONNECTIONS);
    println!(
        "  {:<18}{:>8.1} KB waiting for the ServerHello{:>8.1} KB in the middle of a record of 4,096 bytes",
        kind.name(),
        each(waiting),
        each(midway),
    );
}

/// The length of the first record.
fn server_hello(flight: &[u8]) -> usize {
    let length =
        flight.get(3..5).map_or(0, |bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]));
    length + 5
}

/// Kilobytes of this process in memory.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
