//! Data points.

use super::attributes::{About, key_values};
use super::columns::{Column, Columns};
use super::{scope, unix_nano};
use crate::ExportError;
use nixie_pxl::{OtelMetric, OtelMetricData};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Summary, SummaryDataPoint,
    metric::Data,
};

/// Returns the data points of the rows that are about one resource.
pub(super) fn of(
    metrics: &[OtelMetric],
    columns: &Columns,
    about: About,
) -> Result<ResourceMetrics, ExportError> {
    let metrics: Result<Vec<Metric>, ExportError> = metrics
        .iter()
        .map(|metric| {
            Ok(Metric {
                name: metric.name.clone(),
                description: metric.description.clone(),
                unit: metric.unit.clone(),
                data: Some(data(metric, columns, &about.rows)?),
                ..Metric::default()
            })
        })
        .collect();
    Ok(ResourceMetrics {
        resource: Some(about.resource),
        scope_metrics: vec![ScopeMetrics {
            scope: Some(scope()),
            metrics: metrics?,
            ..ScopeMetrics::default()
        }],
        ..ResourceMetrics::default()
    })
}

fn data(metric: &OtelMetric, columns: &Columns, rows: &[usize]) -> Result<Data, ExportError> {
    Ok(match &metric.data {
        OtelMetricData::Gauge { value_column } => Data::Gauge(Gauge {
            data_points: rows
                .iter()
                .map(|row| number(metric, *value_column, columns, *row))
                .collect::<Result<_, _>>()?,
        }),
        OtelMetricData::Summary {
            count_column,
            sum_column,
            quantile_columns,
        } => Data::Summary(Summary {
            data_points: rows
                .iter()
                .map(|row| {
                    let fields = (*count_column, *sum_column, quantile_columns.as_slice());
                    summary(metric, fields, columns, *row)
                })
                .collect::<Result<_, _>>()?,
        }),
    })
}

fn number(
    metric: &OtelMetric,
    value_column: usize,
    columns: &Columns,
    row: usize,
) -> Result<NumberDataPoint, ExportError> {
    let value = match columns.column(value_column)? {
        Column::Float(array) => Value::AsDouble(array.value(row)),
        Column::Int(array) => Value::AsInt(array.value(row)),
        other => return Err(other.wrong(value_column, "INT64 or FLOAT64")),
    };
    Ok(NumberDataPoint {
        attributes: key_values(&metric.attributes, columns, row)?,
        time_unix_nano: unix_nano(columns.time(metric.time_column)?.value(row)),
        value: Some(value),
        ..NumberDataPoint::default()
    })
}

fn summary(
    metric: &OtelMetric,
    (count_column, sum_column, quantile_columns): (usize, usize, &[(f64, usize)]),
    columns: &Columns,
    row: usize,
) -> Result<SummaryDataPoint, ExportError> {
    let quantile_values: Result<_, ExportError> = quantile_columns
        .iter()
        .map(|(quantile, column)| {
            Ok(ValueAtQuantile {
                quantile: *quantile,
                value: columns.float(*column)?.value(row),
            })
        })
        .collect();
    Ok(SummaryDataPoint {
        attributes: key_values(&metric.attributes, columns, row)?,
        time_unix_nano: unix_nano(columns.time(metric.time_column)?.value(row)),
        count: u64::try_from(columns.int(count_column)?.value(row)).unwrap_or(0),
        sum: columns.float(sum_column)?.value(row),
        quantile_values: quantile_values?,
        ..SummaryDataPoint::default()
    })
}
