//! `nslookup`

use crate::adapter::distinct;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::{Context, Input, Kernel};
use crate::semantics::Semantics;
use crate::value::{Str, Value, typed};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// `nslookup`
pub(crate) const NSLOOKUP: Function = Function {
    name: "nslookup",
    family: Family::Network,
    doc: "Returns the name of an IP address as the agent's system resolves it, by its hosts file and \
          DNS; the text itself where there is no name, and where none came within a second.",
    example: Example {
        args: &[Datum::Text("127.0.0.1")],
        result: Datum::Text("localhost"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["address"], &NsLookup)]),
};

/// Looks up all addresses of a batch at the same time.
#[derive(Debug)]
struct NsLookup;

impl Kernel for NsLookup {
    fn args(&self) -> &'static [DataType] {
        &[DataType::String]
    }

    fn returns(&self) -> DataType {
        DataType::String
    }

    fn invoke(
        &self,
        context: &Context,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<ColumnarValue> {
        let input = Input::new(args, 0)?;
        let texts = typed::<Str>(&input.array)?;
        let addresses: BTreeSet<IpAddr> = (0..rows)
            .filter_map(|row| Str::at(texts, row & input.mask).parse().ok())
            .collect();
        let names = context.names.of(&addresses);
        distinct::<Str, Str>(args, rows, |text| {
            let name = text.parse().ok().and_then(|address| names.get(&address));
            name.map_or_else(|| text.to_owned(), Clone::clone)
        })
    }
}
