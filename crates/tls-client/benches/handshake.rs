//! What one handshake costs this client, beside rustls' and OpenSSL's clients, against the same rustls server in memory.
//!
//! `cargo bench -p tlscensus-tls-client` prints CPU time and, where valgrind is there, instructions per handshake, then the
//! memory of a connection in flight. README.md in this folder says what is measured.
#![expect(clippy::unwrap_used, reason = "a bench, not a product")]
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

#[path = "support/clients.rs"]
mod clients;
#[path = "support/cost.rs"]
mod cost;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/servers.rs"]
mod servers;

use rustls::version::TLS12;
use rustls::version::TLS13;

use crate::clients::Kind;
use crate::cost::ROUNDS;
use crate::servers::Key;
use crate::servers::Scene;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [cost::ONLY, kind, rounds] => cost::only(Kind::named(kind), rounds.parse().unwrap()),
        [memory::MEMORY, kind] => memory::print(Kind::named(kind), &Scene::criterion()),
        [rounds] => conduct(rounds.parse().unwrap()),
        _ => conduct(ROUNDS),
    }
}

fn conduct(rounds: u32) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load before: {}", load.trim());
    for (name, scene) in [
        ("TLS 1.3, X25519, AES-128-GCM, RSA-2048", Scene::criterion()),
        ("TLS 1.3 as the libraries like it, P-256", Scene::new(&TLS13, Key::P256)),
        ("TLS 1.2 as the libraries like it, RSA-2048", Scene::new(&TLS12, Key::Rsa2048)),
    ] {
        println!("\n{name}");
        cost::table(&scene, rounds);
    }
    println!("\ninstructions per handshake (callgrind), as in the first table");
    cost::instructions();
    println!("\nmemory per connection in flight, as in the first table");
    for kind in [Kind::Ours, Kind::OursModern, Kind::Rustls, Kind::Openssl] {
        memory::in_a_process(kind);
    }
}
