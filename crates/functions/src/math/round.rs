//! `round`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int, Str};

/// `round`
pub(crate) const ROUND: Function = Function {
    name: "round",
    family: Family::Math,
    doc: "Returns a float as text with so many decimals, rounded half to even. With negative `decimals` there are 6, and never more than 300.",
    example: Example {
        args: &[Datum::Float(11.2), Datum::Int(2)],
        result: Datum::Text("11.20"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["value", "decimals"],
        &scalar2::<Float, Int, Str, _>(round),
    )]),
};

/// LIMIT: decimals of one number; a float has no more that matter.
const DECIMALS_MAX: i64 = 300;

fn round(value: f64, decimals: i64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let decimals = if decimals < 0 {
        6
    } else {
        decimals.min(DECIMALS_MAX)
    };
    format!("{value:.*}", usize::try_from(decimals).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (value, decimals, want) in [
            (11.23456, 2, "11.23"),
            (0.0, 5, "0.00000"),
            (20.29438, 0, "20"),
            (1234.0, 3, "1234.000"),
            (0.125, 2, "0.12"),
            (1.5, -1, "1.500000"),
            (f64::NAN, 2, "nan"),
            (f64::NEG_INFINITY, 2, "-inf"),
        ] {
            assert_eq!(round(value, decimals), want);
        }
    }
}
