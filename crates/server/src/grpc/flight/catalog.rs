//! What there is to ask for: the one catalog, the one schema in it, and its tables.

use super::{info, schema};
use crate::grpc::status;
use crate::state::ServerState;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow_flight::error::FlightError;
use arrow_flight::sql::{Command, CommandGetDbSchemas, CommandGetTables};
use nixie_query::{SQL_CATALOG, SQL_SCHEMA};
use std::sync::Arc;
use tonic::Status;

/// What all tables are.
const TABLE_TYPE: &str = "TABLE";

/// Returns the answer to a question about the agent; `None` if the command is none.
pub(super) fn answer(state: &ServerState, command: Command) -> Option<Result<RecordBatch, Status>> {
    let answer = match command {
        Command::CommandGetCatalogs(command) => {
            let mut catalogs = command.into_builder();
            catalogs.append(SQL_CATALOG);
            catalogs.build()
        }
        Command::CommandGetDbSchemas(command) => schemas(command),
        Command::CommandGetTables(command) => tables(state, command),
        Command::CommandGetTableTypes(command) => {
            let mut types = command.into_builder();
            types.append(TABLE_TYPE);
            types.build()
        }
        Command::CommandGetSqlInfo(command) => info::answer(state, command),
        Command::CommandGetXdbcTypeInfo(command) => info::types(command),
        // No table has a key.
        Command::CommandGetPrimaryKeys(_) => Ok(empty(PRIMARY_KEY)),
        Command::CommandGetExportedKeys(_)
        | Command::CommandGetImportedKeys(_)
        | Command::CommandGetCrossReference(_) => Ok(empty(FOREIGN_KEY)),
        _ => return None,
    };
    Some(answer.map_err(|error| Status::internal(status::with_causes(&error))))
}

fn schemas(command: CommandGetDbSchemas) -> Result<RecordBatch, FlightError> {
    let mut schemas = command.into_builder();
    schemas.append(SQL_CATALOG, SQL_SCHEMA);
    schemas.build()
}

fn tables(state: &ServerState, command: CommandGetTables) -> Result<RecordBatch, FlightError> {
    let mut tables = command.into_builder();
    for table in state.agent.engine().store().tables() {
        let spec = table.spec();
        let schema = schema::of_table(spec);
        tables.append(SQL_CATALOG, SQL_SCHEMA, spec.name, TABLE_TYPE, &schema)?;
    }
    tables.build()
}

/// A column of an answer: its name, its type, and whether it may be NULL.
type Column = (&'static str, DataType, bool);

const PRIMARY_KEY: &[Column] = &[
    ("catalog_name", DataType::Utf8, true),
    ("db_schema_name", DataType::Utf8, true),
    ("table_name", DataType::Utf8, false),
    ("column_name", DataType::Utf8, false),
    ("key_sequence", DataType::Int32, false),
    ("key_name", DataType::Utf8, true),
];

const FOREIGN_KEY: &[Column] = &[
    ("pk_catalog_name", DataType::Utf8, true),
    ("pk_db_schema_name", DataType::Utf8, true),
    ("pk_table_name", DataType::Utf8, false),
    ("pk_column_name", DataType::Utf8, false),
    ("fk_catalog_name", DataType::Utf8, true),
    ("fk_db_schema_name", DataType::Utf8, true),
    ("fk_table_name", DataType::Utf8, false),
    ("fk_column_name", DataType::Utf8, false),
    ("key_sequence", DataType::Int32, false),
    ("fk_key_name", DataType::Utf8, true),
    ("pk_key_name", DataType::Utf8, true),
    ("update_rule", DataType::UInt8, false),
    ("delete_rule", DataType::UInt8, false),
];

fn empty(columns: &[Column]) -> RecordBatch {
    let fields = columns
        .iter()
        .map(|(name, data_type, nullable)| Field::new(*name, data_type.clone(), *nullable));
    RecordBatch::new_empty(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}
