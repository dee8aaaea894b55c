//! IRC's server side (RFC 2812, IRCv3 capability negotiation), as far as a client that joins nothing comes.

use std::io;

use super::Next;
use super::Role;
use super::command;
use crate::state::Manner;
use crate::wire::Wire;

pub(super) async fn converse(wire: &mut Wire<'_>, role: &Role<'_>) -> io::Result<Next> {
    let name = role.name;
    if role.manner == Manner::Shed && role.greets {
        wire.say("ERROR :Closing Link: (Too many connections)\r\n").await?;
        return Ok(Next::End);
    }
    let notices = role.variant.is_multiple_of(2) || role.manner == Manner::CloseAtCapabilities;
    if role.greets && notices {
        wire.say(&format!(
            ":{name} NOTICE * :*** Looking up your hostname\r\n:{name} NOTICE * :*** Found it\r\n"
        ))
        .await?;
    }
    while let Some(line) = wire.line().await? {
        let (verb, rest) = command(&line);
        if role.manner == Manner::Shed {
            wire.say("ERROR :Closing Link: (Going down)\r\n").await?;
            return Ok(Next::End);
        }
        match verb.as_str() {
            "CAP" if role.manner == Manner::CapabilitiesUnknown => {
                wire.say(&format!(":{name} 421 * CAP :Unknown command\r\n")).await?;
            }
            "CAP" if rest.to_ascii_uppercase().starts_with("LS") => {
                if role.manner == Manner::CloseAtCapabilities {
                    return Ok(Next::End);
                }
                wire.say(&capabilities(role)).await?;
            }
            "CAP" | "NICK" | "USER" | "" => {}
            "STARTTLS" => {
                let (words, accepted) = role.answer(
                    &format!(":{name} 670 * :STARTTLS successful, go ahead\r\n"),
                    ":middle NOTICE * :said by somebody in the middle\r\n",
                    &format!(":{name} 691 * :STARTTLS failed (no TLS here)\r\n"),
                    &format!(":{name} 691 * :STARTTLS failed (not for you)\r\n"),
                    &format!(":{name} 421 * STARTTLS :Unknown command\r\n"),
                );
                if accepted {
                    wire.say_at_once(words.as_bytes()).await?;
                    return Ok(Next::Upgrade);
                }
                wire.say(&words).await?;
            }
            "PING" => wire.say(&format!(":{name} PONG {name} {rest}\r\n")).await?,
            "QUIT" => {
                wire.say("ERROR :Closing Link: (Quit)\r\n").await?;
                return Ok(Next::End);
            }
            _ => {
                wire.say(&format!(":{name} 451 * :You have not registered\r\n")).await?;
            }
        }
    }
    Ok(Next::End)
}

fn capabilities(role: &Role<'_>) -> String {
    let name = role.name;
    let mut last = vec!["server-time".to_owned()];
    if !role.offers.listed.is_empty() {
        last.push(format!("sasl={}", role.offers.listed.join(",")));
    }
    if role.offers_upgrade() {
        last.push("tls".to_owned());
    }
    let last = last.join(" ");
    match role.variant % 3 {
        0 => {
            format!(":{name} CAP * LS * :multi-prefix away-notify\r\n:{name} CAP * LS :{last}\r\n")
        }
        _ => format!(":{name} CAP * LS :multi-prefix {last}\r\n"),
    }
}
