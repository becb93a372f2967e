//! The operator tree that a script builds. Every operator knows the columns that it gives.

pub(crate) mod bind;
pub(crate) mod ctx;
pub(crate) mod lower;
pub(crate) mod node;
pub(crate) mod relation;
pub(crate) mod term;

pub(crate) use node::{AggregateOutput, Frame, JoinKind, Kind, Node};
pub(crate) use relation::{Column, Relation};
pub(crate) use term::{Literal, Term, TermKind};
