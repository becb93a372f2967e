//! `px.export`: finds the columns of what is to be exported.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::calls::Bound;
use crate::eval::{Evaluator, ExportSink, OUTPUTS_MAX};
use crate::objects::Object;
use crate::objects::otel::{
    Attribute, ColumnName, Data, Metric, MetricData, OtelObject, Span, Value,
};
use crate::otel::{
    OtelAttribute, OtelEndpoint, OtelExport, OtelMetric, OtelMetricData, OtelSpan, OtelSpanName,
    OtelValue,
};
use crate::plan::bind::unknown_column;
use crate::plan::{Column, Frame, Kind, Literal, Relation};
use nixie_types::{DataType, SemanticType};
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn export(
        &mut self,
        bound: Vec<Bound<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let Ok([Some((out, out_range)), Some((spec, spec_range))]) =
            <[Bound<'a>; 2]>::try_from(bound)
        else {
            return Err(Reported);
        };
        let data = match &spec {
            Object::Otel(object) if let OtelObject::Data(data) = &**object => data,
            other => {
                let message = format!(
                    "expected `export_spec` to be an export config, received {}",
                    other.kind()
                );
                let problem =
                    Problem::new("wrong-argument", message).help("give a `px.otel.Data(...)`");
                return self.fail(spec_range, problem);
            }
        };
        let Object::Frame(frame) = out else {
            let message = format!("expected DataFrame, received {}", out.kind());
            return self.fail(out_range, Problem::new("wrong-type", message));
        };
        if self.exports.len() >= OUTPUTS_MAX {
            let message = format!("script exports more than {OUTPUTS_MAX} times");
            return self.fail(range, Problem::new("too-large", message));
        }
        if frame.is_stream() {
            let message = "a stream cannot be exported, it has no end";
            let help = "leave `stream()` out, and run the script again and again";
            return self.fail(out_range, Problem::new("not-supported", message).help(help));
        }
        let endpoint = self.export_endpoint(data, spec_range);
        let (otel, used) = self.export_columns(&frame, data, spec_range)?;
        let frame = self.only(&frame, used, range)?;
        self.count_plan(&frame, range)?;
        self.exports.push(ExportSink {
            frame,
            otel: OtelExport {
                endpoint: endpoint?,
                ..otel
            },
        });
        Ok(Object::None)
    }

    fn export_endpoint(&mut self, data: &Data, range: TextRange) -> Checked<OtelEndpoint> {
        let default = self.options.otel.endpoint.as_ref();
        if let Some(endpoint) = data.endpoint.as_ref().or(default) {
            return Ok(endpoint.clone());
        }
        let message = "no default config found for endpoint, please specify one";
        let help = "add `endpoint=px.otel.Endpoint(url='host:4317')`, or run the script with \
                    `--export-to host:4317`";
        self.fail(range, Problem::new("missing-argument", message).help(help))
    }

    /// Returns what becomes of the rows, and the columns that it needs.
    fn export_columns(
        &mut self,
        frame: &Frame,
        data: &Data,
        range: TextRange,
    ) -> Checked<(OtelExport, Vec<Column>)> {
        let mut columns = ExportColumns {
            evaluator: self,
            relation: &frame.relation,
            used: Vec::new(),
            failed: false,
        };
        let mut resource = columns.attributes(&data.resource);
        let metrics: Vec<_> = data
            .metrics
            .iter()
            .filter_map(|metric| columns.metric(metric, range).ok())
            .collect();
        let spans: Vec<_> = data
            .spans
            .iter()
            .filter_map(|span| columns.span(span).ok())
            .collect();
        if columns.failed {
            return Err(Reported);
        }
        let used = columns.used;
        for (key, text) in &self.options.otel.resource {
            let value = OtelValue::Text(text.clone());
            let key = key.clone();
            resource.push(OtelAttribute { key, value });
        }
        let endpoint = OtelEndpoint {
            url: String::new(),
            headers: std::collections::BTreeMap::new(),
            insecure: false,
            timeout: OtelEndpoint::TIMEOUT_DEFAULT,
        };
        let otel = OtelExport {
            endpoint,
            resource,
            metrics,
            spans,
        };
        Ok((otel, used))
    }

    /// Returns a DataFrame of some columns, so that the rest is not even read.
    fn only(&mut self, frame: &Frame, columns: Vec<Column>, range: TextRange) -> Checked<Frame> {
        let input = Rc::clone(frame);
        self.node(Kind::Project { input }, Relation { columns }, range)
    }
}

