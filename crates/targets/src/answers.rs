//! Lists of those who answered, as other scanners write them: ZMap's CSV and masscan's list.

use std::net::IpAddr;

use crate::Problem;
use crate::target::port;

/// Which field of a CSV is which, by its header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    address: usize,
    /// Where there is one: `sport`, which the answer came from, before `dport`.
    pub(crate) port: Option<usize>,
}

impl Header {
    /// Reads a first line; `None` where it is no header with the field `saddr`.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let place = |wanted: &str| fields(line).position(|field| field == wanted);
        Some(Self { address: place("saddr")?, port: place("sport").or_else(|| place("dport")) })
    }

    /// The address of a line.
    pub(crate) fn address(self, line: &str) -> Result<IpAddr, Problem> {
        let text = fields(line).nth(self.address).ok_or(Problem::Column)?;
        text.parse().map_err(|_| Problem::Address)
    }

    /// The address of a line and its port.
    pub(crate) fn pair(self, line: &str) -> Result<(IpAddr, u16), Problem> {
        let place = self.port.ok_or(Problem::Pair)?;
        let text = fields(line).nth(place).ok_or(Problem::Column)?;
        Ok((self.address(line)?, port(text)?))
    }
}

/// Quotes are taken off. A comma within quotes is none of ZMap's: it quotes names and numbers.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|field| {
        let field = field.trim();
        field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).unwrap_or(field)
    })
}

/// A line of masscan's `-oL`: `open tcp 25 192.0.2.1 1700000000`. `None` where it is none, and nobody where the port was closed.
pub(crate) fn listed(line: &str) -> Option<Result<Option<(IpAddr, u16)>, Problem>> {
    let mut words = line.split_ascii_whitespace();
    let open = match words.next()? {
        "open" | "banner" => true,
        "closed" => false,
        _ => return None,
    };
    let (_transport, digits, address) = (words.next()?, words.next()?, words.next()?);
    if !open {
        return Some(Ok(None));
    }
    let address = address.parse().map_err(|_| Problem::Address);
    Some(address.and_then(|address| Ok(Some((address, port(digits)?)))))
}
