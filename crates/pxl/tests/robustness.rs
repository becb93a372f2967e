//! The compiler answers every text, quickly, with a program or with problems.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests fail by panicking, and times are printed for `make bench CASE=compile`"
)]

use datafusion::arrow::datatypes::Schema;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_pxl::{Catalog, CompileOptions, compile};
use nixie_types::{ColumnSpec, DataType, SemanticType};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct OneTable(Arc<dyn TableSource>);

impl Catalog for OneTable {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        matches!(name, "t" | "http_events").then(|| Arc::clone(&self.0))
    }

    fn table_names(&self) -> Vec<String> {
        vec!["http_events".to_owned(), "t".to_owned()]
    }
}

fn catalog() -> OneTable {
    let column = |name, data_type| ColumnSpec::new(name, data_type, "").field();
    let schema = Arc::new(Schema::new(vec![
        column("time_", DataType::Time64Ns),
        ColumnSpec::new("upid", DataType::UInt128, "")
            .semantic(SemanticType::Upid)
            .field(),
        column("a", DataType::Int64),
        column("b", DataType::Float64),
        column("s", DataType::String),
        column("ok", DataType::Boolean),
        column("latency", DataType::Int64),
        column("resp_status", DataType::Int64),
    ]));
    let table = MemTable::try_new(schema, vec![vec![]]).expect("no rows fit any schema");
    OneTable(provider_as_source(Arc::new(table)))
}

fn registry() -> Registry {
    Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)))
}

/// The scripts of all literate pages.
fn scripts() -> Vec<String> {
    let mut scripts = Vec::new();
    for folder in ["md", "cases"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(folder);
        for entry in fs::read_dir(root).expect("the folder exists") {
            let path = entry.expect("the entry can be read").path();
            let text = fs::read_to_string(path).expect("the page can be read");
            for part in text.split("```pxl").skip(1) {
                let body = part.split_once('\n').map_or("", |(_, body)| body);
                scripts.push(body.split("```").next().unwrap_or_default().to_owned());
            }
        }
    }
    scripts.sort();
    scripts
}

/// Compiles and checks what every answer has in common.
fn answer(script: &str, catalog: &OneTable, registry: &Registry) {
    let options = CompileOptions {
        now_ns: 1 << 60,
        ..CompileOptions::default()
    };
    match compile(script, catalog, registry, &options) {
        Ok(program) => {
            assert!(!program.outputs.is_empty() || !program.mutations.is_empty());
        }
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "a failure says why");
            let lines = script.lines().count() + 1;
            for diagnostic in diagnostics {
                assert!(
                    diagnostic.line <= lines,
                    "line {} of {lines}",
                    diagnostic.line
                );
                assert!(!diagnostic.message.is_empty());
                assert_ne!(
                    diagnostic.code, "internal",
                    "{}\n{script}",
                    diagnostic.message
                );
            }
        }
    }
}

const SNIPPETS: [&str; 30] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "=",
    "==",
    ".",
    "'",
    "\"",
    "\n",
    "\n    ",
    "df",
    "px",
    " and ",
    " not ",
    "-",
    "1e999",
    "0",
    "None",
    "é",
    "for x in range(9):\n    ",
    "if df:\n    ",
    " for y in [1]",
    "break",
    "@px.vis.vega('')\n",
    "import pxviews, pxtrace\n",
];

