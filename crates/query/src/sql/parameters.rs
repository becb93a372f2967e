//! Parameters of a query: `?` in the order of the text, or `$1`, `$2`, …

use super::errors::{self, Place};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType as ArrowType, Field, FieldRef};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::Result;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use nixie_pxl::Diagnostic;
use nixie_types::DataType;
use std::sync::Arc;

/// LIMIT: parameters of a query.
const PARAMETERS_MAX: usize = 1000;

/// Text that queries see.
const TEXT: ArrowType = DataType::String.arrow();

/// Times that queries see.
const TIME: ArrowType = DataType::Time64Ns.arrow();

/// The words of a query, with all parameters as `$N`.
pub(super) struct Tokens {
    pub(super) tokens: Vec<TokenWithSpan>,
    /// How many parameters there are.
    pub(super) parameters: usize,
}

impl Tokens {
    /// Reads the words of a query.
    pub(super) fn of(sql: &str) -> Result<Self, Diagnostic> {
        let mut tokens = Vec::new();
        let mut marks = 0;
        let mut numbered = 0;
        let mut wrong = None;
        Tokenizer::new(&GenericDialect {}, sql)
            .tokenize_with_location_into_buf_with_mapper(&mut tokens, |mut word| {
                if let Token::Placeholder(name) = &mut word.token {
                    if name == "?" {
                        marks += 1;
                        *name = format!("${marks}");
                    } else {
                        match number(name) {
                            Some(number) => numbered = numbered.max(number),
                            None => {
                                wrong.get_or_insert_with(|| (name.clone(), word.span));
                            }
                        }
                    }
                }
                word
            })
            .map_err(|error| errors::syntax(&ParserError::from(error)))?;
        if let Some((name, span)) = wrong {
            let message = format!("parameter `{name}` is not known");
            let help = format!("write `?`, or `$1` to `${PARAMETERS_MAX}`");
            let place = Place::of(sql, span);
            return Err(errors::at("parameter", message, place, Some(&help)));
        }
        if marks > PARAMETERS_MAX || marks > 0 && numbered > 0 {
            let message = if marks > PARAMETERS_MAX {
                format!("query has {marks} parameters, at most {PARAMETERS_MAX} are possible")
            } else {
                "`?` and numbered parameters stand in the same query".to_owned()
            };
            let help = Some("use one of both, and as few as possible");
            return Err(errors::at("parameter", message, Place::default(), help));
        }
        Ok(Self {
            tokens,
            parameters: marks.max(numbered),
        })
    }
}

fn number(name: &str) -> Option<usize> {
    let number = name.strip_prefix('$')?.parse().ok()?;
    (1..=PARAMETERS_MAX).contains(&number).then_some(number)
}

/// Values for the parameters of a query.
pub(super) struct Values(Vec<ScalarValue>);

impl Values {
    /// Returns values that are the columns of one row.
    pub(super) fn of(row: &RecordBatch) -> Result<Self, Diagnostic> {
        if row.num_rows() != 1 {
            let message = format!(
                "a query takes one row of parameters, {} were given",
                row.num_rows()
            );
            let help = "ask once for each row";
            return Err(errors::at(
                "parameter",
                message,
                Place::default(),
                Some(help),
            ));
        }
        let values = row.columns().iter().zip(1..);
        let values = values.map(|(column, number)| value(column, number));
        values.collect::<Result<_, _>>().map(Self)
    }

    /// Returns no values.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Returns values of no type.
    pub(super) fn nulls(count: usize) -> Self {
        Self(vec![ScalarValue::Null; count])
    }

    /// Complains unless there is a value for each parameter.
    pub(super) fn check(&self, parameters: usize) -> Result<(), Diagnostic> {
        if self.0.len() == parameters {
            return Ok(());
        }
        let message = format!(
            "number of values for parameters is {}, expected {parameters}",
            self.0.len()
        );
        let help = Some("give one value for each, in the order of their numbers");
        Err(errors::at("parameter", message, Place::default(), help))
    }

    /// Returns the types of the values.
    pub(super) fn types(&self) -> Vec<Option<FieldRef>> {
        let field =
            |value: &ScalarValue| Some(Arc::new(Field::new("parameter", value.data_type(), true)));
        self.0.iter().map(field).collect()
    }
}

impl From<Values> for ParamValues {
    fn from(values: Values) -> Self {
        values.0.into()
    }
}

