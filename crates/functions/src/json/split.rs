//! `split`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::json::write_text;
use crate::semantics::Semantics;
use crate::value::Str;

/// `split`
pub(crate) const SPLIT: Function = Function {
    name: "split",
    family: Family::Json,
    doc: "Returns the pieces of a text between delimiters, as a JSON array of texts. An empty delimiter splits between all characters.",
    example: Example {
        args: &[Datum::Text("foo,bar"), Datum::Text(",")],
        result: Datum::Text("[\"foo\",\"bar\"]"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["text", "delimiter"],
        &scalar2::<Str, Str, Str, _>(split),
    )]),
};

fn split(text: &str, delimiter: &str) -> String {
    if delimiter.is_empty() && !text.is_empty() {
        let mut buffer = [0; 4];
        let mut out = String::from("[");
        for c in text.chars() {
            push(&mut out, c.encode_utf8(&mut buffer));
        }
        out.push(']');
        return out;
    }
    let mut out = String::from("[");
    if delimiter.is_empty() {
        push(&mut out, text);
    } else {
        for piece in text.split(delimiter) {
            push(&mut out, piece);
        }
    }
    out.push(']');
    out
}

fn push(out: &mut String, piece: &str) {
    if out.len() > 1 {
        out.push(',');
    }
    write_text(out, piece);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (text, delimiter, want) in [
            ("foo,bar,baz", ";", r#"["foo,bar,baz"]"#),
            ("a,,b", ",", r#"["a","","b"]"#),
            ("ab", "", r#"["a","b"]"#),
            ("", ",", r#"[""]"#),
            ("", "", r#"[""]"#),
        ] {
            assert_eq!(split(text, delimiter), want);
        }
    }
}
