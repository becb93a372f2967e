//! Functions of the engine that can make far more text than they are given.
//!
//! The memory of a query is counted where rows are held, not in functions. So each of these is
//! asked for so many rows at once that their texts cannot take more than [`RESULT_BYTES_MAX`], and
//! refused if one row alone could.

use crate::pass_on::PassOn;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use nixie_functions::RESULT_BYTES_MAX;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// Returns the bytes that a result can have, by the bytes of texts and the values of numbers.
type Bound = fn(&[u64]) -> u64;

/// The functions, with the bytes of their results.
const FUNCTIONS: &[(&str, Bound)] = &[
    ("concat", |args| {
        args.iter().fold(0, |sum, arg| sum.saturating_add(*arg))
    }),
    ("concat_ws", |args| {
        let each = args.first().copied().unwrap_or(0);
        args.iter()
            .fold(0, |sum, arg| sum.saturating_add(*arg).saturating_add(each))
    }),
    // A character has up to four bytes.
    ("lpad", |args| {
        args.get(1).copied().unwrap_or(0).saturating_mul(4)
    }),
    // A replacement for each character; and the groups in it cover the text once each.
    ("regexp_replace", |args| match args {
        [text, _, with, ..] => text
            .saturating_add(1)
            .saturating_mul(with.saturating_mul(2))
            .saturating_add(*text),
        _ => 0,
    }),
    ("repeat", |args| match args {
        [text, times, ..] => text.saturating_mul(*times),
        _ => 0,
    }),
    ("rpad", |args| {
        args.get(1).copied().unwrap_or(0).saturating_mul(4)
    }),
];

/// Returns the function that is called in the place of one of the engine.
pub(super) fn bounded(function: &Arc<ScalarUDF>) -> Arc<ScalarUDF> {
    let mut functions = FUNCTIONS.iter();
    match functions.find(|(name, _)| *name == function.name()) {
        Some((_, bound)) => Arc::new(ScalarUDF::from(Bounded {
            inner: Arc::clone(function),
            bound: *bound,
        })),
        None => Arc::clone(function),
    }
}

/// Returns an expression that is refused when its values have more text than a function may make.
pub(super) fn limited(expr: Expr) -> Expr {
    LIMITED.call(vec![expr])
}

static LIMITED: LazyLock<ScalarUDF> = LazyLock::new(|| {
    PassOn::function("limited", |value| {
        let bytes = match value {
            ColumnarValue::Array(array) => array.get_buffer_memory_size(),
            ColumnarValue::Scalar(scalar) => scalar.size(),
        };
        match bytes > RESULT_BYTES_MAX {
            true => too_much("||", bytes as u64),
            false => Ok(()),
        }
    })
});

#[derive(Clone, Debug)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    bound: Bound,
}

impl PartialEq for Bounded {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Bounded {}

impl std::hash::Hash for Bounded {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let sizes: Vec<_> = args.args.iter().map(sizes).collect::<Result<_>>()?;
        let mut parts: Vec<ArrayRef> = Vec::new();
        let (mut start, mut bytes) = (0, 0_u64);
        let is_constant = args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let checked_rows = if is_constant { rows.min(1) } else { rows };
        for row in 0..checked_rows {
            let of_row: Vec<_> = sizes.iter().map(|sizes| sizes.at(row)).collect();
            let more = (self.bound)(&of_row);
            if more > RESULT_BYTES_MAX as u64 {
                return too_much(self.name(), more);
            }
            bytes += more;
            if bytes > RESULT_BYTES_MAX as u64 {
                parts.push(self.part(&args, start..row)?);
                (start, bytes) = (row, more);
            }
        }
        if is_constant || parts.is_empty() {
            return self.inner.invoke_with_args(args);
        }
        parts.push(self.part(&args, start..rows)?);
        let made: usize = parts.iter().map(|part| part.get_buffer_memory_size()).sum();
        if made > RESULT_BYTES_MAX {
            return too_much(self.name(), made as u64);
        }
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(concat(&parts)?))
    }
}

impl Bounded {
    /// Returns the results of some rows.
    fn part(&self, args: &ScalarFunctionArgs, rows: Range<usize>) -> Result<ArrayRef> {
        let slice = |arg: &ColumnarValue| match arg {
            ColumnarValue::Array(array) => {
                ColumnarValue::Array(array.slice(rows.start, rows.len()))
            }
            ColumnarValue::Scalar(value) => ColumnarValue::Scalar(value.clone()),
        };
        let of_rows = ScalarFunctionArgs {
            args: args.args.iter().map(slice).collect(),
            arg_fields: args.arg_fields.clone(),
            number_rows: rows.len(),
            return_field: Arc::clone(&args.return_field),
            config_options: Arc::clone(&args.config_options),
        };
        self.inner.invoke_with_args(of_rows)?.into_array(rows.len())
    }
}

fn too_much<T>(name: &str, bytes: u64) -> Result<T> {
    exec_err!(
        "`{name}` would make up to {bytes} bytes of text at once, at most {RESULT_BYTES_MAX} are \
         made; ask for shorter texts"
    )
}

/// The bytes of texts, or the values of numbers, of each row.
enum Sizes {
    Each(Vec<u64>),
    All(u64),
}

impl Sizes {
    fn at(&self, row: usize) -> u64 {
        match self {
            Self::Each(sizes) => sizes.get(row).copied().unwrap_or(0),
            Self::All(size) => *size,
        }
    }
}

fn sizes(arg: &ColumnarValue) -> Result<Sizes> {
    Ok(match arg {
        ColumnarValue::Array(array) => Sizes::Each(sizes_of(array)?),
        ColumnarValue::Scalar(ScalarValue::Null) => Sizes::All(0),
        ColumnarValue::Scalar(value) => {
            let sizes = sizes_of(&value.to_array()?)?;
            Sizes::All(sizes.first().copied().unwrap_or(0))
        }
    })
}

fn sizes_of(array: &ArrayRef) -> Result<Vec<u64>> {
    if array.data_type().is_integer() {
        let numbers = cast(array, &DataType::Int64)?;
        let numbers = numbers.as_primitive::<Int64Type>().iter();
        let size = |number: Option<i64>| u64::try_from(number.unwrap_or(0)).unwrap_or(0);
        return Ok(numbers.map(size).collect());
    }
    let texts = cast(array, &DataType::Utf8View)?;
    let texts = texts.as_string_view().iter();
    Ok(texts.map(|text| text.map_or(0, str::len) as u64).collect())
}
