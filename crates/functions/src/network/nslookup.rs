//! `nslookup`

use crate::adapter::per_text;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::Context;
use crate::semantics::Semantics;

/// `nslookup`
pub(crate) const NSLOOKUP: Function = Function {
    name: "nslookup",
    family: Family::Network,
    doc: "Returns the name of an IP address as far as the agent's host file knows it, and otherwise \
          the address itself. A query never waits for the network.",
    example: Example {
        args: &[Datum::Text("192.0.2.1")],
        result: Datum::Text("192.0.2.1"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["address"], &per_text(nslookup))]),
};

fn nslookup(context: &Context, address: &str) -> String {
    context.names.of(address).unwrap_or(address).to_owned()
}
