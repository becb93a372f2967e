//! `select`

use crate::adapter::scalar3;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::{Context, Input, Kernel};
use crate::semantics::Semantics;
use crate::value::{Bool, Float, Int, Time, Value, typed};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;

/// `select`
pub(crate) const SELECT: Function = Function {
    name: "select",
    family: Family::Conditionals,
    doc: "Returns `yes` where the condition holds and `no` elsewhere. Both are of one type and both \
          are computed for every row.",
    example: Example {
        args: &[Datum::Bool(false), Datum::Int(20), Datum::Int(21)],
        result: Datum::Int(21),
    },
    semantics: Semantics::Inherit { of: &[], from: 1 },
    body: Body::Scalar(&[
        Overload::new(NAMES, &scalar3::<Bool, Int, Int, Int, _>(select)),
        Overload::new(NAMES, &scalar3::<Bool, Float, Float, Float, _>(select)),
        Overload::new(NAMES, &scalar3::<Bool, Bool, Bool, Bool, _>(select)),
        Overload::new(NAMES, &scalar3::<Bool, Time, Time, Time, _>(select)),
        Overload::new(NAMES, &OfText),
    ]),
};

const NAMES: &[&str] = &["condition", "yes", "no"];

fn select<T>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}

/// The form for text: takes views over from both sides without copying the text.
#[derive(Debug)]
struct OfText;

impl Kernel for OfText {
    fn args(&self) -> &'static [DataType] {
        &[DataType::Boolean, DataType::String, DataType::String]
    }

    fn returns(&self) -> DataType {
        DataType::String
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let condition = Input::new(args, 0)?;
        let (yes, no) = (Input::new(args, 1)?, Input::new(args, 2)?);
        let conditions = typed::<Bool>(&condition.array)?;
        let picks: Vec<_> = (0..rows)
            .map(|row| {
                if Bool::at(conditions, row & condition.mask) {
                    (0, row & yes.mask)
                } else {
                    (1, row & no.mask)
                }
            })
            .collect();
        let array = arrow::compute::interleave(&[yes.array.as_ref(), no.array.as_ref()], &picks)?;
        Ok(ColumnarValue::Array(array))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(select(true, 20, 21), 20);
        assert_eq!(select(false, 1.5, 2.5), 2.5);
    }
}
