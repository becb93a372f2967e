//! `normalize_mysql`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::sql::mysql::RULES;
use crate::sql::normalize::{error, normalized};
use crate::sql::prepared;
use crate::value::{Int, Str};

/// `normalize_mysql`
pub(crate) const NORMALIZE_MYSQL: Function = Function {
    name: "normalize_mysql",
    family: Family::Sql,
    doc: "Returns a statement of MySQL with its values replaced by `?`, and the values, as JSON: \
          `query` and `params`, or `error`. The command is 3 (COM_QUERY), or 23 (COM_STMT_EXECUTE) \
          for the text of a prepared statement with its parameters. Statements are not checked \
          further than for quotes and parentheses.",
    example: Example {
        args: &[
            Datum::Text("SELECT * FROM t WHERE a = 'x' LIMIT 5"),
            Datum::Int(3),
        ],
        result: Datum::Text(
            "{\"query\":\"SELECT * FROM t WHERE a = ? LIMIT 5\",\"params\":[\"'x'\"]}",
        ),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["sql", "command"],
        &scalar2::<Str, Int, Str, _>(normalize),
    )]),
};

/// A statement as text.
const COM_QUERY: i64 = 3;

/// A prepared statement that runs.
const COM_STMT_EXECUTE: i64 = 23;

fn normalize(sql: &str, command: i64) -> String {
    match command {
        COM_QUERY => normalized(&RULES, sql, &[]),
        COM_STMT_EXECUTE => {
            let (sql, parameters) = prepared::split(sql);
            normalized(&RULES, sql, &parameters)
        }
        _ => error("cmd_code must be one of '3' or '23'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(command: i64, sql: &str, query: &str, values: &[&str]) {
        let got: Value = serde_json::from_str(&normalize(sql, command)).unwrap();
        assert_eq!(got, json!({"query": query, "params": values}), "{sql}");
    }

    #[test]
    fn statements() {
        for (sql, query, values) in [
            ("SELECT 1", "SELECT ?", &["1"][..]),
            (
                "SELECT * FROM test WHERE prop=@a AND prop2='abcd'",
                "SELECT * FROM test WHERE prop=@a AND prop2=?",
                &["'abcd'"],
            ),
            (
                "UPDATE test SET age=10 where name='abcd'",
                "UPDATE test SET age=? where name=?",
                &["10", "'abcd'"],
            ),
            (
                "INSERT INTO test (a, b, c, d, e) VALUES (1, 'abcd', 1.23, true, X'DEADBEEF')",
                "INSERT INTO test (a, b, c, d, e) VALUES (?, ?, ?, ?, ?)",
                &["1", "'abcd'", "1.23", "true", "X'DEADBEEF'"],
            ),
            (
                "SELECT * from test where abcd >= 11",
                "SELECT * from test where abcd >= ?",
                &["11"],
            ),
            (
                "SELECT -5, a - 5, (a) -6, 0x1F, B'01', _utf8mb4'é' 'x', \"y\" FROM t LIMIT 5, 10",
                "SELECT ?, a - ?, (a) -?, ?, ?, ?, ? FROM t LIMIT 5, 10",
                &["-5", "5", "6", "0x1F", "B'01'", "_utf8mb4'é' 'x'", "\"y\""],
            ),
            (
                "SELECT NOT  NULL, NULL, count(*) AS 'x' FROM t WHERE a IS NOT NULL OFFSET 3",
                "SELECT ?, ?, count(*) AS 'x' FROM t WHERE a IS NOT NULL OFFSET 3",
                &["NOT  NULL", "NULL"],
            ),
            (
                "CREATE TABLE t (a INT(11) NOT NULL DEFAULT -1, b TEXT NULL) AUTO_INCREMENT=5",
                "CREATE TABLE t (a INT(11) NOT NULL DEFAULT ?, b TEXT NULL) AUTO_INCREMENT=5",
                &["-1"],
            ),
        ] {
            check(3, sql, query, values);
        }
    }

    #[test]
    fn what_is_no_value_stays() {
        for sql in [
            "BEGIN;",
            "CREATE TABLE test (name varchar(20), address text, foo int, bar text)",
            "SELECT @@version, @a, d->'$.x' FROM `1` WHERE a IS NULL",
        ] {
            check(3, sql, sql, &[]);
        }
    }

    #[test]
    fn prepared_statements() {
        check(
            23,
            "query=[SELECT * FROM test WHERE prop=? AND prop2='abcd'] params=[1234]",
            "SELECT * FROM test WHERE prop=? AND prop2=?",
            &["1234", "'abcd'"],
        );
        check(
            23,
            "query=[INSERT INTO test (a, b, c, d, e) VALUES (?, ?, 1.23, ?, ?)] params=[1, 'abcd', \
             true, X'DEADBEEF']",
            "INSERT INTO test (a, b, c, d, e) VALUES (?, ?, ?, ?, ?)",
            &["1", "'abcd'", "1.23", "true", "X'DEADBEEF'"],
        );
        let select = "SELECT sock.sock_id AS id, GROUP_CONCAT(tag.name) AS tag_name FROM sock JOIN \
                      sock_tag ON sock.sock_id=sock_tag.sock_id WHERE sock.sock_id =? GROUP BY \
                      sock.sock_id;";
        let id = "zzz4f044-b040-410d-8ead-4de0446aec7e";
        check(
            23,
            &format!("query=[{select}] params=[{id}]"),
            select,
            &[id],
        );
    }

    #[test]
    fn errors() {
        for (sql, command, want) in [
            ("SELECT 1", 4, "cmd_code must be one of '3' or '23'"),
            (
                "SELECT ?",
                3,
                "Query has more parameter placeholders in it than parameter values were passed in",
            ),
            (
                "SELECT 1)",
                3,
                "SQL Parsing Failed: line 1:8 with: unexpected `)`",
            ),
        ] {
            let got: Value = serde_json::from_str(&normalize(sql, command)).unwrap();
            assert_eq!(got, json!({"error": want}), "{sql}");
        }
    }
}
