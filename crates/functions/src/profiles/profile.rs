//! A profile: how often each stack was seen, as `perftools.profiles.Profile`.

use crate::profiles::protobuf::{Field, Reader, write_bytes, write_number, write_numbers};
use std::collections::{BTreeMap, HashMap};

const NANOS_PER_MILLI: i64 = 1_000_000;

/// Numbers of the fields of `Profile` and the messages in it.
mod field {
    pub(super) const SAMPLE_TYPE: u64 = 1;
    pub(super) const SAMPLE: u64 = 2;
    pub(super) const LOCATION: u64 = 4;
    pub(super) const FUNCTION: u64 = 5;
    pub(super) const STRING_TABLE: u64 = 6;
    pub(super) const PERIOD_TYPE: u64 = 11;
    pub(super) const PERIOD: u64 = 12;

    pub(super) const TYPE: u64 = 1;
    pub(super) const UNIT: u64 = 2;
    pub(super) const LOCATION_ID: u64 = 1;
    pub(super) const VALUE: u64 = 2;
    pub(super) const ID: u64 = 1;
    pub(super) const NAME: u64 = 2;
    pub(super) const LINE: u64 = 4;
    pub(super) const FUNCTION_ID: u64 = 1;
}

/// What every table of texts starts with.
const UNITS: [&str; 5] = ["", "samples", "count", "cpu", "nanoseconds"];

/// How far apart in time samples were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Period {
    /// There are no samples yet.
    #[default]
    Unknown,
    /// All samples were taken that many milliseconds apart.
    Millis(i64),
    /// Not all are the same, so that samples cannot be turned into time.
    Mixed,
}

impl Period {
    const fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, period) | (period, Self::Unknown) => period,
            (Self::Millis(a), Self::Millis(b)) if a == b => self,
            _ => Self::Mixed,
        }
    }
}

/// Stacks, outermost symbol first with `;` between, and how often each was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) period: Period,
    pub(super) counts: BTreeMap<String, u64>,
}

impl Profile {
    /// Adds samples of a stack, and returns by how many bytes the profile has grown.
    pub(super) fn add(&mut self, stack: &str, count: u64, period: Period) -> usize {
        self.period = self.period.with(period);
        match self.counts.get_mut(stack) {
            Some(known) => {
                *known = known.saturating_add(count);
                0
            }
            None => {
                self.counts.insert(stack.to_owned(), count);
                entry_bytes(stack)
            }
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.counts.keys().map(|stack| entry_bytes(stack)).sum()
    }

    /// Appends the profile to `out`. That of mixed periods has a negative one.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let period = match self.period {
            Period::Unknown => 0,
            Period::Millis(millis) => millis.saturating_mul(NANOS_PER_MILLI),
            Period::Mixed => -1,
        };
        write_bytes(out, field::SAMPLE_TYPE, &value_type(1, 2));
        write_bytes(out, field::SAMPLE_TYPE, &value_type(3, 4));
        let mut symbols: HashMap<&str, i64> = HashMap::new();
        let mut names = Vec::new();
        for (stack, &count) in &self.counts {
            let ids: Vec<_> = stack
                .split(';')
                .map(|symbol| {
                    *symbols.entry(symbol).or_insert_with(|| {
                        names.push(symbol);
                        number(names.len())
                    })
                })
                .collect();
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let values = [count, count.saturating_mul(period)];
            let mut sample = Vec::new();
            write_numbers(&mut sample, field::LOCATION_ID, ids.into_iter().rev());
            write_numbers(&mut sample, field::VALUE, values.into_iter());
            write_bytes(out, field::SAMPLE, &sample);
        }
        // Each symbol has a location and a function of the same number.
        for id in 1..=number(names.len()) {
            let (mut line, mut location) = (Vec::new(), Vec::new());
            write_number(&mut line, field::FUNCTION_ID, id);
            write_number(&mut location, field::ID, id);
            write_bytes(&mut location, field::LINE, &line);
            write_bytes(out, field::LOCATION, &location);
        }
        for id in 1..=number(names.len()) {
            let mut function = Vec::new();
            write_number(&mut function, field::ID, id);
            write_number(&mut function, field::NAME, number(UNITS.len()) + id - 1);
            write_bytes(out, field::FUNCTION, &function);
        }
        for text in UNITS.into_iter().chain(names) {
            write_bytes(out, field::STRING_TABLE, text.as_bytes());
        }
        write_bytes(out, field::PERIOD_TYPE, &value_type(3, 4));
        write_number(out, field::PERIOD, period);
    }

    /// Reads what [`Profile::encode`] wrote; none if it is damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut parts = Parts::default();
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            parts.take(reader.field()?)?;
        }
        let period = match parts.period {
            ..0 => Period::Mixed,
            0 if parts.samples.is_empty() => Period::Unknown,
            nanos => Period::Millis(nanos / NANOS_PER_MILLI),
        };
        let mut profile = Self {
            period,
            ..Self::default()
        };
        for (locations, count) in &parts.samples {
            let mut symbols = Vec::with_capacity(locations.len());
            for location in locations.iter().rev() {
                let function = parts.functions_by_location.get(location)?;
                let name = usize::try_from(*parts.names_by_function.get(function)?).ok()?;
                symbols.push(*parts.texts.get(name)?);
            }
            let count = u64::try_from(*count).ok()?;
            profile.add(&symbols.join(";"), count, Period::Unknown);
        }
        Some(profile)
    }
}

