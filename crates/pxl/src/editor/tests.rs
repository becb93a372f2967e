use super::*;
use crate::{CompileOptions, TableDescription, TableDescriptions};
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_types::{ColumnSpec, DataType, SemanticType, TableSpec};
use std::sync::Arc;

static HTTP: TableSpec = TableSpec {
    name: "http_events",
    description: "Requests by HTTP.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
        ColumnSpec::new("upid", DataType::UInt128, "Who.").semantic(SemanticType::Upid),
        ColumnSpec::new("req_path", DataType::String, "Path of the request."),
        ColumnSpec::new("latency", DataType::Int64, "How long.").semantic(SemanticType::DurationNs),
    ],
};

static CONN: TableSpec = TableSpec {
    name: "conn_stats",
    description: "Connections.",
    columns: &[ColumnSpec::new(
        "bytes_sent",
        DataType::Int64,
        "Bytes sent.",
    )],
};

fn catalog() -> TableDescriptions {
    TableDescriptions::new([&HTTP, &CONN].map(TableDescription::from))
}

fn registry() -> Registry {
    Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)))
}

/// Splits a script at its `|`.
fn place(marked: &str) -> (String, usize) {
    let offset = marked.find('|').expect("a place");
    (marked.replacen('|', "", 1), offset)
}

fn items(marked: &str) -> Vec<Completion> {
    let (script, offset) = place(marked);
    complete(
        &script,
        offset,
        &catalog(),
        &registry(),
        &CompileOptions::default(),
    )
}

fn labels(marked: &str) -> Vec<String> {
    items(marked).into_iter().map(|item| item.label).collect()
}

fn labels_of(marked: &str, kind: CompletionKind) -> Vec<String> {
    let items = items(marked).into_iter().filter(|item| item.kind == kind);
    items.map(|item| item.label).collect()
}

const START: &str = "import px\ndf = px.DataFrame('http_events')\n";

#[test]
fn behind_a_dataframe_stand_the_columns_that_it_has_there() {
    let columns = |rest: &str| labels_of(&format!("{START}{rest}"), CompletionKind::Column);
    assert_eq!(columns("df.|"), ["time_", "upid", "req_path", "latency"]);
    assert_eq!(columns("df.ms = df.latency / 1000\ndf.x = df.m|"), ["ms"]);
    assert_eq!(columns("df = df[['upid']]\ndf[df.|]\n"), ["upid"]);
    assert_eq!(
        columns("df = df.groupby('req_path').agg(n=('latency', px.count))\ndf.|"),
        ["req_path", "n"]
    );
    // What comes later is not known yet.
    assert_eq!(columns("df.l|\ndf = df.drop(['latency'])\n"), ["latency"]);
    assert_eq!(columns("px.display(df[['req_path', 'la|"), ["latency"]);
    assert_eq!(columns("df['re|']"), ["req_path"]);
    assert_eq!(columns("df.groupby(['upid', 're|"), ["req_path"]);
    assert_eq!(columns("df.agg(n=('la|"), ["latency"]);
    assert_eq!(columns("df.drop('l|"), ["latency"]);
    assert_eq!(
        columns("other = px.DataFrame('conn_stats')\ndf.merge(other, how='inner', left_on='|"),
        ["time_", "upid", "req_path", "latency"]
    );
    assert_eq!(
        columns(
            "other = px.DataFrame('conn_stats')\ndf.merge(other, how='inner', left_on='upid', right_on='|"
        ),
        ["bytes_sent"]
    );
    assert_eq!(columns("df.merge(df, how='|"), [""; 0]);
}

#[test]
fn functions_know_the_dataframes_that_they_get() {
    let columns = |script: &str| labels_of(script, CompletionKind::Column);
    assert_eq!(
        columns(
            "import px\ndef f(df):\n    df.|\n    return df\npx.display(f(px.DataFrame('conn_stats')))\n"
        ),
        ["bytes_sent"]
    );
    // One that is run for a widget.
    assert_eq!(
        columns(
            "import px\ndef f(start_time: str, n: int):\n    df = px.DataFrame('conn_stats', start_time=start_time).head(n)\n    df.b|"
        ),
        ["bytes_sent"]
    );
}

