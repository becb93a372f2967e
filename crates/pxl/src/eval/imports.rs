//! `import`, and what modules hold.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::expressions::term;
use crate::objects::Object;
use crate::objects::builtin::{Builtin, ConfigFunction, TraceFunction, VisFunction};
use crate::objects::module::Module;
use crate::objects::types::PX;
use crate::plan::Literal;
use ruff_python_ast::{Alias, StmtImport, StmtImportFrom};
use ruff_text_size::TextRange;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn import(&mut self, import: &'a StmtImport) -> Checked<()> {
        let mut result = Ok(());
        for alias in &import.names {
            let module = self.module(alias.name.as_str(), alias.range);
            if module.is_err() {
                result = Err(Reported);
            }
            let name = bound_name(alias);
            // `import a.b` binds `a`.
            let name = name.split('.').next().unwrap_or(name);
            self.bind(name, module.map_or(Object::Poison, Object::Module));
        }
        result
    }

    pub(super) fn import_from(&mut self, import: &'a StmtImportFrom) -> Checked<()> {
        if import.level > 0 {
            let message = format!("unexpected import level {}, expected 0", import.level);
            return self.fail(import.range, Problem::new("unknown-module", message));
        }
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        let module = self.module(module, import.range);
        let mut result = Ok(());
        for alias in &import.names {
            let object = match module {
                Ok(module) => self.imported(module, alias),
                Err(reported) => Err(reported),
            };
            if object.is_err() {
                result = Err(Reported);
            }
            self.bind(bound_name(alias), object.unwrap_or(Object::Poison));
        }
        result
    }

    fn imported(&mut self, module: Module, alias: &'a Alias) -> Checked<Object<'a>> {
        let name = alias.name.as_str();
        match self.member(module, name, alias.range)? {
            Some(object) => Ok(object),
            None => {
                let message = format!("cannot import name `{name}` from `{}`", module.name());
                let problem = self.unknown_member(module, name, "unknown-name", message);
                self.fail(alias.range, problem)
            }
        }
    }

    fn module(&mut self, name: &str, range: TextRange) -> Checked<Module> {
        let Some(module) = Module::importable(name) else {
            let message = format!("ModuleNotFoundError: no module named `{name}`");
            let known = Module::IMPORTABLE.iter().map(|module| module.name());
            let problem = Problem::new("unknown-module", message).suggest(name, known);
            return self.fail(range, problem);
        };
        if module == Module::PxViews {
            self.load_views()?;
        }
        Ok(module)
    }

    /// Returns an attribute of a module.
    pub(super) fn attribute_of(
        &mut self,
        module: Module,
        name: &str,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        match self.member(module, name, range)? {
            Some(object) => Ok(object),
            None => {
                let message = format!("no such attribute `{name}` in module `{}`", module.name());
                let problem = self.unknown_member(module, name, "unknown-function", message);
                self.fail(range, problem)
            }
        }
    }

    /// Returns what a module holds under a name: what the script has put there, a module inside
    /// it, or what it came with.
    fn member(
        &mut self,
        module: Module,
        name: &str,
        range: TextRange,
    ) -> Checked<Option<Object<'a>>> {
        match self.attributes.get(&(module, name)) {
            Some(Object::Poison) => return Err(Reported),
            Some(object) => return Ok(Some(object.clone())),
            None => {}
        }
        if let Some((_, inner)) = module.inner().iter().find(|(inner, _)| *inner == name) {
            return Ok(Some(Object::Module(*inner)));
        }
        match module {
            Module::Px => Ok(self.px(name)),
            Module::Plugin => self.plugin(name, range),
            Module::PxConfig => Ok(ConfigFunction::from_name(name).map(Object::Config)),
            Module::PxTrace => Ok(TraceFunction::from_name(name).map(Object::Trace)),
            Module::PxViews => self.view(name),
            Module::Vis => Ok(VisFunction::from_name(name).map(Object::Vis)),
            Module::Otel | Module::OtelMetric | Module::OtelTrace => {
                Ok(Self::otel_member(module, name, range))
            }
        }
    }

    /// Returns an attribute of the `px` module.
    fn px(&self, name: &str) -> Option<Object<'a>> {
        if let Some(builtin) = Builtin::from_name(name) {
            return Some(Object::Builtin(builtin));
        }
        if let Some(known) = PX.iter().find(|known| known.name == name) {
            return Some(Object::Type(known));
        }
        if let Some(function) = self.registry.table_function(name) {
            return Some(Object::TableFunction(function));
        }
        self.registry.function(name).map(Object::Registered)
    }

    /// `px.plugin`: the times of the export that the script is run for.
    fn plugin(&mut self, name: &str, range: TextRange) -> Checked<Option<Object<'a>>> {
        let pick = match name {
            "start_time" => |(start, _): (i64, i64)| start,
            "end_time" => |(_, end): (i64, i64)| end,
            _ => return Ok(None),
        };
        match self.options.plugin_range_ns {
            Some(times) => Ok(Some(term(Literal::Int(pick(times)), range))),
            None => {
                let message = format!(
                    "no plugin config found for `px.plugin.{name}`, expected the script to be run \
                     in a plugin context"
                );
                let help = "use `start_time='-5m'` where the script is run by hand";
                self.fail(range, Problem::new("not-available", message).help(help))
            }
        }
    }

    /// Returns the problem of a name that a module does not have.
    fn unknown_member(
        &self,
        module: Module,
        name: &str,
        code: &'static str,
        message: String,
    ) -> Problem {
        let inner = module.inner().iter().map(|(name, _)| *name);
        let problem = Problem::new(code, message);
        match module {
            Module::Px => {
                let builtins = Builtin::ALL.iter().map(|known| known.name());
                let types = PX.iter().map(|known| known.name);
                let functions = self.registry.functions().map(|known| known.name);
                let tables = self.registry.table_functions().map(|known| known.name());
                let names = builtins.chain(types).chain(functions).chain(tables);
                problem.suggest(name, names.chain(inner))
            }
            Module::Plugin => problem.suggest(name, ["start_time", "end_time"]),
            Module::PxConfig => {
                problem.suggest(name, ConfigFunction::ALL.iter().map(|known| known.name()))
            }
            Module::PxTrace => {
                problem.suggest(name, TraceFunction::ALL.iter().map(|known| known.name()))
            }
            Module::PxViews => problem.suggest(name, crate::views::names()),
            Module::Vis => problem.suggest(name, VisFunction::ALL.iter().map(|known| known.name())),
            Module::Otel | Module::OtelMetric | Module::OtelTrace => {
                problem.suggest(name, Self::otel_names(module).into_iter().chain(inner))
            }
        }
    }
}

fn bound_name(alias: &Alias) -> &str {
    alias.asname.as_ref().unwrap_or(&alias.name).as_str()
}
