//! Tables of a page, and the running of scripts over them.

use crate::exports::exports;
use crate::page::Block;
use crate::recorded;
use datafusion::arrow::array::{ArrayRef, RecordBatch, new_empty_array};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use nixie_functions::Registry;
use nixie_metadata::{Metadata, Process};
use nixie_pxl::{
    Catalog, CompileOptions, Diagnostic, FunctionCall, OtelDefaults, OtelEndpoint, Output, Program,
    compile_functions, export_script,
};
use nixie_types::table::SEMANTIC_TYPE_KEY;
use nixie_types::{DataType, SemanticType, Upid};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The time that scripts take for now: 1,000 s.
const NOW_NS: i64 = 1_000_000_000_000;

/// The tables of a page.
#[derive(Default)]
pub(crate) struct Fixture {
    tables: BTreeMap<String, Arc<dyn TableSource>>,
}

impl Catalog for Fixture {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        self.tables.get(name).cloned()
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }
}

impl Fixture {
    pub(crate) fn add_table(&mut self, name: &str, body: &str) {
        let mut lines = body.lines();
        let header = lines.next().expect("a table has a header");
        let columns: Vec<_> = cells(header).iter().map(|cell| column(cell)).collect();
        let fields: Vec<_> = columns.iter().map(|(field, _)| field.clone()).collect();
        let schema = Arc::new(Schema::new(fields));
        let rows: Vec<_> = lines.map(cells).collect();
        let array = |(index, (field, data_type)): (usize, &(Field, DataType))| {
            if rows.is_empty() {
                return new_empty_array(field.data_type());
            }
            let values = rows.iter().map(|row| value(*data_type, &row[index]));
            ScalarValue::iter_to_array(values).expect("cells have the type of their column")
        };
        let arrays = columns.iter().enumerate().map(array).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("rows fit");
        // Two batches, so that results do not depend on all rows being in one.
        let half = batch.num_rows() / 2;
        let parts = vec![
            batch.slice(0, half),
            batch.slice(half, batch.num_rows() - half),
        ];
        let table = MemTable::try_new(schema, vec![parts]).expect("batches fit the schema");
        self.tables
            .insert(name.to_owned(), provider_as_source(Arc::new(table)));
    }

    /// Returns the expectations of a script as they should be: of the kinds that are there.
    pub(crate) async fn run(
        &self,
        info: &str,
        script: &str,
        known: &[Block],
        default_kind: &str,
    ) -> Vec<Block> {
        let in_cluster = info.split_whitespace().any(|word| word == "kubernetes");
        let metadata = if in_cluster {
            recorded::recorded()
        } else {
            metadata()
        };
        let registry = Registry::new(Arc::new(metadata));
        let mut options = CompileOptions {
            now_ns: NOW_NS,
            script_name: "case".to_owned(),
            ..CompileOptions::default()
        };
        if info == "pxl make-export" {
            return vec![exporting(export_script(script, self, &registry, &options))];
        }
        let mut functions = Vec::new();
        let mut ordered = false;
        for word in info.split_whitespace().skip(1) {
            if let Some(argument) = word.strip_prefix("arg:") {
                let (name, value) = argument.split_once('=').expect("arg:NAME=VALUE");
                options.arguments.insert(name.to_owned(), value.to_owned());
            } else if let Some(call) = word.strip_prefix("fn:") {
                functions.push(function(call));
            } else if let Some(url) = word.strip_prefix("export-to:") {
                options.otel = export_defaults(url);
            } else if let Some(range) = word.strip_prefix("plugin:") {
                let (start, end) = range.split_once(':').expect("plugin:START:END");
                let ns = |text: &str| text.parse().expect("nanoseconds");
                options.plugin_range_ns = Some((ns(start), ns(end)));
            } else if word != "kubernetes" {
                assert_eq!(word, "ordered", "unknown word");
                ordered = true;
            }
        }
        let program = match compile_functions(script, self, &registry, &options, &functions) {
            Ok(program) => program,
            Err(diagnostics) => return vec![fence("error", render_errors(&diagnostics))],
        };
        let mut fresh = Vec::new();
        for kind in kinds_of(known, default_kind) {
            match kind.as_str() {
                "export" => fresh.push(fence("export", exports(&program))),
                "schema" => fresh.push(fence("schema", schema(&program))),
                "plan" => fresh.push(fence("plan", plans(&program))),
                "mutations" => fresh.push(fence("mutations", mutations(&program))),
                "limits" => fresh.push(fence("limits", limits(&program))),
                "scans" => fresh.push(fence("scans", scans(&program))),
                "output" => {
                    for output in &program.outputs {
                        let text = execute(&registry, output, ordered).await;
                        fresh.push(fence(&format!("output {}", output.name), text));
                    }
                }
                other => panic!("unknown block `{other}`"),
            }
        }
        fresh
    }
}