#[test]
fn a_column_says_its_type_and_what_the_table_says() {
    let found = items(&format!("{START}df = df[df.latency > 0]\ndf.lat|"));
    let expected = Completion {
        label: "latency".to_owned(),
        kind: CompletionKind::Column,
        detail: "INT64 ST_DURATION_NS".to_owned(),
        doc: "How long.".to_owned(),
    };
    assert_eq!(found, [expected]);
    let found = items(&format!("{START}df.latency = df.latency + 1\ndf.lat|"));
    assert_eq!((found[0].doc.as_str(), found.len()), ("", 1));
}

#[test]
fn tables_and_their_columns_stand_in_quotes() {
    assert_eq!(
        labels("import px\ndf = px.DataFrame('|"),
        ["conn_stats", "http_events"]
    );
    assert_eq!(
        labels("import px\ndf = px.DataFrame(table=\"http|"),
        ["http_events"]
    );
    assert_eq!(
        labels("import px\npx.DataFrame('http_events', select=['upid', 're|"),
        ["req_path"]
    );
    assert_eq!(
        labels("import px\npx.DataFrame('http_events', start_time='|"),
        [""; 0]
    );
    assert_eq!(
        items("import px\npx.DataFrame('http|")[0].doc,
        "Requests by HTTP."
    );
}

#[test]
fn modules_hold_functions_types_and_modules() {
    assert_eq!(labels("import px\npx.Dur|"), ["DurationNanos"]);
    assert_eq!(labels("import px\npx.upid_to_com|"), ["upid_to_comm"]);
    assert_eq!(
        labels("import px\npx.otel.|"),
        ["metric", "trace", "Data", "Endpoint"]
    );
    assert_eq!(
        labels("import px\npx.otel.trace.SPAN_KIND_S|"),
        ["SPAN_KIND_SERVER"]
    );
    assert_eq!(
        labels("import px|"),
        ["px", "pxconfig", "pxtrace", "pxviews"]
    );
    assert_eq!(labels("from px import displ|"), ["display"]);
    assert!(labels("import pxviews\npxviews.|").len() > 5);
    assert!(
        !labels("import px\npx.|")
            .iter()
            .any(|label| label.starts_with('_'))
    );
    let quantiles = items("import px\npx.quantil|");
    assert_eq!(quantiles[0].detail, "aggregate of rows");
    assert_ne!(quantiles[0].doc, "");
}

#[test]
fn methods_and_keys_are_known() {
    let methods = labels_of(&format!("{START}df.|"), CompletionKind::Method);
    assert!(methods.contains(&"groupby".to_owned()) && methods.contains(&"head".to_owned()));
    assert_eq!(labels(&format!("{START}df.groupby('upid').a|")), ["agg"]);
    let keys = labels(&format!("{START}df.pod = df.ctx['po|"));
    assert_eq!(keys, ["pod_id", "pod_name", "pod"]);
}

#[test]
fn names_parameters_and_words_stand_alone() {
    assert_eq!(labels(&format!("{START}d|")), ["df", "def"]);
    let parameters = labels_of(
        &format!("{START}df.merge(df, how='inner', |"),
        CompletionKind::Parameter,
    );
    assert_eq!(parameters, ["right=", "left_on=", "right_on=", "suffixes="]);
    assert!(labels_of("import px\npx.abs(|", CompletionKind::Parameter).is_empty());
    assert_eq!(
        labels_of("def f(a, b=1):\n  return a\nf(|", CompletionKind::Parameter),
        ["a=", "b="]
    );
    assert!(labels(&format!("{START}# d|")).is_empty());
}

#[test]
fn broken_scripts_get_help_all_the_same() {
    let columns = |rest: &str| labels_of(&format!("{START}{rest}"), CompletionKind::Column);
    let all = ["time_", "upid", "req_path", "latency"];
    assert_eq!(columns("x = = 1\ndf.|\n"), all);
    assert_eq!(columns("y = nothing\ny.z(\ndf.|\npx.display(df)\n"), all);
    assert_eq!(columns("df = df.nothing()\ndf.|\n"), [""; 0]);
    assert_eq!(columns("df = df[df.|\npx.display(df)\n"), all);
}

