//! What an editor asks of an agent, and what it is told. Lines and columns are from 1, columns in
//! characters.

use crate::Diagnostic;
use serde::{Deserialize, Serialize};

/// A script that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorRequest {
    /// Its text.
    pub script: String,
    /// Where the caret is; without it nothing is said of a place.
    #[serde(default)]
    pub caret: Option<Caret>,
}

/// A place between two characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caret {
    /// Its line.
    pub line: usize,
    /// The column of the character behind it.
    pub column: usize,
}

/// What is known of a script, and of the place of the caret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorResponse {
    /// What is wrong with the script.
    pub diagnostics: Vec<Diagnostic>,
    /// What the script defines, in order.
    pub symbols: Vec<SymbolItem>,
    /// What can stand at the caret, the likeliest first.
    pub completions: Vec<CompletionItem>,
    /// What stands there.
    pub hover: Option<HoverItem>,
    /// The calls that could be meant there.
    pub signatures: Vec<SignatureItem>,
    /// The parameter that is being typed, from 0.
    pub active_parameter: Option<usize>,
}

/// A name that a script defines at its top level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SymbolItem {
    /// The name.
    pub name: String,
    /// True for a function, false for a value.
    pub is_function: bool,
    /// Where its definition begins.
    pub start: Caret,
    /// Where that ends.
    pub end: Caret,
}

/// Something that can stand at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletionItem {
    /// The name.
    pub label: String,
    /// `column`, `constant`, `context_key`, `function`, `keyword`, `method`, `module`,
    /// `parameter`, `table`, `type` or `variable`.
    pub kind: String,
    /// Its type or its parameters; may be empty.
    pub detail: String,
    /// What it does or holds; may be empty.
    pub doc: String,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoverItem {
    /// What it is.
    #[serde(flatten)]
    pub item: CompletionItem,
    /// Where it begins.
    pub start: Caret,
    /// Where it ends.
    pub end: Caret,
}

/// How a function is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureItem {
    /// The whole, for example `head(n)`.
    pub label: String,
    /// The parameters as they stand in the label.
    pub parameters: Vec<String>,
    /// What the function does.
    pub doc: String,
}
