//! Tells an editor what a value is: what it holds, and how it is called.

use crate::diagnostics::Checked;
use crate::editor::{Completion, CompletionKind, Cursor, Described, Signature, doc_of};
use crate::eval::Evaluator;
use crate::objects::Object;
use crate::objects::builtin::{Builtin, ConfigFunction, Method, Param, TraceFunction, VisFunction};
use crate::objects::module::Module;
use crate::objects::types::PX;
use crate::plan::{Column, Frame, Kind, ctx};
use nixie_functions::Function;
use ruff_python_ast::{ExprCall, Stmt};
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Runs a script, and returns what was seen at the place of the cursor.
    pub(crate) fn run_to_cursor(mut self, body: &'a [Stmt]) -> Cursor {
        self.cursor = Some(Cursor::default());
        for stmt in body {
            if self.statement(stmt).is_err() && self.is_exhausted() {
                break;
            }
        }
        let is_seen = self
            .cursor
            .as_ref()
            .is_some_and(|cursor| cursor.seen.is_some());
        if !is_seen {
            // The place is in a function that the script itself does not call.
            self.run_functions();
        }
        self.cursor.unwrap_or_default()
    }

    /// Returns the value of a call if it is that of the cursor.
    pub(super) fn at_cursor(&mut self, call: &'a ExprCall) -> Option<Checked<Object<'a>>> {
        self.cursor.as_ref()?;
        let name = call.func.as_name_expr()?;
        if name.id != crate::editor::CURSOR {
            return None;
        }
        let seen = match call.arguments.args.first() {
            Some(expr) => self.eval(expr).ok().map(|object| self.describe(&object)),
            None => Some(Described {
                names: self.names_here(),
                ..Described::default()
            }),
        };
        if let Some(cursor) = &mut self.cursor
            && cursor.seen.is_none()
        {
            cursor.seen = seen;
        }
        Some(Ok(Object::None))
    }

    fn names_here(&mut self) -> Vec<Completion> {
        let mut found: Vec<(&str, Object<'a>)> = Vec::new();
        let mut next = Some(self.scope);
        while let Some(index) = next {
            let here = self.scopes[index].names.iter();
            let fresh = here.filter(|(name, _)| !found.iter().any(|(known, _)| known == *name));
            let fresh: Vec<_> = fresh
                .map(|(name, object)| (*name, object.clone()))
                .collect();
            found.extend(fresh);
            next = self.scopes[index].parent;
        }
        found.sort_unstable_by_key(|(name, _)| *name);
        found
            .into_iter()
            .map(|(name, object)| {
                let seen = self.describe(&object);
                Completion::new(name, kind_of(&object))
                    .detail(seen.detail)
                    .doc(seen.doc)
            })
            .collect()
    }

    fn describe(&mut self, object: &Object<'a>) -> Described {
        if let Some(called) = self.describe_callable(object) {
            return called;
        }
        let kind = object.kind().to_owned();
        match object {
            Object::Module(module) => Described {
                detail: format!("module {}", module.name()),
                doc: doc_of(module.name()).to_owned(),
                members: self.members(*module),
                ..Described::default()
            },
            Object::Frame(frame) => Described {
                detail: columns_text(frame),
                members: self.frame_members(frame),
                keys: self.columns(frame),
                ..Described::default()
            },
            Object::Grouped(grouped) => Described {
                detail: kind,
                members: [Method::Agg, Method::Groupby, Method::Rolling]
                    .map(method_item)
                    .into(),
                keys: self.columns(&grouped.frame),
                ..Described::default()
            },
            Object::Ctx(_) => Described {
                detail: kind,
                doc: doc_of(".ctx").to_owned(),
                keys: ctx::keys()
                    .map(|key| Completion::new(key, CompletionKind::ContextKey))
                    .collect(),
                ..Described::default()
            },
            _ => Described {
                detail: kind,
                ..Described::default()
            },
        }
    }

    /// Returns what can be called with how it is called; nothing for other values.
    fn describe_callable(&self, object: &Object<'a>) -> Option<Described> {
        Some(match object {
            Object::Builtin(builtin) => of_params(builtin.name(), "px.", builtin.params()),
            Object::Config(function) => of_params(function.name(), "pxconfig.", function.params()),
            Object::Trace(function) => of_params(function.name(), "pxtrace.", function.params()),
            Object::Vis(function) => of_params(function.name(), "px.vis.", function.params()),
            Object::OtelFunction(function) => {
                let modules = [Module::Otel, Module::OtelMetric, Module::OtelTrace];
                let module = modules
                    .into_iter()
                    .find(|module| Self::otel_names(*module).contains(&function.name()));
                let prefix =
                    module.map_or_else(String::new, |module| format!("{}.", module.name()));
                of_params(function.name(), &prefix, function.params())
            }
            Object::Method(_, method) | Object::GroupedMethod(_, method) => {
                of_params(method.name(), ".", method.params())
            }
            Object::Registered(function) => self.of_function(function),
            Object::TableFunction(function) => {
                let args = function.args.iter();
                let args = args.map(|arg| match arg.default {
                    Some(_) => format!("{}=…", arg.name),
                    None => arg.name.to_owned(),
                });
                called(function.name(), args.collect(), function.table.description)
            }
            Object::Function(function) => {
                let params = function.params.iter();
                let params = params.map(|param| match param.default {
                    Some(_) => format!("{}=…", param.name),
                    None => param.name.to_owned(),
                });
                let doc = super::expressions::docstring(&function.def.body).trim();
                called(function.def.name.as_str(), params.collect(), doc)
            }
            Object::Type(known) => Described {
                detail: known
                    .data_type
                    .map_or("list", |data_type| data_type.name())
                    .to_owned(),
                doc: "A type: in annotations of parameters, and to change the meaning of a value."
                    .to_owned(),
                ..called(known.name, vec!["expr".to_owned()], "")
            },
            _ => return None,
        })
    }

    /// A function over rows, with one signature for each list of types.
    fn of_function(&self, function: &'static Function) -> Described {
        let forms = function.forms().into_iter().map(|form| {
            let parameters = form.parameters();
            let (name, returns) = (function.name, form.returns.name());
            Signature {
                label: format!("{name}({}) -> {returns}", parameters.join(", ")),
                parameters,
                doc: function.doc.to_owned(),
            }
        });
        Described {
            doc: function.doc.to_owned(),
            signatures: forms.collect(),
            ..Described::default()
        }
    }

    fn members(&mut self, module: Module) -> Vec<Completion> {
        let prefix = format!("{}.", module.name());
        let function = |name: &'static str| {
            Completion::new(name, CompletionKind::Function).doc(doc_of(&format!("{prefix}{name}")))
        };
        let mut items: Vec<Completion> = module
            .inner()
            .iter()
            .map(|(name, inner)| {
                Completion::new(*name, CompletionKind::Module).doc(doc_of(inner.name()))
            })
            .collect();
        match module {
            Module::Px => {
                items.extend(Builtin::ALL.iter().map(|known| function(known.name())));
                let types = PX.iter().map(|known| {
                    let data_type = known.data_type.map_or("", |data_type| data_type.name());
                    Completion::new(known.name, CompletionKind::Type).detail(data_type)
                });
                items.extend(types);
                items.extend(self.registry.table_functions().map(|known| {
                    Completion::new(known.name(), CompletionKind::Function)
                        .detail("function that gives a table")
                        .doc(known.table.description)
                }));
                items.extend(self.registry.functions().map(|known| {
                    let kind = if known.is_aggregate() {
                        "aggregate"
                    } else {
                        "function"
                    };
                    Completion::new(known.name, CompletionKind::Function)
                        .detail(format!("{kind} of rows"))
                        .doc(known.doc)
                }));
            }
            Module::Plugin => items.extend(["start_time", "end_time"].map(|name| {
                let doc = doc_of(&format!("{prefix}{name}"));
                Completion::new(name, CompletionKind::Constant).doc(doc)
            })),
            Module::PxConfig => {
                items.extend(
                    ConfigFunction::ALL
                        .iter()
                        .map(|known| function(known.name())),
                );
            }
            Module::PxTrace => {
                items.extend(
                    TraceFunction::ALL
                        .iter()
                        .map(|known| function(known.name())),
                );
            }
            Module::PxViews => items.extend(crate::views::names().map(function)),
            Module::Vis => {
                items.extend(VisFunction::ALL.iter().map(|known| function(known.name())))
            }
            Module::Otel | Module::OtelMetric | Module::OtelTrace => {
                items.extend(Self::otel_names(module).into_iter().map(|name| {
                    match doc_of(&format!("{prefix}{name}")) {
                        "" => Completion::new(name, CompletionKind::Constant),
                        doc => Completion::new(name, CompletionKind::Function).doc(doc),
                    }
                }));
            }
        }
        items
    }

    fn frame_members(&self, frame: &Frame) -> Vec<Completion> {
        let mut items = self.columns(frame);
        items.extend(Method::ALL.iter().copied().map(method_item));
        items.push(Completion::new("ctx", CompletionKind::Constant).doc(doc_of(".ctx")));
        items
    }

    fn columns(&self, frame: &Frame) -> Vec<Completion> {
        let columns = frame
            .relation
            .columns
            .iter()
            .filter(|column| !column.poisoned);
        columns
            .map(|column| crate::editor::column_item(column, self.column_doc(frame, column)))
            .collect()
    }

    /// Returns what a table that a DataFrame is made of says of a column.
    fn column_doc(&self, frame: &Frame, column: &Column) -> Option<String> {
        let (mut open, mut steps) = (vec![frame], 0);
        while let Some(node) = open.pop() {
            steps += 1;
            if steps > crate::plan::node::SIZE_MAX {
                break;
            }
            match &node.kind {
                Kind::Source { table, .. } => {
                    let is_same = node.relation.column(&column.name).is_some_and(|own| {
                        own.data_type == column.data_type
                            && own.semantic_type == column.semantic_type
                    });
                    if is_same {
                        return self.catalog.description(table, Some(&column.name));
                    }
                }
                // What the script has assigned is not what the table holds.
                Kind::Assign { name, .. } if *name == column.name => {}
                kind => open.extend(kind.inputs()),
            }
        }
        None
    }
}

