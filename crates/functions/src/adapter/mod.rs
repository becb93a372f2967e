//! Makes kernels of plain typed functions.
//!
//! `scalar0` to `scalar7` call a function for each row. `text1` and `text2` are for functions
//! that write a text, `slice1` to `slice3` for those whose result is a piece of an argument. `prepared2` first
//! turns one argument (a pattern, a needle) into something better than text, once when it is a
//! constant. `distinct` calls a function once for each distinct value of a batch.

mod distinct;
mod mapped;
mod prepared;
mod slice;
mod text;

pub(crate) use distinct::distinct;
pub(crate) use mapped::{scalar0, scalar1, scalar2, scalar3, scalar7};
pub(crate) use prepared::prepared2;
pub(crate) use slice::{slice1, slice2, slice3};
pub(crate) use text::{text1, text2};
