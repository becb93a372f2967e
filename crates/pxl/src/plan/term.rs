//! Expressions as scripts build them: columns by name only, types not known yet.
//!
//! A term belongs to no DataFrame. It gets its types when it is used on one.

use datafusion_common::ScalarValue;
use nixie_types::{DataType, SemanticType};
use ruff_text_size::TextRange;
use std::rc::Rc;

/// LIMIT: operators and functions in one term, shared ones counted as often as they are used.
pub(crate) const SIZE_MAX: usize = 5000;

/// LIMIT: operators and functions above each other in one term.
pub(crate) const DEPTH_MAX: usize = 250;

/// An expression.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) kind: TermKind,
    pub(crate) range: TextRange,
    pub(crate) size: usize,
    pub(crate) depth: usize,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum TermKind {
    /// A function or operator, by the function's name.
    Call {
        function: Rc<str>,
        args: Vec<Rc<Term>>,
    },
    /// A value with another meaning.
    Cast {
        name: &'static str,
        data_type: DataType,
        semantic_type: SemanticType,
        arg: Rc<Term>,
    },
    /// A column.
    Column(Rc<str>),
    /// A property of the process or service that a row belongs to.
    Ctx(Rc<str>),
    /// A value known now.
    Literal(Literal),
}

/// A value known when the script is compiled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Bool(bool),
    Float(f64),
    Int(i64),
    Text(Rc<str>),
    Time(i64),
    /// With its meaning: an identity, or none.
    UInt128(u128, SemanticType),
}

impl Literal {
    /// Returns the value type.
    pub(crate) const fn data_type(&self) -> DataType {
        match self {
            Self::Bool(_) => DataType::Boolean,
            Self::Float(_) => DataType::Float64,
            Self::Int(_) => DataType::Int64,
            Self::Text(_) => DataType::String,
            Self::Time(_) => DataType::Time64Ns,
            Self::UInt128(..) => DataType::UInt128,
        }
    }

    /// Returns the meaning.
    pub(crate) const fn semantic_type(&self) -> SemanticType {
        match self {
            Self::UInt128(_, semantic_type) => *semantic_type,
            _ => SemanticType::None,
        }
    }

    /// Returns the kind in messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "Bool",
            Self::Float(_) => "Float",
            Self::Int(_) => "Int",
            Self::Text(_) => "String",
            Self::Time(_) => "Time",
            Self::UInt128(..) => "UInt128",
        }
    }

    /// Returns the engine's value.
    pub(crate) fn to_scalar(&self) -> ScalarValue {
        match self {
            Self::Bool(value) => ScalarValue::Boolean(Some(*value)),
            Self::Float(value) => ScalarValue::Float64(Some(*value)),
            Self::Int(value) => ScalarValue::Int64(Some(*value)),
            Self::Text(value) => ScalarValue::Utf8View(Some(value.to_string())),
            Self::Time(value) => ScalarValue::TimestampNanosecond(Some(*value), None),
            Self::UInt128(value, _) => {
                ScalarValue::FixedSizeBinary(16, Some(value.to_be_bytes().to_vec()))
            }
        }
    }

    /// Returns the literal of an engine's value, if scripts have one for it.
    pub(crate) fn from_scalar(scalar: &ScalarValue) -> Option<Self> {
        match scalar {
            ScalarValue::Boolean(Some(value)) => Some(Self::Bool(*value)),
            ScalarValue::Float64(Some(value)) => Some(Self::Float(*value)),
            ScalarValue::Int64(Some(value)) => Some(Self::Int(*value)),
            ScalarValue::Utf8View(Some(value)) => Some(Self::Text(value.as_str().into())),
            ScalarValue::TimestampNanosecond(Some(value), None) => Some(Self::Time(*value)),
            _ => None,
        }
    }
}

impl Term {
    /// Returns a term.
    pub(crate) fn new(kind: TermKind, range: TextRange) -> Rc<Self> {
        let (mut size, mut depth) = (1_usize, 0);
        let mut add = |arg: &Rc<Self>| {
            size = size.saturating_add(arg.size);
            depth = depth.max(arg.depth);
        };
        match &kind {
            TermKind::Call { args, .. } => args.iter().for_each(&mut add),
            TermKind::Cast { arg, .. } => add(arg),
            TermKind::Column(_) | TermKind::Ctx(_) | TermKind::Literal(_) => {}
        }
        Rc::new(Self {
            kind,
            range,
            size,
            depth: depth + 1,
        })
    }

    /// Returns a literal.
    pub(crate) fn literal(literal: Literal, range: TextRange) -> Rc<Self> {
        Self::new(TermKind::Literal(literal), range)
    }

    /// Returns the value of a literal, also below casts that keep its type.
    pub(crate) fn value(&self) -> Option<&Literal> {
        let (mut term, mut wanted) = (self, None);
        loop {
            match &term.kind {
                TermKind::Literal(literal) => {
                    let fits = wanted.is_none_or(|wanted| literal.data_type() == wanted);
                    return fits.then_some(literal);
                }
                TermKind::Cast { arg, data_type, .. } => {
                    if wanted.is_some_and(|wanted| wanted != *data_type) {
                        return None;
                    }
                    (term, wanted) = (arg, Some(*data_type));
                }
                _ => return None,
            }
        }
    }

    /// Returns the value of a literal.
    pub(crate) fn as_literal(&self) -> Option<&Literal> {
        match &self.kind {
            TermKind::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// Returns the nanoseconds that a cast makes a time of.
    pub(crate) fn time(&self) -> Option<&Literal> {
        match &self.kind {
            TermKind::Cast {
                arg,
                data_type: DataType::Time64Ns,
                ..
            } => arg.value().filter(|value| matches!(value, Literal::Int(_))),
            _ => None,
        }
    }

    /// Returns another value with the casts that this one has.
    pub(crate) fn with_value(&self, value: Literal, range: TextRange) -> Rc<Self> {
        let TermKind::Cast {
            name,
            data_type,
            semantic_type,
            arg,
        } = &self.kind
        else {
            return Self::literal(value, range);
        };
        let kind = TermKind::Cast {
            name,
            data_type: *data_type,
            semantic_type: *semantic_type,
            arg: arg.with_value(value, range),
        };
        Self::new(kind, range)
    }

    /// Returns the kind in messages.
    pub(crate) const fn kind_name(&self) -> &'static str {
        match &self.kind {
            TermKind::Call { .. } | TermKind::Cast { .. } => "Func",
            TermKind::Column(_) => "Column",
            TermKind::Ctx(_) => "Metadata",
            TermKind::Literal(literal) => literal.kind(),
        }
    }
}
