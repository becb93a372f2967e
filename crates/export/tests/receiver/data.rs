//! Rows, and what is to become of them.

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringViewArray,
    TimestampNanosecondArray,
};
use nixie_export::{ExportCounters, ExportError, ExportReport, Exporter, RetryPolicy};
use nixie_pxl::{
    OtelAttribute, OtelEndpoint, OtelExport, OtelMetric, OtelMetricData, OtelSpan, OtelSpanName,
    OtelValue,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const TRACE_ID: &str = "0102030405060708090a0b0c0d0e0f10";
pub(crate) const SPAN_ID: &str = "1112131415161718";
pub(crate) const PARENT_ID: &str = "2122232425262728";

/// `rows` rows with a column of each type; the first has ids.
pub(crate) fn batch(rows: i64) -> RecordBatch {
    let ids = |id: &str| {
        let id = id.to_owned();
        let text = move |row| if row == 0 { id.clone() } else { String::new() };
        Arc::new(StringViewArray::from_iter_values((0..rows).map(text))) as ArrayRef
    };
    let floats = |first: f64| {
        let value = move |row: i64| first + row as f64;
        Arc::new(Float64Array::from_iter_values((0..rows).map(value))) as ArrayRef
    };
    let times = |first: i64| {
        Arc::new(TimestampNanosecondArray::from_iter_values(
            first..first + rows,
        )) as ArrayRef
    };
    let service = |_| r#"["shop/cart","shop/pay"]"#;
    let path = |row| format!("/p/{row}");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time_", times(1000)),
        (
            "service",
            Arc::new(StringViewArray::from_iter_values((0..rows).map(service))),
        ),
        (
            "path",
            Arc::new(StringViewArray::from_iter_values((0..rows).map(path))),
        ),
        (
            "latency",
            Arc::new(Int64Array::from_iter_values(500..500 + rows)),
        ),
        ("share", floats(0.5)),
        (
            "failed",
            Arc::new(
                (0..rows)
                    .map(|row| Some(row == 0))
                    .collect::<BooleanArray>(),
            ),
        ),
        ("p50", floats(10.0)),
        ("p99", floats(20.0)),
        ("end", times(2000)),
        ("trace", ids(TRACE_ID)),
        ("span", ids(SPAN_ID)),
        ("parent", ids(PARENT_ID)),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn attribute(key: &str, value: OtelValue) -> OtelAttribute {
    let key = key.to_owned();
    OtelAttribute { key, value }
}

fn column(key: &str, index: usize) -> OtelAttribute {
    let is_service_name = key == "service.name";
    attribute(
        key,
        OtelValue::Column {
            index,
            is_service_name,
        },
    )
}

pub(crate) fn endpoint(url: &str) -> OtelEndpoint {
    OtelEndpoint {
        url: url.to_owned(),
        headers: BTreeMap::from([("Api-Key".to_owned(), "k1".to_owned())]),
        insecure: !url.starts_with("https"),
        timeout: Duration::from_secs(5),
    }
}

fn metric(name: &str, unit: &str, data: OtelMetricData) -> OtelMetric {
    OtelMetric {
        name: name.to_owned(),
        description: format!("about {name}"),
        unit: unit.to_owned(),
        attributes: vec![column("path", 2), attribute("zone", OtelValue::Int(7))],
        time_column: 0,
        data,
    }
}

/// Gauges of both types, a summary and a span for each row, for each of two services.
pub(crate) fn export(url: &str) -> OtelExport {
    let gauge = |value_column| OtelMetricData::Gauge { value_column };
    let summary = OtelMetricData::Summary {
        count_column: 3,
        sum_column: 4,
        quantile_columns: vec![(0.5, 6), (0.99, 7)],
    };
    OtelExport {
        endpoint: endpoint(url),
        resource: vec![
            column("service.name", 1),
            attribute(
                "instrumentation.provider",
                OtelValue::Text("nixie".to_owned()),
            ),
        ],
        metrics: vec![
            metric("latency", "ns", gauge(3)),
            metric("share", "%", gauge(4)),
            metric("quantiles", "", summary),
        ],
        spans: vec![OtelSpan {
            name: OtelSpanName::Column(2),
            start_column: 0,
            end_column: 8,
            trace_id_column: Some(9),
            span_id_column: Some(10),
            parent_span_id_column: Some(11),
            attributes: vec![
                column("text", 2),
                column("int", 3),
                column("float", 4),
                column("bool", 5),
                attribute("fixed", OtelValue::Bool(true)),
                attribute("ratio", OtelValue::Float(1.5)),
            ],
            kind: 3,
        }],
    }
}

/// One gauge, for one service.
pub(crate) fn gauge(url: &str) -> OtelExport {
    let mut export = export(url);
    export.resource[0].value = OtelValue::Text("shop/cart".to_owned());
    export.metrics.truncate(1);
    export.spans.clear();
    export
}

/// Retries that end soon.
pub(crate) const SOON: RetryPolicy = RetryPolicy {
    delay: Duration::from_millis(10),
    delay_max: Duration::from_millis(40),
    time_max: Duration::from_millis(400),
};

/// Sends batches and returns what became of them, and the counters by name.
pub(crate) async fn send(
    export: OtelExport,
    batches: &[RecordBatch],
) -> Result<(ExportReport, BTreeMap<String, u64>), ExportError> {
    let counters = Arc::new(ExportCounters::default());
    let mut exporter = Exporter::start(export, SOON, Arc::clone(&counters))?;
    for batch in batches {
        exporter.rows(batch).await?;
    }
    let report = exporter.finish().await?;
    let mut found = BTreeMap::new();
    counters.status(&mut |status| {
        found.insert(status.name, status.value);
    });
    Ok((report, found))
}
