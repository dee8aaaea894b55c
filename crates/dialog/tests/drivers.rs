//! What the drivers promise beside the words: phases, leftover, and ends that are not the peer's.

use tlscensus_dialog::Identity;
use tlscensus_dialog::Injection;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Mode;
use tlscensus_dialog::Offer;
use tlscensus_dialog::Outcome;
use tlscensus_dialog::Phase;
use tlscensus_dialog::Prober;
use tlscensus_dialog::Reading;
use tlscensus_dialog::SERVICES;
use tlscensus_dialog::Service;
use tlscensus_dialog::Side;
use tlscensus_dialog::Starttls;
use tlscensus_dialog::Step;
use tlscensus_dialog::Watcher;

fn service(word: &str) -> &'static Service {
    Service::from_word(word).expect("one of ours")
}

fn prober(word: &str) -> Prober {
    let identity =
        Identity { client_name: "probe.example.net".to_owned(), peer_domain: None, contact: None };
    Prober::new(service(word), &identity)
}

/// Lets the server say this and returns what is to be done.
fn hears(prober: &mut Prober, words: &[u8]) -> Step {
    prober.receive(words);
    prober.poll(&mut Vec::new())
}

#[test]
fn phases_follow_the_conversation() {
    let mut prober = prober("smtp");
    assert_eq!(prober.poll(&mut Vec::new()), Step::Read);
    assert_eq!(prober.phase(), Phase::Greeting);
    let talk: [(&[u8], Step, Phase); 4] = [
        (b"220-a\r\n", Step::Read, Phase::Greeting),
        (b"220 a\r\n", Step::Read, Phase::Capabilities),
        (b"250-a\r\n250 STARTTLS\r\n", Step::Read, Phase::Starttls),
        (b"220 go\r\n", Step::Upgrade, Phase::Starttls),
    ];
    for (words, step, phase) in talk {
        assert_eq!((hears(&mut prober, words), prober.phase()), (step, phase));
    }
    prober.secured();
    let mut out = Vec::new();
    assert_eq!(prober.poll(&mut out), Step::Read);
    assert_eq!(
        (out.as_slice(), prober.phase()),
        (b"EHLO probe.example.net\r\n".as_slice(), Phase::AfterTls)
    );
    assert!(!prober.is_leaving());
    assert_eq!(hears(&mut prober, b"250 a\r\n"), Step::Read);
    assert!(prober.is_leaving());
    assert_eq!(hears(&mut prober, b"221 bye\r\n"), Step::Done);
}

#[test]
fn leftover_is_handed_on_once_and_stays_in_the_facts() {
    let mut prober = prober("pop3");
    hears(&mut prober, b"+OK\r\n");
    hears(&mut prober, b"+OK\r\nSTLS\r\n.\r\n");
    assert_eq!(hears(&mut prober, b"+OK go\r\nin"), Step::Upgrade);
    assert_eq!(hears(&mut prober, b"jected"), Step::Upgrade);
    assert_eq!(prober.take_leftover(), b"injected");
    assert_eq!(prober.take_leftover(), b"");
    assert_eq!(prober.facts().leftover, b"injected");
    let ending = prober.facts().ending.as_ref().map(|ending| ending.outcome);
    assert_eq!(ending, Some(Outcome::AcceptedWithLeftover));
}

#[test]
fn last_words_are_heard_even_if_nobody_polled() {
    let mut prober = prober("smtp");
    prober.receive(b"421 busy\r\n");
    prober.interrupted(Interruption::Closed);
    let ending = prober.facts().ending.as_ref().map(|ending| ending.outcome);
    assert_eq!(ending, Some(Outcome::Shed));
}

#[test]
fn an_end_during_tls_leaves_the_facts_of_the_go_ahead() {
    let mut prober = prober("pop3");
    hears(&mut prober, b"+OK\r\n");
    hears(&mut prober, b"-ERR\r\n");
    assert_eq!(hears(&mut prober, b"+OK\r\n"), Step::Upgrade);
    let facts = prober.facts().clone();
    prober.interrupted(Interruption::Reset);
    assert_eq!(prober.poll(&mut Vec::new()), Step::Done);
    assert_eq!((prober.facts(), &prober.facts().starttls), (&facts, &Starttls::Accepted));
}

#[test]
fn implicit_services_begin_with_tls_and_have_no_ending_without_it() {
    for service in SERVICES.iter().filter(|service| service.mode == Mode::Implicit) {
        let mut prober = prober(service.word);
        assert_eq!(prober.poll(&mut Vec::new()), Step::Upgrade, "{}", service.word);
        prober.interrupted(Interruption::Closed);
        assert_eq!(prober.poll(&mut Vec::new()), Step::Done);
        assert_eq!(prober.facts().ending, None);
        let mut watcher = Watcher::new(service);
        assert!(watcher.hear(Side::Client, b"\x16\x03\x01"));
        assert_eq!(watcher.take_leftover(Side::Client), b"\x16\x03\x01");
        assert_eq!(watcher.facts().client_leftover, b"", "TLS itself is no leftover");
    }
}

