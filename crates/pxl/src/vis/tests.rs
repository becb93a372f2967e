use super::*;
use crate::{CompileOptions, FunctionCall, SpecCatalog};
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_types::{ColumnSpec, DataType, SemanticType, TableSpec};
use std::collections::BTreeMap;
use std::sync::Arc;

static EVENTS: TableSpec = TableSpec {
    name: "events",
    description: "Test.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
        ColumnSpec::new("path", DataType::String, "What."),
        ColumnSpec::new("latency", DataType::Int64, "How long."),
    ],
};

const SCRIPT: &str = "\
import px

def events(start_time: str, path: str, limit: int):
    df = px.DataFrame('events', start_time=start_time)
    df = df[px.contains(df.path, path)]
    return df.head(limit)

def paths(start_time: str):
    df = px.DataFrame('events', start_time=start_time)
    return df.groupby('path').agg(count=('latency', px.count))
";

const VIS: &str = r#"{
  "variables": [
    {"name": "start_time", "type": "PX_STRING", "description": "since when", "defaultValue": "-5m"},
    {"name": "path", "type": "PX_STRING", "description": "part of the path"},
    {"name": "limit", "type": "PX_INT64", "defaultValue": "10", "validValues": ["10", "100"]}
  ],
  "globalFuncs": [
    {"outputName": "all", "func": {"name": "events", "args": [
      {"name": "start_time", "variable": "start_time"},
      {"name": "path", "variable": "path"},
      {"name": "limit", "variable": "limit"}
    ]}}
  ],
  "widgets": [
    {"name": "Latency", "position": {"x": 0, "y": 0, "w": 6, "h": 3}, "globalFuncOutputName": "all",
     "displaySpec": {"@type": "types.px.dev/px.vispb.TimeseriesChart",
       "timeseries": [{"value": "latency", "mode": "MODE_LINE", "series": "path"}]}},
    {"name": "Paths", "position": {"x": 6, "y": 0, "w": 6, "h": 3},
     "func": {"name": "paths", "args": [{"name": "start_time", "value": "-1h"}]},
     "displaySpec": {"@type": "types.px.dev/px.vispb.Table"}},
    {"func": {"name": "paths", "args": [{"name": "start_time", "value": "-1m"}]},
     "displaySpec": {"@type": "types.px.dev/px.vispb.Table"}}
  ]
}"#;

fn findings(script: &str, vis: &str) -> Findings {
    let registry = Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)));
    let catalog = SpecCatalog::new([&EVENTS]);
    let options = CompileOptions::default();
    check(script, Some(vis), &catalog, &registry, &options)
}

/// Returns what is wrong with the specification after a change to it.
fn after(from: &str, to: &str) -> Vec<String> {
    assert!(VIS.contains(from), "{from}");
    let findings = findings(SCRIPT, &VIS.replacen(from, to, 1));
    assert_eq!(findings.script, Vec::new());
    let shown = |problem: &Diagnostic| {
        let help = problem.help.as_deref().unwrap_or_default();
        format!(
            "{}:{} {} ({help})",
            problem.line, problem.column, problem.message
        )
    };
    findings.vis.iter().map(shown).collect()
}

fn calls(arguments: &[(&str, &str)]) -> Result<Vec<FunctionCall>, Vec<String>> {
    let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    let arguments: BTreeMap<_, _> = arguments.iter().map(own).collect();
    let messages = |found: Vec<Diagnostic>| found.into_iter().map(|d| d.message).collect();
    Vis::parse(VIS).unwrap().calls(&arguments).map_err(messages)
}

#[test]
fn a_good_specification_has_no_findings() {
    let findings = findings(SCRIPT, VIS);
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn global_functions_run_first_and_widgets_are_named_by_their_place() {
    let calls = calls(&[("path", "/a"), ("start_time", "")]).unwrap();
    let outputs: Vec<_> = calls.iter().map(|call| call.output.as_str()).collect();
    assert_eq!(outputs, ["all", "Paths", "widget_2"]);
    let first = &calls[0].arguments;
    assert_eq!(
        (&*first["start_time"], &*first["path"], &*first["limit"]),
        ("-5m", "/a", "10")
    );
}

#[test]
fn wrong_arguments_are_named() {
    let found = calls(&[("pth", "x"), ("limit", "7")]).unwrap_err();
    assert_eq!(
        found,
        [
            "the script takes no argument `pth`",
            "missing required argument `path`",
            "`7` is no valid value of argument `limit`",
        ]
    );
}

#[test]
fn lists_are_spelled_as_scripts_read_them() {
    let text = r#"{"variables": [{"name": "names", "type": 2001, "default_value": "a, it's"}],
        "global_funcs": [{"output_name": "o", "func": {"name": "f", "args": [
            {"name": "names", "variable": "names"}]}}]}"#;
    let vis = Vis::parse(text).unwrap();
    let value = |given: &str| {
        let arguments = [("names".to_owned(), given.to_owned())].into();
        vis.calls(&arguments).unwrap()[0].arguments["names"].clone()
    };
    assert_eq!(value(""), r"['a','it\'s']");
    assert_eq!(value("['x']"), "['x']");
}

