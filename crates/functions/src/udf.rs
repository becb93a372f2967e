//! Presents a [`Function`] to the engine as a scalar function with all its overloads.

use crate::function::{Body, Function, Overload};
use crate::kernel::Context;
use arrow::array::{ArrayRef, AsArray};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType as ArrowType;
use datafusion_common::{Result, exec_err, plan_datafusion_err};
use datafusion_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use nixie_types::DataType;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// LIMIT: bytes of the texts that a function makes for the rows of one batch. The memory of a query is
/// counted where rows are held, and functions hold none.
pub const RESULT_BYTES_MAX: usize = 256 << 20;

/// A scalar function bound to what it may look up.
#[derive(Debug)]
pub(crate) struct Udf {
    function: &'static Function,
    overloads: &'static [Overload],
    context: Arc<Context>,
    signature: Signature,
}

impl Udf {
    /// Returns the engine's form of a scalar function; none for an aggregate.
    pub(crate) fn new(function: &'static Function, context: Arc<Context>) -> Option<Self> {
        let Body::Scalar(overloads) = &function.body else {
            return None;
        };
        let exact = |overload: &Overload| {
            let args = overload.kernel.args();
            if args.is_empty() {
                return TypeSignature::Nullary;
            }
            TypeSignature::Exact(args.iter().map(|arg| arg.arrow()).collect())
        };
        // What a process was called may change between two runs of a query, but not within one.
        let signature =
            Signature::one_of(overloads.iter().map(exact).collect(), Volatility::Stable);
        Some(Self {
            function,
            overloads,
            context,
            signature,
        })
    }

    fn overload<'a>(&self, types: impl Iterator<Item = &'a ArrowType>) -> Result<&Overload> {
        let types: Vec<_> = types.map(DataType::from_arrow).collect();
        self.overloads
            .iter()
            .find(|overload| {
                let args = overload.kernel.args();
                args.len() == types.len() && args.iter().zip(&types).all(|(a, b)| Some(*a) == *b)
            })
            .ok_or_else(|| {
                plan_datafusion_err!("`{}` has no form for these types", self.function.name)
            })
    }
}

/// Refuses texts that take too much memory.
pub(crate) fn check_bytes(name: &str, bytes: usize) -> Result<()> {
    if bytes <= RESULT_BYTES_MAX {
        return Ok(());
    }
    exec_err!(
        "`{name}` made {bytes} bytes of text at once, at most {RESULT_BYTES_MAX} are made; ask for \
         shorter texts"
    )
}

/// Returns the bytes of the texts of a result that are not those of its arguments.
fn made_bytes(result: &ArrayRef, args: &[ColumnarValue]) -> usize {
    let Some(texts) = result.as_string_view_opt() else {
        return 0;
    };
    let given = args.iter().filter_map(|arg| match arg {
        ColumnarValue::Array(array) => array.as_string_view_opt(),
        ColumnarValue::Scalar(_) => None,
    });
    let given: HashSet<_> = given
        .flat_map(|array| array.data_buffers().iter().map(Buffer::data_ptr))
        .collect();
    let buffers = texts.data_buffers().iter();
    let made = buffers.filter(|buffer| !given.contains(&buffer.data_ptr()));
    made.map(Buffer::len).sum()
}

impl PartialEq for Udf {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name && Arc::ptr_eq(&self.context, &other.context)
    }
}

impl Eq for Udf {}

impl Hash for Udf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl ScalarUDFImpl for Udf {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[ArrowType]) -> Result<ArrowType> {
        Ok(self.overload(arg_types.iter())?.kernel.returns().arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let overload = self.overload(args.arg_fields.iter().map(|field| field.data_type()))?;
        let result = overload
            .kernel
            .invoke(&self.context, &args.args, args.number_rows)?;
        if let ColumnarValue::Array(array) = &result {
            check_bytes(self.function.name, made_bytes(array, &args.args))?;
        }
        Ok(result)
    }
}
