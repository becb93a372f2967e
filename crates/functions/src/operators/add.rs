//! `a + b`

use crate::adapter::{scalar2, text2};
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::arithmetic::arithmetic;
use crate::operators::native::binary;
use crate::semantics::{QUANTITIES, Semantics};
use crate::value::{Float, Int, Str, Time};
use datafusion_expr::Operator;
use std::ops::Add;

/// `a + b`
pub(crate) const ADD: Function = Function {
    name: "add",
    family: Family::Operators,
    doc: "Returns the sum of two numbers, or of a time and nanoseconds, or two texts joined. \
          Whole numbers wrap around.",
    example: Example {
        args: &[Datum::Int(1), Datum::Int(2)],
        result: Datum::Int(3),
    },
    semantics: Semantics::Inherit {
        of: QUANTITIES,
        from: 0,
    },
    body: arithmetic!(
        i64::wrapping_add,
        f64::add,
        Plus,
        Overload::new(
            &["a", "b"],
            &scalar2::<Time, Int, Time, _>(i64::wrapping_add),
        ),
        Overload::new(
            &["a", "b"],
            &scalar2::<Int, Time, Time, _>(i64::wrapping_add),
        ),
        Overload::new(&["a", "b"], &text2::<Str, Str, _>(join)),
    ),
};

fn join(a: &str, b: &str, out: &mut String) {
    out.push_str(a);
    out.push_str(b);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_joined() {
        let mut out = String::new();
        join("a", "b", &mut out);
        assert_eq!(out, "ab");
    }
}
