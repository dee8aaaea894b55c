//! What a dataset already has, as sets of 128-bit names: certificates, and the endpoints of a run.

use std::collections::HashSet;
use std::fs::File;
use std::hash::BuildHasherDefault;
use std::hash::Hasher;
use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::datatypes::UInt16Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tlscensus_records::CERTIFICATES;
use tlscensus_records::PROBES;
use tlscensus_records::Sha256;

use crate::error::Error;
use crate::manifest;
use crate::part;

/// Names that are hashes already: 16 bytes each.
pub(crate) type Names = HashSet<u128, BuildHasherDefault<Unhashed>>;

/// The certificates of a dataset, by the first 128 bits of their SHA-256.
#[derive(Debug, Default)]
pub(crate) struct Known(Names);

impl Known {
    pub(crate) fn load(dataset: &Path) -> Result<Self, Error> {
        let mut known = Self::default();
        for entry in manifest::entries(dataset)? {
            for part in entry.parts.iter().filter(|p| p.relation == CERTIFICATES.name) {
                let path = part.path(dataset);
                for_each_batch(&path, &["cert_sha256"], |batch| {
                    let names = batch.column_by_name("cert_sha256")?;
                    for name in names.as_string_opt::<i32>()?.iter().flatten() {
                        known.0.insert(Sha256::from_hex(name)?.prefix());
                    }
                    Some(())
                })?;
            }
        }
        Ok(known)
    }

    /// True if it was not there.
    pub(crate) fn insert(&mut self, certificate: &Sha256) -> bool {
        self.0.insert(certificate.prefix())
    }
}

/// The endpoints of a run that have a row.
#[derive(Clone, Debug, Default)]
pub struct Covered(Arc<Names>);

impl Covered {
    pub(crate) fn load(dataset: &Path, run_id: &str) -> Result<Self, Error> {
        let mut names = Names::default();
        let entries = manifest::entries(dataset)?;
        for entry in entries.iter().filter(|entry| entry.run_id == run_id) {
            for part in entry.parts.iter().filter(|p| p.relation == PROBES.name) {
                let path = part.path(dataset);
                for_each_batch(&path, &["target", "port", "protocol"], |batch| {
                    let targets = batch.column_by_name("target")?.as_string_opt::<i32>()?;
                    let ports = batch.column_by_name("port")?.as_primitive_opt::<UInt16Type>()?;
                    let protocols = batch.column_by_name("protocol")?.as_string_opt::<i32>()?;
                    for row in 0..batch.num_rows() {
                        names.insert(endpoint(
                            targets.value(row),
                            ports.value(row),
                            protocols.value(row),
                        ));
                    }
                    Some(())
                })?;
            }
        }
        Ok(Self(Arc::new(names)))
    }

    /// Whether the run has a row for this target (as given), port and protocol.
    pub fn contains(&self, target: &str, port: u16, protocol: &str) -> bool {
        self.0.contains(&endpoint(target, port, protocol))
    }

    /// How many endpoints have a row.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no endpoint has a row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn endpoint(target: &str, port: u16, protocol: &str) -> u128 {
    Sha256::of(format!("{port} {protocol} {target}").as_bytes()).prefix()
}

/// Reads these columns of a part; `None` from `each` means that they are not what they must be.
pub(crate) fn for_each_batch(
    path: &Path,
    columns: &[&str],
    mut each: impl FnMut(&RecordBatch) -> Option<()>,
) -> Result<(), Error> {
    let file = File::open(path).map_err(|source| Error::io(path, "open", source))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| part::failure(path, error))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let reader =
        builder.with_projection(mask).build().map_err(|error| part::failure(path, error))?;
    for batch in reader {
        let batch = batch.map_err(|error| Error::damaged(path, error))?;
        each(&batch)
            .ok_or_else(|| Error::damaged(path, format!("no columns {}", columns.join(", "))))?;
    }
    Ok(())
}

/// Takes the low bits of a name that is a hash already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unhashed(u64);

impl Hasher for Unhashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut low = [0; 8];
            low.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.0 ^= u64::from_ne_bytes(low);
        }
    }
}
