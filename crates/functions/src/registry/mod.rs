//! All functions, found by name and argument types.

use crate::aggregates::AggregateOverload;
use crate::function::{Body, Function, Overload};
use crate::kernel::Context;
use crate::network::Names;
use crate::tables::TableFunction;
use crate::udf::Udf;
use crate::{
    aggregates, conditionals, json, machine_learning, math, metadata, network, operators, privacy,
    profiles, protocols, regexes, request_paths, sql, strings, tables, uri,
};
use datafusion_common::ScalarValue;
use datafusion_expr::{AggregateUDF, ColumnarValue, Expr, ScalarUDF};
use nixie_metadata::Metadata;
use nixie_types::{DataType, SemanticType};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// All functions, bound to what they may look up.
#[derive(Debug)]
pub struct Registry {
    functions: BTreeMap<&'static str, Entry>,
    context: Arc<Context>,
}

#[derive(Debug)]
struct Entry {
    function: &'static Function,
    udf: Option<Arc<ScalarUDF>>,
}

/// No overload takes these arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownFunction {
    /// There is no function of that name.
    Name,
    /// There is one, but not for these types; the lists are those that it takes.
    Types {
        /// True for an aggregate.
        aggregate: bool,
        /// Argument types of each overload.
        accepted: Vec<Vec<DataType>>,
    },
}

/// How an overload of a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    names: &'static [&'static str],
    types: &'static [DataType],
    /// Number of leading arguments that must be literals.
    literals: usize,
    /// Type of the result.
    pub returns: DataType,
}

impl Form {
    /// Returns name and type of each argument as text.
    #[must_use]
    pub fn parameters(&self) -> Vec<String> {
        let types = self.types.iter().enumerate();
        let parameter = |(index, data_type): (usize, &DataType)| {
            let literal = if index < self.literals {
                "literal "
            } else {
                ""
            };
            let data_type = data_type.name();
            match self.names.get(index) {
                Some(name) => format!("{name}: {literal}{data_type}"),
                None => format!("{literal}{data_type}"),
            }
        };
        types.map(parameter).collect()
    }
}

impl Registry {
    /// Returns all functions, bound to the processes known to `metadata`.
    #[must_use]
    pub fn new(metadata: Arc<Metadata>) -> Self {
        Self::bound(metadata, Names::default())
    }

    /// Returns all functions, which name addresses in another way than by asking the system.
    #[must_use]
    pub fn with_resolver(metadata: Arc<Metadata>, resolve: fn(IpAddr) -> Option<String>) -> Self {
        Self::bound(metadata, Names::with(resolve))
    }

    fn bound(metadata: Arc<Metadata>, names: Names) -> Self {
        let context = Arc::new(Context { metadata, names });
        let entry = |function: &'static Function| {
            let udf = Udf::new(function, Arc::clone(&context));
            (
                function.name,
                Entry {
                    function,
                    udf: udf.map(|udf| Arc::new(ScalarUDF::from(udf))),
                },
            )
        };
        Self {
            functions: all().map(entry).collect(),
            context,
        }
    }

    /// Returns a function by name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&'static Function> {
        self.functions.get(name).map(|entry| entry.function)
    }

    /// Returns all functions, sorted by name.
    pub fn functions(&self) -> impl Iterator<Item = &'static Function> + '_ {
        self.functions.values().map(|entry| entry.function)
    }

    /// Returns a table function by name.
    #[must_use]
    pub fn table_function(&self, name: &str) -> Option<&'static TableFunction> {
        self.table_functions()
            .find(|function| function.name() == name)
    }

    /// Returns all table functions, sorted by name.
    #[allow(
        clippy::unused_self,
        reason = "whoever has a registry has all functions"
    )]
    pub fn table_functions(&self) -> impl Iterator<Item = &'static TableFunction> + '_ {
        tables::ALL.iter().copied()
    }

    /// Returns what functions look up.
    pub(crate) fn metadata(&self) -> &Metadata {
        &self.context.metadata
    }

    /// Returns the scalar functions in the engine's form, for registration with a session.
    #[must_use]
    pub fn scalar_functions(&self) -> Vec<Arc<ScalarUDF>> {
        self.functions
            .values()
            .filter_map(|entry| entry.udf.clone())
            .collect()
    }

    /// Returns the aggregates of our own in the engine's form, for registration with a session.
    #[must_use]
    pub fn aggregate_functions(&self) -> Vec<Arc<AggregateUDF>> {
        let own = |function: &'static Function| match function.body {
            Body::Scalar(_) => &[],
            Body::Aggregate(overloads) => overloads,
        };
        let mut udafs: Vec<_> = self
            .functions()
            .flat_map(own)
            .filter_map(AggregateOverload::udaf)
            .collect();
        // The overloads of a function may share one.
        udafs.dedup_by(|a, b| a.name() == b.name());
        udafs
    }

    /// Returns the result of a scalar function of constants; none when it does not take them.
    #[must_use]
    pub fn evaluate(&self, name: &str, args: &[ScalarValue]) -> Option<ScalarValue> {
        let types: Option<Vec<_>> = args
            .iter()
            .map(|arg| DataType::from_arrow(&arg.data_type()))
            .collect();
        let Chosen::Scalar(overload, _) = self.resolve(name, &types?).ok()?.chosen else {
            return None;
        };
        let args: Vec<_> = args.iter().cloned().map(ColumnarValue::Scalar).collect();
        match overload.kernel.invoke(&self.context, &args, 1).ok()? {
            ColumnarValue::Array(array) => ScalarValue::try_from_array(&array, 0).ok(),
            ColumnarValue::Scalar(scalar) => Some(scalar),
        }
    }

    /// Returns the function of that name that takes exactly these types.
    ///
    /// # Errors
    ///
    /// When there is none; nothing is converted implicitly.
    pub fn resolve(&self, name: &str, args: &[DataType]) -> Result<Resolved, UnknownFunction> {
        let entry = self.functions.get(name).ok_or(UnknownFunction::Name)?;
        let chosen = match &entry.function.body {
            Body::Scalar(overloads) => overloads
                .iter()
                .find(|overload| overload.kernel.args() == args)
                .and_then(|overload| {
                    Some(Chosen::Scalar(overload, Arc::clone(entry.udf.as_ref()?)))
                }),
            Body::Aggregate(overloads) => overloads
                .iter()
                .find(|overload| overload.args == args)
                .map(Chosen::Aggregate),
        };
        match chosen {
            Some(chosen) => Ok(Resolved {
                function: entry.function,
                chosen,
            }),
            None => Err(UnknownFunction::Types {
                aggregate: entry.function.is_aggregate(),
                accepted: entry.function.signatures(),
            }),
        }
    }
}

