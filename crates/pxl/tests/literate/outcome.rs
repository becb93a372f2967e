//! What a script gives, as blocks of a page.

use crate::case::Case;
use crate::exports::exports;
use crate::fixture::Fixture;
use crate::page::Block;
use datafusion::arrow::array::ArrayRef;
use datafusion::common::ScalarValue;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use nixie_functions::Registry;
use nixie_pxl::{Diagnostic, Output, Program, compile_functions, export_script};
use nixie_types::{SemanticType, Upid};
use std::net::IpAddr;
use std::sync::Arc;

/// Returns the expectations of a script as they should be: of the kinds that are there.
pub(crate) async fn outcome(case: Case, tables: &Fixture, known: &[Block]) -> Vec<Block> {
    let registry = Registry::with_resolver(Arc::new(case.metadata), name_of);
    if case.makes_export {
        let made = export_script(&case.text, tables, &registry, &case.options);
        return vec![exporting(made)];
    }
    let compiled = compile_functions(
        &case.text,
        tables,
        &registry,
        &case.options,
        &case.functions,
    );
    let program = match compiled {
        Ok(program) => program,
        Err(diagnostics) => return vec![fence("error", render_errors(&diagnostics))],
    };
    let context = context(&registry);
    let mut fresh = Vec::new();
    for kind in kinds_of(known, case.default_kinds) {
        match kind.as_str() {
            "export" => fresh.push(fence("export", exports(&program))),
            "schema" => fresh.push(fence("schema", schema(&program))),
            "plan" => fresh.push(fence("plan", plans(&program))),
            "mutations" => fresh.push(fence("mutations", mutations(&program))),
            "limits" => fresh.push(fence("limits", limits(&program))),
            "scans" => fresh.push(fence("scans", scans(&program))),
            "output" => {
                for output in &program.outputs {
                    let text = execute(&context, output, case.ordered).await;
                    fresh.push(fence(&format!("output {}", output.name), text));
                }
            }
            "rows" => {
                for export in &program.exports {
                    let text = execute(&context, &export.output, case.ordered).await;
                    fresh.push(fence(&format!("rows {}", export.output.name), text));
                }
            }
            other => panic!("unknown block `{other}`"),
        }
    }
    fresh
}

/// Names a few addresses, so that no test asks a real server.
fn name_of(address: IpAddr) -> Option<String> {
    let name = match address.to_string().as_str() {
        "10.96.0.10" => "kube-dns.kube-system.svc.cluster.local",
        "5.5.5.5" => "mail.example",
        "5.6.7.8" => "db.example",
        "127.0.0.1" => "localhost",
        _ => return None,
    };
    Some(name.to_owned())
}

/// Returns the kinds of expectations that are there, or those that there are by default.
fn kinds_of(known: &[Block], default_kinds: &[&str]) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for block in known {
        if let Block::Fence { info, .. } = block {
            let kind = info.split(' ').next().unwrap_or_default().to_owned();
            if kind != "error" && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    if kinds.is_empty() {
        kinds.extend(default_kinds.iter().map(|&kind| kind.to_owned()));
    }
    kinds
}

fn fence(info: &str, body: String) -> Block {
    Block::Fence {
        info: info.to_owned(),
        body,
    }
}

fn exporting(made: Result<String, Vec<Diagnostic>>) -> Block {
    match made {
        Ok(script) => fence("exporting", script),
        Err(diagnostics) => fence("error", render_errors(&diagnostics)),
    }
}

fn render_errors(diagnostics: &[Diagnostic]) -> String {
    assert!(!diagnostics.is_empty(), "an error says what is wrong");
    let mut out = String::new();
    for d in diagnostics {
        let Diagnostic {
            line,
            column,
            width,
            code,
            message,
            ..
        } = d;
        out.push_str(&format!("{line}:{column}+{width} {code}: {message}\n"));
        if let Some(help) = &d.help {
            out.push_str(&format!("  help: {help}\n"));
        }
    }
    out
}

fn schema(program: &Program) -> String {
    let mut out = String::new();
    for output in &program.outputs {
        let column = |c: &nixie_pxl::OutputColumn| match c.semantic_type {
            SemanticType::None => format!("{} {}", c.name, c.data_type.name()),
            meaning => format!("{} {} {}", c.name, c.data_type.name(), meaning.name()),
        };
        let columns: Vec<_> = output.columns.iter().map(column).collect();
        out.push_str(&format!("{}: {}\n", output.name, columns.join(", ")));
        let fields = output.plan.schema().fields();
        let names: Vec<_> = fields.iter().map(|field| field.name().as_str()).collect();
        let want: Vec<_> = output
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, want, "the plan delivers the columns in order");
        for (field, column) in fields.iter().zip(&output.columns) {
            assert_eq!(
                *field.data_type(),
                column.data_type.arrow(),
                "type of `{}`",
                column.name
            );
        }
    }
    out
}

fn plans(program: &Program) -> String {
    let plan = |output: &Output| format!("{}\n{}\n", output.name, output.plan.display_indent());
    program.outputs.iter().map(plan).collect()
}

fn scans(program: &Program) -> String {
    let mut out = String::new();
    for output in &program.outputs {
        for scan in &output.scans {
            let bound = |ns: Option<i64>| ns.map_or_else(|| "-".to_owned(), |ns| ns.to_string());
            let (start, end) = (bound(scan.start_ns), bound(scan.end_ns));
            out.push_str(&format!("{}: {} {start} {end}\n", output.name, scan.table));
        }
    }
    out
}

fn mutations(program: &Program) -> String {
    let line = |mutation: &nixie_pxl::Mutation| format!("{mutation}\n");
    program.mutations.iter().map(line).collect()
}

fn limits(program: &Program) -> String {
    let line = |output: &Output| {
        let rows = match output.rows_max {
            Some(rows) => format!("at most {rows} rows"),
            None => "all rows".to_owned(),
        };
        let end = if output.streaming {
            ", without an end"
        } else {
            ""
        };
        format!("{}: {rows}{end}\n", output.name)
    };
    program.outputs.iter().map(line).collect()
}

/// Returns where plans with these functions can be run.
fn context(registry: &Registry) -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(2);
    // More passes over the plan take longer than running it.
    config.options_mut().optimizer.max_passes = 1;
    let context = SessionContext::new_with_config(config);
    for function in registry.scalar_functions() {
        context.register_udf(function.as_ref().clone());
    }
    context
}

async fn execute(context: &SessionContext, output: &Output, ordered: bool) -> String {
    let batches = DataFrame::new(context.state(), output.plan.clone())
        .collect()
        .await
        .expect("the plan can be run");
    let names: Vec<_> = output
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |array: &ArrayRef| {
                show(&ScalarValue::try_from_array(array, row).expect("the row is there"))
            };
            rows.push(
                batch
                    .columns()
                    .iter()
                    .map(cell)
                    .collect::<Vec<_>>()
                    .join(" | "),
            );
        }
    }
    if !ordered {
        rows.sort();
    }
    let mut out = format!("{}\n", names.join(" | "));
    for row in rows {
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn show(value: &ScalarValue) -> String {
    assert!(!value.is_null(), "there are no nulls");
    match value {
        ScalarValue::TimestampNanosecond(Some(ns), None) => ns.to_string(),
        ScalarValue::Utf8View(Some(text)) => text.replace('\n', "\\n"),
        ScalarValue::Float64(Some(float)) => format!("{float:?}"),
        ScalarValue::FixedSizeBinary(16, Some(bytes)) => {
            Upid::from_bytes(bytes.as_slice().try_into().expect("16 bytes")).to_string()
        }
        other => other.to_string(),
    }
}
