//! What must hold for any stored bytes: the body of a fuzz target, replayed by a plain test.

use tlscensus_records::CAPABILITIES;
use tlscensus_records::CERTIFICATES;
use tlscensus_records::CERTIFICATES_DER;
use tlscensus_records::CapabilityRow;
use tlscensus_records::CertificateDer;
use tlscensus_records::CertificateRow;
use tlscensus_records::FLOWS;
use tlscensus_records::FlowRow;
use tlscensus_records::PROBES;
use tlscensus_records::ProbeRow;
use tlscensus_records::RESPONDERS;
use tlscensus_records::ResponderRow;

use crate::frame;
use crate::frame::Frame;
use crate::rows::rows;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("dataset_journal", journal)];

/// Of any bytes as a journal, whole groups are believed and nothing else; what is believed is no longer than what is there.
pub fn journal(data: &[u8]) {
    let mut rest = data;
    let mut believed = 0;
    while let Ok(Some(group)) = frame::decode_group(&mut rest) {
        believed += group.length;
        group.frames.iter().for_each(read);
    }
    assert!(usize::try_from(believed).is_ok_and(|believed| believed <= data.len()));
}

/// Whatever the batch holds, it is rows, or a column of it does not fit.
fn read(frame: &Frame) {
    let batch = &frame.batch;
    let read = match frame.relation.name {
        name if name == CAPABILITIES.name => rows::<CapabilityRow>(batch).map(|rows| rows.len()),
        name if name == CERTIFICATES.name => rows::<CertificateRow>(batch).map(|rows| rows.len()),
        name if name == CERTIFICATES_DER.name => {
            rows::<CertificateDer>(batch).map(|rows| rows.len())
        }
        name if name == FLOWS.name => rows::<FlowRow>(batch).map(|rows| rows.len()),
        name if name == PROBES.name => rows::<ProbeRow>(batch).map(|rows| rows.len()),
        name if name == RESPONDERS.name => rows::<ResponderRow>(batch).map(|rows| rows.len()),
        name => panic!("a journal has no {name}"),
    };
    assert!(read.is_err() || read == Ok(batch.num_rows()));
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_inputs_hold() {
        replay::all(TARGETS);
    }
}
