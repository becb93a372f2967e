//! `_text_embedding`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::machine_learning::models::ModelFile;
use crate::semantics::Semantics;
use crate::value::Str;
use serde_json::Value;
use std::sync::LazyLock;
use tflite::Model;

#[cfg_attr(feature = "tflite", path = "tflite.rs")]
#[cfg_attr(not(feature = "tflite"), path = "no_tflite.rs")]
mod tflite;

/// `_text_embedding`
pub(crate) const TEXT_EMBEDDING: Function = Function {
    name: "_text_embedding",
    family: Family::MachineLearning,
    doc: "Returns the embedding of a text as a JSON array of floats, from its word pieces as \
          `_encode_sentence_piece` gives them, by a TensorFlow Lite model. The model is the file that \
          the environment variable `PX_EMBEDDING_MODEL` names, or `/embedding.proto`; without it the \
          result is the empty text, and the log says so once. Reading it needs a build with the \
          feature `tflite`. What is no JSON array of whole numbers gives the empty text too.",
    example: Example {
        args: &[Datum::Text("[]")],
        result: Datum::Text(""),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["pieces"],
        &scalar1::<Str, Str, _>(|json: &str| embed(&MODEL, json)),
    )]),
};

/// Word pieces that a model takes; a text with fewer is filled up with zeros.
const PIECES: usize = 64;

static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| {
    let file = ModelFile {
        purpose: "`_text_embedding`",
        variable: "PX_EMBEDDING_MODEL",
        path: "/embedding.proto",
    };
    file.load(Model::read)
});

fn embed(model: &LazyLock<Option<Model>>, json: &str) -> String {
    let Some(pieces) = pieces(json) else {
        return String::new();
    };
    let run = |model: &Model| model.run(&pieces);
    model.as_ref().and_then(run).unwrap_or_default()
}

/// Returns what a model takes: the numbers of the pieces, each by one higher, as 0 stands for none.
fn pieces(json: &str) -> Option<[i32; PIECES]> {
    let values: Vec<Value> = serde_json::from_str(json).ok()?;
    let numbers: Option<Vec<i64>> = values.iter().map(Value::as_i64).collect();
    let mut pieces = [0; PIECES];
    for (piece, number) in pieces.iter_mut().zip(&numbers.filter(|all| !all.is_empty())?) {
        *piece = i32::try_from(number.checked_add(1)?).ok()?;
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_are_pieces() {
        let read = pieces("[4, 197]").unwrap();
        assert_eq!((read[0], read[1], read[2], read[63]), (5, 198, 0, 0));
        let many = format!("[{}]", vec!["7"; 100].join(","));
        assert_eq!(pieces(&many), Some([8; PIECES]));
        for bad in ["", "[]", "{}", "[1.0]", "[\"a\"]", "[1, null]", "[9223372036854775807]"] {
            assert_eq!(pieces(bad), None, "{bad}");
        }
    }

    #[test]
    fn without_a_model_there_is_no_embedding() {
        assert_eq!(embed(&LazyLock::new(|| None), "[1]"), "");
    }
}
