//! The dataset's relations as tables of the query engine, with the words that describe them.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::StringArray;
use datafusion::arrow::array::UInt16Array;
use datafusion::arrow::array::UInt32Array;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Field;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::common::JoinType;
use datafusion::datasource::MemTable;
use datafusion::datasource::ViewTable;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::ListingOptions;
use datafusion::datasource::listing::ListingTable;
use datafusion::datasource::listing::ListingTableConfig;
use datafusion::datasource::listing::ListingTableUrl;
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::SessionConfig;
use datafusion::prelude::SessionContext;
use datafusion::prelude::col;
use datafusion::prelude::not;
use tlscensus_dataset::Dataset;
use tlscensus_dataset::records;
use tlscensus_dataset::records::RUNS;
use tlscensus_dataset::records::Relation;
use tlscensus_dataset::schema;

use crate::Error;
use crate::functions;
use crate::functions::Blocked;
use crate::registries;

/// Opens datasets as one and registers their relations, without the rows of blocked addresses, the lists and the functions.
pub(crate) fn open(paths: &[PathBuf], blocked: Option<&Blocked>) -> Result<SessionContext, Error> {
    let datasets: Vec<_> = paths.iter().map(Dataset::open).collect::<Result<_, _>>()?;
    refuse_runs_twice(paths, &datasets)?;
    let relations: Vec<_> = records::RELATIONS
        .iter()
        .map(|relation| {
            let files = datasets.iter().map(|dataset| dataset.files(relation.name));
            Ok((*relation, files.collect::<Result<Vec<_>, _>>()?.concat()))
        })
        .collect::<Result<_, Error>>()?;
    let bytes = relations.iter().flat_map(|(_, files)| files).map(|file| size(file)).sum();
    let config = SessionConfig::new().with_target_partitions(partitions(bytes));
    let context = SessionContext::new_with_config(config);
    let runs = relations.iter().find(|(relation, _)| relation.name == RUNS.name);
    let runs = runs.map(|(relation, files)| table(relation, files)).transpose()?;
    for (relation, files) in &relations {
        let mut table = table(relation, files)?;
        if let (Some(runs), true) = (&runs, datasets.len() > 1 && is_shared(relation)) {
            table = each_once(relation, table, Arc::clone(runs))?;
        }
        if let Some(blocked) = blocked {
            table = without(relation, table, blocked)?;
        }
        context.register_table(relation.name, table)?;
    }
    context.register_table(SERVICES, services()?)?;
    registries::register(&context)?;
    functions::register(&context);
    Ok(context)
}

fn refuse_runs_twice(paths: &[PathBuf], datasets: &[Dataset]) -> Result<(), Error> {
    let mut known = HashMap::new();
    for (path, dataset) in paths.iter().zip(datasets) {
        for run in dataset.runs()? {
            if let Some(other) = known.insert(run.run_id.clone(), path) {
                let datasets = [other.clone(), path.clone()];
                return Err(Error::RunTwice { run_id: run.run_id, datasets });
            }
        }
    }
    Ok(())
}

/// Whether the rows of a relation are no run's own, so that two datasets may have the same.
fn is_shared(relation: &Relation) -> bool {
    !relation.key.contains(&RUN_ID)
}

