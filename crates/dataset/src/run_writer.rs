//! The one writer of a run: rows in, acknowledgements out, parts behind its back.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use tlscensus_records::Bytes;
use tlscensus_records::CAPABILITIES;
use tlscensus_records::CERTIFICATES;
use tlscensus_records::CERTIFICATES_DER;
use tlscensus_records::CapabilityRow;
use tlscensus_records::CertificateDer;
use tlscensus_records::CertificateRow;
use tlscensus_records::Counter;
use tlscensus_records::FLOWS;
use tlscensus_records::FlowRow;
use tlscensus_records::ListUsed;
use tlscensus_records::PROBES;
use tlscensus_records::ProbeRow;
use tlscensus_records::RESPONDERS;
use tlscensus_records::Relation;
use tlscensus_records::ResponderRow;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::SCHEMA_VERSION;
use tlscensus_records::Sha256;
use tlscensus_records::Timestamp;

use crate::checkpoint;
use crate::columns::RowBuffer;
use crate::compact;
use crate::compact::Compacted;
use crate::disk::Disk;
use crate::error::Error;
use crate::frame;
use crate::journal::Journal;
use crate::lock::Lock;
use crate::run_file;
use crate::segment;
use crate::segment::Segment;
use crate::sets::Known;

/// Writes the rows of one run.
///
/// Call order: [`append`](Self::append) for each row, [`sync`](Self::sync) every few seconds, [`finish`](Self::finish) at the
/// end. What `sync` counted survives a kill or a power cut; dropping the writer loses only what came after the last
/// `sync`. All calls may block on the disk: keep it off the threads that serve sockets.
pub struct RunWriter {
    dataset: PathBuf,
    disk: Disk,
    limits: Limits,
    lock: Arc<Lock>,
    run: RunRow,
    segment: Segment,
    journal: Option<Journal>,
    journal_rows: u64,
    certificates: RowBuffer,
    ders: RowBuffer,
    capabilities: RowBuffer,
    flows: RowBuffer,
    probes: RowBuffer,
    responders: RowBuffer,
    /// Frames that could not be written yet, and how many flows, probes and responders they hold.
    unwritten: (Vec<u8>, u64),
    known: Known,
    written: u64,
    acknowledged: u64,
    compaction: Option<JoinHandle<Result<Compacted, Error>>>,
}

impl RunWriter {
    pub(crate) fn begin(
        dataset: &Path,
        disk: &Disk,
        lock: Lock,
        mut run: RunRow,
        limits: Limits,
    ) -> Result<Self, Error> {
        let segment = segment::unused(dataset, &run.run_id)?;
        let known = Known::load(dataset)?;
        run.state = RunState::Running;
        run.ended_at = None;
        run_file::write(disk, dataset, &run)?;
        Ok(Self {
            dataset: dataset.to_owned(),
            disk: disk.clone(),
            limits,
            lock: Arc::new(lock),
            run,
            segment,
            journal: None,
            journal_rows: 0,
            certificates: RowBuffer::new(&CERTIFICATES),
            ders: RowBuffer::new(&CERTIFICATES_DER),
            capabilities: RowBuffer::new(&CAPABILITIES),
            flows: RowBuffer::new(&FLOWS),
            probes: RowBuffer::new(&PROBES),
            responders: RowBuffer::new(&RESPONDERS),
            unwritten: (Vec::new(), 0),
            known,
            written: 0,
            acknowledged: 0,
            compaction: None,
        })
    }

    /// The run as it stands in the dataset.
    pub const fn run(&self) -> &RunRow {
        &self.run
    }

    /// Notes lists that the run goes on with, durable at once: the last of a purpose is the one that holds.
    pub fn goes_on_with(&mut self, lists: impl IntoIterator<Item = ListUsed>) -> Result<(), Error> {
        let before = self.run.lists.clone();
        for list in lists {
            self.run.lists.retain(|known| *known != list);
            self.run.lists.push(list);
        }
        if self.run.lists == before {
            return Ok(());
        }
        run_file::write(&self.disk, &self.dataset, &self.run)
    }

    /// Takes a row and the certificates of its chain (DER). On an error the row was not taken.
    ///
    /// Not durable before the next [`sync`](Self::sync) returned.
    pub fn append(&mut self, row: &ProbeRow, chain: &[Arc<[u8]>]) -> Result<(), Error> {
        self.append_enumerated(row, chain, &[])
    }

