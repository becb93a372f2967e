//! Tables by their descriptions alone, for checks without an agent.

use crate::Catalog;
use datafusion_expr::TableSource;
use datafusion_expr::logical_plan::builder::LogicalTableSource;
use nixie_types::TableSpec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tables that can be compiled against and not read.
#[derive(Clone, Debug)]
pub struct SpecCatalog {
    tables: BTreeMap<&'static str, &'static TableSpec>,
}

impl SpecCatalog {
    /// Returns the tables of some descriptions.
    #[must_use]
    pub fn new(specs: impl IntoIterator<Item = &'static TableSpec>) -> Self {
        Self {
            tables: specs.into_iter().map(|spec| (spec.name, spec)).collect(),
        }
    }
}

impl Catalog for SpecCatalog {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        let spec = self.tables.get(name)?;
        Some(Arc::new(LogicalTableSource::new(spec.schema())))
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.keys().map(|&name| name.to_owned()).collect()
    }
}
