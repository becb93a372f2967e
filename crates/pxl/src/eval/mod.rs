//! Runs a script: its body once, from top to bottom, functions at each call.
//!
//! Nothing is computed on data; DataFrame operations build operators. A statement with a problem
//! leaves poisoned names, and what uses them is passed over in silence, so that one run finds
//! several problems without echoes.

mod aggregate;
mod builtins;
mod calls;
mod control;
mod cursor;
mod dataframe;
pub(crate) mod exec;
mod export;
mod expressions;
mod functions;
mod imports;
mod merge;
mod operators;
mod otel;
mod sinks;
mod statements;
mod table_functions;
mod trace;
mod trace_probe;
mod traced_table;
mod views;
mod window;

pub(crate) use builtins::parse_uuid;

use crate::diagnostics::{Checked, Diagnostics, Problem, Reported};
use crate::editor::Cursor;
use crate::mutation::Mutation;
use crate::objects::Object;
use crate::objects::builtin::GlobalFunction;
use crate::objects::module::Module;
use crate::objects::types::GLOBAL;
use crate::otel::OtelExport;
use crate::plan::{Frame, Literal, Term};
use crate::{Catalog, CompileOptions, FunctionCall};
use nixie_functions::Registry;
use ruff_python_ast::Stmt;
use ruff_text_size::TextRange;
use std::collections::{BTreeSet, HashMap};

/// LIMIT: functions of the script that call each other.
const CALL_DEPTH_MAX: usize = 40;

/// LIMIT: statements run, those of functions counted at each call.
const STEPS_MAX: usize = 10_000;

/// LIMIT: bytes of a text that is put together at compile time.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// LIMIT: work in one run, in about quarters of a microsecond: expressions, items of lists copied or
/// compared, and pieces of text of 64 bytes. A script of 10 KB must not take longer than 50 ms.
const WORK_MAX: usize = 100_000;

/// LIMIT: the same for each byte of a script, if that is more.
const WORK_MAX_PER_BYTE: usize = 10;

/// Work of a part of an expression each time it is made, given its type, or put into a plan.
const TERM_WORK: usize = 4;

/// LIMIT: operators of all outputs and exports together, shared ones counted as often as they are used.
const OPERATORS_MAX: usize = 10_000;

/// LIMIT: items of a list that is put together at compile time.
const ITEMS_MAX: usize = 10_000;

/// LIMIT: tracepoints and settings that a script changes.
const MUTATIONS_MAX: usize = 100;

/// LIMIT: tables that a script displays.
const OUTPUTS_MAX: usize = 200;

/// Runs a script.
pub(crate) struct Evaluator<'a, 'd> {
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) registry: &'a Registry,
    pub(crate) options: &'a CompileOptions,
    pub(crate) diagnostics: &'d mut Diagnostics<'a>,
    /// Scopes are never freed during a run, so that functions can name theirs by index.
    scopes: Vec<Scope<'a>>,
    scope: usize,
    call_depth: usize,
    loop_depth: usize,
    steps: usize,
    work: usize,
    work_max: usize,
    /// Operators of the outputs so far.
    operators: usize,
    /// The module whose functions are being defined or run.
    module: Option<Module>,
    /// What the script has assigned to attributes of modules.
    attributes: HashMap<(Module, &'a str), Object<'a>>,
    /// The scope of the views, once they are imported.
    views: Option<usize>,
    /// The probe whose function runs.
    probe: Option<crate::mutation::Probe>,
    mutations: Vec<Mutation>,
    /// While the right side of `df.x = ...` is evaluated: `df`.
    target: Option<(&'a str, Frame)>,
    sinks: Vec<Sink>,
    exports: Vec<ExportSink>,
    /// Set where an editor asks what is at a place of the script.
    cursor: Option<Cursor>,
    /// Script arguments that were asked for.
    arguments_used: BTreeSet<String>,
    /// Functions to run instead of displaying.
    functions: &'a [FunctionCall],
    /// Arguments of those that may be lists, parsed.
    lists: &'a exec::Lists<'a>,
}

#[derive(Default)]
struct Scope<'a> {
    names: HashMap<&'a str, Object<'a>>,
    parent: Option<usize>,
}

/// A table that the script displays.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) name: String,
    pub(crate) frame: Frame,
}

/// Rows that the script exports.
#[derive(Debug)]
pub(crate) struct ExportSink {
    pub(crate) frame: Frame,
    pub(crate) otel: OtelExport,
}

