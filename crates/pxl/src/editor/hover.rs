//! What stands at a place.

use super::complete::{candidates, whole};
use super::context::{Context, Place, word_after, word_before};
use super::probe::Known;
use super::{Completion, CompletionKind, Hover};
use crate::{Catalog, CompileOptions};
use nixie_functions::Registry;

/// Returns what the word at a byte of a script is.
pub fn hover(
    script: &str,
    offset: usize,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Option<Hover> {
    let offset = script.floor_char_boundary(offset.min(script.len()));
    let start = offset - word_before(&script[..offset]).len();
    let end = offset + word_after(&script[offset..]).len();
    let word = script.get(start..end).filter(|word| !word.is_empty())?;
    let known = Known {
        catalog,
        registry,
        options,
    };
    let context = Context::of(script, start);
    let named = candidates(script, &context, known)
        .into_iter()
        .find(|item| item.label == word);
    let is_code = matches!(context.place, Place::Member { .. } | Place::Name);
    // What the value itself tells: more than its place among others does.
    let value = is_code
        .then(|| known.probe(script, &context, whole(script, &context, end)?))
        .flatten();
    let mut item = match (named, &value) {
        (Some(item), _) => item,
        // A DataFrame would take any name for that of a column.
        (None, Some(_)) if context.place == Place::Name => {
            Completion::new(word, CompletionKind::Variable)
        }
        _ => return None,
    };
    if let Some(value) = value {
        if item.detail.is_empty() {
            item.detail = match value.signatures.as_slice() {
                [] => value.detail,
                forms => {
                    let labels: Vec<_> = forms.iter().map(|form| form.label.as_str()).collect();
                    labels.join("\n")
                }
            };
        }
        if item.doc.is_empty() {
            item.doc = value.doc;
        }
    }
    let range = start..end;
    (!item.detail.is_empty() || !item.doc.is_empty()).then_some(Hover { range, item })
}
