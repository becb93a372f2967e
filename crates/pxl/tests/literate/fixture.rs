//! Tables of a page.

use crate::case::root;
use datafusion::arrow::array::{RecordBatch, new_empty_array};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use nixie_pxl::Catalog;
use nixie_types::table::SEMANTIC_TYPE_KEY;
use nixie_types::{DataType, SemanticType, Upid};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

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
    /// Adds a table: a line with its columns, then rows.
    ///
    /// Columns without types are those of the table in the reference; it has all others of them,
    /// too, with values that say nothing.
    pub(crate) fn add_table(&mut self, name: &str, body: &str) {
        let mut lines = body.lines();
        let header = cells(lines.next().expect("a table has a header"));
        let rows: Vec<_> = lines.map(cells).collect();
        let is_whole = |row: &Vec<String>| row.len() == header.len();
        assert!(
            rows.iter().all(is_whole),
            "a row of `{name}` has too few or many cells"
        );
        let columns = if header.iter().all(|cell| cell.contains(':')) {
            header.clone()
        } else {
            described_columns(name)
        };
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        let mut places_used = 0;
        for described in &columns {
            let (field, data_type) = column(described);
            let is_this = |cell: &String| cell == described || cell == field.name();
            let place = header.iter().position(is_this);
            places_used += usize::from(place.is_some());
            let cell_of = |row: &Vec<String>| match place {
                Some(place) => value(data_type, &row[place]),
                None => value(data_type, nothing(data_type)),
            };
            arrays.push(if rows.is_empty() {
                new_empty_array(field.data_type())
            } else {
                ScalarValue::iter_to_array(rows.iter().map(cell_of))
                    .expect("cells have the type of their column")
            });
            fields.push(field);
        }
        assert_eq!(
            places_used,
            header.len(),
            "`{name}` has no such column: {header:?}"
        );
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("rows fit");
        self.add_batch(name, &batch);
    }

    fn add_batch(&mut self, name: &str, batch: &RecordBatch) {
        // Two batches, so that results do not depend on all rows being in one.
        let half = batch.num_rows() / 2;
        let parts = vec![
            batch.slice(0, half),
            batch.slice(half, batch.num_rows() - half),
        ];
        let table = MemTable::try_new(batch.schema(), vec![parts]).expect("batches fit");
        self.tables
            .insert(name.to_owned(), provider_as_source(Arc::new(table)));
    }
}

/// Returns the columns of a table in the reference, as a page writes them.
fn described_columns(table: &str) -> Vec<String> {
    let reference = fs::read_to_string(root().join("docs/reference/tables.md"));
    let reference = reference.expect("the reference can be read");
    let title = format!("## {table}");
    let lines = reference.lines().skip_while(|line| *line != title).skip(1);
    let columns: Vec<String> = lines
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| {
            let cells = cells(line);
            let is_column = cells
                .get(2)
                .is_some_and(|cell| data_type_named(cell).is_some());
            is_column.then(|| cells[1..4].join(":"))
        })
        .collect();
    assert!(!columns.is_empty(), "`{table}` is in no reference");
    columns
}

/// Returns a value that says nothing, as a page writes it.
fn nothing(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "false",
        DataType::String => "",
        DataType::UInt128 => "0:0:0",
        DataType::Float64 | DataType::Int64 | DataType::Time64Ns => "0",
    }
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn data_type_named(name: &str) -> Option<DataType> {
    let mut all = DataType::ALL.into_iter();
    all.find(|data_type| data_type.name() == name)
}

fn column(cell: &str) -> (Field, DataType) {
    let mut parts = cell.split(':');
    let (name, type_name) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let data_type = data_type_named(type_name).unwrap_or_else(|| panic!("`{cell}` has no type"));
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
            let ns = match cell.strip_suffix('s') {
                Some(seconds) => seconds.parse::<i64>().expect(cell) * 1_000_000_000,
                None => cell.parse().expect(cell),
            };
            ScalarValue::TimestampNanosecond(Some(ns), None)
        }
        DataType::String => ScalarValue::Utf8View(Some(cell.replace("\\n", "\n"))),
        DataType::UInt128 => {
            let upid: Upid = cell.parse().expect(cell);
            ScalarValue::FixedSizeBinary(16, Some(upid.to_bytes().to_vec()))
        }
    }
}
