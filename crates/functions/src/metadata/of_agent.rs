//! The agent that runs a function, its host and its cluster.

use crate::adapter::scalar0;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::Context;
use crate::metadata::status;
use crate::semantics::Semantics;
use crate::value::{Int, Str};
use nixie_types::SemanticType;

macro_rules! agent {
    ($($name:literal -> $out:ty, $semantics:expr, $result:expr, $doc:literal, $function:expr;)*) => {
        &[$(Function {
            name: $name,
            family: Family::Metadata,
            doc: $doc,
            example: Example { args: &[], result: $result },
            semantics: $semantics,
            body: Body::Scalar(&[Overload::new(&[], &scalar0::<$out, _>($function))]),
        }),*]
    };
}

/// Functions without arguments.
pub(super) const FUNCTIONS: &[Function] = agent! {
    "asid" -> Int, Semantics::Always(SemanticType::Asid), Datum::Int(1),
        "Returns the short id of the agent that runs the function.",
        |context| i64::from(context.metadata.asid());
    "_exec_hostname" -> Str, Semantics::None, Datum::Text("myhost"),
        "Returns the name of the host that runs the function.",
        |context| context.metadata.hostname().to_owned();
    "_exec_host_num_cpus" -> Int, Semantics::None, Datum::Int(4),
        "Returns the number of processors of the host that runs the function.",
        |context| i64::from(context.metadata.host_cpus());
    "vizier_id" -> Str, Semantics::None, Datum::Text("00000000-0000-0000-0000-000000000000"),
        "Returns the id of the cluster; all zeros for an agent on its own.",
        |context| context.metadata.cluster().id_text();
    "vizier_name" -> Str, Semantics::None, Datum::Text("myvizier"),
        "Returns the name of the cluster; that of the host for an agent on its own.",
        cluster_name;
    "vizier_namespace" -> Str, Semantics::None, Datum::Text("myviziernamespace"),
        "Returns the Kubernetes namespace of the agents; the empty text for an agent on its own.",
        |context| context.metadata.cluster().namespace.clone();
    "get_cidrs" -> Str, Semantics::None,
        Datum::Text(r#"["10.0.0.1/32","10.0.0.20/32","10.1.40.0/24"]"#),
        "Returns the networks of the cluster's pods and services as a sorted JSON array, with the address of the node's end of each IPv4 network of pods.",
        |context| status::array(context.metadata.kubernetes().cidrs().iter());
};

fn cluster_name(context: &Context) -> String {
    match context.metadata.cluster().name.as_str() {
        "" => context.metadata.hostname().to_owned(),
        name => name.to_owned(),
    }
}
