//! Who may depend on whom: down the data path only, as `ARCHITECTURE.md` says.

use super::Tree;
use crate::workspace;
use anyhow::{Context, Result};
use serde_json::Value;

/// A crate of the workspace, without the prefix, and what of the workspace it may use.
struct Place {
    name: &'static str,
    may_use: &'static [&'static str],
    /// External crates that it must not use itself.
    never: &'static [&'static str],
}

const fn place(name: &'static str, may_use: &'static [&'static str]) -> Place {
    Place {
        name,
        may_use,
        never: &[],
    }
}

/// In the order of the data path.
static PLACES: &[Place] = &[
    place("types", &[]),
    place("protocols", &["types"]),
    place("metadata", &["types"]),
    place("collector", &["types", "protocols", "metadata"]),
    place("tables", &["types"]),
    place("functions", &["types", "metadata"]),
    Place {
        name: "pxl",
        may_use: &["types", "functions"],
        never: &["datafusion", "tokio"],
    },
    place(
        "query",
        &["types", "tables", "functions", "metadata", "pxl"],
    ),
    place("export", &["types", "pxl"]),
    place("api", &["types"]),
    Place {
        name: "live",
        may_use: &["types", "pxl", "api"],
        never: &["datafusion", "tokio", "ureq"],
    },
    place(
        "server",
        &[
            "types",
            "protocols",
            "metadata",
            "collector",
            "tables",
            "functions",
            "pxl",
            "query",
            "export",
            "api",
        ],
    ),
    place(
        "px",
        &[
            "types",
            "protocols",
            "metadata",
            "collector",
            "tables",
            "functions",
            "pxl",
            "query",
            "export",
            "api",
            "live",
            "server",
        ],
    ),
    place("e2e", &[]),
    place("xtask", &[]),
];

const PREFIX: &str = "nixie-";

/// Complains about crates in no place and about edges that point up.
pub(super) fn complaints(_: &Tree) -> Result<Vec<String>> {
    check(&workspace::metadata(&["--offline", "--no-deps"])?)
}

fn check(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"]
        .as_array()
        .context("`packages` is missing")?;
    let names: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let mut found = Vec::new();
    for package in packages {
        let name = package["name"]
            .as_str()
            .context("a package without a name")?;
        let Some(place) = PLACES.iter().find(|place| place.name == short(name)) else {
            found.push(format!(
                "crate `{name}` has no place in `xtask/src/tidy/edges.rs`"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"]
                .as_str()
                .context("a dependency without a name")?;
            // A crate may see itself, with other features, in its own tests.
            let is_own = names.contains(&used) && used != name;
            let is_test = dependency["kind"].as_str() == Some("dev");
            // Tests may set the scene with anything that lies before the crate on the data path.
            let is_allowed =
                place.may_use.contains(&short(used)) || is_test && is_before(used, name);
            if is_own && !is_allowed {
                found.push(format!(
                    "`{name}` must not depend on `{used}`: arrows point down only"
                ));
            }
            if !is_test && place.never.contains(&used) {
                found.push(format!(
                    "`{name}` must not depend on `{used}`: it stays pure"
                ));
            }
        }
    }
    Ok(found)
}

fn is_before(used: &str, name: &str) -> bool {
    let position = |name: &str| PLACES.iter().position(|place| place.name == short(name));
    position(used) < position(name)
}

fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_workspace_has_no_forbidden_edge() {
        assert_eq!(complaints(&Tree::of(&[])).unwrap(), Vec::<String>::new());
    }

    fn package(name: &str, uses: &[&str]) -> Value {
        let dependencies: Vec<_> = uses
            .iter()
            .map(|name| json!({"name": name, "kind": null}))
            .collect();
        json!({"name": name, "dependencies": dependencies})
    }

    #[test]
    fn arrows_up_are_forbidden() {
        let metadata = json!({"packages": [
            package("nixie-collector", &["nixie-types", "nixie-query", "tracing"]),
            package("nixie-query", &["nixie-tables", "nixie-pxl"]),
            package("nixie-pxl", &["nixie-types", "tokio"]),
            package("nixie-tables", &["nixie-types"]),
            package("nixie-types", &[]),
        ]});
        assert_eq!(
            check(&metadata).unwrap(),
            [
                "`nixie-collector` must not depend on `nixie-query`: arrows point down only",
                "`nixie-pxl` must not depend on `tokio`: it stays pure",
            ]
        );
    }

    #[test]
    fn tests_may_use_more_but_not_what_lies_behind() {
        let with = |used: &str| {
            let dependency = json!({"name": used, "kind": "dev"});
            let pxl = json!({"name": "nixie-pxl", "dependencies": [dependency]});
            check(&json!({"packages": [pxl, package(used, &[])]})).unwrap()
        };
        assert_eq!(with("nixie-metadata"), Vec::<String>::new());
        assert_eq!(with("nixie-query").len(), 1);
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        let metadata = json!({"packages": [package("nixie-tidings", &[])]});
        assert_eq!(check(&metadata).unwrap().len(), 1);
    }

    #[test]
    fn the_rules_themselves_point_down() {
        for (at, place) in PLACES.iter().enumerate() {
            for used in place.may_use {
                let below = PLACES.iter().position(|other| other.name == *used);
                assert!(
                    below.is_some_and(|below| below < at),
                    "{} -> {used}",
                    place.name
                );
            }
        }
    }
}
