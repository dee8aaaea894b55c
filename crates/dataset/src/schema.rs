//! Relations as Arrow schemas: the types that every reader of Parquet understands alike.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use parquet::schema::types::ColumnPath;
use tlscensus_records::Column;
use tlscensus_records::Kind;
use tlscensus_records::Relation;
use tlscensus_records::SCHEMA_VERSION;

/// The schema of a relation as this version writes it: each column's meaning is in its field's metadata under
/// [`DOC_KEY`], the version of the schema in the schema's under [`VERSION_KEY`].
pub fn schema(relation: &Relation) -> SchemaRef {
    let fields: Vec<Field> = relation.columns.iter().map(documented).collect();
    let metadata = HashMap::from([
        (VERSION_KEY.to_owned(), SCHEMA_VERSION.to_string()),
        (RELATION_KEY.to_owned(), relation.name.to_owned()),
    ]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

/// The same without words: what a journal's frames carry.
pub(crate) fn bare_schema(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The schema of rows that were written with `found`, with the words of this version where it still knows the column.
pub(crate) fn documented_schema(relation: &Relation, found: &Schema, version: u16) -> SchemaRef {
    let fields: Vec<Field> = found
        .fields()
        .iter()
        .map(|field| match relation.column(field.name()) {
            Some(column) => field.as_ref().clone().with_metadata(words(column)),
            None => field.as_ref().clone(),
        })
        .collect();
    let metadata = HashMap::from([
        (VERSION_KEY.to_owned(), version.to_string()),
        (RELATION_KEY.to_owned(), relation.name.to_owned()),
    ]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

pub(crate) fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Binary => DataType::Binary,
        Kind::Bool => DataType::Boolean,
        Kind::Hash | Kind::Text | Kind::Word => DataType::Utf8,
        Kind::List(item) => DataType::List(Arc::new(item_field(*item))),
        Kind::Struct(columns) => DataType::Struct(columns.iter().map(field).collect()),
        Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(TIME_ZONE.into())),
        Kind::U8 => DataType::UInt8,
        Kind::U16 => DataType::UInt16,
        Kind::U32 => DataType::UInt32,
        Kind::U64 => DataType::UInt64,
    }
}

/// The field of a list's elements. Never NULL in our rows; declared nullable because that is what other writers and
/// functions on lists expect.
pub(crate) fn item_field(kind: Kind) -> Field {
    Field::new_list_field(data_type(kind), true)
}

/// What a column of a file holds; lists and structs are taken apart there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) kind: Kind,
    pub(crate) in_list: bool,
}

/// Paths of the columns that are wanted, inside lists and structs too.
pub(crate) fn paths_of(columns: &[Column], wanted: fn(Leaf) -> bool) -> Vec<ColumnPath> {
    let mut paths = Vec::new();
    for column in columns {
        let leaf = Leaf { kind: column.kind, in_list: false };
        collect(leaf, vec![column.name.to_owned()], wanted, &mut paths);
    }
    paths
}

fn collect(leaf: Leaf, path: Vec<String>, wanted: fn(Leaf) -> bool, into: &mut Vec<ColumnPath>) {
    let below = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned());
        path.iter().cloned().chain(names).collect()
    };
    match leaf.kind {
        Kind::List(item) => {
            let item_path = below(&["list", Field::LIST_FIELD_DEFAULT_NAME]);
            collect(Leaf { kind: *item, in_list: true }, item_path, wanted, into);
        }
        Kind::Struct(fields) => {
            for field in fields {
                let leaf = Leaf { kind: field.kind, ..leaf };
                collect(leaf, below(&[field.name]), wanted, into);
            }
        }
        _ if wanted(leaf) => into.push(ColumnPath::new(path)),
        _ => {}
    }
}

fn field(column: &Column) -> Field {
    Field::new(column.name, data_type(column.kind), column.nullable)
}

fn documented(column: &Column) -> Field {
    field(column).with_metadata(words(column))
}

fn words(column: &Column) -> HashMap<String, String> {
    HashMap::from([
        (DOC_KEY.to_owned(), column.doc.to_owned()),
        (HALF_KEY.to_owned(), column.half.word().to_owned()),
    ])
}

/// Key of a field's metadata: what the column means.
pub const DOC_KEY: &str = "doc";
/// Key of a field's metadata: which half of the tool fills the column.
pub const HALF_KEY: &str = "half";
/// Key of a file's metadata: the relation it holds.
pub const RELATION_KEY: &str = "tlscensus.relation";
/// Key of a file's metadata: the version of the schema it was written with.
pub const VERSION_KEY: &str = "tlscensus.schema_version";

const TIME_ZONE: &str = "UTC";

#[cfg(test)]
mod tests {
    use tlscensus_records::RELATIONS;
    use tlscensus_records::relation;

    use super::*;

    #[test]
    fn every_field_says_what_it_means() {
        for relation in RELATIONS {
            let schema = schema(relation);
            assert_eq!(schema.fields().len(), relation.columns.len());
            for field in schema.fields() {
                assert!(field.metadata().contains_key(DOC_KEY), "{}", field.name());
            }
        }
    }

    #[test]
    fn hashes_are_found_inside_lists() {
        let probes = relation("probes").expect("a relation");
        let paths = paths_of(probes.columns, |leaf| leaf.kind == Kind::Hash);
        let texts: Vec<_> = paths.iter().map(ColumnPath::string).collect();
        assert!(texts.contains(&"chain.list.item".to_owned()), "{texts:?}");
        assert!(texts.contains(&"tls_dh_prime_sha256".to_owned()), "{texts:?}");
    }
}