fn mutate(script: &str, edits: &[(usize, usize, u8)]) -> String {
    let mut text: Vec<char> = script.chars().collect();
    for &(at, other, kind) in edits {
        if text.is_empty() {
            break;
        }
        let (at, other) = (at % text.len(), other % text.len());
        match kind % 4 {
            0 => drop(text.remove(at)),
            1 => text
                .splice(at..at, SNIPPETS[other % SNIPPETS.len()].chars())
                .for_each(drop),
            2 => {
                let (low, high) = (at.min(other), at.max(other));
                let copy: Vec<char> = text[low..high].iter().take(200).copied().collect();
                text.splice(at..at, copy).for_each(drop);
            }
            _ => text.swap(at, other),
        }
    }
    text.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_scripts_are_answered(
        index in any::<usize>(),
        edits in prop::collection::vec((any::<usize>(), any::<usize>(), any::<u8>()), 1..6),
    ) {
        let scripts = scripts();
        let script = mutate(&scripts[index % scripts.len()], &edits);
        answer(&script, &catalog(), &registry());
    }

    #[test]
    fn random_text_is_answered(text in "\\PC{0,200}") {
        answer(&text, &catalog(), &registry());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ten_kilobytes_are_answered_quickly(
        picks in prop::collection::vec(any::<usize>(), 1..8),
        edits in prop::collection::vec((any::<usize>(), any::<usize>(), any::<u8>()), 0..6),
    ) {
        const BYTES: usize = 10 << 10;
        let scripts = scripts();
        let mut text = String::new();
        for pick in picks.iter().cycle().take(200) {
            text.push_str(&scripts[pick % scripts.len()]);
            text.push('\n');
            if text.len() > BYTES {
                break;
            }
        }
        text.truncate(text.floor_char_boundary(BYTES));
        let text = mutate(&text, &edits);
        let (catalog, registry) = (catalog(), registry());
        let mut best = Duration::MAX;
        for _ in 0..2 {
            let start = Instant::now();
            answer(&text, &catalog, &registry);
            best = best.min(start.elapsed());
        }
        let limit = Duration::from_millis(if cfg!(debug_assertions) { 1500 } else { 50 });
        prop_assert!(best < limit, "{best:?} for {text}");
    }
}

/// Scripts that are short, and would be much work without limits.
fn hostile() -> Vec<String> {
    let doubling = |line: &str| {
        format!(
            "import px\ndf = px.DataFrame('t')\nx = df.a\n{}px.display(df)\n",
            line.repeat(200)
        )
    };
    let calls: String = (1..12)
        .map(|n| {
            let call = format!("    f{}()\n", n - 1);
            format!("def f{n}():\n{}", call.repeat(8))
        })
        .collect();
    vec![
        doubling("df = df.append(df)\n"),
        doubling("x = x + x\n"),
        doubling("df.a = df.a + df.a + 1\n"),
        doubling("df = df.merge(df, how='inner', left_on='a', right_on='a')\n"),
        doubling("df = df[df.a > 1].head(9)\n"),
        format!(
            "import px\ns = 'x'\n{}px.display(px.DataFrame('t'))",
            "s = s + s\n".repeat(100)
        ),
        format!(
            "import px\nx = [1]\n{}px.display(px.DataFrame('t'))",
            "x = [x, x]\n".repeat(500)
        ),
        format!("def f0():\n    return 1\n{calls}f11()\n"),
        format!("x = {}", "-".repeat(5000)),
        format!("x = {}", "f'{".repeat(2000)),
        "lambda: ".repeat(1000),
        "import px\ndef f(n):\n    for i in range(99):\n        f(n)\nf(1)\n".to_owned(),
        format!(
            "import pxviews\n{}",
            "pxviews.http_graph('-5m', '-1m')\n".repeat(300)
        ),
        format!("x = {}1", "1 if 1 else ".repeat(900)),
        "[".repeat(10_000),
        format!("x = 1{}", " + 1".repeat(2500)),
    ]
}

/// Scripts that do something costly again and again.
fn loops() -> Vec<String> {
    vec![
        "import px\nx = [[[i for i in range(9999)] for j in range(9999)] for k in [1]]".to_owned(),
        "import px\nx = [1]\nfor i in range(9999):\n    x = x + x\n".to_owned(),
        "import px\ns = 'x'\nfor i in range(9999):\n    s = s + s\n".to_owned(),
        "import px\ndf = px.DataFrame('t')\nfor i in range(9999):\n    df.a = df.a + 1\n\
         px.display(df)"
            .to_owned(),
        "import px\nfor i in range(9000):\n    x = range(9999)\n".to_owned(),
        "import px\nx = range(9999)\nfor i in range(9000):\n    for j in x:\n        break\n".to_owned(),
        "import px\nx = range(9999)\nfor i in range(9000):\n    y = -1 in x\n".to_owned(),
        format!("import px\ns = '{}'\nfor i in range(9000):\n    y = s + f'{{s}}'\n", "x".repeat(5000)),
        "import px\ndf = px.DataFrame('t')\nfor i in range(900):\n    df.a = df.a + 1\n\
         for i in range(190):\n    px.display(df.head(i))"
            .to_owned(),
        "import px\ndf = px.DataFrame('t')\nfor i in range(199):\n    px.display(df[px.equals_any(df.a, range(500))])"
            .to_owned(),
        format!("import px\nfor i in range(9999):\n    y = 1{}\n", " + 1".repeat(400)),
        format!(
            "import px\ndf = px.DataFrame('t')\nfor i in range(9999):\n    y = df.a{}\n",
            " + df.a".repeat(200)
        ),
        "import px\ndf = px.DataFrame('t')\nc = px.equals_any(df.a, range(900))\n\
         for i in range(9999):\n    y = df[c]\n"
            .to_owned(),
        "import px\ndf = px.DataFrame('t')\nc = px.equals_any(df.a, range(900))\n\
         for i in range(9999):\n    df.c = c\n"
            .to_owned(),
        "import px\ndf = px.DataFrame('t')\nfor i in range(300):\n    df.a = df.a + 1\n\
         for i in range(199):\n    px.export(df, px.otel.Data(endpoint=px.otel.Endpoint(url='x:1'), resource={'service.name': 'x'}, \
         data=[px.otel.metric.Gauge('a', df.a)]))"
            .to_owned(),
        format!(
            "import px\ndf = px.DataFrame('t')\nfor i in range(9999):\n    y = px.regex_match('(a+)+{}', 'a')\n",
            "b".repeat(2000)
        ),
        format!(
            "import px\ndf = px.DataFrame('t')\nfor i in range(9999):\n    y = df.groupby([{}]).agg(n=('a', px.count))\n",
            "'a', 'b', 's', 'ok', ".repeat(10)
        ),
        "import px\ndf = px.DataFrame('t')\nfor i in range(9999):\n    y = df.merge(df, how='inner', left_on='a', right_on='a')\n"
            .to_owned(),
        "import px\ndf = px.DataFrame('t')\nfor i in range(9999):\n    y = df[['a', 'b', 's', 'ok']]\n".to_owned(),
        "import px\ndf = px.DataFrame('t')\nfor i in range(9999):\n    y = df.ctx['service']\n".to_owned(),
        "import px\nfor i in range(9999):\n    y = px.DataFrame('t', start_time='-5m')\n".to_owned(),
        format!(
            "import px\nfor i in range(9999):\n    y = {}\n",
            "[1, 2, 3, 4, 5, 6, 7, 8, 9], ".repeat(50)
        ),
    ]
}

#[test]
fn hostile_scripts_are_answered_quickly() {
    let (catalog, registry) = (catalog(), registry());
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 1500 } else { 50 });
    let mut slow = Vec::new();
    for script in hostile().into_iter().chain(loops()) {
        let start = Instant::now();
        answer(&script, &catalog, &registry);
        let took = start.elapsed();
        let head = script.lines().nth(3).unwrap_or(&script);
        let head = &head[..head.len().min(50)];
        print_time(&format!("{} bytes of `{head}`", script.len()), took);
        if took > limit {
            slow.push((took, script));
        }
    }
    assert!(slow.is_empty(), "longer than {limit:?}: {slow:?}");
}

