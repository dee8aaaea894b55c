//! Parts: Parquet files of one relation, written as drafts.

use std::error::Error as _;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::basic::ZstdLevel;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::EnabledStatistics;
use parquet::file::properties::WriterProperties;
use tlscensus_records::CERTIFICATES;
use tlscensus_records::CERTIFICATES_DER;
use tlscensus_records::Kind;
use tlscensus_records::Relation;

use crate::disk::Disk;
use crate::disk::draft_of;
use crate::error::Error;
use crate::frame::Frame;
use crate::manifest::Part;
use crate::schema::Leaf;
use crate::schema::RELATION_KEY;
use crate::schema::VERSION_KEY;
use crate::schema::documented_schema;
use crate::schema::paths_of;

/// Writes one part's draft.
pub(crate) struct PartWriter<'a> {
    disk: &'a Disk,
    relation: &'static Relation,
    /// The part's final path.
    path: PathBuf,
    /// Where it is until it is published.
    draft: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<PartFile>,
    failed: Arc<AtomicI32>,
    rows: u64,
}

/// The file, and the system's last word against writing it: Parquet errors tell some failures in prose only.
struct PartFile {
    file: File,
    /// An `errno`; 0: there was none.
    failed: Arc<AtomicI32>,
}

impl PartFile {
    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && let Some(code) = error.raw_os_error()
        {
            self.failed.store(code, Relaxed);
        }
        result
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.file.write(bytes);
        self.noted(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.file.flush();
        self.noted(result)
    }
}

impl<'a> PartWriter<'a> {
    /// Begins a part that holds rows like those of this frame.
    pub(crate) fn begin(disk: &'a Disk, path: PathBuf, like: &Frame) -> Result<Self, Error> {
        let draft = draft_of(&path);
        let (relation, version) = (like.relation, like.schema);
        Self::begin_at(disk, path, draft, relation, (&like.batch.schema(), version))
    }

    /// Begins a part with its draft in another place: its rows have this schema, of this version.
    pub(crate) fn begin_at(
        disk: &'a Disk,
        path: PathBuf,
        draft: PathBuf,
        relation: &'static Relation,
        (found, version): (&Schema, u16),
    ) -> Result<Self, Error> {
        let failed = Arc::new(AtomicI32::new(0));
        let file = PartFile { file: disk.create(&draft)?, failed: Arc::clone(&failed) };
        let schema = documented_schema(relation, found, version);
        let properties = properties(relation, version);
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
            .map_err(|error| failure_of(&draft, &failed, error))?;
        Ok(Self { disk, relation, path, draft, schema, writer, failed, rows: 0 })
    }

    pub(crate) const fn relation(&self) -> &'static Relation {
        self.relation
    }

    /// Adds a batch's rows.
    pub(crate) fn write(&mut self, batch: RecordBatch) -> Result<(), Error> {
        self.disk.act("write", &self.draft, || Ok(()))?;
        let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
        let batch = batch
            .with_schema(Arc::clone(&self.schema))
            .map_err(|error| Error::damaged(&self.draft, error))?;
        let told = |error| failure_of(&self.draft, &self.failed, error);
        self.writer.write(&batch).map_err(told)?;
        if self.writer.memory_size() > MEMORY_BOUND {
            self.writer.flush().map_err(told)?;
        }
        self.rows += rows;
        Ok(())
    }

    /// Makes the draft whole and durable.
    pub(crate) fn finish(mut self) -> Result<Part, Error> {
        let draft = &self.draft;
        // Not `into_inner` alone: it tells a full disk in words only.
        self.writer.finish().map_err(|error| failure_of(draft, &self.failed, error))?;
        let file = &self.writer.inner().file;
        self.disk.sync(draft, file)?;
        let length = file.metadata().map_err(|source| Error::io(draft, "measure", source))?.len();
        let name = self.path.file_name().unwrap_or_default();
        Ok(Part {
            relation: self.relation.name.to_owned(),
            file: name.to_string_lossy().into_owned(),
            rows: self.rows,
            bytes: length,
        })
    }
}

/// A whole Parquet file of few rows, in memory.
pub(crate) fn in_memory(
    relation: &Relation,
    version: u16,
    batch: &RecordBatch,
) -> Result<Vec<u8>, ParquetError> {
    let schema = documented_schema(relation, &batch.schema(), version);
    let batch = batch.clone().with_schema(Arc::clone(&schema))?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties(relation, version)))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// The file system's failure behind a Parquet error, by its own word where there was one.
fn failure_of(path: &Path, failed: &AtomicI32, error: ParquetError) -> Error {
    match failed.load(Relaxed) {
        0 => failure(path, error),
        code => Error::io(path, "write", io::Error::from_raw_os_error(code)),
    }
}

/// The file system's failure inside a Parquet error, if that is what it was.
pub(crate) fn failure(path: &Path, error: ParquetError) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    if let ParquetError::External(inner) = &error {
        cause = Some(inner.as_ref());
    }
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref::<io::Error>() {
            let again = match found.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(found.kind(), found.to_string()),
            };
            return Error::io(path, "write", again);
        }
        cause = inner.source();
    }
    Error::damaged(path, error)
}

fn properties(relation: &Relation, version: u16) -> WriterProperties {
    let level = ZstdLevel::try_new(COMPRESSION_LEVEL).expect("a level that zstd has");
    let entry = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(PAGE_BYTES)
        .set_created_by(concat!("tlscensus ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![
            entry(VERSION_KEY, version.to_string()),
            entry(RELATION_KEY, relation.name.to_owned()),
        ]));
    for path in paths_of(relation.columns, has_no_dictionary) {
        builder = builder.set_column_dictionary_enabled(path, false);
    }
    for path in paths_of(relation.columns, is_binary) {
        builder = builder.set_column_data_page_size_limit(path, BINARY_PAGE_BYTES);
    }
    for path in paths_of(relation.columns, has_no_statistics) {
        builder = builder.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    if [CERTIFICATES.name, CERTIFICATES_DER.name].contains(&relation.name) {
        for key in relation.key {
            builder = builder.set_column_bloom_filter_enabled((*key).into(), true);
        }
    }
    builder.build()
}

/// No value of these columns comes twice, and hardly a time: a dictionary would only cost. Lists of numbers come again as a whole,
/// which zstd sees by itself and sooner than number by number; those of hashes are chains, which have their links in common.
const fn has_no_dictionary(leaf: Leaf) -> bool {
    match leaf.kind {
        Kind::Binary | Kind::Timestamp => true,
        Kind::Hash => !leaf.in_list,
        Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => leaf.in_list,
        _ => false,
    }
}

/// Nobody asks for rows by the bounds of these.
const fn has_no_statistics(leaf: Leaf) -> bool {
    leaf.in_list || is_binary(leaf)
}

const fn is_binary(leaf: Leaf) -> bool {
    matches!(leaf.kind, Kind::Binary)
}

/// The fastest: parts of probes are 0.4 % larger than at level 3, those of flows as large.
const COMPRESSION_LEVEL: i32 = 1;
/// Rows in a row group: a query engine's unit of parallel work.
const ROW_GROUP_ROWS: usize = 1 << 20;
/// Page size of a column, and of its dictionary: about ninety columns are open at once.
const PAGE_BYTES: usize = 256 * 1024;
/// The same of what came over the wire: the longer a page, the more flights and certificates come in it again, and are small.
const BINARY_PAGE_BYTES: usize = 1024 * 1024;
/// Encoded pages held before a row group is written out early.
const MEMORY_BOUND: usize = 64 * 1024 * 1024;
