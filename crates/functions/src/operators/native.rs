//! Expressions of the engine that give exactly what the kernels give.
//!
//! Whole numbers wrap around in both. Comparisons of floats are not here: the engine orders NaN
//! and negative zero, operators of scripts do not.

use datafusion_expr::{Expr, Operator, binary_expr};

/// Returns the expression of a binary operator.
pub(crate) fn binary(operator: Operator, args: Vec<Expr>) -> Expr {
    let mut args = args.into_iter();
    match (args.next(), args.next()) {
        (Some(left), Some(right)) => binary_expr(left, operator, right),
        // INVARIANT: overloads with this form take two arguments, and resolution counts them.
        _ => unreachable!("a binary operator has two arguments"),
    }
}

/// Returns the expression of `not`.
pub(crate) fn not(args: Vec<Expr>) -> Expr {
    match args.into_iter().next() {
        Some(arg) => !arg,
        // INVARIANT: overloads with this form take one argument, and resolution counts them.
        None => unreachable!("a unary operator has an argument"),
    }
}
