//! What a capture does to a session: its beginning is missing, bytes are, they come twice and differ, or late.

use tlscensus_testkit::capture::Conversation;
use tlscensus_testkit::capture::Opening;
use tlscensus_testkit::capture::Segment;
use tlscensus_testkit::capture::Side;
use tlscensus_testkit::capture::distort;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::servers::ECDSA;
use crate::servers::NAME;
use crate::servers::TLS12;
use crate::servers::session;
use crate::support::record::Recorded;
use crate::upgrades::smtp_dialogue;

/// Small segments spread a flight over many.
const SMALL: usize = 100;

pub(crate) fn cases() -> Vec<Case> {
    let recorded = session(&TLS12, Some(&ECDSA));
    let mut cases = openings(&recorded);
    cases.extend(losses(&recorded));
    cases.extend(disorder(&recorded));
    cases.extend(sides(&recorded));
    cases
}

fn imaps(recorded: &Recorded) -> Conversation {
    told(with_port(993).mss(SMALL), &recorded.turns)
}

/// The session is all there, whatever was done to its segments.
fn whole(
    name: &'static str,
    shows: &'static str,
    segments: &[Segment],
    recorded: &Recorded,
) -> Case {
    Case::new(name, shows, segments).session(recorded).all(&[
        ("protocol", "imaps"),
        ("tls_sni", NAME),
        ("missed_client", "0"),
        ("missed_server", "0"),
        ("midstream", "false"),
        ("captured", "both"),
        ("conflicting_bytes", "0"),
    ])
}

fn openings(recorded: &Recorded) -> Vec<Case> {
    let open = |opening| imaps(recorded).opening(opening).segments();
    let wide = |opening| told(with_port(993), &recorded.turns).opening(opening).segments();
    vec![
        whole(
            "tcp-hello-on-ack",
            "the hello is in the ACK of the handshake",
            &open(Opening::DataOnAck),
            recorded,
        ),
        whole(
            "tcp-fast-open",
            "the hello is in the SYN, and taken",
            &wide(Opening::FastOpen { accepted: true }),
            recorded,
        ),
        whole(
            "tcp-fast-open-refused",
            "the hello is in the SYN, is not taken and comes again",
            &wide(Opening::FastOpen { accepted: false }),
            recorded,
        ),
        whole(
            "tcp-several-syn-acks",
            "two SYN-ACKs that do not count before the one that does",
            &open(Opening::OtherSynAcks(vec![7, 0xdead_beef])),
            recorded,
        ),
        whole(
            "tcp-wrap-in-handshake",
            "both sequence numbers wrap inside the handshake",
            &imaps(recorded).initial(u32::MAX - 150, u32::MAX - 400).segments(),
            recorded,
        ),
    ]
}

