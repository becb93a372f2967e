//! `pow`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `pow`
pub(crate) const POW: Function = Function {
    name: "pow",
    family: Family::Math,
    doc: "Returns a number to the power of another, as a float.",
    example: Example {
        args: &[Datum::Int(2), Datum::Int(3)],
        result: Datum::Float(8.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(
            NAMES,
            &scalar2::<Int, Int, Float, _>(|a, b| f64::powf(a as f64, b as f64)),
        ),
        Overload::new(NAMES, &scalar2::<Float, Float, Float, _>(f64::powf)),
        Overload::new(
            NAMES,
            &scalar2::<Int, Float, Float, _>(|a, b| f64::powf(a as f64, b)),
        ),
        Overload::new(
            NAMES,
            &scalar2::<Float, Int, Float, _>(|a, b| f64::powf(a, b as f64)),
        ),
    ]),
};

const NAMES: &[&str] = &["base", "exponent"];
