//! The fields of ZMap's CSV that say whom to visit.

use std::net::IpAddr;

use crate::Problem;
use crate::target::port;

/// Which field is which, by the header.
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

/// Quotes are taken off; none of the fields that are read can have a comma in them, and those of ZMap that could come behind.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|field| {
        let field = field.trim();
        field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).unwrap_or(field)
    })
}
