//! The page of what Pixie has and what is here, made by trying all of it.
//!
//! `UPDATE=1 cargo test -p nixie-pxl --test compatibility` writes the page anew.

#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod constructs;

use constructs::{CTX, Construct, DATAFRAME, LANGUAGE, Origin, PX, TRACE, VIEWS};
use datafusion::arrow::datatypes::Schema;
use datafusion::logical_expr::TableSource;
use datafusion::logical_expr::logical_plan::builder::LogicalTableSource;
use nixie_functions::{Function, Registry, TableArg};
use nixie_metadata::Metadata;
use nixie_pxl::{Catalog, CompileOptions, Diagnostic, compile};
use nixie_types::{ColumnSpec, DataType};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// What Pixie has and may be missing here, as the page names it, each with the reason. Nothing is.
const NOT_YET: &[(&str, &str)] = &[];

const TABLES: &[(&str, &str)] = &[
    ("t", "time_:T upid:U a:I b:F s:S ok:B"),
    (
        "http_events",
        "time_:T upid:U remote_addr:S trace_role:I req_path:S req_body_size:I resp_status:I \
         resp_body_size:I latency:I",
    ),
    (
        "process_stats",
        "time_:T upid:U cpu_utime_ns:I cpu_ktime_ns:I vsize_bytes:I rss_bytes:I rchar_bytes:I \
         wchar_bytes:I read_bytes:I write_bytes:I",
    ),
    (
        "network_stats",
        "time_:T pod_id:S rx_bytes:I rx_errors:I rx_drops:I tx_bytes:I tx_errors:I tx_drops:I",
    ),
    (
        "conn_stats",
        "time_:T upid:U remote_addr:S remote_port:I trace_role:I protocol:I ssl:B bytes_sent:I \
         bytes_recv:I",
    ),
    (
        "stack_traces.beta",
        "time_:T upid:U stack_trace_id:I stack_trace:S count:I",
    ),
];

struct Tables;

impl Catalog for Tables {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        let (_, columns) = TABLES.iter().find(|(known, _)| *known == name)?;
        let field = |column: &'static str| {
            let (name, kind) = column.split_once(':').expect("name:kind");
            let data_type = match kind {
                "B" => DataType::Boolean,
                "F" => DataType::Float64,
                "I" => DataType::Int64,
                "S" => DataType::String,
                "T" => DataType::Time64Ns,
                _ => DataType::UInt128,
            };
            ColumnSpec::new(name, data_type, "").field()
        };
        let fields: Vec<_> = columns.split_whitespace().map(field).collect();
        Some(Arc::new(LogicalTableSource::new(Arc::new(Schema::new(
            fields,
        )))))
    }

    fn table_names(&self) -> Vec<String> {
        TABLES.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

fn registry() -> Registry {
    Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)))
}

/// Compiles some lines; returns the first problem.
fn problem(registry: &Registry, lines: &str) -> Option<Diagnostic> {
    let options = CompileOptions {
        now_ns: 1 << 60,
        plugin_range_ns: Some((1, 2)),
        ..CompileOptions::default()
    };
    let script = format!("import px\ndf = px.DataFrame('t')\n{lines}\npx.display(df)\n");
    let errors = compile(&script, &Tables, registry, &options).err()?;
    errors.into_iter().next()
}

/// Returns how something that Pixie has is here.
fn state(problem: Option<Diagnostic>) -> String {
    match problem {
        None => "works".to_owned(),
        Some(problem) => format!("not yet: {}", problem.message.replace('|', "\\|")),
    }
}

fn section(out: &mut String, title: &str, registry: &Registry, constructs: &[Construct]) {
    out.push_str(&format!("\n## {title}\n\n| What | State |\n|---|---|\n"));
    for (name, origin, lines) in constructs {
        let found = problem(registry, lines);
        let state = match (origin, found) {
            (Origin::Refused, Some(_)) => "an error, as in Pixie".to_owned(),
            (Origin::Refused, None) => panic!("{name} is refused no more; call it an extension"),
            (Origin::Extension, None) => "works (extension)".to_owned(),
            (Origin::Extension, Some(problem)) => panic!("{name}: {problem:?}"),
            (Origin::Pixie, found) => state(found),
        };
        out.push_str(&format!("| {} | {state} |\n", name.replace('|', "\\|")));
    }
}

fn functions(out: &mut String, registry: &Registry) {
    let text = include_str!("functions.txt");
    let (mut here, mut all) = (0, 0);
    let mut rows = String::new();
    let mut group = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(title) = line.strip_prefix('[') {
            group = title.trim_end_matches(']');
            rows.push_str(&format!(
                "\n### {group}\n\n| Function | State |\n|---|---|\n"
            ));
        } else if !line.is_empty() {
            let calls = match group {
                "Table functions" => table_call(registry, line).into_iter().collect(),
                _ => registry.function(line).map_or_else(Vec::new, calls),
            };
            let problem = calls.iter().find_map(|call| problem(registry, call));
            let state = match calls.is_empty() {
                true => "not yet".to_owned(),
                false => state(problem),
            };
            all += 1;
            here += usize::from(state == "works");
            rows.push_str(&format!("| `{line}` | {state} |\n"));
        }
    }
    out.push_str(&format!(
        "\n## Functions\n\n{here} of {all} are here; [functions.md](functions.md) describes them.\n"
    ));
    out.push_str(&rows);
}

