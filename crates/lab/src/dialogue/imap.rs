//! IMAP's server side (RFC 9051, RFC 3501), as far as a client that logs nobody in comes.

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
        let (tag, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let (verb, _) = command(rest);
        match verb.as_str() {
            "CAPABILITY" if role.manner == Manner::CloseAtCapabilities => return Ok(Next::End),
            _ if role.manner == Manner::Shed => {
                wire.say("* BYE Server is shutting down\r\n").await?;
                return Ok(Next::End);
            }
            "CAPABILITY" => {
                let chatter = chatter(role);
                let list = capabilities(role);
                wire.say(&format!("{chatter}* {list}\r\n{tag} OK done\r\n")).await?;
            }
            "STARTTLS" => {
                let (words, accepted) = role.answer(
                    &format!("{tag} OK Begin TLS negotiation now\r\n"),
                    "* CAPABILITY IMAP4rev1 AUTH=MIDDLE\r\n",
                    &format!("{tag} NO TLS is not available\r\n"),
                    &format!("{tag} BAD TLS is not for you\r\n"),
                    &format!("{tag} BAD Unknown command\r\n"),
                );
                if accepted {
                    wire.say_at_once(words.as_bytes()).await?;
                    return Ok(Next::Upgrade);
                }
                wire.say(&words).await?;
            }
            "ID" => {
                let name = role.name;
                wire.say(&format!("* ID (\"name\" \"{name}\")\r\n{tag} OK\r\n")).await?;
            }
            "NOOP" => wire.say(&format!("{tag} OK nothing\r\n")).await?,
            "LOGOUT" => {
                wire.say(&format!("* BYE Logging out\r\n{tag} OK done\r\n")).await?;
                return Ok(Next::End);
            }
            _ => wire.say(&format!("{tag} BAD Unknown command\r\n")).await?,
        }
    }
    Ok(Next::End)
}

fn greeting(role: &Role<'_>) -> String {
    let name = role.name;
    if role.manner == Manner::Shed {
        return "* BYE Too many connections\r\n".to_owned();
    }
    match role.variant % 2 {
        0 if role.manner != Manner::CloseAtCapabilities => {
            format!("* OK [{}] {name} ready.\r\n", capabilities(role))
        }
        _ => format!("* OK {name} ready.\r\n"),
    }
}

/// Untagged lines that have nothing to do with the question.
fn chatter(role: &Role<'_>) -> &'static str {
    match role.variant % 3 {
        0 => "* OK Still here\r\n",
        _ => "",
    }
}

fn capabilities(role: &Role<'_>) -> String {
    let mut atoms: Vec<String> =
        ["CAPABILITY", "IMAP4rev1", "SASL-IR", "ID", "IDLE"].map(str::to_owned).to_vec();
    if role.offers_upgrade() {
        atoms.push("STARTTLS".to_owned());
    }
    if role.offers.login_disabled {
        atoms.push("LOGINDISABLED".to_owned());
    }
    atoms.extend(role.offers.listed.iter().map(|name| format!("AUTH={name}")));
    atoms.join(" ")
}
