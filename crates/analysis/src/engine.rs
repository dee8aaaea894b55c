//! The query engine over one dataset, synchronous and read-only.

use std::ops::ControlFlow;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::sync::mpsc::SyncSender;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::datasource::ViewTable;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as EngineStatement;
use futures::StreamExt;

use crate::Cell;
use crate::Error;
use crate::Runs;
use crate::Table;
use crate::cell;
use crate::describe;
use crate::describe::type_word;
use crate::discoveries::SEARCHES_SQL;
use crate::discoveries::Search;
use crate::functions::Blocked;
use crate::monitors::WATCHES_SQL;
use crate::monitors::Watch;
use crate::relations;
use crate::runs::Counted;
use crate::runs::PARTS_SQL;
use crate::runs::Part;
use crate::statement::Statement;
use crate::views;
use crate::views::Reads;
use crate::worker::Worker;

/// A dataset that can be asked, or several as one.
pub struct Engine {
    worker: Worker,
    context: SessionContext,
    /// The runs that count; decided when the first query needs them.
    counted: Mutex<Option<Counted>>,
}

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryResult {
    /// The columns.
    pub columns: Vec<ResultColumn>,
    /// The rows, one cell per column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// Its type in a word: text, boolean, int64, uint16, float64, timestamp, list of text …
    pub kind: String,
}

/// A result table, its counts beside their denominators.
#[derive(Clone, Debug, PartialEq)]
pub struct TableResult {
    /// The table's definition.
    pub table: &'static Table,
    /// The rows, one entry per column of the definition.
    pub rows: Vec<Vec<Entry>>,
    /// How many of the last rows are totals.
    pub total_rows: usize,
    /// What a reader has to know: the definition's notes, and which runs count.
    pub notes: Vec<String>,
}

/// One value of a result table.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value.
    pub value: Cell,
    /// The denominators, one per share of the column; `None` where there is none for this row.
    pub of: Vec<Option<u64>>,
}

