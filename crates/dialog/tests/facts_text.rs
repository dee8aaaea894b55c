//! Facts as lines that a person reads and writes: one per fact, all of them, those that say nothing left out.

use tlscensus_dialog::Capabilities;
use tlscensus_dialog::Ending;
use tlscensus_dialog::Facts;
use tlscensus_dialog::LooksLike;
use tlscensus_dialog::MechanismSource;
use tlscensus_dialog::Offer;
use tlscensus_dialog::Outcome;
use tlscensus_dialog::Phase;
use tlscensus_dialog::Reading;
use tlscensus_dialog::Source;
use tlscensus_dialog::Starttls;

/// All facts.
pub(crate) fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(greeting) = &facts.greeting {
        lines.push(format!("greeting: {}", escape(greeting)));
    }
    if let Some(speaks) = facts.speaks {
        lines.push(format!("speaks: {}", if speaks { "yes" } else { "no" }));
    }
    reading("before", &facts.before, &mut lines);
    if let Some(starttls) = starttls(&facts.starttls) {
        lines.push(format!("starttls: {starttls}"));
    }
    for (name, bytes) in
        [("leftover", &facts.leftover), ("client leftover", &facts.client_leftover)]
    {
        if !bytes.is_empty() {
            lines.push(format!("{name}: {}", escape(bytes)));
        }
    }
    reading("after", &facts.after, &mut lines);
    for (name, text) in
        [("plaintext auth", &facts.plaintext_auth), ("peer domain", &facts.peer_domain)]
    {
        if let Some(text) = text {
            lines.push(format!("{name}: {text}"));
        }
    }
    if let Some(ending) = &facts.ending {
        lines.push(format!("ending: {}", self::ending(ending)));
    }
    lines
}

fn reading(when: &str, reading: &Reading, lines: &mut Vec<String>) {
    match reading {
        Reading::Unreached => {}
        Reading::Unasked => lines.push(format!("{when}: unasked")),
        Reading::NotUnderstood => lines.push(format!("{when}: not understood")),
        Reading::Read(list) => {
            lines.push(format!("{when}: {}", source(list.source)));
            capabilities(when, list, lines);
        }
    }
}

fn capabilities(when: &str, list: &Capabilities, lines: &mut Vec<String>) {
    for same in list.lines.chunk_by(|a, b| a == b) {
        let times = match same.len() {
            1 => String::new(),
            times => format!(" {times} times"),
        };
        lines.push(format!("{when} lists{times}: {}", escape(&same[0])));
    }
    for same in list.mechanisms.chunk_by(|a, b| a.source == b.source) {
        let names: Vec<_> = same.iter().map(|mechanism| mechanism.name.as_str()).collect();
        let form = match same[0].source {
            MechanismSource::ApopBanner => " in the banner",
            MechanismSource::Listed => "",
            MechanismSource::OldForm => " in the old form",
            MechanismSource::Sasl2 => " for SASL2",
            MechanismSource::UserCapability => " as a capability",
        };
        lines.push(format!("{when} mechanisms{form}: {}", names.join(" ")));
    }
    if !list.channel_bindings.is_empty() {
        let names = list.channel_bindings.join(" ");
        lines.push(format!("{when} channel bindings: {names}"));
    }
    match list.starttls {
        Offer::Mangled => lines.push(format!("{when} offers: starttls mangled")),
        Offer::No => {}
        Offer::Required => lines.push(format!("{when} offers: starttls required")),
        Offer::Yes => lines.push(format!("{when} offers: starttls")),
    }
    if list.login_disabled {
        lines.push(format!("{when} disables login"));
    }
    if let Some(sts) = &list.sts {
        lines.push(format!("{when} sts: {sts}"));
    }
    if list.truncated {
        lines.push(format!("{when} is truncated"));
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Capa => "capa",
        Source::Capability => "capability",
        Source::CapLs => "cap ls",
        Source::Ehlo => "ehlo",
        Source::Features => "features",
        Source::Greeting => "greeting",
        Source::Helo => "helo",
    }
}

fn starttls(starttls: &Starttls) -> Option<String> {
    Some(match starttls {
        Starttls::Unreached => return None,
        Starttls::Unasked => "unasked".to_owned(),
        Starttls::NotOffered => "not offered".to_owned(),
        Starttls::OfferedMangled => "offered mangled".to_owned(),
        Starttls::OfferedUnused => "offered unused".to_owned(),
        Starttls::ReplyUnseen => "reply unseen".to_owned(),
        Starttls::Refused(words) => format!("refused: {}", escape(words)),
        Starttls::Malformed => "malformed".to_owned(),
        Starttls::Accepted => "accepted".to_owned(),
    })
}

fn ending(ending: &Ending) -> String {
    let phase = match ending.phase {
        Phase::Greeting => "greeting",
        Phase::Capabilities => "capabilities",
        Phase::Starttls => "starttls",
        Phase::AfterTls => "after-tls",
    };
    let outcome = match ending.outcome {
        Outcome::Accepted => "accepted",
        Outcome::AcceptedWithLeftover => "accepted-with-leftover",
        Outcome::Closed => "closed",
        Outcome::HungUpPolitely => "hung-up-politely",
        Outcome::Malformed => "malformed",
        Outcome::NotOffered => "not-offered",
        Outcome::NotThisProtocol => "not-this-protocol",
        Outcome::NotUnderstood => "not-understood",
        Outcome::OfferedMangled => "offered-mangled",
        Outcome::Ok => "ok",
        Outcome::OverBytes => "over-bytes",
        Outcome::Refused => "refused",
        Outcome::Reset => "reset",
        Outcome::Shed => "shed",
        Outcome::Silent => "silent",
        Outcome::TimedOut => "timeout",
        Outcome::TlsSpoken => "tls-spoken",
    };
    let looks = match ending.looks_like {
        None => "",
        Some(LooksLike::Database) => " but a database",
        Some(LooksLike::Ftp) => " but ftp",
        Some(LooksLike::Http) => " but http",
        Some(LooksLike::Imap) => " but imap",
        Some(LooksLike::Irc) => " but irc",
        Some(LooksLike::Pop3) => " but pop3",
        Some(LooksLike::Smtp) => " but smtp",
        Some(LooksLike::Ssh) => " but ssh",
        Some(LooksLike::Telnet) => " but telnet",
        Some(LooksLike::Tls) => " but tls",
        Some(LooksLike::Unknown) => " but unknown",
        Some(LooksLike::Xmpp) => " but xmpp",
    };
    let detail = match ending.detail.as_slice() {
        [] => String::new(),
        detail => format!(": {}", escape(detail)),
    };
    format!("{phase} {outcome}{looks}{detail}")
}

/// Printable ASCII as it is, the rest as the escapes of a transcript; long runs of one byte as `\{A*1000}`.
pub(crate) fn escape(bytes: &[u8]) -> String {
    const RUN: usize = 32;
    let mut text = String::new();
    for run in bytes.chunk_by(|a, b| a == b) {
        let one = match run[0] {
            b'\r' => "\\r".to_owned(),
            b'\n' => "\\n".to_owned(),
            b'\t' => "\\t".to_owned(),
            0 => "\\0".to_owned(),
            b'\\' => "\\\\".to_owned(),
            byte @ 0x20..=0x7e => char::from(byte).to_string(),
            byte => format!("\\x{byte:02x}"),
        };
        match run.len() {
            RUN.. => text.push_str(&format!("\\{{{one}*{}}}", run.len())),
            times => text.push_str(&one.repeat(times)),
        }
    }
    text
}
