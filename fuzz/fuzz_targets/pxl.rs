//! Any text, as a script: it is answered, without a panic, and in time.
//!
//! `cargo +nightly fuzz run pxl -- -max_len=10240 -timeout=30`

#![no_main]

use arrow::datatypes::Schema;
use datafusion_expr::TableSource;
use datafusion_expr::logical_plan::builder::LogicalTableSource;
use libfuzzer_sys::fuzz_target;
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_pxl::{Catalog, CompileOptions, FunctionCall, compile_functions};
use nixie_types::{ColumnSpec, DataType, SemanticType};
use rustix::time::{ClockId, clock_gettime};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// LIMIT: time of the processor for 10 KB: a hundred times the 50 ms to which a test holds an optimised
/// build, `ten_kilobytes_are_answered_quickly`. The build for fuzzing counts edges, watches every access
/// to memory and checks overflows, and is up to so much slower. What takes longer grows faster than
/// the text.
const TIME_MAX: Duration = Duration::from_millis(100 * 50);

struct Tables(Arc<dyn TableSource>);

impl Catalog for Tables {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        matches!(name, "t" | "http_events").then(|| Arc::clone(&self.0))
    }

    fn table_names(&self) -> Vec<String> {
        vec!["http_events".to_owned(), "t".to_owned()]
    }
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let column = |name, data_type| ColumnSpec::new(name, data_type, "").field();
    let schema = Schema::new(vec![
        column("time_", DataType::Time64Ns),
        ColumnSpec::new("upid", DataType::UInt128, "")
            .semantic(SemanticType::Upid)
            .field(),
        column("a", DataType::Int64),
        column("b", DataType::Float64),
        column("s", DataType::String),
        column("ok", DataType::Boolean),
    ]);
    Tables(Arc::new(LogicalTableSource::new(Arc::new(schema))))
});

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| Registry::new(Arc::new(Metadata::new("host".to_owned(), 0))));

/// Returns the time that this thread has had of a processor: others may be busy, too.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("time goes on")
}

fuzz_target!(|text: &str| {
    let options = CompileOptions {
        now_ns: 1 << 60,
        ..CompileOptions::default()
    };
    let call = FunctionCall {
        function: "f".to_owned(),
        output: "w".to_owned(),
        ..FunctionCall::default()
    };
    for functions in [&[][..], &[call]] {
        let start = processor_time();
        let result = compile_functions(text, &*TABLES, &REGISTRY, &options, functions);
        let took = processor_time().saturating_sub(start);
        assert!(took < TIME_MAX, "{took:?} for {} bytes", text.len());
        match result {
            Ok(program) => {
                assert!(!program.outputs.is_empty() || !program.mutations.is_empty());
            }
            Err(diagnostics) => {
                assert!(!diagnostics.is_empty(), "a failure says why");
                assert!(diagnostics.iter().all(|found| found.code != "internal"));
            }
        }
    }
});
