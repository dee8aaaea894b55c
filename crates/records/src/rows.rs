//! The macro that declares a relation.

use crate::column::Column;
use crate::column::Half;
use crate::column::Kind;

/// How many columns there are in all groups.
pub(crate) const fn total(groups: &[&[Column]]) -> usize {
    let mut count = 0;
    let mut rest = groups;
    while let [group, others @ ..] = rest {
        count += group.len();
        rest = others;
    }
    count
}

/// The columns of all groups, one behind the other.
pub(crate) const fn joined<const N: usize>(groups: &[&[Column]]) -> [Column; N] {
    const NONE: Column =
        Column { name: "", kind: Kind::Bool, nullable: false, half: Half::Both, doc: "" };
    let mut all = [NONE; N];
    let mut at = 0;
    let mut rest = groups;
    while let [group, others @ ..] = rest {
        let mut columns = *group;
        while let [column, more @ ..] = columns {
            all[at] = *column;
            at += 1;
            columns = more;
        }
        rest = others;
    }
    all
}

/// Declares the struct of a row: `half` that fills it, then one documented line per column.
///
/// Behind `with` stand groups of columns that several relations share, each a struct that is declared in the same way: their
/// columns follow the row's own. `named "x_"` puts that before the name of every column, and not of the field.
macro_rules! rows {
    (
        $(#[$meta:meta])*
        pub struct $name:ident filled by $half:ident {
            $( $(#[doc = $doc:literal])+ $column:ident: $type:ty, )+
        }
        $( with { $( $(#[doc = $group_doc:literal])+ $group:ident: $group_type:ty, )+ } )?
    ) => {
        $crate::rows::rows! {
            $(#[$meta])*
            pub struct $name filled by $half named "" {
                $( $(#[doc = $doc])+ $column: $type, )+
            }
            $( with { $( $(#[doc = $group_doc])+ $group: $group_type, )+ } )?
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident filled by $half:ident named $prefix:literal {
            $( $(#[doc = $doc:literal])+ $column:ident: $type:ty, )+
        }
        $( with { $( $(#[doc = $group_doc:literal])+ $group:ident: $group_type:ty, )+ } )?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $column: $type, )+
            $( $( $(#[doc = $group_doc])+ pub $group: $group_type, )+ )?
        }

        impl $crate::column::Row for $name {
            const COLUMNS: &'static [$crate::column::Column] = {
                const PARTS: &[&[$crate::column::Column]] = &[
                    &[ $(
                        $crate::column::Column {
                            name: concat!($prefix, stringify!($column)),
                            kind: <$type as $crate::column::Cell>::KIND,
                            nullable: <$type as $crate::column::Cell>::NULLABLE,
                            half: $crate::column::Half::$half,
                            doc: concat!($($doc),+).trim_ascii(),
                        },
                    )+ ],
                    $( $( <$group_type as $crate::column::Row>::COLUMNS, )+ )?
                ];
                const ALL: [$crate::column::Column; $crate::rows::total(PARTS)] =
                    $crate::rows::joined(PARTS);
                &ALL
            };

            fn give_all<S: $crate::column::Sink + ?Sized>(&self, sink: &mut S) {
                $( $crate::column::Cell::give(&self.$column, sink); )+
                $( $( $crate::column::Row::give_all(&self.$group, sink); )+ )?
            }

            fn from_values<'a>(
                source: &mut dyn FnMut() -> $crate::column::Stored<'a>,
            ) -> Result<Self, &'static str> {
                Ok(Self {
                    $(
                        $column: $crate::column::Cell::from_stored(source())
                            .ok_or(concat!($prefix, stringify!($column)))?,
                    )+
                    $( $( $group: $crate::column::Row::from_values(source)?, )+ )?
                })
            }
        }

        impl $crate::column::Items for $name {
            fn each(&self, sink: &mut dyn FnMut($crate::column::Value<'_>)) {
                $crate::column::Row::values(self, sink);
            }
        }

        impl $crate::column::Cell for $name {
            const KIND: $crate::column::Kind = $crate::column::Kind::Struct(
                <Self as $crate::column::Row>::COLUMNS,
            );
            fn value(&self) -> $crate::column::Value<'_> {
                $crate::column::Value::Items(self)
            }
            fn from_value(_: $crate::column::Value<'_>) -> Option<Self> {
                None
            }
            fn from_stored(stored: $crate::column::Stored<'_>) -> Option<Self> {
                let $crate::column::Stored::Items(values) = stored else {
                    return None;
                };
                let mut values = values.into_iter();
                let mut next = || values.next().unwrap_or($crate::column::Stored::NULL);
                <Self as $crate::column::Row>::from_values(&mut next).ok()
            }
        }
    };
}

pub(crate) use rows;
