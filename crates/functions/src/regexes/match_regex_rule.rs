//! `_match_regex_rule`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::regexes::regex_match::whole;
use crate::semantics::Semantics;
use crate::value::Str;
use datafusion_common::{Result, exec_datafusion_err};
use regex::Regex;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

/// `_match_regex_rule`
pub(crate) const MATCH_REGEX_RULE: Function = Function {
    name: "_match_regex_rule",
    family: Family::Regexes,
    doc: "Returns the name of the first rule whose pattern matches the whole of a text, as \
          `regex_match` does, or the empty text. The rules are a JSON object of names and \
          patterns, and must be a literal; others fail the query.",
    example: Example {
        args: &[
            Datum::Text("{\"script\": \".*<script>.*\", \"quote\": \".*'.*\"}"),
            Datum::Text("it's"),
        ],
        result: Datum::Text("quote"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["rules", "text"],
        &prepared2::<0, Str, _, _>(rules, |rules: &Vec<Rule>, text: &str| first(rules, text)),
    )
    .literals(1)]),
};

/// A name and its pattern; none if that is not valid, which matches nothing.
type Rule = (String, Option<Regex>);

fn rules(json: &str) -> Result<Vec<Rule>> {
    let error = |error| {
        exec_datafusion_err!(
            "unable to parse string as json: `_match_regex_rule` expects an object of names and \
             patterns like {{\"rule\": \"a.*\"}}: {error}"
        )
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let rules = reader.deserialize_map(InOrder).map_err(error)?;
    reader.end().map_err(error)?;
    let compiled = |(name, pattern): (String, String)| {
        let pattern = whole(&pattern);
        (name, pattern)
    };
    Ok(rules.into_iter().map(compiled).collect())
}

fn first(rules: &[Rule], text: &str) -> String {
    let matching = rules
        .iter()
        .find(|(_, pattern)| pattern.as_ref().is_some_and(|known| known.is_match(text)));
    matching.map(|(name, _)| name.clone()).unwrap_or_default()
}

/// Reads an object of texts, members in order.
struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let known = rules(r#"{"onpointerenter_event":"(?i).*onpointerenter.*"}"#).unwrap();
        let event = "<a OnpOinteRENtER=\nx>";
        assert_eq!(first(&known, event), "onpointerenter_event");
        let update = "UPDATE courses SET name = 'foo' WHERE id = 2";
        assert_eq!(first(&known, update), "");
    }

    #[test]
    fn the_first_in_the_text_wins_and_bad_patterns_match_nothing() {
        let known = rules(r#"{"z":"\\K","b":"x.*","a":".*"}"#).unwrap();
        assert_eq!(first(&known, "xy"), "b");
        assert_eq!(first(&known, "y"), "a");
    }

    #[test]
    fn what_is_no_object_of_texts_fails() {
        for bad in ["", "[]", "{\"a\":1}", "{\"a\":\"b\"} x", "nonsense"] {
            let error = rules(bad).unwrap_err().to_string();
            assert!(error.contains("unable to parse string as json"), "{error}");
        }
    }
}
