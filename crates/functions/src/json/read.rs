//! Picks one member or element out of a JSON text.

use crate::json::{write_float, write_text, zeros};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A value picked out of a JSON text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Picked {
    /// A float.
    Float(f64),
    /// A whole number that fits.
    Int(i64),
    /// Anything else but text and null, and larger whole numbers, as compact JSON.
    Other(String),
    /// A text.
    Text(String),
}

impl Picked {
    /// Returns the value as `pluck` shows it: text bare, all else as JSON.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Float(value) => {
                let mut out = String::new();
                write_float(&mut out, value);
                out
            }
            Self::Int(value) => value.to_string(),
            Self::Other(text) | Self::Text(text) => text,
        }
    }
}

/// Returns a member of the object that a text holds; none when it is missing, null, or the text
/// is something else.
pub(crate) fn member(json: &str, key: &str) -> Option<Picked> {
    whole(json, Member(key))
}

/// Returns an element of the array that a text holds.
pub(crate) fn element(json: &str, index: usize) -> Option<Picked> {
    whole(json, Element(index))
}

fn whole<S>(json: &str, seed: S) -> Option<Picked>
where
    S: for<'de> DeserializeSeed<'de, Value = Option<Picked>>,
{
    let json = zeros::without_sign(json);
    let mut reader = serde_json::Deserializer::from_str(&json);
    let picked = seed.deserialize(&mut reader).ok()?;
    // Trailing text makes the whole invalid.
    reader.end().ok()?;
    picked
}

struct Member<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<Picked>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<Picked>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(same) = map.next_key_seed(Key(self.0))? {
            if same && found.is_none() {
                found = Some(map.next_value_seed(Pick)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found.flatten())
    }
}

/// Compares a key without keeping it.
struct Key<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

struct Element(usize);

impl<'de> DeserializeSeed<'de> for Element {
    type Value = Option<Picked>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Element {
    type Value = Option<Picked>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        for _ in 0..self.0 {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let found = seq.next_element_seed(Pick)?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found.flatten())
    }
}

/// Reads one value of any kind.
struct Pick;

impl<'de> DeserializeSeed<'de> for Pick {
    type Value = Option<Picked>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pick {
    type Value = Option<Picked>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Picked::Other(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(Picked::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(i64::try_from(value).map_or_else(
            |_| Picked::Other(value.to_string()),
            Picked::Int,
        )))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(Picked::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(Picked::Text(value.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut out = String::new();
        Compact(&mut out).visit_map(map)?;
        Ok(Some(Picked::Other(out)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let mut out = String::new();
        Compact(&mut out).visit_seq(seq)?;
        Ok(Some(Picked::Other(out)))
    }
}

/// Copies a value as compact JSON.
struct Compact<'o>(&'o mut String);

impl<'de> DeserializeSeed<'de> for Compact<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Compact<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push_str("null");
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push_str(&value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push_str(&value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        write_float(self.0, value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        write_text(self.0, value);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.push('{');
        let start = self.0.len();
        loop {
            let separator = self.0.len();
            if separator > start {
                self.0.push(',');
            }
            if map.next_key_seed(Compact(&mut *self.0))?.is_none() {
                self.0.truncate(separator);
                break;
            }
            self.0.push(':');
            map.next_value_seed(Compact(&mut *self.0))?;
        }
        self.0.push('}');
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.push('[');
        let start = self.0.len();
        loop {
            let separator = self.0.len();
            if separator > start {
                self.0.push(',');
            }
            if seq.next_element_seed(Compact(&mut *self.0))?.is_none() {
                self.0.truncate(separator);
                break;
            }
        }
        self.0.push(']');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_keys_counts_and_bad_text_has_no_members() {
        assert_eq!(member(r#"{"a":1,"a":2}"#, "a"), Some(Picked::Int(1)));
        for bad in [
            "",
            "asdad",
            r#"["asdad"]"#,
            r#"{"a":1"#,
            r#"{"a":1} x"#,
            r#"{"a":01}"#,
        ] {
            assert_eq!(member(bad, "a"), None, "{bad}");
        }
    }

    #[test]
    fn nested_values_come_out_compact_and_in_order() {
        let json = r#" {"x": {"b": [1, 2.50, "q\n", null, true], "a": {}} } "#;
        let picked = member(json, "x").map(Picked::into_text);
        assert_eq!(
            picked.as_deref(),
            Some(r#"{"b":[1,2.5,"q\n",null,true],"a":{}}"#)
        );
    }

    #[test]
    fn zero_with_a_sign_is_whole_unless_it_has_a_point_or_an_exponent() {
        let json = r#"{"a":-0,"b":-0.0,"c":[-0,-0e0,{"d": -0 },"[-0]"]}"#;
        assert_eq!(member(json, "a"), Some(Picked::Int(0)));
        let text = |key| member(json, key).map(Picked::into_text);
        assert_eq!(text("b").as_deref(), Some("-0.0"));
        assert_eq!(text("c").as_deref(), Some(r#"[0,-0.0,{"d":0},"[-0]"]"#));
        assert_eq!(member(r#"{"a":1 -0}"#, "a"), None);
    }

    #[test]
    fn deep_nesting_is_refused_without_harm() {
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(member(&deep, "a"), None);
    }
}
