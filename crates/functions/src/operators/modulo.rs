//! `a % b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, Time};

/// `a % b`
pub(crate) const MODULO: Function = Function {
    name: "modulo",
    family: Family::Operators,
    doc: "Returns the remainder of a division; it has the sign of the dividend. The remainder of a \
          division by zero is 0.",
    example: Example {
        args: &[Datum::Int(-7), Datum::Int(5)],
        result: Datum::Int(-2),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Int, Int, Int, _>(remainder)),
        Overload::new(&["a", "b"], &scalar2::<Time, Int, Int, _>(remainder)),
        Overload::new(&["a", "b"], &scalar2::<Time, Time, Int, _>(remainder)),
        Overload::new(&["a", "b"], &scalar2::<Int, Time, Int, _>(remainder)),
    ]),
};

/// Returns the remainder of a division, and 0 for a division by zero.
pub(crate) fn remainder(a: i64, b: i64) -> i64 {
    if b == 0 { 0 } else { a.wrapping_rem(b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_is_that_of_the_dividend_and_nothing_traps() {
        assert_eq!(remainder(10, 7), 3);
        assert_eq!(remainder(-7, 5), -2);
        assert_eq!(remainder(7, 0), 0);
        assert_eq!(remainder(i64::MIN, -1), 0);
    }
}
