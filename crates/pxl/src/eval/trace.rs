//! `pxtrace` and `pxconfig`: what is to be changed on the agents.
//!
//! Nothing is changed while a script is compiled; the changes are checked and listed.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::calls::{Arguments, Bound};
use crate::eval::{Evaluator, MUTATIONS_MAX};
use crate::mutation::{
    Mutation, ProgramBody, Selector, SelectorKind, Target, TraceProgram, Tracepoint,
};
use crate::objects::builtin::{ConfigFunction, TraceFunction};
use crate::objects::trace::Program;
use crate::objects::{Decorator, Object};
use crate::plan::Literal;
use crate::time;
use nixie_types::Upid;
use ruff_text_size::TextRange;
use std::collections::BTreeMap;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// A call of a function of `pxtrace`.
    pub(super) fn trace(
        &mut self,
        function: TraceFunction,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let range = args.range;
        if function == TraceFunction::TraceProgram {
            self.check_selectors(&args)?;
        }
        let bound = self.meet_all(function.name(), function.params(), args)?;
        match function {
            TraceFunction::ArgExpr | TraceFunction::RetExpr => self.traced(function, bound, range),
            TraceFunction::FunctionLatency => self.latency(range),
            TraceFunction::DeleteTracepoint => {
                let [name] = self.all_texts(&["name"], bound)?;
                self.change(Mutation::Delete { name }, range)
            }
            TraceFunction::Kprobe => Ok(target(Target::Kernel)),
            TraceFunction::LabelSelector => self.label_selector(bound),
            TraceFunction::PodProcess => {
                let names = ["pod_name", "container_name", "process_name"];
                let pod_range = bound
                    .first()
                    .and_then(|b| b.as_ref().map(|(_, range)| *range));
                let [pod, container, process] = self.all_texts(&names, bound)?;
                self.check_pod("pod_name", &pod, pod_range.unwrap_or(range))?;
                Ok(target(Target::PodProcess {
                    pod,
                    container,
                    process,
                }))
            }
            TraceFunction::Probe => {
                let [symbol] = self.all_texts(&["fn_name"], bound)?;
                Ok(Object::Decorator(Rc::new(Decorator::Probe(symbol.into()))))
            }
            TraceFunction::SharedObject => self.shared_object(bound),
            TraceFunction::TraceProgram => self.trace_program(bound),
            TraceFunction::UpsertTracepoint => self.upsert(bound, range),
        }
    }

    /// A call of a function of `pxconfig`.
    pub(super) fn config(
        &mut self,
        function: ConfigFunction,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let range = args.range;
        let bound = self.meet_all(function.name(), function.params(), args)?;
        let [agent_pod, key, value] = self.all_texts(&["agent_pod_name", "key", "value"], bound)?;
        self.check_pod("agent_pod_name", &agent_pod, range)?;
        let change = Mutation::Config {
            agent_pod,
            key,
            value,
        };
        self.change(change, range)
    }

    fn change(&mut self, mutation: Mutation, range: TextRange) -> Checked<Object<'a>> {
        if self.mutations.len() >= MUTATIONS_MAX {
            let message = format!("script asks for more than {MUTATIONS_MAX} changes");
            return self.fail(range, Problem::new("too-large", message));
        }
        self.mutations.push(mutation);
        Ok(Object::None)
    }

    /// Returns the texts of all arguments; those that are not given are empty.
    fn all_texts<const N: usize>(
        &mut self,
        names: &[&str; N],
        bound: Vec<Bound<'a>>,
    ) -> Checked<[String; N]> {
        let mut texts = std::array::from_fn(|_| String::new());
        for ((text, name), arg) in texts.iter_mut().zip(names).zip(bound) {
            if let Some((object, range)) = arg {
                *text = self.text(name, &object, range)?.to_string();
            }
        }
        Ok(texts)
    }

    fn check_pod(&mut self, param: &str, pod: &str, range: TextRange) -> Checked<()> {
        let parts: Vec<_> = pod.split('/').collect();
        if parts.len() == 2 && parts.iter().all(|part| !part.is_empty()) {
            return Ok(());
        }
        let message = format!("expected arg `{param}` as `namespace/pod`, received `{pod}`");
        self.fail(range, Problem::new("wrong-argument", message))
    }

    fn label_selector(&mut self, bound: Vec<Bound<'a>>) -> Checked<Object<'a>> {
        let mut bound = bound.into_iter();
        let Some(Some((labels, range))) = bound.next() else {
            return Err(Reported);
        };
        let Object::Dict(items) = &labels else {
            return self.wrong_kind("labels", "dict", &labels, range);
        };
        let mut found = BTreeMap::new();
        for (key, value) in items.iter() {
            let key = self.text("labels", key, range)?;
            let value = self.text("labels", value, range)?;
            found.insert(key.to_string(), value.to_string());
        }
        if found.is_empty() {
            let message = "expected arg `labels` with at least one label";
            return self.fail(range, Problem::new("wrong-argument", message));
        }
        let names = ["namespace", "container_name", "process_name"];
        let [namespace, container, process] = self.all_texts(&names, bound.collect())?;
        Ok(target(Target::Labels {
            labels: found,
            namespace,
            container,
            process,
        }))
    }

    fn shared_object(&mut self, bound: Vec<Bound<'a>>) -> Checked<Object<'a>> {
        let Ok([Some((name, name_range)), Some((upid, upid_range))]) =
            <[Bound<'a>; 2]>::try_from(bound)
        else {
            return Err(Reported);
        };
        let name = self.text("name", &name, name_range)?.to_string();
        match upid_of(&upid) {
            Some(upid) => Ok(target(Target::SharedObject { name, upid })),
            None => self.wrong_kind("upid", "UInt128", &upid, upid_range),
        }
    }

    fn check_selectors(&mut self, args: &Arguments<'a>) -> Checked<()> {
        let known = TraceFunction::TraceProgram.params();
        for (name, _, range) in &args.keywords {
            if !known.iter().any(|param| param.name == *name) {
                let message = format!("unsupported selector argument provided `{name}`");
                let names = known.iter().skip(1).map(|param| param.name);
                let problem = Problem::new("wrong-argument", message)
                    .help("selectors are `min_kernel`, `max_kernel` and `host_name`")
                    .suggest(name, names);
                return self.fail(*range, problem);
            }
        }
        Ok(())
    }

    fn trace_program(&mut self, bound: Vec<Bound<'a>>) -> Checked<Object<'a>> {
        let mut bound = bound.into_iter();
        let Some(Some((program, range))) = bound.next() else {
            return Err(Reported);
        };
        let text = self.text("program", &program, range)?.to_string();
        self.check_program(&text, range)?;
        let kinds = [
            SelectorKind::MinKernel,
            SelectorKind::MaxKernel,
            SelectorKind::HostName,
        ];
        let mut selectors = Vec::new();
        for (kind, arg) in kinds.into_iter().zip(bound) {
            let Some((value, range)) = arg else {
                continue;
            };
            let value = self.text(kind.name(), &value, range)?.to_string();
            if value.is_empty() {
                let message = format!("empty selector value provided for `{}`", kind.name());
                return self.fail(range, Problem::new("wrong-argument", message));
            }
            if kind != SelectorKind::HostName && !is_version(&value) {
                let message = format!(
                    "expected `{}` as a kernel version like `5.10` or `5.10.3`, received `{value}`",
                    kind.name()
                );
                return self.fail(range, Problem::new("wrong-argument", message));
            }
            selectors.push(Selector { kind, value });
        }
        Ok(Object::TraceProgram(Rc::new(Program { text, selectors })))
    }

    fn check_program(&mut self, text: &str, range: TextRange) -> Checked<()> {
        if text.trim().is_empty() {
            let message = "expected the text of a bpftrace program, received an empty text";
            return self.fail(range, Problem::new("wrong-argument", message));
        }
        Ok(())
    }

    fn upsert(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let Ok([Some(name), Some(table), Some(probe), Some(place), Some(ttl)]) =
            <[Bound<'a>; 5]>::try_from(bound)
        else {
            return Err(Reported);
        };
        let tracepoint = self.text("name", &name.0, name.1)?.to_string();
        let table = self.text("table_name", &table.0, table.1)?.to_string();
        let taken = self
            .mutations
            .iter()
            .any(|known| matches!(known, Mutation::Upsert(known) if known.name == tracepoint));
        if taken {
            let message = format!("tracepoint with name `{tracepoint}`, already used");
            return self.fail(name.1, Problem::new("wrong-argument", message));
        }
        let programs = self.programs(&table, &probe.0, probe.1)?;
        let target = self.target_of(&place.0, place.1)?;
        let ttl_ns = self.ttl(&ttl.0, ttl.1)?;
        self.check_fit(&programs, &target, place.1)?;
        let mutation = Mutation::Upsert(Tracepoint {
            name: tracepoint,
            ttl_ns,
            target,
            programs,
        });
        self.change(mutation, range)
    }

    fn programs(
        &mut self,
        table: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<Vec<TraceProgram>> {
        let program = |body, selectors| TraceProgram {
            table: table.to_owned(),
            body,
            selectors,
        };
        match object {
            Object::Probe(probe) => {
                let probe = self.probe(probe, range)?;
                Ok(vec![program(ProgramBody::Probe(probe), Vec::new())])
            }
            Object::TraceProgram(known) => {
                let body = ProgramBody::Bpftrace(known.text.clone());
                Ok(vec![program(body, known.selectors.clone())])
            }
            Object::List(items) | Object::Tuple(items) if !items.is_empty() => {
                let mut programs = Vec::with_capacity(items.len());
                for item in items.iter() {
                    let Object::TraceProgram(known) = item else {
                        let message = format!(
                            "expected a list of TraceProgram for `probe_fn`, received {} in it",
                            item.kind()
                        );
                        return self.fail(range, Problem::new("wrong-argument", message));
                    };
                    let body = ProgramBody::Bpftrace(known.text.clone());
                    programs.push(program(body, known.selectors.clone()));
                }
                Ok(programs)
            }
            Object::Term(term) if matches!(term.as_literal(), Some(Literal::Text(_))) => {
                let text = self.text("probe_fn", object, range)?.to_string();
                self.check_program(&text, range)?;
                Ok(vec![program(ProgramBody::Bpftrace(text), Vec::new())])
            }
            other => {
                let message = format!(
                    "expected arg `probe_fn` as a probe function, bpftrace text, TraceProgram or \
                     list of TraceProgram, received {}",
                    other.kind()
                );
                let help = "put `@pxtrace.probe('symbol')` before the function";
                self.fail(range, Problem::new("wrong-argument", message).help(help))
            }
        }
    }

    fn target_of(&mut self, object: &Object<'a>, range: TextRange) -> Checked<Target> {
        if let Object::TraceTarget(target) = object {
            return Ok(Target::clone(target));
        }
        if let Some(upid) = upid_of(object) {
            return Ok(Target::Upid(upid));
        }
        let message = format!("unexpected type `{}` for arg `target`", object.kind());
        let help = "expected `px.uint128(…)`, `px.make_upid(…)`, `pxtrace.kprobe()`, \
                    `pxtrace.PodProcess(…)`, `pxtrace.LabelSelector(…)` or \
                    `pxtrace.SharedObject(…)`";
        self.fail(range, Problem::new("wrong-argument", message).help(help))
    }

    fn ttl(&mut self, object: &Object<'a>, range: TextRange) -> Checked<i64> {
        let text = self.text("ttl", object, range)?;
        match time::parse_duration(&text) {
            Some(ns) if ns > 0 => Ok(ns),
            Some(_) => {
                let message = format!("expected arg `ttl` longer than nothing, received `{text}`");
                self.fail(range, Problem::new("wrong-argument", message))
            }
            None => self.fail(range, time::wrong_duration(&text)),
        }
    }

    /// Kernel programs run in the kernel, probes on functions in processes.
    fn check_fit(
        &mut self,
        programs: &[TraceProgram],
        target: &Target,
        range: TextRange,
    ) -> Checked<()> {
        let in_kernel = *target == Target::Kernel;
        for program in programs {
            let message = match &program.body {
                ProgramBody::Probe(probe) if in_kernel => format!(
                    "probe `{}` is on a function of a process, expected a process for `target`, \
                     received `kprobe()`",
                    probe.name
                ),
                ProgramBody::Bpftrace(_) if !in_kernel => format!(
                    "a bpftrace program runs in the kernel, expected `pxtrace.kprobe()` for \
                     `target`, received {target}"
                ),
                _ => continue,
            };
            return self.fail(range, Problem::new("wrong-argument", message));
        }
        Ok(())
    }

    /// Returns true for a table that a tracepoint of this script fills.
    pub(super) fn is_traced_table(&self, table: &str) -> bool {
        self.mutations.iter().any(|mutation| match mutation {
            Mutation::Upsert(tracepoint) => tracepoint
                .programs
                .iter()
                .any(|program| program.table == table),
            _ => false,
        })
    }
}

fn target<'a>(target: Target) -> Object<'a> {
    Object::TraceTarget(Rc::new(target))
}

fn upid_of(object: &Object<'_>) -> Option<Upid> {
    let Object::Term(term) = object else {
        return None;
    };
    match term.as_literal() {
        Some(Literal::UInt128(value, _)) => Some(Upid::from_u128(*value)),
        _ => None,
    }
}

/// Returns true for numbers with dots between them.
fn is_version(text: &str) -> bool {
    text.split('.').count() <= 3 && text.split('.').all(|part| part.parse::<u32>().is_ok())
}
