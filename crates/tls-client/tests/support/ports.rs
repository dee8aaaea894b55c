//! Ports for servers that are told theirs.
#![expect(clippy::disallowed_types, reason = "whether a port is free is found by taking it")]

use std::net::TcpListener;
use std::process;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering;

/// A port that is free, that no other call of this process gives out, and that the kernel gives to nobody who asks for any:
/// between the look and the server's start, none of the connections around us takes it.
pub(crate) fn free() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Processes that started one behind the other begin far apart.
    let first = u16::try_from(process::id() % u32::from(COUNT / STRIDE)).unwrap() * STRIDE;
    loop {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        assert!(given < COUNT, "no port is free");
        let port = LOWEST + (first + given) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Linux gives those from 32,768 on (`ip_local_port_range`).
const LOWEST: u16 = 12_000;
const COUNT: u16 = 20_000;
/// Ports that one process asks for, about.
const STRIDE: u16 = 50;
