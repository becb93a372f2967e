//! The memory of an agent's allocator. These tell of tcmalloc, and an agent uses the allocator of
//! the system: they say so, or give no rows where there is no column to say it in.

use super::{Executor, Question, TableArg, TableFunction, TableFunctionError};
use crate::function::Datum;
use nixie_types::{ColumnSpec, DataType, PatternType, Rows, SemanticType, TableSpec};

const UNSUPPORTED: &str = "Only supported with tcmalloc.";

const ASID: &[TableArg] = &[TableArg {
    name: "asid",
    data_type: DataType::Int64,
    semantic_type: SemanticType::None,
    default: Some(Datum::Int(-1)),
    doc: "Short id of the agent to ask, -1 for all.",
}];

const TEXT: &[ColumnSpec] = &[
    ColumnSpec::new("asid", DataType::Int64, "Short id of the agent."),
    ColumnSpec::new("heap", DataType::String, "What the allocator says."),
];

const AGENT: ColumnSpec =
    ColumnSpec::new("asid", DataType::Int64, "Short id of the agent.").semantic(SemanticType::Asid);

const fn bytes(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description)
        .semantic(SemanticType::Bytes)
        .pattern(PatternType::MetricGauge)
}

const fn text(name: &'static str, description: &'static str) -> TableFunction {
    TableFunction {
        table: TableSpec {
            name,
            description,
            columns: TEXT,
        },
        executor: Executor::AllAgents,
        args: ASID,
        rows: say_unsupported,
    }
}

/// `_HeapStats`
pub(super) static HEAP_STATS: TableFunction = text(
    "_HeapStats",
    "Tells what tcmalloc says of its memory; another allocator says nothing.",
);

/// `_HeapSample`
pub(super) static HEAP_SAMPLE: TableFunction = text(
    "_HeapSample",
    "Tells which stacks hold memory of tcmalloc; another allocator does not know.",
);

/// `_HeapGrowthStacks`
pub(super) static HEAP_GROWTH_STACKS: TableFunction = text(
    "_HeapGrowthStacks",
    "Tells which stacks made the memory of tcmalloc grow; another allocator does not know.",
);

/// `_HeapRanges`
pub(super) static HEAP_RANGES: TableFunction = TableFunction {
    table: TableSpec {
        name: "_HeapRanges",
        description: "Tells the ranges of addresses of tcmalloc; no rows with another allocator.",
        columns: &[
            AGENT,
            ColumnSpec::new("address", DataType::Int64, "First address."),
            ColumnSpec::new(
                "type",
                DataType::String,
                "One of `INUSE`, `FREE`, `UNMAPPED`, `UNKNOWN`.",
            )
            .pattern(PatternType::GeneralEnum),
            ColumnSpec::new("length", DataType::Int64, "Length of the range.")
                .semantic(SemanticType::Bytes),
            ColumnSpec::new("inuse_fraction", DataType::Float64, "Share that is in use."),
        ],
    },
    executor: Executor::AllAgents,
    args: ASID,
    rows: |_, _| Ok(()),
};

/// `_HeapStatsNumeric`
pub(super) static HEAP_STATS_NUMERIC: TableFunction = TableFunction {
    table: TableSpec {
        name: "_HeapStatsNumeric",
        description: "Tells the sizes of the parts of tcmalloc; no rows with another allocator.",
        columns: &[
            ColumnSpec::new("asid", DataType::Int64, "Short id of the agent."),
            bytes("current_allocated_bytes", "Bytes in use by the agent."),
            bytes("heap_size_bytes", "Bytes reserved from the system."),
            bytes(
                "central_cache_free_bytes",
                "Free bytes of the central cache.",
            ),
            bytes(
                "transfer_cache_free_bytes",
                "Free bytes of the transfer cache.",
            ),
            bytes(
                "thread_cache_free_bytes",
                "Free bytes of the threads' caches.",
            ),
            bytes("pageheap_free_bytes", "Free bytes of mapped pages."),
            bytes(
                "pageheap_unmapped_bytes",
                "Free bytes given back to the system.",
            ),
        ],
    },
    executor: Executor::AllAgents,
    args: ASID,
    rows: |_, _| Ok(()),
};

/// `_HeapReleaseFreeMemory`
pub(super) static HEAP_RELEASE_FREE_MEMORY: TableFunction = TableFunction {
    table: TableSpec {
        name: "_HeapReleaseFreeMemory",
        description: "Makes tcmalloc give free memory back to the system; an error with another \
                      allocator, which decides that itself.",
        columns: &[AGENT],
    },
    executor: Executor::AllAgents,
    args: ASID,
    rows: |question, _| {
        if !question.means_this_agent(0) {
            return Ok(());
        }
        Err(TableFunctionError::Refused {
            function: question.function.name(),
            message: "only supported with tcmalloc; the allocator of this agent gives free memory \
                      back by itself",
        })
    },
};

fn say_unsupported(question: &Question<'_>, rows: &mut Rows) -> Result<(), TableFunctionError> {
    if question.means_this_agent(0) {
        rows.row().int64(question.asid()).string(UNSUPPORTED).end();
    }
    Ok(())
}
