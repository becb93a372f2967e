//! Keeps everything that a collector produces.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, UInt32Type};
use nixie_types::{Loss, Sink, Status, StatusKind, TableSpec};
use std::sync::Mutex;

#[derive(Default)]
pub(crate) struct Recorder {
    batches: Mutex<Vec<(&'static str, RecordBatch)>>,
    losses: Mutex<Vec<Loss>>,
}

impl Sink for Recorder {
    fn append(&self, table: &'static TableSpec, rows: RecordBatch) {
        assert_eq!(rows.schema(), table.storage_schema());
        self.batches.lock().unwrap().push((table.name, rows));
    }

    fn lost(&self, loss: &Loss) {
        self.losses.lock().unwrap().push(*loss);
    }

    fn status(&self, report: &mut dyn FnMut(Status)) {
        let value = self.batches.lock().unwrap().len() as u64;
        let (stage, name, kind) = ("recorder", "batches".to_owned(), StatusKind::Gauge);
        report(Status {
            stage,
            name,
            kind,
            value,
        });
    }
}

impl Recorder {
    pub(crate) fn losses(&self) -> Vec<Loss> {
        self.losses.lock().unwrap().clone()
    }

    fn column<T>(&self, table: &str, name: &str, read: impl Fn(&dyn Array) -> Vec<T>) -> Vec<T> {
        let batches = self.batches.lock().unwrap();
        let of_table = batches.iter().filter(|(of, _)| *of == table);
        of_table
            .flat_map(|(_, batch)| read(batch.column_by_name(name).unwrap()))
            .collect()
    }

    pub(crate) fn texts(&self, table: &str, column: &str) -> Vec<String> {
        self.column(table, column, |array| {
            match array.as_dictionary_opt::<UInt32Type>() {
                Some(dictionary) => {
                    let values = dictionary.values().as_string::<i32>();
                    let keys = dictionary.keys().values().iter();
                    keys.map(|&key| values.value(key as usize).to_owned())
                        .collect()
                }
                None => array
                    .as_string::<i32>()
                    .iter()
                    .flatten()
                    .map(str::to_owned)
                    .collect(),
            }
        })
    }

    pub(crate) fn numbers(&self, table: &str, column: &str) -> Vec<i64> {
        self.column(table, column, |array| {
            array.as_primitive::<Int64Type>().values().to_vec()
        })
    }

    /// The newest value of a counter of the agent.
    pub(crate) fn status(&self, stage: &str, name: &str) -> i64 {
        let stages = self.texts("agent_status", "stage");
        let names = self.texts("agent_status", "name");
        let values = self.numbers("agent_status", "value");
        let mut rows = stages.iter().zip(&names).zip(values).rev();
        let found = rows.find(|((of, is), _)| *of == stage && *is == name);
        found
            .unwrap_or_else(|| panic!("no `{name}` of `{stage}` among {names:?}"))
            .1
    }

    /// Everything that the kernel programs or the agent dropped: name and count, where not zero.
    pub(crate) fn dropped(&self) -> Vec<(String, i64)> {
        let names = self.texts("agent_status", "name");
        let values = self.numbers("agent_status", "value");
        let lost = |name: &str| name.contains("lost") || name.contains("dropped");
        let rows = names.into_iter().zip(values);
        rows.filter(|(name, value)| lost(name) && *value != 0)
            .collect()
    }
}
