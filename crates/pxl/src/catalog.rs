//! Tables by their descriptions only, for scripts that are checked and not run.

use crate::Catalog;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion_expr::TableSource;
use nixie_types::table::SEMANTIC_TYPE_KEY;
use nixie_types::{DataType, SemanticType, TableSpec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A table: what it is, and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDescription {
    /// Name.
    pub name: String,
    /// What a row is.
    pub description: String,
    /// Columns in order.
    pub columns: Vec<ColumnDescription>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDescription {
    /// Name.
    pub name: String,
    /// Value type.
    pub data_type: DataType,
    /// Meaning.
    pub semantic_type: SemanticType,
    /// What it holds.
    pub description: String,
}

impl From<&TableSpec> for TableDescription {
    fn from(spec: &TableSpec) -> Self {
        let column = |column: &nixie_types::ColumnSpec| ColumnDescription {
            name: column.name.to_owned(),
            data_type: column.data_type,
            semantic_type: column.semantic_type,
            description: column.description.to_owned(),
        };
        Self {
            name: spec.name.to_owned(),
            description: spec.description.to_owned(),
            columns: spec.columns.iter().map(column).collect(),
        }
    }
}

/// Tables that scripts can name, but not read.
#[derive(Clone, Debug, Default)]
pub struct TableDescriptions {
    tables: BTreeMap<String, (TableDescription, Arc<Described>)>,
}

impl TableDescriptions {
    /// Returns the tables of these descriptions.
    #[must_use]
    pub fn new(tables: impl IntoIterator<Item = TableDescription>) -> Self {
        let tables = tables.into_iter().map(|table| {
            let source = Arc::new(Described(schema(&table)));
            (table.name.clone(), (table, source))
        });
        Self {
            tables: tables.collect(),
        }
    }
}

impl Catalog for TableDescriptions {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        let (_, source) = self.tables.get(name)?;
        Some(Arc::clone(source) as Arc<dyn TableSource>)
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    fn description(&self, table: &str, column: Option<&str>) -> Option<String> {
        let (table, _) = self.tables.get(table)?;
        let Some(name) = column else {
            return Some(table.description.clone());
        };
        let column = table.columns.iter().find(|column| column.name == name)?;
        Some(column.description.clone())
    }
}

fn schema(table: &TableDescription) -> SchemaRef {
    let fields = table.columns.iter().map(|column| {
        let meaning = column.semantic_type.name().to_owned();
        Field::new(&column.name, column.data_type.arrow(), false)
            .with_metadata([(SEMANTIC_TYPE_KEY.to_owned(), meaning)].into())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The columns of a table.
#[derive(Debug)]
struct Described(SchemaRef);

impl TableSource for Described {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0)
    }
}
