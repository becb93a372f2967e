//! A language server for PxL, on standard input and output.
//!
//! What it tells comes from [`nixie_pxl::editor`] and from the compiler; here it is only put into
//! the words of the Language Server Protocol. Every document is held whole, as the editor sends it.

mod answers;
mod text;
mod wire;

use crate::failure::{Exit, Failure};
use answers::{Answers, Documents};
use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, Exit as Leave, LogMessage,
    Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    Completion, DocumentSymbolRequest, HoverRequest, Initialize, Request as _, Shutdown,
    SignatureHelpRequest,
};
use lsp_types::{
    CompletionOptions, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, HoverProviderCapability, LogMessageParams, MessageType, OneOf,
    PositionEncodingKind, PublishDiagnosticsParams, ServerCapabilities, ServerInfo,
    SignatureHelpOptions, TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use nixie_pxl::TableDescriptions;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufRead, Write};
use wire::Wire;

/// LIMIT: documents that are open at the same time; more get no help.
const DOCUMENTS_MAX: usize = 256;

/// What the editor's server knows of tables, and where from.
pub(crate) struct Tables {
    pub(crate) catalog: TableDescriptions,
    /// Told to the editor's log.
    pub(crate) source: String,
}

/// Serves an editor until it says that it ends.
pub(crate) fn serve(tables: Tables) -> Result<(), Failure> {
    talk(Wire::new(io::stdin().lock(), io::stdout()), tables)
}

fn talk<R: BufRead, W: Write>(wire: Wire<R, W>, tables: Tables) -> Result<(), Failure> {
    let mut server = Server {
        wire,
        answers: Answers::new(tables.catalog),
        documents: Documents::new(),
    };
    if !server.initialize()? {
        return Ok(());
    }
    server.notify::<LogMessage>(LogMessageParams {
        typ: MessageType::INFO,
        message: tables.source,
    })?;
    let mut is_over = false;
    while let Some(message) = server.receive()? {
        match message {
            Message::Request(Request { id, .. }) if is_over => {
                let message = "the server was shut down".to_owned();
                let code = ErrorCode::InvalidRequest as i32;
                server.send(Response::new_err(id, code, message).into())?;
            }
            Message::Request(Request { id, method, .. }) if method == Shutdown::METHOD => {
                is_over = true;
                server.send(Response::new_ok(id, ()).into())?;
            }
            Message::Request(request) => {
                let response = server.answer(request);
                server.send(response.into())?;
            }
            Message::Notification(known) if known.method == Leave::METHOD => {
                break;
            }
            Message::Notification(notification) => server.take(notification)?,
            // Nothing is asked of the editor.
            Message::Response(_) => {}
        }
    }
    Ok(())
}

fn capabilities() -> ServerCapabilities {
    let strings = |texts: &[&str]| Some(texts.iter().map(|&text| text.to_owned()).collect());
    ServerCapabilities {
        position_encoding: Some(PositionEncodingKind::UTF16),
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: strings(&[".", "'", "\""]),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: strings(&["(", ","]),
            ..SignatureHelpOptions::default()
        }),
        document_symbol_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

struct Server<R, W> {
    wire: Wire<R, W>,
    answers: Answers,
    documents: Documents,
}

impl<R: BufRead, W: Write> Server<R, W> {
    /// Says what the server can; returns false if the editor ends before that.
    fn initialize(&mut self) -> Result<bool, Failure> {
        let capabilities = serde_json::json!({
            "capabilities": capabilities(),
            "serverInfo": ServerInfo {
                name: "px".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            },
        });
        while let Some(message) = self.receive()? {
            match message {
                Message::Request(Request { id, method, .. }) if method == Initialize::METHOD => {
                    self.send(Response::new_ok(id, capabilities).into())?;
                    return Ok(true);
                }
                Message::Request(Request { id, method, .. }) => {
                    let message = format!("expected `initialize`, got `{method}`");
                    let code = ErrorCode::ServerNotInitialized as i32;
                    self.send(Response::new_err(id, code, message).into())?;
                }
                Message::Notification(known) if known.method == Leave::METHOD => {
                    break;
                }
                Message::Notification(_) | Message::Response(_) => {}
            }
        }
        Ok(false)
    }

