//! The values that names of a script can have.

pub(crate) mod builtin;
pub(crate) mod module;
pub(crate) mod otel;
pub(crate) mod trace;
pub(crate) mod types;

use crate::mutation::Target;
use crate::plan::{Frame, Term};
use builtin::{
    Builtin, ConfigFunction, GlobalFunction, Method, OtelFunction, TraceFunction, VisFunction,
};
use module::Module;
use nixie_functions::{Function, TableFunction};
use otel::OtelObject;
use ruff_python_ast::StmtFunctionDef;
use std::rc::Rc;
use trace::Program;
use types::TypeObject;

/// A value of a script.
#[derive(Clone)]
pub(crate) enum Object<'a> {
    /// A function of the `px` module that runs at compile time.
    Builtin(Builtin),
    /// A function of `pxconfig`.
    Config(ConfigFunction),
    /// `df.ctx`
    Ctx(Frame),
    /// What `@` can be put before a function with.
    Decorator(Rc<Decorator>),
    Dict(Rc<Vec<(Self, Self)>>),
    Frame(Frame),
    Function(Rc<UserFunction<'a>>),
    /// A function that needs no import.
    Global(GlobalFunction),
    /// `df.groupby(...)` or `df.rolling(...)` before `agg`
    Grouped(Rc<Grouped>),
    /// A method of those, not called yet.
    GroupedMethod(Rc<Grouped>, Method),
    List(Rc<Vec<Self>>),
    /// A method of a DataFrame, not called yet.
    Method(Frame, Method),
    Module(Module),
    None,
    /// What a function of `px.otel` returned.
    Otel(Rc<OtelObject>),
    /// A function of `px.otel`.
    OtelFunction(OtelFunction),
    /// The result of something that has been reported.
    Poison,
    /// A function that describes a probe.
    Probe(Rc<ProbeFunction<'a>>),
    /// A function or aggregate over rows.
    Registered(&'static Function),
    /// A literal, a column, or an expression of them.
    Term(Rc<Term>),
    /// A function that gives a table.
    TableFunction(&'static TableFunction),
    /// A function of `pxtrace`.
    Trace(TraceFunction),
    /// What a tracepoint runs, with the hosts that it is for.
    TraceProgram(Rc<Program>),
    /// Where a tracepoint is put.
    TraceTarget(Rc<Target>),
    /// What a probe records, by its id.
    TraceValue(Rc<str>),
    Tuple(Rc<Vec<Self>>),
    Type(&'static TypeObject),
    /// A function of `px.vis`.
    Vis(VisFunction),
}

/// What a decorator does with its function.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decorator {
    /// Marks it as the description of a probe on a symbol.
    Probe(Rc<str>),
    /// Remembers how the result is to be drawn; nothing else.
    Vega,
}

/// A DataFrame with the columns to group by, or the window of time, or both.
#[derive(Clone, Debug)]
pub(crate) struct Grouped {
    pub(crate) frame: Frame,
    pub(crate) by: Vec<Rc<str>>,
    pub(crate) window_ns: Option<i64>,
    /// Some of the columns had a problem.
    pub(crate) poisoned: bool,
}

/// A function that the script defines.
pub(crate) struct UserFunction<'a> {
    pub(crate) def: &'a StmtFunctionDef,
    pub(crate) params: Vec<UserParam<'a>>,
    /// The scope that it was defined in.
    pub(crate) scope: usize,
    /// The module that it belongs to, if it is not the script's own.
    pub(crate) module: Option<Module>,
}

/// A parameter of a function that the script defines.
pub(crate) struct UserParam<'a> {
    pub(crate) name: &'a str,
    pub(crate) annotation: Option<Object<'a>>,
    pub(crate) default: Option<Object<'a>>,
}

/// A function of the script that describes a probe.
pub(crate) struct ProbeFunction<'a> {
    pub(crate) function: Rc<UserFunction<'a>>,
    pub(crate) symbol: Rc<str>,
}

impl Object<'_> {
    /// Returns the kind in messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Builtin(_)
            | Self::Config(_)
            | Self::Decorator(_)
            | Self::Function(_)
            | Self::Global(_)
            | Self::GroupedMethod(..)
            | Self::Method(..)
            | Self::OtelFunction(_)
            | Self::Registered(_)
            | Self::TableFunction(_)
            | Self::Trace(_)
            | Self::Vis(_) => "function",
            Self::Ctx(_) => "metadata",
            Self::Dict(_) => "dict",
            Self::Frame(_) => "dataframe",
            Self::Grouped(grouped) if grouped.by.is_empty() && grouped.window_ns.is_some() => {
                "rolling"
            }
            Self::Grouped(_) => "groupby",
            Self::List(_) => "list",
            Self::Module(_) => "module",
            Self::None => "none",
            Self::Otel(object) => object.kind(),
            Self::Poison => "unknown",
            Self::Probe(_) => "probe",
            Self::Term(term) => term.kind_name(),
            Self::TraceProgram(_) => "traceprogram",
            Self::TraceTarget(_) => "tracetarget",
            Self::TraceValue(_) => "tracingvariable",
            Self::Tuple(_) => "tuple",
            Self::Type(_) => "type",
        }
    }

    /// Returns the items of a list or tuple.
    pub(crate) fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Returns true when it makes a condition hold, as in Python; none when that is not known
    /// before the rows are.
    pub(crate) fn truth(&self) -> Option<bool> {
        use crate::plan::Literal;
        match self {
            Self::Dict(items) => Some(!items.is_empty()),
            Self::List(items) | Self::Tuple(items) => Some(!items.is_empty()),
            Self::None => Some(false),
            Self::Term(term) => term.as_literal().map(|literal| match literal {
                Literal::Bool(value) => *value,
                Literal::Float(value) => *value != 0.0,
                Literal::Int(value) | Literal::Time(value) => *value != 0,
                Literal::Text(value) => !value.is_empty(),
                Literal::UInt128(value, _) => *value != 0,
            }),
            _ => None,
        }
    }
}
