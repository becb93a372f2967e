//! Kernels that call a function for each row.

use crate::kernel::{Context, Input, Kernel};
use crate::row::Row;
use crate::value::Value;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::fmt;
use std::marker::PhantomData;

/// A function with the types of its arguments (a tuple) and of its result.
pub(crate) struct Mapped<F, A, R> {
    function: F,
    types: PhantomData<fn(A) -> R>,
}

impl<F, A, R: Value> fmt::Debug for Mapped<F, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped")
            .field("returns", &R::DATA_TYPE)
            .finish_non_exhaustive()
    }
}

/// Returns a kernel of a function without arguments, called once a batch.
pub(crate) const fn scalar0<R, F>(function: F) -> Mapped<F, (), R>
where
    R: Value,
    F: Fn(&Context) -> R::Out,
{
    Mapped {
        function,
        types: PhantomData,
    }
}

impl<R, F> Kernel for Mapped<F, (), R>
where
    R: Value,
    F: Fn(&Context) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        &[]
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(&self, context: &Context, _: &[ColumnarValue], _: usize) -> Result<ColumnarValue> {
        let mut out = R::builder(1);
        R::push(&mut out, (self.function)(context))?;
        let array = R::finish(out);
        Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
            &array, 0,
        )?))
    }
}

macro_rules! mapped {
    ($name:ident, $count:literal, $($value:ident $arg:ident),+) => {
        #[doc = concat!("Returns a kernel of a function of ", $count, ".")]
        pub(crate) const fn $name<$($value,)+ R, F>(function: F) -> Mapped<F, ($($value,)+), R>
        where
            $($value: Value,)+
            R: Value,
            F: for<'a> Fn($($value::In<'a>),+) -> R::Out,
        {
            Mapped { function, types: PhantomData }
        }

        impl<$($value,)+ R, F> Kernel for Mapped<F, ($($value,)+), R>
        where
            $($value: Value,)+
            R: Value,
            F: for<'a> Fn($($value::In<'a>),+) -> R::Out + Send + Sync,
        {
            fn args(&self) -> &'static [DataType] {
                <($($value,)+) as Row>::TYPES
            }

            fn returns(&self) -> DataType {
                R::DATA_TYPE
            }

            fn invoke(
                &self, _: &Context, args: &[ColumnarValue], rows: usize,
            ) -> Result<ColumnarValue> {
                let inputs = Input::all(args)?;
                let columns = <($($value,)+)>::columns(&inputs)?;
                let mut out = R::builder(rows);
                for row in 0..rows {
                    let ($($arg,)+) = <($($value,)+)>::at(&columns, row);
                    R::push(&mut out, (self.function)($($arg),+))?;
                }
                Ok(ColumnarValue::Array(R::finish(out)))
            }
        }
    };
}

mapped!(scalar1, "one argument", A a);
mapped!(scalar2, "two arguments", A a, B b);
mapped!(scalar3, "three arguments", A a, B b, C c);
mapped!(scalar7, "seven arguments", A a, B b, C c, D d, E e, G g, H h);
