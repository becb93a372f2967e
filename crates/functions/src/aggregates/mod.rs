//! Aggregates: many rows to one value. All have partial states that merge.
//!
//! Those of the engine are used where their results are the same. Of our own are [`Own`], what all
//! of them share, and [`Sketch`], a state of any kind that is sent as bytes.

mod any;
mod count;
mod extreme;
mod max;
mod mean;
mod min;
mod overload;
mod own;
mod quantiles;
mod sample;
mod sketch;
mod sum;

use crate::function::Function;

pub(crate) use overload::AggregateOverload;
pub(crate) use sketch::{Sketch, udaf};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &any::ANY,
    &count::COUNT,
    &max::MAX,
    &mean::MEAN,
    &min::MIN,
    &quantiles::QUANTILES,
    &sample::SAMPLE,
    &sum::SUM,
];
