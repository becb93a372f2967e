//! Finds out what the value of an expression is at a place: the statement there is replaced by a
//! call of [`CURSOR`], and the script is run.

use super::context::Context;
use super::{Completion, Signature};
use crate::diagnostics::Diagnostics;
use crate::eval::Evaluator;
use crate::{Catalog, CompileOptions, FunctionCall, nesting};
use nixie_functions::Registry;
use ruff_python_ast::{Expr, PySourceType, Stmt, StmtFunctionDef};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;
use std::collections::BTreeMap;

/// The function that tells what it is called with; no script has one of that name.
pub(crate) const CURSOR: &str = "__cursor__";

/// A time that texts in arguments of functions are taken for.
const SOME_TEXT: &str = "-5m";

/// Records what is seen at the place.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    /// What the expression is, the first time that it is evaluated.
    pub(crate) seen: Option<Described>,
}

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    /// What it is, in a few words.
    pub(crate) detail: String,
    /// What it does.
    pub(crate) doc: String,
    /// What can follow behind a dot.
    pub(crate) members: Vec<Completion>,
    /// What can stand in quotes in brackets.
    pub(crate) keys: Vec<Completion>,
    /// How it can be called.
    pub(crate) signatures: Vec<Signature>,
    /// The names that are known at the place.
    pub(crate) names: Vec<Completion>,
}

/// What the compiler knows besides the script.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) catalog: &'k dyn Catalog,
    pub(super) registry: &'k Registry,
    pub(super) options: &'k CompileOptions,
}

impl Known<'_> {
    /// Returns what an expression is at a place of a script; an empty one tells the names there.
    pub(super) fn probe(
        self,
        script: &str,
        context: &Context<'_>,
        expression: &str,
    ) -> Option<Described> {
        let (before, after) = (
            &script[..context.statement.start],
            &script[context.statement.end..],
        );
        let indent = context.indent;
        let source = format!("{before}{indent}{CURSOR}({expression})\n{after}");
        nesting::check(&source).ok()?;
        let parsed = parse_unchecked_source(&source, PySourceType::Python);
        let body = parsed.suite();
        let place = before.len();
        let around = body.iter().find_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if def.range.contains_inclusive(offset(place)) => Some(def),
            _ => None,
        });
        let functions: Vec<FunctionCall> = around.into_iter().map(call_of).collect();
        let lists = crate::eval::exec::parse_lists(&functions, &self.options.arguments);
        let mut diagnostics = Diagnostics::new(&source);
        let evaluator = Evaluator::new(
            self.catalog,
            self.registry,
            self.options,
            &functions,
            &lists,
            &mut diagnostics,
        );
        evaluator.run_to_cursor(body).seen
    }
}

fn offset(at: usize) -> ruff_text_size::TextSize {
    ruff_text_size::TextSize::try_from(at).unwrap_or_default()
}

/// Returns a call of a function that the script may not call itself, as those for widgets.
fn call_of(def: &StmtFunctionDef) -> FunctionCall {
    let argument = |annotation: Option<&Expr>| match annotation.and_then(Expr::as_name_expr) {
        Some(name) if name.id == "int" => "1",
        Some(name) if name.id == "float" => "1.0",
        Some(name) if name.id == "bool" => "true",
        Some(name) if name.id == "list" => "[]",
        _ => SOME_TEXT,
    };
    let params = def.parameters.iter_non_variadic_params();
    let arguments: BTreeMap<String, String> = params
        .map(|param| {
            let value = argument(param.parameter.annotation());
            (param.name().as_str().to_owned(), value.to_owned())
        })
        .collect();
    FunctionCall {
        function: def.name.as_str().to_owned(),
        arguments,
        output: CURSOR.to_owned(),
    }
}

/// Returns the bytes of a part of the syntax tree.
pub(super) fn bytes(node: &impl Ranged) -> std::ops::Range<usize> {
    node.range().start().to_usize()..node.range().end().to_usize()
}
