//! `_text_embedding`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;
use std::sync::Once;
use tracing::warn;

/// `_text_embedding`
pub(crate) const TEXT_EMBEDDING: Function = Function {
    name: "_text_embedding",
    family: Family::MachineLearning,
    doc: "Returns the empty text: the embedding of a text by its word pieces needs a TensorFlow Lite \
          model, and nothing here reads those yet. The log says so once.",
    example: Example {
        args: &[Datum::Text("[4,197]")],
        result: Datum::Text(""),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["pieces"],
        &scalar1::<Str, Str, _>(text_embedding),
    )]),
};

// The reader that exists in Rust, tract, doubles the number of crates that this one needs, and
// adds more than a minute to every build.
fn text_embedding(_: &str) -> String {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        warn!("`_text_embedding` gives empty texts: TensorFlow Lite models cannot be read yet");
    });
    String::new()
}
