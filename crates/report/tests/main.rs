//! Every renderer's whole output, approved: a table with shares and totals, an empty one, and one full of characters
//! that mean something to somebody.

use tlscensus_report::Cell;
use tlscensus_report::Column;
use tlscensus_report::FORMATS;
use tlscensus_report::Format;
use tlscensus_report::Render;
use tlscensus_report::Table;
use tlscensus_report::Text;

fn rendered(table: &Table, format: Format) -> String {
    let mut out = Vec::new();
    table.render(format, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("renderers write UTF-8")
}

fn hosts() -> Table {
    let mut table = Table::new("T01", "Hosts and TLS");
    table.question =
        "How many hosts answer, and how many of them complete a TLS handshake?".to_owned();
    table.columns = vec![
        Column::text("word", "Word").for_machines(),
        Column::text("protocol", "Protocol"),
        Column::number("port", "Port"),
        Column::count("hosts", "Hosts"),
        Column::count("tls", "Successful TLS").of("hosts", "hosts").of("speakers", "speakers"),
    ];
    table.columns[3].unit = Some("addresses".to_owned());
    table.rows = vec![
        vec![
            Cell::from("smtp"),
            Cell::from("SMTP †"),
            Cell::from(25),
            Cell::from(12_488_000),
            Cell::share(3_848_843, [Some(12_488_000), Some(4_000_000)]),
        ],
        vec![
            Cell::from("irc"),
            Cell::from("IRC †"),
            Cell::from(6_667),
            Cell::from(2_573_207),
            Cell::share(3_709, [Some(2_573_207), Some(0)]),
        ],
        vec![
            Cell::from("xmpps-s2s"),
            Cell::from("XMPPS S2S"),
            Cell::Null,
            Cell::from(0),
            Cell::Null,
        ],
        vec![
            Cell::from("all"),
            Cell::from("all"),
            Cell::Null,
            Cell::from(15_061_207),
            Cell::share(3_852_552, [Some(15_061_207), None]),
        ],
    ];
    table.total_rows = 1;
    table.notes = vec!["† with STARTTLS.".to_owned(), "Hosts are distinct addresses.".to_owned()];
    table
}

fn hostile() -> Table {
    let mut table = Table::new("", "100 % & more_{x}");
    table.columns = vec![
        Column::text("say \"what\", please", "A|B <b>"),
        Column::number("value", "$value^2~"),
        Column::text("list", "#list\\"),
    ];
    table.rows = vec![
        vec![
            Cell::from("a|b,c\"d\"\\*_`[x](y)<i>&"),
            Cell::Float(1.0),
            Cell::List(vec![Cell::from("PLAIN"), Cell::from("LO,GIN"), Cell::Null]),
        ],
        vec![
            Cell::from("esc\x1b[31m nul\0 tab\t cr\r\nnew\u{202e}"),
            Cell::Float(f64::NAN),
            Cell::List(Vec::new()),
        ],
        vec![
            Cell::from(""),
            Cell::Float(-0.125),
            Cell::Record(vec![
                ("phase".to_owned(), Cell::from("tls")),
                ("bytes".to_owned(), Cell::from(1_234)),
            ]),
        ],
        vec![Cell::Null, Cell::Integer(-12_345), Cell::from(true)],
        vec![Cell::from("{漢字} 50% ~^$#&_\\ \"|\""), Cell::Integer(1), Cell::from(" edge ")],
    ];
    table.notes = vec!["100 % of |this| is <odd>".to_owned()];
    table
}

fn empty() -> Table {
    let mut table = Table::new("T00", "Nothing found");
    table.columns = vec![Column::text("a", "A"), Column::count("b", "B").of("a", "a")];
    table
}

#[test]
fn every_format_renders_every_table() {
    for (name, table) in [("hosts", hosts()), ("hostile", hostile()), ("empty", empty())] {
        for format in FORMATS {
            insta::assert_snapshot!(format!("{name}.{}", format.word()), rendered(&table, format));
        }
    }
}

#[test]
fn a_wide_table_is_cut_into_panels_that_repeat_the_key() {
    let mut out = Vec::new();
    let narrow = Text { width: Some(40), ascii: true };
    narrow.render(&hosts(), &mut out).expect("a vector takes all");
    let text = String::from_utf8(out).expect("renderers write UTF-8");
    assert_eq!(text.matches("XMPPS S2S").count(), 2, "{text}");
    insta::assert_snapshot!("hosts.narrow", text);
}

/// Hosts of many services, each counted in many ways: more than a page has room for, along and across.
fn large(rows: u64, columns: usize) -> Table {
    let mut table = Table::new("T99b", "Much & more");
    table.columns = vec![Column::text("service", "Service")];
    for number in 0..columns {
        let name = format!("n{number}");
        table.columns.push(Column::count(&name, format!("Count {number}")).of("all", "hosts"));
    }
    for row in 0..rows {
        let counts = (0..columns).map(|_| Cell::share(row, [Some(rows)]));
        table.rows.push(std::iter::once(Cell::from(format!("row {row}"))).chain(counts).collect());
    }
    table.total_rows = 1;
    table.notes = vec!["One.".to_owned(), "Two.".to_owned()];
    table
}

#[test]
fn latex_turns_and_cuts_what_is_wide_and_goes_on_with_what_is_long() {
    let counts = |latex: &str, words: [&str; 6]| words.map(|word| latex.matches(word).count());
    let words = ["{landscape}", "{table}", "{longtable}", "\\caption", "\\label{tab:t99b", "Two."];
    for (rows, columns, expected, packages) in [
        (10, 3, [0, 2, 0, 1, 1, 1], "booktabs"),
        (10, 7, [2, 2, 0, 1, 1, 1], "booktabs,pdflscape"),
        (10, 20, [2, 6, 0, 3, 3, 1], "booktabs,pdflscape"),
        (60, 3, [0, 0, 2, 1, 1, 1], "booktabs,longtable"),
        (60, 20, [2, 0, 6, 3, 3, 1], "booktabs,longtable,pdflscape"),
    ] {
        let latex = rendered(&large(rows, columns), Format::LATEX);
        assert_eq!(counts(&latex, words), expected, "{rows} × {columns}: {latex}");
        assert!(latex.starts_with(&format!("% \\usepackage{{{packages}}}\n")), "{latex}");
        assert!(latex.is_ascii());
        for line in latex.lines().filter(|line| line.contains(" & ")) {
            assert!(
                line.trim().trim_end_matches(" \\\\").replace("\\%", "%").len() <= 135,
                "{line}"
            );
        }
        let last = format!("row {} & ", rows - 1);
        assert_eq!(latex.matches(&last).count(), expected[3], "each part names its rows");
        for number in 0..columns {
            let headings = if rows == 60 { 2 } else { 1 };
            let found = latex.matches(&format!("Count {number} ")).count();
            assert_eq!(found, headings, "column {number} of {rows} × {columns}");
        }
    }
}

#[test]
fn a_column_wider_than_the_terminal_still_shows() {
    let mut out = Vec::new();
    let narrow = Text { width: Some(5), ascii: true };
    narrow.render(&hosts(), &mut out).expect("a vector takes all");
    let text = String::from_utf8(out).expect("renderers write UTF-8");
    assert!(text.contains("3,848,843"), "{text}");
    let last = text.lines().filter(|line| line.trim_start().starts_with("4 ")).count();
    assert!(last > 1, "each panel numbers its rows, the keys being too wide to repeat: {text}");
}

#[test]
fn json_is_typed_and_carries_denominators() {
    let json: serde_json::Value =
        serde_json::from_str(&rendered(&hosts(), Format::JSON)).expect("valid JSON");
    assert_eq!(json["rows"][0]["tls"], 3_848_843);
    assert_eq!(json["rows"][0]["tls_of_hosts"], 12_488_000);
    assert_eq!(json["rows"][2]["tls"], serde_json::Value::Null);
    assert_eq!(json["columns"][4]["denominators"][1]["column"], "tls_of_speakers");
    let odd: serde_json::Value =
        serde_json::from_str(&rendered(&hostile(), Format::JSON)).expect("valid JSON");
    assert_eq!(odd["rows"][1]["say \"what\", please"], "esc\x1b[31m nul\0 tab\t cr\r\nnew\u{202e}");
    assert_eq!(odd["rows"][2]["list"]["bytes"], 1_234);
}

#[test]
fn csv_fields_survive_a_reader() {
    let csv = rendered(&hostile(), Format::CSV);
    let text = csv.split_once("\r\n").expect("a header line").1;
    assert!(text.starts_with("\"a|b,c\"\"d\"\"\\*_`[x](y)<i>&\",1,"), "{text}");
    assert!(text.contains("\r\n\"\",-0.125,"), "empty text is not nothing: {text}");
    assert!(text.contains("\r\n,-12345,true\r\n"), "nothing is an empty field: {text}");
}
