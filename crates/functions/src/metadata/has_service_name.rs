//! `has_service_name` and `has_service_id`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Bool, Str};

/// `has_service_name`
pub(crate) const HAS_SERVICE_NAME: Function = Function {
    name: "has_service_name",
    family: Family::Metadata,
    doc: "Returns whether a service column, which may hold a JSON array of several services, names \
          a service.",
    example: Example {
        args: &[Datum::Text("[\"a/b\",\"a/c\"]"), Datum::Text("a/c")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(NAMES, &scalar2::<Str, Str, Bool, _>(has))]),
};

/// `has_service_id`
pub(crate) const HAS_SERVICE_ID: Function = Function {
    name: "has_service_id",
    family: Family::Metadata,
    doc: "Returns whether a column of service ids, which may hold a JSON array of several, holds one.",
    example: Example {
        args: &[Datum::Text("1"), Datum::Text("2")],
        result: Datum::Bool(false),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(NAMES, &scalar2::<Str, Str, Bool, _>(has))]),
};

/// `has_value`
pub(crate) const HAS_VALUE: Function = Function {
    name: "has_value",
    family: Family::Metadata,
    doc: "Returns whether a text is a value, or is a JSON array of texts that holds it.",
    example: Example {
        args: &[Datum::Text("[\"3\",\"4\"]"), Datum::Text("4")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["list", "value"],
        &scalar2::<Str, Str, Bool, _>(has),
    )]),
};

const NAMES: &[&str] = &["services", "service"];

fn has(services: &str, service: &str) -> bool {
    if services == service {
        return true;
    }
    services.starts_with('[')
        && serde_json::from_str::<Vec<String>>(services)
            .is_ok_and(|services| services.iter().any(|one| one == service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_several_services() {
        assert!(has("a/b", "a/b"));
        assert!(!has("a/b", "a"));
        assert!(!has(r#"["a/b", 1]"#, "a/b"));
        assert!(!has("[", "a/b"));
    }
}
