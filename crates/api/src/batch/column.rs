//! One column of a batch.

use super::{message, number};
use crate::ApiError;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array,
    StringViewArray,
};
use arrow::datatypes::{
    DataType as ArrowType, Float64Type, Int64Type, TimeUnit, TimestampNanosecondType,
};
use nixie_types::DataType;
use prost::encoding::{encode_varint, encoded_len_varint};

/// The only field of each column's message.
const DATA: u32 = 1;
const UINT128_LOW: u32 = 1;
const UINT128_HIGH: u32 = 2;

/// Most bytes of a number as a varint.
const VARINT_BYTES_MAX: usize = 10;

/// A column, by its type. PxL has no nulls: where Arrow has one, the type's zero is written.
pub(super) enum Column<'a> {
    Boolean(&'a BooleanArray),
    Int64(&'a Int64Array),
    Time(Times<'a>),
    Float64(&'a Float64Array),
    UInt128(&'a FixedSizeBinaryArray),
    Text(&'a StringViewArray),
}

/// Values of a time column, with the array that knows which are null.
pub(super) struct Times<'a> {
    values: &'a [i64],
    array: &'a ArrayRef,
}

impl<'a> Column<'a> {
    pub(super) fn new(name: &str, array: &'a ArrayRef) -> Result<Self, ApiError> {
        Ok(match array.data_type() {
            ArrowType::Boolean => Self::Boolean(array.as_boolean()),
            ArrowType::Int64 => Self::Int64(array.as_primitive::<Int64Type>()),
            ArrowType::Timestamp(TimeUnit::Nanosecond, _) => Self::Time(Times {
                values: array.as_primitive::<TimestampNanosecondType>().values(),
                array,
            }),
            ArrowType::Float64 => Self::Float64(array.as_primitive::<Float64Type>()),
            ArrowType::FixedSizeBinary(16) => Self::UInt128(array.as_fixed_size_binary()),
            ArrowType::Utf8View => Self::Text(array.as_string_view()),
            other => {
                let expected = DataType::ALL.map(|data_type| data_type.arrow().to_string());
                return Err(ApiError::UnknownType {
                    column: name.to_owned(),
                    seen: other.to_string(),
                    expected: expected.join(", "),
                });
            }
        })
    }

    /// Returns the number of the field of `Column` that holds such values.
    pub(super) const fn field(&self) -> u32 {
        match self {
            Self::Boolean(_) => 1,
            Self::Int64(_) => 2,
            Self::UInt128(_) => 3,
            Self::Time(_) => 4,
            Self::Float64(_) => 5,
            Self::Text(_) => 6,
        }
    }

    /// Returns at least the bytes that a row takes.
    pub(super) fn row_bytes_max(&self, row: usize) -> usize {
        match self {
            Self::Boolean(_) => 1,
            Self::Int64(_) | Self::Time(_) => VARINT_BYTES_MAX,
            Self::Float64(_) => size_of::<f64>(),
            Self::UInt128(_) => 2 + 2 * (1 + VARINT_BYTES_MAX),
            Self::Text(array) => text_len(text(array, row).len()),
        }
    }

    /// Returns the bytes of the column's message.
    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Boolean(array) => packed_len(array.len()),
            Self::Int64(array) => packed_len(varints_len(integers(array.values(), array))),
            Self::Time(times) => packed_len(varints_len(integers(times.values, times.array))),
            Self::Float64(array) => packed_len(size_of::<f64>() * array.len()),
            Self::UInt128(array) => (0..array.len())
                .map(|row| text_len(halves_len(halves(array, row))))
                .sum(),
            Self::Text(array) => (0..array.len())
                .map(|row| text_len(text(array, row).len()))
                .sum(),
        }
    }

    /// Writes the column's message.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Boolean(array) => {
                begin_packed(array.len(), bytes);
                let values = array
                    .iter()
                    .map(|value| u8::from(value.unwrap_or_default()));
                bytes.extend(values);
            }
            Self::Int64(array) => varints(integers(array.values(), array), bytes),
            Self::Time(times) => varints(integers(times.values, times.array), bytes),
            Self::Float64(array) => {
                begin_packed(size_of::<f64>() * array.len(), bytes);
                for value in *array {
                    bytes.extend_from_slice(&value.unwrap_or_default().to_le_bytes());
                }
            }
            Self::UInt128(array) => {
                for row in 0..array.len() {
                    let (high, low) = halves(array, row);
                    message(DATA, halves_len((high, low)), bytes);
                    number(UINT128_LOW, low, bytes);
                    number(UINT128_HIGH, high, bytes);
                }
            }
            Self::Text(array) => {
                for row in 0..array.len() {
                    let value = text(array, row);
                    message(DATA, value.len(), bytes);
                    bytes.extend_from_slice(value);
                }
            }
        }
    }
}

fn text(array: &StringViewArray, row: usize) -> &[u8] {
    if array.is_null(row) {
        return &[];
    }
    array.value(row).as_bytes()
}

/// Bytes of a value with what is before it.
fn text_len(len: usize) -> usize {
    1 + encoded_len_varint(len as u64) + len
}

/// Returns the halves of a number, the one of its first bytes first.
fn halves(array: &FixedSizeBinaryArray, row: usize) -> (u64, u64) {
    if array.is_null(row) {
        return (0, 0);
    }
    let bytes: [u8; 16] = array.value(row).try_into().unwrap_or_default();
    let number = u128::from_be_bytes(bytes);
    ((number >> 64) as u64, number as u64)
}

fn halves_len((high, low): (u64, u64)) -> usize {
    let len = |half: u64| match half {
        0 => 0,
        half => 1 + encoded_len_varint(half),
    };
    len(high) + len(low)
}

/// Returns integers as protobuf has them: negative ones as the large numbers of the same bits.
fn integers<'a>(
    values: &'a [i64],
    array: &'a dyn Array,
) -> impl Iterator<Item = u64> + Clone + use<'a> {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    let value = move |(row, value): (usize, &i64)| match nulls {
        Some(nulls) if nulls.is_null(row) => 0,
        _ => value.cast_unsigned(),
    };
    values.iter().enumerate().map(value)
}

fn varints_len(values: impl Iterator<Item = u64>) -> usize {
    values.map(encoded_len_varint).sum()
}

fn varints(values: impl Iterator<Item = u64> + Clone, bytes: &mut Vec<u8>) {
    begin_packed(varints_len(values.clone()), bytes);
    for value in values {
        encode_varint(value, bytes);
    }
}

/// Bytes of a packed field, which is absent when it holds nothing.
fn packed_len(len: usize) -> usize {
    match len {
        0 => 0,
        len => text_len(len),
    }
}

fn begin_packed(len: usize, bytes: &mut Vec<u8>) {
    if len > 0 {
        message(DATA, len, bytes);
    }
}