/// The table with one row of each key: that of the run that began first, where rows name one.
fn each_once(
    relation: &Relation,
    table: Arc<dyn TableProvider>,
    runs: Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let own = |name: &str| Expr::Column(Column::new(Some(relation.name), name));
    let key: Vec<_> = relation.key.iter().map(|name| own(name)).collect();
    let all = relation.columns.iter().map(|column| own(column.name)).collect();
    let mut order: Vec<_> = key.iter().map(|key| key.clone().sort(true, true)).collect();
    let mut plan = LogicalPlanBuilder::scan(relation.name, provider_as_source(table), None)?;
    if relation.column(FIRST_RUN).is_some() {
        let of = |name: &str| Column::new(Some(RUNS.name), name);
        let runs = LogicalPlanBuilder::scan(RUNS.name, provider_as_source(runs), None)?.build()?;
        let named = (vec![Column::new(Some(relation.name), FIRST_RUN)], vec![of(RUN_ID)]);
        plan = plan.join(runs, JoinType::Left, named, None)?;
        order.push(Expr::Column(of("started_at")).sort(true, false));
        order.push(own(FIRST_RUN).sort(true, false));
    }
    let plan = plan.distinct_on(key, all, Some(order))?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// The table without its rows of blocked addresses, if it has addresses.
fn without(
    relation: &Relation,
    table: Arc<dyn TableProvider>,
    blocked: &Blocked,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let columns = records::ADDRESSES.iter().filter(|name| relation.column(name).is_some());
    let Some(is_blocked) = columns
        .map(|name| functions::blocked(blocked).call(vec![col(*name)]))
        .reduce(|one, other| one.or(other))
    else {
        return Ok(table);
    };
    let plan = LogicalPlanBuilder::scan(relation.name, provider_as_source(table), None)?
        .filter(not(is_blocked))?
        .build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

fn size(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

/// How many threads share a query: for a small dataset, dealing out the work takes longer than the work.
fn partitions(bytes: u64) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    usize::try_from(bytes / BYTES_PER_PARTITION).map_or(cores, |wanted| wanted.clamp(1, cores))
}

/// A table over exactly these files: what lies beside them in the directory is not part of the dataset.
fn table(
    relation: &Relation,
    files: &[PathBuf],
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let schema = lenient(&schema(relation));
    if files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(schema)));
    }
    let urls: Vec<_> = files
        .iter()
        .map(|file| ListingTableUrl::parse(file_url(file)))
        .collect::<Result<_, _>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config)?))
}

/// The same columns, each allowed to be NULL: files of older versions do not have the newest.
fn lenient(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter();
    let fields: Vec<_> = fields.map(|field| field.as_ref().clone().with_nullable(true)).collect();
    Arc::new(Schema::new(fields))
}

/// A path as a `file:` URL; as a plain path its `*`, `?` and `[` would be taken for wildcards.
fn file_url(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut url = String::from("file://");
    for byte in absolute.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' => url.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => url.push(char::from(*byte)),
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// The services in the order of the study's first table.
fn services() -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let all = &records::SERVICES;
    let places = (1_u32..).take(all.len());
    let schema = Arc::new(Schema::new(
        SERVICE_COLUMNS
            .iter()
            .map(|(name, data_type, _)| Field::new(*name, data_type.clone(), false))
            .collect::<Vec<_>>(),
    ));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(UInt32Array::from_iter_values(places)),
            Arc::new(StringArray::from_iter_values(all.iter().map(|service| service.word))),
            Arc::new(StringArray::from_iter_values(all.iter().map(|service| service.title))),
            Arc::new(StringArray::from_iter_values(all.iter().map(|service| service.mode.word()))),
            Arc::new(UInt16Array::from_iter_values(all.iter().map(|service| service.port))),
        ],
    )?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

/// The column that names a row's run.
const RUN_ID: &str = "run_id";
/// The same of what many runs see.
const FIRST_RUN: &str = "first_seen_run";
const BYTES_PER_PARTITION: u64 = 32 << 20;

/// Name of the list of services.
pub(crate) const SERVICES: &str = "services";

/// What the list of services says.
pub(crate) const SERVICES_DOC: &str = "one row per service that this version can measure";

/// The columns of the list of services.
pub(crate) static SERVICE_COLUMNS: [(&str, DataType, &str); 5] = [
    ("place", DataType::UInt32, "place in the study's first table, from 1"),
    ("protocol", DataType::Utf8, "the word in probes.protocol"),
    ("title", DataType::Utf8, "the name printed in tables"),
    ("mode", DataType::Utf8, "how TLS starts: implicit or starttls"),
    ("port", DataType::UInt16, "the port where the service is expected"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_mean_something_in_a_url_are_encoded() {
        assert_eq!(
            file_url(Path::new("/a b/[x]*?#%.parquet")),
            "file:///a%20b/%5Bx%5D%2A%3F%23%25.parquet"
        );
    }
}
