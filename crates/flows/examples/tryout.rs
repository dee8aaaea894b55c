//! Temporary.
use tlscensus_flows::*;
struct L {
    text: String,
}
impl Listener for L {
    fn hear(&mut self, f: Sender, _: Time, b: &[u8]) -> Appetite {
        self.text += &format!("{}{} ", if f == Sender::Opener { ">" } else { "<" }, b.len());
        Appetite::More
    }
    fn miss(&mut self, f: Sender, _: Time, b: u64) -> Appetite {
        self.text += &format!("{}-{} ", if f == Sender::Opener { ">" } else { "<" }, b);
        Appetite::More
    }
    fn finish(&mut self, f: Sender, _: Time) -> Appetite {
        self.text += if f == Sender::Opener { ">. " } else { "<. " };
        Appetite::More
    }
}
struct A;
impl Audience for A {
    type Listener = L;
    fn opened(&mut self, _: &Opened) -> L {
        L { text: String::new() }
    }
    fn done(&mut self, l: L, s: &Summary) {
        let t: String = l.text.chars().take(150).collect();
        println!(
            "  {} > {} {:?} mid={} {} o={:?} r={:?} {t}",
            s.opened.opener,
            s.opened.responder,
            s.end,
            s.opened.midstream,
            s.history,
            (s.opener.packets, s.opener.bytes, s.opener.missed, s.opener.conflicting),
            (s.responder.packets, s.responder.bytes, s.responder.missed, s.responder.conflicting)
        );
    }
}
fn main() {
    for p in std::env::args().skip(1) {
        let d = std::fs::read(&p).unwrap();
        println!("{p}");
        let magic = u32::from_le_bytes(d[..4].try_into().unwrap());
        let (be, ns) = match magic {
            0xa1b2c3d4 => (false, false),
            0xa1b23c4d => (false, true),
            0xd4c3b2a1 => (true, false),
            0x4d3cb2a1 => (true, true),
            _ => {
                println!("  not classic");
                continue;
            }
        };
        let g = |o: usize| {
            let b: [u8; 4] = d[o..o + 4].try_into().unwrap();
            if be { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
        };
        let link = LinkType(g(20) & 0xffff);
        let mut t = FlowTable::new(Settings::default(), [1, 2]);
        let mut o = 24;
        while o + 16 <= d.len() {
            let (s, u, c, w) = (g(o), g(o + 4), g(o + 8) as usize, g(o + 12));
            if o + 16 + c > d.len() {
                println!("  cut file");
                break;
            }
            let at = Time(i64::from(s) * 1_000_000 + i64::from(if ns { u / 1000 } else { u }));
            t.frame(
                &mut A,
                &Frame { at, link_type: link, bytes: &d[o + 16..o + 16 + c], wire_length: w },
            );
            o += 16 + c;
        }
        t.stop(&mut A);
        let n: Vec<String> = t
            .statistics()
            .named()
            .filter(|(_, v)| *v > 0)
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        println!("  link={} {}", link.0, n.join(" "));
    }
}
