//! What a script defines.

use super::Symbol;
use super::probe::bytes;
use crate::nesting;
use ruff_python_ast::{Expr, PySourceType, Stmt};
use ruff_python_parser::parse_unchecked_source;

/// Returns the names that a script defines at its top level, in the order of their first places.
pub fn symbols(script: &str) -> Vec<Symbol> {
    if nesting::check(script).is_err() {
        return Vec::new();
    }
    let parsed = parse_unchecked_source(script, PySourceType::Python);
    let mut found: Vec<Symbol> = Vec::new();
    for stmt in parsed.suite() {
        let symbol = match stmt {
            Stmt::FunctionDef(def) => Symbol {
                name: def.name.to_string(),
                is_function: true,
                range: bytes(def),
                name_range: bytes(&def.name),
            },
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [Expr::Name(name)] => Symbol {
                    name: name.id.to_string(),
                    is_function: false,
                    range: bytes(assign),
                    name_range: bytes(name),
                },
                _ => continue,
            },
            _ => continue,
        };
        let is_known = found.iter().any(|known| known.name == symbol.name);
        if !is_known && !symbol.name.is_empty() {
            found.push(symbol);
        }
    }
    found
}
