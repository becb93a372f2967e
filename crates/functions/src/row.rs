//! Rows of one or more typed columns.

use crate::kernel::Input;
use crate::value::{Value, typed};
use datafusion_common::{Result, internal_datafusion_err};
use nixie_types::DataType;

/// The types of the arguments of a function: a tuple of [`Value`]s.
pub(crate) trait Row: 'static {
    const TYPES: &'static [DataType];
    type Columns<'a>;
    type In<'a>;

    /// Returns the columns, by type.
    fn columns(inputs: &[Input]) -> Result<Self::Columns<'_>>;

    /// Returns the values of a row.
    fn at<'a>(columns: &Self::Columns<'a>, row: usize) -> Self::In<'a>;
}

/// A column or constant of one type.
pub(crate) struct Column<'a, V: Value> {
    array: &'a V::Array,
    mask: usize,
}

impl<'a, V: Value> Column<'a, V> {
    pub(crate) fn new(input: &'a Input) -> Result<Self> {
        Ok(Self {
            array: typed::<V>(&input.array)?,
            mask: input.mask,
        })
    }

    pub(crate) fn at(&self, row: usize) -> V::In<'a> {
        V::at(self.array, row & self.mask)
    }
}

macro_rules! row {
    ($($value:ident $column:ident $index:tt),+) => {
        impl<$($value: Value),+> Row for ($($value,)+) {
            const TYPES: &'static [DataType] = &[$($value::DATA_TYPE),+];
            type Columns<'a> = ($(Column<'a, $value>,)+);
            type In<'a> = ($($value::In<'a>,)+);

            fn columns(inputs: &[Input]) -> Result<Self::Columns<'_>> {
                let [$($column),+] = inputs else {
                    return Err(internal_datafusion_err!(
                        "got {} arguments, expected {}", inputs.len(), Self::TYPES.len()
                    ));
                };
                Ok(($(Column::new($column)?,)+))
            }

            fn at<'a>(columns: &Self::Columns<'a>, row: usize) -> Self::In<'a> {
                ($(columns.$index.at(row),)+)
            }
        }
    };
}

row!(A a 0);
row!(A a 0, B b 1);
row!(A a 0, B b 1, C c 2);
row!(A a 0, B b 1, C c 2, D d 3, E e 4, G g 5, H h 6);