fn losses(recorded: &Recorded) -> Vec<Case> {
    let segments = || imaps(recorded).segments();
    let smtp = told(smtp_dialogue(with_port(25)), &recorded.turns).segments();
    let first_of = |side| {
        let place = |one: &Segment| one.side == side && !one.payload.is_empty();
        segments().iter().position(place).expect("it speaks")
    };
    let from_server = distort::cut_start(segments(), first_of(Side::Server));
    let in_certificate = distort::cut_start(segments(), first_of(Side::Server) + 3);
    // Behind ServerHello (about 90 bytes) lies the chain.
    let in_chain = distort::gap(segments(), Side::Server, 300, 200);
    let in_request = distort::gap(smtp, Side::Client, 25, 10);
    vec![
        Case::new(
            "midstream-server-hello",
            "the capture begins with the ServerHello",
            &from_server,
        )
        .all(&[("midstream", "true"), ("tls_version", "TLS 1.2"), ("server_addr", "198.51.100.20")])
        .expect("tls_suite", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        Case::new(
            "midstream-in-chain",
            "the capture begins inside the server's chain",
            &in_certificate,
        )
        .expect("midstream", "true"),
        Case::new(
            "gap-in-chain",
            "200 bytes of the server's chain are not in the capture",
            &in_chain,
        )
        .all(&[("missed_server", "200"), ("missed_client", "0"), ("tls_sni", NAME)])
        .expect("tls_version", "TLS 1.2"),
        Case::new("gap-over-starttls", "the client's STARTTLS is not in the capture", &in_request)
            .all(&[("missed_client", "10"), ("missed_server", "0"), ("protocol", "smtp")])
            .expect("starttls_offer", "yes"),
    ]
}

fn disorder(recorded: &Recorded) -> Vec<Case> {
    let segments = || imaps(recorded).segments();
    let second = {
        let all = segments();
        let mut of_server = all
            .iter()
            .enumerate()
            .filter(|(_, one)| one.side == Side::Server && !one.payload.is_empty());
        of_server.nth(3).expect("a flight of many segments").0
    };
    vec![
        whole(
            "tcp-data-behind-ack",
            "data is captured behind what acknowledges it",
            &distort::data_behind_its_ack(segments()),
            recorded,
        ),
        whole(
            "tcp-shuffled",
            "segments change places",
            &keep_ends(segments(), |middle| distort::shuffle(middle, 3, 7)),
            recorded,
        ),
        whole(
            "tcp-duplicated",
            "every segment comes twice",
            &distort::duplicate_some(segments(), 1000, 1),
            recorded,
        ),
        whole(
            "tcp-overlap-agreeing",
            "segments of the chain overlap",
            &distort::overlap(segments(), second, 40, false),
            recorded,
        ),
        whole(
            "tcp-overlap-conflicting",
            "a later segment says otherwise in the chain: the first counts",
            // How many differ is not noticed: what was handed over is gone, but for where its segments began.
            &distort::overlap(segments(), second, 40, true),
            recorded,
        ),
        whole(
            "tcp-contradicted",
            "a segment of the chain comes again with other bytes",
            &distort::contradict(segments(), second),
            recorded,
        )
        .expect("conflicting_bytes", "100"),
        whole(
            "tcp-fin-with-data",
            "the FINs of both sides come with their last words",
            &distort::finish_with_data(
                distort::finish_with_data(segments(), Side::Client),
                Side::Server,
            ),
            recorded,
        ),
        whole(
            "tcp-keep-alive",
            "keep-alives of both sides before the first word",
            &told(
                with_port(993).mss(SMALL).keep_alive(Side::Client).keep_alive(Side::Server),
                &recorded.turns,
            )
            .segments(),
            recorded,
        ),
    ]
}

/// Only what lies between the handshake of TCP and its end.
fn keep_ends(
    segments: Vec<Segment>,
    change: impl FnOnce(Vec<Segment>) -> Vec<Segment>,
) -> Vec<Segment> {
    let tail = segments.len() - 3;
    let (first, rest) = segments.split_at(3);
    let (middle, last) = rest.split_at(tail - 3);
    [first.to_vec(), change(middle.to_vec()), last.to_vec()].concat()
}

fn sides(recorded: &Recorded) -> Vec<Case> {
    let smtp = || told(smtp_dialogue(with_port(25)), &recorded.turns).segments();
    let client = distort::one_side(smtp(), Side::Client);
    let server = distort::one_side(smtp(), Side::Server);
    vec![
        Case::new("one-sided-client", "STARTTLS, what the client said alone", &client).all(&[
            ("captured", "client"),
            ("protocol", "smtp"),
            ("via", "smtp"),
            ("tls_sni", NAME),
        ]),
        Case::new("one-sided-server", "STARTTLS, what the server said alone", &server)
            .all(&[("protocol", "smtp"), ("via", "smtp"), ("starttls_offer", "yes")])
            .expect("capabilities_before", "PIPELINING,SIZE 10240000,STARTTLS,8BITMIME")
            .expect("captured", "server")
            .expect("tls_version", "TLS 1.2")
            .expect("chain_seen", "seen"),
    ]
}