    /// The same with what an enumeration of the endpoint found out: both count, or neither.
    pub fn append_enumerated(
        &mut self,
        row: &ProbeRow,
        chain: &[Arc<[u8]>],
        capabilities: &[CapabilityRow],
    ) -> Result<(), Error> {
        if self.buffers_are_full() {
            self.flush()?;
        }
        for der in chain {
            self.certificate(Sha256::of(der), der);
        }
        capabilities.iter().for_each(|row| self.capabilities.push(row));
        self.probes.push(row);
        Ok(())
    }

    /// Takes the row of a connection that was watched, and the certificates to be kept of it, each with its hash; durable as
    /// [`append`](Self::append) says.
    pub fn append_flow(
        &mut self,
        row: &FlowRow,
        certificates: &[(Sha256, Arc<[u8]>)],
    ) -> Result<(), Error> {
        if self.buffers_are_full() {
            self.flush()?;
        }
        for (name, der) in certificates {
            self.certificate(*name, der);
        }
        self.flows.push(row);
        Ok(())
    }

    /// Takes the row of an endpoint that answered a discovery; durable as [`append`](Self::append) says.
    pub fn append_responder(&mut self, row: &ResponderRow) -> Result<(), Error> {
        if self.buffers_are_full() {
            self.flush()?;
        }
        self.responders.push(row);
        Ok(())
    }

    /// Makes everything appended durable, and then that the run has come this far: a text that
    /// [`Dataset::checkpoint`](crate::Dataset::checkpoint) gives back until the run is complete.
    pub fn checkpoint(&mut self, text: &str) -> Result<u64, Error> {
        let acknowledged = self.sync()?;
        checkpoint::write(&self.disk, &self.dataset, &self.run.run_id, text)?;
        Ok(acknowledged)
    }

    /// Makes everything appended durable; returns how many rows this writer has acknowledged so far.
    pub fn sync(&mut self) -> Result<u64, Error> {
        self.flush()?;
        if let Some(journal) = &mut self.journal {
            journal.sync()?;
        }
        self.acknowledged = self.written;
        if self.compaction.as_ref().is_some_and(JoinHandle::is_finished) {
            self.wait_for_compaction()?;
        }
        Ok(self.acknowledged)
    }

    /// How many rows the last [`sync`](Self::sync) made durable.
    pub const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Ends the run: everything into parts, then the run's row. If it fails, what was acknowledged is recovered when the
    /// dataset is opened next.
    pub fn finish(mut self, state: RunState, counters: Vec<Counter>) -> Result<RunRow, Error> {
        self.sync()?;
        self.wait_for_compaction()?;
        if self.journal.take().is_some() {
            compact::compact(&self.disk, &self.dataset, &self.segment)?;
        }
        if state == RunState::Complete {
            checkpoint::remove(&self.disk, &self.dataset, &self.run.run_id)?;
        }
        self.run.state = state;
        // A clock that was set back meanwhile does not end a run before its start.
        self.run.ended_at = Some(now().max(self.run.started_at));
        self.run.counters = counters;
        run_file::write(&self.disk, &self.dataset, &self.run)?;
        Ok(std::mem::take(&mut self.run))
    }

    /// Takes a certificate, if none of its hash is in the dataset.
    fn certificate(&mut self, name: Sha256, der: &[u8]) {
        if self.known.insert(&name) {
            self.certificates.push(&CertificateRow::from_der(der, &self.run.run_id));
            self.ders.push(&CertificateDer { cert_sha256: name, der: Bytes(der.to_vec()) });
        }
    }

    /// Rows that wait, those aside that others name.
    fn waiting(&self) -> usize {
        self.flows.rows() + self.probes.rows() + self.responders.rows()
    }

    fn buffers_are_full(&self) -> bool {
        let buffers = [
            &self.certificates,
            &self.ders,
            &self.capabilities,
            &self.flows,
            &self.probes,
            &self.responders,
        ];
        let rows: usize = buffers.iter().map(|buffer| buffer.rows()).sum();
        let bytes: usize = buffers.iter().map(|buffer| buffer.bytes()).sum();
        rows >= self.limits.buffer_rows || bytes >= self.limits.buffer_bytes
    }

