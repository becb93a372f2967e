//! Spans.

use super::attributes::{About, key_values};
use super::columns::Columns;
use super::ids::{SPAN_ID_BYTES, TRACE_ID_BYTES, id, id_or_none};
use super::{scope, unix_nano};
use crate::ExportError;
use nixie_pxl::{OtelSpan, OtelSpanName};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

/// Returns the spans of the rows that are about one resource.
pub(super) fn of(
    spans: &[OtelSpan],
    columns: &Columns,
    about: About,
) -> Result<ResourceSpans, ExportError> {
    let mut all = Vec::with_capacity(spans.len() * about.rows.len());
    for row in about.rows {
        for span in spans {
            all.push(one(span, columns, row)?);
        }
    }
    Ok(ResourceSpans {
        resource: Some(about.resource),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope()),
            spans: all,
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    })
}

fn one(span: &OtelSpan, columns: &Columns, row: usize) -> Result<Span, ExportError> {
    let text = |column: Option<usize>| column.map(|column| columns.text(column)).transpose();
    let name = match &span.name {
        OtelSpanName::Column(column) => columns.text(*column)?.value(row).to_owned(),
        OtelSpanName::Text(text) => text.clone(),
    };
    Ok(Span {
        trace_id: id::<TRACE_ID_BYTES>(text(span.trace_id_column)?, row)?,
        span_id: id::<SPAN_ID_BYTES>(text(span.span_id_column)?, row)?,
        parent_span_id: id_or_none(text(span.parent_span_id_column)?, row),
        name,
        kind: span.kind,
        start_time_unix_nano: unix_nano(columns.time(span.start_column)?.value(row)),
        end_time_unix_nano: unix_nano(columns.time(span.end_column)?.value(row)),
        attributes: key_values(&span.attributes, columns, row)?,
        ..Span::default()
    })
}
