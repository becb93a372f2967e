//! Kernels that first turn one argument into something better than text.

use crate::kernel::{Context, Input, Kernel};
use crate::row::Column;
use crate::value::{Str, Value};
use datafusion_common::{Result, internal_datafusion_err};
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::fmt;
use std::marker::PhantomData;

/// A function of two texts, of which the one at `AT` is prepared.
pub(crate) struct Prepared<const AT: usize, P, F, R> {
    prepare: P,
    function: F,
    result: PhantomData<fn() -> R>,
}

impl<const AT: usize, P, F, R> fmt::Debug for Prepared<AT, P, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("argument", &AT)
            .finish_non_exhaustive()
    }
}

/// Returns a kernel of a function of two texts, the one at `AT` being prepared. The query fails
/// if that cannot be done.
pub(crate) const fn prepared2<const AT: usize, R, P, F>(
    prepare: P,
    function: F,
) -> Prepared<AT, P, F, R> {
    Prepared {
        prepare,
        function,
        result: PhantomData,
    }
}

impl<const AT: usize, T, R, P, F> Kernel for Prepared<AT, P, F, R>
where
    R: Value,
    P: Fn(&str) -> Result<T> + Send + Sync,
    F: for<'a> Fn(&T, &'a str) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        &[DataType::String, DataType::String]
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let inputs = Input::all(args)?;
        let [first, second] = inputs.as_slice() else {
            return Err(internal_datafusion_err!(
                "got {} arguments, expected 2",
                inputs.len()
            ));
        };
        let (key, text) = if AT == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let (keys, texts) = (Column::<Str>::new(key)?, Column::<Str>::new(text)?);
        let mut out = R::builder(rows);
        if key.is_constant() && rows > 0 {
            let ready = (self.prepare)(keys.at(0))?;
            for row in 0..rows {
                R::push(&mut out, (self.function)(&ready, texts.at(row)))?;
            }
            return Ok(ColumnarValue::Array(R::finish(out)));
        }
        let mut current: Option<(&str, T)> = None;
        for row in 0..rows {
            let wanted = keys.at(row);
            let ready = match current.take() {
                Some((known, ready)) if known == wanted => ready,
                _ => (self.prepare)(wanted)?,
            };
            R::push(&mut out, (self.function)(&ready, texts.at(row)))?;
            current = Some((wanted, ready));
        }
        Ok(ColumnarValue::Array(R::finish(out)))
    }
}
