//! `_script_reference`

use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::json::write_text;
use crate::kernel::{Context, Input, Kernel};
use crate::semantics::Semantics;
use crate::value::{Str, Value, typed};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::{DataType, SemanticType};

/// `_script_reference`
pub(crate) const SCRIPT_REFERENCE: Function = Function {
    name: "_script_reference",
    family: Family::Json,
    doc: "Returns a link to a script as JSON: its label, the script's name and up to 8 arguments, \
          each a name and a value. Scripts write `px.script_reference`.",
    example: Example {
        args: &[Datum::Text("text"), Datum::Text("px/script")],
        result: Datum::Text("{\"label\":\"text\",\"script\":\"px/script\",\"args\":{}}"),
    },
    semantics: Semantics::Always(SemanticType::ScriptReference),
    body: Body::Scalar(&[
        Overload::new(&[], &Reference(0)),
        Overload::new(&[], &Reference(1)),
        Overload::new(&[], &Reference(2)),
        Overload::new(&[], &Reference(3)),
        Overload::new(&[], &Reference(4)),
        Overload::new(&[], &Reference(5)),
        Overload::new(&[], &Reference(6)),
        Overload::new(&[], &Reference(7)),
        Overload::new(&[], &Reference(8)),
    ]),
};

/// The function for so many arguments of the script.
#[derive(Debug)]
struct Reference(usize);

const TYPES: &[DataType] = &[DataType::String; 18];

impl Kernel for Reference {
    fn args(&self) -> &'static [DataType] {
        &TYPES[..2 + 2 * self.0]
    }

    fn returns(&self) -> DataType {
        DataType::String
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let inputs = (0..args.len())
            .map(|index| Input::new(args, index))
            .collect::<Result<Vec<_>>>()?;
        let texts = inputs
            .iter()
            .map(|input| typed::<Str>(&input.array))
            .collect::<Result<Vec<_>>>()?;
        let at = |index: usize, row: usize| Str::at(texts[index], row & inputs[index].mask);
        let mut out = Str::builder(rows);
        for row in 0..rows {
            let mut json = String::from("{\"label\":");
            write_text(&mut json, at(0, row));
            json.push_str(",\"script\":");
            write_text(&mut json, at(1, row));
            json.push_str(",\"args\":{");
            for pair in 0..self.0 {
                if pair > 0 {
                    json.push(',');
                }
                write_text(&mut json, at(2 + 2 * pair, row));
                json.push(':');
                write_text(&mut json, at(3 + 2 * pair, row));
            }
            json.push_str("}}");
            Str::push(&mut out, json)?;
        }
        Ok(ColumnarValue::Array(Str::finish(out)))
    }
}