/// The messages of an encoded profile.
#[derive(Default)]
struct Parts<'a> {
    samples: Vec<(Vec<i64>, i64)>,
    functions_by_location: HashMap<i64, i64>,
    names_by_function: HashMap<i64, i64>,
    texts: Vec<&'a str>,
    period: i64,
}

impl<'a> Parts<'a> {
    fn take(&mut self, field: (u64, Field<'a>)) -> Option<()> {
        match field {
            (field::SAMPLE, Field::Bytes(bytes)) => {
                let locations = numbers(last_bytes(bytes, field::LOCATION_ID)?)?;
                let values = numbers(last_bytes(bytes, field::VALUE)?)?;
                self.samples.push((locations, *values.first()?));
            }
            (field::LOCATION, Field::Bytes(bytes)) => {
                let line = last_bytes(bytes, field::LINE)?;
                let function = last_number(line, field::FUNCTION_ID)?;
                let id = last_number(bytes, field::ID)?;
                self.functions_by_location.insert(id, function);
            }
            (field::FUNCTION, Field::Bytes(bytes)) => {
                let id = last_number(bytes, field::ID)?;
                let name = last_number(bytes, field::NAME)?;
                self.names_by_function.insert(id, name);
            }
            (field::STRING_TABLE, Field::Bytes(bytes)) => {
                self.texts.push(str::from_utf8(bytes).ok()?);
            }
            (field::PERIOD, Field::Number(period)) => self.period = period,
            _ => {}
        }
        Some(())
    }
}

fn last(message: &[u8], wanted: u64) -> Option<Field<'_>> {
    let mut found = None;
    let mut reader = Reader::new(message);
    while !reader.is_empty() {
        let (number, field) = reader.field()?;
        if number == wanted {
            found = Some(field);
        }
    }
    found
}

fn last_bytes(message: &[u8], wanted: u64) -> Option<&[u8]> {
    match last(message, wanted)? {
        Field::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn last_number(message: &[u8], wanted: u64) -> Option<i64> {
    match last(message, wanted)? {
        Field::Number(number) => Some(number),
        _ => None,
    }
}

fn numbers(packed: &[u8]) -> Option<Vec<i64>> {
    let mut reader = Reader::new(packed);
    let mut numbers = Vec::new();
    while !reader.is_empty() {
        numbers.push(reader.number()?);
    }
    Some(numbers)
}

fn value_type(kind: i64, unit: i64) -> Vec<u8> {
    let mut message = Vec::new();
    write_number(&mut message, field::TYPE, kind);
    write_number(&mut message, field::UNIT, unit);
    message
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Bytes that a stack takes, about: nodes of the tree are not always full.
const fn entry_bytes(stack: &str) -> usize {
    stack.len() + size_of::<(String, u64)>() * 3 / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        let mut profile = Profile::default();
        for (stack, count) in [("main;a;b", 3), ("main;a", 1), ("", 2), ("r;r;r", 5)] {
            profile.add(stack, count, Period::Millis(11));
        }
        let mut bytes = Vec::new();
        profile.encode(&mut bytes);
        assert_eq!(Profile::decode(&bytes), Some(profile));
        for length in 1..bytes.len() {
            // A cut is damage, or loses what follows: it never panics.
            let _cut = Profile::decode(&bytes[..length]);
        }
        assert_eq!(Profile::decode(b"nonsense"), None);
    }

    #[test]
    fn periods_mix() {
        let (a, b) = (Period::Millis(1), Period::Millis(2));
        assert_eq!(Period::Unknown.with(a), a);
        assert_eq!(a.with(Period::Unknown), a);
        assert_eq!(a.with(a), a);
        assert_eq!(a.with(b), Period::Mixed);
        assert_eq!(Period::Mixed.with(a), Period::Mixed);
        let mut bytes = Vec::new();
        Profile::default().encode(&mut bytes);
        assert_eq!(Profile::decode(&bytes), Some(Profile::default()));
    }

    #[test]
    fn long_periods_do_not_overflow() {
        let mut profile = Profile::default();
        profile.add("a", u64::MAX, Period::Millis(5000));
        let mut bytes = Vec::new();
        profile.encode(&mut bytes);
        let decoded = Profile::decode(&bytes).unwrap();
        assert_eq!(decoded.period, Period::Millis(5000));
        assert_eq!(decoded.counts["a"], i64::MAX.cast_unsigned());
    }
}
