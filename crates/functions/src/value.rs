//! The value types of functions: how each is read from an Arrow array and written to one.

use arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBufferBuilder, FixedSizeBinaryArray,
    FixedSizeBinaryBuilder, Float64Array, Int64Array, StringViewArray, StringViewBuilder,
    TimestampNanosecondArray,
};
use datafusion_common::{Result, internal_datafusion_err};
use nixie_types::{DataType, Upid};
use std::fmt::Debug;
use std::sync::Arc;

/// A type that functions take and give.
pub(crate) trait Value: Debug + Send + Sync + 'static {
    const DATA_TYPE: DataType;
    type Array: Array + 'static;
    type In<'a>: Copy;
    type Out;
    type Builder;

    fn at(array: &Self::Array, row: usize) -> Self::In<'_>;
    fn builder(rows: usize) -> Self::Builder;
    fn push(builder: &mut Self::Builder, value: Self::Out) -> Result<()>;
    fn finish(builder: Self::Builder) -> ArrayRef;
}

/// Returns the array of a type.
pub(crate) fn typed<V: Value>(array: &ArrayRef) -> Result<&V::Array> {
    array.as_any().downcast_ref().ok_or_else(|| {
        internal_datafusion_err!(
            "expected {}, got {}",
            V::DATA_TYPE.name(),
            array.data_type()
        )
    })
}

/// BOOLEAN.
#[derive(Debug)]
pub(crate) struct Bool;
/// INT64.
#[derive(Debug)]
pub(crate) struct Int;
/// FLOAT64.
#[derive(Debug)]
pub(crate) struct Float;
/// TIME64NS, as nanoseconds.
#[derive(Debug)]
pub(crate) struct Time;
/// UINT128 as a process identity.
#[derive(Debug)]
pub(crate) struct UInt128;
/// STRING.
#[derive(Debug)]
pub(crate) struct Str;

impl Value for Bool {
    const DATA_TYPE: DataType = DataType::Boolean;
    type Array = BooleanArray;
    type In<'a> = bool;
    type Out = bool;
    type Builder = BooleanBufferBuilder;

    fn at(array: &BooleanArray, row: usize) -> bool {
        array.value(row)
    }

    fn builder(rows: usize) -> BooleanBufferBuilder {
        BooleanBufferBuilder::new(rows)
    }

    fn push(builder: &mut BooleanBufferBuilder, value: bool) -> Result<()> {
        builder.append(value);
        Ok(())
    }

    fn finish(mut builder: BooleanBufferBuilder) -> ArrayRef {
        Arc::new(BooleanArray::new(builder.finish(), None))
    }
}

macro_rules! number {
    ($marker:ty, $data_type:ident, $array:ty, $native:ty) => {
        impl Value for $marker {
            const DATA_TYPE: DataType = DataType::$data_type;
            type Array = $array;
            type In<'a> = $native;
            type Out = $native;
            type Builder = Vec<$native>;

            fn at(array: &$array, row: usize) -> $native {
                array.values()[row]
            }

            fn builder(rows: usize) -> Vec<$native> {
                Vec::with_capacity(rows)
            }

            fn push(builder: &mut Vec<$native>, value: $native) -> Result<()> {
                builder.push(value);
                Ok(())
            }

            fn finish(builder: Vec<$native>) -> ArrayRef {
                Arc::new(<$array>::from(builder))
            }
        }
    };
}

number!(Int, Int64, Int64Array, i64);
number!(Float, Float64, Float64Array, f64);
number!(Time, Time64Ns, TimestampNanosecondArray, i64);

impl Value for UInt128 {
    const DATA_TYPE: DataType = DataType::UInt128;
    type Array = FixedSizeBinaryArray;
    type In<'a> = Upid;
    type Out = Upid;
    type Builder = FixedSizeBinaryBuilder;

    fn at(array: &FixedSizeBinaryArray, row: usize) -> Upid {
        Upid::from_bytes(array.value(row).try_into().unwrap_or_default())
    }

    fn builder(rows: usize) -> FixedSizeBinaryBuilder {
        FixedSizeBinaryBuilder::with_capacity(rows, 16)
    }

    fn push(builder: &mut FixedSizeBinaryBuilder, value: Upid) -> Result<()> {
        Ok(builder.append_value(value.to_bytes())?)
    }

    fn finish(mut builder: FixedSizeBinaryBuilder) -> ArrayRef {
        Arc::new(builder.finish())
    }
}

impl Value for Str {
    const DATA_TYPE: DataType = DataType::String;
    type Array = StringViewArray;
    type In<'a> = &'a str;
    type Out = String;
    type Builder = StringViewBuilder;

    fn at(array: &StringViewArray, row: usize) -> &str {
        array.value(row)
    }

    fn builder(rows: usize) -> StringViewBuilder {
        StringViewBuilder::with_capacity(rows)
    }

    fn push(builder: &mut StringViewBuilder, value: String) -> Result<()> {
        Ok(builder.try_append_value(value)?)
    }

    fn finish(mut builder: StringViewBuilder) -> ArrayRef {
        Arc::new(builder.finish())
    }
}
