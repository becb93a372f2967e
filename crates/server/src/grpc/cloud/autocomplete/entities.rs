//! What can be completed to: scripts, and what runs on the host or in its cluster.
//!
//! Without Kubernetes, systemd units are the services, and the host is the node.

use super::likeness::{Fit, fit};
use crate::schedule::{LibraryScript, ScriptLibrary};
use nixie_api::proto::cloudapi::AutocompleteEntityKind as Kind;
use nixie_api::proto::cloudapi::{AutocompleteEntityState as State, AutocompleteSuggestion};
use nixie_metadata::Metadata;
use nixie_metadata::kubernetes::PodPhase;
use nixie_pxl::vis::{VariableKind, Vis};
use std::collections::BTreeSet;

/// LIMIT: suggestions for one word; there may be more matches.
const SUGGESTIONS_MAX: usize = 10;

/// Something that has a name.
struct Entity {
    kind: Kind,
    name: String,
    description: String,
    state: State,
}

/// What fits best, and whether there is more.
pub(super) struct Suggestions {
    pub(super) best: Vec<AutocompleteSuggestion>,
    pub(super) has_more: bool,
}

/// Returns what fits a word. Scripts are told only if they take arguments of the kinds `takes`.
pub(super) fn suggestions(
    typed: &str,
    kinds: &[Kind],
    takes: &[Kind],
    library: &ScriptLibrary,
    metadata: &Metadata,
) -> Suggestions {
    let mut found: Vec<(Fit, Entity)> = Vec::new();
    for kind in kinds {
        for entity in entities(*kind, takes, library, metadata) {
            found.extend(fit(typed, &entity.name).map(|fit| (fit, entity)));
        }
    }
    found.sort_by(|a, b| {
        a.0.rank
            .cmp(&b.0.rank)
            .then_with(|| a.1.name.cmp(&b.1.name))
    });
    let has_more = found.len() > SUGGESTIONS_MAX;
    found.truncate(SUGGESTIONS_MAX);
    let suggestion = |(fit, entity): (Fit, Entity)| AutocompleteSuggestion {
        kind: entity.kind.into(),
        name: entity.name,
        description: entity.description,
        matched_indexes: fit.places,
        state: entity.state.into(),
    };
    Suggestions {
        best: found.into_iter().map(suggestion).collect(),
        has_more,
    }
}

/// Returns the kinds of the arguments that a script cannot do without.
pub(super) fn required(script: &LibraryScript) -> Vec<Kind> {
    let is_required = |variable: &nixie_pxl::vis::Variable| variable.default.is_none();
    kinds_of(script, is_required)
}

fn kinds_of(
    script: &LibraryScript,
    is_meant: impl Fn(&nixie_pxl::vis::Variable) -> bool,
) -> Vec<Kind> {
    let vis = script.vis.as_deref().map(Vis::parse);
    // Those that come with px have been checked.
    let Some(Ok(vis)) = vis else {
        return Vec::new();
    };
    let variables = vis.variables.iter().filter(|variable| is_meant(variable));
    let kind = |variable: &nixie_pxl::vis::Variable| match variable.kind {
        VariableKind::Pod => Kind::AekPod,
        VariableKind::Service => Kind::AekSvc,
        VariableKind::Namespace => Kind::AekNamespace,
        VariableKind::Node => Kind::AekNode,
        _ => Kind::AekUnknown,
    };
    variables.map(kind).collect()
}

fn entities(
    kind: Kind,
    takes: &[Kind],
    library: &ScriptLibrary,
    metadata: &Metadata,
) -> Vec<Entity> {
    let cluster = metadata.kubernetes();
    let running = |name: String| entity(kind, name, State::AesRunning);
    match kind {
        Kind::AekScript => {
            let scripts = library.scripts.iter().filter(|script| {
                // Most ask for any script; then there is no need to read what each takes.
                takes.is_empty() || {
                    let given = kinds_of(script, |_| true);
                    takes.iter().all(|kind| given.contains(kind))
                }
            });
            let told = |script: &LibraryScript| Entity {
                description: script.description.clone(),
                ..entity(kind, script.name.clone(), State::AesUnknown)
            };
            scripts.map(told).collect()
        }
        Kind::AekPod => {
            let pods = cluster.pods().into_iter();
            pods.map(|pod| {
                let state = if pod.stop_time_ns > 0 {
                    State::AesTerminated
                } else {
                    state(pod.phase)
                };
                entity(kind, pod.full_name(), state)
            })
            .collect()
        }
        Kind::AekSvc if cluster.is_empty() => {
            let processes = metadata.processes();
            let alive = processes
                .iter()
                .filter(|process| process.exit_time_ns.is_none());
            let units: BTreeSet<String> =
                alive.filter_map(|process| process.unit.clone()).collect();
            units.into_iter().map(running).collect()
        }
        Kind::AekSvc => {
            let services = cluster.services().into_iter();
            services
                .map(|service| running(service.full_name()))
                .collect()
        }
        Kind::AekNamespace => {
            let namespaces = cluster.namespaces().into_iter();
            namespaces
                .map(|namespace| running(namespace.name.clone()))
                .collect()
        }
        Kind::AekNode if cluster.is_empty() => vec![running(metadata.hostname().to_owned())],
        Kind::AekNode => {
            let nodes = cluster.nodes().into_iter();
            nodes.map(|node| running(node.name.clone())).collect()
        }
        Kind::AekUnknown => Vec::new(),
    }
}

const fn entity(kind: Kind, name: String, state: State) -> Entity {
    Entity {
        kind,
        name,
        description: String::new(),
        state,
    }
}

const fn state(phase: PodPhase) -> State {
    match phase {
        PodPhase::Pending => State::AesPending,
        PodPhase::Running => State::AesRunning,
        PodPhase::Failed => State::AesFailed,
        PodPhase::Succeeded | PodPhase::Terminated => State::AesTerminated,
        PodPhase::Unknown => State::AesUnknown,
    }
}
