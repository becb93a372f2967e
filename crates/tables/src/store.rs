//! All tables of an agent under one memory budget.

use crate::{Dropped, Table, TableError, budget};
use arrow::array::RecordBatch;
use nixie_types::TableSpec;
use std::collections::BTreeMap;

/// The tables by name.
#[derive(Debug)]
pub struct TableStore {
    tables: BTreeMap<&'static str, Table>,
}

impl TableStore {
    /// Returns empty tables that together never hold more than `budget_bytes`.
    ///
    /// # Errors
    ///
    /// When two tables have one name, or the budget does not give each its minimum.
    pub fn new(specs: &[&'static TableSpec], budget_bytes: usize) -> Result<Self, TableError> {
        let shares = budget::shares(specs, budget_bytes)?;
        let mut tables = BTreeMap::new();
        for (&spec, share) in specs.iter().zip(shares) {
            if tables.insert(spec.name, Table::new(spec, share)).is_some() {
                return Err(TableError::DuplicateTable(spec.name));
            }
        }
        Ok(Self { tables })
    }

    /// Returns the store with more tables: known by name, but never filled. They have no share of
    /// the budget, and rows for them are dropped.
    ///
    /// # Errors
    ///
    /// When two tables have one name.
    pub fn with_awaited(mut self, specs: &[&'static TableSpec]) -> Result<Self, TableError> {
        for &spec in specs {
            if self.tables.insert(spec.name, Table::new(spec, 0)).is_some() {
                return Err(TableError::DuplicateTable(spec.name));
            }
        }
        Ok(self)
    }

    /// Returns a table by name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Returns all tables, sorted by name.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// Adds rows to a table; see [`Table::append`].
    ///
    /// # Errors
    ///
    /// When there is no such table or the batch does not have its storage schema.
    pub fn append(&self, table: &str, batch: RecordBatch) -> Result<Dropped, TableError> {
        let found = self.table(table);
        found
            .ok_or_else(|| TableError::UnknownTable(table.to_owned()))?
            .append(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_types::{ColumnSpec, DataType, Rows};

    const COLUMNS: &[ColumnSpec] = &[ColumnSpec::new("time_", DataType::Time64Ns, "When.")];

    const fn spec(name: &'static str) -> TableSpec {
        TableSpec {
            name,
            description: "Test.",
            columns: COLUMNS,
        }
    }

    static FILLED: TableSpec = spec("filled");
    static AWAITED: TableSpec = spec("awaited");

    #[test]
    fn an_awaited_table_is_known_and_has_no_share() {
        let alone = TableStore::new(&[&FILLED], 1 << 20).unwrap();
        let store = TableStore::new(&[&FILLED], 1 << 20).unwrap();
        let store = store.with_awaited(&[&AWAITED]).unwrap();
        let share = |store: &TableStore| store.table("filled").unwrap().stats().bytes_max;
        assert_eq!(share(&store), share(&alone));
        let awaited = store.table("awaited").unwrap();
        assert!(!awaited.has_source() && store.table("filled").unwrap().has_source());
        let mut rows = Rows::new(&AWAITED);
        rows.row().time(1).end();
        let dropped = store.append("awaited", rows.take().unwrap()).unwrap();
        assert_eq!((dropped.rows, awaited.stats().bytes), (1, 0));
    }

    #[test]
    fn a_table_is_either_filled_or_awaited() {
        let store = TableStore::new(&[&FILLED], 1 << 20).unwrap();
        let error = store.with_awaited(&[&FILLED]).unwrap_err();
        assert!(
            matches!(error, TableError::DuplicateTable("filled")),
            "{error}"
        );
    }
}
