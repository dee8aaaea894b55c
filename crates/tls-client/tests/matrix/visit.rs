//! One visit to one server: handshake, data both ways, leave; everything said is kept.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;

use crate::matrix::cell::Cell;
use crate::matrix::facts::Facts;
use crate::support::NAME;

/// An open connection to a server.
pub(crate) trait Line {
    fn write(&mut self, bytes: &[u8]);
    /// What the server says next; nothing at its end.
    fn read(&mut self) -> Vec<u8>;
    /// What is asked over the connection and what the server must answer.
    fn question_and_answer(&self) -> (Vec<u8>, Vec<u8>);
    /// What the server says about the connection, once it is over.
    fn words(&mut self) -> Facts;
    /// Why the server went, in its own words.
    fn complaint(&mut self) -> Option<String> {
        None
    }
}

/// How a visit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Both Finished verified, signature valid where there is one, data went both ways.
    Completed,
    /// The server would not have what it was offered.
    NotServed(String),
    /// The server chose it; we recorded that and cannot go on.
    NotCompletable(String),
    /// None of these.
    Failed(String),
}

impl Ending {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Completed => "completed".to_owned(),
            Self::NotServed(why) => format!("not served: {why}"),
            Self::NotCompletable(why) => format!("not completable: {why}"),
            Self::Failed(why) => format!("FAILED: {why}"),
        }
    }
}

pub(crate) struct Visit {
    pub(crate) ending: Ending,
    pub(crate) recorded: Facts,
    pub(crate) told: Facts,
    /// What a dissector says.
    pub(crate) seen: Facts,
    /// What went over the wire, in order.
    pub(crate) script: Script,
}

impl Visit {
    /// One that did not come about.
    pub(crate) fn never(why: String) -> Self {
        let nothing = Facts::default;
        Self {
            ending: Ending::NotServed(why),
            recorded: nothing(),
            told: nothing(),
            seen: nothing(),
            script: Vec::new(),
        }
    }
}

pub(crate) fn visit(cell: &Cell, line: &mut dyn Line, keys: &KeyShares) -> Visit {
    let mut client = Client::new(&cell.profile(), Some(NAME), keys);
    let mut script = Vec::new();
    shake(&mut client, line, &mut script);
    let mut ending = ending(cell, &client);
    if ending == Ending::Completed
        && let Err(why) = converse(&mut client, line, &mut script)
    {
        ending = Ending::Failed(why);
    }
    let mut farewell = Vec::new();
    client.close(&mut farewell);
    say(line, farewell, &mut script);
    if let (Ending::NotServed(why), Some(complaint)) = (&mut ending, line.complaint()) {
        *why = format!("{why} ({complaint})");
    }
    let recorded = Facts::recorded(client.observer());
    let told = if ending == Ending::Completed { line.words() } else { Facts::default() };
    Visit { ending, recorded, told, seen: Facts::default(), script }
}

type Script = Vec<(Side, Vec<u8>)>;

fn say(line: &mut dyn Line, bytes: Vec<u8>, script: &mut Script) {
    if !bytes.is_empty() {
        line.write(&bytes);
        script.push((Side::Client, bytes));
    }
}

/// False at the end of the connection.
fn hear(client: &mut Client, line: &mut dyn Line, script: &mut Script) -> bool {
    let bytes = line.read();
    if bytes.is_empty() {
        client.interrupted(Interruption::Closed);
        return false;
    }
    client.receive(&bytes);
    script.push((Side::Server, bytes));
    true
}

fn shake(client: &mut Client, line: &mut dyn Line, script: &mut Script) {
    loop {
        let mut out = Vec::new();
        let step = client.poll(&mut out);
        say(line, out, script);
        if step != Step::Read || !hear(client, line, script) {
            return;
        }
    }
}

/// Data both ways, the second time in records cut by the sender's rules.
fn converse(client: &mut Client, line: &mut dyn Line, script: &mut Script) -> Result<(), String> {
    let (question, answer) = line.question_and_answer();
    let mut out = Vec::new();
    client.send(&question, &mut out);
    say(line, out, script);
    let mut heard = Vec::new();
    while heard.len() < answer.len() {
        if !hear(client, line, script) {
            break;
        }
        let mut out = Vec::new();
        client.poll(&mut out);
        say(line, out, script);
        heard.extend(client.take_plaintext());
    }
    if heard == answer {
        return Ok(());
    }
    let end = client.end().map(ToString::to_string);
    Err(format!("answer of {} bytes instead of {}, {end:?}", heard.len(), answer.len()))
}

fn ending(cell: &Cell, client: &Client) -> Ending {
    let Some(outcome) = client.outcome() else {
        return Ending::Failed(format!("waits for {}", client.awaiting()));
    };
    let unchosen = client.observer().choice().is_none();
    match outcome {
        Outcome::Completed => match client.observer().signature_check() {
            None | Some(SignatureCheck::Valid) => Ending::Completed,
            Some(check) => Ending::Failed(format!("signature {}", check.word())),
        },
        Outcome::NotCompletable { suite } => Ending::NotCompletable(reason(*suite, cell)),
        // Some sign what has no signature with these suites (RFC 4279, section 4).
        Outcome::Malformed(why) if of_shared_key(cell.suite) => {
            Ending::NotCompletable(format!("malformed: {why}"))
        }
        Outcome::Alert { .. }
        | Outcome::Closed
        | Outcome::NoCommonSuite
        | Outcome::VersionRefused { .. }
            if unchosen && !client.observer().hello_retry() =>
        {
            Ending::NotServed(outcome.to_string())
        }
        _ => Ending::Failed(outcome.to_string()),
    }
}

fn of_shared_key(suite: CipherSuite) -> bool {
    suite.parameters().is_some_and(|parameters| parameters.key_exchange == KeyExchange::RsaPsk)
}

/// What we lack for a suite.
fn reason(suite: CipherSuite, cell: &Cell) -> String {
    let Some(parameters) = suite.parameters() else {
        return "an unknown suite".to_owned();
    };
    match parameters.key_exchange {
        KeyExchange::Psk | KeyExchange::DhePsk | KeyExchange::EcdhePsk | KeyExchange::RsaPsk => {
            "needs a key shared before".to_owned()
        }
        KeyExchange::Srp => "needs a password".to_owned(),
        KeyExchange::Krb5 => "needs a ticket of Kerberos".to_owned(),
        _ if cell.group.is_some_and(|group| group.0 <= 0x000e) => "binary curve".to_owned(),
        _ => format!(
            "not yet: {} {} {}",
            parameters.key_exchange.word(),
            parameters.cipher.word(),
            parameters.mac.word()
        ),
    }
}
