//! What can go wrong between a batch and a table.

/// Why a table store refused a request.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The budget does not give every table its minimum.
    #[error(
        "table memory of {budget_bytes} bytes is too small for {tables} tables; \
         expected at least {needed_bytes} bytes"
    )]
    BudgetTooSmall {
        /// Bytes given.
        budget_bytes: usize,
        /// Number of tables to share them.
        tables: usize,
        /// Bytes that would do.
        needed_bytes: usize,
    },
    /// Two tables have the same name.
    #[error("table `{0}` is specified twice")]
    DuplicateTable(&'static str),
    /// The batch is not in the table's storage schema.
    #[error("batch for table `{table}` does not fit its schema: {seen}")]
    WrongSchema {
        /// Table that was appended to.
        table: &'static str,
        /// The first difference.
        seen: String,
    },
    /// A projection names a column that does not exist.
    #[error("table `{table}` has {columns} columns, got a projection to column {index}")]
    WrongColumn {
        /// Table that was scanned.
        table: &'static str,
        /// Number of its columns.
        columns: usize,
        /// Position asked for.
        index: usize,
    },
    /// There is no such table.
    #[error("table `{0}` not found")]
    UnknownTable(String),
    /// Arrow refused an operation on a batch.
    #[error("arrow operation failed")]
    Arrow(#[from] arrow::error::ArrowError),
}
