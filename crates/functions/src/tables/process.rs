//! An agent's own process, as the kernel sees it: see proc(5).

use super::{Executor, ProcessFile, Question, TableFunction, TableFunctionError};
use nixie_types::{ColumnSpec, DataType, PatternType, Rows, SemanticType, TableSpec};
use std::collections::HashMap;

const BYTES_IN_KB: i64 = 1024;

const AGENT: ColumnSpec =
    ColumnSpec::new("asid", DataType::Int64, "Short id of the agent.").semantic(SemanticType::Asid);

const fn bytes(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description)
        .semantic(SemanticType::Bytes)
        .pattern(PatternType::MetricGauge)
}

const fn counter(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description).pattern(PatternType::MetricCounter)
}

/// The lines of `status` in use, in the order of the columns: first sizes, then counts.
const STATUS_KEYS: [&str; 16] = [
    "VmPeak",
    "VmSize",
    "VmLck",
    "VmPin",
    "VmHWM",
    "VmRSS",
    "RssAnon",
    "RssFile",
    "RssShmem",
    "VmData",
    "VmStk",
    "VmExe",
    "VmLib",
    "VmPTE",
    "VmSwap",
    "HugetlbPages",
];
const STATUS_COUNTS: [&str; 2] = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];

/// `_DebugAgentProcStatus`
pub(super) static DEBUG_AGENT_PROC_STATUS: TableFunction = TableFunction {
    table: TableSpec {
        name: "_DebugAgentProcStatus",
        description: "Tells the memory and the context switches of the agents' own processes.",
        columns: &[
            AGENT,
            bytes("vm_peak_bytes", "Most virtual memory so far."),
            bytes("vm_size_bytes", "Virtual memory."),
            bytes("vm_lck_bytes", "Locked memory."),
            bytes("vm_pin_bytes", "Pinned memory."),
            bytes("vm_hwm_bytes", "Most resident memory so far."),
            bytes("vm_rss_bytes", "Resident memory."),
            bytes("rss_anon_bytes", "Resident memory of no file."),
            bytes("rss_file_bytes", "Resident memory of files."),
            bytes("rss_shmem_bytes", "Resident shared memory."),
            bytes("vm_data_bytes", "Memory of data."),
            bytes("vm_stk_bytes", "Memory of the main thread's stack."),
            bytes("vm_exe_bytes", "Memory of the program's code."),
            bytes("vm_lib_bytes", "Memory of the libraries' code."),
            bytes("vm_pte_bytes", "Memory of page tables."),
            bytes("vm_swap_bytes", "Memory that is swapped out."),
            bytes("hugetlb_pages_bytes", "Memory of huge pages."),
            counter("voluntary_ctxt_switches", "Context switches by waiting."),
            counter(
                "nonvoluntary_ctxt_switches",
                "Context switches by the scheduler.",
            ),
        ],
    },
    executor: Executor::AllCollectors,
    args: &[],
    rows: status,
};

fn status(question: &Question<'_>, rows: &mut Rows) -> Result<(), TableFunctionError> {
    let text = question.agent.process_file(ProcessFile::Status);
    let text = question.read("the status of the agent's process", text)?;
    let values: HashMap<&str, i64> = text.lines().filter_map(member).collect();
    let value = |key: &str| values.get(key).copied().unwrap_or(0);
    let mut row = rows.row().int64(question.asid());
    for key in STATUS_KEYS {
        row = row.int64(value(key) * BYTES_IN_KB);
    }
    for key in STATUS_COUNTS {
        row = row.int64(value(key));
    }
    row.end();
    Ok(())
}

/// The lines of `smaps` in use, in the order of the columns.
const SMAPS_KEYS: [&str; 20] = [
    "Size",
    "KernelPageSize",
    "MMUPageSize",
    "Rss",
    "Pss",
    "Shared_Clean",
    "Shared_Dirty",
    "Private_Clean",
    "Private_Dirty",
    "Referenced",
    "Anonymous",
    "LazyFree",
    "AnonHugePages",
    "ShmemPmdMapped",
    "FilePmdMapped",
    "Shared_Hugetlb",
    "Private_Hugetlb",
    "Swap",
    "SwapPss",
    "Locked",
];

