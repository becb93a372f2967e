//! `upid_to_parent_pid`

use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::{Context, Input, Kernel};
use crate::semantics::Semantics;
use crate::value::{Int, UInt128, Value, typed};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::{DataType, Upid};
use std::collections::HashMap;

/// `upid_to_parent_pid`
pub(crate) const UPID_TO_PARENT_PID: Function = Function {
    name: "upid_to_parent_pid",
    family: Family::Metadata,
    doc: "Returns the process id of the parent of a process, or 0 when it is not known. An extension.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Int(1),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["upid"], &ParentPid)]),
};

/// Looks every process of a batch up once.
#[derive(Debug)]
struct ParentPid;

impl Kernel for ParentPid {
    fn args(&self) -> &'static [DataType] {
        &[DataType::UInt128]
    }

    fn returns(&self) -> DataType {
        DataType::Int64
    }

    fn invoke(
        &self,
        context: &Context,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<ColumnarValue> {
        let input = Input::new(args, 0)?;
        let upids = typed::<UInt128>(&input.array)?;
        let mut known: HashMap<Upid, i64> = HashMap::new();
        let mut out = Int::builder(rows);
        for row in 0..rows {
            let upid = UInt128::at(upids, row & input.mask);
            let parent = *known.entry(upid).or_insert_with(|| {
                context
                    .metadata
                    .process(upid)
                    .map_or(0, |process| i64::from(process.parent_pid))
            });
            Int::push(&mut out, parent)?;
        }
        Ok(ColumnarValue::Array(Int::finish(out)))
    }
}
