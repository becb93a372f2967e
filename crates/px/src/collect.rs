//! The one place that knows the collector.

use crate::failure::Failure;
use nixie_collector::{Collector, Config, Scope};
use nixie_metadata::Metadata;
use nixie_types::{Sink, TableSpec};
use std::net::SocketAddr;
use std::sync::Arc;

/// Returns the tables that the collector fills.
pub(crate) fn tables() -> Vec<&'static TableSpec> {
    nixie_collector::tables()
}

/// Returns the tables that scripts know and that no source fills yet.
pub(crate) fn awaited_tables() -> Vec<&'static TableSpec> {
    nixie_collector::awaited_tables()
}

/// Starts to trace the processes in a scope, and returns once nothing is missed any more. What is
/// said to an agent at `own_address` is not looked at.
pub(crate) fn start_collector(
    scope: &Scope,
    own_address: Option<SocketAddr>,
    metadata: Arc<Metadata>,
    sink: Arc<dyn Sink>,
) -> Result<Collector, Failure> {
    let config = Config {
        own_address,
        ..Config::new(scope.clone())
    };
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
    Arc::new(Metadata::new(name, 0).with_host_cpus(host_cpus()))
}

/// Returns the number of processors of this host, whatever this process may use of them.
fn host_cpus() -> u32 {
    let present = std::fs::read_to_string("/sys/devices/system/cpu/present");
    present
        .ok()
        .and_then(|text| count_cpus(&text))
        .unwrap_or_else(|| {
            let usable = std::thread::available_parallelism().map_or(1, usize::from);
            u32::try_from(usable).unwrap_or(u32::MAX)
        })
}

/// Counts the processors of a list like `0-3,5`.
fn count_cpus(list: &str) -> Option<u32> {
    let mut count: u32 = 0;
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        count = count.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted_by_ranges() {
        for (list, count) in [
            ("0\n", Some(1)),
            ("0-3,5\n", Some(5)),
            ("", None),
            ("3-1", None),
        ] {
            assert_eq!(count_cpus(list), count, "{list}");
        }
        assert!(host_cpus() > 0);
    }
}
