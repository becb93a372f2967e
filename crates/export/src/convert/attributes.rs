//! Attributes, and the resources that rows are about.

use super::columns::{Column, Columns};
use crate::ExportError;
use nixie_pxl::{OtelAttribute, OtelValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use std::collections::HashMap;
use std::ops::Range;

/// LIMIT: resources that one row can be about; a list of more services is sent as it is.
const RESOURCES_PER_ROW_MAX: usize = 64;

/// A resource and the rows that are about it.
pub(super) struct About {
    pub(super) resource: Resource,
    pub(super) rows: Vec<usize>,
}

/// The resources of some rows, in the order in which they come.
pub(super) struct Resources(Vec<About>);

impl Resources {
    pub(super) fn of(
        attributes: &[OtelAttribute],
        columns: &Columns,
        rows: Range<usize>,
    ) -> Result<Self, ExportError> {
        let mut found: Vec<About> = Vec::new();
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        for row in rows {
            for resource in resources(attributes, columns, row)? {
                let place = *places
                    .entry(resource.encode_to_vec())
                    .or_insert(found.len());
                match found.get_mut(place) {
                    Some(about) => about.rows.push(row),
                    None => found.push(About {
                        resource,
                        rows: vec![row],
                    }),
                }
            }
        }
        Ok(Self(found))
    }

    /// Returns the number of rows, counted once for each of their resources.
    pub(super) fn rows(&self) -> usize {
        self.0.iter().map(|about| about.rows.len()).sum()
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = About> {
        self.0.into_iter()
    }
}

/// Returns what a row is about: one resource, or one for each service that it names.
fn resources(
    attributes: &[OtelAttribute],
    columns: &Columns,
    row: usize,
) -> Result<Vec<Resource>, ExportError> {
    let mut all = vec![Resource::default()];
    for attribute in attributes {
        let value = value(&attribute.value, columns, row)?;
        let services = match (&attribute.value, &value) {
            (
                OtelValue::Column {
                    is_service_name: true,
                    ..
                },
                Value::StringValue(text),
            ) => services(text, RESOURCES_PER_ROW_MAX / all.len()),
            _ => None,
        };
        let values: Vec<Value> = match services {
            Some(services) => services.into_iter().map(Value::StringValue).collect(),
            None => vec![value],
        };
        let with = |resource: &Resource, value: &Value| {
            let mut resource = resource.clone();
            resource
                .attributes
                .push(key_value(&attribute.key, value.clone()));
            resource
        };
        all = all
            .iter()
            .flat_map(|resource| values.iter().map(move |value| with(resource, value)))
            .collect();
    }
    Ok(all)
}

/// Returns the services of a text like `["ns/a","ns/b"]`, if it is one of at most so many.
fn services(text: &str, services_max: usize) -> Option<Vec<String>> {
    if !text.starts_with('[') {
        return None;
    }
    let mut services: Vec<String> = serde_json::from_str(text).ok()?;
    let mut seen = std::collections::HashSet::new();
    services.retain(|service| seen.insert(service.clone()));
    (1..=services_max)
        .contains(&services.len())
        .then_some(services)
}

/// Returns the attributes of a row.
pub(super) fn key_values(
    attributes: &[OtelAttribute],
    columns: &Columns,
    row: usize,
) -> Result<Vec<KeyValue>, ExportError> {
    attributes
        .iter()
        .map(|attribute| {
            let value = value(&attribute.value, columns, row)?;
            Ok(key_value(&attribute.key, value))
        })
        .collect()
}

fn value(value: &OtelValue, columns: &Columns, row: usize) -> Result<Value, ExportError> {
    Ok(match value {
        OtelValue::Bool(value) => Value::BoolValue(*value),
        OtelValue::Column { index, .. } => match columns.column(*index)? {
            Column::Bool(array) => Value::BoolValue(array.value(row)),
            Column::Float(array) => Value::DoubleValue(array.value(row)),
            Column::Int(array) => Value::IntValue(array.value(row)),
            Column::Text(array) => Value::StringValue(array.value(row).to_owned()),
            other => return Err(other.wrong(*index, "STRING, INT64, FLOAT64 or BOOLEAN")),
        },
        OtelValue::Float(value) => Value::DoubleValue(*value),
        OtelValue::Int(value) => Value::IntValue(*value),
        OtelValue::Text(value) => Value::StringValue(value.clone()),
    })
}

fn key_value(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lists_of_names_are_services() {
        let of = |text| services(text, 3);
        let names = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect());
        assert_eq!(of(r#"["ns/a","ns/b"]"#), names(&["ns/a", "ns/b"]));
        assert_eq!(of(r#"["a","a"]"#), names(&["a"]));
        for text in ["ns/a", "", "[]", "[1]", r#"["a""#, r#"["a","b","c","d"]"#] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
