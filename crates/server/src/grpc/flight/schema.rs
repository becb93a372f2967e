//! The form in which rows travel: text as `Utf8`, times as instants in UTC, and the meaning of each
//! column beside it.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType as ArrowType, Field, Schema, SchemaRef, TimeUnit, TimestampNanosecondType,
};
use arrow::error::ArrowError;
use nixie_pxl::OutputColumn;
use nixie_types::table::SEMANTIC_TYPE_KEY;
use nixie_types::{DataType, SemanticType, TableSpec};
use std::collections::HashMap;
use std::sync::Arc;

/// Time zone of all times.
const ZONE: &str = "UTC";

/// Keys of Flight SQL for what is known of a column.
const TABLE_NAME_KEY: &str = "ARROW:FLIGHT:SQL:TABLE_NAME";
const TYPE_NAME_KEY: &str = "ARROW:FLIGHT:SQL:TYPE_NAME";
const REMARKS_KEY: &str = "ARROW:FLIGHT:SQL:REMARKS";
const READ_ONLY_KEY: &str = "ARROW:FLIGHT:SQL:IS_READ_ONLY";

/// Returns the type in which values travel.
pub(super) fn travelling(data_type: DataType) -> ArrowType {
    match data_type {
        DataType::String => ArrowType::Utf8,
        DataType::Time64Ns => ArrowType::Timestamp(TimeUnit::Nanosecond, Some(ZONE.into())),
        other => other.arrow(),
    }
}

/// Returns the schema of a result.
pub(super) fn of_result(columns: &[OutputColumn]) -> SchemaRef {
    let fields = columns.iter().map(|column| {
        let metadata = metadata(column.data_type, column.semantic_type);
        field(&column.name, column.data_type, metadata)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Returns the schema of a table.
pub(super) fn of_table(table: &TableSpec) -> Schema {
    let fields = table.columns.iter().map(|column| {
        let mut metadata = metadata(column.data_type, column.semantic_type);
        metadata.insert(TABLE_NAME_KEY.to_owned(), table.name.to_owned());
        metadata.insert(REMARKS_KEY.to_owned(), column.description.to_owned());
        metadata.insert(READ_ONLY_KEY.to_owned(), "1".to_owned());
        field(column.name, column.data_type, metadata).with_nullable(false)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// Returns the schema of parameters; a type that is not known is that of NULL.
pub(super) fn of_parameters(types: &[Option<ArrowType>]) -> Schema {
    let field = |(number, of): (usize, &Option<ArrowType>)| {
        let of = of.clone().unwrap_or(ArrowType::Null);
        let of = DataType::from_arrow(&of).map_or(of, travelling);
        Field::new(format!("${number}"), of, true)
    };
    Schema::new((1..).zip(types).map(field).collect::<Vec<_>>())
}

fn field(name: &str, data_type: DataType, metadata: HashMap<String, String>) -> Field {
    Field::new(name, travelling(data_type), true).with_metadata(metadata)
}

fn metadata(data_type: DataType, meaning: SemanticType) -> HashMap<String, String> {
    HashMap::from([
        (TYPE_NAME_KEY.to_owned(), data_type.name().to_owned()),
        (SEMANTIC_TYPE_KEY.to_owned(), meaning.name().to_owned()),
    ])
}

/// Returns rows in the form in which they travel.
pub(super) fn packed(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns: Result<Vec<ArrayRef>, ArrowError> = batch.columns().iter().map(plain).collect();
    RecordBatch::try_new(Arc::clone(schema), columns?)
}

fn plain(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        // Views would bring along all of the memory that they point into.
        ArrowType::Utf8View => cast(column, &ArrowType::Utf8),
        ArrowType::Timestamp(TimeUnit::Nanosecond, None) => {
            let times = column.as_primitive::<TimestampNanosecondType>();
            Ok(Arc::new(times.clone().with_timezone(ZONE)))
        }
        _ => Ok(Arc::clone(column)),
    }
}
