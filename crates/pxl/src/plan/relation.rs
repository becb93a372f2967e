//! The columns that an operator gives.

use datafusion_expr::TableSource;
use nixie_types::table::SEMANTIC_TYPE_KEY;
use nixie_types::{DataType, SemanticType};
use std::rc::Rc;

/// A column of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: Rc<str>,
    pub(crate) data_type: DataType,
    pub(crate) semantic_type: SemanticType,
    /// Its type is not known because of a problem that has been reported.
    pub(crate) poisoned: bool,
}

impl Column {
    /// Returns a column.
    pub(crate) fn new(name: Rc<str>, data_type: DataType, semantic_type: SemanticType) -> Self {
        Self {
            name,
            data_type,
            semantic_type,
            poisoned: false,
        }
    }

    /// Returns a column whose type is not known because of a problem.
    pub(crate) fn poisoned(name: Rc<str>) -> Self {
        let (data_type, semantic_type) = (DataType::Int64, SemanticType::None);
        Self {
            name,
            data_type,
            semantic_type,
            poisoned: true,
        }
    }
}

/// The columns of an operator, in order, with unique names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Relation {
    pub(crate) columns: Vec<Column>,
}

impl Relation {
    /// Returns the columns of a table; those of types that scripts do not know are left out.
    pub(crate) fn of_table(table: &dyn TableSource) -> Self {
        let schema = table.schema();
        let columns = schema.fields().iter().filter_map(|field| {
            let data_type = DataType::from_arrow(field.data_type())?;
            let semantic = field.metadata().get(SEMANTIC_TYPE_KEY);
            let semantic_type = semantic
                .and_then(|name| SemanticType::from_name(name))
                .unwrap_or_default();
            Some(Column::new(
                field.name().as_str().into(),
                data_type,
                semantic_type,
            ))
        });
        Self {
            columns: columns.collect(),
        }
    }

    /// Returns a column by name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    /// Returns all names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }

    /// Returns the columns with one more at the end, in place of any of the same name.
    pub(crate) fn with(&self, column: Column) -> Self {
        let mut columns: Vec<_> = self
            .columns
            .iter()
            .filter(|known| known.name != column.name)
            .cloned()
            .collect();
        columns.push(column);
        Self { columns }
    }

    /// Returns true when a column is known to be time.
    pub(crate) fn has_time(&self) -> bool {
        self.column("time_")
            .is_some_and(|column| column.data_type == DataType::Time64Ns)
    }
}
