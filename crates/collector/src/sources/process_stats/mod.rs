//! `process_stats`: CPU, memory, faults and I/O of each process in scope, once a second.
//!
//! Read from `/proc/PID/stat` and `/proc/PID/io` (proc(5)). A process that ends meanwhile has no
//! row; one whose `io` may not be read has zeros there and counts as unreadable.

use crate::procfs::{self, Io, NANOS_PER_TICK, Stat};
use crate::sources::{TIME, UPID, counter, gauge};
use nixie_types::{Rows, SemanticType, TableSpec, Upid};

/// How often each process is sampled.
pub(crate) const PERIOD_NS: i64 = 1_000_000_000;

/// See the module.
pub(crate) static TABLE: TableSpec = TableSpec {
    name: "process_stats",
    description: "CPU, memory, page faults and I/O of each process, once a second.",
    columns: &[
        TIME,
        UPID,
        counter("major_faults", "Page faults that needed the disk."),
        counter("minor_faults", "Page faults served without the disk."),
        counter("cpu_utime_ns", "CPU time in user mode.").semantic(SemanticType::DurationNs),
        counter("cpu_ktime_ns", "CPU time in kernel mode.").semantic(SemanticType::DurationNs),
        gauge("num_threads", "Threads."),
        gauge("vsize_bytes", "Virtual memory.").semantic(SemanticType::Bytes),
        gauge("rss_bytes", "Resident memory.").semantic(SemanticType::Bytes),
        counter("rchar_bytes", "Bytes asked for by read-like calls.").semantic(SemanticType::Bytes),
        counter("wchar_bytes", "Bytes given to write-like calls.").semantic(SemanticType::Bytes),
        counter("read_bytes", "Bytes fetched from storage.").semantic(SemanticType::Bytes),
        counter("write_bytes", "Bytes sent to storage.").semantic(SemanticType::Bytes),
    ],
};

/// What one round of samples met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Round {
    /// Processes that had ended, or whose pid belongs to another one by now.
    pub gone: u64,
    /// Processes whose I/O counters may not be read.
    pub io_unreadable: u64,
}

/// Appends a row for each process.
pub(crate) fn sample(upids: &[Upid], now_ns: i64, rows: &mut Rows) -> Round {
    let mut round = Round::default();
    let page_bytes = i64::try_from(rustix::param::page_size()).unwrap_or(4096);
    for &upid in upids {
        let stat = procfs::read(upid.pid, "stat").and_then(|text| procfs::parse_stat(&text));
        let Some(stat) = stat.filter(|stat| stat.start_ticks == upid.start_ticks) else {
            round.gone += 1;
            continue;
        };
        let io = procfs::read(upid.pid, "io").and_then(|text| procfs::parse_io(&text));
        round.io_unreadable += u64::from(io.is_none());
        append(upid, &stat, io.unwrap_or_default(), page_bytes, now_ns, rows);
    }
    round
}

fn append(upid: Upid, stat: &Stat, io: Io, page_bytes: i64, now_ns: i64, rows: &mut Rows) {
    let nanos = |ticks: i64| ticks.saturating_mul(NANOS_PER_TICK.cast_signed());
    rows.row()
        .time(now_ns)
        .upid(upid)
        .int64(stat.major_faults)
        .int64(stat.minor_faults)
        .int64(nanos(stat.user_ticks))
        .int64(nanos(stat.kernel_ticks))
        .int64(stat.threads)
        .int64(stat.virtual_bytes)
        .int64(stat.resident_pages.saturating_mul(page_bytes))
        .int64(io.rchar_bytes)
        .int64(io.wchar_bytes)
        .int64(io.read_bytes)
        .int64(io.write_bytes)
        .end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    #[test]
    fn this_process_has_a_plausible_row_and_a_stranger_has_none() {
        let pid = std::process::id();
        let stat = procfs::parse_stat(&procfs::read(pid, "stat").unwrap()).unwrap();
        let own = Upid { asid: 0, pid, start_ticks: stat.start_ticks };
        let reused = Upid { start_ticks: stat.start_ticks + 1, ..own };
        let mut rows = Rows::new(&TABLE);
        let round = sample(&[own, reused], 5, &mut rows);
        assert_eq!(round, Round { gone: 1, io_unreadable: 0 });
        let batch = rows.take().expect("one row");
        assert_eq!(batch.num_rows(), 1);
        let value = |name: &str| {
            let at = TABLE.column_index(name).expect("a column");
            batch.column(at).as_primitive::<Int64Type>().value(0)
        };
        assert!(value("rss_bytes") > 1 << 20 && value("vsize_bytes") >= value("rss_bytes"));
        assert!(value("num_threads") >= 1 && value("rchar_bytes") > 0);
    }
}
