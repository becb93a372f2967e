//! `bin`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::remainder;
use crate::semantics::Semantics;
use crate::value::{Float, Int, Time};

/// `bin`
pub(crate) const BIN: Function = Function {
    name: "bin",
    family: Family::Math,
    doc: "Returns a number or time rounded toward zero to a multiple of a size: the start of the bin that it falls into. A size of 0 gives 0.",
    example: Example {
        args: &[Datum::Int(11), Datum::Int(2)],
        result: Datum::Int(10),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(NAMES, &scalar2::<Int, Int, Int, _>(bin)),
        Overload::new(NAMES, &scalar2::<Time, Time, Time, _>(bin)),
        Overload::new(NAMES, &scalar2::<Time, Int, Time, _>(bin)),
        Overload::new(NAMES, &scalar2::<Int, Time, Int, _>(bin)),
        Overload::new(
            NAMES,
            &scalar2::<Float, Int, Int, _>(|value, size| bin(value as i64, size)),
        ),
    ]),
};

const NAMES: &[&str] = &["value", "size"];

fn bin(value: i64, size: i64) -> i64 {
    if size == 0 {
        0
    } else {
        value - remainder(value, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (value, size, want) in [
            (11, 2, 10),
            (-7, 5, -5),
            (7, -5, 5),
            (5, 0, 0),
            (i64::MIN, -1, i64::MIN),
        ] {
            assert_eq!(bin(value, size), want, "{value} {size}");
        }
    }
}
