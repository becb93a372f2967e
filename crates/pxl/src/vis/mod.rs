//! Vis specifications: which functions of a script to run with which arguments, and how to show
//! what they return.
//!
//! [`Vis::parse`] reads the JSON that scripts come with, [`Vis::calls`] turns it and a user's
//! arguments into [`FunctionCall`]s, and [`check`] judges a script together with its
//! specification, without running anything.

mod calls;
mod check;
mod decode;
mod display;
mod reader;
mod signature;

pub use check::{Findings, check};
pub use display::{Setting, Settings, display_reference};

use crate::Diagnostic;
use crate::diagnostics::Diagnostics;
use display::{ColumnUse, DisplayKind};
use ruff_text_size::TextRange;
use std::fmt;
use std::ops::Deref;

/// LIMIT: bytes of a vis specification; the largest that scripts come with has 20 KiB.
pub const VIS_BYTES_MAX: usize = 1 << 20;

/// A vis specification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vis {
    /// What a user can set.
    pub variables: Vec<Variable>,
    /// Functions that are run once, for any number of widgets.
    pub functions: Vec<GlobalFunction>,
    /// What is shown, in order.
    pub widgets: Vec<Widget>,
}

/// Something that a user can set.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Name, as users spell it.
    pub name: Text,
    /// What values mean.
    pub kind: VariableKind,
    /// Value if the user gives none; without it the user must give one.
    pub default: Option<Text>,
    /// What it is for.
    pub description: String,
    /// The values to choose from; any, if empty.
    pub valid_values: Vec<String>,
}

/// A function that is run once, for any number of widgets.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalFunction {
    /// Name of the table that it gives.
    pub output: Text,
    /// What is run.
    pub call: Call,
}

/// A part of what is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Widget {
    /// Title; may be empty.
    pub name: Text,
    /// Where it stands, if that is given.
    pub position: Option<Position>,
    /// Where its rows come from; nothing for one that shows fixed text.
    pub source: Option<Source>,
    /// How its rows are shown.
    pub display: Display,
}

/// Where the rows of a widget come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A function of its own.
    Function(Call),
    /// The table of a global function.
    Output(Text),
}

/// A place on a grid of 12 columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Column, from 0.
    pub x: i32,
    /// Row, from 0.
    pub y: i32,
    /// Columns taken.
    pub w: i32,
    /// Rows taken.
    pub h: i32,
}

/// A function of the script with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Name of the function.
    pub function: Text,
    /// Name of each parameter with what it gets.
    pub arguments: Vec<(Text, Argument)>,
}

/// What a parameter gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// This text.
    Value(Text),
    /// The value of a variable.
    Variable(Text),
}

/// How rows are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Display {
    kind: &'static DisplayKind,
    /// What is set, by the names of the specification.
    pub settings: Settings,
    columns: Vec<ColumnUse>,
    range: TextRange,
}

impl Display {
    /// Returns the kind, for example `TimeseriesChart`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind.name
    }
}

/// A text with its place in the specification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    text: String,
    range: TextRange,
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

macro_rules! variable_kinds {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $sample:literal;)*) => {
        /// What the values of a variable mean. Names and numbers are API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum VariableKind {
            $($(#[$doc])* $variant = $number,)*
        }

        impl VariableKind {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name, for example `PX_POD`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns a value for checks without a user.
            const fn sample(self) -> &'static str {
                match self { $(Self::$variant => $sample,)* }
            }
        }
    };
}

variable_kinds! {
    /// True or false.
    Boolean = 1, "PX_BOOLEAN", "true";
    /// A whole number.
    Int64 = 2, "PX_INT64", "1";
    /// A number.
    Float64 = 3, "PX_FLOAT64", "1.5";
    /// Text.
    String = 4, "PX_STRING", "text";
    /// A service, as `namespace/name`.
    Service = 1000, "PX_SERVICE", "default/service";
    /// A pod, as `namespace/name`.
    Pod = 1001, "PX_POD", "default/pod";
    /// A container.
    Container = 1002, "PX_CONTAINER", "container";
    /// A namespace.
    Namespace = 1003, "PX_NAMESPACE", "default";
    /// A node.
    Node = 1004, "PX_NODE", "node";
    /// A list.
    List = 2000, "PX_LIST", "['a','b']";
    /// A list of texts; users separate them by commas.
    StringList = 2001, "PX_STRING_LIST", "a,b";
}

impl Vis {
    /// Reads a vis specification.
    ///
    /// # Errors
    ///
    /// All problems that were found, in the order of their places.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Diagnostics::new(text);
        let vis = decode::vis(text, &mut diagnostics);
        if diagnostics.is_empty() {
            Ok(vis.unwrap_or_default())
        } else {
            Err(diagnostics.finish())
        }
    }

    /// Returns true when there is something to run; else the script's `px.display` says what.
    #[must_use]
    pub fn has_calls(&self) -> bool {
        !self.functions.is_empty()
            || self
                .widgets
                .iter()
                .any(|widget| matches!(widget.source, Some(Source::Function(_))))
    }

    /// Returns the name of the table that a widget shows: of its global function, of itself, or,
    /// for a widget without a name, of its place.
    #[must_use]
    pub fn table_of(&self, index: usize) -> Option<String> {
        let widget = self.widgets.get(index)?;
        match &widget.source {
            Some(Source::Output(output)) => Some(output.to_string()),
            Some(Source::Function(_)) if widget.name.is_empty() => Some(format!("widget_{index}")),
            Some(Source::Function(_)) => Some(widget.name.to_string()),
            None => None,
        }
    }

    /// Returns all calls with the names of their outputs: global functions first, then widgets.
    fn all_calls(&self) -> Vec<(&Call, String)> {
        let global = self.functions.iter();
        let mut calls: Vec<_> = global
            .map(|function| (&function.call, function.output.to_string()))
            .collect();
        for (index, widget) in self.widgets.iter().enumerate() {
            if let (Some(Source::Function(call)), Some(table)) =
                (&widget.source, self.table_of(index))
            {
                calls.push((call, table));
            }
        }
        calls
    }
}

#[cfg(test)]
mod tests;
