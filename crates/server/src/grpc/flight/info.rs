//! What the agent can do in SQL, and the types that it has.

use crate::state::ServerState;
use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoDataBuilder, XdbcTypeInfo, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{
    CommandGetSqlInfo, CommandGetXdbcTypeInfo, Nullable, Searchable, SqlInfo, SqlNullOrdering,
    SqlSupportedCaseSensitivity, SqlSupportedTransaction, XdbcDataType,
};
use nixie_types::DataType;

/// What the agent is called.
const SERVER_NAME: &str = "nixie";

/// Bytes of a UINT128.
const ID_BYTES: i32 = 16;

/// Significant decimal digits.
const INT64_DIGITS: i32 = 19;
const FLOAT64_DIGITS: i32 = 15;

/// Decimal digits of the fraction of a second.
const TIME_DIGITS: i32 = 9;

/// Characters of a time as text.
const TIME_LENGTH: i32 = 29;

/// Returns what is known of the agent.
pub(super) fn answer(
    state: &ServerState,
    command: CommandGetSqlInfo,
) -> Result<RecordBatch, FlightError> {
    let mut infos = SqlInfoDataBuilder::new();
    infos.append(SqlInfo::FlightSqlServerName, SERVER_NAME);
    infos.append(SqlInfo::FlightSqlServerVersion, state.version.as_str());
    infos.append(SqlInfo::FlightSqlServerArrowVersion, arrow::ARROW_VERSION);
    for yes in [
        SqlInfo::FlightSqlServerReadOnly,
        SqlInfo::FlightSqlServerSql,
        SqlInfo::FlightSqlServerCancel,
        SqlInfo::SqlAllTablesAreSelectable,
    ] {
        infos.append(yes, true);
    }
    for no in [
        SqlInfo::FlightSqlServerSubstrait,
        SqlInfo::FlightSqlServerBulkIngestion,
        SqlInfo::FlightSqlServerIngestTransactionsSupported,
        SqlInfo::SqlDdlCatalog,
        SqlInfo::SqlDdlSchema,
        SqlInfo::SqlDdlTable,
    ] {
        infos.append(no, false);
    }
    let none = SqlSupportedTransaction::None as i32;
    infos.append(SqlInfo::FlightSqlServerTransaction, none);
    infos.append(SqlInfo::FlightSqlServerStatementTimeout, 0);
    infos.append(SqlInfo::FlightSqlServerTransactionTimeout, 0);
    let lower = SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i64;
    infos.append(SqlInfo::SqlIdentifierCase, lower);
    let as_written = SqlSupportedCaseSensitivity::SqlCaseSensitivityUnknown as i64;
    infos.append(SqlInfo::SqlQuotedIdentifierCase, as_written);
    infos.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    let high = SqlNullOrdering::SqlNullsSortedHigh as i64;
    infos.append(SqlInfo::SqlNullOrdering, high);
    command.into_builder(&infos.build()?).build()
}

/// Returns what is known of the types.
pub(super) fn types(command: CommandGetXdbcTypeInfo) -> Result<RecordBatch, FlightError> {
    let mut types = XdbcTypeInfoDataBuilder::new();
    for data_type in DataType::ALL {
        types.append(described(data_type));
    }
    let types = types.build()?;
    command.into_builder(&types).build()
}

fn described(data_type: DataType) -> XdbcTypeInfo {
    let (xdbc, column_size, quote, radix) = match data_type {
        DataType::Boolean => (XdbcDataType::XdbcBit, Some(1), None, None),
        DataType::Int64 => (XdbcDataType::XdbcBigint, Some(INT64_DIGITS), None, Some(10)),
        DataType::UInt128 => (XdbcDataType::XdbcBinary, Some(ID_BYTES), None, None),
        DataType::Float64 => (
            XdbcDataType::XdbcDouble,
            Some(FLOAT64_DIGITS),
            None,
            Some(2),
        ),
        DataType::String => (XdbcDataType::XdbcVarchar, None, Some("'"), None),
        DataType::Time64Ns => (
            XdbcDataType::XdbcTimestamp,
            Some(TIME_LENGTH),
            Some("'"),
            None,
        ),
    };
    let scale = (data_type == DataType::Time64Ns).then_some(TIME_DIGITS);
    let is_number = matches!(data_type, DataType::Int64 | DataType::Float64);
    XdbcTypeInfo {
        type_name: data_type.name().to_owned(),
        data_type: xdbc,
        column_size,
        literal_prefix: quote.map(str::to_owned),
        literal_suffix: quote.map(str::to_owned),
        create_params: None,
        nullable: Nullable::NullabilityNullable,
        case_sensitive: data_type == DataType::String,
        searchable: Searchable::Full,
        unsigned_attribute: is_number.then_some(false),
        fixed_prec_scale: false,
        auto_increment: None,
        local_type_name: Some(data_type.name().to_owned()),
        minimum_scale: scale,
        maximum_scale: scale,
        sql_data_type: xdbc,
        datetime_subcode: None,
        num_prec_radix: radix,
        interval_precision: None,
    }
}
