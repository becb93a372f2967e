//! `AutocompleteService`: what could be meant by what has been typed so far.

mod entities;
mod likeness;
mod words;

use crate::cluster::Cluster;
use crate::schedule::LibraryScript;
use crate::state::ServerState;
use entities::{Suggestions, required, suggestions};
use nixie_api::proto::cloudapi::AutocompleteEntityKind as Kind;
use nixie_api::proto::cloudapi::autocomplete_service_server::AutocompleteService;
use nixie_api::proto::cloudapi::{
    AutocompleteFieldRequest, AutocompleteFieldResponse, AutocompleteRequest, AutocompleteResponse,
    TabSuggestion,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use words::{Word, formatted, words};

/// LIMIT: bytes of an input.
const INPUT_BYTES_MAX: usize = 4096;

/// Kinds that a word may be of that does not say it, in the order of their suggestions.
const ALL: [Kind; 5] = [
    Kind::AekScript,
    Kind::AekSvc,
    Kind::AekPod,
    Kind::AekNamespace,
    Kind::AekNode,
];

/// Completes what is typed.
pub(crate) struct Autocomplete(pub(crate) Arc<ServerState>);

impl Autocomplete {
    fn suggestions(&self, typed: &str, kinds: &[Kind], takes: &[Kind]) -> Suggestions {
        let library = self.0.schedule.bundled();
        suggestions(typed, kinds, takes, library, self.0.agent.metadata())
    }

    /// Returns the script that words name, if they do.
    fn script(&self, words: &[Word]) -> Option<&LibraryScript> {
        let mut scripts = self.0.schedule.bundled().scripts.iter();
        scripts.find(|script| words.iter().any(|word| word.name == script.name))
    }

    /// Returns whether words name a script and all that it cannot do without.
    fn is_executable(&self, words: &[Word]) -> bool {
        self.script(words).is_some_and(|script| {
            let given: Vec<&Word> = words
                .iter()
                .filter(|word| word.name != script.name && !word.name.is_empty())
                .collect();
            let is_given = |kind: Kind| given.iter().any(|word| word.kind == kind);
            required(script).into_iter().all(is_given)
        })
    }

    /// Returns what each word could be; the other words stay as they are.
    fn tabs(&self, words: &[Word]) -> Vec<TabSuggestion> {
        let tab = |(index, word): (usize, &Word)| {
            let kinds = match word.kind {
                Kind::AekUnknown => &ALL[..],
                _ => std::slice::from_ref(&word.kind),
            };
            let suggestions = self.suggestions(&word.name, kinds, &[]).best;
            let mut selected = words.to_vec();
            if let (Some(first), Some(word)) = (suggestions.first(), selected.get_mut(index)) {
                word.kind = first.kind();
                word.name.clone_from(&first.name);
            }
            TabSuggestion {
                tab_index: i64::try_from(index + 1).unwrap_or(i64::MAX),
                executable_after_select: self.is_executable(&selected),
                suggestions,
            }
        };
        words.iter().enumerate().map(tab).collect()
    }
}

/// Refuses other clusters, and inputs that nobody types.
fn check(own: &Cluster, cluster: &str, input: &str) -> Result<(), Status> {
    if input.len() > INPUT_BYTES_MAX {
        return Err(Status::invalid_argument(format!(
            "input of {} bytes exceeds the limit of {INPUT_BYTES_MAX} bytes",
            input.len()
        )));
    }
    own.check_named(cluster)
}

#[tonic::async_trait]
impl AutocompleteService for Autocomplete {
    async fn autocomplete(
        &self,
        request: Request<AutocompleteRequest>,
    ) -> Result<Response<AutocompleteResponse>, Status> {
        let request = request.into_inner();
        check(&self.0.cluster, &request.cluster_uid, &request.input)?;
        let words = words(&request.input);
        let cursor = usize::try_from(request.cursor_pos).unwrap_or_default();
        Ok(Response::new(AutocompleteResponse {
            formatted_input: formatted(&words, cursor),
            is_executable: self.is_executable(&words),
            tab_suggestions: self.tabs(&words),
        }))
    }

    async fn autocomplete_field(
        &self,
        request: Request<AutocompleteFieldRequest>,
    ) -> Result<Response<AutocompleteFieldResponse>, Status> {
        let request = request.into_inner();
        check(&self.0.cluster, &request.cluster_uid, &request.input)?;
        let kinds = match request.field_type() {
            Kind::AekUnknown => ALL.to_vec(),
            kind => vec![kind],
        };
        let takes: Vec<Kind> = request.required_arg_types().collect();
        let Suggestions { best, has_more } = self.suggestions(&request.input, &kinds, &takes);
        Ok(Response::new(AutocompleteFieldResponse {
            suggestions: best,
            has_additional_matches: has_more,
        }))
    }
}
