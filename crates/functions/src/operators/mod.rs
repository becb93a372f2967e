//! What operators stand for. All of them are also callable by name.

mod add;
mod arithmetic;
mod compare;
mod divide;
mod equal;
mod invert;
mod logical;
mod modulo;
mod multiply;
mod native;
mod negate;
mod subtract;

use crate::function::Function;

pub(crate) use modulo::remainder;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &add::ADD,
    &subtract::SUBTRACT,
    &multiply::MULTIPLY,
    &divide::DIVIDE,
    &modulo::MODULO,
    &negate::NEGATE,
    &invert::INVERT,
    &equal::EQUAL,
    &equal::NOT_EQUAL,
    &equal::APPROX_EQUAL,
    &compare::LESS_THAN,
    &compare::LESS_THAN_EQUAL,
    &compare::GREATER_THAN,
    &compare::GREATER_THAN_EQUAL,
    &logical::LOGICAL_AND,
    &logical::LOGICAL_OR,
    &logical::LOGICAL_NOT,
];
