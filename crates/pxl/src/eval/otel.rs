//! `px.otel`: describes metrics and spans. Columns are looked up by `px.export`.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::{Arguments, Bound};
use crate::eval::expressions::term;
use crate::objects::Object;
use crate::objects::builtin::OtelFunction;
use crate::objects::module::Module;
use crate::objects::otel::{
    Attribute, ColumnName, Data, Metric, MetricData, OtelObject, SPAN_KIND_SERVER, SPAN_KINDS,
    Span, Value,
};
use crate::otel::OtelEndpoint;
use crate::plan::{Literal, TermKind};
use ruff_text_size::TextRange;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// The key that every resource has.
const SERVICE_NAME: &str = "service.name";

/// LIMIT: attributes of one resource, metric or span.
const ATTRIBUTES_MAX: usize = 128;

impl<'a> Evaluator<'a, '_> {
    /// Returns an attribute of `px.otel` or a module inside it.
    pub(super) fn otel_member(module: Module, name: &str, range: TextRange) -> Option<Object<'a>> {
        let kind = SPAN_KINDS.iter().find(|(kind, _)| *kind == name);
        if let (Module::OtelTrace, Some((_, number))) = (module, kind) {
            return Some(term(Literal::Int(i64::from(*number)), range));
        }
        Self::otel_functions(module)
            .iter()
            .copied()
            .find(|function| function.name() == name)
            .map(Object::OtelFunction)
    }

    /// Returns the functions of `px.otel` or a module inside it.
    const fn otel_functions(module: Module) -> &'static [OtelFunction] {
        match module {
            Module::Otel => &[OtelFunction::Data, OtelFunction::Endpoint],
            Module::OtelMetric => &[OtelFunction::Gauge, OtelFunction::Summary],
            Module::OtelTrace => &[OtelFunction::Span],
            _ => &[],
        }
    }

    /// Returns the names in `px.otel` or a module inside it.
    pub(super) fn otel_names(module: Module) -> Vec<&'static str> {
        let functions = Self::otel_functions(module)
            .iter()
            .map(|known| known.name());
        let kinds = match module {
            Module::OtelTrace => SPAN_KINDS,
            _ => &[],
        };
        functions
            .chain(kinds.iter().map(|(kind, _)| *kind))
            .collect()
    }

    pub(super) fn otel(
        &mut self,
        function: OtelFunction,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let range = args.range;
        let params: Vec<_> = function
            .params()
            .iter()
            .map(|p| (p.name, p.required))
            .collect();
        let mut args = Args {
            names: params.iter().map(|(name, _)| *name),
            bound: self.meet(function.name(), &params, args)?.into_iter(),
        };
        let object = match function {
            OtelFunction::Data => self.otel_data(&mut args, range)?,
            OtelFunction::Endpoint => self.otel_endpoint(&mut args)?,
            OtelFunction::Gauge => self.otel_gauge(&mut args, range)?,
            OtelFunction::Span => self.otel_span(&mut args)?,
            OtelFunction::Summary => self.otel_summary(&mut args, range)?,
        };
        Ok(Object::Otel(Rc::new(object)))
    }

    fn otel_data(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
        range: TextRange,
    ) -> Checked<OtelObject> {
        let resource_range = args.peek_range().unwrap_or(range);
        let resource = self.attributes_arg(args)?;
        if !resource.iter().any(|entry| &*entry.key == SERVICE_NAME) {
            let message = "`service.name` must be specified in resource";
            let help = "add the column of the service: `'service.name': df.service`";
            let problem = Problem::new("wrong-argument", message).help(help);
            return self.fail(resource_range, problem);
        }
        let mut data = Data {
            resource,
            metrics: Vec::new(),
            spans: Vec::new(),
            endpoint: None,
        };
        let (_, object, data_range) = args.required()?;
        let (Object::List(items) | Object::Tuple(items)) = &object else {
            let message = format!(
                "expected data to be a collection, received {}",
                object.kind()
            );
            return self.fail(data_range, Problem::new("wrong-argument", message));
        };
        for item in items.iter() {
            match item {
                Object::Otel(object) => match &**object {
                    OtelObject::Metric(metric) => data.metrics.push(Rc::clone(metric)),
                    OtelObject::Span(span) => data.spans.push(Rc::clone(span)),
                    other => return self.no_container(other.kind(), data_range),
                },
                other => return self.no_container(other.kind(), data_range),
            }
        }
        if items.is_empty() {
            let message = "must specify at least 1 data configuration";
            let help = "add a `px.otel.metric.Gauge`, a `px.otel.metric.Summary` or a \
                        `px.otel.trace.Span`";
            return self.fail(
                data_range,
                Problem::new("wrong-argument", message).help(help),
            );
        }
        if let Some((_, object, range)) = args.optional() {
            match &object {
                Object::Otel(object) if let OtelObject::Endpoint(endpoint) = &**object => {
                    data.endpoint = Some(endpoint.clone());
                }
                other => {
                    let message = format!(
                        "expected Endpoint type for `endpoint` arg, received {}",
                        other.kind()
                    );
                    return self.fail(range, Problem::new("wrong-argument", message));
                }
            }
        }
        Ok(OtelObject::Data(data))
    }

    fn no_container<T>(&mut self, kind: &str, range: TextRange) -> Checked<T> {
        let message = format!("expected an OTelDataContainer, received {kind}");
        let help = "give metrics and spans: `px.otel.metric.Gauge`, `px.otel.metric.Summary`, \
                    `px.otel.trace.Span`";
        self.fail(range, Problem::new("wrong-argument", message).help(help))
    }

    fn otel_endpoint(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
    ) -> Checked<OtelObject> {
        let (name, object, range) = args.required()?;
        let url = self.text(name, &object, range)?;
        if url.trim().is_empty() {
            let message = "endpoint is empty, expected `host:port` or a URL";
            return self.fail(range, Problem::new("wrong-argument", message));
        }
        let mut headers = BTreeMap::new();
        if let Some((name, object, range)) = args.optional() {
            for (key, value) in self.dict(name, &object, range)?.iter() {
                let key = self.text("headers key", key, range)?;
                let value = self.text("headers value", value, range)?;
                headers.insert(key.to_string(), value.to_string());
            }
        }
        let insecure = match args.optional() {
            Some((name, object, range)) => match literal(&object) {
                Some(Literal::Bool(insecure)) => *insecure,
                _ => return self.wrong_kind(name, "Bool", &object, range),
            },
            None => false,
        };
        let timeout = match args.optional() {
            Some((name, object, range)) => {
                let seconds = self.int(name, &object, range)?;
                match u64::try_from(seconds) {
                    Ok(seconds) if seconds > 0 => Duration::from_secs(seconds),
                    _ => {
                        let message =
                            format!("expected arg `timeout` of at least 1 s, received {seconds}");
                        return self.fail(range, Problem::new("wrong-argument", message));
                    }
                }
            }
            None => OtelEndpoint::TIMEOUT_DEFAULT,
        };
        Ok(OtelObject::Endpoint(OtelEndpoint {
            url: url.to_string(),
            headers,
            insecure,
            timeout,
        }))
    }

    fn otel_gauge(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
        range: TextRange,
    ) -> Checked<OtelObject> {
        let name = self.metric_name(args)?;
        let value = self.column_arg(args)?;
        self.otel_metric(name, MetricData::Gauge { value }, args, range)
    }

    fn otel_summary(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
        range: TextRange,
    ) -> Checked<OtelObject> {
        let name = self.metric_name(args)?;
        let (count, sum) = (self.column_arg(args)?, self.column_arg(args)?);
        let (param, object, values_range) = args.required()?;
        let mut quantiles = Vec::new();
        for (key, value) in self.dict(param, &object, values_range)?.iter() {
            let quantile = match literal(key) {
                Some(Literal::Float(quantile)) => *quantile,
                // `0` and `1` are the least and the largest value.
                Some(Literal::Int(quantile @ 0..=1)) => f64::from(u8::from(*quantile == 1)),
                _ => return self.wrong_kind("quantile_values key", "Float", key, values_range),
            };
            if !(0.0..=1.0).contains(&quantile) {
                let message = format!("expected quantiles from 0.0 to 1.0, received {quantile:?}");
                return self.fail(values_range, Problem::new("wrong-argument", message));
            }
            quantiles.push((
                quantile,
                self.column("quantile_values", value, values_range)?,
            ));
        }
        if quantiles.is_empty() {
            let message = "a summary must have at least one quantile value";
            let help = "name a column for a quantile: `quantile_values={0.99: df.p99}`";
            let problem = Problem::new("wrong-argument", message).help(help);
            return self.fail(values_range, problem);
        }
        let data = MetricData::Summary {
            count,
            sum,
            quantiles,
        };
        self.otel_metric(name, data, args, range)
    }

    /// The parameters that all metrics share: description, attributes and unit.
    fn otel_metric(
        &mut self,
        name: Rc<str>,
        data: MetricData,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
        range: TextRange,
    ) -> Checked<OtelObject> {
        let description = match args.optional() {
            Some((name, object, range)) => self.text(name, &object, range)?,
            None => "".into(),
        };
        let attributes = self.attributes_arg(args)?;
        let unit = match args.optional() {
            Some((name, object, range)) => Some(self.text(name, &object, range)?),
            None => None,
        };
        Ok(OtelObject::Metric(Rc::new(Metric {
            name,
            description,
            unit,
            attributes,
            data,
            range,
        })))
    }

    fn metric_name(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
    ) -> Checked<Rc<str>> {
        let (param, object, range) = args.required()?;
        let name = self.text(param, &object, range)?;
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let goes_on_well = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if starts_well && name.chars().all(goes_on_well) {
            return Ok(name);
        }
        let message = format!("metric name `{name}` is invalid");
        let help = "it must start with a letter, and go on with letters, digits, `_`, `.` and `-`";
        self.fail(range, Problem::new("wrong-argument", message).help(help))
    }

    fn otel_span(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
    ) -> Checked<OtelObject> {
        let (param, object, range) = args.required()?;
        let name = match literal(&object) {
            Some(text @ Literal::Text(_)) => Value::Literal(text.clone()),
            _ => Value::Column(self.column(param, &object, range)?),
        };
        let (start, end) = (self.column_arg(args)?, self.column_arg(args)?);
        let mut ids = [None, None, None];
        for id in &mut ids {
            if let Some((param, object, range)) = args.optional() {
                *id = Some(self.column(param, &object, range)?);
            }
        }
        let [trace_id, span_id, parent_span_id] = ids;
        let attributes = self.attributes_arg(args)?;
        let kind = match args.optional() {
            Some((param, object, range)) => {
                let kind = self.int(param, &object, range)?;
                let known = SPAN_KINDS
                    .iter()
                    .find(|(_, number)| i64::from(*number) == kind);
                let Some((_, number)) = known else {
                    let message = format!("expected arg `kind` from 0 to 5, received {kind}");
                    let help = "use one of `px.otel.trace.SPAN_KIND_…`";
                    let problem = Problem::new("wrong-argument", message).help(help);
                    return self.fail(range, problem);
                };
                *number
            }
            None => SPAN_KIND_SERVER,
        };
        Ok(OtelObject::Span(Rc::new(Span {
            name,
            start,
            end,
            trace_id,
            span_id,
            parent_span_id,
            attributes,
            kind,
        })))
    }

    fn column_arg(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
    ) -> Checked<ColumnName> {
        let (param, object, range) = args.required()?;
        self.column(param, &object, range)
    }

    /// Returns the name of a column.
    fn column(
        &mut self,
        param: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<ColumnName> {
        match object {
            Object::Term(term) if let TermKind::Column(name) = &term.kind => Ok(ColumnName {
                name: Rc::clone(name),
                range: term.range,
            }),
            other => {
                let message = format!(
                    "expected arg `{param}` as a column, received `{}`",
                    other.kind()
                );
                let problem = Problem::new("wrong-argument", message);
                let problem = match other {
                    Object::Term(_) => problem
                        .help("assign the value to a column first: `df.x = …`, then use `df.x`"),
                    _ => problem,
                };
                self.fail(range, problem)
            }
        }
    }

    fn dict(
        &mut self,
        param: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<Rc<Vec<(Object<'a>, Object<'a>)>>> {
        match object {
            Object::Dict(items) if items.len() <= ATTRIBUTES_MAX => Ok(Rc::clone(items)),
            Object::Dict(items) => {
                let message = format!(
                    "`{param}` has {} entries, at most {ATTRIBUTES_MAX} are taken",
                    items.len()
                );
                self.fail(range, Problem::new("too-large", message))
            }
            other => self.wrong_kind(param, "Dict", other, range),
        }
    }

    /// Returns the attributes of an argument that is a dictionary.
    fn attributes_arg(
        &mut self,
        args: &mut Args<'a, impl Iterator<Item = &'static str>>,
    ) -> Checked<Vec<Attribute>> {
        let Some((param, object, range)) = args.optional() else {
            return Ok(Vec::new());
        };
        let mut attributes: Vec<Attribute> = Vec::new();
        for (key, value) in self.dict(param, &object, range)?.iter() {
            let key = self.text(&format!("{param} key"), key, range)?;
            if key.is_empty() {
                let message = format!("expected keys of `{param}` to be non-empty texts");
                return self.fail(range, Problem::new("wrong-argument", message));
            }
            if attributes.iter().any(|known| known.key == key) {
                let message = format!("attribute `{key}` is given twice");
                return self.fail(range, Problem::new("wrong-argument", message));
            }
            let value = match literal(value) {
                Some(
                    value @ (Literal::Bool(_)
                    | Literal::Float(_)
                    | Literal::Int(_)
                    | Literal::Text(_)),
                ) => Value::Literal(value.clone()),
                _ => Value::Column(self.column(&format!("{param}[{key}]"), value, range)?),
            };
            attributes.push(Attribute { key, value });
        }
        Ok(attributes)
    }
}

/// The arguments of a call, one after the other.
struct Args<'a, N> {
    names: N,
    bound: std::vec::IntoIter<Bound<'a>>,
}

impl<'a, N: Iterator<Item = &'static str>> Args<'a, N> {
    /// Returns the next argument with its name; `None` in the script is none.
    fn optional(&mut self) -> Option<(&'static str, Object<'a>, TextRange)> {
        let name = self.names.next()?;
        match self.bound.next()?? {
            (Object::None, _) => None,
            (object, range) => Some((name, object, range)),
        }
    }

    fn required(&mut self) -> Checked<(&'static str, Object<'a>, TextRange)> {
        let name = self.names.next().ok_or(Reported)?;
        let (object, range) = self.bound.next().flatten().ok_or(Reported)?;
        Ok((name, object, range))
    }

    fn peek_range(&self) -> Option<TextRange> {
        let (_, range) = self.bound.as_slice().first()?.as_ref()?;
        Some(*range)
    }
}

fn literal<'o>(object: &'o Object<'_>) -> Option<&'o Literal> {
    match object {
        Object::Term(term) => term.as_literal(),
        _ => None,
    }
}