/// Finds columns by name, and gives each a place.
struct ExportColumns<'e, 'a, 'd> {
    evaluator: &'e mut Evaluator<'a, 'd>,
    relation: &'e Relation,
    used: Vec<Column>,
    /// A problem has been reported.
    failed: bool,
}

impl ExportColumns<'_, '_, '_> {
    /// Returns the place of a column that must have one of some types, with its meaning.
    fn find(
        &mut self,
        column: &ColumnName,
        what: &str,
        types: &[DataType],
    ) -> Checked<(usize, SemanticType)> {
        let found = self.look_up(column, what, types);
        self.failed |= found.is_err();
        found
    }

    fn look_up(
        &mut self,
        wanted: &ColumnName,
        what: &str,
        types: &[DataType],
    ) -> Checked<(usize, SemanticType)> {
        let name = &wanted.name;
        let Some(column) = self.relation.column(name) else {
            let problem = unknown_column(name, self.relation);
            return self.evaluator.fail(wanted.range, problem);
        };
        if column.poisoned {
            return Err(Reported);
        }
        if !types.contains(&column.data_type) {
            let names: Vec<_> = types.iter().map(|known| known.name()).collect();
            let message = format!(
                "expected column `{name}` for {what} to be of type {}, received `{}`",
                names.join(" or "),
                column.data_type.name()
            );
            let problem = Problem::new("wrong-type", message);
            let problem = match column.semantic_type {
                SemanticType::Upid => {
                    problem.help("make a text of it: `px.upid_to_string(df.upid)`")
                }
                _ => problem,
            };
            return self.evaluator.fail(wanted.range, problem);
        }
        let place = self.used.iter().position(|known| known.name == *name);
        let place = place.unwrap_or_else(|| {
            self.used.push(column.clone());
            self.used.len() - 1
        });
        Ok((place, column.semantic_type))
    }

    fn attributes(&mut self, attributes: &[Attribute]) -> Vec<OtelAttribute> {
        const TYPES: &[DataType] = &[
            DataType::String,
            DataType::Int64,
            DataType::Float64,
            DataType::Boolean,
        ];
        let mut found = Vec::with_capacity(attributes.len());
        for attribute in attributes {
            let value = match &attribute.value {
                Value::Column(column) => {
                    let what = format!("attribute `{}`", attribute.key);
                    let Ok((index, meaning)) = self.find(column, &what, TYPES) else {
                        continue;
                    };
                    OtelValue::Column {
                        index,
                        is_service_name: meaning == SemanticType::ServiceName,
                    }
                }
                Value::Literal(literal) => fixed(literal),
            };
            found.push(OtelAttribute {
                key: attribute.key.to_string(),
                value,
            });
        }
        found
    }

    fn metric(&mut self, metric: &Metric, range: TextRange) -> Checked<OtelMetric> {
        let time = ColumnName {
            name: "time_".into(),
            range: metric.range,
        };
        let time_column = self.time(&time, range);
        let attributes = self.attributes(&metric.attributes);
        let (data, meaning) = self.metric_data(metric)?;
        let unit = match &metric.unit {
            Some(unit) => unit.to_string(),
            None => unit(meaning).to_owned(),
        };
        Ok(OtelMetric {
            name: metric.name.to_string(),
            description: metric.description.to_string(),
            unit,
            attributes,
            time_column: time_column?,
            data,
        })
    }

    /// Returns the place of the column that says when.
    fn time(&mut self, time: &ColumnName, range: TextRange) -> Checked<usize> {
        if self.relation.column(&time.name).is_some() {
            return Ok(self
                .find(time, "the time of metrics", &[DataType::Time64Ns])?
                .0);
        }
        self.failed = true;
        let message = "metrics need a column `time_` of type TIME64NS, there is none";
        let help = "keep `time_`, or group by it: `df.time_ = px.bin(df.time_, px.seconds(10))`";
        let problem = Problem::new("unknown-column", message).help(help);
        self.evaluator.fail(range, problem)
    }

    /// Returns where the values come from, and their meaning.
    fn metric_data(&mut self, metric: &Metric) -> Checked<(OtelMetricData, SemanticType)> {
        match &metric.data {
            MetricData::Gauge { value } => {
                let types = [DataType::Int64, DataType::Float64];
                let (value_column, meaning) = self.find(value, "the value of a gauge", &types)?;
                Ok((OtelMetricData::Gauge { value_column }, meaning))
            }
            MetricData::Summary {
                count,
                sum,
                quantiles,
            } => {
                let count = self.find(count, "the count of a summary", &[DataType::Int64]);
                let sum = self.find(sum, "the sum of a summary", &[DataType::Float64]);
                let mut quantile_columns = Vec::with_capacity(quantiles.len());
                let mut meaning = SemanticType::None;
                for (quantile, column) in quantiles {
                    let what = "a quantile of a summary";
                    if let Ok((place, found)) = self.find(column, what, &[DataType::Float64]) {
                        quantile_columns.push((*quantile, place));
                        if unit(meaning).is_empty() {
                            meaning = found;
                        }
                    }
                }
                let ((count_column, _), (sum_column, of_sum)) = (count?, sum?);
                let data = OtelMetricData::Summary {
                    count_column,
                    sum_column,
                    quantile_columns,
                };
                // Sums lose the meaning of what was summed up, where quantiles keep it.
                let meaning = if unit(of_sum).is_empty() {
                    meaning
                } else {
                    of_sum
                };
                Ok((data, meaning))
            }
        }
    }

    fn span(&mut self, span: &Span) -> Checked<OtelSpan> {
        const TEXT: &[DataType] = &[DataType::String];
        const TIME: &[DataType] = &[DataType::Time64Ns];
        let name = match &span.name {
            Value::Column(column) => self
                .find(column, "the name of a span", TEXT)
                .map(|(place, _)| OtelSpanName::Column(place)),
            Value::Literal(Literal::Text(text)) => Ok(OtelSpanName::Text(text.to_string())),
            Value::Literal(_) => Err(Reported),
        };
        let start = self.find(&span.start, "the start of a span", TIME);
        let end = self.find(&span.end, "the end of a span", TIME);
        let mut id = |column: &Option<ColumnName>, what: &str| match column {
            Some(column) => self.find(column, what, TEXT).map(|(place, _)| Some(place)),
            None => Ok(None),
        };
        let trace_id_column = id(&span.trace_id, "the id of a trace");
        let span_id_column = id(&span.span_id, "the id of a span");
        let parent_span_id_column = id(&span.parent_span_id, "the id of a parent");
        let attributes = self.attributes(&span.attributes);
        Ok(OtelSpan {
            name: name?,
            start_column: start?.0,
            end_column: end?.0,
            trace_id_column: trace_id_column?,
            span_id_column: span_id_column?,
            parent_span_id_column: parent_span_id_column?,
            attributes,
            kind: span.kind,
        })
    }
}

fn fixed(literal: &Literal) -> OtelValue {
    match literal {
        Literal::Bool(value) => OtelValue::Bool(*value),
        Literal::Float(value) => OtelValue::Float(*value),
        Literal::Int(value) | Literal::Time(value) => OtelValue::Int(*value),
        Literal::Text(value) => OtelValue::Text(value.to_string()),
        Literal::UInt128(value, _) => OtelValue::Text(value.to_string()),
    }
}

/// Returns the unit of values of a meaning, in UCUM notation.
const fn unit(meaning: SemanticType) -> &'static str {
    match meaning {
        SemanticType::Bytes => "By",
        SemanticType::DurationNs | SemanticType::DurationNsQuantiles => "ns",
        // A share of one, not of a hundred.
        SemanticType::Percent => "1",
        SemanticType::ThroughputBytesPerNs => "By/ns",
        SemanticType::ThroughputPerNs => "/ns",
        _ => "",
    }
}
