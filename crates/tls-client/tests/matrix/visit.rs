//! One visit to one server: handshake, data both ways, leave; everything said is kept.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::observer::Side;

use crate::matrix::cell::Cell;
use crate::matrix::ending::Ending;
use crate::matrix::facts::Facts;
use crate::support::NAME;

/// An open connection to a server.
pub(crate) trait Line {
    fn write(&mut self, bytes: &[u8]);
    /// What the server says next, or why nothing more comes.
    fn read(&mut self) -> Result<Vec<u8>, Interruption>;
    /// What is asked over the connection and what the server must answer.
    fn question_and_answer(&self) -> (Vec<u8>, Vec<u8>);
    /// What the server says about the connection, once it is over.
    fn words(&mut self) -> Facts;
    /// Why the server went, in its own words.
    fn complaint(&mut self) -> Option<String> {
        None
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
    let mut ending = Ending::of(cell, &client);
    if ending.completed()
        && let Err(why) = converse(&mut client, line, &mut script)
    {
        ending = Ending::Failed(why);
    }
    let mut farewell = Vec::new();
    client.close(&mut farewell);
    say(line, farewell, &mut script);
    // Asked for after every visit: what it says late would be taken for the next one's.
    let complaint = line.complaint();
    if let (Ending::NotServed(why), Some(complaint)) = (&mut ending, complaint) {
        *why = format!("{why} ({complaint})");
    }
    let recorded = Facts::recorded(client.observer());
    let told = if ending.completed() { line.words() } else { Facts::default() };
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
    match line.read() {
        Ok(bytes) => {
            client.receive(&bytes);
            script.push((Side::Server, bytes));
            true
        }
        Err(end) => {
            client.interrupted(end);
            false
        }
    }
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