fn hovered(marked: &str) -> Option<(String, String, String)> {
    let (script, offset) = place(marked);
    let hover = hover(
        &script,
        offset,
        &catalog(),
        &registry(),
        &CompileOptions::default(),
    )?;
    let word = script[hover.range.clone()].to_owned();
    Some((word, hover.item.detail, hover.item.doc))
}

#[test]
fn hovering_tells_what_a_word_is() {
    let told = |rest: &str| hovered(&format!("{START}{rest}"));
    let some = |word: &str, detail: &str, doc: &str| {
        Some((word.to_owned(), detail.to_owned(), doc.to_owned()))
    };
    assert_eq!(
        told("df.x = df.lat|ency * 2"),
        some("latency", "INT64 ST_DURATION_NS", "How long.")
    );
    assert_eq!(
        told("df = df[['req_|path']]"),
        some("req_path", "STRING", "Path of the request.")
    );
    assert_eq!(
        hovered("import px\npx.DataFrame('http_|events')"),
        some("http_events", "", "Requests by HTTP.")
    );
    let (_, detail, doc) = told("px.display(d|f)").unwrap();
    assert_eq!(
        detail,
        "DataFrame with the columns time_, upid, req_path, latency"
    );
    assert_eq!(doc, "");
    let (_, detail, doc) = told("x = px.ab|s(df.latency)").unwrap();
    assert!(detail.contains("of rows"), "{detail}");
    assert_ne!(doc, "");
    let (_, detail, _) = hovered("def f(a, b=1):\n  '''Does it.'''\n  return a\nf|(1)").unwrap();
    assert_eq!(detail, "f(a, b=…)");
    assert_eq!(told("df.noth|ing"), None);
    assert_eq!(told("|"), None);
}

#[test]
fn signatures_show_the_parameter_that_is_typed() {
    let help = |rest: &str| {
        let (script, offset) = place(&format!("{START}{rest}"));
        let help = signature_help(
            &script,
            offset,
            &catalog(),
            &registry(),
            &CompileOptions::default(),
        )?;
        Some((
            help.signatures[0].label.clone(),
            help.active_parameter,
            help.signatures.len(),
        ))
    };
    let merge = "merge(right, how, left_on, right_on, suffixes=…)".to_owned();
    assert_eq!(help("df.merge(|"), Some((merge.clone(), Some(0), 1)));
    assert_eq!(
        help("df.merge(df, 'inner', |"),
        Some((merge.clone(), Some(2), 1))
    );
    assert_eq!(help("df.merge(df, right_on=|"), Some((merge, Some(3), 1)));
    let (label, active, forms) = help("px.abs(df.latency|)").unwrap();
    assert!(
        label.starts_with("abs(a: ") && label.contains(") -> "),
        "{label}"
    );
    assert_eq!(active, Some(0));
    assert!(forms > 1);
    assert_eq!(help("df|"), None);
}

#[test]
fn symbols_are_what_the_script_defines() {
    let script = "import px\ndf = px.DataFrame('x')\ndf = df.head()\ndef f(a):\n  b = 1\n  return a\ndf.x = 1\ng(";
    let found: Vec<_> = symbols(script)
        .into_iter()
        .map(|symbol| {
            (
                symbol.name,
                symbol.is_function,
                script[symbol.name_range].to_owned(),
            )
        })
        .collect();
    let of = |name: &str, is_function| (name.to_owned(), is_function, name.to_owned());
    assert_eq!(found, [of("df", false), of("f", true)]);
}

#[test]
fn help_at_every_place_of_a_script_ends() {
    let script = include_str!("../../../../scripts/px/http_stats/http_stats.pxl");
    let (catalog, registry, options) = (catalog(), registry(), CompileOptions::default());
    for offset in 0..=script.len() {
        complete(script, offset, &catalog, &registry, &options);
        hover(script, offset, &catalog, &registry, &options);
        signature_help(script, offset, &catalog, &registry, &options);
    }
}