/// `_DebugAgentProcSMaps`
pub(super) static DEBUG_AGENT_PROC_SMAPS: TableFunction = TableFunction {
    table: TableSpec {
        name: "_DebugAgentProcSMaps",
        description: "Tells the memory mappings of the agents' own processes, a row each.",
        columns: &[
            AGENT,
            ColumnSpec::new(
                "address",
                DataType::String,
                "First and last address, in hexadecimal.",
            ),
            ColumnSpec::new("offset", DataType::String, "Where in the file it begins."),
            ColumnSpec::new(
                "pathname",
                DataType::String,
                "What is mapped; empty for no file.",
            ),
            bytes("size_bytes", "Size of the mapping."),
            bytes("kernel_page_size_bytes", "Size of the kernel's pages."),
            bytes("mmu_page_size_bytes", "Size of the processor's pages."),
            bytes("rss_bytes", "Resident memory."),
            bytes("pss_bytes", "Resident memory, shared pages in part."),
            bytes("shared_clean_bytes", "Shared and not written to."),
            bytes("shared_dirty_bytes", "Shared and written to."),
            bytes("private_clean_bytes", "Not shared and not written to."),
            bytes("private_dirty_bytes", "Not shared and written to."),
            bytes("referenced_bytes", "Marked as used."),
            bytes("anonymous_bytes", "Of no file."),
            bytes("lazy_free_bytes", "Free for the kernel to take."),
            bytes("anon_huge_pages_bytes", "In huge pages of no file."),
            bytes("shmem_pmd_mapped_bytes", "In huge pages of shared memory."),
            bytes("file_pmd_mapped_bytes", "In huge pages of files."),
            bytes("shared_hugetlb_bytes", "In shared pages of hugetlbfs."),
            bytes("private_hugetlb_bytes", "In private pages of hugetlbfs."),
            bytes("swap_bytes", "Swapped out."),
            bytes("swap_pss_bytes", "Swapped out, shared pages in part."),
            bytes("locked_bytes", "Locked."),
        ],
    },
    executor: Executor::AllCollectors,
    args: &[],
    rows: smaps,
};

fn smaps(question: &Question<'_>, rows: &mut Rows) -> Result<(), TableFunctionError> {
    let text = question.agent.process_file(ProcessFile::Smaps);
    let text = question.read("the mappings of the agent's process", text)?;
    let mut mapping: Option<Mapping<'_>> = None;
    for line in text.lines() {
        match Mapping::start(line) {
            Some(next) => {
                if let Some(complete) = mapping.replace(next) {
                    complete.write(question.asid(), rows);
                }
            }
            None => {
                let (Some(mapping), Some((key, value))) = (&mut mapping, member(line)) else {
                    continue;
                };
                if let Some(at) = SMAPS_KEYS.iter().position(|known| *known == key) {
                    mapping.sizes[at] = value * BYTES_IN_KB;
                }
            }
        }
    }
    if let Some(complete) = mapping {
        complete.write(question.asid(), rows);
    }
    Ok(())
}

struct Mapping<'t> {
    address: &'t str,
    offset: &'t str,
    pathname: &'t str,
    sizes: [i64; SMAPS_KEYS.len()],
}

impl<'t> Mapping<'t> {
    /// Reads `address permissions offset device inode path`; none for any other line.
    fn start(line: &'t str) -> Option<Self> {
        let mut rest = line;
        let mut field = || {
            let (field, after) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = after.trim_start();
            field
        };
        let address = field();
        let (first, last) = address.split_once('-')?;
        for end in [first, last] {
            u64::from_str_radix(end, 16).ok()?;
        }
        let _permissions = field();
        let offset = field();
        let (_device, _inode) = (field(), field());
        Some(Self {
            address,
            offset,
            pathname: rest,
            sizes: [0; SMAPS_KEYS.len()],
        })
    }

    fn write(&self, asid: i64, rows: &mut Rows) {
        let row = rows.row().int64(asid).string(self.address);
        let mut row = row.string(self.offset).string(self.pathname);
        for size in self.sizes {
            row = row.int64(size);
        }
        row.end();
    }
}

/// Reads `Key:   12 kB`.
fn member(line: &str) -> Option<(&str, i64)> {
    let (key, value) = line.split_once(':')?;
    let number = value.split_ascii_whitespace().next()?;
    Some((key, number.parse().ok()?))
}

/// `_DebugStackTrace`
pub(super) static DEBUG_STACK_TRACE: TableFunction = TableFunction {
    table: TableSpec {
        name: "_DebugStackTrace",
        description: "Tells what each thread of the agents' own processes does: its name, its \
                      state, and its stack in the kernel.",
        columns: &[
            ColumnSpec::new("asid", DataType::Int64, "Short id of the agent."),
            ColumnSpec::new("stack_trace", DataType::String, "The threads, as text."),
        ],
    },
    executor: Executor::AllAgents,
    args: &[],
    rows: |question, rows| {
        let text = question.agent.stack_traces();
        let text = question.read("the threads of the agent's process", text)?;
        rows.row().int64(question.asid()).string(&text).end();
        Ok(())
    },
};
