//! From JSON to a [`Vis`]: its shape, and what it says about itself.

use super::display::{self, DisplayKind};
use super::reader::{Fields, Item, Reader, place};
use super::{
    Argument, Call, Display, GlobalFunction, Position, Source, Text, VIS_BYTES_MAX, Variable,
    VariableKind, Vis, Widget,
};
use crate::diagnostics::{Checked, Diagnostics, Problem, Reported};
use jsonc_parser::ast::Value;

/// Reads a vis specification; what can be read is returned beside the reported problems.
pub(super) fn vis(text: &str, diagnostics: &mut Diagnostics<'_>) -> Checked<Vis> {
    if text.len() > VIS_BYTES_MAX {
        let message = format!(
            "the vis specification has {} bytes, at most {VIS_BYTES_MAX} are taken",
            text.len()
        );
        return Err(diagnostics.report_nowhere(Problem::new("too-large", message)));
    }
    let mut reader = Reader::new(diagnostics);
    reader.parse(text, |reader, root| {
        let fields = reader.fields(root, ["variables", "widgets", "globalFuncs"])?;
        Ok(Vis {
            variables: list(reader, &fields, "variables", variable),
            functions: list(reader, &fields, "globalFuncs", global_function),
            widgets: list(reader, &fields, "widgets", widget),
        })
    })
}

