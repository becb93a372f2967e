//! `_encode_sentence_piece`

use crate::adapter::text1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::machine_learning::models::ModelFile;
use crate::semantics::Semantics;
use crate::value::Str;
use kitoken::Kitoken;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// `_encode_sentence_piece`
pub(crate) const ENCODE_SENTENCE_PIECE: Function = Function {
    name: "_encode_sentence_piece",
    family: Family::MachineLearning,
    doc: "Returns the numbers of the word pieces of a text as a JSON array, by a SentencePiece model. \
          The model is the file that the environment variable `PX_SENTENCEPIECE_MODEL` names, or \
          `/sentencepiece.proto`; without it the result is `[]`, and the log says so once.",
    example: Example {
        args: &[Datum::Text("")],
        result: Datum::Text("[]"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["text"],
        &text1::<Str, _>(|text, out| encode(MODEL.as_ref(), text, out)),
    )]),
};

static MODEL: LazyLock<Option<Kitoken>> = LazyLock::new(|| {
    let file = ModelFile {
        purpose: "`_encode_sentence_piece`",
        variable: "PX_SENTENCEPIECE_MODEL",
        path: "/sentencepiece.proto",
    };
    file.load(read)
});

fn read(bytes: &[u8]) -> Result<Kitoken, String> {
    Kitoken::from_sentencepiece_slice(bytes).map_err(|error| error.to_string())
}

fn encode(model: Option<&Kitoken>, text: &str, out: &mut String) {
    let pieces = model.and_then(|model| model.encode(text, false).ok());
    out.push('[');
    for (index, piece) in pieces.unwrap_or_default().into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        // Writing to a `String` cannot fail.
        write!(out, "{piece}").unwrap_or_default();
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of a few pieces, by the fields of SentencePiece's `ModelProto`.
    fn model() -> Vec<u8> {
        let pieces = [
            ("<unk>", 0.0, 2),
            ("<s>", 0.0, 3),
            ("</s>", 0.0, 3),
            ("\u{2581}Test", -1.0_f32, 1),
            ("\u{2581}", -2.0, 1),
            ("12", -3.0, 1),
            ("1", -4.0, 1),
            ("2", -4.0, 1),
            ("3", -4.0, 1),
            ("!", -5.0, 1),
        ];
        let mut bytes = Vec::new();
        for (text, score, kind) in pieces {
            let mut piece = vec![0x0A, u8::try_from(text.len()).unwrap()];
            piece.extend(text.as_bytes());
            piece.push(0x15);
            piece.extend(score.to_le_bytes());
            piece.extend([0x18, kind]);
            bytes.extend([0x0A, u8::try_from(piece.len()).unwrap()]);
            bytes.extend(piece);
        }
        // Trainer: a unigram model. Normalizer: a space is put before a text.
        bytes.extend([0x12, 2, 0x18, 1]);
        bytes.extend(b"\x1A\x10\x0A\x08identity\x18\x01\x20\x01\x28\x01");
        bytes
    }

    fn encoded(model: Option<&Kitoken>, text: &str) -> String {
        let mut out = String::new();
        encode(model, text, &mut out);
        out
    }

    #[test]
    fn a_text_becomes_its_likeliest_pieces() {
        let model = read(&model()).unwrap();
        assert_eq!(encoded(Some(&model), "Test 123!"), "[3,4,5,8,9]");
        assert_eq!(encoded(Some(&model), ""), "[]");
    }

    #[test]
    fn without_a_model_there_are_no_pieces() {
        assert_eq!(encoded(None, "Test"), "[]");
        assert!(read(b"nonsense").is_err());
    }
}
