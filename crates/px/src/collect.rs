//! The one place that knows the collector.

use crate::failure::Failure;
use nixie_collector::{Collector, Config, Scope};
use nixie_metadata::Metadata;
use nixie_types::{Sink, TableSpec};
use std::sync::Arc;

/// Returns the tables that the collector fills.
pub(crate) fn tables() -> Vec<&'static TableSpec> {
    nixie_collector::tables()
}

/// Returns the tables that scripts know and that no source fills yet.
pub(crate) fn awaited_tables() -> Vec<&'static TableSpec> {
    nixie_collector::awaited_tables()
}

/// Starts to trace the processes in a scope, and returns once nothing is missed any more.
pub(crate) fn start_collector(
    scope: &Scope,
    metadata: Arc<Metadata>,
    sink: Arc<dyn Sink>,
) -> Result<Collector, Failure> {
    let config = Config::new(scope.clone());
    Collector::start(&config, metadata, sink).map_err(|error| {
        let failure = Failure::of(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// Returns a store of what is known of this host's processes.
pub(crate) fn metadata() -> Arc<Metadata> {
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    Arc::new(Metadata::new(name, 0))
}
