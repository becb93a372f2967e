//! The values that names of a script can have.

pub(crate) mod builtin;
pub(crate) mod types;

use crate::plan::{Frame, Term};
use builtin::{Builtin, Method};
use nixie_functions::{Function, TableFunction};
use ruff_python_ast::StmtFunctionDef;
use std::rc::Rc;
use types::TypeObject;

/// A value of a script.
#[derive(Clone)]
pub(crate) enum Object<'a> {
    /// A function of the `px` module that runs at compile time.
    Builtin(Builtin),
    /// `df.ctx`
    Ctx(Frame),
    Dict(Rc<Vec<(Self, Self)>>),
    Frame(Frame),
    Function(Rc<UserFunction<'a>>),
    /// `df.groupby(...)` before `agg`
    Grouped(Rc<Grouped>),
    /// `df.groupby(...).agg`, not called yet
    GroupedAgg(Rc<Grouped>),
    List(Rc<Vec<Self>>),
    /// A method of a DataFrame, not called yet.
    Method(Frame, Method),
    Module(Module),
    None,
    /// The result of something that has been reported.
    Poison,
    /// A function or aggregate over rows.
    Registered(&'static Function),
    /// A literal, a column, or an expression of them.
    Term(Rc<Term>),
    /// A function that gives a table.
    TableFunction(&'static TableFunction),
    Tuple(Rc<Vec<Self>>),
    Type(&'static TypeObject),
}

/// A module that scripts can import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Module {
    /// `px`
    Px,
}

/// A DataFrame with the columns to group by.
#[derive(Debug)]
pub(crate) struct Grouped {
    pub(crate) frame: Frame,
    pub(crate) by: Vec<Rc<str>>,
    /// Some of the columns had a problem.
    pub(crate) poisoned: bool,
}

/// A function that the script defines.
pub(crate) struct UserFunction<'a> {
    pub(crate) def: &'a StmtFunctionDef,
    pub(crate) params: Vec<UserParam<'a>>,
    /// The scope that it was defined in.
    pub(crate) scope: usize,
}

/// A parameter of a function that the script defines.
pub(crate) struct UserParam<'a> {
    pub(crate) name: &'a str,
    pub(crate) annotation: Option<Object<'a>>,
    pub(crate) default: Option<Object<'a>>,
}

impl Object<'_> {
    /// Returns the kind in messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Builtin(_)
            | Self::Function(_)
            | Self::GroupedAgg(_)
            | Self::Method(..)
            | Self::Registered(_)
            | Self::TableFunction(_) => "function",
            Self::Ctx(_) => "metadata",
            Self::Dict(_) => "dict",
            Self::Frame(_) => "dataframe",
            Self::Grouped(_) => "groupby",
            Self::List(_) => "list",
            Self::Module(_) => "module",
            Self::None => "none",
            Self::Poison => "unknown",
            Self::Term(term) => term.kind_name(),
            Self::Tuple(_) => "tuple",
            Self::Type(_) => "type",
        }
    }
}
