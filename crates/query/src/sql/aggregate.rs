//! An aggregate of PxL in SQL: stands for all of its forms until the types of the arguments are
//! known, then turns into the engine's function that computes it for them.

use arrow::datatypes::DataType as ArrowType;
use datafusion::common::{internal_err, plan_datafusion_err};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::function::{
    AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs,
};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::col;
use nixie_functions::{Function, Registry, Resolved};
use nixie_types::DataType;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An aggregate of PxL.
#[derive(Debug)]
pub(super) struct PxlAggregate {
    function: &'static Function,
    registry: Arc<Registry>,
    /// The engine's aggregate of that name, for types that PxL's has no form for.
    engine: Option<Arc<AggregateUDF>>,
    signature: Signature,
}

impl PxlAggregate {
    pub(super) fn new(
        function: &'static Function,
        registry: Arc<Registry>,
        engine: Option<Arc<AggregateUDF>>,
    ) -> Self {
        let own = function.signatures().into_iter();
        let others = [DataType::String, DataType::Boolean].map(|other| vec![other]);
        let others = others.into_iter().filter(|_| engine.is_some());
        let exact = |types: Vec<DataType>| {
            TypeSignature::Exact(types.into_iter().map(DataType::arrow).collect())
        };
        let forms = own.chain(others).map(exact).collect();
        Self {
            function,
            registry,
            engine,
            signature: Signature::one_of(forms, Volatility::Immutable),
        }
    }

    /// Returns the engine's aggregate, if PxL's has no form for these types.
    fn engine(&self, types: &[ArrowType]) -> Option<&Arc<AggregateUDF>> {
        let engine = self.engine.as_ref()?;
        self.resolve(types).is_err().then_some(engine)
    }

    fn resolve(&self, types: &[ArrowType]) -> Result<Resolved> {
        let of_pxl: Option<Vec<_>> = types.iter().map(DataType::from_arrow).collect();
        of_pxl
            .and_then(|types| self.registry.resolve(self.function.name, &types).ok())
            .ok_or_else(|| {
                plan_datafusion_err!("`{}` has no form for {types:?}", self.function.name)
            })
    }

    /// Returns the function that computes the aggregate without any change to its arguments.
    fn plain(&self, types: &[ArrowType]) -> Result<Arc<AggregateUDF>> {
        if let Some(engine) = self.engine(types) {
            return Ok(Arc::clone(engine));
        }
        let args: Vec<_> = (0..types.len())
            .map(|index| col(format!("c{index}")))
            .collect();
        match self.resolve(types)?.call(args.clone()) {
            Expr::AggregateFunction(inner) if inner.params.args == args => Ok(inner.func),
            _ => Err(plan_datafusion_err!(
                "`{}` of {types:?} cannot be used with OVER; convert the argument to FLOAT64 first",
                self.function.name
            )),
        }
    }
}

impl PartialEq for PxlAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for PxlAggregate {}

impl Hash for PxlAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl AggregateUDFImpl for PxlAggregate {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[ArrowType]) -> Result<ArrowType> {
        match self.engine(types) {
            Some(engine) => engine.return_type(types),
            None => Ok(self.resolve(types)?.data_type().arrow()),
        }
    }

    /// Used with OVER only: everywhere else the aggregate has turned into another before.
    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let types: Vec<_> = args
            .expr_fields
            .iter()
            .map(|field| field.data_type().clone())
            .collect();
        self.plain(&types)?.accumulator(args)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<arrow::datatypes::FieldRef>> {
        let types: Vec<_> = args
            .input_fields
            .iter()
            .map(|field| field.data_type().clone())
            .collect();
        self.plain(&types)?.state_fields(args)
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        let registry = Arc::clone(&self.registry);
        let this = Self::new(self.function, registry, self.engine.clone());
        let turn = move |written: AggregateFunction, context: &SimplifyContext| {
            let AggregateFunctionParams {
                args,
                distinct,
                filter,
                order_by,
                null_treatment,
            } = written.params;
            let types: Result<Vec<_>> = args.iter().map(|arg| context.get_data_type(arg)).collect();
            let types = types?;
            if let Some(engine) = this.engine(&types) {
                return Ok(Expr::AggregateFunction(AggregateFunction::new_udf(
                    Arc::clone(engine),
                    args,
                    distinct,
                    filter,
                    order_by,
                    null_treatment,
                )));
            }
            match this.resolve(&types)?.call(args) {
                Expr::AggregateFunction(mut inner) => {
                    inner.params = AggregateFunctionParams {
                        distinct: distinct || inner.params.distinct,
                        filter,
                        order_by,
                        null_treatment,
                        ..inner.params
                    };
                    Ok(Expr::AggregateFunction(inner))
                }
                other => internal_err!("`{other}` is no aggregate"),
            }
        };
        Some(Box::new(turn))
    }
}
