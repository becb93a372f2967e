//! The kinds of displays: what can be set for each, as one table that reading, checking and the
//! reference go by.

use super::reader::{Fields, Item, Reader, place};
use super::{Display, Text};
use crate::diagnostics::{Checked, Problem};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A kind of display.
#[derive(Debug)]
pub(super) struct DisplayKind {
    pub(super) name: &'static str,
    meaning: &'static str,
    fields: &'static [Field],
    /// The rows need a column `time_`.
    pub(super) needs_time: bool,
    /// It shows rows; else only what is set.
    pub(super) needs_rows: bool,
    /// What fields say about each other: what is wrong with them, if anything.
    rule: fn(&Settings) -> Option<&'static str>,
}

impl PartialEq for DisplayKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Something that can be set.
#[derive(Debug)]
struct Field {
    name: &'static str,
    holds: Holds,
    required: bool,
    meaning: &'static str,
}

/// What a field holds.
#[derive(Debug)]
enum Holds {
    Boolean,
    /// The name of a column.
    Column(Wants),
    /// Names of columns.
    Columns,
    Group(&'static [Field]),
    Groups(&'static [Field]),
    Number,
    Text,
    /// One of some words, which also have numbers.
    Word(&'static [(&'static str, i32)]),
}

/// What type a column must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Anything,
    Number,
    Text,
}

/// A column that a display names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColumnUse {
    pub(super) name: Text,
    pub(super) wants: Wants,
    pub(super) field: String,
}

/// What is set in a display or a part of one, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<&'static str, Setting>);

/// A value that is set.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// True or false.
    Boolean(bool),
    /// A part with settings of its own.
    Group(Settings),
    /// Several such parts.
    Groups(Vec<Settings>),
    /// A number.
    Number(f64),
    /// Text, a word, or the name of a column.
    Text(String),
    /// Names of columns.
    Texts(Vec<String>),
}

impl Settings {
    /// Returns a text, if it is set and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Setting::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Returns texts; none, if they are not set.
    #[must_use]
    pub fn texts(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Setting::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// Returns a number, if it is set.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name) {
            Some(Setting::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Returns true if it is set so.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Setting::Boolean(true)))
    }

    /// Returns a part, if it is set.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Self> {
        match self.0.get(name) {
            Some(Setting::Group(group)) => Some(group),
            _ => None,
        }
    }

    /// Returns parts; none, if they are not set.
    #[must_use]
    pub fn groups(&self, name: &str) -> &[Self] {
        match self.0.get(name) {
            Some(Setting::Groups(groups)) => groups,
            _ => &[],
        }
    }
}

const fn field(name: &'static str, holds: Holds, meaning: &'static str) -> Field {
    Field {
        name,
        holds,
        required: false,
        meaning,
    }
}

const fn needed(name: &'static str, holds: Holds, meaning: &'static str) -> Field {
    Field {
        name,
        holds,
        required: true,
        meaning,
    }
}

const fn no_rule(_: &Settings) -> Option<&'static str> {
    None
}

const NUMBER: Holds = Holds::Column(Wants::Number);
const NAME: Holds = Holds::Column(Wants::Text);
const ANY: Holds = Holds::Column(Wants::Anything);
const AXIS: &[Field] = &[field("label", Holds::Text, "label of the axis")];
const TITLE: Field = field("title", Holds::Text, "title of the chart");
const X_AXIS: Field = field("xAxis", Holds::Group(AXIS), "the horizontal axis");
const Y_AXIS: Field = field("yAxis", Holds::Group(AXIS), "the vertical axis");
const MODES: &[(&str, i32)] = &[
    ("MODE_UNKNOWN", 0),
    ("MODE_LINE", 2),
    ("MODE_POINT", 3),
    ("MODE_AREA", 4),
];

const fn chart(
    name: &'static str,
    meaning: &'static str,
    fields: &'static [Field],
    rule: fn(&Settings) -> Option<&'static str>,
) -> DisplayKind {
    DisplayKind {
        name,
        meaning,
        fields,
        needs_time: false,
        needs_rows: true,
        rule,
    }
}

