//! What the tables and their columns mean, in the words of their definitions.

use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Schema;
use tlscensus_dataset::DOC_KEY;
use tlscensus_dataset::HALF_KEY;
use tlscensus_dataset::records;
use tlscensus_dataset::records::Column;
use tlscensus_dataset::records::Kind;
use tlscensus_dataset::schema;

use crate::Cell;
use crate::QueryResult;
use crate::ResultColumn;
use crate::head::Head;
use crate::registries::LISTS;
use crate::relations::SERVICE_COLUMNS;
use crate::relations::SERVICES;
use crate::relations::SERVICES_DOC;
use crate::views;

/// `SHOW TABLES`.
pub(crate) fn tables() -> QueryResult {
    let row = |name: &str, kind: &str, doc: &str| -> Vec<Cell> {
        [name, kind, doc].map(|text| Cell::Text(text.to_owned())).into()
    };
    let relations = records::RELATIONS.iter();
    let mut rows: Vec<_> =
        relations.map(|relation| row(relation.name, "relation", relation.doc)).collect();
    rows.push(row(SERVICES, "list", SERVICES_DOC));
    rows.extend(LISTS.iter().map(|list| row(list.name, "list", list.doc)));
    rows.extend(views::DECIDED.iter().map(|view| row(view.name, "view", view.doc)));
    for (name, sql) in views::written() {
        let head = Head::read(sql);
        let doc = head.title.split_once(": ").map_or("", |(_, doc)| doc);
        rows.push(row(name, "view", doc));
    }
    QueryResult { columns: text_columns(&["table", "kind", "one row per"]), rows }
}

/// `DESCRIBE`; `None` if there is no such table. `found` are the columns that the engine has under this name.
pub(crate) fn columns(name: &str, found: &Schema) -> QueryResult {
    let rows = match records::relation(name) {
        Some(relation) => relation_rows(relation),
        None => found
            .fields()
            .iter()
            .map(|field| {
                let meaning = meaning_in_view(name, field.name());
                line(field.name(), &type_word(field.data_type()), field.is_nullable(), "", &meaning)
            })
            .collect(),
    };
    let columns = text_columns(&["column", "type", "nullable", "filled by", "meaning"]);
    QueryResult { columns, rows }
}

fn relation_rows(relation: &records::Relation) -> Vec<Vec<Cell>> {
    let schema = schema(relation);
    let mut rows = Vec::new();
    for field in schema.fields() {
        let word = |key| field.metadata().get(key).map_or("", String::as_str);
        rows.push(line(
            field.name(),
            &type_word(field.data_type()),
            field.is_nullable(),
            word(HALF_KEY),
            word(DOC_KEY),
        ));
        if let Some(column) = relation.column(field.name()) {
            push_inner(&mut rows, column);
        }
    }
    rows
}

/// The fields of a list of records, each on a line of its own.
fn push_inner(rows: &mut Vec<Vec<Cell>>, column: &Column) {
    let Kind::List(Kind::Struct(fields)) = column.kind else {
        return;
    };
    for field in *fields {
        let name = format!("{}[].{}", column.name, field.name);
        rows.push(line(&name, kind_word(field.kind), field.nullable, field.half.word(), field.doc));
    }
}

/// What a column of a view or of a list means.
fn meaning_in_view(table: &str, column: &str) -> String {
    let list = LISTS.iter().find(|list| list.name == table).map(|list| list.columns);
    if let Some(columns) = list.or_else(|| (table == SERVICES).then_some(&SERVICE_COLUMNS)) {
        let found = columns.iter().find(|(name, ..)| *name == column);
        return found.map_or_else(String::new, |(.., doc)| (*doc).to_owned());
    }
    views::meaning(table, column)
}

fn line(name: &str, kind: &str, nullable: bool, half: &str, meaning: &str) -> Vec<Cell> {
    vec![
        Cell::Text(name.to_owned()),
        Cell::Text(kind.to_owned()),
        Cell::Boolean(nullable),
        Cell::Text(half.to_owned()),
        Cell::Text(meaning.to_owned()),
    ]
}

fn text_columns(names: &[&str]) -> Vec<ResultColumn> {
    let column = |name: &&str| ResultColumn { name: (*name).to_owned(), kind: "text".to_owned() };
    names.iter().map(column).collect()
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Binary => "binary",
        Kind::Bool => "boolean",
        Kind::Hash | Kind::Text | Kind::Word => "text",
        Kind::List(_) => "list",
        Kind::Struct(_) => "record",
        Kind::Timestamp => "timestamp",
        Kind::U8 => "uint8",
        Kind::U16 => "uint16",
        Kind::U32 => "uint32",
        Kind::U64 => "uint64",
    }
}

/// A type in one or two words.
pub(crate) fn type_word(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "binary".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Struct(_) => "record".to_owned(),
        DataType::List(item) | DataType::LargeList(item) => {
            format!("list of {}", type_word(item.data_type()))
        }
        other => other.to_string().to_lowercase(),
    }
}