impl Engine {
    /// Opens the dataset at `path`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_without(path, None)
    }

    /// The same as if the addresses that are blocked had no rows of theirs: no probe, no responder, no capability, no
    /// connection. Certificates have no address, and what runs counted is what they did.
    pub fn open_without(path: &Path, blocked: Option<&Blocked>) -> Result<Self, Error> {
        Self::open_together(&[path.to_owned()], blocked)
    }

    /// The same of several datasets, as if all their runs were in one: what a monitor wrote for days, and the scans that were
    /// written beside it. A certificate that several have is there once.
    pub fn open_together(paths: &[PathBuf], blocked: Option<&Blocked>) -> Result<Self, Error> {
        let worker = Worker::start()?;
        let context = relations::open(paths, blocked)?;
        let engine = Self { worker, context, counted: Mutex::new(None) };
        for (name, sql) in views::OF_RELATIONS {
            engine.register_view(name, sql.to_owned())?;
        }
        Ok(engine)
    }

    /// Decides which runs the tables and the view `counted` count, from now on. Without it: [`Runs::Newest`].
    pub fn count(&self, runs: &Runs) -> Result<(), Error> {
        let decided = self.decide(runs)?;
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(decided);
        Ok(())
    }

    /// Runs a statement and keeps all of its rows.
    pub fn query(&self, sql: &str) -> Result<QueryResult, Error> {
        let mut result = QueryResult::default();
        self.query_each(sql, &mut |columns, rows| {
            if result.columns.is_empty() {
                result.columns = columns.to_vec();
            }
            result.rows.extend(rows);
            ControlFlow::Continue(())
        })?;
        Ok(result)
    }

    /// Runs a statement and hands over its rows as they come, at least once even if there are none, until `sink` breaks.
    pub fn query_each(&self, sql: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
        match Statement::parse(sql)? {
            Statement::Describe(name) => {
                let result = self.describe(&name)?;
                let _ = sink(&result.columns, result.rows);
                Ok(())
            }
            Statement::ShowTables => {
                let result = describe::tables();
                let _ = sink(&result.columns, result.rows);
                Ok(())
            }
            Statement::Query(statement) => {
                if self.needs_counted(&statement)? {
                    self.ensure_counted(Reads::default())?;
                }
                self.stream(*statement, sink)
            }
        }
    }

    /// The result table with this identifier (`T01`, in either case).
    pub fn table(&self, id: &str) -> Result<TableResult, Error> {
        let table = Table::find(id).ok_or_else(|| Error::UnknownTable { id: id.to_owned() })?;
        let run_note = self.ensure_counted(Reads::of(table.sql))?;
        let result = self.query(table.sql)?;
        let names: Vec<_> = result.columns.iter().map(|column| column.name.as_str()).collect();
        if names != table.result_columns() {
            let message =
                format!("{}: the head of the query does not describe {names:?}", table.id);
            return Err(Error::Query { message });
        }
        let rows: Vec<_> = result.rows.into_iter().map(|row| paired(table, row)).collect();
        let total_rows = table.total_rows.min(rows.len());
        let notes = table.notes.iter().cloned().chain([run_note]).collect();
        Ok(TableResult { table, rows, total_rows, notes })
    }

    fn describe(&self, name: &str) -> Result<QueryResult, Error> {
        if views::needs_decision(name) {
            self.ensure_counted(Reads::default())?;
        }
        let context = self.context.clone();
        let table = name.to_owned();
        let schema = self.worker.run(async move {
            let provider = context.table_provider(table.as_str()).await?;
            Ok(provider.schema())
        })?;
        Ok(describe::columns(name, &schema))
    }

    fn needs_counted(&self, statement: &EngineStatement) -> Result<bool, Error> {
        let references = self.context.state().resolve_table_references(statement)?;
        Ok(references.iter().any(|reference| views::needs_decision(reference.table())))
    }

    /// Makes sure that `counted` is there; which runs these are of which a query reads something.
    fn ensure_counted(&self, reads: Reads) -> Result<String, Error> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = match counted.as_mut() {
            Some(counted) => counted,
            None => counted.insert(self.decide(&Runs::default())?),
        };
        let searches = if reads.searches { counted.search_note.as_str() } else { "" };
        let probes = format!("{}{searches}", counted.note);
        let of_both = [(reads.probes, probes.as_str()), (reads.flows, counted.watch_note.as_str())];
        let notes = of_both.iter().filter(|(reads, _)| *reads).map(|(_, note)| *note);
        Ok(notes.collect::<Vec<_>>().join(" "))
    }

    fn decide(&self, runs: &Runs) -> Result<Counted, Error> {
        let parts = Part::read(&self.query(PARTS_SQL)?);
        let searches = Search::read(&self.query(SEARCHES_SQL)?);
        let watches = Watch::read(&self.query(WATCHES_SQL)?);
        let decided = Counted::decide(runs, &parts, &searches, &watches)?;
        let written = views::of_counted().map(|(name, sql)| (*name, (*sql).to_owned()));
        for (name, sql) in decided.views.clone().into_iter().chain(written) {
            self.register_view(name, sql)?;
        }
        Ok(decided)
    }

    fn register_view(&self, name: &'static str, sql: String) -> Result<(), Error> {
        let context = self.context.clone();
        self.worker.run(async move {
            let plan = context.state().create_logical_plan(&sql).await?;
            context.deregister_table(name)?;
            context.register_table(name, Arc::new(ViewTable::new(plan, Some(sql))))?;
            Ok(())
        })
    }

    fn stream(&self, statement: EngineStatement, sink: &mut Sink<'_>) -> Result<(), Error> {
        // Two batches in flight: the engine works on one while the caller writes another.
        let (sender, receiver) = mpsc::sync_channel(2);
        let context = self.context.clone();
        self.worker.spawn(async move {
            if let Err(error) = send_batches(&context, statement, &sender).await {
                // Nobody listens if the caller has seen enough.
                let _ = sender.send(Err(error));
            }
        });
        let mut finished = false;
        for message in receiver {
            match message? {
                Message::Batch(schema, batch) => {
                    let rows = cell::rows(&batch)
                        .map_err(|error| Error::Query { message: error.to_string() })?;
                    if sink(&result_columns(&schema), rows).is_break() {
                        return Ok(());
                    }
                }
                Message::End(schema) => {
                    finished = true;
                    let _ = sink(&result_columns(&schema), Vec::new());
                }
            }
        }
        match finished {
            true => Ok(()),
            false => {
                Err(Error::Engine { message: "the query engine gave up without a word".to_owned() })
            }
        }
    }
}

/// What takes the rows of a query.
pub type Sink<'a> = dyn FnMut(&[ResultColumn], Vec<Vec<Cell>>) -> ControlFlow<()> + 'a;

enum Message {
    Batch(SchemaRef, RecordBatch),
    End(SchemaRef),
}

async fn send_batches(
    context: &SessionContext,
    statement: EngineStatement,
    sender: &SyncSender<Result<Message, Error>>,
) -> Result<(), Error> {
    let plan: LogicalPlan = context.state().statement_to_plan(statement).await?;
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)?;
    let mut batches = context.execute_logical_plan(plan).await?.execute_stream().await?;
    let schema = batches.schema();
    while let Some(batch) = batches.next().await {
        if sender.send(Ok(Message::Batch(schema.clone(), batch?))).is_err() {
            return Ok(());
        }
    }
    let _ = sender.send(Ok(Message::End(schema)));
    Ok(())
}

fn result_columns(schema: &Schema) -> Vec<ResultColumn> {
    let fields = schema.fields().iter();
    fields
        .map(|field| ResultColumn {
            name: field.name().clone(),
            kind: type_word(field.data_type()),
        })
        .collect()
}

/// A row of the query, each denominator put beside its count.
fn paired(table: &Table, row: Vec<Cell>) -> Vec<Entry> {
    let mut cells = row.into_iter();
    let columns = table.columns.iter();
    columns
        .map(|column| {
            let value = cells.next().unwrap_or(Cell::Null);
            let of = cells.by_ref().take(column.shares.len()).map(|cell| cell.count()).collect();
            Entry { value, of }
        })
        .collect()
}
