//! Where answers of a scan go: into the dataset, and to be probed; rows of what was probed come back here.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use tlscensus_dataset::Covered;
use tlscensus_dataset::Dataset;
use tlscensus_dataset::RunWriter;
use tlscensus_discovery::Event;
use tlscensus_records::Counter;
use tlscensus_records::ListUsed;
use tlscensus_records::ResponderKind;
use tlscensus_records::RunState;
use tlscensus_targets::RouteTable;
use tlscensus_targets::Target;

use super::probing::Ended;
use super::probing::Probing;
use crate::plan::Settings;
use crate::run::discovery::Figures;
use crate::run::discovery::Job;
use crate::run::discovery::Sink;

/// One writer for both kinds of rows, and the prober.
pub(super) struct ScanSink {
    writer: RunWriter,
    run_id: String,
    routes: Option<Arc<RouteTable>>,
    /// Answers that the prober has no room for yet.
    waiting: VecDeque<Target>,
    probing: Probing,
}

impl ScanSink {
    /// Begins to probe: first those that a run that is gone on with had found and not probed yet.
    pub(super) fn begin(
        settings: &Settings,
        job: &Job,
        (writer, covered): (RunWriter, Option<Covered>),
        dataset: &Dataset,
    ) -> anyhow::Result<Self> {
        let run_id = writer.run().run_id.clone();
        let mut waiting = VecDeque::new();
        dataset.responders(&run_id, |row| {
            let success = matches!(row.kind, ResponderKind::SynAck | ResponderKind::Connected);
            if success
                && job.ready.answered(&row).is_some()
                && let Ok(addr) = row.addr.parse()
            {
                waiting.push_back(target(addr, row.port));
            }
        })?;
        let probing = Probing::begin(settings, &run_id, job, covered)?;
        Ok(Self { writer, run_id, routes: job.ready.plan.routes.clone(), waiting, probing })
    }

    /// How the probing goes and ends, readable from elsewhere.
    pub(super) fn ended(&self) -> Ended {
        self.probing.ended()
    }
}

impl Sink for ScanSink {
    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        let success = matches!(event.answer.kind, ResponderKind::SynAck | ResponderKind::Connected);
        if success {
            self.waiting.push_back(target(event.answer.addr, event.answer.port));
        }
        self.writer.append_responder(&event.into_row(&self.run_id, self.routes.as_deref()))?;
        self.pump()
    }

    fn checkpoint(&mut self, text: &str) -> anyhow::Result<()> {
        self.pump()?;
        self.writer.checkpoint(text)?;
        Ok(())
    }

    fn note(&mut self, lists: Vec<ListUsed>) -> anyhow::Result<()> {
        Ok(self.writer.goes_on_with(lists)?)
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    fn pump(&mut self) -> anyhow::Result<()> {
        while let Some(target) = self.waiting.pop_front() {
            if let Err(target) = self.probing.offer(target) {
                self.waiting.push_front(target);
                break;
            }
        }
        for probed in self.probing.rows() {
            self.writer.append_enumerated(&probed.row, &probed.chain, &probed.capabilities)?;
        }
        Ok(())
    }

    fn drain(&mut self) -> anyhow::Result<bool> {
        self.pump()?;
        if self.waiting.is_empty() || self.probing.is_over() {
            self.probing.no_more();
        }
        let over = self.probing.is_over();
        // What came between the last look and its end.
        self.pump()?;
        Ok(over)
    }

    fn stop(&mut self) {
        self.probing.stop();
    }

    fn said(&self) -> Option<String> {
        Some(format!("{}, {} wait to be probed", self.probing.said(), self.waiting.len()))
    }

    fn state(&self) -> Option<Value> {
        Some(self.probing.state(self.waiting.len()))
    }

    fn figures(&self) -> Figures {
        let ended = self.ended();
        Box::new(move || ended.figures())
    }

    fn finish(self: Box<Self>, state: RunState, counters: Vec<Counter>) -> anyhow::Result<()> {
        self.writer.finish(state, counters)?;
        Ok(())
    }
}

fn target(addr: std::net::IpAddr, port: u16) -> Target {
    Target { port: Some(port), ..Target::from(addr) }
}

/// Answers that may wait for the prober before discovery waits too.
const MOST_WAITING: usize = 1 << 14;