#[test]
fn a_client_that_talks_and_talks_before_its_turn_is_not_kept() {
    let mut watcher = Watcher::new(service("smtp"));
    for _ in 0..100 {
        watcher.hear(Side::Client, &[b'x'; 1024]);
    }
    let ending = watcher.facts().ending.as_ref().map(|ending| (ending.phase, ending.outcome));
    assert_eq!(ending, Some((Phase::Greeting, Outcome::OverBytes)));
}

/// Each hole takes memory of its own, and every segment would be a walk over them.
#[test]
fn holes_without_end_are_not_kept() {
    let mut watcher = Watcher::new(service("smtp"));
    let mut holes = 0;
    while watcher.facts().ending.is_none() {
        watcher.miss(Side::Client, 1);
        watcher.hear(Side::Client, b"x");
        holes += 1;
        assert!(holes <= 1_024, "{} bytes held", watcher.held(Side::Client));
    }
    let ending = watcher.facts().ending.as_ref().map(|ending| ending.outcome);
    assert_eq!(ending, Some(Outcome::OverBytes));
}

#[test]
fn what_is_held_is_what_waits() {
    let mut watcher = Watcher::new(service("smtp"));
    assert_eq!(watcher.held(Side::Client), 0);
    watcher.hear(Side::Client, b"EHLO a");
    assert_eq!(watcher.held(Side::Client), 6);
    watcher.miss(Side::Client, 10);
    watcher.hear(Side::Client, b"NOOP\r\n");
    assert_eq!(watcher.held(Side::Client), 12);
    watcher.hear(Side::Server, b"220 mail.example ESMTP\r\n");
    assert_eq!(watcher.held(Side::Client), 0, "it was heard over the hole");
}

#[test]
fn a_list_behind_the_farewell_changes_nothing() {
    let features = |inside: &str| format!("<stream:features>{inside}</stream:features>");
    let starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    let header = "<stream:stream version='1.0' xmlns:stream='http://etherx.jabber.org/streams'>";
    let cases = [
        ("imap", "* OK hi\r\n".to_owned(), "* CAPABILITY IMAP4rev1\r\na1 OK\r\n".to_owned()),
        ("xmpp-c2s", header.to_owned(), features("<x/>")),
    ];
    let late = ["* CAPABILITY IMAP4rev1 STARTTLS\r\n".to_owned(), features(starttls)];
    for ((word, opening, list), late) in cases.into_iter().zip(late) {
        let mut prober = prober(word);
        prober.poll(&mut Vec::new());
        hears(&mut prober, opening.as_bytes());
        assert_eq!(hears(&mut prober, list.as_bytes()), Step::Read, "{word}");
        assert!(prober.is_leaving(), "{word}");
        let facts = prober.facts().clone();
        assert_eq!(facts.starttls, Starttls::NotOffered, "{word}");
        let mut out = Vec::new();
        prober.receive(late.as_bytes());
        assert_eq!(prober.poll(&mut out), Step::Read, "{word}");
        assert_eq!((prober.facts(), out), (&facts, Vec::new()), "{word}");
    }
}

#[test]
fn nobody_puts_words_of_his_own_behind_our_pong() {
    let mut prober = prober("irc");
    prober.poll(&mut Vec::new());
    let mut out = Vec::new();
    prober.receive(b"PING :a\rNICK x\rUSER x x x x\r\nPING :b\0c\r\n");
    assert_eq!(prober.poll(&mut out), Step::Read);
    assert_eq!(out, b"PONG :a\r\nPONG :b\r\n");
}

#[test]
fn a_server_can_neither_be_answered_for_ever_nor_fill_our_memory() {
    let mut prober = prober("irc");
    prober.poll(&mut Vec::new());
    let mut said = 0;
    for _ in 0..1_000 {
        let mut out = Vec::new();
        prober.receive(b"PING :x\r\n");
        if prober.poll(&mut out) == Step::Done {
            break;
        }
        said += out.len();
    }
    assert!(said < 1_000, "{said}");
    let ending = prober.facts().ending.as_ref().map(|ending| ending.outcome);
    assert_eq!(ending, Some(Outcome::OverBytes));
}