fn list<T>(
    reader: &mut Reader<'_, '_>,
    fields: &Fields<'_>,
    name: &str,
    read: fn(&mut Reader<'_, '_>, &Item<'_>) -> Checked<T>,
) -> Vec<T> {
    let Some(item) = fields.get(name) else {
        return Vec::new();
    };
    let items = reader.items(item).unwrap_or_default();
    // A problem has been reported; the next element may show another.
    let read = items.iter().filter_map(|item| read(reader, item).ok());
    read.collect()
}

/// Returns a text that may be absent.
fn optional(reader: &mut Reader<'_, '_>, fields: &Fields<'_>, name: &str) -> Checked<Text> {
    match fields.get(name) {
        Some(item) => reader.text(item),
        None => Ok(Text {
            text: String::new(),
            range: fields.range,
        }),
    }
}

/// Returns a text that must be there and say something.
fn required(reader: &mut Reader<'_, '_>, fields: &Fields<'_>, name: &str) -> Checked<Text> {
    let text = optional(reader, fields, name)?;
    if text.is_empty() {
        let message = format!("{} has no `{name}`", place(&fields.path));
        return Err(reader.report(text.range, Problem::new("missing-field", message)));
    }
    Ok(text)
}

fn variable(reader: &mut Reader<'_, '_>, item: &Item<'_>) -> Checked<Variable> {
    let known = ["name", "type", "defaultValue", "description", "validValues"];
    let fields = reader.fields(item, known)?;
    let name = required(reader, &fields, "name");
    let kind = variable_kind(reader, &fields);
    let default = fields
        .get("defaultValue")
        .map(|item| reader.text(item))
        .transpose();
    let description = optional(reader, &fields, "description");
    let valid_values = list(reader, &fields, "validValues", |reader, item| {
        reader.text(item)
    });
    let (name, kind, default, description) = (name?, kind?, default?, description?);
    if let Some(default) = &default
        && !default.is_empty()
        && !valid_values.is_empty()
        && !valid_values.iter().any(|valid| **valid == **default)
    {
        let message = format!("default `{default}` of variable `{name}` is no valid value");
        let names: Vec<&str> = valid_values.iter().map(|valid| &**valid).collect();
        let problem = Problem::new("invalid-value", message);
        reader.report(
            default.range,
            problem.help(format!("valid are `{}`", names.join("`, `"))),
        );
    }
    Ok(Variable {
        name,
        kind,
        default,
        description: description.text,
        valid_values: valid_values.into_iter().map(|valid| valid.text).collect(),
    })
}

fn variable_kind(reader: &mut Reader<'_, '_>, fields: &Fields<'_>) -> Checked<VariableKind> {
    let Some(item) = fields.get("type") else {
        let message = format!("{} has no `type`", place(&fields.path));
        let problem = Problem::new("missing-field", message).help("for example `PX_STRING`");
        return Err(reader.report(fields.range, problem));
    };
    let found = match item.value {
        Value::StringLit(literal) => VariableKind::ALL
            .iter()
            .find(|kind| kind.name() == literal.value),
        Value::NumberLit(literal) => VariableKind::ALL
            .iter()
            .find(|&&kind| literal.value.parse() == Ok(kind as i64)),
        _ => None,
    };
    let names: Vec<_> = VariableKind::ALL.iter().map(|kind| kind.name()).collect();
    match found {
        Some(kind) => Ok(*kind),
        None => Err(reader.wrong(item, &format!("one of `{}`", names.join("`, `")))),
    }
}

fn global_function(reader: &mut Reader<'_, '_>, item: &Item<'_>) -> Checked<GlobalFunction> {
    let fields = reader.fields(item, ["outputName", "func"])?;
    let output = required(reader, &fields, "outputName");
    let call = match fields.get("func") {
        Some(item) => call(reader, item),
        None => {
            let message = format!("{} has no `func`", place(&fields.path));
            Err(reader.report(fields.range, Problem::new("missing-field", message)))
        }
    };
    Ok(GlobalFunction {
        output: output?,
        call: call?,
    })
}

fn call(reader: &mut Reader<'_, '_>, item: &Item<'_>) -> Checked<Call> {
    let fields = reader.fields(item, ["name", "args"])?;
    let function = required(reader, &fields, "name");
    let arguments: Vec<(Text, Argument)> = list(reader, &fields, "args", argument);
    for (at, (name, _)) in arguments.iter().enumerate() {
        if arguments[..at].iter().any(|(known, _)| **known == **name) {
            let message = format!("argument `{name}` is given twice");
            reader.report(name.range, Problem::new("duplicate-name", message));
        }
    }
    Ok(Call {
        function: function?,
        arguments,
    })
}

fn argument(reader: &mut Reader<'_, '_>, item: &Item<'_>) -> Checked<(Text, Argument)> {
    let fields = reader.fields(item, ["name", "value", "variable"])?;
    let name = required(reader, &fields, "name")?;
    match (fields.get("value"), fields.get("variable")) {
        (Some(value), None) => Ok((name, Argument::Value(reader.text(value)?))),
        (None, Some(variable)) => Ok((name, Argument::Variable(reader.text(variable)?))),
        (both, _) => {
            let seen = if both.is_some() { "both" } else { "neither" };
            let message = format!(
                "argument `{name}` has {seen} of `value` and `variable`, expected exactly one"
            );
            Err(reader.report(fields.range, Problem::new("wrong-argument", message)))
        }
    }
}

fn widget(reader: &mut Reader<'_, '_>, item: &Item<'_>) -> Checked<Widget> {
    let known = [
        "name",
        "position",
        "func",
        "globalFuncOutputName",
        "displaySpec",
    ];
    let fields = reader.fields(item, known)?;
    let name = optional(reader, &fields, "name");
    let position = fields
        .get("position")
        .map(|item| position(reader, item))
        .transpose();
    let display = match fields.get("displaySpec") {
        Some(item) => display(reader, item),
        None => {
            let message = format!("{} has no `displaySpec`", place(&fields.path));
            Err(reader.report(fields.range, Problem::new("missing-field", message)))
        }
    };
    let source = source(reader, &fields, display.as_ref().ok());
    Ok(Widget {
        name: name?,
        position: position?,
        source: source?,
        display: display?,
    })
}

fn source(
    reader: &mut Reader<'_, '_>,
    fields: &Fields<'_>,
    display: Option<&Display>,
) -> Checked<Option<Source>> {
    match (fields.get("func"), fields.get("globalFuncOutputName")) {
        (Some(item), None) => Ok(Some(Source::Function(call(reader, item)?))),
        (None, Some(item)) => Ok(Some(Source::Output(reader.text(item)?))),
        (None, None) if display.is_none_or(|display| !display.kind.needs_rows) => Ok(None),
        (both, _) => {
            let seen = if both.is_some() { "both" } else { "neither" };
            let message = format!(
                "{} has {seen} of `func` and `globalFuncOutputName`, expected exactly one",
                place(&fields.path)
            );
            Err(reader.report(fields.range, Problem::new("wrong-argument", message)))
        }
    }
}

fn position(reader: &mut Reader<'_, '_>, item: &Item<'_>) -> Checked<Position> {
    let fields = reader.fields(item, ["x", "y", "w", "h"])?;
    let mut read = |name| match fields.get(name) {
        None => Ok(0),
        Some(item) => {
            let number = reader.number(item)?;
            // INVARIANT: no loss, as the range and the fraction are checked.
            #[allow(clippy::cast_possible_truncation, reason = "see INVARIANT")]
            if number.fract() == 0.0 && (0.0..f64::from(i32::MAX)).contains(&number) {
                Ok(number as i32)
            } else {
                Err(reader.wrong(item, "a whole number from 0"))
            }
        }
    };
    let (x, y, w, h) = (read("x"), read("y"), read("w"), read("h"));
    Ok(Position {
        x: x?,
        y: y?,
        w: w?,
        h: h?,
    })
}

/// Reads how rows are shown. `@type` is an address of the message; what counts is its name.
fn display(reader: &mut Reader<'_, '_>, item: &Item<'_>) -> Checked<Display> {
    let Value::Object(object) = item.value else {
        return Err(reader.wrong(item, "an object"));
    };
    let Some(value) = object.get("@type").map(|property| &property.value) else {
        let message = format!("{} has no `@type`", place(&item.path));
        let help = "for example `types.px.dev/px.vispb.Table`";
        return Err(reader.report(
            item.range(),
            Problem::new("missing-field", message).help(help),
        ));
    };
    let path = format!("{}.@type", item.path);
    let address = reader.text(&Item { value, path })?;
    let kind = display_kind(reader, &address)?;
    display::decode(reader, item, kind)
}

fn display_kind(reader: &mut Reader<'_, '_>, address: &Text) -> Checked<&'static DisplayKind> {
    let message = address.rsplit('/').next().unwrap_or_default();
    // `pl` is how the package was called before.
    let name = message
        .strip_prefix("px.vispb.")
        .or_else(|| message.strip_prefix("pl.vispb."));
    let found = name.and_then(|name| display::KINDS.iter().find(|kind| kind.name == name));
    if let Some(kind) = found {
        return Ok(kind);
    }
    let names: Vec<_> = display::KINDS.iter().map(|kind| kind.name).collect();
    let problem = Problem::new(
        "unknown-display",
        format!("`{address}` is no kind of display"),
    )
    .help(format!(
        "write `types.px.dev/px.vispb.NAME` with one of `{}`",
        names.join("`, `")
    ))
    .suggest(name.unwrap_or(message), names);
    let reported: Reported = reader.report(address.range, problem);
    Err(reported)
}
