//! Kernels that call a function once for each distinct value of a batch.

use crate::kernel::{Context, Input, Kernel};
use crate::value::{Str, Value, typed};
use arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

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
