//! Routes as `tlscensus prefixes` prints them, read back line by line.

use ipnet::IpNet;
use serde_json::Value;

use crate::LineError;
use crate::Problem;
use crate::mrt::Route;
use crate::target::excerpt;
use crate::target::text_of;

/// Reads lines of a list of prefixes with the systems that announce them.
///
/// | line | format |
/// |---|---|
/// | `192.0.2.0/24 # AS64500, AS64501`, `192.0.2.0/24` | list; a comment of any other kind says nothing of a system |
/// | `192.0.2.0/24,64500 64501` behind the line `prefix,origins` | CSV |
/// | `{"prefix":"192.0.2.0/24","origins":[64500,64501]}` | JSON |
#[derive(Clone, Debug, Default)]
pub struct RouteParser {
    number: u64,
    csv: bool,
}

impl RouteParser {
    /// At the start of a list.
    pub fn new() -> Self {
        Self::default()
    }

    /// The route of the next line, its end cut off or not; `None` for a blank, a comment or the header.
    ///
    /// # Errors
    /// A [`LineError`] for this line; the next one can be read all the same.
    pub fn line(&mut self, bytes: &[u8]) -> Result<Option<Route>, LineError> {
        self.number += 1;
        let number = self.number;
        self.read(bytes).map_err(|problem| LineError { number, text: excerpt(bytes), problem })
    }

    fn read(&mut self, bytes: &[u8]) -> Result<Option<Route>, Problem> {
        if bytes.len() > MAX_ROUTE_LINE {
            return Err(Problem::LineTooLong);
        }
        let line = text_of(bytes, self.number)?;
        if self.number == 1 && line == CSV_HEADER {
            self.csv = true;
            return Ok(None);
        }
        if line.starts_with('{') {
            return json(line).map(Some);
        }
        if self.csv {
            let (prefix, origins) = line.split_once(',').ok_or(Problem::Prefix)?;
            let origins = origins.split_ascii_whitespace().map(origin).collect::<Result<_, _>>()?;
            return Ok(Some(Route { prefix: network(prefix)?, origins }));
        }
        let (prefix, comment) = line.split_once('#').unwrap_or((line, ""));
        if prefix.trim().is_empty() {
            return Ok(None);
        }
        Ok(Some(Route { prefix: network(prefix)?, origins: announced(comment) }))
    }
}

fn network(text: &str) -> Result<IpNet, Problem> {
    let prefix: IpNet = text.trim().parse().map_err(|_| Problem::Prefix)?;
    if prefix.addr() == prefix.network() { Ok(prefix) } else { Err(Problem::Prefix) }
}

fn origin(text: &str) -> Result<u32, Problem> {
    text.parse().map_err(|_| Problem::Origin)
}

/// The systems of a comment that is nothing but a list of them.
fn announced(comment: &str) -> Vec<u32> {
    let system = |text: &str| text.trim().strip_prefix("AS")?.parse().ok();
    comment.split(',').map(system).collect::<Option<_>>().unwrap_or_default()
}

fn json(line: &str) -> Result<Route, Problem> {
    let row: Value = serde_json::from_str(line).map_err(|_| Problem::Prefix)?;
    let prefix = row.get("prefix").and_then(Value::as_str).ok_or(Problem::Prefix)?;
    let origins = match row.get("origins") {
        None => Vec::new(),
        Some(origins) => origins
            .as_array()
            .and_then(|origins| origins.iter().map(json_origin).collect())
            .ok_or(Problem::Origin)?,
    };
    Ok(Route { prefix: network(prefix)?, origins })
}

fn json_origin(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

const CSV_HEADER: &str = "prefix,origins";

/// A prefix with a thousand systems, which is as many as are kept of one.
const MAX_ROUTE_LINE: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(list: &str) -> Vec<String> {
        let mut parser = RouteParser::new();
        let mut told = Vec::new();
        for line in list.lines() {
            match parser.line(line.as_bytes()) {
                Ok(Some(Route { prefix, origins })) => told.push(format!("{prefix} {origins:?}")),
                Ok(None) => {}
                Err(error) => told.push(format!("{} {:?}", error.number, error.problem)),
            }
        }
        told
    }

    #[test]
    fn each_format_reads_as_the_same_routes() {
        let expected =
            ["192.0.2.0/24 [64500]", "198.51.100.0/24 []", "2001:db8::/32 [64501, 4200000000]"];
        for list in [
            "192.0.2.0/24 # AS64500\n198.51.100.0/24\n2001:db8::/32 # AS64501, AS4200000000",
            "\u{feff}# routes\n\n  192.0.2.0/24# AS64500\r\n198.51.100.0/24 # a comment\n\
             2001:db8::/32 # AS64501,AS4200000000\n# end",
            "prefix,origins\n192.0.2.0/24,64500\n198.51.100.0/24,\n2001:db8::/32,64501 4200000000",
            "{\"origins\":[64500],\"prefix\":\"192.0.2.0/24\"}\n\
             {\"prefix\":\"198.51.100.0/24\",\"origins\":[]}\n\
             {\"origins\":[64501,4200000000],\"prefix\":\"2001:db8::/32\"}",
        ] {
            assert_eq!(routes(list), expected, "{list}");
        }
    }

    #[test]
    fn what_is_no_route_is_an_error_of_its_line() {
        let cases = [
            ("192.0.2.1/24", "1 Prefix"),
            ("192.0.2.0", "1 Prefix"),
            ("prefix,origins\n192.0.2.0/24", "2 Prefix"),
            ("prefix,origins\n192.0.2.0/24,AS1", "2 Origin"),
            ("prefix,origins\n192.0.2.0/24,4294967296", "2 Origin"),
            ("{\"prefix\":\"192.0.2.0/24\",\"origins\":[-1]}", "1 Origin"),
            ("{\"prefix\":\"192.0.2.0/24\"", "1 Prefix"),
            ("{\"origins\":[1]}", "1 Prefix"),
        ];
        for (list, expected) in cases {
            assert_eq!(routes(list), [expected], "{list}");
        }
        let long = [b' '; MAX_ROUTE_LINE + 1];
        let error = RouteParser::new().line(&long).expect_err("too long");
        assert_eq!(error.problem, Problem::LineTooLong);
        let error = RouteParser::new().line(b"192.0.2.0/24 # \xff").expect_err("not text");
        assert_eq!(error.problem, Problem::NotText);
    }
}
