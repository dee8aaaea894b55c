//! Closed sets of words: an enum whose variants are stable column values.

/// Declares a closed set of words: the enum, its word, its way back, and its place in a row.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident => $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$variant_meta])* #[doc = concat!(" Column word: `", $word, "`.")] $variant, )+
        }

        impl $name {
            /// Every word of the set, in the order of its definition.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The stable column word.
            pub const fn word(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }

            /// The member whose word this is.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $( $word => Some(Self::$variant), )+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::column::Cell for $name {
            const KIND: $crate::column::Kind = $crate::column::Kind::Word;
            fn value(&self) -> $crate::column::Value<'_> {
                $crate::column::Value::Text(self.word())
            }
            fn from_value(value: $crate::column::Value<'_>) -> Option<Self> {
                match value {
                    $crate::column::Value::Text(word) => Self::from_word(word),
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use words;