/// What a script asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) sinks: Vec<Sink>,
    pub(crate) exports: Vec<ExportSink>,
    pub(crate) mutations: Vec<Mutation>,
}

impl<'a, 'd> Evaluator<'a, 'd> {
    /// Returns an evaluator with the names that need no import.
    pub(crate) fn new(
        catalog: &'a dyn Catalog,
        registry: &'a Registry,
        options: &'a CompileOptions,
        functions: &'a [FunctionCall],
        lists: &'a exec::Lists<'a>,
        diagnostics: &'d mut Diagnostics<'a>,
    ) -> Self {
        let global = Scope {
            names: Self::global_names(),
            parent: None,
        };
        let work_max = WORK_MAX.max(WORK_MAX_PER_BYTE * diagnostics.source().len());
        Self {
            catalog,
            registry,
            options,
            diagnostics,
            scopes: vec![global],
            scope: 0,
            call_depth: 0,
            loop_depth: 0,
            steps: 0,
            work: 0,
            work_max,
            operators: 0,
            module: None,
            attributes: HashMap::new(),
            views: None,
            probe: None,
            mutations: Vec::new(),
            target: None,
            sinks: Vec::new(),
            exports: Vec::new(),
            cursor: None,
            arguments_used: BTreeSet::new(),
            functions,
            lists,
        }
    }

    /// Returns what is known without an import.
    fn global_names() -> HashMap<&'a str, Object<'a>> {
        let types = GLOBAL.iter().map(|known| (known.name, Object::Type(known)));
        let functions = GlobalFunction::ALL
            .iter()
            .map(|known| (known.name(), Object::Global(*known)));
        types.chain(functions).collect()
    }

    /// Runs the script and returns what it displays, exports and changes.
    pub(crate) fn run(mut self, body: &'a [Stmt]) -> Asked {
        let text = expressions::docstring(body);
        let doc = Term::literal(Literal::Text(text.into()), TextRange::default());
        self.bind("__doc__", Object::Term(doc));
        for stmt in body {
            // A problem has been reported; the next statement may show another.
            if self.statement(stmt).is_err() && self.is_exhausted() {
                break;
            }
        }
        self.run_functions();
        self.check_arguments();
        let asks = [self.sinks.len(), self.exports.len(), self.mutations.len()];
        if asks == [0; 3] && self.diagnostics.is_empty() {
            let message = "query does not output a result, please add a `px.display()` statement";
            let help = "end the script with `px.display(df)`";
            let _: Reported = self
                .diagnostics
                .report_nowhere(Problem::new("no-output", message).help(help));
        }
        Asked {
            sinks: self.sinks,
            exports: self.exports,
            mutations: self.mutations,
        }
    }

    fn check_arguments(&mut self) {
        for name in self.options.arguments.keys() {
            if self.arguments_used.contains(name) || !self.functions.is_empty() {
                continue;
            }
            let message = format!("the script takes no argument `{name}`");
            let known: Vec<_> = self.arguments_used.iter().map(String::as_str).collect();
            let problem = Problem::new("unknown-argument", message).suggest(name, known);
            let _: Reported = self.diagnostics.report_nowhere(problem);
        }
    }

    fn bind(&mut self, name: &'a str, object: Object<'a>) {
        self.scopes[self.scope].names.insert(name, object);
    }

    fn lookup(&mut self, name: &str, range: TextRange) -> Checked<Object<'a>> {
        let mut next = Some(self.scope);
        while let Some(index) = next {
            if let Some(object) = self.scopes[index].names.get(name) {
                return match object {
                    Object::Poison => Err(Reported),
                    other => Ok(other.clone()),
                };
            }
            next = self.scopes[index].parent;
        }
        let mut known: Vec<&str> = Vec::new();
        let mut next = Some(self.scope);
        while let Some(index) = next {
            known.extend(self.scopes[index].names.keys());
            next = self.scopes[index].parent;
        }
        known.sort_unstable();
        let mut problem = Problem::new("unknown-name", format!("name `{name}` is not defined"));
        problem = if Module::importable(name).is_some() {
            problem.help(format!("add `import {name}` at the top"))
        } else {
            problem.suggest(name, known)
        };
        Err(self.diagnostics.report(range, problem))
    }

    fn fail<T>(&mut self, range: TextRange, problem: Problem) -> Checked<T> {
        Err(self.diagnostics.report(range, problem))
    }
}
