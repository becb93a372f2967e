//! What arguments can name: pods, services, namespaces, nodes and processes that the agent knows.

use crate::data::Results;
use crate::source::Script;
use nixie_pxl::vis::{Variable, VariableKind};
use std::collections::{BTreeMap, BTreeSet};

/// Lists them; a column for each kind.
const QUERY: &str = include_str!("entities.pxl");

/// LIMIT: names of one kind that are kept.
const NAMES_MAX: usize = 10_000;

/// Text arguments that name entities, which their type does not tell, with the kinds of those.
const TEXTS: [(&str, &[&str]); 6] = [
    ("process", &["process"]),
    ("comm", &["process"]),
    ("cmdline", &["process"]),
    ("source_filter", &["pod", "process"]),
    ("destination_filter", &["pod", "process"]),
    ("to_entity_filter", &["pod", "process"]),
];

/// Names by kind, which is a column of the query.
#[derive(Debug, Default)]
pub(crate) struct Entities(BTreeMap<String, BTreeSet<String>>);

impl Entities {
    /// Returns the script that lists them.
    pub(crate) fn query() -> Script {
        Script {
            name: "names for completion".to_owned(),
            text: QUERY.to_owned(),
            ..Script::default()
        }
    }

    /// Reads what the script gave.
    pub(crate) fn of(results: &Results) -> Self {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for table in &results.tables {
            for (at, column) in table.columns.iter().enumerate() {
                let names = found.entry(column.name.clone()).or_default();
                for row in 0..table.rows() {
                    names.extend(named(&table.text(row, at)).into_iter().take(NAMES_MAX));
                    if names.len() >= NAMES_MAX {
                        break;
                    }
                }
            }
        }
        Self(found)
    }

    /// Returns the names that a variable can have as its value, sorted.
    pub(super) fn names(&self, variable: &Variable) -> Vec<&str> {
        let kinds: &[&str] = match variable.kind {
            VariableKind::Pod => &["pod"],
            VariableKind::Service => &["service"],
            VariableKind::Namespace => &["namespace"],
            VariableKind::Node => &["node"],
            VariableKind::Container => &["container"],
            VariableKind::String => {
                let known = TEXTS.iter().find(|(name, _)| *name == &*variable.name);
                known.map_or(&[], |(_, kinds)| kinds)
            }
            _ => &[],
        };
        let names = kinds.iter().filter_map(|kind| self.0.get(*kind)).flatten();
        names.map(String::as_str).collect()
    }
}

/// Returns the names in a value: a service may be a JSON list of several.
fn named(value: &str) -> Vec<String> {
    let list = serde_json::from_str::<Vec<String>>(value);
    let names = list.unwrap_or_else(|_| vec![value.to_owned()]);
    names.into_iter().filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_name_several() {
        assert_eq!(named("shop/cart"), ["shop/cart"]);
        assert_eq!(
            named(r#"["shop/cart", "shop/pay"]"#),
            ["shop/cart", "shop/pay"]
        );
        assert_eq!(named(""), Vec::<String>::new());
    }
}
