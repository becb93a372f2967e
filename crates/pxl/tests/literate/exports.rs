//! What a script exports, as text.

use nixie_pxl::{
    Export, OtelAttribute, OtelMetric, OtelMetricData, OtelSpan, OtelSpanName, OtelValue, Program,
};

/// Returns what a script exports, columns by their names.
pub(crate) fn exports(program: &Program) -> String {
    program.exports.iter().map(export).collect()
}

fn export(export: &Export) -> String {
    let (otel, endpoint) = (&export.otel, &export.otel.endpoint);
    let insecure = if endpoint.insecure { " insecure" } else { "" };
    let headers: Vec<_> = endpoint
        .headers
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut out = format!(
        "{} to {}{insecure} within {} s",
        export.output.name,
        endpoint.url,
        endpoint.timeout.as_secs()
    );
    if !headers.is_empty() {
        out += &format!(" with {}", headers.join(" "));
    }
    let columns: Vec<_> = export
        .output
        .columns
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    out += &format!("\n  columns {}\n", columns.join(" "));
    out += &format!("  resource{}\n", attributes(&otel.resource, &columns));
    for metric in &otel.metrics {
        out += &format!("  {}\n", self::metric(metric, &columns));
    }
    for span in &otel.spans {
        out += &format!("  {}\n", self::span(span, &columns));
    }
    out
}

fn attributes(list: &[OtelAttribute], columns: &[&str]) -> String {
    list.iter()
        .map(|attribute| {
            let value = match &attribute.value {
                OtelValue::Column {
                    index,
                    is_service_name: true,
                } => format!("services in {}", columns[*index]),
                OtelValue::Column { index, .. } => columns[*index].to_owned(),
                OtelValue::Bool(value) => format!("{value:?}"),
                OtelValue::Float(value) => format!("{value:?}"),
                OtelValue::Int(value) => format!("{value:?}"),
                OtelValue::Text(value) => format!("{value:?}"),
            };
            format!(" [{}: {value}]", attribute.key)
        })
        .collect()
}

fn metric(metric: &OtelMetric, columns: &[&str]) -> String {
    let data = match &metric.data {
        OtelMetricData::Gauge { value_column } => format!("gauge of {}", columns[*value_column]),
        OtelMetricData::Summary {
            count_column,
            sum_column,
            quantile_columns,
        } => {
            let quantiles: Vec<_> = quantile_columns
                .iter()
                .map(|(quantile, column)| format!("{quantile:?} {}", columns[*column]))
                .collect();
            let (count, sum) = (columns[*count_column], columns[*sum_column]);
            format!("summary of {count} {sum} ({})", quantiles.join(", "))
        }
    };
    let OtelMetric {
        name,
        unit,
        description,
        ..
    } = metric;
    let time = columns[metric.time_column];
    let attributes = attributes(&metric.attributes, columns);
    format!("{name} in {unit:?} {description:?} at {time}: {data}{attributes}")
}

fn span(span: &OtelSpan, columns: &[&str]) -> String {
    let name = match &span.name {
        OtelSpanName::Column(column) => columns[*column].to_owned(),
        OtelSpanName::Text(text) => format!("{text:?}"),
    };
    let id = |column: Option<usize>| column.map_or("-", |column| columns[column]);
    let (start, end) = (columns[span.start_column], columns[span.end_column]);
    let ids = [
        span.trace_id_column,
        span.span_id_column,
        span.parent_span_id_column,
    ]
    .map(id);
    let attributes = attributes(&span.attributes, columns);
    format!(
        "span {name} from {start} to {end} kind {} ids {}{attributes}",
        span.kind,
        ids.join(" ")
    )
}
