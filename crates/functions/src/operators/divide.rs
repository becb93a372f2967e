//! `a / b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::numbers::two_numbers;
use crate::semantics::Semantics;
use crate::value::{Float, Int};
use nixie_types::SemanticType;

/// `a / b`
pub(crate) const DIVIDE: Function = Function {
    name: "divide",
    family: Family::Operators,
    doc: "Returns the quotient of two numbers, always a float: dividing by zero gives an infinity \
          or NaN. Dividing by a duration gives a throughput.",
    example: Example {
        args: &[Datum::Int(1), Datum::Int(2)],
        result: Datum::Float(0.5),
    },
    semantics: Semantics::Rules(&[
        (
            &[SemanticType::Bytes, SemanticType::DurationNs],
            SemanticType::ThroughputBytesPerNs,
        ),
        (
            &[SemanticType::None, SemanticType::DurationNs],
            SemanticType::ThroughputPerNs,
        ),
    ]),
    body: Body::Scalar(two_numbers!(&["a", "b"], divide)),
};

fn divide(a: f64, b: f64) -> f64 {
    a / b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_divides_to_infinity_or_nan() {
        assert_eq!(divide(1.0, 0.0), f64::INFINITY);
        assert!(divide(0.0, 0.0).is_nan());
        assert_eq!(divide(1.5, 5.0), 0.3);
    }
}
