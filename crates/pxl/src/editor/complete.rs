//! What could stand at a place.

use super::context::{Call, Context, Place, expression_before};
use super::probe::{Described, Known};
use super::{Completion, CompletionKind};
use crate::objects::module::Module;
use crate::{Catalog, CompileOptions};
use nixie_functions::Registry;

/// Words of the language that begin or join expressions.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "def", "else", "for", "from", "if", "import", "in", "not",
    "or", "return",
];

/// Parameters that name columns, for each method that takes some.
const COLUMN_PARAMETERS: &[(&str, &[&str])] = &[
    ("agg", &[]),
    ("drop", &["columns"]),
    ("groupby", &["by"]),
    ("merge", &["left_on"]),
    ("rolling", &["on"]),
];

/// Returns what could stand at a byte of a script, beginning with what has been typed.
pub fn complete(
    script: &str,
    offset: usize,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Vec<Completion> {
    let context = Context::of(script, offset);
    let known = Known {
        catalog,
        registry,
        options,
    };
    let mut items = candidates(script, &context, known);
    let typed = context.typed.to_lowercase();
    // `_` begins the names of what is not meant for scripts.
    let is_meant = |label: &str| {
        label.to_lowercase().starts_with(&typed)
            && (!label.starts_with('_') || typed.starts_with('_'))
    };
    items.retain(|item| is_meant(&item.label));
    items
}

/// Returns all that could stand at a place, whatever has been typed.
pub(super) fn candidates(script: &str, context: &Context<'_>, known: Known<'_>) -> Vec<Completion> {
    let probe = |expression: &str| known.probe(script, context, expression);
    match &context.place {
        Place::Elsewhere => Vec::new(),
        Place::Import => modules(),
        Place::Member { base } => match Module::importable(base) {
            // Behind `from`, where nothing is imported yet.
            Some(_) => imported(script, context, known, base),
            None => probe(base).map(|base| base.members).unwrap_or_default(),
        },
        Place::Name => {
            let mut items = context
                .call
                .as_ref()
                .map(|call| parameters(call, probe(call.callee)))
                .unwrap_or_default();
            items.extend(probe("").map(|here| here.names).unwrap_or_default());
            let keywords = KEYWORDS.iter().copied();
            items.extend(keywords.map(|word| Completion::new(word, CompletionKind::Keyword)));
            items
        }
        Place::Subscript { base } => probe(base).map(|base| base.keys).unwrap_or_default(),
        Place::TextArgument => context
            .call
            .as_ref()
            .map(|call| texts(script, context, known, call))
            .unwrap_or_default(),
    }
}

fn modules() -> Vec<Completion> {
    let item = |module: &Module| {
        Completion::new(module.name(), CompletionKind::Module).doc(super::doc_of(module.name()))
    };
    Module::IMPORTABLE.iter().map(item).collect()
}

/// Returns what a module holds, also when the script has not imported it.
fn imported(script: &str, context: &Context<'_>, known: Known<'_>, name: &str) -> Vec<Completion> {
    if let Some(found) = known.probe(script, context, name) {
        return found.members;
    }
    let with_import = format!("import {name}\n");
    let inner = Context {
        statement: with_import.len()..with_import.len(),
        indent: "",
        typed: "",
        place: Place::Name,
        call: None,
    };
    let found = known.probe(&with_import, &inner, name);
    found.map(|found| found.members).unwrap_or_default()
}

/// Returns the parameters of a call that can still be named.
fn parameters(call: &Call<'_>, callee: Option<Described>) -> Vec<Completion> {
    if call.keyword.is_some() {
        return Vec::new();
    }
    let signatures = callee.map(|callee| callee.signatures).unwrap_or_default();
    let Some(signature) = signatures.first() else {
        return Vec::new();
    };
    signature
        .parameters
        .iter()
        .filter_map(|parameter| {
            let name = parameter.split(['=', ':']).next()?.trim();
            let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            let is_given = call.before.contains(&format!("{name}="));
            // Functions over rows take their arguments by position.
            let is_named = is_name && !parameter.contains(':');
            (is_named && !is_given)
                .then(|| Completion::new(format!("{name}="), CompletionKind::Parameter))
        })
        .collect()
}

/// Returns the texts that an argument can be.
fn texts(
    script: &str,
    context: &Context<'_>,
    known: Known<'_>,
    call: &Call<'_>,
) -> Vec<Completion> {
    let (base, name) = match call.callee.rsplit_once('.') {
        Some((base, name)) => (base, name),
        None => ("", call.callee),
    };
    if name == "DataFrame" {
        return match (call.keyword, call.position) {
            (Some("table"), _) | (None, 0) => tables(known.catalog),
            (Some("select"), _) | (None, 1) => {
                let table = first_text(call.before);
                table
                    .map(|table| columns(known.catalog, table))
                    .unwrap_or_default()
            }
            _ => Vec::new(),
        };
    }
    let Some((_, parameters)) = COLUMN_PARAMETERS.iter().find(|(method, _)| *method == name) else {
        return Vec::new();
    };
    let frame = if call.keyword == Some("right_on") {
        call.before.split(',').next().unwrap_or_default().trim()
    } else {
        let is_column = parameters.is_empty()
            || call
                .keyword
                .is_some_and(|keyword| parameters.contains(&keyword))
            || (call.keyword.is_none() && call.position == 0);
        if !is_column {
            return Vec::new();
        }
        base
    };
    // A grouped DataFrame has the columns of the one that it was made of.
    let found = known.probe(script, context, frame).map(|found| found.keys);
    found.unwrap_or_default()
}

fn tables(catalog: &dyn Catalog) -> Vec<Completion> {
    let item = |name: String| {
        let doc = catalog.description(&name, None).unwrap_or_default();
        Completion::new(name, CompletionKind::Table).doc(doc)
    };
    catalog.table_names().into_iter().map(item).collect()
}

fn columns(catalog: &dyn Catalog, table: &str) -> Vec<Completion> {
    let Some(source) = catalog.table(table) else {
        return Vec::new();
    };
    let relation = crate::plan::Relation::of_table(source.as_ref());
    let columns = relation.columns.iter();
    columns
        .map(|column| column_item(column, catalog.description(table, Some(&column.name))))
        .collect()
}

/// Returns a column as an item.
pub(crate) fn column_item(column: &crate::plan::Column, doc: Option<String>) -> Completion {
    let detail = match column.semantic_type {
        nixie_types::SemanticType::None | nixie_types::SemanticType::Unspecified => {
            column.data_type.name().to_owned()
        }
        meaning => format!("{} {}", column.data_type.name(), meaning.name()),
    };
    Completion::new(column.name.to_string(), CompletionKind::Column)
        .detail(detail)
        .doc(doc.unwrap_or_default())
}

fn first_text(text: &str) -> Option<&str> {
    let start = text.find(['\'', '"'])?;
    let quote = text[start..].chars().next()?;
    let rest = &text[start + 1..];
    Some(&rest[..rest.find(quote)?])
}

/// Returns the expression around a word: `df.head` for `head`.
pub(super) fn whole<'s>(script: &'s str, context: &Context<'_>, end: usize) -> Option<&'s str> {
    expression_before(script, end, context.statement.start)
}
