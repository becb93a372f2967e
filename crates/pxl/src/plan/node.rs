//! Operators. They are immutable and shared: a script's DataFrame is a reference to one.

use crate::plan::bind::Typed;
use crate::plan::relation::Relation;
use datafusion_expr::TableSource;
use nixie_functions::Resolved;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// LIMIT: operators above each other.
pub(crate) const DEPTH_MAX: usize = 1500;

/// LIMIT: operators of one output, shared ones counted as often as they are used. Planning takes
/// longer than in proportion: 256 appended tables, 511 operators, take half a second.
pub(crate) const SIZE_MAX: usize = 1000;

/// A shared operator.
pub(crate) type Frame = Rc<Node>;

/// An operator with the columns that it gives.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) relation: Relation,
    /// Operators, shared ones counted as often as they are used.
    pub(crate) size: usize,
    /// Parts of expressions in all of them.
    pub(crate) terms: usize,
    pub(crate) depth: usize,
}

/// What an operator does.
pub(crate) enum Kind {
    /// One row for each group, or one row in all without groups.
    Aggregate {
        input: Frame,
        groups: Vec<Rc<str>>,
        outputs: Vec<AggregateOutput>,
    },
    /// The input with one column added at the end or replaced there.
    Assign {
        input: Frame,
        name: Rc<str>,
        value: Typed,
    },
    /// The rows for which a condition holds.
    Filter { input: Frame, predicate: Typed },
    /// Matching rows of two inputs, side by side.
    Join {
        left: Frame,
        right: Frame,
        how: JoinKind,
        on: Vec<(Rc<str>, Rc<str>)>,
    },
    /// So many rows.
    Limit { input: Frame, rows: usize },
    /// The input with a column whose value has a problem; never run.
    Poisoned { input: Frame },
    /// Some of the columns of the input.
    Project { input: Frame },
    /// A table.
    Source {
        table: Rc<str>,
        source: Arc<dyn TableSource>,
        start_ns: Option<i64>,
        end_ns: Option<i64>,
    },
    /// The rows as they come, without an end.
    Stream { input: Frame },
    /// The rows of all inputs; in the order of their time, if they have one.
    Union { inputs: Vec<Frame> },
}

/// A column that an aggregation computes.
#[derive(Debug)]
pub(crate) struct AggregateOutput {
    pub(crate) name: Rc<str>,
    pub(crate) columns: Vec<Rc<str>>,
    pub(crate) resolved: Resolved,
}

/// Which rows without a match a merge keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    /// None.
    Inner,
    /// Those of the left side.
    Left,
    /// Those of both sides.
    Outer,
    /// Those of the right side.
    Right,
}

impl Node {
    /// Returns an operator.
    pub(crate) fn new(kind: Kind, relation: Relation) -> Frame {
        let (mut size, mut depth) = (1_usize, 0);
        let mut terms = match &kind {
            Kind::Assign { value, .. } => value.size(),
            Kind::Filter { predicate, .. } => predicate.size(),
            _ => 0,
        };
        for input in kind.inputs() {
            size = size.saturating_add(input.size);
            terms = terms.saturating_add(input.terms);
            depth = depth.max(input.depth);
        }
        Rc::new(Self {
            kind,
            relation,
            size,
            terms,
            depth: depth + 1,
        })
    }

    /// Returns true when `other` is this operator or above it by steps that keep rows apart.
    pub(crate) fn descends_from(self: &Rc<Self>, other: &Rc<Self>) -> bool {
        let mut node = self;
        loop {
            if Rc::ptr_eq(node, other) {
                return true;
            }
            match &node.kind {
                Kind::Assign { input, .. }
                | Kind::Filter { input, .. }
                | Kind::Limit { input, .. }
                | Kind::Poisoned { input }
                | Kind::Project { input }
                | Kind::Stream { input } => node = input,
                Kind::Aggregate { .. }
                | Kind::Join { .. }
                | Kind::Source { .. }
                | Kind::Union { .. } => return false,
            }
        }
    }

    /// Returns true for rows without an end.
    pub(crate) const fn is_stream(&self) -> bool {
        matches!(self.kind, Kind::Stream { .. })
    }

    /// Returns the name of an operator at or below this one that needs all rows, if there is one.
    pub(crate) fn blocking(self: &Rc<Self>) -> Option<&'static str> {
        let mut node = self;
        loop {
            match &node.kind {
                Kind::Assign { input, .. }
                | Kind::Filter { input, .. }
                | Kind::Poisoned { input }
                | Kind::Project { input }
                | Kind::Stream { input } => node = input,
                Kind::Source { .. } => return None,
                other => return Some(other.name()),
            }
        }
    }
}

impl Kind {
    /// Returns the inputs.
    pub(crate) fn inputs(&self) -> Vec<&Frame> {
        match self {
            Self::Aggregate { input, .. }
            | Self::Assign { input, .. }
            | Self::Filter { input, .. }
            | Self::Limit { input, .. }
            | Self::Poisoned { input }
            | Self::Project { input }
            | Self::Stream { input } => vec![input],
            Self::Join { left, right, .. } => vec![left, right],
            Self::Source { .. } => Vec::new(),
            Self::Union { inputs } => inputs.iter().collect(),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Aggregate { .. } => "Aggregate",
            Self::Assign { .. } => "Assign",
            Self::Filter { .. } => "Filter",
            Self::Join { .. } => "Join",
            Self::Limit { .. } => "Limit",
            Self::Poisoned { .. } => "Poisoned",
            Self::Project { .. } => "Project",
            Self::Source { .. } => "Source",
            Self::Stream { .. } => "Stream",
            Self::Union { .. } => "Union",
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