    fn receive(&mut self) -> Result<Option<Message>, Failure> {
        self.wire.receive().map_err(|error| broken(&error))
    }

    fn answer(&self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let documents = &self.documents;
        let answers = &self.answers;
        let result = match method.as_str() {
            Completion::METHOD => asked(params, |asked| answers.completion(documents, asked)),
            HoverRequest::METHOD => asked(params, |asked| answers.hover(documents, asked)),
            SignatureHelpRequest::METHOD => {
                asked(params, |asked| answers.signature_help(documents, asked))
            }
            DocumentSymbolRequest::METHOD => {
                asked(params, |asked| answers.symbols(documents, &asked))
            }
            other => {
                let message = format!("method `{other}` is not there");
                return Response::new_err(id, ErrorCode::MethodNotFound as i32, message);
            }
        };
        match result {
            Ok(value) => Response::new_ok(id, value),
            Err(error) => {
                let message = format!("parameters of `{method}` are not valid: {error}");
                Response::new_err(id, ErrorCode::InvalidParams as i32, message)
            }
        }
    }

    fn take(&mut self, notification: Notification) -> Result<(), Failure> {
        let Notification { method, params } = notification;
        let taken = match method.as_str() {
            DidOpenTextDocument::METHOD => {
                serde_json::from_value(params).map(|opened: DidOpenTextDocumentParams| {
                    let document = opened.text_document;
                    self.hold(document.uri, document.text, Some(document.version))
                })
            }
            DidChangeTextDocument::METHOD => {
                serde_json::from_value(params).map(|changed: DidChangeTextDocumentParams| {
                    let document = changed.text_document;
                    // With full synchronisation, the last change is the whole text.
                    match changed.content_changes.into_iter().next_back() {
                        Some(change) => {
                            self.hold(document.uri, change.text, Some(document.version))
                        }
                        None => Ok(()),
                    }
                })
            }
            DidCloseTextDocument::METHOD => {
                serde_json::from_value(params).map(|closed: DidCloseTextDocumentParams| {
                    let uri = closed.text_document.uri;
                    self.documents.remove(uri.as_str());
                    self.publish(uri, Vec::new(), None)
                })
            }
            _ => return Ok(()),
        };
        match taken {
            Ok(result) => result,
            Err(error) => {
                let message = format!("parameters of `{method}` are not valid: {error}");
                let typ = MessageType::ERROR;
                self.notify::<LogMessage>(LogMessageParams { typ, message })
            }
        }
    }

    fn hold(&mut self, uri: Uri, text: String, version: Option<i32>) -> Result<(), Failure> {
        if self.documents.len() >= DOCUMENTS_MAX && !self.documents.contains_key(uri.as_str()) {
            let message = format!("more than {DOCUMENTS_MAX} documents are open, close some");
            let typ = MessageType::WARNING;
            return self.notify::<LogMessage>(LogMessageParams { typ, message });
        }
        let diagnostics = self.answers.diagnostics(&text);
        self.documents.insert(uri.as_str().to_owned(), text);
        self.publish(uri, diagnostics, version)
    }

    fn publish(
        &mut self,
        uri: Uri,
        diagnostics: Vec<lsp_types::Diagnostic>,
        version: Option<i32>,
    ) -> Result<(), Failure> {
        self.notify::<PublishDiagnostics>(PublishDiagnosticsParams {
            uri,
            diagnostics,
            version,
        })
    }

    fn notify<N: lsp_types::notification::Notification>(
        &mut self,
        params: N::Params,
    ) -> Result<(), Failure>
    where
        N::Params: Serialize,
    {
        let message = Notification::new(N::METHOD.to_owned(), params);
        self.send(Message::Notification(message))
    }

    fn send(&mut self, message: Message) -> Result<(), Failure> {
        let sent = self.wire.send(&message);
        sent.map_err(|error| broken(&error))
    }
}

fn asked<P: DeserializeOwned, A: Serialize>(
    params: serde_json::Value,
    answer: impl FnOnce(P) -> A,
) -> Result<serde_json::Value, serde_json::Error> {
    let params = serde_json::from_value(params)?;
    serde_json::to_value(answer(params))
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(Exit::Failed, "talking to the editor failed")
        .caused_by(error)
        .hint("`px lsp` is started by an editor; see docs/howto/editor.md")
}
