//! Looks keys up in what is known now.
//!
//! A batch sees one state. Each distinct key of a batch is looked up once.

use crate::adapter::distinct;
use crate::kernel::{Context, Input, Kernel};
use crate::value::{Value, typed};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_metadata::kubernetes::{KubernetesState, Pod};
use nixie_metadata::{Metadata, Process};
use nixie_types::{DataType, Upid};
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

/// What is known while a batch is computed.
pub(crate) struct View<'c> {
    pub(crate) metadata: &'c Metadata,
    pub(crate) kubernetes: Arc<KubernetesState>,
}

impl<'c> View<'c> {
    pub(crate) fn new(context: &'c Context) -> Self {
        Self {
            metadata: &context.metadata,
            kubernetes: context.metadata.kubernetes(),
        }
    }

    /// Returns true when there is no Kubernetes, so that units and the host stand in for services
    /// and nodes.
    pub(crate) fn is_plain_host(&self) -> bool {
        !self.kubernetes.is_present()
    }

    pub(crate) fn process(&self, upid: Upid) -> Option<Arc<Process>> {
        self.metadata.process(upid)
    }

    /// Returns the id of the pod of a process.
    pub(crate) fn pod_id(&self, upid: Upid) -> Option<String> {
        self.kubernetes.pod_id_of_process(&*self.process(upid)?)
    }

    /// Returns the pod of a process.
    pub(crate) fn pod(&self, upid: Upid) -> Option<&Arc<Pod>> {
        self.kubernetes.pod(&self.pod_id(upid)?)
    }
}

/// A function of one key.
pub(crate) struct PerKey<K, R, F> {
    function: F,
    types: PhantomData<fn(K) -> R>,
}

impl<K: Value, R: Value, F> fmt::Debug for PerKey<K, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerKey")
            .field("key", &K::DATA_TYPE)
            .field("returns", &R::DATA_TYPE)
            .finish_non_exhaustive()
    }
}

/// Returns a kernel that calls a function once for each distinct key of a batch.
pub(crate) const fn per_key<K, R, F>(function: F) -> PerKey<K, R, F>
where
    K: Value,
    R: Value,
    F: for<'a> Fn(&View<'_>, K::In<'a>) -> R::Out,
{
    PerKey {
        function,
        types: PhantomData,
    }
}

impl<K, R, F> Kernel for PerKey<K, R, F>
where
    K: Value,
    for<'a> K::In<'a>: Eq + Hash,
    R: Value,
    F: for<'a> Fn(&View<'_>, K::In<'a>) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        const { &[K::DATA_TYPE] }
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(
        &self,
        context: &Context,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<ColumnarValue> {
        let view = View::new(context);
        distinct::<K, R>(args, rows, |key| (self.function)(&view, key))
    }
}

/// A function of two arguments of each row.
pub(crate) struct PerRow<A, B, R, F> {
    function: F,
    types: PhantomData<fn(A, B) -> R>,
}

impl<A: Value, B: Value, R: Value, F> fmt::Debug for PerRow<A, B, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerRow")
            .field("returns", &R::DATA_TYPE)
            .finish_non_exhaustive()
    }
}

/// Returns a kernel that calls a function for each row.
pub(crate) const fn per_row<A, B, R, F>(function: F) -> PerRow<A, B, R, F>
where
    A: Value,
    B: Value,
    R: Value,
    F: for<'a> Fn(&View<'_>, A::In<'a>, B::In<'a>) -> R::Out,
{
    PerRow {
        function,
        types: PhantomData,
    }
}

impl<A, B, R, F> Kernel for PerRow<A, B, R, F>
where
    A: Value,
    B: Value,
    R: Value,
    F: for<'a> Fn(&View<'_>, A::In<'a>, B::In<'a>) -> R::Out + Send + Sync,
{
    fn args(&self) -> &'static [DataType] {
        const { &[A::DATA_TYPE, B::DATA_TYPE] }
    }

    fn returns(&self) -> DataType {
        R::DATA_TYPE
    }

    fn invoke(
        &self,
        context: &Context,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<ColumnarValue> {
        let view = View::new(context);
        let (a, b) = (Input::new(args, 0)?, Input::new(args, 1)?);
        let (a_values, b_values) = (typed::<A>(&a.array)?, typed::<B>(&b.array)?);
        let mut out = R::builder(rows);
        for row in 0..rows {
            let (a, b) = (A::at(a_values, row & a.mask), B::at(b_values, row & b.mask));
            R::push(&mut out, (self.function)(&view, a, b))?;
        }
        Ok(ColumnarValue::Array(R::finish(out)))
    }
}

/// Describes a function of one key.
macro_rules! lookup {
    ($name:expr, $arg:expr, $key:ty => $out:ty, $semantics:expr, $example:expr => $result:expr, $doc:expr, $function:expr) => {
        $crate::function::Function {
            name: $name,
            family: $crate::function::Family::Metadata,
            doc: $doc,
            example: $crate::function::Example {
                args: &[$example],
                result: $result,
            },
            semantics: $semantics,
            body: $crate::function::Body::Scalar(&[$crate::function::Overload::new(
                &[$arg],
                &$crate::metadata::lookup::per_key::<$key, $out, _>($function),
            )]),
        }
    };
}

/// Describes functions of one key: name, key and result; meaning; example; text; what to call.
macro_rules! lookups {
    ($($name:literal($arg:literal: $key:ty) -> $out:ty, $semantics:expr, $example:expr => $result:expr, $doc:expr, $function:expr;)*) => {
        &[$($crate::metadata::lookup::lookup!(
            $name, $arg, $key => $out, $semantics, $example => $result, $doc, $function
        )),*]
    };
}

/// Describes two functions for each property of a kind of object, by its id and by its name:
/// property and result; meaning; the property of the object of the example; text; what to call
/// with the object.
macro_rules! by_id_and_name {
    (
        $kind:literal, $what:literal, $by_id:ident($id:literal), $named:ident($name:literal);
        $($property:literal -> $out:ty, $semantics:expr, $result:expr, $doc:literal, $function:expr;)*
    ) => {
        &[$(
            $crate::metadata::lookup::lookup!(
                concat!($kind, "_id_to_", $property), concat!($kind, "_id"), Str => $out,
                $semantics, Datum::Text($id) => $result,
                concat!("Returns ", $doc, " of a ", $what, ", by its id."),
                |view, id| view.kubernetes.$by_id(id).map(|found| $function(view, found)).unwrap_or_default()
            ),
            $crate::metadata::lookup::lookup!(
                concat!($kind, "_name_to_", $property), concat!($kind, "_name"), Str => $out,
                $semantics, Datum::Text($name) => $result,
                concat!("Returns ", $doc, " of a ", $what, ", by its name."),
                |view, name| view.kubernetes.$named(name).map(|found| $function(view, found)).unwrap_or_default()
            )
        ),*]
    };
}

pub(crate) use {by_id_and_name, lookup, lookups};
