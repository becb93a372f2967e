//! Reads JSON with a shape in mind, and tells each value that has another.
//!
//! Names are those of JSON for protocol buffers: `lowerCamelCase`, or as the message spells them,
//! `lower_snake_case`; `null` is the same as nothing.

use super::Text;
use crate::diagnostics::{Checked, Diagnostics, Problem, Reported};
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use ruff_text_size::{TextRange, TextSize};

/// Only what JSON allows.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// A value with its path from the root, such as `widgets[2].name`.
pub(super) struct Item<'v> {
    pub(super) value: &'v Value<'v>,
    pub(super) path: String,
}

impl Item<'_> {
    /// Returns the place.
    pub(super) fn range(&self) -> TextRange {
        text_range(self.value.range())
    }
}

/// The fields of an object that are known and set.
pub(super) struct Fields<'v> {
    pub(super) path: String,
    pub(super) range: TextRange,
    entries: Vec<(&'static str, Item<'v>)>,
}

impl<'v> Fields<'v> {
    /// Returns a field.
    pub(super) fn get(&self, name: &str) -> Option<&Item<'v>> {
        let found = self.entries.iter().find(|(known, _)| *known == name);
        found.map(|(_, item)| item)
    }
}

/// Reads values and reports what is wrong with them.
pub(super) struct Reader<'d, 's> {
    diagnostics: &'d mut Diagnostics<'s>,
}

impl<'d, 's> Reader<'d, 's> {
    pub(super) const fn new(diagnostics: &'d mut Diagnostics<'s>) -> Self {
        Self { diagnostics }
    }

    /// Parses a text and hands its value to a function.
    pub(super) fn parse<T>(
        &mut self,
        text: &str,
        read: impl FnOnce(&mut Self, &Item<'_>) -> Checked<T>,
    ) -> Checked<T> {
        match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
            Ok(parsed) => match &parsed.value {
                Some(value) => {
                    let path = String::new();
                    read(self, &Item { value, path })
                }
                None => {
                    let problem =
                        Problem::new("syntax", "the file is empty, expected a JSON object");
                    Err(self.diagnostics.report_nowhere(problem))
                }
            },
            Err(error) => {
                let message = format!("not valid JSON: {}", lower_first(&error.kind().to_string()));
                let problem = Problem::new("syntax", message);
                Err(self.diagnostics.report(text_range(error.range()), problem))
            }
        }
    }

    /// Reports a problem at a place.
    pub(super) fn report(&mut self, range: TextRange, problem: Problem) -> Reported {
        self.diagnostics.report(range, problem)
    }

    /// Returns the fields of an object, of which all must be among the known ones.
    pub(super) fn fields<'v>(
        &mut self,
        item: &Item<'v>,
        known: impl IntoIterator<Item = &'static str> + Clone,
    ) -> Checked<Fields<'v>> {
        let Value::Object(object) = item.value else {
            return Err(self.wrong(item, "an object"));
        };
        let mut fields = Fields {
            path: item.path.clone(),
            range: item.range(),
            entries: Vec::with_capacity(object.properties.len()),
        };
        for property in &object.properties {
            let name = property.name.as_str();
            let range = match &property.name {
                ObjectPropName::String(literal) => text_range(literal.range),
                ObjectPropName::Word(word) => text_range(word.range),
            };
            let at = |name: &str| match item.path.as_str() {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            let camel = camel_case(name);
            let Some(field) = known.clone().into_iter().find(|known| *known == camel) else {
                let message = format!("`{}` is no field of {}", name, place(&item.path));
                let names: Vec<_> = known.clone().into_iter().collect();
                let list = names.join("`, `");
                let problem = Problem::new("unknown-field", message)
                    .help(format!("there are `{list}`"))
                    .suggest(&camel, names);
                self.report(range, problem);
                continue;
            };
            if fields.get(field).is_some() {
                let message = format!("`{}` is given twice", at(field));
                self.report(range, Problem::new("duplicate-field", message));
                continue;
            }
            if !matches!(property.value, Value::NullKeyword(_)) {
                let (value, path) = (&property.value, at(field));
                fields.entries.push((field, Item { value, path }));
            }
        }
        Ok(fields)
    }

    /// Returns the elements of a list.
    pub(super) fn items<'v>(&mut self, item: &Item<'v>) -> Checked<Vec<Item<'v>>> {
        let Value::Array(array) = item.value else {
            return Err(self.wrong(item, "a list"));
        };
        let elements = array.elements.iter().enumerate();
        Ok(elements
            .map(|(index, value)| Item {
                value,
                path: format!("{}[{index}]", item.path),
            })
            .collect())
    }

    /// Returns a text.
    pub(super) fn text(&mut self, item: &Item<'_>) -> Checked<Text> {
        match item.value {
            Value::StringLit(literal) => Ok(Text {
                text: literal.value.to_string(),
                range: item.range(),
            }),
            _ => Err(self.wrong(item, "text")),
        }
    }

    /// Returns a number; JSON for protocol buffers may spell it as text.
    pub(super) fn number(&mut self, item: &Item<'_>) -> Checked<f64> {
        let number = match item.value {
            Value::NumberLit(literal) => literal.value.parse().ok(),
            Value::StringLit(literal) => literal.value.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) => Ok(number),
            None => Err(self.wrong(item, "a number")),
        }
    }

    /// Returns true or false.
    pub(super) fn boolean(&mut self, item: &Item<'_>) -> Checked<bool> {
        match item.value {
            Value::BooleanLit(literal) => Ok(literal.value),
            _ => Err(self.wrong(item, "true or false")),
        }
    }

    /// Reports a value of another kind.
    pub(super) fn wrong(&mut self, item: &Item<'_>, expected: &str) -> Reported {
        let found = match item.value {
            Value::StringLit(literal) => format!("the text `{}`", literal.value),
            Value::NumberLit(literal) => format!("the number {}", literal.value),
            Value::BooleanLit(literal) => literal.value.to_string(),
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::NullKeyword(_) => "null".to_owned(),
        };
        let message = format!("{} is {found}, expected {expected}", place(&item.path));
        self.report(item.range(), Problem::new("wrong-type", message))
    }
}

/// Returns a path for messages.
pub(super) fn place(path: &str) -> String {
    if path.is_empty() {
        "the specification".to_owned()
    } else {
        format!("`{path}`")
    }
}

fn text_range(range: Range) -> TextRange {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(size(range.start), size(range.end.max(range.start)))
}

fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for char in name.chars() {
        if char == '_' && !out.is_empty() {
            upper = true;
        } else if upper {
            out.extend(char.to_uppercase());
            upper = false;
        } else {
            out.push(char);
        }
    }
    out
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|char| char.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
