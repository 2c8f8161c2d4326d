// SPDX-License-Identifier: MIT OR Apache-2.0
// timeout 120

//! The benchmark as a program, with as little of everything as gives a figure. Needs the module, so it runs in the VM;
//! `QIPC_BENCH` names the program where it is not on the PATH.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;

fn bench(arguments: &[&str]) -> Output {
    let program = std::env::var("QIPC_BENCH").unwrap_or_else(|_| "qipc-bench".into());
    Command::new(program)
        .args(arguments)
        .output()
        .expect("qipc-bench is on the PATH")
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).expect("text")
}

/// What `run --tiny` wrote, and the folder it is in.
fn tiny(name: &str, words: &[&str]) -> (Value, String) {
    let folder = std::env::temp_dir().join(format!("qipc-bench-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let folder = folder.to_str().expect("UTF-8").to_string();
    let json = format!("{folder}/part.json");
    let output = bench(
        &[
            &["run", "--tiny", "--json", &json, "--commit", "smoke"],
            words,
        ]
        .concat(),
    );
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    let value =
        serde_json::from_str(&std::fs::read_to_string(&json).expect("results")).expect("JSON");
    (value, folder)
}

/// Names of rows or lacks.
fn names(results: &Value, list: &str) -> BTreeSet<String> {
    let list = results[list].as_array().expect("a list");
    list.iter()
        .map(|row| row["name"].as_str().expect("a name").to_string())
        .collect()
}

#[test]
fn each_row_has_a_figure_or_a_reason() {
    let (results, folder) = tiny("all", &[]);
    assert_eq!(results["schema"], 1);
    assert_eq!(results["commit"], "smoke");
    let (rows, lacks) = (names(&results, "rows"), names(&results, "lacks"));
    let listed = text(&bench(&["list", "--tiny"]).stdout);
    assert!(listed.lines().count() > 30, "{listed}");
    for line in listed.lines() {
        let name = line.split(' ').next().expect("a name");
        // A name that ends in a slash stands for several.
        let there =
            rows.contains(name) || name.ends_with('/') && rows.iter().any(|r| r.starts_with(name));
        assert!(there || lacks.contains(name), "{name} is missing");
        let ours = name.contains("/qipc") || name.contains("/parts") || name.contains("/threads");
        assert!(there || !ours, "{name} was not measured");
    }
    for row in results["rows"].as_array().expect("rows") {
        let figure = &row["figure"];
        let (median, min, max) = (&figure["median"], &figure["min"], &figure["max"]);
        let number = |v: &Value| v.as_f64().expect("a number");
        assert!(
            number(min) <= number(median) && number(median) <= number(max),
            "{row}"
        );
        assert!(!row["unit"].as_str().expect("a unit").is_empty());
        if !row["name"].as_str().expect("a name").contains("/hygiene/") {
            assert!(number(min) > 0.0, "{row}");
        }
    }
    for lack in results["lacks"].as_array().expect("lacks") {
        assert_eq!(lack["failed"], false, "{lack}");
        assert!(!lack["reason"].as_str().expect("a reason").is_empty());
    }

    // A report of it: all bars are there, measured or not, and the exit status does not depend on them.
    let part = format!("{folder}/part.json");
    let output = bench(&["report", &part, "--out", &folder, "--seconds", "60"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    for word in [
        "floor",
        "C Binder",
        "part of 524,288",
        "8 server threads",
        "x pread",
        "minutes",
    ] {
        assert!(lines.contains(word), "no bar with {word}: {lines}");
    }
    assert!(lines.contains("NOT MEASURED"), "{lines}");
    let strict = bench(&["report", &part, "--strict"]);
    assert!(
        !strict.status.success(),
        "nobody has counted instructions, and yet it is strictly fine"
    );
    for file in ["results.json", "tables.md"] {
        assert!(
            std::fs::metadata(format!("{folder}/{file}"))
                .expect(file)
                .len()
                > 0
        );
    }
    // Nothing got worse since itself.
    let results = format!("{folder}/results.json");
    assert!(bench(&["compare", &results, &results]).status.success());
    std::fs::remove_dir_all(folder).expect("remove");
}

#[test]
fn a_word_chooses_rows() {
    let (results, folder) = tiny("word", &["short/eventfd/8/1cpu"]);
    assert_eq!(
        names(&results, "rows").into_iter().collect::<Vec<_>>(),
        ["wall/short/eventfd/8/1cpu"]
    );
    std::fs::remove_dir_all(folder).expect("remove");
}

#[test]
fn a_word_that_no_row_has_is_an_error() {
    let output = bench(&["run", "--tiny", "no-such-row"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("no row has such a name"));
}

#[test]
fn counting_instructions_is_refused_where_nobody_counts() {
    // The VM of the tests runs without -icount; so do machines of people.
    let output = bench(&["run", "--icount", "null-syscall"]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("does not count instructions"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn results_of_another_version_are_refused() {
    let (results, folder) = tiny("schema", &["null-syscall"]);
    let file = format!("{folder}/other.json");
    let mut other = results;
    other["schema"] = 999.into();
    std::fs::write(&file, other.to_string()).expect("write");
    let output = bench(&["report", &file]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("schema 999"),
        "{}",
        text(&output.stderr)
    );
    std::fs::remove_dir_all(folder).expect("remove");
}

#[test]
fn a_run_that_ended_early_says_what_is_missing() {
    let (results, folder) = tiny("early", &["null-syscall"]);
    assert_eq!(results["missing"], serde_json::json!([]));
    let file = format!("{folder}/early.json");
    let mut early = results;
    early["missing"] = serde_json::json!(["wall/scale/threads/8"]);
    std::fs::write(&file, early.to_string()).expect("write");
    let output = bench(&["report", &file]);
    assert!(!output.status.success());
    assert!(
        text(&output.stdout).contains("MISSING wall/scale/threads/8"),
        "{}",
        text(&output.stdout)
    );
    std::fs::remove_dir_all(folder).expect("remove");
}
