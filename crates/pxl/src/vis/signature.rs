//! The functions of a script, by name, as far as they can be known without running it.

use crate::eval::parse_uuid;
use crate::objects::types::{GLOBAL, PX, TypeObject};
use nixie_types::{DataType, Upid};
use ruff_python_ast::{Expr, ModModule, Stmt};

/// A function at the top level of a script.
pub(super) struct Signature<'a> {
    pub(super) name: &'a str,
    pub(super) params: Vec<Param<'a>>,
}

/// A parameter.
pub(super) struct Param<'a> {
    pub(super) name: &'a str,
    pub(super) is_required: bool,
    pub(super) is_annotated: bool,
    /// The type of its annotation; none when that is more than a name.
    annotation: Option<&'static TypeObject>,
}

/// Returns the functions of a script.
pub(super) fn signatures(module: &ModModule) -> Vec<Signature<'_>> {
    let definitions = module.body.iter().filter_map(Stmt::as_function_def_stmt);
    definitions
        .map(|def| Signature {
            name: def.name.as_str(),
            params: def
                .parameters
                .iter_non_variadic_params()
                .map(|param| Param {
                    name: param.parameter.name.as_str(),
                    is_required: param.default.is_none(),
                    is_annotated: param.parameter.annotation.is_some(),
                    annotation: param.parameter.annotation.as_deref().and_then(type_object),
                })
                .collect(),
        })
        .collect()
}

fn type_object(annotation: &Expr) -> Option<&'static TypeObject> {
    match annotation {
        Expr::Name(name) => GLOBAL.iter().find(|known| known.name == name.id.as_str()),
        Expr::Attribute(attribute) => PX
            .iter()
            .find(|known| known.name == attribute.attr.as_str()),
        _ => None,
    }
}

impl Param<'_> {
    /// Returns what the parameter takes, when the text of an argument is not of that kind.
    pub(super) fn refuses(&self, text: &str) -> Option<&'static str> {
        let is_boolean = || {
            let word = text.to_ascii_lowercase();
            matches!(
                word.as_str(),
                "true" | "t" | "yes" | "y" | "1" | "false" | "f" | "no" | "n" | "0"
            )
        };
        match self.annotation?.data_type? {
            DataType::Boolean => (!is_boolean()).then_some("a boolean"),
            DataType::Float64 => text.parse::<f64>().is_err().then_some("a number"),
            DataType::Int64 => text.parse::<i64>().is_err().then_some("a whole number"),
            DataType::UInt128 => {
                let is_known =
                    text.trim().parse::<Upid>().is_ok() || parse_uuid(text.trim()).is_some();
                (!is_known).then_some("a UPID, which is a UUID or `asid:pid:start_ticks`")
            }
            DataType::String | DataType::Time64Ns => None,
        }
    }
}
