//! Kernels of functions whose result is a piece of an argument. No text is copied: the result
//! shares the buffers of the argument.

use crate::kernel::{Context, Input, Kernel};
use crate::row::Row;
use crate::value::{Str, Value, typed};
use arrow::array::{ByteView, StringViewArray, StringViewBuilder};
use datafusion_common::{Result, internal_datafusion_err};
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::fmt;
use std::marker::PhantomData;

/// LIMIT: bytes of a text that a view holds itself, by the format of Arrow.
const INLINE_BYTES_MAX: usize = 12;

/// A function whose result is a piece of the text that is one of its arguments.
pub(crate) struct Slice<F, A> {
    function: F,
    types: PhantomData<fn(A)>,
}

impl<F, A> fmt::Debug for Slice<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slice")
    }
}

macro_rules! slice {
    (
        $name:ident, $of:literal, $text:literal, [$($value:ident),*],
        ($($type:ty),+), ($($in:ty),+), ($($arg:ident),+)
    ) => {
        #[doc = concat!("Returns a kernel of a function of ", $of, " that gives a piece of the text.")]
        pub(crate) const fn $name<$($value,)* F>(function: F) -> Slice<F, ($($type,)+)>
        where
            $($value: Value,)*
            F: for<'a> Fn($($in),+) -> &'a str,
        {
            Slice { function, types: PhantomData }
        }

        impl<$($value,)* F> Kernel for Slice<F, ($($type,)+)>
        where
            $($value: Value,)*
            F: for<'a> Fn($($in),+) -> &'a str + Send + Sync,
        {
            fn args(&self) -> &'static [DataType] {
                <($($type,)+) as Row>::TYPES
            }

            fn returns(&self) -> DataType {
                DataType::String
            }

            fn invoke(
                &self, _: &Context, args: &[ColumnarValue], rows: usize,
            ) -> Result<ColumnarValue> {
                let inputs = Input::all(args)?;
                let columns = <($($type,)+)>::columns(&inputs)?;
                let mut out = Pieces::new(&inputs[$text], rows)?;
                for row in 0..rows {
                    let ($($arg,)+) = <($($type,)+)>::at(&columns, row);
                    out.push(row, (self.function)($($arg),+))?;
                }
                Ok(ColumnarValue::Array(Str::finish(out.builder)))
            }
        }
    };
}

slice!(slice1, "a text", 0, [], (Str), (&'a str), (a));
slice!(
    slice2,
    "a value and a text",
    1,
    [A],
    (A, Str),
    (A::In<'a>, &'a str),
    (a, b)
);
slice!(
    slice3,
    "a text and two values",
    0,
    [A, B],
    (Str, A, B),
    (&'a str, A::In<'a>, B::In<'a>),
    (a, b, c)
);

/// Pieces of the texts of an array.
struct Pieces<'a> {
    texts: &'a StringViewArray,
    mask: usize,
    /// Holds the buffers of `texts`, in order, before any of its own.
    builder: StringViewBuilder,
}

impl<'a> Pieces<'a> {
    fn new(input: &'a Input, rows: usize) -> Result<Self> {
        let texts = typed::<Str>(&input.array)?;
        let mut builder = Str::builder(rows);
        for buffer in texts.data_buffers() {
            builder.append_block(buffer.clone());
        }
        Ok(Self {
            texts,
            mask: input.mask,
            builder,
        })
    }

    fn push(&mut self, row: usize, piece: &str) -> Result<()> {
        if piece.len() <= INLINE_BYTES_MAX {
            return Ok(self.builder.try_append_value(piece)?);
        }
        let row = row & self.mask;
        let text = self.texts.value(row);
        let skipped = (piece.as_ptr().addr()).checked_sub(text.as_ptr().addr());
        let skipped = skipped
            .filter(|skipped| skipped + piece.len() <= text.len())
            .and_then(|skipped| u32::try_from(skipped).ok())
            .ok_or_else(|| internal_datafusion_err!("the result is no piece of the argument"))?;
        // A text with such a long piece is not held by the view itself.
        let view = ByteView::from(self.texts.views()[row]);
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        Ok(self
            .builder
            .try_append_view(view.buffer_index, view.offset + skipped, length)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, AsArray};
    use std::sync::Arc;

    #[test]
    fn long_and_short_pieces_of_long_and_short_texts() {
        let texts = [
            "a text that is far longer than a view",
            "short one",
            "  another of those long texts, with a long piece",
        ];
        let long: ArrayRef = Arc::new(StringViewArray::from(texts.to_vec()));
        let input = Input {
            array: long.slice(1, 2),
            mask: usize::MAX,
        };
        let mut pieces = Pieces::new(&input, 3).unwrap();
        pieces.push(0, pieces.texts.value(0).trim()).unwrap();
        let texts = pieces.texts;
        pieces.push(1, &texts.value(1)[2..]).unwrap();
        pieces.push(1, &texts.value(1)[2..9]).unwrap();
        let array = Str::finish(pieces.builder);
        let got: Vec<_> = array.as_string_view().iter().flatten().collect();
        let want = [
            "short one",
            "another of those long texts, with a long piece",
            "another",
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn what_is_no_piece_is_refused() {
        let array: ArrayRef = Arc::new(StringViewArray::from(vec!["x"]));
        let input = Input { array, mask: 0 };
        let mut pieces = Pieces::new(&input, 1).unwrap();
        assert!(pieces.push(0, "a text from somewhere else").is_err());
    }
}
