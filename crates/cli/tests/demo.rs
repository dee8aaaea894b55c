//! The newcomer's first command, small, as any user.

use std::path::Path;
use std::process::Command;

use tlscensus_analysis::Engine;

use crate::support;

/// What the tables need of a document.
const PREAMBLE: &str = "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage[T1]{fontenc}\n\
    \\usepackage{booktabs,longtable,pdflscape}\n";
/// Hosts: enough for every table to have rows.
const HOSTS: &str = "25";

#[test]
fn the_demo_ends_with_the_headlines_and_leaves_a_dataset_and_the_whole_tables() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("dataset");
    let mut command = support::tlscensus();
    let output = support::run(command.args(["demo", "--hosts", HOSTS, "--out"]).arg(&out), 0);
    let tables = String::from_utf8(output.stdout).unwrap();
    let shown = ["T01", "T03", "T04", "T05", "T05b", "T06", "T06b", "T07", "T08c"];
    for id in shown {
        assert!(tables.contains(&format!("{id} · ")), "no {id} in\n{tables}");
        let whole = out.join("tables").join(format!("{id}.txt"));
        assert!(tables.contains(whole.to_str().unwrap()), "{id} has a whole somewhere");
        let whole = std::fs::read_to_string(whole).unwrap();
        assert!(whole.contains(&format!("{id} · ")) && whole.contains("\n  Run: "), "{whole}");
        assert_eq!(csv_rows(&out, id), Engine::open(&out).unwrap().table(id).unwrap().rows.len());
    }
    assert!(!out.join("tables/T04c.txt").exists(), "nothing was enumerated");
    let widest = tables.lines().max_by_key(|line| line.chars().count()).unwrap();
    assert!(widest.chars().count() <= 100, "{widest}");
    assert!(tables.lines().count() < 250, "{} lines", tables.lines().count());
    // One rule under the headings of each table, one above its totals: nothing is cut into panels.
    let rules = tables.lines().filter(|line| line.starts_with("───")).count();
    assert_eq!(rules, shown.len() + 5, "{tables}");
    check_headline(&out, &tables);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches(" sql ").count(), 3, "three queries to try:\n{said}");
    assert_eq!(endpoints(&out), "350");
}

#[test]
fn the_demo_needs_no_root() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tlscensus");
    std::fs::copy(env!("CARGO_BIN_EXE_tlscensus"), &program).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]);
    if !Command::new("setpriv").args(["--reuid=65534", "true"]).status().is_ok_and(|s| s.success())
    {
        return support::skip("becoming nobody needs root; the other test ran as an ordinary user");
    }
    let _status = Command::new("chown").arg("-R").arg("65534").arg(folder.path()).status();
    let out = folder.path().join("dataset");
    command.arg(&program).args(["demo", "--hosts", "3", "--quiet", "--out"]).arg(&out);
    support::run(&mut command, 0);
    let low = "SELECT count(*) FROM probes WHERE port < 1024";
    assert_eq!(support::show(&Engine::open(&out).unwrap().query(low).unwrap().rows[0][0]), "0");
    assert_eq!(endpoints(&out), "42");
}

fn csv_rows(dataset: &Path, id: &str) -> usize {
    let csv = std::fs::read_to_string(dataset.join("tables").join(format!("{id}.csv"))).unwrap();
    csv.lines().count() - 1
}

/// T05 shows the first suites over all services, numerators and shares as in the whole table, and how much it does not.
fn check_headline(dataset: &Path, tables: &str) {
    let result = Engine::open(dataset).unwrap().table("T05").unwrap();
    let block = tables.split("T05 · ").nth(1).unwrap().split("T05b · ").next().unwrap();
    let lines: Vec<_> = block.lines().filter(|line| line.starts_with("all services")).collect();
    let of_all = result.rows.iter().filter(|row| support::show(&row[0].value) == "all");
    for (line, row) in lines.iter().zip(of_all) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [suite, chosen] = [2, 4].map(|place| support::show(&row[place].value));
        assert_eq!(words[2..4], [suite.as_str(), chosen.as_str()], "{line}");
    }
    let more = format!("… {} more rows: ", result.rows.len() - lines.len());
    assert!(lines.len() == 8 && block.contains(&more), "{more}\n{block}");
}

#[test]
fn the_whole_tables_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("dataset");
    let mut command = support::tlscensus();
    // Hosts of its own: other demos run beside it.
    let seed = std::process::id().to_string();
    command.args(["demo", "--hosts", "3", "--seed", &seed, "--quiet", "--full", "--out"]).arg(&out);
    let demo = support::run(&mut command, 0).stdout;
    let whole = std::fs::read(out.join("tables/T05.txt")).unwrap();
    assert!(demo.windows(whole.len()).any(|part| part == whole), "T05 is there to the letter");
    let mut short = support::tlscensus();
    let short = short.arg("tables").arg(&out).args(["T05", "T07", "--short"]);
    let short = String::from_utf8(support::run(short, 0).stdout).unwrap();
    assert!(short.lines().count() < 50 && short.contains(" more rows: tables "), "{short}");
    let mut refused = support::tlscensus();
    support::run(refused.arg("tables").arg(&out).args(["T05", "--short", "--format", "csv"]), 2);
    let mut asked = support::tlscensus();
    let asked = asked.arg("sql").arg(&out).args(["SELECT 1 AS one", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&support::run(asked, 0).stdout).unwrap();
    assert_eq!(answer["id"], "query");
    assert_eq!(
        (&answer["title"], &answer["question"]),
        (&"Answer to a query".into(), &"SELECT 1 AS one".into())
    );
    assert_eq!(answer["rows"][0]["one"], 1);
    check_latex(folder.path(), &out);
}

/// Every table as LaTeX, in one document: nothing stands out of its page by more than a letter.
fn check_latex(folder: &Path, dataset: &Path) {
    if !Command::new("pdflatex").arg("--version").output().is_ok_and(|o| o.status.success()) {
        return support::skip("no pdflatex (apt-get install texlive-latex-recommended)");
    }
    let mut tables = support::tlscensus();
    let tables = support::run(tables.arg("tables").arg(dataset).args(["--format", "latex"]), 0);
    let tables = String::from_utf8(tables.stdout).unwrap();
    let document = format!("{PREAMBLE}\\begin{{document}}\n{tables}\\end{{document}}\n");
    std::fs::write(folder.join("tables.tex"), document).unwrap();
    let mut latex = Command::new("pdflatex");
    latex.current_dir(folder).args(["-interaction=nonstopmode", "-halt-on-error", "tables.tex"]);
    let said = String::from_utf8_lossy(&support::run(&mut latex, 0).stdout).into_owned();
    assert!(said.contains("Output written on tables.pdf") && !said.contains("Float too large"));
    let over = said.split("Overfull \\hbox (").skip(1).filter_map(|rest| rest.split("pt").next());
    let widest = over.filter_map(|points| points.parse::<f64>().ok()).fold(0.0, f64::max);
    assert!(widest < 10.0, "{widest} pt too wide\n{said}");
}

fn endpoints(dataset: &Path) -> String {
    let sql = "SELECT count(*) FROM (SELECT DISTINCT addr, protocol FROM probes) AS rows_";
    support::show(&Engine::open(dataset).unwrap().query(sql).unwrap().rows[0][0])
}
