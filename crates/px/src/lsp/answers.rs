//! What the compiler knows, in the words of the protocol.

use super::text;
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionParams, DiagnosticSeverity, DocumentSymbol,
    DocumentSymbolParams, Documentation, Hover, HoverContents, HoverParams, MarkupContent,
    MarkupKind, NumberOrString, ParameterInformation, ParameterLabel, SignatureHelp,
    SignatureHelpParams, SignatureInformation, SymbolKind, TextDocumentPositionParams,
};
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_pxl::editor::{self, Completion, CompletionKind};
use nixie_pxl::{CompileOptions, TableDescriptions};
use nixie_types::clock;
use std::collections::HashMap;
use std::sync::Arc;

/// Asks the compiler.
pub(super) struct Answers {
    catalog: TableDescriptions,
    registry: Registry,
}

/// The texts of documents by their addresses.
pub(super) type Documents = HashMap<String, String>;

impl Answers {
    pub(super) fn new(catalog: TableDescriptions) -> Self {
        // No script runs here, so that functions need to know of no process.
        let metadata = Metadata::new(String::new(), 0);
        Self {
            catalog,
            registry: Registry::new(Arc::new(metadata)),
        }
    }

    fn options() -> CompileOptions {
        CompileOptions {
            now_ns: clock::now_ns(),
            ..CompileOptions::default()
        }
    }

    pub(super) fn diagnostics(&self, script: &str) -> Vec<lsp_types::Diagnostic> {
        let (catalog, registry) = (&self.catalog, &self.registry);
        let errors = editor::diagnostics(script, catalog, registry, &Self::options());
        errors
            .into_iter()
            .map(|error| {
                let message = match &error.help {
                    Some(help) => format!("{}\nhelp: {help}", error.message),
                    None => error.message.clone(),
                };
                lsp_types::Diagnostic {
                    range: text::range_of_chars(script, error.line, error.column, error.width),
                    severity: Some(DiagnosticSeverity::ERROR),
                    code: Some(NumberOrString::String(error.code.to_owned())),
                    source: Some("px".to_owned()),
                    message,
                    ..lsp_types::Diagnostic::default()
                }
            })
            .collect()
    }

    pub(super) fn completion(
        &self,
        documents: &Documents,
        params: CompletionParams,
    ) -> Vec<CompletionItem> {
        let Some((script, offset)) = place(documents, &params.text_document_position) else {
            return Vec::new();
        };
        let (catalog, registry) = (&self.catalog, &self.registry);
        let items = editor::complete(script, offset, catalog, registry, &Self::options());
        let numbered = items.into_iter().enumerate();
        numbered
            .map(|(number, item)| completion_item(number, item))
            .collect()
    }

    pub(super) fn hover(&self, documents: &Documents, params: HoverParams) -> Option<Hover> {
        let (script, offset) = place(documents, &params.text_document_position_params)?;
        let (catalog, registry) = (&self.catalog, &self.registry);
        let found = editor::hover(script, offset, catalog, registry, &Self::options())?;
        let Completion {
            label, detail, doc, ..
        } = found.item;
        let head = if detail.is_empty() || detail.contains('(') {
            detail
        } else {
            format!("{label}: {detail}")
        };
        let head = if head.is_empty() { label } else { head };
        let value = format!("```python\n{head}\n```\n\n{doc}");
        Some(Hover {
            contents: HoverContents::Markup(markdown(value.trim_end().to_owned())),
            range: Some(text::range(script, &found.range)),
        })
    }

    pub(super) fn signature_help(
        &self,
        documents: &Documents,
        params: SignatureHelpParams,
    ) -> Option<SignatureHelp> {
        let (script, offset) = place(documents, &params.text_document_position_params)?;
        let (catalog, registry) = (&self.catalog, &self.registry);
        let help = editor::signature_help(script, offset, catalog, registry, &Self::options())?;
        let active_parameter = help
            .active_parameter
            .and_then(|place| u32::try_from(place).ok());
        let signatures = help.signatures.into_iter().map(|signature| {
            let parameters = signature.parameters.into_iter();
            let parameters = parameters.map(|parameter| ParameterInformation {
                label: ParameterLabel::Simple(parameter),
                documentation: None,
            });
            SignatureInformation {
                label: signature.label,
                documentation: documentation(signature.doc),
                parameters: Some(parameters.collect()),
                active_parameter,
            }
        });
        Some(SignatureHelp {
            signatures: signatures.collect(),
            active_signature: Some(0),
            active_parameter,
        })
    }

    #[allow(
        clippy::unused_self,
        reason = "the answers to all requests are methods of one value"
    )]
    pub(super) fn symbols(
        &self,
        documents: &Documents,
        params: &DocumentSymbolParams,
    ) -> Vec<DocumentSymbol> {
        let Some(script) = documents.get(params.text_document.uri.as_str()) else {
            return Vec::new();
        };
        editor::symbols(script)
            .into_iter()
            .map(|symbol| {
                let kind = if symbol.is_function {
                    SymbolKind::FUNCTION
                } else {
                    SymbolKind::VARIABLE
                };
                #[allow(
                    deprecated,
                    reason = "the type has a deprecated field, and no other way to be made"
                )]
                DocumentSymbol {
                    name: symbol.name,
                    detail: None,
                    kind,
                    tags: None,
                    deprecated: None,
                    range: text::range(script, &symbol.range),
                    selection_range: text::range(script, &symbol.name_range),
                    children: None,
                }
            })
            .collect()
    }
}

fn place<'d>(
    documents: &'d Documents,
    position: &TextDocumentPositionParams,
) -> Option<(&'d str, usize)> {
    let script = documents.get(position.text_document.uri.as_str())?;
    Some((script, text::offset(script, position.position)))
}

fn completion_item(number: usize, item: Completion) -> CompletionItem {
    let kind = match item.kind {
        CompletionKind::Column => CompletionItemKind::FIELD,
        CompletionKind::Constant => CompletionItemKind::CONSTANT,
        CompletionKind::ContextKey => CompletionItemKind::PROPERTY,
        CompletionKind::Function => CompletionItemKind::FUNCTION,
        CompletionKind::Keyword => CompletionItemKind::KEYWORD,
        CompletionKind::Method => CompletionItemKind::METHOD,
        CompletionKind::Module => CompletionItemKind::MODULE,
        CompletionKind::Parameter | CompletionKind::Variable => CompletionItemKind::VARIABLE,
        CompletionKind::Table => CompletionItemKind::STRUCT,
        CompletionKind::Type => CompletionItemKind::CLASS,
    };
    CompletionItem {
        label: item.label,
        kind: Some(kind),
        detail: Some(item.detail).filter(|detail| !detail.is_empty()),
        documentation: documentation(item.doc),
        // Columns stand before methods, as they come.
        sort_text: Some(format!("{number:05}")),
        ..CompletionItem::default()
    }
}

fn documentation(doc: String) -> Option<Documentation> {
    (!doc.is_empty()).then(|| Documentation::MarkupContent(markdown(doc)))
}

const fn markdown(value: String) -> MarkupContent {
    MarkupContent {
        kind: MarkupKind::Markdown,
        value,
    }
}