/// Returns a value as queries see its type.
fn value(column: &ArrayRef, number: usize) -> Result<ScalarValue, Diagnostic> {
    let seen = column.data_type();
    let wanted = match seen {
        ArrowType::Utf8 | ArrowType::LargeUtf8 => TEXT,
        ArrowType::Timestamp(..) | ArrowType::Date32 | ArrowType::Date64 => TIME,
        // Ids are bytes where clients have no numbers of that length.
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView => {
            DataType::UInt128.arrow()
        }
        ArrowType::Float16 => ArrowType::Float64,
        ArrowType::Dictionary(_, of) if matches!(**of, ArrowType::Utf8 | ArrowType::LargeUtf8) => {
            TEXT
        }
        plain if plain.is_primitive() || plain.is_null() => plain.clone(),
        ArrowType::Boolean | ArrowType::Utf8View | ArrowType::FixedSizeBinary(_) => seen.clone(),
        _ => return Err(unusable(number, &format!("of type {seen}"))),
    };
    // What a time means is the same in all zones, and stays the same without one.
    let cast = cast(column, &wanted);
    let cast = cast.map_err(|error| unusable(number, &error.to_string()))?;
    if cast.null_count() > column.null_count() {
        return Err(unusable(number, &format!("of type {seen}, out of range")));
    }
    ScalarValue::try_from_array(&cast, 0).map_err(|error| unusable(number, &error.to_string()))
}