/// Prints a line of which the benchmark makes a measure.
fn print_time(what: &str, took: Duration) {
    println!("compile: {:.3} ms for {what}", took.as_secs_f64() * 1e3);
}

#[test]
fn a_script_of_400_lines_compiles_quickly() {
    let mut script =
        String::from("import px\n\ndef add(df, n: int):\n    df.c = df.a * n\n    return df\n\n");
    for n in 0..39 {
        script.push_str(&format!(
            "df = px.DataFrame('http_events', start_time='-5m')\n\
             df.service = df.ctx['service']\n\
             df.failure = df.resp_status >= 400\n\
             df = add(df, {n})\n\
             df = df[df.c > 10 and px.contains(df.s, 'x')]\n\
             df = df.groupby(['service', 's']).agg(\n\
             \x20   q=('latency', px.quantiles), n=('latency', px.count), e=('failure', px.mean))\n\
             df.p50 = px.DurationNanos(px.floor(px.pluck_float64(df.q, 'p50')))\n\
             df.rate = df.n / px.DurationNanos(px.seconds(10))\n\
             px.display(df.drop('q').head(100), 'table_{n}')\n"
        ));
    }
    assert!(script.lines().count() >= 395);
    let (catalog, registry) = (catalog(), registry());
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        let program = compile(&script, &catalog, &registry, &CompileOptions::default());
        best = best.min(start.elapsed());
        assert_eq!(program.expect("the script is right").outputs.len(), 39);
    }
    print_time(&format!("{} lines", script.lines().count()), best);
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 10 });
    assert!(best < limit, "{best:?}");
}
