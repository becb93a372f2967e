//! Whom an IP address belongs to, or belonged to at a time.

use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::{Context, Input, Kernel};
use crate::metadata::lookup::{View, lookup, per_key, per_row};
use crate::metadata::status;
use crate::semantics::Semantics;
use crate::value::{Str, Time, UInt128, Value, typed};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_metadata::kubernetes::Pod;
use nixie_types::{DataType, SemanticType, Upid};
use std::collections::HashMap;

/// Functions of an IP address.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "ip_to_pod_id",
        family: Family::Metadata,
        doc: "Returns the id of the pod that has an IP address, or had it last; with a time, of the \
              one that started last before it, of those that had the address.",
        example: Example {
            args: &[Datum::Text("1.1.1.1"), Datum::Time(8)],
            result: Datum::Text("1_uid"),
        },
        semantics: Semantics::None,
        body: Body::Scalar(&[
            Overload::new(
                &["ip"],
                &per_key::<Str, Str, _>(|view, ip| {
                    view.kubernetes
                        .pod_id_of_ip(ip)
                        .unwrap_or_default()
                        .to_owned()
                }),
            ),
            Overload::new(
                &["ip", "time"],
                &per_row::<Str, Time, Str, _>(|view, ip, time_ns| {
                    view.kubernetes
                        .pod_id_of_ip_at(ip, time_ns)
                        .unwrap_or_default()
                        .to_owned()
                }),
            ),
        ]),
    },
    lookup!(
        "ip_to_service_id", "ip", Str => Str, Semantics::None,
        Datum::Text("127.0.0.2") => Datum::Text("3_uid"),
        "Returns the id of the service that has an IP address, or else that of the pod that has it, or a JSON array of several.",
        |view, ip| status::list(
            view.kubernetes.services_of_ip(ip).iter().map(|service| service.uid.as_str())
        )
    ),
    Function {
        name: "_upid_to_podname_local_addr_fallback",
        family: Family::Metadata,
        doc: "Returns the name of the pod of a process, or else of the one that had its address at \
              the time.",
        example: Example {
            args: &[Datum::UInt128(9), Datum::Text("1.1.1.1"), Datum::Time(8)],
            result: Datum::Text("pl/running_pod"),
        },
        semantics: Semantics::Always(SemanticType::PodName),
        body: Body::Scalar(&[Overload::new(
            &["upid", "local_addr", "time"],
            &PodOfUpidOrAddress,
        )]),
    },
];

/// The pod of a process; it may have ended before anything was known of it, but its address tells.
#[derive(Debug)]
struct PodOfUpidOrAddress;

impl Kernel for PodOfUpidOrAddress {
    fn args(&self) -> &'static [DataType] {
        &[DataType::UInt128, DataType::String, DataType::Time64Ns]
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
        let view = View::new(context);
        let (upid, ip) = (Input::new(args, 0)?, Input::new(args, 1)?);
        let time = Input::new(args, 2)?;
        let (upids, ips) = (typed::<UInt128>(&upid.array)?, typed::<Str>(&ip.array)?);
        let times = typed::<Time>(&time.array)?;
        let mut of_upids: HashMap<Upid, Option<String>> = HashMap::new();
        let mut out = Str::builder(rows);
        for row in 0..rows {
            let upid = UInt128::at(upids, row & upid.mask);
            let of_upid = of_upids
                .entry(upid)
                .or_insert_with(|| view.pod(upid).map(|pod| pod.full_name()));
            if let Some(name) = of_upid {
                out.try_append_value(name)?;
                continue;
            }
            let (ip, time_ns) = (
                Str::at(ips, row & ip.mask),
                Time::at(times, row & time.mask),
            );
            let id = view.kubernetes.pod_id_of_ip_at(ip, time_ns);
            let pod = id.and_then(|id| view.kubernetes.pod(id));
            out.try_append_value(pod.map(|pod| Pod::full_name(pod)).unwrap_or_default())?;
        }
        Ok(ColumnarValue::Array(Str::finish(out)))
    }
}
