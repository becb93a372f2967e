//! `upid`

use crate::adapter::scalar3;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::{Context, Input, Kernel};
use crate::semantics::Semantics;
use crate::value::{Int, UInt128, Value, typed};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::SemanticType;
use nixie_types::{DataType, Upid};

/// `upid`
pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "upid",
    family: Family::Metadata,
    doc: "Returns the identity of a process from the agent's short id, the process id and the start time; without the first it is that of this agent.",
    example: Example {
        args: &[Datum::Int(7), Datum::Int(42), Datum::Int(1000)],
        result: Datum::UInt128(7 << 96 | 42 << 64 | 1000),
    },
    semantics: Semantics::Always(SemanticType::Upid),
    body: Body::Scalar(&[
        Overload::new(&["pid", "start"], &OfThisAgent),
        Overload::new(
            &["asid", "pid", "start"],
            &scalar3::<Int, Int, Int, UInt128, _>(upid),
        ),
    ]),
}];

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the parts are defined as the low bits"
)]
const fn upid(asid: i64, pid: i64, start: i64) -> Upid {
    Upid {
        asid: asid as u32,
        pid: pid as u32,
        start_ticks: start as u64,
    }
}

/// The form that takes the short id from the context.
#[derive(Debug)]
struct OfThisAgent;

impl Kernel for OfThisAgent {
    fn args(&self) -> &'static [DataType] {
        &[DataType::Int64, DataType::Int64]
    }

    fn returns(&self) -> DataType {
        DataType::UInt128
    }

    fn invoke(
        &self,
        context: &Context,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<ColumnarValue> {
        let (pid, start) = (Input::new(args, 0)?, Input::new(args, 1)?);
        let (pids, starts) = (typed::<Int>(&pid.array)?, typed::<Int>(&start.array)?);
        let asid = i64::from(context.metadata.asid());
        let mut out = UInt128::builder(rows);
        for row in 0..rows {
            let value = upid(
                asid,
                Int::at(pids, row & pid.mask),
                Int::at(starts, row & start.mask),
            );
            UInt128::push(&mut out, value)?;
        }
        Ok(ColumnarValue::Array(UInt128::finish(out)))
    }
}
