//! How a function is described: everything that type checking, documentation and tests need.

use crate::aggregates::AggregateOverload;
use crate::kernel::Kernel;
use crate::semantics::Semantics;
use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use nixie_types::DataType;
use std::fmt::{self, Write as _};

/// A function callable as `px.NAME`.
#[derive(Debug)]
pub struct Function {
    /// Name, as scripts spell it.
    pub name: &'static str,
    /// Group in the documentation.
    pub family: Family,
    /// What it does, in one paragraph.
    pub doc: &'static str,
    /// A call and its result; run as a test.
    pub example: Example,
    /// What the function does to the meaning of its arguments.
    pub(crate) semantics: Semantics,
    pub(crate) body: Body,
}

/// Groups of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// What operators stand for.
    Operators,
    /// Arithmetic.
    Math,
    /// Choices.
    Conditionals,
    /// Text.
    Strings,
    /// Regular expressions.
    Regexes,
    /// JSON text.
    Json,
    /// Uniform resource identifiers.
    Uri,
    /// SQL statements.
    Sql,
    /// Paths of requests, put together into endpoints.
    RequestPaths,
    /// What should not be shown.
    Privacy,
    /// Processes, services and agents.
    Metadata,
    /// Addresses and names.
    Network,
    /// Names of protocol codes.
    Protocols,
    /// Samples of stacks.
    Profiles,
    /// Models, and what is fitted to rows.
    MachineLearning,
    /// Many rows to one value.
    Aggregates,
}

impl Family {
    /// Returns the heading in the documentation.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Operators => "Operators",
            Self::Math => "Math",
            Self::Conditionals => "Conditionals",
            Self::Strings => "Strings",
            Self::Regexes => "Regular expressions",
            Self::Json => "JSON",
            Self::Uri => "URI",
            Self::Sql => "SQL",
            Self::RequestPaths => "Request paths",
            Self::Privacy => "Privacy",
            Self::Metadata => "Metadata",
            Self::Network => "Network",
            Self::Protocols => "Protocol codes",
            Self::Profiles => "Profiles",
            Self::MachineLearning => "Machine learning",
            Self::Aggregates => "Aggregates",
        }
    }
}

/// A call and its result. For an aggregate the arguments are rows, the values of each side by side.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Values of the arguments.
    pub args: &'static [Datum],
    /// What comes out.
    pub result: Datum,
}

/// A value in an example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum {
    /// A BOOLEAN.
    Bool(bool),
    /// An INT64.
    Int(i64),
    /// A FLOAT64.
    Float(f64),
    /// A STRING.
    Text(&'static str),
    /// A TIME64NS.
    Time(i64),
    /// A UINT128.
    UInt128(u128),
}

impl Datum {
    /// Returns the type of the value.
    #[must_use]
    pub const fn data_type(self) -> DataType {
        match self {
            Self::Bool(_) => DataType::Boolean,
            Self::Int(_) => DataType::Int64,
            Self::Float(_) => DataType::Float64,
            Self::Text(_) => DataType::String,
            Self::Time(_) => DataType::Time64Ns,
            Self::UInt128(_) => DataType::UInt128,
        }
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => {
                f.write_char('\'')?;
                for c in value.chars() {
                    match c {
                        '\'' => f.write_str("\\'")?,
                        '\\' => f.write_str("\\\\")?,
                        '\n' => f.write_str("\\n")?,
                        '\t' => f.write_str("\\t")?,
                        control if control.is_control() => {
                            write!(f, "\\x{:02x}", u32::from(control))?;
                        }
                        other => f.write_char(other)?,
                    }
                }
                f.write_char('\'')
            }
            Self::Time(value) => write!(f, "px.parse_time({value})"),
            Self::UInt128(value) => {
                let upid = nixie_types::Upid::from_u128(*value);
                write!(
                    f,
                    "px.make_upid({}, {}, {})",
                    upid.asid, upid.pid, upid.start_ticks
                )
            }
        }
    }
}

/// What computes a function.
#[derive(Debug)]
pub(crate) enum Body {
    /// One row in, one value out.
    Scalar(&'static [Overload]),
    /// Many rows in, one value out.
    Aggregate(&'static [AggregateOverload]),
}

/// A scalar function for one list of argument types.
#[derive(Debug)]
pub(crate) struct Overload {
    /// Names of the arguments.
    pub(crate) names: &'static [&'static str],
    /// Number of leading arguments that must be literals.
    pub(crate) literals: usize,
    /// Computes the function over arrays.
    pub(crate) kernel: &'static dyn Kernel,
    /// The same by expressions of the engine, where it has them; they are faster and take part in
    /// its rewriting, for example in pushing filters down.
    pub(crate) native: Option<fn(Vec<Expr>) -> Expr>,
}

impl Overload {
    /// Returns an overload that only its kernel computes.
    pub(crate) const fn new(names: &'static [&'static str], kernel: &'static dyn Kernel) -> Self {
        Self {
            names,
            literals: 0,
            kernel,
            native: None,
        }
    }

    /// Returns the overload with expressions of the engine that give the same result.
    pub(crate) const fn native(mut self, native: fn(Vec<Expr>) -> Expr) -> Self {
        self.native = Some(native);
        self
    }

    /// Returns the overload with leading arguments that must be literals.
    pub(crate) const fn literals(mut self, literals: usize) -> Self {
        self.literals = literals;
        self
    }
}

impl From<Datum> for ScalarValue {
    fn from(datum: Datum) -> Self {
        match datum {
            Datum::Bool(value) => Self::Boolean(Some(value)),
            Datum::Int(value) => Self::Int64(Some(value)),
            Datum::Float(value) => Self::Float64(Some(value)),
            Datum::Text(value) => Self::Utf8View(Some(value.to_owned())),
            Datum::Time(value) => Self::TimestampNanosecond(Some(value), None),
            Datum::UInt128(value) => Self::FixedSizeBinary(16, Some(value.to_be_bytes().to_vec())),
        }
    }
}
