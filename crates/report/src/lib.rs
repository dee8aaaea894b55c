//! Result tables → text, Markdown, LaTeX, CSV, JSON.
//!
//! A [`Table`] is a question with its answer: columns that know what their shares are shares of, and typed cells. A
//! renderer is one file behind the [`Render`] trait and one line in [`FORMATS`]; the command line and the tests loop
//! over that list. Nothing here opens files, writes colours or knows a terminal.
//!
//! ```
//! use tlscensus_report::{Cell, Column, Format, Table};
//!
//! let mut table = Table::new("T00", "Hosts by colour");
//! table.columns = vec![Column::text("colour", "Colour"), Column::count("hosts", "Hosts").of("all", "all hosts")];
//! table.rows.push(vec![Cell::from("red"), Cell::share(1_500, [Some(2_000)])]);
//!
//! let mut out = Vec::new();
//! table.render(Format::CSV, &mut out)?;
//! assert_eq!(out, b"colour,hosts,hosts_of_all\r\nred,1500,2000\r\n");
//! # Ok::<(), std::io::Error>(())
//! ```

mod csv;
mod figure;
mod format;
mod json;
mod latex;
mod layout;
mod markdown;
mod table;
mod text;

pub use self::csv::Csv;
pub use self::format::FORMATS;
pub use self::format::Format;
pub use self::format::Render;
pub use self::json::Json;
pub use self::latex::Latex;
pub use self::markdown::Markdown;
pub use self::table::Align;
pub use self::table::Cell;
pub use self::table::Column;
pub use self::table::Share;
pub use self::table::Table;
pub use self::text::Text;
