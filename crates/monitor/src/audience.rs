//! Takes flows apart and writes down those that are measured.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use tlscensus_dissect as dissect;
use tlscensus_dissect::Dissector;
use tlscensus_dissect::Findings;
use tlscensus_flows::Audience;
use tlscensus_flows::Opened;
use tlscensus_flows::Summary;
use tlscensus_records::FlowRow;
use tlscensus_records::LocalSide;
use tlscensus_records::Sha256;

use crate::gauges::Tally;
use crate::monitor::Batch;
use crate::monitor::Monitor;
use crate::monitor::Sessions;

/// A row, and what is to be stored beside it.
#[derive(Debug)]
pub struct Harvest {
    /// The row.
    pub row: Box<FlowRow>,
    /// Certificates with their hashes: the server's, and the client's where they are kept.
    pub certificates: Vec<(Sha256, Arc<[u8]>)>,
}

/// A connection that had a row, at its true end.
#[derive(Debug)]
pub struct Closed {
    /// What its row says of it.
    pub connection: Connection,
    /// All of it.
    pub summary: Summary,
}

/// What is kept of a row until its connection is over.
#[derive(Debug)]
pub struct Connection {
    /// The row's name of it.
    pub flow_id: String,
    /// The row's name of the client.
    pub client: String,
    /// What carried it up to TLS.
    pub via: Cow<'static, str>,
    /// TLS was spoken.
    pub tls_spoken: bool,
    /// The side that opened it speaks as the server.
    pub roles_flipped: bool,
    /// Which sides are ours.
    pub local_side: LocalSide,
}

/// The audience of one table of flows.
pub(crate) struct Desk<'m> {
    monitor: &'m Monitor,
    batch: Batch,
    tally: Tally,
    /// What a closing needs of rows already written, by the number of the flow.
    written: HashMap<u64, Connection>,
}

impl<'m> Desk<'m> {
    pub(crate) fn new(monitor: &'m Monitor) -> Self {
        Self { monitor, batch: Batch::default(), tally: Tally::default(), written: HashMap::new() }
    }

    /// What has come out since the last time.
    pub(crate) fn take(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    /// How much waits to be taken.
    pub(crate) fn waiting(&self) -> usize {
        self.batch.harvests.len() + self.batch.closed.len()
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether a session counts, and which sides of it are ours.
    fn local_side(&self, client: IpAddr, server: IpAddr) -> LocalSide {
        let Some(is_local) = &self.monitor.is_local else {
            return LocalSide::Unasked;
        };
        match (is_local(client), is_local(server)) {
            (true, true) => LocalSide::Both,
            (true, false) => LocalSide::Client,
            (false, true) => LocalSide::Server,
            (false, false) => LocalSide::Neither,
        }
    }

    fn wanted(&self, local_side: LocalSide) -> bool {
        match self.monitor.sessions {
            Sessions::All => true,
            Sessions::Incoming => local_side == LocalSide::Server,
            Sessions::Outgoing => local_side == LocalSide::Client,
        }
    }

    fn write(&mut self, ours: &dissect::Ours, summary: &Summary) {
        let (opener, responder) = (summary.opened.opener, summary.opened.responder);
        let flipped = ours.spoken.flipped;
        let (client, server) =
            if flipped { (responder.ip(), opener.ip()) } else { (opener.ip(), responder.ip()) };
        if self.monitor.is_blocked.as_ref().is_some_and(|is_blocked| is_blocked(server)) {
            self.tally.blocked += 1;
            return;
        }
        let local_side = self.local_side(client, server);
        if !self.wanted(local_side) {
            self.tally.other_sessions += 1;
            return;
        }
        let mut row = dissect::row(ours, summary);
        row.run_id.clone_from(&self.monitor.run_id);
        row.sensor.clone_from(&self.monitor.sensor);
        row.local_side = local_side;
        row.client = self.monitor.key.client(client);
        row.flow_id = self.monitor.key.flow(opener, responder, summary.opened.at.0);
        if let Some((prefix, origin_as)) = self.monitor.route.as_ref().and_then(|find| find(server))
        {
            row.prefix = Some(prefix);
            row.origin_as = origin_as;
        }
        let kept = self.monitor.keep_client_certificates;
        let certificates = dissect::certificates(ours, &row, kept);
        self.tally.count(&row);
        if self.monitor.flows.count_to_end {
            self.written.insert(summary.opened.number, Connection::of(&row));
        }
        self.batch.harvests.push(Harvest { row, certificates });
    }
}

impl Connection {
    fn of(row: &FlowRow) -> Self {
        Self {
            flow_id: row.flow_id.clone(),
            client: row.client.clone(),
            via: row.via.clone(),
            tls_spoken: row.tls.history.is_some(),
            roles_flipped: row.roles_flipped,
            local_side: row.local_side,
        }
    }
}

impl Audience for Desk<'_> {
    type Listener = Dissector;

    fn opened(&mut self, opened: &Opened) -> Dissector {
        Dissector::new(opened)
    }

    fn done(&mut self, listener: Dissector, summary: &Summary) {
        match listener.findings(summary) {
            Findings::Ours(ours) => self.write(&ours, summary),
            Findings::NotOurs(foreign) => self.tally.foreign(foreign),
        }
    }

    fn closed(&mut self, summary: &Summary) {
        if let Some(connection) = self.written.remove(&summary.opened.number) {
            self.batch.closed.push(Closed { connection, summary: summary.clone() });
        }
    }
}