/// Returns the kinds of expectations that are there, or the one that there is by default.
fn kinds_of(known: &[Block], default_kind: &str) -> Vec<String> {
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
        kinds.push(default_kind.to_owned());
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

fn export_defaults(url: &str) -> OtelDefaults {
    OtelDefaults {
        endpoint: Some(OtelEndpoint {
            url: url.to_owned(),
            headers: BTreeMap::new(),
            insecure: true,
            timeout: OtelEndpoint::TIMEOUT_DEFAULT,
        }),
        resource: vec![("px.cloud.address".to_owned(), "here".to_owned())],
    }
}

fn function(call: &str) -> FunctionCall {
    let mut parts = call.split(':');
    let mut next = || parts.next().expect("fn:FUNCTION:OUTPUT").to_owned();
    let (function, output) = (next(), next());
    let arguments = parts.map(|part| {
        let (name, value) = part.split_once('=').expect("NAME=VALUE");
        (name.to_owned(), value.to_owned())
    });
    FunctionCall {
        function,
        output,
        arguments: arguments.collect(),
    }
}

fn metadata() -> Metadata {
    let metadata = Metadata::new("testhost".to_owned(), 3);
    metadata.insert(Process {
        upid: Upid {
            asid: 0,
            pid: 42,
            start_ticks: 1000,
        },
        parent_pid: 1,
        cmdline: "nginx -g daemon".to_owned(),
        exe: "/usr/sbin/nginx".to_owned(),
        comm: "nginx".to_owned(),
        cgroup: "/system.slice/nginx.service".to_owned(),
        unit: Some("nginx.service".to_owned()),
        container_id: Some("c0ffee".to_owned()),
        ..Process::default()
    });
    metadata
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn column(cell: &str) -> (Field, DataType) {
    let mut parts = cell.split(':');
    let (name, type_name) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let data_type = DataType::ALL
        .into_iter()
        .find(|data_type| data_type.name() == type_name)
        .unwrap_or_else(|| panic!("`{cell}` has no type"));
    let meaning = parts.next().unwrap_or("ST_NONE");
    assert!(
        SemanticType::from_name(meaning).is_some(),
        "`{meaning}` is no meaning"
    );
    let metadata = [(SEMANTIC_TYPE_KEY.to_owned(), meaning.to_owned())].into();
    (
        Field::new(name, data_type.arrow(), false).with_metadata(metadata),
        data_type,
    )
}

fn value(data_type: DataType, cell: &str) -> ScalarValue {
    match data_type {
        DataType::Boolean => ScalarValue::Boolean(Some(cell == "true")),
        DataType::Int64 => ScalarValue::Int64(Some(cell.parse().expect(cell))),
        DataType::Float64 => ScalarValue::Float64(Some(cell.parse().expect(cell))),
        DataType::Time64Ns => {
            ScalarValue::TimestampNanosecond(Some(cell.parse().expect(cell)), None)
        }
        DataType::String => ScalarValue::Utf8View(Some(cell.replace("\\n", "\n"))),
        DataType::UInt128 => {
            let upid: Upid = cell.parse().expect(cell);
            ScalarValue::FixedSizeBinary(16, Some(upid.to_bytes().to_vec()))
        }
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

async fn execute(registry: &Registry, output: &Output, ordered: bool) -> String {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    for function in registry.scalar_functions() {
        context.register_udf(function.as_ref().clone());
    }
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
