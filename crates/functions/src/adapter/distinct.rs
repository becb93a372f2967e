//! Calls a function once for each distinct value of a batch.

use crate::kernel::Input;
use crate::value::{Value, typed};
use arrow::array::{Array, UInt32Array};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::ColumnarValue;
use std::collections::HashMap;
use std::hash::Hash;

/// Computes a function of the only argument once for each distinct value of it.
pub(crate) fn distinct<K, R>(
    args: &[ColumnarValue],
    rows: usize,
    compute: impl for<'a> Fn(K::In<'a>) -> R::Out,
) -> Result<ColumnarValue>
where
    K: Value,
    for<'a> K::In<'a>: Copy + Eq + Hash,
    R: Value,
{
    let input = Input::new(args, 0)?;
    let keys = typed::<K>(&input.array)?;
    let mut values = R::builder(0);
    let mut places: HashMap<K::In<'_>, u32> = HashMap::new();
    let mut last: Option<(K::In<'_>, u32)> = None;
    let mut of_rows = Vec::with_capacity(rows);
    for row in 0..rows {
        let key = K::at(keys, row & input.mask);
        let place = match last {
            Some((known, place)) if known == key => place,
            _ => match places.get(&key) {
                Some(&place) => place,
                None => {
                    let place = u32::try_from(places.len()).unwrap_or(u32::MAX);
                    R::push(&mut values, compute(key))?;
                    places.insert(key, place);
                    place
                }
            },
        };
        last = Some((key, place));
        of_rows.push(place);
    }
    let values = R::finish(values);
    if values.len() == 1 {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
            &values, 0,
        )?));
    }
    let places = UInt32Array::from(of_rows);
    let spread = arrow::compute::take(&values, &places, None)?;
    Ok(ColumnarValue::Array(spread))
}
