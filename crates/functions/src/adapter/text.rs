//! Kernels of functions that write a text.

use crate::kernel::{Context, Input, Kernel};
use crate::row::Row;
use crate::value::{Str, Value};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::fmt;
use std::marker::PhantomData;

/// A function that appends its result to a text that all rows share, instead of making one.
pub(crate) struct Text<F, A> {
    function: F,
    types: PhantomData<fn(A)>,
}

impl<F, A> fmt::Debug for Text<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text")
    }
}

/// Returns a kernel of a function of one argument that writes its result to an empty text.
pub(crate) const fn text1<A, F>(function: F) -> Text<F, (A,)>
where
    A: Value,
    F: for<'a> Fn(A::In<'a>, &mut String),
{
    Text {
        function,
        types: PhantomData,
    }
}

impl<A, F> Kernel for Text<F, (A,)>
where
    A: Value,
    F: for<'a> Fn(A::In<'a>, &mut String) + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        <(A,)>::TYPES
    }

    fn returns(&self) -> DataType {
        DataType::String
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let inputs = Input::all(args)?;
        let columns = <(A,)>::columns(&inputs)?;
        let mut out = Str::builder(rows);
        let mut text = String::new();
        for row in 0..rows {
            let (a,) = <(A,)>::at(&columns, row);
            text.clear();
            (self.function)(a, &mut text);
            out.try_append_value(&text)?;
        }
        Ok(ColumnarValue::Array(Str::finish(out)))
    }
}
