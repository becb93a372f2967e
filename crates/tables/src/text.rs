//! Joins text columns into one compact column.
//!
//! Each distinct value is stored once and rows refer to it by a key of one, two or four bytes,
//! unless values repeat so little that plain text is smaller. A joined column has no values that
//! no row uses.

use crate::TableError;
use arrow::array::types::{ArrowDictionaryKeyType, UInt8Type, UInt16Type, UInt32Type};
use arrow::array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, DictionaryArray,
    PrimitiveArray, StringArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, DataType};
use arrow::error::ArrowError;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::sync::Arc;

/// Returns true for text, in whatever form it is stored.
pub(crate) fn is_text(column: &ArrayRef) -> bool {
    matches!(
        column.data_type(),
        DataType::Utf8 | DataType::Dictionary(..)
    )
}

/// Joins text columns, in order, in the smaller of the two forms.
pub(crate) fn unify(parts: &[ArrayRef]) -> Result<ArrayRef, TableError> {
    let mut distinct = Distinct::default();
    let rows = parts.iter().map(|part| part.len()).sum();
    let mut keys = Vec::with_capacity(rows);
    for part in parts {
        append(part, &mut distinct, &mut keys)?;
    }
    distinct.finish(keys)
}

fn append<'a>(
    part: &'a ArrayRef,
    distinct: &mut Distinct<'a>,
    keys: &mut Vec<u32>,
) -> Result<(), TableError> {
    match part.data_type() {
        DataType::Utf8 => {
            let text: &StringArray = part.as_string();
            keys.extend((0..text.len()).map(|row| distinct.key_of(text.value(row))));
            Ok(())
        }
        DataType::Dictionary(key_type, _) => match key_type.as_ref() {
            DataType::UInt8 => append_dictionary::<UInt8Type>(part, distinct, keys),
            DataType::UInt16 => append_dictionary::<UInt16Type>(part, distinct, keys),
            _ => append_dictionary::<UInt32Type>(part, distinct, keys),
        },
        other => Err(ArrowError::CastError(format!("`{other}` is not a text column")).into()),
    }
}

fn append_dictionary<'a, K: ArrowDictionaryKeyType>(
    part: &'a ArrayRef,
    distinct: &mut Distinct<'a>,
    keys: &mut Vec<u32>,
) -> Result<(), TableError> {
    let mismatch = || ArrowError::CastError(format!("unexpected column `{}`", part.data_type()));
    let dictionary = part.as_dictionary_opt::<K>().ok_or_else(mismatch)?;
    let values: &StringArray = dictionary.values().as_string_opt().ok_or_else(mismatch)?;
    // Old key to new key; values that no row uses never get one.
    let mut new_keys: Vec<Option<u32>> = vec![None; values.len()];
    for key in dictionary.keys().values() {
        let old = key.as_usize();
        let new = match new_keys[old] {
            Some(new) => new,
            None => *new_keys[old].insert(distinct.key_of(values.value(old))),
        };
        keys.push(new);
    }
    Ok(())
}

/// The distinct values seen so far; the position of a value is its key.
#[derive(Default)]
struct Distinct<'a> {
    values: Vec<&'a str>,
    bytes: usize,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<'a> Distinct<'a> {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a chunk holds under 2^32 rows"
    )]
    fn key_of(&mut self, value: &'a str) -> u32 {
        let Self {
            values,
            bytes,
            index,
            hasher,
        } = self;
        let hash = hasher.hash_one(value);
        if let Some(&key) = index.find(hash, |&key| values[key as usize] == value) {
            return key;
        }
        let key = values.len() as u32;
        values.push(value);
        *bytes += value.len();
        index.insert_unique(hash, key, |&key| hasher.hash_one(values[key as usize]));
        key
    }

    fn finish(self, keys: Vec<u32>) -> Result<ArrayRef, TableError> {
        let distinct = self.values.len();
        let key_bytes = match distinct {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let plain_bytes: usize = keys
            .iter()
            .map(|&key| self.values[key as usize].len())
            .sum();
        let plain_bytes = plain_bytes + (keys.len() + 1) * OFFSET_BYTES;
        let shared_bytes = self.bytes + (distinct + 1) * OFFSET_BYTES + keys.len() * key_bytes;
        if plain_bytes <= shared_bytes {
            let rows = keys.iter().map(|&key| self.values[key as usize]);
            return Ok(Arc::new(text_of(rows, keys.len(), plain_bytes)?));
        }
        let values = Arc::new(text_of(self.values.iter().copied(), distinct, self.bytes)?);
        match key_bytes {
            1 => dictionary_of::<UInt8Type>(&keys, values),
            2 => dictionary_of::<UInt16Type>(&keys, values),
            _ => dictionary_of::<UInt32Type>(&keys, values),
        }
    }
}

