//! `pprof`

use crate::aggregates::{AggregateOverload, Sketch, udaf};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::profiles::profile::{Period, Profile};
use crate::semantics::Semantics;
use crate::value::{Int, Str};
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::AggregateUDF;
use nixie_types::DataType;
use nixie_types::table::{LATIN_1, TEXT_ENCODING_KEY};
use std::sync::{Arc, LazyLock};

/// `pprof`
pub(crate) const PPROF: Function = Function {
    name: "pprof",
    family: Family::Profiles,
    doc: "Returns a profile in the format of pprof (`perftools.profiles.Profile`): how often each \
          stack was seen, and the time on the CPU that this stands for. A stack is its symbols with \
          `;` between them, outermost first. The bytes of the profile are the characters of the \
          text, by their number (Latin-1). Rows of different sampling periods give a text that says \
          so.",
    example: Example {
        args: &[
            Datum::Text("a;b"),
            Datum::Int(2),
            Datum::Int(1),
            Datum::Text("a;b"),
            Datum::Int(1),
            Datum::Int(1),
        ],
        result: Datum::Text(EXAMPLE),
    },
    semantics: Semantics::None,
    body: Body::Aggregate(&[AggregateOverload::own(
        &["stack_trace", "count", "period_ms"],
        &[DataType::String, DataType::Int64, DataType::Int64],
        DataType::String,
        || Arc::clone(&UDAF),
    )]),
};

const EXAMPLE: &str = "\x0a\x04\x08\x01\x10\x02\x0a\x04\x08\x03\x10\x04\x12\x0b\x0a\x02\x02\x01\x12\x05\x03\
    \u{c0}\u{8d}\u{b7}\x01\"\x06\x08\x01\"\x02\x08\x01\"\x06\x08\x02\"\x02\x08\x02*\x04\x08\
    \x01\x10\x05*\x04\x08\x02\x10\x062\x002\x07samples2\x05count2\x03cpu2\x0bnanoseconds2\
    \x01a2\x01bZ\x04\x08\x03\x10\x04`\u{c0}\u{84}=";

static UDAF: LazyLock<Arc<AggregateUDF>> = LazyLock::new(udaf::<Stacks>);

/// State: the profile, encoded.
#[derive(Debug, Default)]
struct Stacks {
    profile: Profile,
}

impl Sketch for Stacks {
    type Row = (Str, Int, Int);

    const NAME: &'static str = "px_pprof";

    const METADATA: &'static [(&'static str, &'static str)] = &[(TEXT_ENCODING_KEY, LATIN_1)];

    fn add(&mut self, (stack, count, period_ms): (&str, i64, i64)) -> usize {
        let count = u64::try_from(count).unwrap_or_default();
        self.profile.add(stack, count, Period::Millis(period_ms))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.profile.encode(out);
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        let other = Profile::decode(state).ok_or_else(|| {
            exec_datafusion_err!("Could not parse input string into a pprof proto.")
        })?;
        for (stack, count) in &other.counts {
            self.profile.add(stack, *count, other.period);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<String> {
        if self.profile.period == Period::Mixed {
            return Ok(
                "Protobuf `SerializeToString` failed, multiple profiling periods found.".to_owned(),
            );
        }
        let mut bytes = Vec::new();
        self.profile.encode(&mut bytes);
        Ok(bytes.into_iter().map(char::from).collect())
    }

    fn heap_bytes(&self) -> usize {
        self.profile.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn stacks(rows: &[(&str, i64)], period_ms: i64) -> Stacks {
        let mut stacks = Stacks::default();
        for (stack, count) in rows {
            stacks.add((stack, *count, period_ms));
        }
        stacks
    }

    /// Reads a result like a client does.
    fn histogram(text: &str) -> Option<BTreeMap<String, u64>> {
        let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        Some(Profile::decode(&bytes.ok()?)?.counts)
    }

    fn counts(pairs: &[(&str, u64)]) -> Option<BTreeMap<String, u64>> {
        let pair = |(stack, count): &(&str, u64)| ((*stack).to_owned(), *count);
        Some(pairs.iter().map(pair).collect())
    }

    fn state(stacks: &Stacks) -> Vec<u8> {
        let mut state = Vec::new();
        stacks.encode(&mut state);
        state
    }

    #[test]
    fn rows_of_a_stack_add_up() {
        let mut whole = stacks(
            &[
                ("foo;bar;baz", 1),
                ("foo;bar;baz", 2),
                ("foo;bar;qux", 3),
                ("foo;bar", 4),
                ("foo;bar", 5),
                ("main;compute;map;reduce", 6),
                ("main;compute;map;reduce", 7),
                ("main;compute;map;reduce", 8),
            ],
            11,
        );
        let want = counts(&[
            ("foo;bar;baz", 3),
            ("foo;bar;qux", 3),
            ("foo;bar", 9),
            ("main;compute;map;reduce", 21),
        ]);
        assert_eq!(histogram(&whole.finish().unwrap()), want);
    }

    #[test]
    fn partial_profiles_merge() {
        let mut merged = Stacks::default();
        let (baz, qux, reduce) = ("foo;bar;baz", "foo;bar;qux", "main;compute;map;reduce");
        for rows in [
            &[(baz, 1), (qux, 2), (reduce, 3)][..],
            &[
                (baz, 5),
                (baz, 5),
                (qux, 10),
                (qux, 10),
                (reduce, 15),
                (reduce, 15),
            ],
            &[],
        ] {
            merged.merge(&state(&stacks(rows, 11))).unwrap();
        }
        let want = counts(&[(baz, 11), (qux, 22), (reduce, 33)]);
        assert_eq!(histogram(&merged.finish().unwrap()), want);
    }

    #[test]
    fn mixed_periods_are_no_profile() {
        let mut mixed = stacks(&[("a", 1)], 11);
        mixed.add(("a", 1, 12));
        let mut merged = stacks(&[("a", 1)], 11);
        merged.merge(&state(&mixed)).unwrap();
        for stacks in [&mut mixed, &mut merged] {
            let text = stacks.finish().unwrap();
            assert!(text.contains("multiple profiling periods"), "{text}");
            assert_eq!(histogram(&text), None);
        }
    }

    #[test]
    fn damage_is_refused() {
        let error = Stacks::default().merge(b"nonsense").unwrap_err();
        assert!(error.to_string().contains("Could not parse"), "{error}");
    }
}
