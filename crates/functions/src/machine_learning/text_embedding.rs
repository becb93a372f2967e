//! `_text_embedding`

use super::embedding::write_point;
use super::models::ModelFile;
use crate::adapter::text1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;
use safetensors::tensor::{Dtype, SafeTensors};
use std::sync::LazyLock;

/// `_text_embedding`
pub(crate) const TEXT_EMBEDDING: Function = Function {
    name: "_text_embedding",
    family: Family::MachineLearning,
    doc: "Returns where a text lies by its meaning, as a JSON array of floats: the mean of the vectors \
          of its first 64 word pieces, given as a JSON array of their numbers. The vectors are the rows \
          of a matrix, piece `n` that of row `n + 1`, in 32-bit floats: the tensor `embedding` of the \
          safetensors file that the environment variable `PX_EMBEDDING_MODEL` names, or \
          `/embedding.safetensors`. The result is empty for anything but an array of pieces that the \
          model has, and without a model, which the log says once.",
    example: Example {
        args: &[Datum::Text("[]")],
        result: Datum::Text(""),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["pieces"],
        &text1::<Str, _>(|pieces, out| embed(MODEL.as_ref(), pieces, out)),
    )]),
};

/// LIMIT: pieces of a text that count.
const PIECES_MAX: usize = 64;

/// The tensor's name in the file.
const TENSOR: &str = "embedding";

static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| {
    let file = ModelFile {
        purpose: "`_text_embedding`",
        variable: "PX_EMBEDDING_MODEL",
        path: "/embedding.safetensors",
    };
    file.load(read)
});

/// A matrix with a row for each piece behind one that stands for none.
#[derive(Debug, PartialEq)]
struct Model {
    columns: usize,
    values: Vec<f32>,
}

impl Model {
    fn row(&self, piece: u64) -> Option<&[f32]> {
        let row = usize::try_from(piece).ok()?.checked_add(1)?;
        let start = row.checked_mul(self.columns)?;
        self.values.get(start..start.checked_add(self.columns)?)
    }
}

fn read(bytes: &[u8]) -> Result<Model, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let tensor = tensors.tensor(TENSOR).map_err(|_| {
        let names = tensors.names().join("`, `");
        format!("the file has no tensor `{TENSOR}`, only `{names}`")
    })?;
    let (dtype, shape) = (tensor.dtype(), tensor.shape());
    let (2, Some(&columns @ 1..)) = (shape.len(), shape.last()) else {
        return Err(format!(
            "`{TENSOR}` has shape {shape:?}, expected [rows, columns]"
        ));
    };
    if dtype != Dtype::F32 {
        return Err(format!("`{TENSOR}` has type {dtype:?}, expected F32"));
    }
    let (numbers, _) = tensor.data().as_chunks::<4>();
    let values = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Ok(Model {
        columns,
        values: values.collect(),
    })
}

fn embed(model: Option<&Model>, pieces: &str, out: &mut String) {
    let Ok(pieces) = serde_json::from_str::<Vec<u64>>(pieces) else {
        return;
    };
    let Some(model) = model.filter(|_| !pieces.is_empty()) else {
        return;
    };
    let mut mean = vec![0.0; model.columns];
    let pieces = &pieces[..pieces.len().min(PIECES_MAX)];
    for &piece in pieces {
        let Some(row) = model.row(piece) else {
            return;
        };
        mean.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value);
    }
    #[allow(clippy::cast_precision_loss, reason = "at most `PIECES_MAX`")]
    let count = pieces.len() as f32;
    mean.iter_mut().for_each(|sum| *sum /= count);
    write_point(out, &mean);
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    /// A file with one tensor of consecutive numbers.
    fn file(name: &str, dtype: Dtype, shape: &[usize]) -> Vec<u8> {
        let values = (0_u8..).take(shape.iter().product());
        let data: Vec<u8> = values.flat_map(|n| f32::from(n).to_le_bytes()).collect();
        let tensor = TensorView::new(dtype, shape.to_vec(), &data).unwrap();
        safetensors::serialize([(name, tensor)], None).unwrap()
    }

    fn embedded(model: Option<&Model>, pieces: &str) -> String {
        let mut out = String::new();
        embed(model, pieces, &mut out);
        out
    }

    #[test]
    fn the_vectors_of_pieces_are_averaged() {
        let model = read(&file(TENSOR, Dtype::F32, &[4, 2])).unwrap();
        assert_eq!(embedded(Some(&model), "[0]"), "[2.0,3.0]");
        assert_eq!(embedded(Some(&model), "[0, 1, 2]"), "[4.0,5.0]");
        let many = format!("[{}2]", "0,".repeat(PIECES_MAX));
        assert_eq!(embedded(Some(&model), &many), "[2.0,3.0]");
    }

    #[test]
    fn what_has_no_vector_is_empty() {
        let model = read(&file(TENSOR, Dtype::F32, &[4, 2])).unwrap();
        for pieces in [
            "",
            "[]",
            "{}",
            "[0.5]",
            "[-1]",
            "[3]",
            "[18446744073709551615]",
        ] {
            assert_eq!(embedded(Some(&model), pieces), "", "{pieces}");
        }
        assert_eq!(embedded(None, "[0]"), "");
    }

    #[test]
    fn files_of_another_kind_are_told_apart() {
        let error = |bytes: &[u8]| read(bytes).unwrap_err();
        assert!(!error(b"nonsense").is_empty());
        assert_eq!(
            error(&file("weights", Dtype::F32, &[2, 2])),
            "the file has no tensor `embedding`, only `weights`"
        );
        assert_eq!(
            error(&file(TENSOR, Dtype::F32, &[4])),
            "`embedding` has shape [4], expected [rows, columns]"
        );
        assert_eq!(
            error(&file(TENSOR, Dtype::I32, &[2, 2])),
            "`embedding` has type I32, expected F32"
        );
    }
}
