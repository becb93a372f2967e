//! What computes a scalar function over columns, and what it may look up.

use crate::network::Names;
use arrow::array::ArrayRef;
use datafusion_common::{Result, internal_datafusion_err};
use datafusion_expr::ColumnarValue;
use nixie_metadata::Metadata;
use nixie_types::DataType;
use std::fmt::Debug;
use std::sync::Arc;

/// What functions look up besides their arguments.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) names: Names,
}

/// A scalar function over columns.
pub(crate) trait Kernel: Debug + Send + Sync {
    /// Types of the arguments.
    fn args(&self) -> &'static [DataType];

    /// Type of the result.
    fn returns(&self) -> DataType;

    /// Computes all rows.
    fn invoke(
        &self,
        context: &Context,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<ColumnarValue>;
}

/// A column or a constant, read the same way: row & mask.
pub(crate) struct Input {
    pub(crate) array: ArrayRef,
    pub(crate) mask: usize,
}

impl Input {
    /// Returns argument `index`; a constant becomes an array of one row.
    pub(crate) fn new(args: &[ColumnarValue], index: usize) -> Result<Self> {
        match args.get(index) {
            Some(ColumnarValue::Array(array)) => Ok(Self {
                array: Arc::clone(array),
                mask: usize::MAX,
            }),
            Some(ColumnarValue::Scalar(scalar)) => Ok(Self {
                array: scalar.to_array()?,
                mask: 0,
            }),
            None => Err(internal_datafusion_err!("argument {index} is missing")),
        }
    }

    /// Returns all arguments.
    pub(crate) fn all(args: &[ColumnarValue]) -> Result<Vec<Self>> {
        (0..args.len())
            .map(|index| Self::new(args, index))
            .collect()
    }

    /// Returns true for a constant.
    pub(crate) const fn is_constant(&self) -> bool {
        self.mask == 0
    }
}
