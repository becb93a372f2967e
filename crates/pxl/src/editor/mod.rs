//! Help for editors: what could stand at a place of a script, and what does stand there.
//!
//! The script is run up to that place like any other, so that what is known of a DataFrame there
//! is what the compiler knows. Everything is data, made from the registries that the compiler
//! itself uses: tables, functions, modules, methods, and the keys of `ctx`. Scripts that are being
//! typed are mostly broken; what can be understood of one is used.
//!
//! | question | where |
//! |---|---|
//! | what kind of place is it | `context.rs` |
//! | what is the value of an expression there | `probe.rs` |
//! | what is said of names | `docs.rs` |

mod complete;
mod context;
mod docs;
mod hover;
mod probe;
mod signature;
mod symbols;

pub use complete::complete;
pub use hover::hover;
pub use signature::signature_help;
pub use symbols::symbols;

pub(crate) use complete::column_item;
pub(crate) use docs::doc_of;
pub(crate) use probe::{CURSOR, Cursor, Described};

use crate::{Catalog, CompileOptions, Diagnostic};
use nixie_functions::Registry;
use std::ops::Range;

/// All that is known of a script, and of a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// What is wrong with it. A script of which nothing is written yet is not wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The names that it defines.
    pub symbols: Vec<Symbol>,
    /// What can stand at the place, the likeliest first.
    pub completions: Vec<Completion>,
    /// What stands there.
    pub hover: Option<Hover>,
    /// The calls that could be meant there.
    pub signatures: Option<SignatureHelp>,
}

impl Help {
    /// Looks at a script, and at a byte in it.
    #[must_use]
    pub fn of(
        script: &str,
        offset: Option<usize>,
        catalog: &dyn Catalog,
        registry: &Registry,
        options: &CompileOptions,
    ) -> Self {
        let mut help = Self {
            diagnostics: diagnostics(script, catalog, registry, options),
            symbols: symbols(script),
            completions: Vec::new(),
            hover: None,
            signatures: None,
        };
        if let Some(offset) = offset {
            help.completions = complete(script, offset, catalog, registry, options);
            help.hover = hover(script, offset, catalog, registry, options);
            help.signatures = signature_help(script, offset, catalog, registry, options);
        }
        help
    }
}

/// Returns what is wrong with a script that is being written.
#[must_use]
pub fn diagnostics(
    script: &str,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Vec<Diagnostic> {
    let compiled = crate::compile(script, catalog, registry, options);
    let mut errors = compiled.err().unwrap_or_default();
    errors.retain(|error| error.code != "empty-script");
    errors
}

/// Something that can stand at a place of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The name.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// Its type or its parameters, in a few words; may be empty.
    pub detail: String,
    /// What it does or holds; may be empty.
    pub doc: String,
}

impl Completion {
    pub(crate) fn new(label: impl Into<String>, kind: CompletionKind) -> Self {
        Self {
            label: label.into(),
            kind,
            detail: String::new(),
            doc: String::new(),
        }
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    pub(crate) fn doc(mut self, doc: impl Into<String>) -> Self {
        self.doc = doc.into();
        self
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A column of a DataFrame or a table.
    Column,
    /// A value that is part of a module.
    Constant,
    /// A key of `df.ctx`.
    ContextKey,
    /// A function.
    Function,
    /// A word of the language.
    Keyword,
    /// A method of a DataFrame.
    Method,
    /// A module.
    Module,
    /// A parameter of a function.
    Parameter,
    /// A table.
    Table,
    /// A type that annotations and casts name.
    Type,
    /// A name that the script defines.
    Variable,
}

/// What stands at a place of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The bytes of the script that it is about.
    pub range: Range<usize>,
    /// What it is.
    pub item: Completion,
}

/// The calls that could be meant at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureHelp {
    /// One entry for each list of types that the function takes.
    pub signatures: Vec<Signature>,
    /// The parameter that is being typed, if it is one of them.
    pub active_parameter: Option<usize>,
}

/// How a function is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The whole, for example `head(n)`.
    pub label: String,
    /// The parameters as they stand in the label.
    pub parameters: Vec<String>,
    /// What the function does.
    pub doc: String,
}

/// A name that a script defines at its top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name.
    pub name: String,
    /// True for a function, false for a value.
    pub is_function: bool,
    /// The bytes of the definition.
    pub range: Range<usize>,
    /// The bytes of the name.
    pub name_range: Range<usize>,
}

#[cfg(test)]
mod tests;