/// Returns a call of a function in each of its forms.
fn calls(function: &Function) -> Vec<String> {
    let (name, example) = (function.name, function.example.args);
    let call = |types: Vec<DataType>| {
        let columns = types.iter().map(|data_type| column(*data_type));
        if function.is_aggregate() {
            let columns: Vec<_> = columns.map(|column| format!("'{column}'")).collect();
            return format!("df = df.agg(x=({}, px.{name}))", columns.join(", "));
        }
        let args: Vec<_> = columns
            .enumerate()
            .map(|(index, column)| match index < function.literal_args() {
                true => example[index].to_string(),
                false => format!("df.{column}"),
            })
            .collect();
        format!("df.x = px.{name}({})", args.join(", "))
    };
    function.signatures().into_iter().map(call).collect()
}

/// Returns the column of table `t` that has a type.
const fn column(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "ok",
        DataType::Int64 => "a",
        DataType::Float64 => "b",
        DataType::String => "s",
        DataType::Time64Ns => "time_",
        DataType::UInt128 => "upid",
    }
}

/// Returns a call of a table function with all its arguments.
fn table_call(registry: &Registry, name: &str) -> Option<String> {
    let args = registry.table_function(name)?.args.iter();
    let value = |arg: &TableArg| match (arg.default, arg.data_type) {
        (Some(value), _) => value.to_string(),
        (None, DataType::String) => "'x'".to_owned(),
        (None, other) => panic!("no {} at hand for `{name}`", other.name()),
    };
    let args: Vec<_> = args
        .map(|arg| format!("{}={}", arg.name, value(arg)))
        .collect();
    Some(format!("df = px.{name}({})", args.join(", ")))
}

fn page() -> String {
    let registry = registry();
    let mut out = String::from(
        "# Compatibility with Pixie\n\n\
         What PxL has in Pixie, and how it is here. The page is made by the test `compatibility` of \
         `crates/pxl`, which tries each line; `UPDATE=1 cargo test -p nixie-pxl --test \
         compatibility` makes it anew. [pxl.md](pxl.md) describes the language.\n",
    );
    section(&mut out, "Language", &registry, LANGUAGE);
    section(&mut out, "DataFrames", &registry, DATAFRAME);
    section(&mut out, "The `px` module", &registry, PX);
    section(&mut out, "`pxtrace` and `pxconfig`", &registry, TRACE);
    out.push_str("\nA script that changes what is traced is checked; running it says that it is not deployable here yet.\n");
    out.push_str("\n## Keys of `df.ctx`\n\n| Key | State |\n|---|---|\n");
    for key in CTX {
        let state = state(problem(&registry, &format!("df.x = df.ctx['{key}']")));
        out.push_str(&format!("| `{key}` | {state} |\n"));
    }
    out.push_str("\n## Views of `pxviews`\n\n| View | State |\n|---|---|\n");
    for (view, arguments) in VIEWS {
        let lines = format!("import pxviews\npx.display(pxviews.{view}({arguments}))");
        let state = state(problem(&registry, &lines));
        out.push_str(&format!("| `{view}` | {state} |\n"));
    }
    functions(&mut out, &registry);
    out
}

#[test]
fn the_page_is_up_to_date() {
    let page = page();
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/pxl-compatibility.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, page).expect("the page can be written");
        return;
    }
    let known = fs::read_to_string(&path).expect("the page exists");
    assert!(
        known == page,
        "`docs/reference/pxl-compatibility.md` is out of date; run `UPDATE=1 cargo test -p \
         nixie-pxl --test compatibility`"
    );
}

#[test]
fn nothing_of_pixie_is_missing_that_may_not_be() {
    let page = page();
    let rows = page.lines().filter_map(|line| {
        let (name, state) = line.strip_prefix("| ")?.rsplit_once(" | ")?;
        state.starts_with("not yet").then_some((name, state))
    });
    let missing: Vec<_> = rows.collect();
    for (name, state) in &missing {
        let is_known = NOT_YET.iter().any(|(known, _)| known == name);
        assert!(is_known, "{name}: {state}");
    }
    for (name, _) in NOT_YET {
        let is_missing = missing.iter().any(|(missing, _)| missing == name);
        assert!(is_missing, "{name} is there by now");
    }
}

#[test]
fn each_function_has_the_forms_that_pixie_has() {
    let registry = registry();
    let names = include_str!("functions.txt").lines();
    let functions = names.filter_map(|name| registry.function(name));
    let forms: usize = functions.map(|function| calls(function).len()).sum();
    assert_eq!(forms, 289);
}

#[test]
fn what_does_not_compile_is_seen() {
    let registry = registry();
    for (lines, code) in [
        ("df.x = px.length(df.a)", "no-overload"),
        ("df.x = px.no_such(df.a)", "unknown-function"),
        ("df = df.no_such()", "unknown-attribute"),
    ] {
        let found = problem(&registry, lines).map(|found| found.code);
        assert_eq!(found, Some(code), "{lines}");
    }
}

#[test]
fn the_yardstick_is_whole() {
    let text = include_str!("functions.txt");
    let mut names: Vec<_> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '[']))
        .collect();
    assert_eq!(names.len(), 174 + 11 + 23);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 174 + 11 + 23, "no name is there twice");
}