/// All kinds, in the order of the reference.
pub(super) static KINDS: &[DisplayKind] = &[
    chart(
        "Table",
        "Rows and columns.",
        &[field(
            "gutterColumn",
            NAME,
            "status that is shown as a mark before each row",
        )],
        no_rule,
    ),
    DisplayKind {
        needs_time: true,
        ..chart(
            "TimeseriesChart",
            "Lines, points or areas over `time_`.",
            &[
                needed(
                    "timeseries",
                    Holds::Groups(&[
                        needed("value", NUMBER, "what is drawn"),
                        field("series", ANY, "one line for each of its values"),
                        field(
                            "stackBySeries",
                            Holds::Boolean,
                            "lines on top of each other",
                        ),
                        field(
                            "mode",
                            Holds::Word(MODES),
                            "how values are drawn; lines by default",
                        ),
                    ]),
                    "one entry for each value that is drawn",
                ),
                TITLE,
                X_AXIS,
                Y_AXIS,
            ],
            timeseries_rule,
        )
    },
    chart(
        "BarChart",
        "A bar for each row or group.",
        &[
            needed(
                "bar",
                Holds::Group(&[
                    needed("value", NUMBER, "length of the bar"),
                    needed("label", ANY, "name of the bar"),
                    field("stackBy", ANY, "parts of a bar"),
                    field("groupBy", ANY, "bars that stand together"),
                    field("horizontal", Holds::Boolean, "bars lie"),
                ]),
                "what the bars are",
            ),
            TITLE,
            X_AXIS,
            Y_AXIS,
        ],
        no_rule,
    ),
    chart(
        "HistogramChart",
        "Counts of values in ranges; the script makes ranges, the chart joins them.",
        &[
            needed(
                "histogram",
                Holds::Group(&[
                    needed("value", NUMBER, "start of a range"),
                    field("maxbins", Holds::Number, "most ranges shown; 10 by default"),
                    field(
                        "minstep",
                        Holds::Number,
                        "smallest width of a range; 0 by default",
                    ),
                    field("horizontal", Holds::Boolean, "bars lie"),
                    needed("prebinCount", NUMBER, "count of values in a range"),
                ]),
                "what the ranges are",
            ),
            TITLE,
            X_AXIS,
            Y_AXIS,
        ],
        no_rule,
    ),
    chart(
        "PieChart",
        "Shares of a whole.",
        &[
            field("label", ANY, "name of a share"),
            field("value", NUMBER, "size of a share"),
            field(
                "pie",
                Holds::Group(&[
                    needed("label", ANY, "name of a share"),
                    needed("value", NUMBER, "size of a share"),
                ]),
                "another way to write `label` and `value`",
            ),
            TITLE,
        ],
        |settings| {
            let is_flat = settings.text("label").is_some() && settings.text("value").is_some();
            (is_flat == settings.group("pie").is_some())
                .then_some("expected `label` and `value`, or `pie` with both, not both ways")
        },
    ),
    chart(
        "GaugeChart",
        "A share from 0 to 1, of the last row.",
        &[
            field("value", NUMBER, "the share"),
            field(
                "gauge",
                Holds::Group(&[needed("value", NUMBER, "the share")]),
                "another way to write `value`",
            ),
            TITLE,
        ],
        |settings| {
            (settings.text("value").is_some() == settings.group("gauge").is_some())
                .then_some("expected either `value` or `gauge` with it")
        },
    ),
    chart(
        "StatChart",
        "One value, of the last row.",
        &[
            needed(
                "stat",
                Holds::Group(&[needed("value", ANY, "the value")]),
                "what is shown",
            ),
            TITLE,
        ],
        no_rule,
    ),
    DisplayKind {
        needs_rows: false,
        ..chart(
            "TextChart",
            "Fixed text.",
            &[field("body", Holds::Text, "the text")],
            no_rule,
        )
    },
    chart(
        "VegaChart",
        "A chart in the words of Vega or Vega-Lite, with the rows as its data.",
        &[needed("spec", Holds::Text, "the chart, as JSON text")],
        no_rule,
    ),
    chart(
        "Graph",
        "Nodes and edges; a row is an edge.",
        GRAPH,
        |settings| {
            (settings.text("dotColumn").is_some() == settings.group("adjacencyList").is_some())
                .then_some("expected either `dotColumn` or `adjacencyList`")
        },
    ),
    chart(
        "RequestGraph",
        "Services and pods with the requests between them.",
        REQUESTS,
        no_rule,
    ),
    chart(
        "StackTraceFlameGraph",
        "Where running code spends its time.",
        FLAMES,
        no_rule,
    ),
];

const GRAPH: &[Field] = &[
    field("dotColumn", NAME, "graph in the DOT language"),
    field(
        "adjacencyList",
        Holds::Group(&[
            needed("fromColumn", ANY, "where the edge starts"),
            needed("toColumn", ANY, "where the edge ends"),
        ]),
        "what the edges are",
    ),
    field("edgeWeightColumn", NUMBER, "width of the edge"),
    field("nodeWeightColumn", NUMBER, "size of the node"),
    field(
        "edgeColorColumn",
        NUMBER,
        "colour of the edge, by `edgeThresholds`",
    ),
    field(
        "edgeThresholds",
        Holds::Group(&[
            field("mediumThreshold", Holds::Number, "from here on medium"),
            field("highThreshold", Holds::Number, "from here on high"),
        ]),
        "where colours change; 100 and 200 by default, or those of latencies",
    ),
    field(
        "edgeHoverInfo",
        Holds::Columns,
        "shown when an edge is pointed at",
    ),
    field(
        "edgeLength",
        Holds::Number,
        "distance of nodes; 100 by default",
    ),
    field(
        "enableDefaultHierarchy",
        Holds::Boolean,
        "from left to right",
    ),
];

