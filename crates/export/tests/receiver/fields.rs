//! Every field of what arrives.

use crate::data::{PARENT_ID, SPAN_ID, TRACE_ID, batch, export, send};
use crate::grpc::Receiver;
use nixie_export::{Protocol, Tally};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;

#[tokio::test]
async fn by_grpc_every_field_arrives() {
    let receiver = Receiver::start(&[]).await;
    let (report, counters) = send(export(&receiver.url()), &[batch(2)]).await.unwrap();
    assert_eq!((report.rows, report.requests, report.retries), (2, 2, 0));
    assert_eq!(report.protocol, Protocol::Grpc);
    assert_eq!(report.problems, Vec::<String>::new());
    let tally = |sent| Tally {
        sent,
        ..Tally::default()
    };
    assert_eq!((report.points, report.spans), (tally(12), tally(4)));
    assert_eq!(
        (
            counters["export_points_sent"],
            counters["export_spans_sent"]
        ),
        (12, 4)
    );
    receiver.seen(|seen| {
        assert_eq!((seen.metrics.len(), seen.traces.len()), (1, 1));
        metrics(&seen.metrics[0]);
        traces(&seen.traces[0]);
        for headers in &seen.headers {
            assert_eq!(headers.get("api-key").unwrap(), "k1");
            assert_eq!(headers.get("grpc-encoding").unwrap(), "gzip");
        }
    });
}

pub(crate) fn metrics(request: &ExportMetricsServiceRequest) {
    assert_eq!(request.resource_metrics.len(), 2);
    for (about, service) in request
        .resource_metrics
        .iter()
        .zip(["shop/cart", "shop/pay"])
    {
        resource(about.resource.as_ref(), service);
        assert_eq!(about.scope_metrics.len(), 1);
        scope(about.scope_metrics[0].scope.as_ref());
        let [latency, share, quantiles] = about.scope_metrics[0].metrics.as_slice() else {
            panic!("{about:?}");
        };
        metric(latency, "latency", "ns");
        gauge(latency, [Number::AsInt(500), Number::AsInt(501)]);
        metric(share, "share", "%");
        gauge(share, [Number::AsDouble(0.5), Number::AsDouble(1.5)]);
        metric(quantiles, "quantiles", "");
        summary(quantiles);
    }
}

fn resource(resource: Option<&Resource>, service: &str) {
    assert_eq!(
        attributes(&resource.unwrap().attributes),
        [
            ("service.name", Value::StringValue(service.to_owned())),
            (
                "instrumentation.provider",
                Value::StringValue("nixie".to_owned())
            ),
        ]
    );
}

fn scope(scope: Option<&InstrumentationScope>) {
    let scope = scope.unwrap();
    assert_eq!(
        (scope.name.as_str(), scope.version.is_empty()),
        ("nixie", false)
    );
}

fn attributes(list: &[KeyValue]) -> Vec<(&str, Value)> {
    list.iter()
        .map(|entry| {
            let value = entry.value.clone().unwrap().value.unwrap();
            (entry.key.as_str(), value)
        })
        .collect()
}

fn metric(metric: &Metric, name: &str, unit: &str) {
    assert_eq!(metric.name, name);
    assert_eq!(metric.description, format!("about {name}"));
    assert_eq!(metric.unit, unit);
}

fn point_attributes(list: &[KeyValue], row: usize) {
    assert_eq!(
        attributes(list),
        [
            ("path", Value::StringValue(format!("/p/{row}"))),
            ("zone", Value::IntValue(7)),
        ]
    );
}

fn gauge(metric: &Metric, values: [Number; 2]) {
    let Some(Data::Gauge(gauge)) = &metric.data else {
        panic!("{metric:?}");
    };
    assert_eq!(gauge.data_points.len(), 2);
    for (row, (point, value)) in gauge.data_points.iter().zip(values).enumerate() {
        point_attributes(&point.attributes, row);
        let expected = NumberDataPoint {
            attributes: point.attributes.clone(),
            time_unix_nano: 1000 + row as u64,
            value: Some(value),
            ..NumberDataPoint::default()
        };
        assert_eq!(*point, expected);
    }
}

fn summary(metric: &Metric) {
    let Some(Data::Summary(summary)) = &metric.data else {
        panic!("{metric:?}");
    };
    assert_eq!(summary.data_points.len(), 2);
    for (row, point) in summary.data_points.iter().enumerate() {
        let add = row as f64;
        point_attributes(&point.attributes, row);
        assert_eq!(point.time_unix_nano, 1000 + row as u64);
        assert_eq!((point.count, point.sum), (500 + row as u64, 0.5 + add));
        let quantiles: Vec<_> = point
            .quantile_values
            .iter()
            .map(|value| (value.quantile, value.value))
            .collect();
        assert_eq!(quantiles, [(0.5, 10.0 + add), (0.99, 20.0 + add)]);
    }
}

pub(crate) fn traces(request: &ExportTraceServiceRequest) {
    assert_eq!(request.resource_spans.len(), 2);
    for (about, service) in request.resource_spans.iter().zip(["shop/cart", "shop/pay"]) {
        resource(about.resource.as_ref(), service);
        scope(about.scope_spans[0].scope.as_ref());
        let [first, second] = about.scope_spans[0].spans.as_slice() else {
            panic!("{about:?}");
        };
        span(first, 0);
        span(second, 1);
        assert_eq!(hex(&first.trace_id), TRACE_ID);
        assert_eq!(hex(&first.span_id), SPAN_ID);
        assert_eq!(hex(&first.parent_span_id), PARENT_ID);
        // Ids that a row lacks are made; a parent that it lacks is none.
        assert_eq!((second.trace_id.len(), second.span_id.len()), (16, 8));
        assert_ne!(second.trace_id, first.trace_id);
        assert!(second.parent_span_id.is_empty());
    }
}

fn span(span: &Span, row: usize) {
    assert_eq!(span.name, format!("/p/{row}"));
    assert_eq!(span.kind, 3);
    assert_eq!(span.start_time_unix_nano, 1000 + row as u64);
    assert_eq!(span.end_time_unix_nano, 2000 + row as u64);
    assert_eq!(
        attributes(&span.attributes),
        [
            ("text", Value::StringValue(format!("/p/{row}"))),
            ("int", Value::IntValue(500 + row as i64)),
            ("float", Value::DoubleValue(0.5 + row as f64)),
            ("bool", Value::BoolValue(row == 0)),
            ("fixed", Value::BoolValue(true)),
            ("ratio", Value::DoubleValue(1.5)),
        ]
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
