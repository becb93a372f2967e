//! Functions that return their argument: for what they mean to the optimizer, or to look at values on
//! their way.

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Looks at values; may refuse them.
type Look = fn(&ColumnarValue) -> Result<()>;

/// Returns its argument.
#[derive(Debug)]
pub(crate) struct PassOn {
    name: &'static str,
    look: Look,
    signature: Signature,
}

impl PassOn {
    /// Returns the function of that name; `look` sees all values.
    pub(crate) fn function(name: &'static str, look: Look) -> ScalarUDF {
        ScalarUDF::from(Self {
            name,
            look,
            signature: Signature::any(1, Volatility::Immutable),
        })
    }
}

impl PartialEq for PassOn {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for PassOn {}

impl Hash for PassOn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for PassOn {
    fn name(&self) -> &'static str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the field of the argument is that of the result")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        match args.arg_fields {
            [field] => Ok(Arc::clone(field)),
            fields => internal_err!("`{}` has {} arguments", self.name, fields.len()),
        }
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(value) = args.args.pop() else {
            return internal_err!("`{}` has no argument", self.name);
        };
        (self.look)(&value)?;
        Ok(value)
    }
}
