//! Arithmetic.

mod abs;
mod bin;
mod ceil;
mod exp;
mod floor;
mod ln;
mod log;
mod log10;
mod log2;
mod pow;
mod round;
mod sqrt;
mod time;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &abs::ABS,
    &bin::BIN,
    &ceil::CEIL,
    &exp::EXP,
    &floor::FLOOR,
    &ln::LN,
    &log::LOG,
    &log10::LOG10,
    &log2::LOG2,
    &pow::POW,
    &round::ROUND,
    &sqrt::SQRT,
    &time::TIME_TO_INT64,
    &time::INT64_TO_TIME,
];
