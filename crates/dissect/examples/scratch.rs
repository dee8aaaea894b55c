//! scratch
use std::net::*;
use tlscensus_dissect::*;
use tlscensus_flows::*;
fn main() {
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut port = 0;
        let mut calls = vec![];
        for line in text.lines() {
            if let Some(p) = line.strip_prefix("port ") {
                port = p.parse().unwrap();
            }
            let (s, h) = match line.split_once(' ') {
                Some(("C", h)) => (Sender::Opener, h),
                Some(("S", h)) => (Sender::Responder, h),
                _ => continue,
            };
            let b: Vec<u8> = (0..h.len() / 2)
                .map(|i| u8::from_str_radix(&h[2 * i..2 * i + 2], 16).unwrap())
                .collect();
            calls.push((s, b));
        }
        let opened = Opened {
            number: 0,
            at: Time(0),
            opener: SocketAddr::from(([10, 9, 8, 7], 4000)),
            responder: SocketAddr::from(([10, 9, 8, 6], port)),
            midstream: false,
        };
        let mut d = Dissector::new(&opened);
        let mut n = 0;
        let mut enough = false;
        for (s, b) in &calls {
            n += 1;
            if d.hear(*s, Time(0), b) == Appetite::Enough {
                enough = true;
                break;
            }
        }
        let has = |s| calls.iter().any(|c| c.0 == s);
        let c =
            |s| if has(s) { Counts { packets: 1, ..Counts::default() } } else { Counts::default() };
        let f = d.findings(&Summary {
            opened,
            last: Time(0),
            opener: c(Sender::Opener),
            responder: c(Sender::Responder),
            syn: true,
            syn_ack: true,
            history: String::new(),
            end: End::Finished,
        });
        print!("{file}: port {port} calls {n}/{} enough {enough}: ", calls.len());
        match f {
            Findings::NotOurs(x) => println!("NOT {}", x.word()),
            Findings::Ours(o) => {
                let caps = |r: &tlscensus_dialog::Reading| match r {
                    tlscensus_dialog::Reading::Read(l) => l
                        .lines
                        .iter()
                        .map(|l| String::from_utf8_lossy(l).into_owned())
                        .collect::<Vec<_>>()
                        .join("|"),
                    o => format!("{o:?}"),
                };
                println!(
                    "{:?} {:?} {:?} auth {:?} stopped {:?} goahead {:?} tls {} behind {:?}\n     before {}\n     earlier {:?}\n     greeting {:?} ending {:?}",
                    o.spoken,
                    o.facts.speaks,
                    o.facts.starttls,
                    o.plaintext_auth,
                    o.stopped,
                    o.go_ahead,
                    o.tls.is_some(),
                    o.plaintext_behind,
                    caps(&o.facts.before),
                    o.facts.earlier.iter().map(|l| l.lines.len()).collect::<Vec<_>>(),
                    o.facts.greeting.as_ref().map(|g| String::from_utf8_lossy(g).into_owned()),
                    o.facts.ending.as_ref().map(|e| (
                        e.phase,
                        e.outcome,
                        String::from_utf8_lossy(&e.detail).into_owned()
                    ))
                )
            }
        }
    }
}
