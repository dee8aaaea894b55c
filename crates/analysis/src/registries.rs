//! The registries of suites and groups as tables of the query engine: what a code point in a row is made of.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::StringArray;
use datafusion::arrow::array::UInt16Array;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Field;
use datafusion::arrow::datatypes::Schema;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use tlscensus_dataset::records::registry::CipherSuite;
use tlscensus_dataset::records::registry::Mac;
use tlscensus_dataset::records::registry::NamedGroup;
use tlscensus_dataset::records::registry::SuiteParameters;

/// A list that does not come from the dataset.
pub(crate) struct List {
    /// Its name in queries.
    pub(crate) name: &'static str,
    /// One row per what.
    pub(crate) doc: &'static str,
    /// Name, type and meaning of each column; none can be NULL unless the meaning says so.
    pub(crate) columns: &'static [(&'static str, DataType, &'static str)],
}

/// The lists of this file.
pub(crate) static LISTS: [List; 2] = [SUITES, GROUPS];

/// Registers the lists.
pub(crate) fn register(context: &SessionContext) -> Result<(), DataFusionError> {
    context.register_table(SUITES.name, table(&SUITES, suites())?)?;
    context.register_table(GROUPS.name, table(&GROUPS, groups())?)?;
    Ok(())
}

fn table(list: &List, columns: Vec<ArrayRef>) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let fields = list.columns.iter().zip(&columns).map(|((name, data_type, _), column)| {
        Field::new(*name, data_type.clone(), column.null_count() > 0)
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

fn suites() -> Vec<ArrayRef> {
    let all: Vec<(u16, &str, &SuiteParameters)> = CipherSuite::ENTRIES
        .iter()
        .filter_map(|(code, name)| Some((*code, *name, CipherSuite(*code).parameters()?)))
        .collect();
    let words = |word: fn(&SuiteParameters) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(all.iter().map(|(.., suite)| word(suite))))
    };
    let flags = |flag: fn(&SuiteParameters) -> bool| -> ArrayRef {
        Arc::new(all.iter().map(|(.., suite)| Some(flag(suite))).collect::<BooleanArray>())
    };
    vec![
        Arc::new(UInt16Array::from_iter_values(all.iter().map(|(code, ..)| *code))),
        Arc::new(StringArray::from_iter_values(all.iter().map(|(_, name, _)| *name))),
        words(|suite| suite.key_exchange.word()),
        words(|suite| suite.authentication.word()),
        words(|suite| suite.cipher.word()),
        Arc::new(UInt16Array::from_iter_values(all.iter().map(|(.., suite)| suite.bits))),
        words(|suite| suite.mac.word()),
        flags(|suite| suite.export),
        flags(|suite| suite.cipher.is_cbc()),
        flags(|suite| suite.mac == Mac::Aead),
    ]
}

fn groups() -> Vec<ArrayRef> {
    let all = NamedGroup::ENTRIES;
    vec![
        Arc::new(UInt16Array::from_iter_values(all.iter().map(|(code, _)| *code))),
        Arc::new(StringArray::from_iter_values(all.iter().map(|(_, name)| *name))),
        Arc::new(StringArray::from_iter_values(
            all.iter().map(|(code, name)| group_kind(NamedGroup(*code), name)),
        )),
    ]
}

fn group_kind(group: NamedGroup, name: &str) -> &'static str {
    let lattice_alone = name.starts_with("MLKEM");
    match () {
        () if group.is_finite_field() => "finite field",
        () if lattice_alone => "lattice",
        () if group.is_post_quantum() => "hybrid",
        () if name.starts_with("sect") || name.ends_with("char2_curves") => "binary curve",
        () => "curve",
    }
}

const SUITES: List = List {
    name: "suites",
    doc: "one row per cipher suite in the registry, with what it is made of",
    columns: &[
        ("code", DataType::UInt16, "code point, as in probes.tls_suite_code"),
        ("suite", DataType::Utf8, "IANA name"),
        (
            "key_exchange",
            DataType::Utf8,
            "how the secret comes about; ANY: negotiated apart (TLS 1.3)",
        ),
        ("authentication", DataType::Utf8, "how the server proves who it is; anon: not at all"),
        ("cipher", DataType::Utf8, "cipher with its mode"),
        ("bits", DataType::UInt16, "secret bits of the cipher's key as named"),
        ("mac", DataType::Utf8, "what protects integrity; AEAD: the cipher itself"),
        ("export", DataType::Boolean, "made weak on purpose for export"),
        ("cbc", DataType::Boolean, "a block cipher in CBC mode"),
        ("aead", DataType::Boolean, "cipher and integrity in one"),
    ],
};

const GROUPS: List = List {
    name: "groups",
    doc: "one row per named group in the registry",
    columns: &[
        ("code", DataType::UInt16, "code point, as in probes.tls_group_code"),
        ("group_name", DataType::Utf8, "IANA name"),
        (
            "kind",
            DataType::Utf8,
            "curve, binary curve, finite field, hybrid (a curve and a lattice) or lattice",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_suite_but_the_signals_is_taken_apart() {
        let without = CipherSuite::ENTRIES
            .iter()
            .filter(|(code, _)| CipherSuite(*code).parameters().is_none())
            .count();
        assert_eq!(without, 0);
        assert!(CipherSuite::ENTRIES.len() > 300);
    }

    #[test]
    fn groups_are_sorted_into_their_kinds() {
        for (name, kind) in [
            ("ffdhe3072", "finite field"),
            ("x448", "curve"),
            ("sect571r1", "binary curve"),
            ("brainpoolP256r1tls13", "curve"),
            ("X25519MLKEM768", "hybrid"),
            ("X25519Kyber768Draft00", "hybrid"),
            ("CECPQ2", "hybrid"),
            ("MLKEM768", "lattice"),
        ] {
            let (code, _) = NamedGroup::ENTRIES.iter().find(|(_, have)| *have == name).expect(name);
            let group = NamedGroup(*code);
            assert_eq!(group_kind(group, name), kind, "{name}");
        }
    }
}
