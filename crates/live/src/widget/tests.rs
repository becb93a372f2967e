//! What widgets look like, as text.

use super::*;
use crate::testing::{Values, key, lines, table};
use crossterm::event::KeyCode;

const SIZE: Rect = Rect::new(0, 0, 60, 12);

/// Returns the first widget of a specification that displays a table `out` in some way.
fn widget(display: &str) -> Widget {
    let vis = format!(
        r#"{{"globalFuncs": [{{"outputName": "out", "func": {{"name": "f"}}}}],
        "widgets": [{{"name": "W", "globalFuncOutputName": "out", "displaySpec": {display}}}]}}"#
    );
    let vis = Vis::parse(&vis).unwrap_or_else(|problems| panic!("{problems:?}"));
    Widget::of(&vis).remove(0)
}

fn kind(name: &str, fields: &str) -> Widget {
    widget(&format!(
        r#"{{"@type": "types.px.dev/px.vispb.{name}", {fields}}}"#
    ))
}

/// Draws a widget; returns its lines without the empty ones at the end.
fn drawn(widget: &mut Widget, table: &Table) -> Vec<String> {
    let mut buffer = Buffer::empty(SIZE);
    widget.body.update(table);
    let look = Look {
        palette: Palette { colors: false },
        focused: true,
        pattern: None,
    };
    widget.body.draw(table, SIZE, &mut buffer, look);
    let mut lines = lines(&buffer);
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[test]
fn bars_have_parts_groups_and_values() {
    let mut bars = kind(
        "BarChart",
        r#""bar": {"value": "n", "label": "path", "stackBy": "status", "groupBy": "host"}"#,
    );
    let rows = table(&[
        ("host", "ST_NONE", Values::Texts(&["a", "b", "a", "a"])),
        (
            "path",
            "ST_NONE",
            Values::Texts(&["/x", "/x", "/x", "/longer"]),
        ),
        (
            "status",
            "ST_NONE",
            Values::Texts(&["200", "200", "500", "200"]),
        ),
        ("n", "ST_BYTES", Values::Numbers(&[30, 20, 10, 10])),
    ]);
    let expected = [
        "a",
        "/x      ██████████████████████████▓▓▓▓▓▓▓▓▓ 40 B",
        "/longer █████████ 10 B",
        "b",
        "/x      ██████████████████ 20 B",
        "█ 200   ▓ 500",
    ];
    assert_eq!(drawn(&mut bars, &rows), expected);
}

#[test]
fn pies_show_shares_and_histograms_ranges() {
    let mut pie = kind("PieChart", r#""label": "k", "value": "n""#);
    let rows = table(&[
        ("k", "ST_NONE", Values::Texts(&["a", "b", "a"])),
        ("n", "ST_NONE", Values::Numbers(&[1, 6, 1])),
    ]);
    let shown = drawn(&mut pie, &rows);
    assert!(
        shown[0].starts_with("b █") && shown[0].ends_with("█ 75.00 % 6"),
        "{shown:?}"
    );
    assert!(
        shown[1].starts_with("a █") && shown[1].ends_with("█ 25.00 % 2"),
        "{shown:?}"
    );

    let mut histogram = kind(
        "HistogramChart",
        r#""histogram": {"value": "start", "prebinCount": "n", "maxbins": 2}"#,
    );
    let rows = table(&[
        (
            "start",
            "ST_DURATION_NS",
            Values::Numbers(&[0, 1_000_000, 9_000_000]),
        ),
        ("n", "ST_NONE", Values::Numbers(&[3, 1, 2])),
    ]);
    let shown = drawn(&mut histogram, &rows);
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(
        shown[0].starts_with("0 ns – 5.0 ms") && shown[0].ends_with(" 4"),
        "{shown:?}"
    );
    assert!(
        shown[1].starts_with("5.0 ms – 10.0 ms") && shown[1].ends_with(" 2"),
        "{shown:?}"
    );
}

#[test]
fn graphs_are_trees_and_circles_end() {
    let mut graph = kind(
        "Graph",
        r#""adjacencyList": {"fromColumn": "a", "toColumn": "b"}, "edgeWeightColumn": "n""#,
    );
    let rows = table(&[
        (
            "a",
            "ST_NONE",
            Values::Texts(&["web", "web", "shop", "db", "x", "y"]),
        ),
        (
            "b",
            "ST_NONE",
            Values::Texts(&["shop", "db", "db", "shop", "y", "x"]),
        ),
        ("n", "ST_NONE", Values::Numbers(&[1, 2, 3, 4, 5, 6])),
    ]);
    let expected = [
        "web",
        "├▶ shop  n 1",
        "│  └▶ db  n 3",
        "│     └▶ shop (a circle)  n 4",
        "└▶ db (above)  n 2",
        "x",
        "└▶ y  n 5",
        "   └▶ x (a circle)  n 6",
    ];
    assert_eq!(drawn(&mut graph, &rows), expected);
}

#[test]
fn the_service_map_joins_pods_of_a_service() {
    let columns = [
        ("requestorPodColumn", "from_pod"),
        ("responderPodColumn", "to_pod"),
        ("requestorServiceColumn", "from"),
        ("responderServiceColumn", "to"),
        ("p50Column", "p50"),
        ("p90Column", "p90"),
        ("p99Column", "p99"),
        ("errorRateColumn", "errors"),
        ("requestsPerSecondColumn", "rps"),
        ("inboundBytesPerSecondColumn", "bytes_in"),
        ("outboundBytesPerSecondColumn", "bytes_out"),
        ("totalRequestCountColumn", "count"),
    ];
    let fields: Vec<String> = columns
        .iter()
        .map(|(field, name)| format!(r#""{field}": "{name}""#))
        .collect();
    let mut map = kind("RequestGraph", &fields.join(","));
    let rows = table(&[
        ("from_pod", "ST_NONE", Values::Texts(&["web-1", "web-2"])),
        ("to_pod", "ST_NONE", Values::Texts(&["", "cart-1"])),
        ("from", "ST_NONE", Values::Texts(&["web", "web"])),
        ("to", "ST_NONE", Values::Texts(&["cart", "cart"])),
        ("p50", "ST_DURATION_NS", Values::Floats(&[1e6, 4e6])),
        ("p90", "ST_DURATION_NS", Values::Floats(&[1e6, 4e6])),
        ("p99", "ST_DURATION_NS", Values::Floats(&[1e6, 4e6])),
        ("errors", "ST_PERCENT", Values::Floats(&[0.0, 0.4])),
        ("rps", "ST_THROUGHPUT_PER_NS", Values::Floats(&[1e-9, 2e-9])),
        (
            "bytes_in",
            "ST_THROUGHPUT_BYTES_PER_NS",
            Values::Floats(&[0.0, 1e-6]),
        ),
        (
            "bytes_out",
            "ST_THROUGHPUT_BYTES_PER_NS",
            Values::Floats(&[0.0, 0.0]),
        ),
        ("count", "ST_NONE", Values::Numbers(&[3, 1])),
    ]);
    let shown = drawn(&mut map, &rows);
    assert_eq!(shown[0], "web");
    let edge = "└▶ cart  3.000000 /sec, 10.00 % errors, p50 1.8 ms, p90 1.8 ";
    assert_eq!(shown[1], edge.trim_end());
}

#[test]
fn flame_graphs_zoom_and_tell_of_the_selected_frame() {
    let mut flame = kind(
        "StackTraceFlameGraph",
        r#""stacktraceColumn": "stack", "countColumn": "n", "podColumn": "pod""#,
    );
    let rows = table(&[
        (
            "pod",
            "ST_NONE",
            Values::Texts(&["shop/cart", "shop/cart", "shop/cart"]),
        ),
        (
            "stack",
            "ST_NONE",
            Values::Texts(&["main;serve", "main;parse", "main;rare"]),
        ),
        ("n", "ST_NONE", Values::Numbers(&[60, 30, 5])),
    ]);
    let shown = drawn(&mut flame, &rows);
    assert_eq!(&shown[..3], ["▏all", "▏pod: cart", "▏main"]);
    assert!(
        shown[3].starts_with("▏serve ") && shown[3].contains(" ▏parse"),
        "{shown:?}"
    );
    assert!(!shown.concat().contains("rare"));
    for code in [KeyCode::Down, KeyCode::Down, KeyCode::Down, KeyCode::Right] {
        flame.body.press(&rows, key(code));
    }
    assert_eq!(
        flame.body.status(&rows),
        "parse: 30 samples, Percentage 31.58 %"
    );
    flame.body.press(&rows, key(KeyCode::Enter));
    assert_eq!(drawn(&mut flame, &rows), ["▏parse"]);
    flame.body.press(&rows, key(KeyCode::Backspace));
    assert!(drawn(&mut flame, &rows)[0].starts_with("▏main"));
    let pattern = Regex::new("serve").unwrap();
    assert!(flame.body.find(&rows, &pattern, Step::Next));
    assert!(flame.body.status(&rows).starts_with("serve: 60 samples"));
}

#[test]
fn charts_leave_out_incomplete_windows_and_name_the_values() {
    let mut chart = kind(
        "TimeseriesChart",
        r#""timeseries": [{"value": "n", "series": "k"}]"#,
    );
    let second = 1_000_000_000;
    let times: Vec<i64> = (0..5).flat_map(|n| [n * second, n * second]).collect();
    let rows = table(&[
        ("time_", "ST_TIME_NS", Values::Times(&times)),
        ("k", "ST_NONE", Values::Texts(&["low", "high"].repeat(5))),
        (
            "n",
            "ST_BYTES",
            Values::Numbers(&[9, 9, 1, 100, 2, 100, 3, 100, 9, 9]),
        ),
    ]);
    let shown = drawn(&mut chart, &rows);
    assert!(shown[0].starts_with("100 B  │⠉"), "{shown:?}");
    assert!(
        shown
            .iter()
            .any(|line| line.contains("00:00:01") && line.contains("00:00:03")),
        "{shown:?}"
    );
    assert_eq!(&shown[10..], ["━ high  100 B", "━ low  3 B"]);
    let status = chart.body.status(&rows);
    let expected = "2 series, without the first and the last window; values at 00:00:03";
    assert_eq!(status, expected);
    chart.body.press(&rows, key(KeyCode::Left));
    assert_eq!(drawn(&mut chart, &rows)[11], "━ low  2 B");
}

#[test]
fn series_on_top_of_each_other_reach_their_sum() {
    let mut chart = kind(
        "TimeseriesChart",
        r#""timeseries": [{"value": "n", "series": "k", "stackBySeries": true, "mode": "MODE_AREA"}]"#,
    );
    let rows = table(&[
        ("time_", "ST_TIME_NS", Values::Times(&[0, 0, 1_000_000_000])),
        ("k", "ST_NONE", Values::Texts(&["a", "b", "a"])),
        ("n", "ST_NONE", Values::Numbers(&[30, 12, 20])),
    ]);
    let shown = drawn(&mut chart, &rows);
    assert!(shown[0].starts_with("42     │"), "{shown:?}");
    assert!(chart.body.status(&rows).starts_with("2 series, stacked"));
}

#[test]
fn single_values_and_text_are_written() {
    let rows = table(&[
        ("v", "ST_DURATION_NS", Values::Numbers(&[1, 2_500_000])),
        ("share", "ST_PERCENT", Values::Floats(&[0.1, 0.5])),
    ]);
    let mut stat = kind("StatChart", r#""stat": {"value": "v"}"#);
    assert_eq!(drawn(&mut stat, &rows), ["", "  2.5 ms"]);
    let mut gauge = kind("GaugeChart", r#""value": "share""#);
    let shown = drawn(&mut gauge, &rows);
    assert_eq!(shown[0], "50.00 %");
    assert_eq!(shown[1], format!("{}{}", "█".repeat(29), "░".repeat(29)));
    let vis = Vis::parse(
        r#"{"widgets": [{"name": "T", "displaySpec": {"@type": "types.px.dev/px.vispb.TextChart",
        "body": "some words that do not fit on one line of sixty columns, and more"}}]}"#,
    );
    let mut text = Widget::of(&vis.unwrap()).remove(0);
    let expected = [
        "some words that do not fit on one line of sixty columns, and",
        "more",
    ];
    assert_eq!(drawn(&mut text, &Table::default()), expected);
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let rows = table(&[("n", "ST_NONE", Values::Numbers(&[1]))]);
    let mut chart = kind("TimeseriesChart", r#""timeseries": [{"value": "n"}]"#);
    assert!(drawn(&mut chart, &rows)[0].contains("needs a column `time_`"));
    let mut bars = kind("BarChart", r#""bar": {"value": "n", "label": "gone"}"#);
    let expected = "`label` names column `gone`, which the table does not have";
    assert_eq!(drawn(&mut bars, &rows), [expected]);
    let vega = kind("VegaChart", r#""spec": "{}""#);
    assert_eq!(vega.title, "W (a Vega chart; its rows as a table)");
    let empty = table(&[("n", "ST_NONE", Values::Numbers(&[]))]);
    for name in ["Table", "StatChart"] {
        let fields = if name == "StatChart" {
            r#""stat": {"value": "n"}"#
        } else {
            r#""gutterColumn": "x""#
        };
        assert!(
            drawn(&mut kind(name, fields), &empty)
                .concat()
                .contains("(no rows)")
        );
    }
}
