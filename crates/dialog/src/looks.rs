//! What a peer looks like by its first words: enough to name it in a row, no more.

use crate::LooksLike;
use crate::text;

/// What these first bytes of a server look like.
pub fn looks_like(bytes: &[u8]) -> LooksLike {
    static OPENINGS: [(&[u8], LooksLike); 15] = [
        (b"SSH-", LooksLike::Ssh),
        (b"HTTP/", LooksLike::Http),
        (b"<html", LooksLike::Http),
        (b"<!doctype", LooksLike::Http),
        (b"* OK", LooksLike::Imap),
        (b"* BYE", LooksLike::Imap),
        (b"* PREAUTH", LooksLike::Imap),
        (b"+OK", LooksLike::Pop3),
        (b"-ERR", LooksLike::Pop3),
        (b"<?xml", LooksLike::Xmpp),
        (b"<stream:", LooksLike::Xmpp),
        (b"</stream:", LooksLike::Xmpp),
        (b"ERROR :", LooksLike::Irc),
        (b"NOTICE ", LooksLike::Irc),
        (b"PING :", LooksLike::Irc),
    ];
    if is_tls(bytes) {
        return LooksLike::Tls;
    }
    if is_telnet(bytes) {
        return LooksLike::Telnet;
    }
    if is_database(bytes) {
        return LooksLike::Database;
    }
    for (opening, what) in &OPENINGS {
        if text::starts_with(bytes, opening) {
            return *what;
        }
    }
    if is_irc_message(bytes) {
        return LooksLike::Irc;
    }
    match smtp_like_code(bytes) {
        Some(code) if says_ftp(bytes) || code == 120 => LooksLike::Ftp,
        Some(220 | 421 | 450 | 451 | 500..=599) => LooksLike::Smtp,
        _ => LooksLike::Unknown,
    }
}

/// What a peer that speaks no lines begins with: for each byte the least and the greatest that it may be.
#[derive(Clone, Copy, Debug)]
pub struct BinaryOpening(pub &'static [(u8, u8)]);

/// How first bytes and a [`BinaryOpening`] go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They are that.
    Yes,
    /// They are its beginning.
    MayBe,
    /// They are something else.
    No,
}

impl BinaryOpening {
    /// How these first bytes, of which more may come, go together with it.
    pub fn fits(self, bytes: &[u8]) -> Fit {
        let mut pairs = self.0.iter().zip(bytes);
        if !pairs.all(|((least, greatest), byte)| (least..=greatest).contains(&byte)) {
            Fit::No
        } else if bytes.len() < self.0.len() {
            Fit::MayBe
        } else {
            Fit::Yes
        }
    }

    /// A place where any byte may stand.
    pub const ANY: (u8, u8) = (0, 0xff);

    /// A place where only this byte may stand.
    pub const fn is(byte: u8) -> (u8, u8) {
        (byte, byte)
    }
}

/// A Telnet option command (RFC 854): either side's first words.
pub const TELNET_OPENING: BinaryOpening =
    BinaryOpening(&[BinaryOpening::is(0xff), (0xfb, 0xfe), BinaryOpening::ANY]);

/// A database server's first words.
pub const DATABASE_OPENINGS: [BinaryOpening; 3] = {
    use BinaryOpening as Is;
    [
        // MySQL: 3-byte length, sequence 0, protocol 10 or an error packet.
        Is(&[Is::ANY, Is::ANY, Is::is(0), Is::is(0), Is::is(0x0a)]),
        Is(&[Is::ANY, Is::ANY, Is::is(0), Is::is(0), Is::is(0xff)]),
        // PostgreSQL: ErrorResponse with a 4-byte length and the severity first.
        Is(&[Is::is(b'E'), Is::is(0), Is::is(0), Is::ANY, Is::ANY, Is::is(b'S')]),
    ]
};

/// Whether a line begins with a TLS record.
pub(crate) fn opens_tls(bytes: &[u8]) -> bool {
    is_tls(bytes)
}

/// Whether a line may yet turn out to begin with a TLS record.
pub(crate) fn may_open_tls(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x14..=0x18]
            | [0x14..=0x18, 3]
            | [0x14..=0x18, 3, 0..=4]
            | [0x14..=0x18, 3, 0..=4, 0..=0x48]
    )
}

/// Where bytes at the start of a line cannot be text of ours: the length of the start that shows it.
pub(crate) fn binary_opening(bytes: &[u8]) -> Option<usize> {
    if is_tls(bytes) {
        return Some(TLS_HEADER);
    }
    is_telnet(bytes).then_some(TELNET_OPENING.0.len())
}

/// Whether these bytes are a line that may yet turn out to be the header of a TLS record, whose length begins with LF.
pub(crate) fn may_be_binary(bytes: &[u8]) -> bool {
    matches!(bytes, [0x14..=0x18, 0x03, 0x00..=0x04, b'\n'])
}

