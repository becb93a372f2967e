//! Gives a term its types, for the columns of one operator.

use crate::diagnostics::{Checked, Diagnostics, Problem};
use crate::plan::ctx;
use crate::plan::relation::Relation;
use crate::plan::term::{Literal, Term, TermKind};
use nixie_functions::{Registry, Resolved, UnknownFunction};
use nixie_types::{DataType, SemanticType};
use ruff_text_size::TextRange;
use std::rc::Rc;

/// An expression over the columns of one operator, with its types.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) kind: TypedKind,
    pub(crate) data_type: DataType,
    pub(crate) semantic_type: SemanticType,
}

/// What a typed expression is.
#[derive(Clone, Debug)]
pub(crate) enum TypedKind {
    Call {
        resolved: Resolved,
        args: Vec<Typed>,
    },
    Column(Rc<str>),
    Literal(Literal),
}

impl Typed {
    /// Returns the number of functions, columns and values in it.
    pub(crate) fn size(&self) -> usize {
        match &self.kind {
            TypedKind::Call { args, .. } => 1 + args.iter().map(Self::size).sum::<usize>(),
            TypedKind::Column(_) | TypedKind::Literal(_) => 1,
        }
    }
}

/// Gives terms their types.
pub(crate) struct Binder<'b, 's> {
    pub(crate) registry: &'b Registry,
    pub(crate) diagnostics: &'b mut Diagnostics<'s>,
    pub(crate) relation: &'b Relation,
}

impl Binder<'_, '_> {
    /// Returns a term with its types.
    pub(crate) fn bind(&mut self, term: &Term) -> Checked<Typed> {
        match &term.kind {
            TermKind::Call { function, args } => self.call(function, args, term.range),
            TermKind::Cast {
                name,
                data_type,
                semantic_type,
                arg,
            } => {
                let mut typed = self.bind(arg)?;
                if typed.data_type != *data_type {
                    let message = format!(
                        "cannot cast from `{}` to `{}`; `{name}` changes only the meaning of a \
                         value, only semantic type casts are allowed",
                        typed.data_type.name(),
                        data_type.name(),
                    );
                    let problem = Problem::new("wrong-type", message);
                    return Err(self.diagnostics.report(term.range, problem));
                }
                typed.semantic_type = *semantic_type;
                Ok(typed)
            }
            TermKind::Column(name) => self.column(name, term.range),
            TermKind::Ctx(key) => self.ctx(key, term.range),
            TermKind::Literal(literal) => Ok(Typed {
                data_type: literal.data_type(),
                semantic_type: literal.semantic_type(),
                kind: TypedKind::Literal(literal.clone()),
            }),
        }
    }

    fn column(&mut self, name: &Rc<str>, range: TextRange) -> Checked<Typed> {
        match self.relation.column(name) {
            Some(column) if column.poisoned => Err(crate::diagnostics::Reported),
            Some(column) => Ok(Typed {
                kind: TypedKind::Column(Rc::clone(name)),
                data_type: column.data_type,
                semantic_type: column.semantic_type,
            }),
            None => Err(self
                .diagnostics
                .report(range, unknown_column(name, self.relation))),
        }
    }

    fn ctx(&mut self, key: &str, range: TextRange) -> Checked<Typed> {
        let relation = self.relation;
        let problem = match ctx::resolve(key, |name| relation.column(name).map(|c| c.data_type)) {
            Ok(conversion) => {
                let column = |name: &&str| Term::new(TermKind::Column((*name).into()), range);
                let args: Vec<_> = conversion.columns.iter().map(column).collect();
                return self.call(&conversion.function, &args, range);
            }
            Err(ctx::Failure::Key) => Problem::new(
                "unknown-ctx-key",
                format!("`{key}` unavailable metadata key"),
            )
            .suggest(key, ctx::keys()),
            Err(ctx::Failure::Columns(needed)) => {
                let have: Vec<_> = self.relation.names().collect();
                let message = format!(
                    "can't resolve metadata `{key}` because of lack of converting columns in the \
                     parent: need one of [{}], columns [{}] available",
                    needed.join(","),
                    have.join(","),
                );
                Problem::new("ctx-needs-column", message)
                    .help("read `ctx` right after `px.DataFrame`, while `upid` is still there")
            }
        };
        Err(self.diagnostics.report(range, problem))
    }

