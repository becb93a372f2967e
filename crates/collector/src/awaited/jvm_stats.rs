//! `jvm_stats`: garbage collection and heaps of Java virtual machines.

use crate::sources::{TIME, UPID, counter, gauge};
use nixie_types::{SemanticType, TableSpec};

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "jvm_stats",
    description: "Heaps and garbage collection of Java virtual machines.",
    columns: &[
        TIME,
        UPID,
        counter(
            "young_gc_time",
            "Time spent collecting the young generation, in ns.",
        )
        .semantic(SemanticType::DurationNs),
        counter(
            "full_gc_time",
            "Time spent collecting the old generation, in ns.",
        )
        .semantic(SemanticType::DurationNs),
        gauge("used_heap_size", "Bytes of the heap in use."),
        gauge("total_heap_size", "Bytes of the heap that are committed."),
        gauge("max_heap_size", "Most bytes that the heap may have."),
    ],
};