const REQUESTS: &[Field] = &[
    needed("requestorPodColumn", NAME, "pod that asks"),
    needed("responderPodColumn", NAME, "pod that answers"),
    needed("requestorServiceColumn", NAME, "service that asks"),
    needed("responderServiceColumn", NAME, "service that answers"),
    field("requestorIPColumn", NAME, "address that asks"),
    field("responderIPColumn", NAME, "address that answers"),
    needed("p50Column", NUMBER, "median latency"),
    needed("p90Column", NUMBER, "90th percentile of the latency"),
    needed("p99Column", NUMBER, "99th percentile of the latency"),
    needed("errorRateColumn", NUMBER, "share of requests that fail"),
    needed("requestsPerSecondColumn", NUMBER, "requests by time"),
    needed(
        "inboundBytesPerSecondColumn",
        NUMBER,
        "bytes received by time",
    ),
    needed("outboundBytesPerSecondColumn", NUMBER, "bytes sent by time"),
    needed(
        "totalRequestCountColumn",
        NUMBER,
        "requests; the weight of an edge when edges are joined",
    ),
];

const FLAMES: &[Field] = &[
    needed(
        "stacktraceColumn",
        NAME,
        "frames from the root on, joined by `;`",
    ),
    needed("countColumn", NUMBER, "samples of the stack"),
    field("percentageColumn", NUMBER, "share of the samples"),
    field("namespaceColumn", NAME, "level of namespaces"),
    field("podColumn", NAME, "level of pods"),
    field("containerColumn", NAME, "level of containers"),
    field("pidColumn", ANY, "level of processes"),
    field("nodeColumn", NAME, "level of nodes"),
    field(
        "percentageLabel",
        Holds::Text,
        "what a share is of; `Percentage` by default",
    ),
    field(
        "differenceColumn",
        NUMBER,
        "difference to a baseline; turns its colours on",
    ),
];

fn timeseries_rule(settings: &Settings) -> Option<&'static str> {
    let entries = settings.groups("timeseries");
    let bad = |entry: &Settings| {
        let (has_series, is_stacked) = (
            entry.text("series").is_some(),
            entry.is_set("stackBySeries"),
        );
        if has_series && entries.len() > 1 {
            Some("`series` needs to be the only entry of `timeseries`")
        } else if is_stacked && !has_series {
            Some("`stackBySeries` needs `series`")
        } else if entry.text("mode") == Some("MODE_AREA") && !is_stacked {
            Some("`MODE_AREA` needs `stackBySeries`")
        } else {
            None
        }
    };
    if entries.is_empty() {
        return Some("`timeseries` has no entry");
    }
    entries.iter().find_map(bad)
}

/// Reads a display of a kind.
pub(super) fn decode(
    reader: &mut Reader<'_, '_>,
    item: &Item<'_>,
    kind: &'static DisplayKind,
) -> Checked<Display> {
    let names = kind.fields.iter().map(|field| field.name);
    let fields = reader.fields(item, names.chain(["@type"]))?;
    let mut columns = Vec::new();
    let settings = settings(reader, &fields, kind.fields, &mut columns);
    if let Some(message) = (kind.rule)(&settings) {
        let message = format!("{}, a {}: {message}", place(&item.path), kind.name);
        reader.report(item.range(), Problem::new("wrong-field", message));
    }
    Ok(Display {
        kind,
        settings,
        columns,
        range: item.range(),
    })
}

fn settings(
    reader: &mut Reader<'_, '_>,
    fields: &Fields<'_>,
    known: &'static [Field],
    columns: &mut Vec<ColumnUse>,
) -> Settings {
    let mut settings = Settings::default();
    for field in known {
        let Some(item) = fields.get(field.name) else {
            if field.required {
                let message = format!("{} has no `{}`", place(&fields.path), field.name);
                let problem = Problem::new("missing-field", message);
                let problem = problem.help(format!("`{}`: {}", field.name, field.meaning));
                reader.report(fields.range, problem);
            }
            continue;
        };
        // A problem has been reported; the next field may show another.
        if let Ok(setting) = setting(reader, item, field, columns) {
            settings.0.insert(field.name, setting);
        }
    }
    settings
}