    fn call(&mut self, function: &str, args: &[Rc<Term>], range: TextRange) -> Checked<Typed> {
        let mut typed = Vec::with_capacity(args.len());
        let mut failed = None;
        for arg in args {
            match self.bind(arg) {
                Ok(arg) => typed.push(arg),
                Err(reported) => failed = Some(reported),
            }
        }
        if let Some(reported) = failed {
            return Err(reported);
        }
        let types: Vec<_> = typed.iter().map(|arg| arg.data_type).collect();
        match self.registry.resolve(function, &types) {
            Ok(resolved) if resolved.function().is_aggregate() => {
                let message =
                    format!("`{function}` is an aggregate, expected a function of one row");
                let help = format!("use it in `agg`: `df.agg(out=('column', px.{function}))`");
                let problem = Problem::new("aggregate-outside-agg", message).help(help);
                Err(self.diagnostics.report(range, problem))
            }
            Ok(resolved) => {
                // Leading literals do not take part in the rules of meanings.
                let literals = resolved.function().literal_args();
                let meanings: Vec<_> = typed.iter().map(|arg| arg.semantic_type).collect();
                let semantic_type = resolved.semantic_type(&meanings[literals..]);
                let data_type = resolved.data_type();
                let kind = TypedKind::Call {
                    resolved,
                    args: typed,
                };
                Ok(Typed {
                    kind,
                    data_type,
                    semantic_type,
                })
            }
            Err(unknown) => {
                let problem = unknown_overload(self.registry, function, &types, unknown);
                Err(self.diagnostics.report(range, problem))
            }
        }
    }
}

/// Returns the problem of a column that is not there.
pub(crate) fn unknown_column(name: &str, relation: &Relation) -> Problem {
    let have: Vec<_> = relation.names().collect();
    let problem = Problem::new(
        "unknown-column",
        format!("column `{name}` not found in parent dataframe"),
    );
    let problem = problem.suggest(name, have.iter().copied());
    if problem.help.is_some() {
        return problem;
    }
    problem.help(format!("it has the columns {}", list(&have)))
}

/// Returns names in backticks.
pub(crate) fn list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the problem of a function that does not take such arguments.
pub(crate) fn unknown_overload(
    registry: &Registry,
    function: &str,
    types: &[DataType],
    unknown: UnknownFunction,
) -> Problem {
    let names = |types: &[DataType]| types.iter().map(|t| t.name()).collect::<Vec<_>>().join(",");
    match unknown {
        UnknownFunction::Name => Problem::new(
            "unknown-function",
            format!("could not find function `{function}`"),
        )
        .suggest(function, registry.functions().map(|known| known.name)),
        UnknownFunction::Types {
            aggregate: true,
            accepted,
        } => Problem::new(
            "no-overload",
            format!(
                "could not find UDA `{function}` with update arg types [{}]",
                names(types)
            ),
        )
        .help(format!(
            "it takes {}",
            accepted
                .iter()
                .map(|a| format!("[{}]", names(a)))
                .collect::<Vec<_>>()
                .join(", ")
        )),
        UnknownFunction::Types {
            aggregate: false,
            accepted,
        } => {
            let all: Vec<_> = accepted.iter().map(|a| format!("[{}]", names(a))).collect();
            Problem::new(
                "no-overload",
                format!(
                    "could not find UDF `{function}` with arguments [{}]",
                    names(types)
                ),
            )
            .help(format!(
                "it takes {}; nothing is converted implicitly",
                all.join(", ")
            ))
        }
    }
}