/// Whether a reply's words are FTP's, whose codes are SMTP's.
///
/// A host's name may hold the letters ("220 sftp.example.net ESMTP"), so dotted names do not count, and a text that says
/// SMTP is believed.
pub(crate) fn says_ftp(text: &[u8]) -> bool {
    let has_filezilla = text::contains(text, b"FileZilla");
    if !has_filezilla && !text::contains(text, b"ftp") {
        return false;
    }
    let words = || text.split(|byte| b" \t\r\n-()[]:,".contains(byte));
    let named =
        |needle: &[u8]| words().any(|word| text::contains(word, needle) && !is_dotted_name(word));
    (named(b"ftp") || has_filezilla) && !named(b"smtp") && !named(b"mail")
}

/// Whether a refusal speaks of FTP's log-in (RFC 959 section 5.4: 530, 331).
pub(crate) fn asks_for_ftp_login(text: &[u8]) -> bool {
    const PHRASES: [&[u8]; 3] = [b"USER and PASS", b"USER/PASS", b"login with USER"];
    says_ftp(text) || PHRASES.iter().any(|phrase| text::contains(text, phrase))
}

/// Bytes of a TLS record header (RFC 8446 section 5.1).
const TLS_HEADER: usize = 5;

fn is_tls(bytes: &[u8]) -> bool {
    // Content types 20 to 24, version 3.x, a length a record can have.
    matches!(bytes, [0x14..=0x18, 0x03, 0x00..=0x04, 0x00..=0x48, _, ..])
}

fn is_telnet(bytes: &[u8]) -> bool {
    TELNET_OPENING.fits(bytes) == Fit::Yes
}

fn is_database(bytes: &[u8]) -> bool {
    DATABASE_OPENINGS.iter().any(|opening| opening.fits(bytes) == Fit::Yes)
}

fn is_irc_message(bytes: &[u8]) -> bool {
    let line = text::trim_end(text::first_line(bytes));
    let mut words = line.split(|byte| *byte == b' ');
    let prefixed = words.next().is_some_and(|word| word.len() > 1 && word.starts_with(b":"));
    let command = words.next().unwrap_or_default();
    prefixed
        && (command.eq_ignore_ascii_case(b"NOTICE")
            || (command.len() == 3 && command.iter().all(u8::is_ascii_digit)))
}

fn smtp_like_code(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit))?;
    let separated = matches!(bytes.get(3), None | Some(b' ' | b'-' | b'\r' | b'\n'));
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(*digit - b'0'));
    separated.then_some(code)
}

fn is_dotted_name(word: &[u8]) -> bool {
    let mut labels = word.split(|byte| *byte == b'.');
    let top = labels.next_back().unwrap_or_default();
    labels.next().is_some() && top.len() > 1 && top.iter().all(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_name_the_protocol() {
        let cases: [(&[u8], LooksLike); 24] = [
            (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", LooksLike::Ssh),
            (b"HTTP/1.1 400 Bad Request\r\n", LooksLike::Http),
            (b"<!DOCTYPE HTML PUBLIC", LooksLike::Http),
            (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", LooksLike::Imap),
            (b"+OK ready\r\n", LooksLike::Pop3),
            (b"<?xml version='1.0'?><stream:stream", LooksLike::Xmpp),
            (b"ERROR :Closing Link: [192.0.2.1]\r\n", LooksLike::Irc),
            (b":irc.example.net NOTICE * :*** Looking up\r\n", LooksLike::Irc),
            (b":irc.example.net 451 * :Not registered\r\n", LooksLike::Irc),
            (b"NOTICE AUTH :*** Checking Ident\r\n", LooksLike::Irc),
            (b"220 (vsFTPd 3.0.3)\r\n", LooksLike::Ftp),
            (b"220 ProFTPD Server (Debian) [::ffff:192.0.2.1]\r\n", LooksLike::Ftp),
            (b"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n", LooksLike::Ftp),
            (b"220-FileZilla Server 0.9.60 beta\r\n", LooksLike::Ftp),
            (b"220 Microsoft FTP Service\r\n", LooksLike::Ftp),
            (b"220 sftp.example.net ready\r\n", LooksLike::Smtp),
            (b"220 ftp.example.net ESMTP Postfix\r\n", LooksLike::Smtp),
            (b"554 no service\r\n", LooksLike::Smtp),
            (b"\xff\xfd\x18\xff\xfd\x20", LooksLike::Telnet),
            (b"\x15\x03\x01\x00\x02\x02\x46", LooksLike::Tls),
            (b"J\0\0\0\n5.7.33-log\0", LooksLike::Database),
            (b"E\0\0\0\xffj\x04Host", LooksLike::Database),
            (b"200 news.example.net InterNetNews\r\n", LooksLike::Unknown),
            (b"", LooksLike::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(looks_like(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
