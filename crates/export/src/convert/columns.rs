//! The columns of a batch by their types.

use crate::ExportError;
use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringViewArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::DataType;

/// The columns of a batch.
pub(super) struct Columns(Vec<Column>);

/// A column that can be exported, or the name of its type.
pub(super) enum Column {
    Bool(BooleanArray),
    Float(Float64Array),
    Int(Int64Array),
    Other(DataType),
    Text(StringViewArray),
    Time(TimestampNanosecondArray),
}

impl Columns {
    pub(super) fn of(batch: &RecordBatch) -> Self {
        Self(batch.columns().iter().map(Column::of).collect())
    }

    pub(super) fn column(&self, index: usize) -> Result<&Column, ExportError> {
        self.0.get(index).ok_or_else(|| ExportError::Column {
            index,
            seen: "none".to_owned(),
            expected: "a column of the export",
        })
    }

    pub(super) fn float(&self, index: usize) -> Result<&Float64Array, ExportError> {
        match self.column(index)? {
            Column::Float(array) => Ok(array),
            other => Err(other.wrong(index, "FLOAT64")),
        }
    }

    pub(super) fn int(&self, index: usize) -> Result<&Int64Array, ExportError> {
        match self.column(index)? {
            Column::Int(array) => Ok(array),
            other => Err(other.wrong(index, "INT64")),
        }
    }

    pub(super) fn text(&self, index: usize) -> Result<&StringViewArray, ExportError> {
        match self.column(index)? {
            Column::Text(array) => Ok(array),
            other => Err(other.wrong(index, "STRING")),
        }
    }

    pub(super) fn time(&self, index: usize) -> Result<&TimestampNanosecondArray, ExportError> {
        match self.column(index)? {
            Column::Time(array) => Ok(array),
            other => Err(other.wrong(index, "TIME64NS")),
        }
    }
}

impl Column {
    fn of(array: &ArrayRef) -> Self {
        let any = array.as_any();
        if let Some(array) = any.downcast_ref::<BooleanArray>() {
            Self::Bool(array.clone())
        } else if let Some(array) = any.downcast_ref::<Float64Array>() {
            Self::Float(array.clone())
        } else if let Some(array) = any.downcast_ref::<Int64Array>() {
            Self::Int(array.clone())
        } else if let Some(array) = any.downcast_ref::<StringViewArray>() {
            Self::Text(array.clone())
        } else if let Some(array) = any.downcast_ref::<TimestampNanosecondArray>() {
            Self::Time(array.clone())
        } else {
            Self::Other(array.data_type().clone())
        }
    }

    pub(super) fn wrong(&self, index: usize, expected: &'static str) -> ExportError {
        let seen = match self {
            Self::Bool(_) => "BOOLEAN".to_owned(),
            Self::Float(_) => "FLOAT64".to_owned(),
            Self::Int(_) => "INT64".to_owned(),
            Self::Other(data_type) => data_type.to_string(),
            Self::Text(_) => "STRING".to_owned(),
            Self::Time(_) => "TIME64NS".to_owned(),
        };
        ExportError::Column {
            index,
            seen,
            expected,
        }
    }
}
