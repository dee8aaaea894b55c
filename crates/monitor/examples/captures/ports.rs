//! Protocols by their ports and off them: LMTP, submission, direct TLS of chat.

use openssl::ssl::SslContextBuilder;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::servers::ECDSA;
use crate::servers::TLS12;
use crate::servers::TLS13;
use crate::servers::session;
use crate::servers::session_with;
use crate::upgrades::SMTP_UPGRADED;
use crate::upgrades::smtp_dialogue;

pub(crate) fn cases() -> Vec<Case> {
    let recorded = session(&TLS13, Some(&ECDSA));
    let lmtp = with_port(24)
        .server("220 mda.example.org LMTP\r\n")
        .client("LHLO mta.example.org\r\n")
        .server("250-mda.example.org\r\n250-STARTTLS\r\n250 8BITMIME\r\n")
        .client("STARTTLS\r\n")
        .server("220 2.0.0 Ready\r\n");
    let smtp = |name, shows, port| {
        let told = told(smtp_dialogue(with_port(port)), &recorded.turns);
        Case::new(name, shows, &told.segments()).session(&recorded).all(SMTP_UPGRADED)
    };
    let mut cases = vec![
        Case::new("lmtp", "LHLO and STARTTLS", &told(lmtp, &recorded.turns).segments())
            .session(&recorded)
            .all(&[("protocol", "lmtp"), ("via", "lmtp"), ("starttls_state", "upgraded")])
            .expect("capabilities_before", "STARTTLS,8BITMIME"),
        smtp("submission-587", "STARTTLS in submission", 587).expect("protocol", "submission"),
        smtp("smtp-2525", "STARTTLS in SMTP on a port that many use and nobody registered", 2525)
            .expect("off_port", "false"),
    ];
    cases.extend(chat());
    cases
}

/// Direct TLS on the ports of chat: TLS 1.2 where the protocol can be read from ALPN, TLS 1.3 where the port alone tells.
fn chat() -> Vec<Case> {
    let with_alpn = |name: &'static [u8]| {
        session_with(&TLS12, Some(&ECDSA), |server, client| offer(server, client, name))
    };
    let plain = session(&TLS13, Some(&ECDSA));
    let direct = |name, shows, port, recorded, protocol| {
        Case::new(name, shows, &told(with_port(port), recorded_turns(recorded)).segments())
            .session(recorded)
            .all(&[("mode", "implicit"), ("via", "direct"), ("starttls_state", "unasked")])
            .expect("protocol", protocol)
    };
    let (client, server) = (with_alpn(b"\x0bxmpp-client"), with_alpn(b"\x0bxmpp-server"));
    vec![
        direct(
            "direct-xmpps-c2s",
            "TLS from the first byte, ALPN of a client",
            5223,
            &client,
            "xmpps-c2s",
        )
        .expect("tls_alpn", "xmpp-client"),
        direct(
            "direct-xmpps-s2s",
            "TLS from the first byte, ALPN of a server",
            5270,
            &server,
            "xmpps-s2s",
        )
        .expect("tls_alpn", "xmpp-server"),
        direct(
            "direct-ircs",
            "TLS 1.3 from the first byte on the port of IRC",
            6697,
            &plain,
            "ircs",
        ),
        direct(
            "direct-tls-off-port",
            "TLS 1.3 from the first byte on a port of no service",
            40_443,
            &plain,
            "tls",
        ),
    ]
}

const fn recorded_turns(
    recorded: &crate::support::record::Recorded,
) -> &crate::support::record::Turns {
    &recorded.turns
}

fn offer(
    server: &mut SslContextBuilder,
    client: &mut SslContextBuilder,
    name: &'static [u8],
) -> Result<(), openssl::error::ErrorStack> {
    use openssl::ssl::AlpnError;
    use openssl::ssl::select_next_proto;
    client.set_alpn_protos(name)?;
    server.set_alpn_select_callback(move |_, offered| {
        select_next_proto(name, offered).ok_or(AlpnError::NOACK)
    });
    Ok(())
}
