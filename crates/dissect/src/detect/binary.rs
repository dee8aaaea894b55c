//! First bytes of protocols that are not ours and have no lines.

use tlscensus_dialog::BinaryOpening;
use tlscensus_dialog::DATABASE_OPENINGS;
use tlscensus_dialog::Fit;
use tlscensus_dialog::TELNET_OPENING;

use super::View;
use super::votes::Votes;
use crate::findings::Foreign;

/// What a client's first bytes say, if it has no lines, or may have none.
pub(super) fn client(bytes: &[u8], view: View) -> Option<Votes> {
    votes(&CLIENTS, bytes, view)
}

/// What a server's first bytes say, if it has no lines, or may have none.
pub(super) fn server(bytes: &[u8], view: View) -> Option<Votes> {
    votes(&SERVERS, bytes, view)
}

fn votes(openings: &[(BinaryOpening, Foreign)], bytes: &[u8], view: View) -> Option<Votes> {
    if !view.whole || opens_as_lines_do(bytes) {
        return None;
    }
    let found = openings.iter().find(|(opening, _)| opening.fits(bytes) == Fit::Yes);
    if let Some((_, foreign)) = found {
        return Some(Votes::not_ours(*foreign));
    }
    // However they are split: what may yet be one of these is not judged before.
    let mut openings = openings.iter();
    let may_be = openings.any(|(opening, _)| opening.fits(bytes) == Fit::MayBe);
    (may_be && !view.last).then(Votes::too_little)
}

/// Each opening has a byte among its first three that no text has.
const fn opens_as_lines_do(bytes: &[u8]) -> bool {
    matches!(bytes, [b' '..=b'~', b' '..=b'~', b' '..=b'~', ..])
}

const fn is(byte: u8) -> (u8, u8) {
    BinaryOpening::is(byte)
}

const ANY: (u8, u8) = BinaryOpening::ANY;

const CLIENTS: [(BinaryOpening, Foreign); 4] = [
    // TPKT (RFC 1006) with a connection request (X.224).
    (BinaryOpening(&[is(3), is(0), ANY, ANY, ANY, is(0xe0)]), Foreign::Rdp),
    (TELNET_OPENING, Foreign::Telnet),
    // PostgreSQL's SSLRequest and StartupMessage.
    (
        BinaryOpening(&[is(0), is(0), is(0), is(8), is(4), is(0xd2), is(0x16), is(0x2f)]),
        Foreign::Database,
    ),
    (BinaryOpening(&[is(0), is(0), ANY, ANY, is(0), is(3), is(0), is(0)]), Foreign::Database),
];

const SERVERS: [(BinaryOpening, Foreign); 5] = {
    let [mysql, mysql_error, postgresql] = DATABASE_OPENINGS;
    [
        // TPKT with a connection confirm.
        (BinaryOpening(&[is(3), is(0), ANY, ANY, ANY, is(0xd0)]), Foreign::Rdp),
        (TELNET_OPENING, Foreign::Telnet),
        (mysql, Foreign::Database),
        (mysql_error, Foreign::Database),
        (postgresql, Foreign::Database),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    const MYSQL: &[u8] = b"J\0\0\0\n5.7.33-log\0";
    const POSTGRESQL: &[u8] = b"E\0\0\0\x5aSFATAL\0";
    const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";
    const STARTUP: &[u8] = b"\0\0\0\x54\0\x03\0\0user\0";
    const OPTIONS: &[u8] = b"\xff\xfd\x18\xff\xfd\x20";

    /// Each opening is named when it is whole, and not judged before.
    #[test]
    fn nothing_is_judged_before_it_is_whole() {
        type Reading = fn(&[u8], View) -> Option<Votes>;
        let cases: [(Reading, &[u8], usize, Foreign); 9] = [
            (server, MYSQL, 5, Foreign::Database),
            (server, b"E\0\0\0\xffj\x04Host", 5, Foreign::Database),
            (server, POSTGRESQL, 6, Foreign::Database),
            (server, b"\x03\0\0\x0b\x06\xd0\0", 6, Foreign::Rdp),
            (server, OPTIONS, 3, Foreign::Telnet),
            (client, OPTIONS, 3, Foreign::Telnet),
            (client, SSL_REQUEST, 8, Foreign::Database),
            (client, STARTUP, 8, Foreign::Database),
            (client, b"\x03\0\0\x2c\x27\xe0\0", 6, Foreign::Rdp),
        ];
        let view = View { whole: true, last: false };
        for (reading, bytes, needed, foreign) in cases {
            for end in 0..=bytes.len() {
                let expected =
                    if end < needed { Votes::too_little() } else { Votes::not_ours(foreign) };
                assert_eq!(reading(&bytes[..end], view), Some(expected), "{bytes:02x?} {end}");
            }
            let cut = &bytes[..needed - 1];
            assert_eq!(reading(cut, View { last: true, ..view }), None, "{bytes:02x?}");
            assert_eq!(reading(bytes, View { whole: false, ..view }), None, "{bytes:02x?}");
        }
        assert_eq!(server(b"220", view), None);
        assert_eq!(client(b"E", view), None);
    }

    /// What is told at a glance is told as it would be at length.
    #[test]
    fn no_opening_begins_as_lines_do() {
        for (BinaryOpening(pairs), foreign) in CLIENTS.iter().chain(&SERVERS) {
            let tells = |(least, greatest): &(u8, u8)| *greatest < b' ' || *least > b'~';
            assert!(pairs.iter().take(3).any(tells), "{foreign:?}");
        }
    }
}
