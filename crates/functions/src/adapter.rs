//! Makes kernels of plain typed functions.
//!
//! `scalar1` to `scalar3` call a function for each row. `prepared2` and `prepared3` first turn one
//! argument (a pattern, a needle) into something better than text, once when it is a constant.
//! `per_text` calls a function once for each distinct text of a batch.

use crate::kernel::{Context, Input, Kernel};
use crate::value::{Int, Str, Value, typed};
use arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

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

/// Returns a kernel of a function of one argument.
pub(crate) const fn scalar1<A, R, F>(function: F) -> Mapped<F, (A,), R>
where
    A: Value,
    R: Value,
    F: for<'a> Fn(A::In<'a>) -> R::Out,
{
    Mapped {
        function,
        types: PhantomData,
    }
}

/// Returns a kernel of a function of two arguments.
pub(crate) const fn scalar2<A, B, R, F>(function: F) -> Mapped<F, (A, B), R>
where
    A: Value,
    B: Value,
    R: Value,
    F: for<'a> Fn(A::In<'a>, B::In<'a>) -> R::Out,
{
    Mapped {
        function,
        types: PhantomData,
    }
}

/// Returns a kernel of a function of three arguments.
pub(crate) const fn scalar3<A, B, C, R, F>(function: F) -> Mapped<F, (A, B, C), R>
where
    A: Value,
    B: Value,
    C: Value,
    R: Value,
    F: for<'a> Fn(A::In<'a>, B::In<'a>, C::In<'a>) -> R::Out,
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
        Ok(ColumnarValue::Scalar(
            datafusion_common::ScalarValue::try_from_array(&array, 0)?,
        ))
    }
}

impl<A, R, F> Kernel for Mapped<F, (A,), R>
where
    A: Value,
    R: Value,
    F: for<'a> Fn(A::In<'a>) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        const { &[A::DATA_TYPE] }
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let a = Input::new(args, 0)?;
        let a_values = typed::<A>(&a.array)?;
        let mut out = R::builder(rows);
        for row in 0..rows {
            R::push(&mut out, (self.function)(A::at(a_values, row & a.mask)))?;
        }
        Ok(ColumnarValue::Array(R::finish(out)))
    }
}

impl<A, B, R, F> Kernel for Mapped<F, (A, B), R>
where
    A: Value,
    B: Value,
    R: Value,
    F: for<'a> Fn(A::In<'a>, B::In<'a>) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        const { &[A::DATA_TYPE, B::DATA_TYPE] }
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let (a, b) = (Input::new(args, 0)?, Input::new(args, 1)?);
        let (a_values, b_values) = (typed::<A>(&a.array)?, typed::<B>(&b.array)?);
        let mut out = R::builder(rows);
        for row in 0..rows {
            let (a_value, b_value) = (A::at(a_values, row & a.mask), B::at(b_values, row & b.mask));
            R::push(&mut out, (self.function)(a_value, b_value))?;
        }
        Ok(ColumnarValue::Array(R::finish(out)))
    }
}

impl<A, B, C, R, F> Kernel for Mapped<F, (A, B, C), R>
where
    A: Value,
    B: Value,
    C: Value,
    R: Value,
    F: for<'a> Fn(A::In<'a>, B::In<'a>, C::In<'a>) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        const { &[A::DATA_TYPE, B::DATA_TYPE, C::DATA_TYPE] }
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let (a, b, c) = (
            Input::new(args, 0)?,
            Input::new(args, 1)?,
            Input::new(args, 2)?,
        );
        let (a_values, b_values) = (typed::<A>(&a.array)?, typed::<B>(&b.array)?);
        let c_values = typed::<C>(&c.array)?;
        let mut out = R::builder(rows);
        for row in 0..rows {
            let value = (self.function)(
                A::at(a_values, row & a.mask),
                B::at(b_values, row & b.mask),
                C::at(c_values, row & c.mask),
            );
            R::push(&mut out, value)?;
        }
        Ok(ColumnarValue::Array(R::finish(out)))
    }
}

/// A function of a text and two whole numbers whose result is a piece of the text.
pub(crate) struct Slice<F>(F);

impl<F> fmt::Debug for Slice<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slice")
    }
}

/// Returns a kernel of a function that cuts a piece out of a text.
pub(crate) const fn slice3<F>(function: F) -> Slice<F>
where
    F: for<'a> Fn(&'a str, i64, i64) -> &'a str,
{
    Slice(function)
}

impl<F> Kernel for Slice<F>
where
    F: for<'a> Fn(&'a str, i64, i64) -> &'a str + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        &[DataType::String, DataType::Int64, DataType::Int64]
    }

    fn returns(&self) -> DataType {
        DataType::String
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let (a, b, c) = (
            Input::new(args, 0)?,
            Input::new(args, 1)?,
            Input::new(args, 2)?,
        );
        let texts = typed::<Str>(&a.array)?;
        let (b_values, c_values) = (typed::<Int>(&b.array)?, typed::<Int>(&c.array)?);
        let mut out = Str::builder(rows);
        for row in 0..rows {
            let piece = (self.0)(
                Str::at(texts, row & a.mask),
                Int::at(b_values, row & b.mask),
                Int::at(c_values, row & c.mask),
            );
            out.try_append_value(piece)?;
        }
        Ok(ColumnarValue::Array(Str::finish(out)))
    }
}

/// A function of a prepared text, at argument `AT`, and the other arguments.
pub(crate) struct Prepared<const AT: usize, P, F, A, R> {
    prepare: P,
    function: F,
    types: PhantomData<fn(A) -> R>,
}