fn unusable(number: usize, why: &str) -> Diagnostic {
    let message = format!("value of parameter `${number}` cannot be used: {why}");
    let help = "give a number, a text, a time, a boolean, NULL, or 16 bytes";
    errors::at("parameter", message, Place::default(), Some(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::tests::store;
    use crate::{Engine, QueryLimits, SqlDescription};
    use arrow::array::{
        AsArray, BinaryArray, BooleanArray, Date32Array, FixedSizeBinaryArray, Float64Array,
        Int32Array, Int64Array, ListArray, NullArray, StringArray, TimestampMicrosecondArray,
    };
    use arrow::datatypes::Int64Type;
    use futures::StreamExt;
    use nixie_metadata::Metadata;

    fn engine() -> Engine {
        let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
        Engine::new(store(1000), metadata, QueryLimits::default())
    }

    fn row(columns: Vec<ArrayRef>) -> RecordBatch {
        let named = columns.into_iter().enumerate();
        RecordBatch::try_from_iter(named.map(|(at, column)| (at.to_string(), column))).unwrap()
    }

    /// Returns the one number that a query gives.
    async fn number_of(sql: &str, columns: Vec<ArrayRef>) -> i64 {
        let engine = engine();
        let program = engine.compile_sql(sql, Some(&row(columns)));
        let program = program.unwrap_or_else(|errors| panic!("{sql}: {errors:?}"));
        let mut run = engine.run(program);
        let mut output = run.next_output().await.unwrap().expect("one output");
        let batch = output.next().await.expect("a batch").unwrap();
        batch.column(0).as_primitive::<Int64Type>().value(0)
    }

    fn refusal(sql: &str, columns: Vec<ArrayRef>) -> String {
        let errors = engine().compile_sql(sql, Some(&row(columns)));
        errors.map(|_| ()).unwrap_err().remove(0).message
    }

    #[tokio::test]
    async fn values_of_all_types_stand_in_all_places() {
        const COUNT: &str = "SELECT count(*) FROM http_events WHERE ";
        let micros = |values: Vec<i64>| Arc::new(TimestampMicrosecondArray::from(values));
        let zoned = micros(vec![0]).as_ref().clone().with_timezone("+02:00");
        let id = FixedSizeBinaryArray::try_from_iter([[7; 16]].into_iter()).unwrap();
        let cases: Vec<(&str, Vec<ArrayRef>, i64)> = vec![
            (
                "latency < ?",
                vec![Arc::new(Int64Array::from(vec![10]))],
                10,
            ),
            (
                "latency < $1",
                vec![Arc::new(Int32Array::from(vec![10]))],
                10,
            ),
            (
                "latency < ?",
                vec![Arc::new(Float64Array::from(vec![9.5]))],
                10,
            ),
            (
                "req_path = $2 AND latency >= $1",
                vec![
                    Arc::new(Int64Array::from(vec![500])),
                    Arc::new(StringArray::from(vec!["/a/path/of/some/length/3"])),
                ],
                50,
            ),
            (
                "upper(?) = 'O''BRIEN; --'",
                vec![Arc::new(StringArray::from(vec!["O'Brien; --"]))],
                1000,
            ),
            ("time_ > ?", vec![micros(vec![0])], 999),
            ("time_ > ?", vec![Arc::new(zoned)], 999),
            ("time_ > ?", vec![Arc::new(Date32Array::from(vec![0]))], 999),
            (
                "? AND latency < 3",
                vec![Arc::new(BooleanArray::from(vec![true]))],
                3,
            ),
            ("latency = ?", vec![Arc::new(NullArray::new(1))], 0),
            (
                "? = ?",
                vec![Arc::new(id.clone()), Arc::new(id.clone())],
                1000,
            ),
            (
                "$1 = $2",
                vec![
                    Arc::new(id),
                    Arc::new(BinaryArray::from(vec![[7; 16].as_slice()])),
                ],
                1000,
            ),
        ];
        for (filter, values, expected) in cases {
            let seen = number_of(&format!("{COUNT}{filter}"), values).await;
            assert_eq!(seen, expected, "{filter}");
        }
        let limit: ArrayRef = Arc::new(Int64Array::from(vec![3]));
        let sql = "WITH t AS (SELECT * FROM http_events LIMIT ?) SELECT count(*) FROM t";
        assert_eq!(number_of(sql, vec![limit]).await, 3);
    }

    #[tokio::test]
    async fn a_time_that_is_given_limits_what_is_read() {
        let engine = engine();
        let value: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0]));
        let sql = "SELECT latency FROM http_events WHERE time_ > ?";
        let program = engine.compile_sql(sql, Some(&row(vec![value]))).unwrap();
        assert_eq!(program.outputs[0].scans[0].start_ns, Some(1));
    }

    #[test]
    fn values_that_cannot_be_used_are_refused() {
        let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let two: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let far: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX]));
        let short: ArrayRef = Arc::new(BinaryArray::from(vec![[7; 15].as_slice()]));
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
        for (sql, values, expected) in [
            (
                "SELECT ?",
                vec![Arc::clone(&one), Arc::clone(&one)],
                "number of values for parameters is 2, expected 1",
            ),
            (
                "SELECT $2",
                vec![Arc::clone(&one)],
                "number of values for parameters is 1, expected 2",
            ),
            (
                "SELECT 1",
                vec![one],
                "number of values for parameters is 1, expected 0",
            ),
            (
                "SELECT ?",
                vec![two],
                "a query takes one row of parameters, 2",
            ),
            (
                "SELECT ?",
                vec![far],
                "value of parameter `$1` cannot be used",
            ),
            (
                "SELECT ?",
                vec![short],
                "value of parameter `$1` cannot be used",
            ),
            (
                "SELECT ?",
                vec![Arc::new(list)],
                "value of parameter `$1` cannot be used: of type List",
            ),
        ] {
            let message = refusal(sql, values);
            assert!(message.starts_with(expected), "{message}");
        }
        let errors = engine().compile_sql("SELECT ?", None).unwrap_err();
        assert!(
            errors[0]
                .message
                .starts_with("number of values for parameters is 0, expected 1"),
            "{errors:?}"
        );
    }

    #[test]
    fn queries_are_described_before_they_have_values() {
        let described = |sql: &str| engine().describe_sql(sql);
        let known = "SELECT req_path, latency / 2.0 AS half FROM px.public.http_events \
                     WHERE latency > ? AND time_ > ? AND req_path = ?";
        let SqlDescription {
            columns,
            parameters,
        } = described(known).unwrap();
        let columns: Vec<_> = columns
            .expect("known")
            .into_iter()
            .map(|c| (c.name, c.data_type))
            .collect();
        assert_eq!(
            columns,
            [
                ("req_path".to_owned(), DataType::String),
                ("half".to_owned(), DataType::Float64)
            ]
        );
        let types = [DataType::Int64, DataType::Time64Ns, DataType::String];
        assert_eq!(parameters, types.map(|data_type| Some(data_type.arrow())));
        let open = described("SELECT abs(?) FROM public.http_events").unwrap();
        assert_eq!((open.columns, open.parameters), (None, vec![None]));
        let wrong = described("SELECT abs(?) FROM other.http_events").unwrap_err();
        assert_eq!(wrong[0].code, "unknown-table", "{wrong:?}");
        let wrong = described("SELECT nothing, ? FROM http_events").unwrap_err();
        assert_eq!(wrong[0].code, "unknown-column", "{wrong:?}");
    }

    fn read(sql: &str) -> (Vec<String>, usize) {
        let read = Tokens::of(sql).map_err(|error| error.message).unwrap();
        let found = read.tokens.iter().filter_map(|word| match &word.token {
            Token::Placeholder(name) => Some(name.clone()),
            _ => None,
        });
        (found.collect(), read.parameters)
    }

    #[test]
    fn marks_are_numbered_outside_of_texts_and_comments() {
        let sql = "SELECT ?, '?', \"?\" -- ?\nFROM t /* ? */ WHERE a = ? AND b = '$2'";
        assert_eq!(read(sql), (vec!["$1".to_owned(), "$2".to_owned()], 2));
        assert_eq!(read("SELECT $2, $1, $2").1, 2);
        assert_eq!(read("SELECT 1").1, 0);
    }

    #[test]
    fn parameters_that_are_none_are_named() {
        for (sql, expected) in [
            ("SELECT $x", "parameter `$x` is not known"),
            ("SELECT $0", "parameter `$0` is not known"),
            ("SELECT $1001", "parameter `$1001` is not known"),
            ("SELECT ?, $1", "`?` and numbered parameters"),
            (&"?,".repeat(1001), "query has 1001 parameters"),
        ] {
            let error = Tokens::of(sql).map(|_| ()).unwrap_err();
            assert!(error.message.starts_with(expected), "{}", error.message);
        }
    }
}