fn kind_of(object: &Object<'_>) -> CompletionKind {
    match object {
        Object::Module(_) => CompletionKind::Module,
        Object::Type(_) => CompletionKind::Type,
        Object::Builtin(_) | Object::Function(_) | Object::Global(_) | Object::Registered(_) => {
            CompletionKind::Function
        }
        _ => CompletionKind::Variable,
    }
}

fn of_params(name: &str, prefix: &str, params: &[Param]) -> Described {
    let params = params.iter().map(|param| {
        if param.required {
            param.name.to_owned()
        } else {
            format!("{}=…", param.name)
        }
    });
    called(name, params.collect(), doc_of(&format!("{prefix}{name}")))
}

fn called(name: &str, parameters: Vec<String>, doc: &str) -> Described {
    Described {
        doc: doc.to_owned(),
        signatures: vec![Signature {
            label: format!("{name}({})", parameters.join(", ")),
            parameters,
            doc: doc.to_owned(),
        }],
        ..Described::default()
    }
}

fn method_item(method: Method) -> Completion {
    Completion::new(method.name(), CompletionKind::Method)
        .doc(doc_of(&format!(".{}", method.name())))
}

fn columns_text(frame: &Rc<crate::plan::Node>) -> String {
    let names: Vec<_> = frame.relation.names().collect();
    format!("DataFrame with the columns {}", names.join(", "))
}
