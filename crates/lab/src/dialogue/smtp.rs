//! SMTP's server side (RFC 5321, RFC 3207), as far as a client that sends no mail comes.

use std::io;

use super::Next;
use super::Role;
use super::command;
use crate::state::Manner;
use crate::state::Upgrade;
use crate::wire::Wire;

pub(super) async fn converse(wire: &mut Wire<'_>, role: &Role<'_>) -> io::Result<Next> {
    let name = role.name;
    if role.manner == Manner::Shed && role.greets {
        wire.say(&format!("421 4.7.0 {name} Too many connections\r\n")).await?;
        return Ok(Next::End);
    }
    if role.greets {
        wire.say(&greeting(role)).await?;
    }
    while let Some(line) = wire.line().await? {
        let (verb, _) = command(&line);
        if role.manner == Manner::Shed {
            wire.say(&format!("421 4.3.2 {name} Shutting down\r\n")).await?;
            return Ok(Next::End);
        }
        match verb.as_str() {
            "EHLO" if role.manner == Manner::CloseAtCapabilities => return Ok(Next::End),
            "EHLO" if role.manner == Manner::CapabilitiesUnknown => {
                wire.say("502 5.5.1 Command not implemented\r\n").await?;
            }
            "EHLO" => wire.say(&capabilities(role)).await?,
            "HELO" => wire.say(&format!("250 {name}\r\n")).await?,
            "STARTTLS" => {
                let (words, accepted) = role.answer(
                    "220 2.0.0 Ready to start TLS\r\n",
                    "250 2.0.0 said by somebody in the middle\r\n",
                    "454 4.7.0 TLS not available due to local problem\r\n",
                    "554 5.7.3 TLS is not for you\r\n",
                    "502 5.5.1 Command not implemented\r\n",
                );
                if accepted {
                    wire.say_at_once(words.as_bytes()).await?;
                    return Ok(Next::Upgrade);
                }
                wire.say(&words).await?;
            }
            "NOOP" | "RSET" => wire.say("250 2.0.0 Ok\r\n").await?,
            "QUIT" => {
                wire.say("221 2.0.0 Bye\r\n").await?;
                return Ok(Next::End);
            }
            _ => wire.say("500 5.5.2 Command not recognized\r\n").await?,
        }
    }
    Ok(Next::End)
}

fn greeting(role: &Role<'_>) -> String {
    let name = role.name;
    match role.variant % 3 {
        0 => format!("220-{name} ESMTP\r\n220-No mail is taken here\r\n220 Go on\r\n"),
        1 => format!("220 {name}\r\n"),
        _ => format!("220 {name} ESMTP Postfix (Debian/GNU)\r\n"),
    }
}

fn capabilities(role: &Role<'_>) -> String {
    let mut lines = vec![format!("{} greets you", role.name), "PIPELINING".to_owned()];
    lines.push("SIZE 10240000".to_owned());
    if role.offers_upgrade() {
        lines.push("STARTTLS".to_owned());
    } else if role.upgrade == Upgrade::Mangle && !role.secured {
        lines.push("XXXXXXXA".to_owned());
    }
    if !role.offers.listed.is_empty() {
        let mechanisms = role.offers.listed.join(" ");
        lines.push(format!("AUTH {mechanisms}"));
        if role.offers.old_form {
            lines.push(format!("AUTH={mechanisms}"));
        }
    }
    lines.extend(["ENHANCEDSTATUSCODES", "8BITMIME", "DSN"].map(str::to_owned));
    let last = lines.len() - 1;
    lines
        .iter()
        .enumerate()
        .map(|(at, line)| format!("250{}{line}\r\n", if at == last { ' ' } else { '-' }))
        .collect()
}
