//! What is known of a service or a namespace, and whether a list of services holds one.

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::metadata::lookup::lookups;
use crate::metadata::{namespace_in, status};
use crate::semantics::Semantics;
use crate::value::{Bool, Str};
use nixie_types::SemanticType;

/// Functions of one service or namespace.
pub(super) const FUNCTIONS: &[Function] = lookups! {
    "service_id_to_service_name"("service_id": Str) -> Str, Semantics::Always(SemanticType::ServiceName), ID => NAME,
        "Returns the name of a service.",
        |view, id| view.kubernetes.service(id).map(|found| found.full_name()).unwrap_or_default();
    "service_name_to_service_id"("service_name": Str) -> Str, Semantics::None, NAME => ID,
        "Returns the id of the service that has a name, or had it last.",
        |view, name| view.kubernetes.service_named(name).map(|found| found.uid.clone()).unwrap_or_default();
    "service_name_to_namespace"("service_name": Str) -> Str, Semantics::Always(SemanticType::NamespaceName),
        Datum::Text("pl/orders") => Datum::Text("pl"),
        "Returns the namespace in a service name of the form `namespace/name`, else the empty text.",
        |_, name| namespace_in(name);
    "service_id_to_cluster_ip"("service_id": Str) -> Str, Semantics::Always(SemanticType::IpAddress), ID => Datum::Text("127.0.0.2"),
        "Returns the IP address of a service within the cluster.",
        |view, id| view.kubernetes.service(id).map(|found| found.cluster_ip.clone()).unwrap_or_default();
    "service_id_to_external_ips"("service_id": Str) -> Str, Semantics::None, ID => Datum::Text(r#"["127.0.0.1"]"#),
        "Returns the IP addresses of a service outside the cluster as a JSON array; the empty text for an unknown service.",
        |view, id| view.kubernetes.service(id).map(|found| status::array(&found.external_ips)).unwrap_or_default();
    "namespace_name_to_namespace_id"("namespace_name": Str) -> Str, Semantics::None,
        Datum::Text("namespace1") => Datum::Text("namespace_uid"),
        "Returns the id of a namespace.",
        |view, name| view.kubernetes.namespace_named(name).map(|found| found.uid.clone()).unwrap_or_default();
};

/// Whether a list holds a value.
pub(super) const MEMBERSHIP: &[Function] = &[
    membership(
        "has_service_name",
        "Returns whether a service column, which may hold a JSON array of several services, names \
         a service.",
        Example {
            args: &[Datum::Text("[\"a/b\",\"a/c\"]"), Datum::Text("a/c")],
            result: Datum::Bool(true),
        },
    ),
    membership(
        "has_service_id",
        "Returns whether a column of service ids, which may hold a JSON array of several, holds one.",
        Example {
            args: &[Datum::Text("1"), Datum::Text("2")],
            result: Datum::Bool(false),
        },
    ),
    membership(
        "has_value",
        "Returns whether a text is a value, or is a JSON array of texts that holds it.",
        Example {
            args: &[Datum::Text("[\"3\",\"4\"]"), Datum::Text("4")],
            result: Datum::Bool(true),
        },
    ),
];

const ID: Datum = Datum::Text("3_uid");
const NAME: Datum = Datum::Text("pl/running_service");

const HAS: &[Overload] = &[Overload::new(
    &["list", "value"],
    &scalar2::<Str, Str, Bool, _>(has),
)];

const fn membership(name: &'static str, doc: &'static str, example: Example) -> Function {
    Function {
        name,
        family: Family::Metadata,
        doc,
        example,
        semantics: Semantics::None,
        body: Body::Scalar(HAS),
    }
}

/// An array holds a value when a text before the first other element is it.
fn has(list: &str, value: &str) -> bool {
    let Ok(serde_json::Value::Array(elements)) = serde_json::from_str(list) else {
        return list == value;
    };
    let mut texts = elements.iter().map_while(serde_json::Value::as_str);
    texts.any(|text| text == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_its_texts_and_anything_else_itself() {
        for (list, value, want) in [
            ("1", "1", true),
            ("2", "1", false),
            (r#"["3", "4"]"#, "4", true),
            (r#"["3", "4"]"#, "5", false),
            ("[]", "4", false),
            ("pl/a", "pl/a", true),
            ("a/b", "a", false),
            (r#"["a/b", 1, "c"]"#, "a/b", true),
            (r#"["a/b", 1, "c"]"#, "c", false),
            (r#"["a"]"#, r#"["a"]"#, false),
            ("[", "[", true),
            ("{}", "{}", true),
        ] {
            assert_eq!(has(list, value), want, "{list} {value}");
        }
    }
}
