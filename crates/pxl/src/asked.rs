//! The arguments that a script asks for by `px.arg('name', default)`, as far as its text tells.

use crate::diagnostics::Diagnostics;
use crate::parse::parse;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// Name of the function that gives an argument of the script.
const ARG: &str = "arg";

/// An argument that a script asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Name, as users spell it.
    pub name: String,
    /// Its default, a text without quotes and all else as it is written; without one the user must
    /// give a value.
    pub default: Option<String>,
}

/// What the text of a script tells of its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// Those that are written out, in their order.
    pub found: Vec<Asked>,
    /// There may be others: the script has errors, computes a name, or uses `arg` in another way.
    pub may_be_more: bool,
}

impl Asks {
    /// Reads the text of a script, without running it.
    #[must_use]
    pub fn of(source: &str) -> Self {
        let Ok(module) = parse(source, &mut Diagnostics::new(source)) else {
            return Self {
                found: Vec::new(),
                may_be_more: true,
            };
        };
        let mut reader = Reader {
            source,
            asks: Self::default(),
        };
        for statement in &module.body {
            reader.visit_stmt(statement);
        }
        reader.asks
    }
}

struct Reader<'s> {
    source: &'s str,
    asks: Asks,
}

impl Reader<'_> {
    fn add(&mut self, call: &ExprCall) {
        let argument = |name: &str, place: usize| call.arguments.find_argument_value(name, place);
        let Some(Expr::StringLiteral(name)) = argument("name", 0) else {
            self.asks.may_be_more = true;
            return;
        };
        let name = name.value.to_str();
        if self.asks.found.iter().any(|known| known.name == name) {
            return;
        }
        let default = argument("default", 1).map(|default| match default {
            Expr::StringLiteral(text) => text.value.to_str().to_owned(),
            other => self.written(other.range()).to_owned(),
        });
        self.asks.found.push(Asked {
            name: name.to_owned(),
            default,
        });
    }

    fn written(&self, range: TextRange) -> &str {
        self.source
            .get(std::ops::Range::<usize>::from(range))
            .unwrap_or_default()
    }
}

impl<'a> Visitor<'a> for Reader<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::ImportFrom(import) = statement {
            self.asks.may_be_more |= import.names.iter().any(|alias| alias.name.as_str() == ARG);
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call)
                if call
                    .func
                    .as_attribute_expr()
                    .is_some_and(|f| f.attr.as_str() == ARG) =>
            {
                self.add(call);
                for argument in &call.arguments.args {
                    self.visit_expr(argument);
                }
                for keyword in &call.arguments.keywords {
                    self.visit_expr(&keyword.value);
                }
            }
            Expr::Attribute(attribute) if attribute.attr.as_str() == ARG => {
                self.asks.may_be_more = true;
            }
            other => walk_expr(self, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> (Vec<String>, bool) {
        let Asks { found, may_be_more } = Asks::of(source);
        let shown = |asked: Asked| match asked.default {
            Some(default) => format!("{}={default}", asked.name),
            None => asked.name,
        };
        (found.into_iter().map(shown).collect(), may_be_more)
    }

    #[test]
    fn arguments_are_read_from_calls() {
        let source = "import px as p\n# px.arg('comment')\nx = 'px.arg(1)'\nn = p.arg('n', 5 + 1)\n\
                      def f():\n    return p.arg(name='t', default=p.arg('u', ''))\ny = p.arg('n')";
        let expected = ["n=5 + 1", "t=p.arg('u', '')", "u="].map(str::to_owned);
        assert_eq!(of(source), (expected.to_vec(), false));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for source in [
            "import px\nx = px.arg('a' + 'b')",
            "import px\na = px.arg",
            "from px import arg\narg('x')",
            "import px\nx = (",
        ] {
            assert_eq!(of(source), (Vec::new(), true), "{source}");
        }
    }
}
