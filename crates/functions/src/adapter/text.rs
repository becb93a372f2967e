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

macro_rules! text {
    ($name:ident, $count:literal, $($value:ident $arg:ident),+) => {
        #[doc = concat!(
            "Returns a kernel of a function of ", $count, " that writes its result to an empty text."
        )]
        pub(crate) const fn $name<$($value,)+ F>(function: F) -> Text<F, ($($value,)+)>
        where
            $($value: Value,)+
            F: for<'a> Fn($($value::In<'a>,)+ &mut String),
        {
            Text { function, types: PhantomData }
        }

        impl<$($value,)+ F> Kernel for Text<F, ($($value,)+)>
        where
            $($value: Value,)+
            F: for<'a> Fn($($value::In<'a>,)+ &mut String) + Send + Sync,
        {
            fn args(&self) -> &'static [DataType] {
                <($($value,)+) as Row>::TYPES
            }

            fn returns(&self) -> DataType {
                DataType::String
            }

            fn invoke(
                &self, _: &Context, args: &[ColumnarValue], rows: usize,
            ) -> Result<ColumnarValue> {
                let inputs = Input::all(args)?;
                let columns = <($($value,)+)>::columns(&inputs)?;
                let mut out = Str::builder(rows);
                let mut text = String::new();
                for row in 0..rows {
                    let ($($arg,)+) = <($($value,)+)>::at(&columns, row);
                    text.clear();
                    (self.function)($($arg,)+ &mut text);
                    out.try_append_value(&text)?;
                }
                Ok(ColumnarValue::Array(Str::finish(out)))
            }
        }
    };
}

text!(text1, "one argument", A a);
text!(text2, "two arguments", A a, B b);
