//! Makes an exporting script of a displaying one, to be run on a schedule.
//!
//! The text stays as it is, with two kinds of edits: every `px.DataFrame` reads the times that the
//! schedule gives, and every `px.display` is followed by an export of what it displays. Numbers
//! become gauges named `TABLE.COLUMN`, texts and booleans become attributes of the resource, and
//! a column of services becomes `service.name`.

use crate::diagnostics::{Diagnostics, Problem};
use crate::{Catalog, CompileOptions, Diagnostic, OtelEndpoint, Output, OutputColumn, parse};
use nixie_functions::Registry;
use nixie_types::{DataType, SemanticType};
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Parameters of `px.DataFrame` that are replaced, with their places and what replaces them.
const TIMES: [(&str, usize); 2] = [("start_time", 2), ("end_time", 3)];

/// Returns the script with exports added.
///
/// # Errors
///
/// The problems of the script, or why what it displays cannot be exported.
pub fn export_script(
    script: &str,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Result<String, Vec<Diagnostic>> {
    let program = crate::compile(script, catalog, registry, options)?;
    let mut diagnostics = Diagnostics::new(script);
    let Ok(module) = parse::parse(script, &mut diagnostics) else {
        return Err(diagnostics.finish());
    };
    let displays: Vec<Display<'_>> = module.body.iter().filter_map(Display::of).collect();
    if displays.len() != program.outputs.len() || displays.is_empty() {
        let message = format!(
            "expected every table to come from a `px.display` at the top level of the script, \
             found {} of them for {} tables",
            displays.len(),
            program.outputs.len()
        );
        diagnostics.report_nowhere(Problem::new("not-exportable", message));
        return Err(diagnostics.finish());
    }
    let mut edits = Edits::default();
    for stmt in &module.body {
        edits.visit_stmt(stmt);
    }
    let mut names = Names { script, used: 0 };
    let mut seen: Vec<&str> = Vec::new();
    for (display, output) in displays.iter().zip(&program.outputs) {
        match added(display, output, &mut names, &seen) {
            Ok(added) => edits.display(script, display, &added),
            Err(problem) => drop(diagnostics.report(display.call.range(), problem)),
        }
        seen.extend(display.name());
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics.finish());
    }
    let exporting = edits.apply(script, TextRange::up_to(module.range.end()));
    check(&exporting, catalog, registry, options)?;
    Ok(exporting)
}

/// Checks that the new script is one.
fn check(
    script: &str,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Result<(), Vec<Diagnostic>> {
    let mut options = options.clone();
    options.plugin_range_ns = Some((options.now_ns, options.now_ns));
    options.otel.endpoint = Some(OtelEndpoint {
        url: "host:4317".to_owned(),
        headers: BTreeMap::new(),
        insecure: true,
        timeout: OtelEndpoint::TIMEOUT_DEFAULT,
    });
    crate::compile(script, catalog, registry, &options).map(drop)
}

/// A statement `px.display(...)`.
struct Display<'a> {
    call: &'a ExprCall,
    /// The name of the module, which may be imported under another.
    px: &'a str,
}

impl<'a> Display<'a> {
    fn of(stmt: &'a Stmt) -> Option<Self> {
        let call = stmt.as_expr_stmt()?.value.as_call_expr()?;
        let function = call.func.as_attribute_expr()?;
        let px = function.value.as_name_expr()?.id.as_str();
        (function.attr.as_str() == "display").then_some(Self { call, px })
    }

    /// Returns the name of the table, where it is a text in the second place.
    fn name(&self) -> Option<&'a str> {
        let literal = self.call.arguments.args.get(1)?.as_string_literal_expr()?;
        Some(literal.value.to_str())
    }

    fn table(&self) -> Option<&'a Expr> {
        self.call.arguments.args.first()
    }
}

/// Finds names that the script does not have.
struct Names<'s> {
    script: &'s str,
    used: usize,
}

impl Names<'_> {
    fn free(&mut self) -> String {
        loop {
            let name = match self.used {
                0 => "otel_df".to_owned(),
                number => format!("otel_df_{number}"),
            };
            self.used += 1;
            if !self.script.contains(&name) {
                return name;
            }
        }
    }
}

/// Returns the name of the DataFrame and the text of its export.
fn added(
    display: &Display<'_>,
    output: &Output,
    names: &mut Names<'_>,
    seen: &[&str],
) -> Result<(String, String), Problem> {
    let arguments = &display.call.arguments;
    let problem = |message: String| Problem::new("not-exportable", message);
    let (Some(table), 2, true) = (
        display.name(),
        arguments.args.len(),
        arguments.keywords.is_empty(),
    ) else {
        let message =
            "expected `px.display` with two arguments, a DataFrame and the text of a name";
        return Err(problem(message.to_owned()).help("write `px.display(df, 'name')`"));
    };
    if seen.contains(&table) {
        let message =
            format!("expected each table to have a name of its own, `{table}` is there twice");
        return Err(problem(message));
    }
    let service = check_columns(table, &output.columns)?;
    let (px, frame) = (display.px, names.free());
    let mut text = format!("\n{px}.export({frame}, {px}.otel.Data(\n    resource={{\n");
    let line = |text: &mut String, line: String| {
        // Writing to a `String` cannot fail.
        writeln!(text, "{line}").unwrap_or_default();
    };
    line(
        &mut text,
        format!("        'service.name': {frame}[{}],", literal(&service)),
    );
    for column in &output.columns {
        let name = &column.name;
        let is_attribute = matches!(column.data_type, DataType::String | DataType::Boolean);
        if is_attribute && *name != service {
            let key = literal(&format!("{table}.{name}"));
            line(
                &mut text,
                format!("        {key}: {frame}[{}],", literal(name)),
            );
        }
    }
    line(&mut text, "    },\n    data=[".to_owned());
    for column in output.columns.iter().filter(|column| is_number(column)) {
        let name = &column.name;
        let metric = metric_name(table, name);
        line(
            &mut text,
            format!(
                "        {px}.otel.metric.Gauge(name='{metric}', value={frame}[{}]),",
                literal(name)
            ),
        );
    }
    text.push_str("    ],\n))");
    Ok((frame, text))
}

