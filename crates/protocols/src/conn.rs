//! The leading columns of every protocol table.

use nixie_types::rows::Row;
use nixie_types::{ColumnSpec, ConnInfo, DataType, PatternType, Role, Rows, SemanticType};

/// Names of the values of `trace_role`.
const ROLE_DECODER: &[(i64, &str)] = &[(1, "kRoleClient"), (2, "kRoleServer"), (4, "kRoleUnknown")];

/// The eight columns that every protocol table starts with.
pub const L8: [ColumnSpec; 8] = [
    ColumnSpec::new(
        "time_",
        DataType::Time64Ns,
        "When the last byte of the answer was seen.",
    )
    .pattern(PatternType::MetricCounter),
    ColumnSpec::new(
        "upid",
        DataType::UInt128,
        "Process that owns the traced end.",
    )
    .semantic(SemanticType::Upid),
    ColumnSpec::new(
        "remote_addr",
        DataType::String,
        "Peer address; `-` when unresolved.",
    )
    .semantic(SemanticType::IpAddress)
    .dictionary(),
    ColumnSpec::new(
        "remote_port",
        DataType::Int64,
        "Peer port; -1 when unresolved.",
    )
    .semantic(SemanticType::Port),
    ColumnSpec::new(
        "local_addr",
        DataType::String,
        "Own address; `-` when unresolved.",
    )
    .semantic(SemanticType::IpAddress)
    .dictionary(),
    ColumnSpec::new(
        "local_port",
        DataType::Int64,
        "Own port; -1 when unresolved.",
    )
    .semantic(SemanticType::Port),
    ColumnSpec::new(
        "trace_role",
        DataType::Int64,
        "Side of the conversation that is traced.",
    )
    .pattern(PatternType::GeneralEnum)
    .decoder(ROLE_DECODER),
    ColumnSpec::new(
        "encrypted",
        DataType::Boolean,
        "True when the wire is encrypted.",
    )
    .pattern(PatternType::GeneralEnum),
];

/// The column `latency`, which most protocol tables end with.
pub const LATENCY: ColumnSpec = ColumnSpec::new(
    "latency",
    DataType::Int64,
    "Time from the request to its answer, in ns.",
)
.semantic(SemanticType::DurationNs)
.pattern(PatternType::MetricGauge);

/// Returns the columns of a protocol table: the eight leading ones, then its own.
///
/// # Panics
///
/// When `N` is not 8 more than `M`; as tables are constants, at compile time.
#[must_use]
pub const fn columns<const M: usize, const N: usize>(own: [ColumnSpec; M]) -> [ColumnSpec; N] {
    assert!(
        N == M + L8.len(),
        "a protocol table has eight columns besides its own"
    );
    let mut all = [L8[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < L8.len() {
            L8[at]
        } else {
            own[at - L8.len()]
        };
        at += 1;
    }
    all
}

/// Starts a row of a protocol table and writes its eight leading columns.
#[inline]
pub fn begin<'a>(rows: &'a mut Rows, time_ns: i64, conn: &ConnInfo, role: Role) -> Row<'a> {
    rows.row()
        .time(time_ns)
        .upid(conn.upid)
        .string(&conn.remote_addr)
        .int64(conn.remote_port)
        .string(&conn.local_addr)
        .int64(conn.local_port)
        .int64(role.code())
        .bool(conn.encrypted)
}
