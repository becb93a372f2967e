//! What queries may see of what was captured.
//!
//! In the restricted modes the columns with payloads are replaced right behind each scan, before any
//! filter or function of the script: nothing can be learned of them by asking cleverly.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray};
use arrow::datatypes::Schema;
use datafusion::common::Result;
use nixie_functions::redact_pii;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What stands in the place of a payload.
const REDACTED: &str = "REDACTED";

/// What queries may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataAccess {
    /// Everything.
    #[default]
    Full,
    /// No payloads: they read `REDACTED`. Sizes stay.
    Restricted,
    /// Payloads in which what looks like personal data is replaced, as well as that can be done.
    PiiRestricted,
}

impl DataAccess {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Full, Self::Restricted, Self::PiiRestricted];

    /// Returns the name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Restricted => "restricted",
            Self::PiiRestricted => "pii-restricted",
        }
    }
}

impl fmt::Display for DataAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A mode that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown data access mode `{0}`; expected `full`, `restricted` or `pii-restricted`")]
pub struct UnknownDataAccess(String);

impl FromStr for DataAccess {
    type Err = UnknownDataAccess;

    fn from_str(name: &str) -> std::result::Result<Self, UnknownDataAccess> {
        // Pixie writes `PIIRestricted`.
        let plain = |name: &str| name.replace('-', "").to_ascii_lowercase();
        let found = Self::ALL
            .into_iter()
            .find(|mode| plain(mode.name()) == plain(name));
        found.ok_or_else(|| UnknownDataAccess(name.to_owned()))
    }
}

/// The columns that hold payloads, by table.
const PAYLOADS: &[(&str, &[&str])] = &[
    ("amqp_events", &["req_msg", "resp_msg"]),
    ("cql_events", &["req_body", "resp_body"]),
    ("dns_events", &["req_body", "resp_body"]),
    (
        "http_events",
        &["req_headers", "req_body", "resp_headers", "resp_body"],
    ),
    ("kafka_events.beta", &["req_body", "resp"]),
    ("mongodb_events", &["req_body", "resp_body"]),
    ("mysql_events", &["req_body", "resp_body"]),
    ("nats_events.beta", &["body", "resp"]),
    ("pgsql_events", &["req", "resp"]),
    ("redis_events", &["req_args", "resp"]),
    ("tls_events", &["req_body", "resp_body"]),
];

/// Returns the columns of a table that the restricted modes replace.
#[must_use]
pub fn payload_columns(table: &str) -> &'static [&'static str] {
    let found = PAYLOADS.iter().find(|(name, _)| *name == table);
    found.map_or(&[], |(_, columns)| columns)
}

/// Replaces columns of a scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redaction {
    columns: Vec<usize>,
    access: DataAccess,
}

impl Redaction {
    /// Returns what is to be replaced of a table; `schema` is that of the scan.
    pub(crate) fn of(access: DataAccess, table: &str, schema: &Schema) -> Self {
        let hidden = payload_columns(table);
        let fields = schema.fields().iter().enumerate();
        let columns = fields
            .filter(|(_, field)| {
                access != DataAccess::Full && hidden.contains(&field.name().as_str())
            })
            .map(|(at, _)| at)
            .collect();
        Self { columns, access }
    }

    /// Tells whether a column of the scan is replaced.
    pub(crate) fn hides(&self, column: usize) -> bool {
        self.columns.contains(&column)
    }

    /// Returns a batch without payloads.
    pub(crate) fn apply(&self, batch: RecordBatch) -> Result<RecordBatch> {
        if self.columns.is_empty() {
            return Ok(batch);
        }
        let mut columns = batch.columns().to_vec();
        for &at in &self.columns {
            columns[at] = match self.access {
                DataAccess::PiiRestricted => without_personal_data(&columns[at]),
                DataAccess::Full | DataAccess::Restricted => hidden(batch.num_rows()),
            };
        }
        Ok(RecordBatch::try_new(batch.schema(), columns)?)
    }
}

fn hidden(rows: usize) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(
        REDACTED, rows,
    )))
}

fn without_personal_data(column: &ArrayRef) -> ArrayRef {
    let redacted = |text: &str| {
        let mut out = String::with_capacity(text.len());
        redact_pii(text, &mut out);
        out
    };
    match column.as_string_view_opt() {
        Some(texts) => {
            let values = texts.iter().map(|text| redacted(text.unwrap_or_default()));
            Arc::new(StringViewArray::from_iter_values(values))
        }
        // All payloads are text; what is none cannot be shown in part.
        None => hidden(column.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_by_name() {
        assert_eq!("Restricted".parse(), Ok(DataAccess::Restricted));
        assert_eq!("full".parse(), Ok(DataAccess::Full));
        assert_eq!("PIIRestricted".parse(), Ok(DataAccess::PiiRestricted));
        let error = "some".parse::<DataAccess>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown data access mode `some`; expected `full`, `restricted` or `pii-restricted`"
        );
    }

    #[test]
    fn tables_are_sorted_and_have_columns() {
        assert!(PAYLOADS.is_sorted_by_key(|(table, _)| *table));
        assert!(PAYLOADS.iter().all(|(_, columns)| !columns.is_empty()));
    }
}