fn setting(
    reader: &mut Reader<'_, '_>,
    item: &Item<'_>,
    field: &Field,
    columns: &mut Vec<ColumnUse>,
) -> Checked<Setting> {
    match &field.holds {
        Holds::Boolean => reader.boolean(item).map(Setting::Boolean),
        Holds::Column(wants) => {
            let name = column(reader, item, *wants, columns)?;
            if name.is_empty() && field.required {
                let message = format!("{} names no column", place(&item.path));
                return Err(reader.report(item.range(), Problem::new("missing-field", message)));
            }
            Ok(Setting::Text(name))
        }
        Holds::Columns => {
            let items = reader.items(item)?;
            let names: Checked<Vec<_>> = items
                .iter()
                .map(|item| column(reader, item, Wants::Anything, columns))
                .collect();
            names.map(Setting::Texts)
        }
        Holds::Group(known) => group(reader, item, known, columns).map(Setting::Group),
        Holds::Groups(known) => {
            let items = reader.items(item)?;
            let groups = items.iter().map(|item| group(reader, item, known, columns));
            groups.collect::<Checked<Vec<_>>>().map(Setting::Groups)
        }
        Holds::Number => reader.number(item).map(Setting::Number),
        Holds::Text => reader.text(item).map(|text| Setting::Text(text.text)),
        Holds::Word(words) => word(reader, item, words).map(|word| Setting::Text(word.to_owned())),
    }
}

fn group(
    reader: &mut Reader<'_, '_>,
    item: &Item<'_>,
    known: &'static [Field],
    columns: &mut Vec<ColumnUse>,
) -> Checked<Settings> {
    let fields = reader.fields(item, known.iter().map(|field| field.name))?;
    Ok(settings(reader, &fields, known, columns))
}

fn column(
    reader: &mut Reader<'_, '_>,
    item: &Item<'_>,
    wants: Wants,
    columns: &mut Vec<ColumnUse>,
) -> Checked<String> {
    let name = reader.text(item)?;
    let text = name.text.clone();
    if !text.is_empty() {
        let field = item.path.clone();
        columns.push(ColumnUse { name, wants, field });
    }
    Ok(text)
}

fn word(
    reader: &mut Reader<'_, '_>,
    item: &Item<'_>,
    words: &'static [(&'static str, i32)],
) -> Checked<&'static str> {
    use jsonc_parser::ast::Value;
    let found = match item.value {
        Value::StringLit(literal) => words.iter().find(|(word, _)| *word == literal.value),
        Value::NumberLit(literal) => words
            .iter()
            .find(|(_, number)| literal.value.parse() == Ok(*number)),
        _ => None,
    };
    let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    match found {
        Some((word, _)) => Ok(word),
        None => Err(reader.wrong(item, &format!("one of `{}`", names.join("`, `")))),
    }
}

/// Returns the part of the reference that lists the kinds of displays, as Markdown.
#[must_use]
pub fn display_reference() -> String {
    let mut page = String::new();
    for kind in KINDS {
        // Writing to a string cannot fail.
        write!(page, "\n### {}\n\n{}", kind.name, kind.meaning).unwrap_or_default();
        if kind.needs_time {
            page.push_str(" The rows must have a column `time_`.");
        }
        page.push_str("\n\n| Field | Holds | Meaning |\n|---|---|---|\n");
        describe(&mut page, "", kind.fields);
    }
    page
}

fn describe(page: &mut String, prefix: &str, fields: &[Field]) {
    for field in fields {
        let holds = match &field.holds {
            Holds::Boolean => "boolean".to_owned(),
            Holds::Column(Wants::Anything) => "column".to_owned(),
            Holds::Column(Wants::Number) => "column of numbers".to_owned(),
            Holds::Column(Wants::Text) => "column of text".to_owned(),
            Holds::Columns => "list of columns".to_owned(),
            Holds::Group(_) => "object".to_owned(),
            Holds::Groups(_) => "list of objects".to_owned(),
            Holds::Number => "number".to_owned(),
            Holds::Text => "text".to_owned(),
            Holds::Word(words) => {
                let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                format!("`{}`", words.join("`, `"))
            }
        };
        let (name, meaning) = (field.name, field.meaning);
        let mark = if field.required { ", required" } else { "" };
        writeln!(page, "| `{prefix}{name}` | {holds}{mark} | {meaning} |").unwrap_or_default();
        match &field.holds {
            Holds::Group(fields) => describe(page, &format!("{prefix}{name}."), fields),
            Holds::Groups(fields) => describe(page, &format!("{prefix}{name}[]."), fields),
            _ => {}
        }
    }
}
