//! Tells an editor of a script that is being written.

use crate::http::answer::{Answer, Body, Refused, read, report};
use crate::http::query::diagnostics;
use crate::state::ServerState;
use crate::turn::planned;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nixie_api::{
    Caret, CompletionItem, EditorRequest, EditorResponse, ErrorKind, HoverItem, SignatureItem,
    SymbolItem,
};
use nixie_pxl::editor::{Completion, CompletionKind, Help};
use std::ops::Range;
use std::sync::Arc;

pub(super) async fn help(
    State(state): State<Arc<ServerState>>,
    body: Body,
) -> Answer<EditorResponse> {
    let request: EditorRequest = read(body, "question of an editor")?;
    let own = Arc::clone(&state);
    let helped = planned(&state.query_handle, move || {
        let EditorRequest { script, caret } = request;
        let offset = caret.map(|caret| offset(&script, caret));
        let help = own.agent.engine().editor_help(&script, offset);
        answer(&script, help)
    });
    helped.await.map(Json).map_err(|status| {
        let report = report(ErrorKind::Query, status.message().to_owned());
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, report)
    })
}

fn answer(script: &str, help: Help) -> EditorResponse {
    let places = |range: &Range<usize>| (caret(script, range.start), caret(script, range.end));
    let symbols = help.symbols.into_iter().map(|symbol| {
        let (start, end) = places(&symbol.range);
        SymbolItem {
            name: symbol.name,
            is_function: symbol.is_function,
            start,
            end,
        }
    });
    let hover = help.hover.map(|hover| {
        let (start, end) = places(&hover.range);
        let item = item(hover.item);
        HoverItem { item, start, end }
    });
    let signatures = help.signatures.unwrap_or_default();
    let active_parameter = signatures.active_parameter;
    let signatures = signatures.signatures.into_iter();
    EditorResponse {
        diagnostics: diagnostics(help.diagnostics),
        symbols: symbols.collect(),
        completions: help.completions.into_iter().map(item).collect(),
        hover,
        signatures: signatures
            .map(|signature| SignatureItem {
                label: signature.label,
                parameters: signature.parameters,
                doc: signature.doc,
            })
            .collect(),
        active_parameter,
    }
}

fn item(completion: Completion) -> CompletionItem {
    let kind = match completion.kind {
        CompletionKind::Column => "column",
        CompletionKind::Constant => "constant",
        CompletionKind::ContextKey => "context_key",
        CompletionKind::Function => "function",
        CompletionKind::Keyword => "keyword",
        CompletionKind::Method => "method",
        CompletionKind::Module => "module",
        CompletionKind::Parameter => "parameter",
        CompletionKind::Table => "table",
        CompletionKind::Type => "type",
        CompletionKind::Variable => "variable",
    };
    CompletionItem {
        label: completion.label,
        kind: kind.to_owned(),
        detail: completion.detail,
        doc: completion.doc,
    }
}

/// Returns the byte of a place; the nearest one for a place that is not there.
fn offset(script: &str, caret: Caret) -> usize {
    let before = caret.line.saturating_sub(1);
    let mut lines = script.split_inclusive('\n');
    let start: usize = lines.by_ref().take(before).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches('\n');
    let chars = line.chars().take(caret.column.saturating_sub(1));
    start + chars.map(char::len_utf8).sum::<usize>()
}

/// Returns the place of a byte.
fn caret(script: &str, offset: usize) -> Caret {
    let before = &script[..script.floor_char_boundary(offset.min(script.len()))];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Caret {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bytes_and_back() {
        let script = "import px\né = 1\n";
        for (line, column, byte) in [(1, 1, 0), (1, 10, 9), (2, 1, 10), (2, 2, 12), (3, 1, 17)] {
            let place = Caret { line, column };
            assert_eq!(offset(script, place), byte);
            assert_eq!(caret(script, byte), place);
        }
        for (line, column, byte) in [(0, 0, 0), (1, 99, 9), (99, 1, 17)] {
            assert_eq!(offset(script, Caret { line, column }), byte);
        }
        // Within a character, and behind the end.
        assert_eq!(caret(script, 11), Caret { line: 2, column: 1 });
        assert_eq!(caret(script, 99), Caret { line: 3, column: 1 });
    }
}
