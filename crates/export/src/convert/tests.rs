use super::*;
use arrow::array::{ArrayRef, Int64Array, StringViewArray, TimestampNanosecondArray};
use nixie_pxl::{OtelAttribute, OtelEndpoint, OtelMetric, OtelMetricData, OtelValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use std::collections::BTreeMap;
use std::sync::Arc;

fn converter(value_column: usize) -> Converter {
    Converter::new(OtelExport {
        endpoint: OtelEndpoint {
            url: "h:1".to_owned(),
            headers: BTreeMap::new(),
            insecure: true,
            timeout: OtelEndpoint::TIMEOUT_DEFAULT,
        },
        resource: vec![OtelAttribute {
            key: "service.name".to_owned(),
            value: OtelValue::Column {
                index: 1,
                is_service_name: true,
            },
        }],
        metrics: vec![OtelMetric {
            name: "m".to_owned(),
            description: String::new(),
            unit: String::new(),
            attributes: Vec::new(),
            time_column: 0,
            data: OtelMetricData::Gauge { value_column },
        }],
        spans: Vec::new(),
    })
}

fn batch(services: &[&str]) -> RecordBatch {
    let rows = i64::try_from(services.len()).unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "time_",
            Arc::new(TimestampNanosecondArray::from_iter_values(0..rows)),
        ),
        (
            "service",
            Arc::new(StringViewArray::from_iter_values(services)),
        ),
        ("value", Arc::new(Int64Array::from_iter_values(0..rows))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The name of each service with the times of its data points.
fn services(requests: &[Request]) -> Vec<(String, Vec<u64>)> {
    let mut found = Vec::new();
    for request in requests {
        let Body::Metrics(body) = &request.body else {
            panic!("{request:?}");
        };
        for about in &body.resource_metrics {
            let attribute = &about.resource.as_ref().unwrap().attributes[0];
            let value = attribute.value.clone().unwrap().value;
            let Some(Value::StringValue(name)) = value else {
                panic!("{value:?}");
            };
            let Some(Data::Gauge(gauge)) = &about.scope_metrics[0].metrics[0].data else {
                panic!("{about:?}");
            };
            let times = gauge.data_points.iter().map(|point| point.time_unix_nano);
            found.push((name, times.collect()));
        }
    }
    found
}

#[test]
fn rows_of_one_resource_stand_together() {
    let requests = converter(2).convert(&batch(&["a", "b", "a"])).unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].items, 3);
    assert_eq!(
        services(&requests),
        [("a".to_owned(), vec![0, 2]), ("b".to_owned(), vec![1])]
    );
}

#[test]
fn a_list_of_services_gives_each_of_them_the_data() {
    let requests = converter(2)
        .convert(&batch(&[r#"["a","b"]"#, "b"]))
        .unwrap();
    assert_eq!(requests[0].items, 3);
    assert_eq!(
        services(&requests),
        [("a".to_owned(), vec![0]), ("b".to_owned(), vec![0, 1])]
    );
}

#[test]
fn requests_stay_small() {
    let long = "x".repeat(10_000);
    let names: Vec<String> = (0..2500).map(|row| format!("{row}{long}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let requests = converter(2).convert(&batch(&names)).unwrap();
    assert!(requests.len() > 3, "{}", requests.len());
    assert_eq!(
        requests.iter().map(|request| request.items).sum::<u64>(),
        2500
    );
    for request in &requests {
        assert!(request.encoded_bytes() <= REQUEST_BYTES_MAX);
        assert_eq!(request.encoded_bytes(), request.encode().len());
    }
    let times: Vec<u64> = services(&requests)
        .into_iter()
        .flat_map(|found| found.1)
        .collect();
    assert_eq!(times, (0..2500).collect::<Vec<_>>());
}

#[test]
fn a_column_of_another_type_is_told() {
    let error = converter(1).convert(&batch(&["a"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column 1 has the type `STRING`, expected INT64 or FLOAT64"
    );
    let error = converter(7).convert(&batch(&["a"])).unwrap_err();
    assert!(
        error.to_string().contains("column 7 has the type `none`"),
        "{error}"
    );
}
