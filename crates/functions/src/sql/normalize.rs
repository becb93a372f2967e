//! Replaces what a dialect finds by placeholders, and writes the result.

use crate::json::write_text;
use crate::sql::fragments::{Fragment, Kind};
use crate::sql::tokens::Tokens;
use sqlparser::dialect::Dialect;
use std::borrow::Cow;

/// What differs between dialects.
pub(super) struct Rules {
    pub(super) dialect: &'static (dyn Dialect + Sync),
    /// Returns the fragments of a statement, from left to right; fails with what is wrong.
    pub(super) fragments: fn(&Tokens) -> Result<Vec<Fragment>, String>,
    /// Returns the placeholder of a place, which counts from 1.
    pub(super) placeholder: fn(usize) -> Cow<'static, str>,
}

/// Returns a statement with placeholders, and their values, as JSON.
pub(super) fn normalized(rules: &Rules, sql: &str, parameters: &[&str]) -> String {
    match replaced(rules, sql, parameters) {
        Ok((query, values)) => {
            let mut json = String::from("{\"query\":");
            write_text(&mut json, &query);
            json.push_str(",\"params\":[");
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_text(&mut json, value);
            }
            json.push_str("]}");
            json
        }
        Err(message) => error(&message),
    }
}

/// Returns the result that says what is wrong.
pub(super) fn error(message: &str) -> String {
    let mut json = String::from("{\"error\":");
    write_text(&mut json, message);
    json.push('}');
    json
}

fn replaced<'a>(
    rules: &Rules,
    sql: &'a str,
    parameters: &[&'a str],
) -> Result<(String, Vec<&'a str>), String> {
    let tokens = Tokens::of(sql, rules.dialect)?;
    let (mut query, mut values) = (String::with_capacity(sql.len()), Vec::new());
    let mut done = 0;
    for Fragment { place, kind } in (rules.fragments)(&tokens)? {
        let value = match kind {
            Kind::Constant => &sql[place.clone()],
            Kind::Parameter(index) => parameters.get(index).copied().ok_or(
                "Query has more parameter placeholders in it than parameter values were passed in",
            )?,
        };
        values.push(value);
        query.push_str(&sql[done..place.start]);
        query.push_str(&(rules.placeholder)(values.len()));
        done = place.end;
    }
    query.push_str(&sql[done..]);
    Ok((query, values))
}