/// Checks that a table can be exported, and returns its column of services.
fn check_columns(table: &str, columns: &[OutputColumn]) -> Result<String, Problem> {
    let problem = |message: String| Problem::new("not-exportable", message);
    let is_time = |column: &&OutputColumn| column.data_type == DataType::Time64Ns;
    let has_time = columns
        .iter()
        .any(|column| column.name == "time_" && is_time(&column));
    if !has_time {
        let message = format!("table `{table}` has no column `time_` of type TIME64NS");
        return Err(problem(message).help("keep `time_`, as each data point has a time"));
    }
    for column in columns {
        let why = match (column.data_type, column.semantic_type) {
            (DataType::UInt128, _) => "leave it out, or make a text of it by `px.upid_to_string`",
            (_, SemanticType::Quantiles | SemanticType::DurationNsQuantiles) => {
                "take numbers out of it by `px.pluck_float64`"
            }
            (DataType::Time64Ns, _) if column.name != "time_" => {
                "leave it out, or make a number of it by `px.time_to_int64`"
            }
            _ => continue,
        };
        let message = format!(
            "column `{}` of table `{table}` cannot be exported",
            column.name
        );
        return Err(problem(message).help(why));
    }
    if !columns.iter().any(is_number) {
        let message = format!("table `{table}` has no column of numbers to export");
        return Err(problem(message));
    }
    let is_service = |column: &&OutputColumn| column.semantic_type == SemanticType::ServiceName;
    let named = columns
        .iter()
        .find(|column| column.name == "service" && is_service(column));
    match named.or_else(|| columns.iter().find(is_service)) {
        Some(column) => Ok(column.name.clone()),
        None => {
            let message = format!("table `{table}` has no column of services");
            Err(problem(message).help("add one: `df.service = df.ctx['service']`"))
        }
    }
}

const fn is_number(column: &OutputColumn) -> bool {
    matches!(column.data_type, DataType::Int64 | DataType::Float64)
}

/// Returns the name of a metric, other characters than those of metrics being replaced.
/// Returns a text as a script writes it.
fn literal(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

fn metric_name(table: &str, column: &str) -> String {
    let name = format!("{table}.{column}");
    let plain = name.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() || "_.-".contains(c) => c,
        _ => '_',
    });
    let plain: String = plain.collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
        plain
    } else {
        format!("px.{plain}")
    }
}

/// Pieces of text to be replaced.
#[derive(Default)]
struct Edits(Vec<(TextRange, String)>);

impl Edits {
    /// Puts what was added behind a display.
    fn display(&mut self, script: &str, display: &Display<'_>, (frame, export): &(String, String)) {
        let Some(table) = display.table() else {
            return;
        };
        // The expression stands there a second time, with the times of the schedule.
        let text = self.apply(script, table.range());
        let end = TextRange::empty(display.call.range().end());
        self.0.push((end, format!("\n{frame} = {text}{export}")));
    }

    fn dataframe(&mut self, call: &ExprCall, px: &str) {
        let arguments = &call.arguments;
        let last = arguments
            .iter_source_order()
            .last()
            .map_or_else(|| call.range().end(), |argument| argument.range().end());
        for (name, place) in TIMES {
            let value = format!("{px}.plugin.{name}");
            let keyword = arguments
                .find_keyword(name)
                .map(|keyword| keyword.value.range());
            let positional = arguments.args.get(place).map(Ranged::range);
            match keyword.or(positional) {
                Some(range) => self.0.push((range, value)),
                None => self
                    .0
                    .push((TextRange::empty(last), format!(", {name}={value}"))),
            }
        }
    }

    /// Returns a part of the script with the edits inside it.
    fn apply(&self, script: &str, part: TextRange) -> String {
        let mut edits: Vec<_> = self
            .0
            .iter()
            .filter(|(range, _)| part.contains_range(*range))
            .collect();
        // Those at the same place stay in their order.
        edits.sort_by_key(|(range, _)| range.start());
        let mut out = String::new();
        let mut at = part.start();
        for (range, text) in edits {
            out.push_str(&script[TextRange::new(at, range.start())]);
            out.push_str(text);
            at = range.end();
        }
        out.push_str(&script[TextRange::new(at, part.end())]);
        out
    }
}

impl<'a> Visitor<'a> for Edits {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Attribute(function) = &*call.func
            && function.attr.as_str() == "DataFrame"
            && let Expr::Name(px) = &*function.value
        {
            self.dataframe(call, px.id.as_str());
        }
        walk_expr(self, expr);
    }
}
