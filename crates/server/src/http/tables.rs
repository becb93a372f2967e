//! Describes tables.

use nixie_api::{ColumnInfo, TableInfo};
use nixie_tables::Table;
use nixie_types::ColumnSpec;

pub(super) fn info(table: &Table) -> TableInfo {
    let (spec, stats) = (table.spec(), table.stats());
    TableInfo {
        name: spec.name.to_owned(),
        description: spec.description.to_owned(),
        columns: spec.columns.iter().map(column).collect(),
        has_source: table.has_source(),
        rows: stats.rows,
        bytes: stats.bytes,
        bytes_max: stats.bytes_max,
        rows_added: stats.rows_added,
        rows_evicted: stats.rows_evicted,
        rows_dropped: stats.rows_dropped,
        min_time_ns: stats.min_time_ns,
        max_time_ns: stats.max_time_ns,
    }
}

fn column(spec: &ColumnSpec) -> ColumnInfo {
    ColumnInfo {
        name: spec.name.to_owned(),
        data_type: spec.data_type.name().to_owned(),
        semantic_type: spec.semantic_type.name().to_owned(),
        description: spec.description.to_owned(),
    }
}