#[test]
fn an_irc_server_that_says_nothing_to_cap_is_asked_for_starttls() {
    let mut prober = prober("irc");
    let mut out = Vec::new();
    assert_eq!(prober.poll(&mut out), Step::Read);
    assert_eq!(out, b"CAP LS 302\r\n");
    assert!(!prober.takes_silence(), "nobody has said yet that this is IRC");
    prober.hear_silence();
    assert_eq!(prober.phase(), Phase::Greeting);
    assert_eq!(hears(&mut prober, b":irc.example NOTICE * :*** hello\r\n"), Step::Read);
    assert!(prober.takes_silence());
    prober.hear_silence();
    let mut out = Vec::new();
    assert_eq!(prober.poll(&mut out), Step::Read);
    assert_eq!((out.as_slice(), prober.phase()), (b"STARTTLS\r\n".as_slice(), Phase::Starttls));
    assert!(!prober.takes_silence(), "once");
    assert_eq!(prober.facts().before, Reading::NotUnderstood);
    assert_eq!(hears(&mut prober, b":irc.example 670 * :go ahead\r\n"), Step::Upgrade);
}

/// ircd-hybrid and ratbox read what a client says only once they have looked up its name and its ident.
#[test]
fn an_irc_list_that_comes_late_counts_all_the_same() {
    let silent_until_starttls = || {
        let mut prober = prober("irc");
        prober.poll(&mut Vec::new());
        hears(&mut prober, b":irc.example NOTICE * :*** Checking Ident\r\n");
        prober.hear_silence();
        prober.poll(&mut Vec::new());
        assert_eq!(prober.phase(), Phase::Starttls);
        prober
    };
    let mut with = silent_until_starttls();
    assert_eq!(hears(&mut with, b":irc.example CAP * LS * :a\r\n"), Step::Read);
    assert_eq!(hears(&mut with, b":irc.example CAP * LS :tls\r\n"), Step::Read);
    assert!(matches!(&with.facts().before, Reading::Read(list) if list.starttls == Offer::Yes));
    assert_eq!(hears(&mut with, b":irc.example 670 * :go ahead\r\n"), Step::Upgrade);

    let mut without = silent_until_starttls();
    hears(&mut without, b":irc.example CAP * LS :sasl=PLAIN\r\n");
    assert!(matches!(&without.facts().before, Reading::Read(list) if list.starttls == Offer::No));
    assert_eq!(without.facts().starttls, Starttls::NotOffered);
    let ending = without.facts().ending.as_ref().expect("it ended");
    assert_eq!((ending.phase, ending.outcome), (Phase::Starttls, Outcome::NotOffered));
}

#[test]
fn silence_is_an_answer_to_nothing_else() {
    let talks: [(&str, &[u8]); 5] = [
        ("smtp", b"220 a\r\n"),
        ("imap", b"* OK a\r\n"),
        ("pop3", b"+OK a\r\n"),
        ("irc", b":irc.example CAP * LS * :half\r\n"),
        (
            "xmpp-c2s",
            b"<stream:stream version='1.0' xmlns:stream='http://etherx.jabber.org/streams'>",
        ),
    ];
    for (word, opening) in talks {
        let mut prober = prober(word);
        prober.poll(&mut Vec::new());
        hears(&mut prober, opening);
        assert!(!prober.takes_silence(), "{word}");
    }
    let mut inside = prober("ircs");
    inside.poll(&mut Vec::new());
    inside.secured();
    hears(&mut inside, b":irc.example NOTICE * :*** hello\r\n");
    assert!(!inside.takes_silence(), "inside TLS there is nothing left to ask");
}

#[test]
fn what_is_injected_goes_in_one_breath_with_the_wish_to_upgrade() {
    let talks: [(&str, &[&str], &str); 4] = [
        ("smtp", &["220 a\r\n", "250-a\r\n250 STARTTLS\r\n"], "STARTTLS\r\nNOOP\r\n"),
        (
            "imap",
            &["* OK a\r\n", "* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n"],
            "a2 STARTTLS\r\ninjected NOOP\r\n",
        ),
        ("pop3", &["+OK a\r\n", "+OK\r\nSTLS\r\n.\r\n"], "STLS\r\nCAPA\r\n"),
        ("irc", &[":a CAP * LS :tls\r\n"], "STARTTLS\r\nCAP LS 302\r\n"),
    ];
    for (word, talk, expected) in talks {
        let service = service(word);
        let injection = Injection::of(service.grammar).expect("it has a command");
        let identity =
            Identity { client_name: "a.example".to_owned(), peer_domain: None, contact: None };
        let mut prober = Prober::injecting(service, &identity, &injection);
        let mut said = Vec::new();
        prober.poll(&mut said);
        for words in talk {
            said.clear();
            prober.receive(words.as_bytes());
            assert_eq!(prober.poll(&mut said), Step::Read, "{word}");
        }
        assert_eq!(String::from_utf8_lossy(&said), expected, "{word}");
    }
}
