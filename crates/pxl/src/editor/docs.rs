//! What is said of the names that the language itself has.

/// Returns what a name of a module, or a method behind a dot, does; nothing for other names.
pub(crate) fn doc_of(name: &str) -> &'static str {
    let found = DOCS.binary_search_by_key(&name, |(known, _)| known);
    found.map_or("", |place| DOCS[place].1)
}

/// Sorted by name. Methods of DataFrames begin with a dot.
const DOCS: &[(&str, &str)] = &[
    (
        ".agg",
        "Computes one row for each group: `df.groupby('a').agg(n=('b', px.count))`.",
    ),
    (
        ".append",
        "Puts the rows of other DataFrames with the same columns behind these.",
    ),
    (
        ".ctx",
        "What the processes of the rows belong to: `df.ctx['pod']`.",
    ),
    (".drop", "Leaves out some columns."),
    (
        ".filter",
        "Keeps the rows for which a condition holds; the same as `df[condition]`.",
    ),
    (
        ".groupby",
        "Groups rows by one column or a list of them; `agg` follows.",
    ),
    (".head", "Keeps the first rows, 5 unless told otherwise."),
    (
        ".map",
        "Not callable; assign to a column instead: `df.x = ...`.",
    ),
    (
        ".merge",
        "Joins the rows of two DataFrames where columns are equal; `how` is `inner`, `left`, `right` or `outer`.",
    ),
    (
        ".rolling",
        "Cuts the rows into windows of time; `groupby` or `agg` follows.",
    ),
    (
        ".stream",
        "Delivers rows for as long as they come, instead of those that are there.",
    ),
    ("px", "Tables, functions and what is to be shown."),
    (
        "px.DataFrame",
        "Reads a table: the columns `select`, from `start_time` to `end_time`, such as `'-5m'`.",
    ),
    (
        "px.arg",
        "An argument that the script is run with, or the default.",
    ),
    ("px.days", "Nanoseconds of so many days."),
    (
        "px.debug",
        "Displays a DataFrame under its name behind `_`, also where functions are run.",
    ),
    ("px.display", "Displays a DataFrame as a table."),
    ("px.equals_any", "True where a value equals one of a list."),
    (
        "px.export",
        "Sends rows away as OpenTelemetry metrics and spans; see `px.otel.Data`.",
    ),
    (
        "px.format_duration",
        "Text of a duration in its largest unit, such as `-5m`.",
    ),
    ("px.hours", "Nanoseconds of so many hours."),
    (
        "px.make_upid",
        "The identity of a process from its agent, its pid and its start.",
    ),
    ("px.microseconds", "Nanoseconds of so many microseconds."),
    ("px.milliseconds", "Nanoseconds of so many milliseconds."),
    ("px.minutes", "Nanoseconds of so many minutes."),
    ("px.now", "The time at which the script was started."),
    ("px.otel", "Describes metrics and spans for `px.export`."),
    (
        "px.otel.Data",
        "What `px.export` makes of rows: the resource that they are about, which has `service.name`, and metrics and spans.",
    ),
    (
        "px.otel.Endpoint",
        "Where to send: `host:port` for gRPC, `http(s)://host/v1/…` for HTTP.",
    ),
    (
        "px.otel.metric",
        "Metrics for `px.otel.Data`; their time is the column `time_`.",
    ),
    (
        "px.otel.metric.Gauge",
        "A metric with the value of a column.",
    ),
    (
        "px.otel.metric.Summary",
        "A metric with count, sum and quantiles of columns: `{0.99: df.p99}`.",
    ),
    ("px.otel.trace", "Spans for `px.otel.Data`."),
    (
        "px.otel.trace.Span",
        "A span from one column of times to another. Ids that a row lacks are made.",
    ),
    ("px.parse_duration", "Nanoseconds of a text such as `-5m`."),
    (
        "px.parse_time",
        "A point in time, from nanoseconds or a text.",
    ),
    (
        "px.plugin",
        "The times of the export that the script is run for.",
    ),
    (
        "px.plugin.end_time",
        "Where the export ends that the script is run for, in nanoseconds.",
    ),
    (
        "px.plugin.start_time",
        "Where the export starts that the script is run for, in nanoseconds.",
    ),
    ("px.script_reference", "A link to a script with arguments."),
    ("px.seconds", "Nanoseconds of so many seconds."),
    (
        "px.strptime",
        "Nanoseconds of a text in a format such as `%Y-%m-%d %H:%M:%E*S %z`, with the fields of `strptime` in C and of Abseil; UTC without a zone.",
    ),
    ("px.uint128", "A number of 128 bits from a UUID."),
    ("px.vis", "Charts of functions."),
    (
        "px.vis.vega",
        "Puts a chart to a function; the rows stay the same.",
    ),
    ("pxconfig", "Settings of agents."),
    (
        "pxconfig.set_agent_config",
        "Changes a setting of an agent.",
    ),
    ("pxtrace", "Probes in programs that run."),
    (
        "pxtrace.ArgExpr",
        "Records an argument of the function that is probed.",
    ),
    ("pxtrace.DeleteTracepoint", "Removes a tracepoint."),
    (
        "pxtrace.FunctionLatency",
        "Records how long the function took that is probed.",
    ),
    (
        "pxtrace.LabelSelector",
        "The processes of the pods with some labels.",
    ),
    ("pxtrace.PodProcess", "A process of a pod."),
    (
        "pxtrace.RetExpr",
        "Records what the function returns that is probed.",
    ),
    (
        "pxtrace.SharedObject",
        "A shared library that a process has loaded.",
    ),
    (
        "pxtrace.TraceProgram",
        "A bpftrace program, with the hosts that it is for.",
    ),
    (
        "pxtrace.UpsertTracepoint",
        "Puts a tracepoint into processes, for a time.",
    ),
    ("pxtrace.kprobe", "A probe in the kernel."),
    (
        "pxtrace.probe",
        "Makes a function of the script the description of a probe.",
    ),
    ("pxviews", "Tables that many scripts want."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::builtin::{Builtin, Method};

    #[test]
    fn names_are_sorted() {
        assert!(DOCS.is_sorted_by_key(|(name, _)| name));
        assert_eq!(doc_of("px.nothing"), "");
    }

    #[test]
    fn everything_that_can_be_called_is_described() {
        for builtin in Builtin::ALL {
            assert_ne!(doc_of(&format!("px.{}", builtin.name())), "", "{builtin:?}");
        }
        for method in Method::ALL {
            assert_ne!(doc_of(&format!(".{}", method.name())), "", "{method:?}");
        }
    }
}
