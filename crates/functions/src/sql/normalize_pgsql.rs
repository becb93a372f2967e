//! `normalize_pgsql`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::sql::normalize::{error, normalized};
use crate::sql::postgres::RULES;
use crate::sql::prepared;
use crate::value::Str;

/// `normalize_pgsql`
pub(crate) const NORMALIZE_PGSQL: Function = Function {
    name: "normalize_pgsql",
    family: Family::Sql,
    doc: "Returns a statement of PostgreSQL with its values replaced by `$1`, `$2`, …, and the values, \
          as JSON: `query` and `params`, or `error`. The command is `Query`, or `Execute` for the \
          text of a prepared statement with its parameters. Statements are not checked further than \
          for quotes and parentheses.",
    example: Example {
        args: &[
            Datum::Text("SELECT * FROM t WHERE a = 'x' LIMIT 5"),
            Datum::Text("Query"),
        ],
        result: Datum::Text(
            "{\"query\":\"SELECT * FROM t WHERE a = $1 LIMIT $2\",\"params\":[\"'x'\",\"5\"]}",
        ),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["sql", "command"],
        &scalar2::<Str, Str, Str, _>(normalize),
    )]),
};

fn normalize(sql: &str, command: &str) -> String {
    match command {
        "Query" => normalized(&RULES, sql, &[]),
        "Execute" => {
            let (sql, parameters) = prepared::split(sql);
            normalized(&RULES, sql, &parameters)
        }
        _ => error("cmd_code must be one of 'Query' or 'Execute'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(command: &str, sql: &str, query: &str, values: &[&str]) {
        let got: Value = serde_json::from_str(&normalize(sql, command)).unwrap();
        assert_eq!(got, json!({"query": query, "params": values}), "{sql}");
    }

    #[test]
    fn statements() {
        for (sql, query, values) in [
            ("SELECT 1", "SELECT $1", &["1"][..]),
            (
                "SELECT * FROM test WHERE prop='abcd'",
                "SELECT * FROM test WHERE prop=$1",
                &["'abcd'"],
            ),
            (
                r"INSERT INTO test (a, b, c, d, e) VALUES (1, 'abcd', 1.23, true, E'\\xDEADBEEF')",
                "INSERT INTO test (a, b, c, d, e) VALUES ($1, $2, $3, $4, $5)",
                &["1", "'abcd'", "1.23", "true", r"E'\\xDEADBEEF'"],
            ),
            (
                "SELECT 'abcd' as col1, 1234 as col2, 1.2345 as col3 into my_new_table",
                "SELECT $1 as col1, $2 as col2, $3 as col3 into my_new_table",
                &["'abcd'", "1234", "1.2345"],
            ),
            (
                "SELECT length(abcd) + 1 from test",
                "SELECT length(abcd) + $1 from test",
                &["1"],
            ),
            (
                "UPDATE test SET age=10 where name='abcd'",
                "UPDATE test SET age=$1 where name=$2",
                &["10", "'abcd'"],
            ),
            (
                "SELECT * from test where abcd >= 11",
                "SELECT * from test where abcd >= $1",
                &["11"],
            ),
            (
                "SELECT 'é', '😀' || $$x$$ -- 5\nFROM t OFFSET 5",
                "SELECT $1, $2 || $3 -- 5\nFROM t OFFSET $4",
                &["'é'", "'😀'", "$$x$$", "5"],
            ),
            (
                "SELECT -5, X'1F', B'01', n'x' FROM t1 WHERE a IS NOT TRUE AND b = false",
                "SELECT -$1, $2, $3, $4 FROM t1 WHERE a IS NOT TRUE AND b = $5",
                &["5", "X'1F'", "B'01'", "n'x'", "false"],
            ),
        ] {
            check("Query", sql, query, values);
        }
    }

    #[test]
    fn what_is_no_value_stays() {
        for sql in [
            "BEGIN;",
            "",
            "CREATE TABLE test (name varchar(20), address text, foo int, bar text)",
            "SELECT a::numeric(10, 2), date '2026-01-01', \"1\", NULL FROM t1",
            "SELECT a AT TIME ZONE x, timestamp with time zone '2026-01-01' FROM t",
        ] {
            check("Query", sql, sql, &[]);
        }
    }

    #[test]
    fn prepared_statements() {
        check(
            "Execute",
            "query=[SELECT * FROM test WHERE prop=$1 AND prop2='abcd'] params=['1234']",
            "SELECT * FROM test WHERE prop=$1 AND prop2=$2",
            &["'1234'", "'abcd'"],
        );
        let insert = "INSERT INTO test (a, b, c, d, e) VALUES ($1, $2, $3, $4, $5)";
        let values = ["1", "'abcd'", "1.23", "true", r"E'\\xDEADBEEF'"];
        let text = format!("query=[{insert}] params=[{}]", values.join(", "));
        check("Execute", &text, insert, &values);
        let select = "SELECT * from test WHERE name=$1 AND tag=1234 AND property=$2";
        let normal = "SELECT * from test WHERE name=$1 AND tag=$2 AND property=$3";
        let text = format!("query=[{select}] params=['abcd', 1.23]");
        check("Execute", &text, normal, &["'abcd'", "1234", "1.23"]);
        let text = text.replace("$2", "$1").replace(", 1.23", "");
        check("Execute", &text, normal, &["'abcd'", "1234", "'abcd'"]);
    }

    #[test]
    fn errors() {
        for (sql, command, want) in [
            (
                "SELECT 1",
                "Parse",
                "cmd_code must be one of 'Query' or 'Execute'",
            ),
            (
                "SELECT $1",
                "Query",
                "Query has more parameter placeholders in it than parameter values were passed in",
            ),
            ("SELECT $0", "Query", "Placeholder $0 invalid"),
            (
                "SELECT ((1)",
                "Query",
                "SQL Parsing Failed: line 1:7 with: missing `)` for this `(`",
            ),
        ] {
            let got: Value = serde_json::from_str(&normalize(sql, command)).unwrap();
            assert_eq!(got, json!({"error": want}), "{sql}");
        }
    }
}
