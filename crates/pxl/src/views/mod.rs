//! The library module `pxviews`: tables that many scripts want, written in PxL.
//!
//! Its text is part of the compiler. It is parsed once in the life of the program; its functions
//! are evaluated where they are called, as those of a script are.

use crate::diagnostics::Diagnostics;
use crate::parse;
use ruff_python_ast::{ModModule, Stmt};
use std::sync::LazyLock;

/// One module in several files.
const TEXT: &str = concat!(
    include_str!("pxviews/common.pxl"),
    "\n\n",
    include_str!("pxviews/http.pxl"),
    "\n\n",
    include_str!("pxviews/http_graph.pxl"),
    "\n\n",
    include_str!("pxviews/network.pxl"),
    "\n\n",
    include_str!("pxviews/processes.pxl"),
    "\n\n",
    include_str!("pxviews/profiles.pxl"),
);

static MODULE: LazyLock<Option<ModModule>> =
    LazyLock::new(|| parse::parse(TEXT, &mut Diagnostics::new(TEXT)).ok());

/// Returns the statements of the module; its text is right, as a test shows.
pub(crate) fn body() -> &'static [Stmt] {
    MODULE.as_ref().map_or(&[], |module| &module.body)
}

/// Returns the names of the views, in the order of the text.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    body().iter().filter_map(|stmt| match stmt {
        Stmt::FunctionDef(def) if !def.name.starts_with('_') => Some(def.name.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_views_is_right() {
        let mut diagnostics = Diagnostics::new(TEXT);
        let parsed = parse::parse(TEXT, &mut diagnostics);
        assert!(parsed.is_ok(), "{:?}", diagnostics.finish());
        assert_eq!(names().count(), 12);
    }
}
