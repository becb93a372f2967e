//! `pod_name_to_namespace` and `service_name_to_namespace`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;
use nixie_types::SemanticType;

/// `pod_name_to_namespace`
pub(crate) const POD_NAME_TO_NAMESPACE: Function = Function {
    name: "pod_name_to_namespace",
    family: Family::Metadata,
    doc: "Returns the namespace in a pod name of the form `namespace/name`, else the empty text.",
    example: Example {
        args: &[Datum::Text("sock-shop/x")],
        result: Datum::Text("sock-shop"),
    },
    semantics: Semantics::Always(SemanticType::NamespaceName),
    body: Body::Scalar(&[Overload::new(
        &["pod_name"],
        &scalar1::<Str, Str, _>(namespace),
    )]),
};

/// `service_name_to_namespace`
pub(crate) const SERVICE_NAME_TO_NAMESPACE: Function = Function {
    name: "service_name_to_namespace",
    family: Family::Metadata,
    doc: "Returns the namespace in a service name of the form `namespace/name`, else the empty text.",
    example: Example {
        args: &[Datum::Text("pl/orders")],
        result: Datum::Text("pl"),
    },
    semantics: Semantics::Always(SemanticType::NamespaceName),
    body: Body::Scalar(&[Overload::new(
        &["service_name"],
        &scalar1::<Str, Str, _>(namespace),
    )]),
};

fn namespace(name: &str) -> String {
    match name.split_once('/') {
        Some((namespace, rest)) if !rest.contains('/') => namespace.to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(namespace("px-sock-shop/x"), "px-sock-shop");
        for bad in ["badlyformed", "", r#"["a/b","c/d"]"#] {
            assert_eq!(namespace(bad), "");
        }
    }
}
