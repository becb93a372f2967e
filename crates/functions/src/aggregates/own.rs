//! What aggregates of our own tell the engine.

use arrow::datatypes::{DataType as ArrowType, Field, FieldRef};
use datafusion_common::{Result, not_impl_datafusion_err};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility,
};
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An aggregate of our own.
pub(crate) struct Own {
    /// Name in plans; starts with `px_`, as the engine has aggregates of the same names.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) signature: Signature,
    /// Type of the result by those of the arguments.
    pub(crate) returns: fn(&[ArrowType]) -> ArrowType,
    /// Type of the partial state by that of the result.
    pub(crate) state: fn(&ArrowType) -> ArrowType,
    /// Returns the state of one group.
    pub(crate) single: fn(&ArrowType) -> Result<Box<dyn Accumulator>>,
    /// Returns the states of many groups.
    pub(crate) groups: fn(&ArrowType) -> Result<Box<dyn GroupsAccumulator>>,
    /// Facts about the resulting column.
    pub(crate) metadata: &'static [(&'static str, &'static str)],
}

impl Own {
    /// Returns what takes arguments of these types.
    pub(crate) fn takes(types: Vec<ArrowType>) -> Signature {
        Signature::exact(types, Volatility::Immutable)
    }

    /// Returns the engine's form.
    pub(crate) fn udaf(self) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(self))
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Own {}

impl Hash for Own {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for Own {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[ArrowType]) -> Result<ArrowType> {
        Ok((self.returns)(args))
    }

    fn return_field(&self, args: &[FieldRef]) -> Result<FieldRef> {
        let types: Vec<_> = args.iter().map(|arg| arg.data_type().clone()).collect();
        let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let metadata: HashMap<_, _> = self.metadata.iter().map(text).collect();
        let field = Field::new(self.name, self.return_type(&types)?, true);
        Ok(Arc::new(field.with_metadata(metadata)))
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            let name = self.name;
            return Err(not_impl_datafusion_err!("`{name}` of distinct values"));
        }
        (self.single)(args.return_type())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(
            format!("{}[state]", args.name),
            (self.state)(args.return_field.data_type()),
            true,
        ))])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        (self.groups)(args.return_type())
    }
}