fn text_of<'a>(
    values: impl Iterator<Item = &'a str>,
    len: usize,
    bytes: usize,
) -> Result<StringArray, TableError> {
    let mut text = Vec::with_capacity(bytes);
    let mut offsets = Vec::with_capacity(len + 1);
    offsets.push(0_i32);
    for value in values {
        text.extend_from_slice(value.as_bytes());
        let end =
            i32::try_from(text.len()).map_err(|_| ArrowError::OffsetOverflowError(text.len()))?;
        offsets.push(end);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(StringArray::try_new(offsets, Buffer::from_vec(text), None)?)
}

fn dictionary_of<K: ArrowDictionaryKeyType>(
    keys: &[u32],
    values: Arc<StringArray>,
) -> Result<ArrayRef, TableError> {
    let native = |key: u32| {
        <K as ArrowPrimitiveType>::Native::from_usize(key as usize)
            .unwrap_or(<K as ArrowPrimitiveType>::Native::MAX_TOTAL_ORDER)
    };
    let keys = PrimitiveArray::<K>::from_iter_values(keys.iter().map(|&key| native(key)));
    Ok(Arc::new(DictionaryArray::try_new(keys, values)?))
}

const OFFSET_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::UInt32Array;
    use arrow::compute::cast;

    fn dictionary(values: Vec<&str>, keys: Vec<u32>) -> ArrayRef {
        let values = Arc::new(StringArray::from(values));
        Arc::new(DictionaryArray::try_new(UInt32Array::from(keys), values).unwrap())
    }

    fn texts(column: &ArrayRef) -> Vec<String> {
        let plain = cast(column, &DataType::Utf8).unwrap();
        plain
            .as_string::<i32>()
            .iter()
            .map(|value| value.unwrap().to_owned())
            .collect()
    }

    #[test]
    fn dictionaries_and_plain_text_join_without_unused_values() {
        let parts = [
            dictionary(vec!["unused", "alpha", "beta"], vec![1, 2, 1, 1]),
            Arc::new(StringArray::from(vec!["beta", "gamma", "gamma"])) as ArrayRef,
            dictionary(vec!["gamma", "alpha"], vec![0, 1]),
        ];
        let joined = unify(&parts).unwrap();
        let expected = [
            "alpha", "beta", "alpha", "alpha", "beta", "gamma", "gamma", "gamma", "alpha",
        ];
        assert_eq!(texts(&joined), expected);
        let shared = joined.as_dictionary::<UInt8Type>();
        assert_eq!(texts(shared.values()), ["alpha", "beta", "gamma"]);
    }

    #[test]
    fn text_that_does_not_repeat_is_stored_plainly() {
        let values: Vec<String> = (0..500).map(|value| format!("body {value}")).collect();
        let column: ArrayRef = Arc::new(StringArray::from(values.clone()));
        let joined = unify(&[column]).unwrap();
        assert_eq!(joined.data_type(), &DataType::Utf8);
        assert_eq!(texts(&joined), values);
    }

    #[test]
    fn keys_are_as_wide_as_the_number_of_values_needs() {
        for (distinct, width) in [
            (256, DataType::UInt8),
            (257, DataType::UInt16),
            (70_000, DataType::UInt32),
        ] {
            let values: Vec<String> = (0..distinct)
                .map(|value| format!("a long value {value}"))
                .collect();
            let rows: Vec<&str> = values.iter().chain(&values).map(String::as_str).collect();
            let joined = unify(&[Arc::new(StringArray::from(rows.clone())) as ArrayRef]).unwrap();
            let DataType::Dictionary(key, _) = joined.data_type() else {
                panic!("not shared")
            };
            assert_eq!(**key, width);
            assert_eq!(texts(&joined), rows);
        }
    }
}