    /// Buffers into the journal: certificates before the probes that name them.
    fn flush(&mut self) -> Result<(), Error> {
        if self.unwritten.0.is_empty() {
            self.encode_buffers()?;
        }
        if self.unwritten.0.is_empty() {
            return Ok(());
        }
        let journal = match &mut self.journal {
            Some(journal) => journal,
            none => none.insert(Journal::begin(&self.disk, &self.dataset, &self.segment)?),
        };
        journal.append(&self.unwritten.0)?;
        self.written += self.unwritten.1;
        self.journal_rows += self.unwritten.1;
        let full = journal.length() >= self.limits.journal_bytes
            || self.journal_rows >= self.limits.journal_rows;
        // Its room is kept: the next frames are about as long.
        self.unwritten.0.clear();
        self.unwritten.1 = 0;
        // After a failure there may be rows behind the frames that could not be written.
        if self.waiting() > 0 {
            return self.flush();
        }
        if full { self.seal() } else { Ok(()) }
    }

    fn encode_buffers(&mut self) -> Result<(), Error> {
        let rows = u64::try_from(self.waiting()).unwrap_or(u64::MAX);
        let buffers: [(&Relation, &mut RowBuffer); 6] = [
            (&CERTIFICATES, &mut self.certificates),
            (&CERTIFICATES_DER, &mut self.ders),
            (&CAPABILITIES, &mut self.capabilities),
            (&RESPONDERS, &mut self.responders),
            (&FLOWS, &mut self.flows),
            (&PROBES, &mut self.probes),
        ];
        let filled = buffers.into_iter().filter(|(_, buffer)| buffer.rows() > 0);
        let batches: Vec<_> = filled.map(|(relation, buffer)| (relation, buffer.take())).collect();
        let encoded = frame::encode_group(SCHEMA_VERSION, &batches, &mut self.unwritten.0);
        if let Err(error) = encoded {
            self.unwritten.0.clear();
            return Err(Error::damaged(&self.segment.journal(&self.dataset), error));
        }
        self.unwritten.1 = rows;
        Ok(())
    }

    /// Ends the journal and lets a thread turn it into parts; at most one at a time.
    fn seal(&mut self) -> Result<(), Error> {
        let Some(mut journal) = self.journal.take() else {
            return Ok(());
        };
        journal.sync()?;
        self.acknowledged = self.written;
        let next = self.segment.next();
        let sealed = std::mem::replace(&mut self.segment, next);
        self.journal_rows = 0;
        self.wait_for_compaction()?;
        let (disk, dataset) = (self.disk.clone(), self.dataset.clone());
        let lock = Arc::clone(&self.lock);
        let work = move || {
            // Whatever becomes of the writer, nobody else may touch the dataset before this is done.
            let _lock = lock;
            compact::compact(&disk, &dataset, &sealed)
        };
        let name = "compaction".to_owned();
        let thread = thread::Builder::new()
            .name(name)
            .spawn(work)
            .map_err(|source| Error::io(&self.dataset, "start compacting", source))?;
        self.compaction = Some(thread);
        Ok(())
    }

    fn wait_for_compaction(&mut self) -> Result<(), Error> {
        let Some(thread) = self.compaction.take() else {
            return Ok(());
        };
        match thread.join() {
            Ok(done) => done.map(|_| ()),
            Err(_) => Err(Error::damaged(&self.dataset, "compaction panicked")),
        }
    }
}

impl Drop for RunWriter {
    /// Waits for the compaction at work: it holds the lock, and whoever opens the dataset next shall find it free. Its failure
    /// is found again by recovery.
    fn drop(&mut self) {
        let _ = self.wait_for_compaction();
    }
}

/// What bounds memory, journals and parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Rows held in memory.
    pub(crate) buffer_rows: usize,
    /// Bytes held in memory, about.
    pub(crate) buffer_bytes: usize,
    /// Length at which a journal becomes a part.
    pub(crate) journal_bytes: u64,
    /// Rows at which a journal becomes a part: one row group.
    pub(crate) journal_rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            buffer_rows: 4_096,
            buffer_bytes: 4 * 1024 * 1024,
            journal_bytes: 256 * 1024 * 1024,
            journal_rows: 1 << 20,
        }
    }
}

/// The system's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