impl<const AT: usize, P, F, A, R> fmt::Debug for Prepared<AT, P, F, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("argument", &AT)
            .finish_non_exhaustive()
    }
}

/// Returns a kernel of a function of two texts, the one at `AT` being prepared.
pub(crate) const fn prepared2<const AT: usize, R, P, F>(
    prepare: P,
    function: F,
) -> Prepared<AT, P, F, (Str, Str), R> {
    Prepared {
        prepare,
        function,
        types: PhantomData,
    }
}

/// Returns a kernel of a function of three texts, the one at `AT` being prepared.
pub(crate) const fn prepared3<const AT: usize, R, P, F>(
    prepare: P,
    function: F,
) -> Prepared<AT, P, F, (Str, Str, Str), R> {
    Prepared {
        prepare,
        function,
        types: PhantomData,
    }
}

impl<const AT: usize, T, R, P, F> Kernel for Prepared<AT, P, F, (Str, Str), R>
where
    R: Value,
    P: Fn(&str) -> T + Send + Sync,
    F: for<'a> Fn(&T, &'a str) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        &[DataType::String, DataType::String]
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let (key, text) = (Input::new(args, AT)?, Input::new(args, 1 - AT)?);
        let (keys, texts) = (typed::<Str>(&key.array)?, typed::<Str>(&text.array)?);
        let mut out = R::builder(rows);
        let mut current: Option<(&str, T)> = None;
        for row in 0..rows {
            let wanted = Str::at(keys, row & key.mask);
            let ready = match current.take() {
                Some((known, ready)) if key.is_constant() || known == wanted => ready,
                _ => (self.prepare)(wanted),
            };
            R::push(
                &mut out,
                (self.function)(&ready, Str::at(texts, row & text.mask)),
            )?;
            current = Some((wanted, ready));
        }
        Ok(ColumnarValue::Array(R::finish(out)))
    }
}

impl<const AT: usize, T, R, P, F> Kernel for Prepared<AT, P, F, (Str, Str, Str), R>
where
    R: Value,
    P: Fn(&str) -> T + Send + Sync,
    F: for<'a> Fn(&T, &'a str, &str) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        &[DataType::String, DataType::String, DataType::String]
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let others: [usize; 2] = [usize::from(AT == 0), if AT == 2 { 1 } else { 2 }];
        let key = Input::new(args, AT)?;
        let (a, b) = (Input::new(args, others[0])?, Input::new(args, others[1])?);
        let keys = typed::<Str>(&key.array)?;
        let (a_values, b_values) = (typed::<Str>(&a.array)?, typed::<Str>(&b.array)?);
        let mut out = R::builder(rows);
        let mut current: Option<(&str, T)> = None;
        for row in 0..rows {
            let wanted = Str::at(keys, row & key.mask);
            let ready = match current.take() {
                Some((known, ready)) if key.is_constant() || known == wanted => ready,
                _ => (self.prepare)(wanted),
            };
            let (a_value, b_value) = (
                Str::at(a_values, row & a.mask),
                Str::at(b_values, row & b.mask),
            );
            R::push(&mut out, (self.function)(&ready, a_value, b_value))?;
            current = Some((wanted, ready));
        }
        Ok(ColumnarValue::Array(R::finish(out)))
    }
}

/// A function of the context and one text.
pub(crate) struct PerText<F>(F);

impl<F> fmt::Debug for PerText<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PerText")
    }
}

/// Returns a kernel that calls a function once for each distinct text of a batch.
pub(crate) const fn per_text<F: Fn(&Context, &str) -> String>(function: F) -> PerText<F> {
    PerText(function)
}

impl<F: Fn(&Context, &str) -> String + Send + Sync> Kernel for PerText<F> {
    fn args(&self) -> &'static [DataType] {
        &[DataType::String]
    }

    fn returns(&self) -> DataType {
        DataType::String
    }

    fn invoke(
        &self,
        context: &Context,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<ColumnarValue> {
        let input = Input::new(args, 0)?;
        let texts = typed::<Str>(&input.array)?;
        let mut memo = Memo::new(rows);
        for row in 0..rows {
            memo.add(Str::at(texts, row & input.mask), |text| {
                (self.0)(context, text)
            })?;
        }
        memo.finish()
    }
}

/// Texts computed once for each distinct key, and which of them each row has.
struct Memo<K> {
    places: HashMap<K, u32>,
    last: Option<(K, u32)>,
    texts: <Str as Value>::Builder,
    rows: Vec<u32>,
}

impl<K: Copy + Eq + Hash> Memo<K> {
    fn new(rows: usize) -> Self {
        Self {
            places: HashMap::new(),
            last: None,
            texts: Str::builder(0),
            rows: Vec::with_capacity(rows),
        }
    }

    fn add(&mut self, key: K, compute: impl Fn(K) -> String) -> Result<()> {
        let place = match self.last {
            Some((last, place)) if last == key => place,
            _ => match self.places.get(&key) {
                Some(&place) => place,
                None => {
                    let place = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                    Str::push(&mut self.texts, compute(key))?;
                    self.places.insert(key, place);
                    place
                }
            },
        };
        self.last = Some((key, place));
        self.rows.push(place);
        Ok(())
    }

    fn finish(self) -> Result<ColumnarValue> {
        let texts: ArrayRef = Str::finish(self.texts);
        if texts.len() == 1 {
            let value = datafusion_common::ScalarValue::try_from_array(&texts, 0)?;
            return Ok(ColumnarValue::Scalar(value));
        }
        let rows: ArrayRef = Arc::new(UInt32Array::from(self.rows));
        Ok(ColumnarValue::Array(arrow::compute::take(
            &texts, &rows, None,
        )?))
    }
}
