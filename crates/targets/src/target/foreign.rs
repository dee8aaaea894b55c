//! Lines as other programs write them: ZMap's CSV and JSON, masscan's list, zgrab2's input.

use std::net::IpAddr;
use std::net::SocketAddr;

use serde::Deserialize;

use super::Line;
use super::Problem;
use super::Target;
use super::name;
use super::port;

/// Which field of a CSV is which, by its header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    addr: usize,
    port: Option<usize>,
}

impl Header {
    /// Reads a first line; `None` where it is no header with the field `saddr`.
    ///
    /// The port that an answer came from is its `sport`. What a SYN was sent to was this as well, and `dport` is the
    /// scanner's own: it is not read.
    pub(super) fn read(line: &str) -> Option<Self> {
        let place = |wanted: &str| fields(line).position(|field| field == wanted);
        Some(Self { addr: place("saddr")?, port: place("sport") })
    }

    /// A line under this header.
    pub(super) fn line(self, line: &str) -> Result<Line, Problem> {
        let field = |place: usize| fields(line).nth(place).ok_or(Problem::Fields);
        let addr = field(self.addr)?.parse().map_err(|_| Problem::Address)?;
        let port = self.port.map(|place| port(field(place)?)).transpose()?;
        Ok(Line::One(answered(addr, port)))
    }
}

/// The fields of a line of CSV, blanks and quotes taken off; a comma within quotes ends none. Behind a `#` without quotes is a comment.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let mut quoted = false;
        let end = rest?.find(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        let (field, behind) = match (rest?, end) {
            (line, Some(end)) => (line.get(..end)?, line.get(end + 1..)),
            (line, None) => (line, None),
        };
        rest = behind;
        let field = field.trim();
        Some(match field.strip_prefix('"') {
            Some(field) => field.strip_suffix('"').unwrap_or(field),
            None => field.split('#').next().unwrap_or_default().trim_end(),
        })
    })
}

/// A line of ZMap's JSON, an object with `saddr` and perhaps `sport`: its other fields are not read.
pub(super) fn json(line: &str) -> Result<Line, Problem> {
    #[derive(Deserialize)]
    struct Answer {
        saddr: String,
        sport: Option<u64>,
    }
    let answer: Answer = serde_json::from_str(line).map_err(|_| Problem::Json)?;
    let addr = answer.saddr.parse().map_err(|_| Problem::Address)?;
    let port = match answer.sport {
        None => None,
        Some(number) => match u16::try_from(number) {
            Ok(0) | Err(_) => return Err(Problem::Port),
            Ok(number) => Some(number),
        },
    };
    Ok(Line::One(answered(addr, port)))
}

/// A line of masscan's `-oL`: `open tcp 25 192.0.2.1 1700000000`; `None` where it is none. Nobody is at a port that was closed,
/// and none of our services at one that is not TCP's.
pub(super) fn masscan(line: &str) -> Option<Result<Line, Problem>> {
    let mut words = line.split_ascii_whitespace();
    let state = words.next().filter(|word| matches!(*word, "open" | "banner" | "closed"))?;
    let transport =
        words.next().filter(|word| matches!(*word, "tcp" | "udp" | "sctp" | "icmp" | "arp"))?;
    if state == "closed" || transport != "tcp" {
        return Some(Ok(Line::Nothing));
    }
    let mut endpoint = || {
        let port = port(words.next().ok_or(Problem::Fields)?)?;
        let addr = words.next().ok_or(Problem::Fields)?;
        let addr = addr.parse().map_err(|_| Problem::Address)?;
        Ok(Line::One(answered(addr, Some(port))))
    };
    Some(endpoint())
}

/// A line of zgrab2's input that begins with an address: `ip,domain,tag,port`, each but the first empty or not there; `None`
/// where it is none. Tags choose among zgrab2's modules, and are not read.
pub(super) fn zgrab2(line: &str) -> Option<Result<Line, Problem>> {
    let mut fields = line.split(',').map(str::trim);
    let addr: IpAddr = fields.next()?.parse().ok()?;
    let mut given = || fields.next().filter(|field| !field.is_empty());
    let (domain, _tag, digits) = (given(), given(), given());
    if domain.is_none() && digits.is_none() && !line.contains(',') {
        return None;
    }
    if fields.next().is_some() {
        return Some(Err(Problem::Fields));
    }
    let target = || {
        Ok(Line::One(Target {
            text: line.to_owned(),
            name: domain.map(name).transpose()?,
            addr: Some(addr),
            port: digits.map(port).transpose()?,
        }))
    };
    Some(target())
}

fn answered(addr: IpAddr, port: Option<u16>) -> Target {
    let text = match port {
        Some(port) => SocketAddr::new(addr, port).to_string(),
        None => addr.to_string(),
    };
    Target { text, name: None, addr: Some(addr), port }
}

#[cfg(test)]
mod tests {
    use super::super::LineParser;
    use super::*;