#[test]
fn problems_have_their_place_in_the_specification() {
    for (from, to, expected) in [
        (
            r#""name": "events""#,
            r#""name": "event""#,
            "8:44 the script has no function `event` (did you mean `events`?)",
        ),
        (
            r#""variable": "path""#,
            r#""variable": "pth""#,
            "10:36 variable `pth` is not defined (did you mean `path`?)",
        ),
        (
            r#"{"name": "limit", "variable": "limit"}"#,
            r#"{"name": "limit", "value": "many"}"#,
            "11:34 `many` for argument `limit` of function `events` is not a whole number ()",
        ),
        (
            r#""defaultValue": "10""#,
            r#""defaultValue": "11""#,
            "5:59 default `11` of variable `limit` is no valid value (valid are `10`, `100`)",
        ),
        (
            r#""value": "latency""#,
            r#""value": "latncy""#,
            "17:33 column `latncy` not found in table `all` (did you mean `latency`?)",
        ),
        (
            r#""value": "latency""#,
            r#""value": "path""#,
            "17:33 column `path` of table `all` is STRING, `value` needs numbers ()",
        ),
        (
            r#""globalFuncOutputName": "all""#,
            r#""globalFuncOutputName": "al""#,
            "15:95 no global function has the output `al` (did you mean `all`?)",
        ),
        (
            "vispb.TimeseriesChart",
            "vispb.TimeSeries",
            "16:31 `types.px.dev/px.vispb.TimeSeries` is no kind of display \
             (did you mean `TimeseriesChart`?)",
        ),
        (
            r#""type": "PX_INT64""#,
            r#""type": "INT""#,
            "5:31 `variables[2].type` is the text `INT`",
        ),
        (
            r#""position""#,
            r#""positon""#,
            "15:25 `positon` is no field of `widgets[0]`",
        ),
    ] {
        let found = after(from, to);
        assert!(
            found.iter().any(|found| found.starts_with(expected)),
            "{expected}\n{found:#?}"
        );
    }
}

#[test]
fn what_contradicts_itself_is_told() {
    for (from, to, expected) in [
        (
            r#""value": "-1h""#,
            r#""value": "-1h", "variable": "start_time""#,
            "both of",
        ),
        (
            r#""name": "Paths", "position""#,
            r#""name": "Latency", "position""#,
            "is there twice",
        ),
        (
            r#""name": "Paths", "position""#,
            r#""name": "all", "position""#,
            "name of an output",
        ),
        (
            r#""mode": "MODE_LINE""#,
            r#""mode": "MODE_AREA""#,
            "`MODE_AREA` needs `stackBySeries`",
        ),
        (
            r#"{"name": "path", "variable": "path"},"#,
            "",
            "needs an argument `path`",
        ),
        (r#""globalFuncOutputName": "all","#, "", "neither of `func`"),
    ] {
        let found = after(from, to);
        assert!(
            found.iter().any(|found| found.contains(expected)),
            "{expected}\n{found:#?}"
        );
    }
}

#[test]
fn a_chart_over_time_needs_time() {
    let found = after(
        r#""displaySpec": {"@type": "types.px.dev/px.vispb.Table"}}"#,
        r#""displaySpec": {"@type": "types.px.dev/px.vispb.TimeseriesChart",
            "timeseries": [{"value": "count"}]}}"#,
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("needs a column `time_`, table `Paths` has `path`, `count`"));
}

#[test]
fn text_that_is_no_json_has_its_place() {
    for text in [
        "",
        "{",
        "[1, 2",
        "{\"widgets\": [}",
        "{'variables': []}",
        "// x\n{}",
    ] {
        let found = Vis::parse(text).unwrap_err();
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].code, "syntax");
    }
    assert!(Vis::parse(&"[".repeat(100_000)).is_err());
    assert!(
        Vis::parse("{}")
            .unwrap()
            .calls(&BTreeMap::new())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn both_addresses_of_a_display_are_known() {
    for address in [
        "types.px.dev/px.vispb.Table",
        "types.pixielabs.ai/pl.vispb.Table",
    ] {
        let text = format!(
            r#"{{"widgets": [{{"func": {{"name": "f"}}, "displaySpec": {{"@type": "{address}"}}}}]}}"#
        );
        let vis = Vis::parse(&text).unwrap();
        assert_eq!(vis.widgets[0].display.kind(), "Table");
    }
}

#[test]
fn settings_are_read_by_their_names() {
    let text = r#"{"widgets": [{"func": {"name": "f"}, "displaySpec": {
        "@type": "types.px.dev/px.vispb.Graph",
        "adjacencyList": {"fromColumn": "a", "toColumn": "b"},
        "edgeThresholds": {"mediumThreshold": "100", "highThreshold": 200},
        "edgeHoverInfo": ["a", "b"], "enableDefaultHierarchy": true}}]}"#;
    let settings = &Vis::parse(text).unwrap().widgets[0].display.settings;
    let edges = settings.group("adjacencyList").unwrap();
    assert_eq!(
        (edges.text("fromColumn"), edges.text("toColumn")),
        (Some("a"), Some("b"))
    );
    let thresholds = settings.group("edgeThresholds").unwrap();
    assert_eq!(thresholds.number("mediumThreshold"), Some(100.0));
    assert_eq!(settings.texts("edgeHoverInfo"), ["a", "b"]);
    assert!(settings.is_set("enableDefaultHierarchy") && settings.number("edgeLength").is_none());
}

#[test]
fn every_valid_value_is_tried() {
    let script = SCRIPT.replace("return df.head(limit)", "df.x = df[path]\n    return df");
    let choice = r#""defaultValue": "path", "validValues": ["path", "latncy"]"#;
    let vis = VIS.replace(r#""description": "part of the path""#, choice);
    let findings = findings(&script, &vis);
    let messages: Vec<_> = findings
        .script
        .iter()
        .map(|problem| &problem.message)
        .collect();
    assert!(
        messages.len() == 1 && messages[0].contains("latncy"),
        "{findings:?}"
    );
}
