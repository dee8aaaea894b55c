//! POP3's server side (RFC 1939, RFC 2449, RFC 2595), as far as a client that logs nobody in comes.

use std::io;

use super::Next;
use super::Role;
use super::command;
use crate::state::Manner;
use crate::wire::Wire;

pub(super) async fn converse(wire: &mut Wire<'_>, role: &Role<'_>) -> io::Result<Next> {
    if role.greets {
        wire.say(&greeting(role)).await?;
        if role.manner == Manner::Shed {
            return Ok(Next::End);
        }
    }
    while let Some(line) = wire.line().await? {
        let (verb, _) = command(&line);
        match verb.as_str() {
            "CAPA" if role.manner == Manner::CloseAtCapabilities => return Ok(Next::End),
            "CAPA" if role.manner == Manner::CapabilitiesUnknown => {
                wire.say("-ERR Unknown command\r\n").await?;
            }
            "CAPA" => wire.say(&capabilities(role)).await?,
            "STLS" => {
                let (words, accepted) = role.answer(
                    "+OK Begin TLS negotiation now.\r\n",
                    "+OK said by somebody in the middle\r\n",
                    "-ERR TLS is not available\r\n",
                    "-ERR TLS is not for you\r\n",
                    "-ERR Unknown command\r\n",
                );
                if accepted {
                    wire.say_at_once(words.as_bytes()).await?;
                    return Ok(Next::Upgrade);
                }
                wire.say(&words).await?;
            }
            "NOOP" => wire.say("+OK\r\n").await?,
            "QUIT" => {
                wire.say("+OK Logging out\r\n").await?;
                return Ok(Next::End);
            }
            _ => wire.say("-ERR Unknown command\r\n").await?,
        }
    }
    Ok(Next::End)
}

fn greeting(role: &Role<'_>) -> String {
    let name = role.name;
    if role.manner == Manner::Shed {
        return "-ERR [SYS/TEMP] Too many connections\r\n".to_owned();
    }
    if role.offers.apop {
        let stamp = role.variant % 1_000_000;
        return format!("+OK POP3 server ready <{stamp}.697170952@{name}>\r\n");
    }
    format!("+OK {name} ready.\r\n")
}

fn capabilities(role: &Role<'_>) -> String {
    let mut lines = vec!["TOP", "UIDL", "RESP-CODES", "PIPELINING"];
    if role.offers_upgrade() {
        lines.push("STLS");
    }
    if role.offers.user {
        lines.push("USER");
    }
    let mechanisms = format!("SASL {}", role.offers.listed.join(" "));
    if !role.offers.listed.is_empty() {
        lines.push(&mechanisms);
    }
    format!("+OK\r\n{}\r\n.\r\n", lines.join("\r\n"))
}