impl Function {
    /// Returns true for an aggregate.
    #[must_use]
    pub const fn is_aggregate(&self) -> bool {
        matches!(self.body, Body::Aggregate(_))
    }

    /// Returns the meaning of the result for arguments of these meanings.
    #[must_use]
    pub fn semantic_type(&self, args: &[SemanticType]) -> SemanticType {
        self.semantics.apply(args)
    }

    /// Returns the argument types of each overload.
    #[must_use]
    pub fn signatures(&self) -> Vec<Vec<DataType>> {
        match self.body {
            Body::Scalar(overloads) => overloads.iter().map(|o| o.kernel.args().to_vec()).collect(),
            Body::Aggregate(overloads) => overloads.iter().map(|o| o.args.to_vec()).collect(),
        }
    }

    /// Returns how each overload is called.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        match self.body {
            Body::Scalar(overloads) => overloads
                .iter()
                .map(|overload| Form {
                    names: overload.names,
                    types: overload.kernel.args(),
                    literals: overload.literals,
                    returns: overload.kernel.returns(),
                })
                .collect(),
            Body::Aggregate(overloads) => overloads
                .iter()
                .map(|overload| Form {
                    names: overload.names,
                    types: overload.args,
                    literals: 0,
                    returns: overload.returns,
                })
                .collect(),
        }
    }

    /// Returns how many leading arguments must be literals.
    #[must_use]
    pub fn literal_args(&self) -> usize {
        match self.body {
            Body::Scalar(overloads) => overloads.iter().map(|o| o.literals).max().unwrap_or(0),
            Body::Aggregate(_) => 0,
        }
    }
}

fn all() -> impl Iterator<Item = &'static Function> {
    [
        operators::FUNCTIONS,
        math::FUNCTIONS,
        conditionals::FUNCTIONS,
        strings::FUNCTIONS,
        regexes::FUNCTIONS,
        json::FUNCTIONS,
        uri::FUNCTIONS,
        sql::FUNCTIONS,
        request_paths::FUNCTIONS,
        privacy::FUNCTIONS,
        network::FUNCTIONS,
        protocols::FUNCTIONS,
        profiles::FUNCTIONS,
        machine_learning::FUNCTIONS,
        aggregates::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .chain(metadata::functions())
}

/// A function with the overload for some argument types.
#[derive(Clone)]
pub struct Resolved {
    function: &'static Function,
    chosen: Chosen,
}

#[derive(Clone)]
enum Chosen {
    Scalar(&'static Overload, Arc<ScalarUDF>),
    Aggregate(&'static AggregateOverload),
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("function", &self.function.name)
            .finish_non_exhaustive()
    }
}

impl Resolved {
    /// Returns the function's description.
    #[must_use]
    pub const fn function(&self) -> &'static Function {
        self.function
    }

    /// Returns the type of the result.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match &self.chosen {
            Chosen::Scalar(overload, _) => overload.kernel.returns(),
            Chosen::Aggregate(overload) => overload.returns,
        }
    }

    /// Returns the meaning of the result for arguments of these meanings.
    #[must_use]
    pub fn semantic_type(&self, args: &[SemanticType]) -> SemanticType {
        self.function.semantic_type(args)
    }

    /// Returns the expression that computes the function.
    #[must_use]
    pub fn call(&self, args: Vec<Expr>) -> Expr {
        match &self.chosen {
            Chosen::Scalar(overload, udf) => match overload.native {
                Some(native) => native(args),
                None => udf.call(args),
            },
            Chosen::Aggregate(overload) => overload.call(args),
        }
    }

    /// Returns what an aggregate gives for no rows, where the engine gives null; none otherwise.
    #[must_use]
    pub fn empty_value(&self) -> Option<ScalarValue> {
        match &self.chosen {
            Chosen::Scalar(..) => None,
            Chosen::Aggregate(overload) => overload.empty.map(ScalarValue::from),
        }
    }
}

#[cfg(test)]
mod aggregate_laws;
#[cfg(test)]
mod scalar_laws;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