    /// What a list stands for, line by line.
    fn read(list: &str) -> Vec<Result<String, Problem>> {
        let mut parser = LineParser::new();
        list.lines()
            .map(|line| match parser.line(line.as_bytes()) {
                Ok(Line::Nothing) => Ok(String::new()),
                Ok(Line::One(target)) => Ok(format!(
                    "{} {} {}",
                    target.addr.map(|addr| addr.to_string()).unwrap_or_default(),
                    target.port.map(|port| port.to_string()).unwrap_or_default(),
                    target.name.unwrap_or_default()
                )),
                Ok(other) => Ok(format!("{other:?}")),
                Err(error) => Err(error.problem),
            })
            .collect()
    }

    fn check(list: &str, expected: &[Result<&str, Problem>]) {
        let expected: Vec<_> = expected.iter().map(|line| line.map(str::to_owned)).collect();
        assert_eq!(read(list), expected, "{list}");
    }

    #[test]
    fn a_csv_is_read_by_its_header_in_any_order() {
        check(
            "classification,saddr,dport,sport\nsynack,192.0.2.1,52342,25\n",
            &[Ok(""), Ok("192.0.2.1 25 ")],
        );
        check(
            "\u{feff}\"saddr\", \"success\"\r\n\"192.0.2.1\",1\n2001:db8::1,1 # why not\n",
            &[Ok(""), Ok("192.0.2.1  "), Ok("2001:db8::1  ")],
        );
        check(
            "data,sport,saddr\n\"a, # b\",25,192.0.2.1\n,,192.0.2.1\n# nothing\n\nx,25\n",
            &[
                Ok(""),
                Ok("192.0.2.1 25 "),
                Err(Problem::Port),
                Ok(""),
                Ok(""),
                Err(Problem::Fields),
            ],
        );
        // What ZMap calls dport is where its own SYNs came from.
        check("saddr,dport\n192.0.2.1,52342\n", &[Ok(""), Ok("192.0.2.1  ")]);
        check("saddr\nmail.example.net\n", &[Ok(""), Err(Problem::Address)]);
    }

    #[test]
    fn lines_of_json_are_read_by_their_names() {
        let cases = [
            ("{\"saddr\": \"192.0.2.1\", \"sport\": 25}", Ok("192.0.2.1 25 ")),
            (
                "  {\"classification\":\"synack\",\"daddr\":\"198.51.100.7\",\"x\":[{}],\"sport\":25,\"saddr\":\"2001:db8::1\"}\r",
                Ok("2001:db8::1 25 "),
            ),
            ("{\"saddr\":\"192.0.2.1\",\"sport\":null}", Ok("192.0.2.1  ")),
            ("{\"saddr\":\"192.0.2.1\",\"dport\":52342}", Ok("192.0.2.1  ")),
            ("{\"saddr\":\"192.0.2.1\",\"data\":\"#\"}", Ok("192.0.2.1  ")),
            ("{\"saddr\":\"192.0.2.1\",\"sport\":0}", Err(Problem::Port)),
            ("{\"saddr\":\"192.0.2.1\",\"sport\":65536}", Err(Problem::Port)),
            ("{\"saddr\":\"nobody\"}", Err(Problem::Address)),
            ("{\"daddr\":\"192.0.2.1\"}", Err(Problem::Json)),
            ("{\"saddr\":\"192.0.2.1\"", Err(Problem::Json)),
        ];
        for (line, expected) in cases {
            check(line, &[expected]);
        }
    }

    #[test]
    fn a_list_of_masscan_s_is_read() {
        check(
            "#masscan\nopen tcp 25 192.0.2.1 1700000000\nopen tcp 993 2001:db8::1 1700000000\nopen udp 53 192.0.2.1 1700000000\n\
             closed tcp 80 192.0.2.1 1700000000\nbanner tcp 25 192.0.2.1 1700000000 smtp 220 mx # 1\n\
             open tcp 0 192.0.2.1 1\nopen tcp 25 nobody 1\nopen tcp 25\n# end",
            &[
                Ok(""),
                Ok("192.0.2.1 25 "),
                Ok("2001:db8::1 993 "),
                Ok(""),
                Ok(""),
                Ok("192.0.2.1 25 "),
                Err(Problem::Port),
                Err(Problem::Address),
                Err(Problem::Fields),
                Ok(""),
            ],
        );
        // Names of ours.
        check("open\nopen 192.0.2.1", &[Ok("  open"), Ok("192.0.2.1  open")]);
    }

    #[test]
    fn input_of_zgrab2_is_read_and_ours_stays_ours() {
        let cases = [
            ("192.0.2.1,mail.example.net", Ok("192.0.2.1  mail.example.net")),
            ("192.0.2.1, mail.example.net, tag, 25", Ok("192.0.2.1 25 mail.example.net")),
            ("2001:db8::1,,,25", Ok("2001:db8::1 25 ")),
            ("192.0.2.1,,tag", Ok("192.0.2.1  ")),
            ("192.0.2.1,", Ok("192.0.2.1  ")),
            ("192.0.2.1,mail..example", Err(Problem::Name)),
            ("192.0.2.1,,,0", Err(Problem::Port)),
            ("192.0.2.1,,,25,x", Err(Problem::Fields)),
            ("mail.example.net,192.0.2.1,25", Ok("192.0.2.1 25 mail.example.net")),
            ("mail.example.net,192.0.2.1", Ok("192.0.2.1  mail.example.net")),
        ];
        for (line, expected) in cases {
            check(line, &[expected]);
        }
    }
}
