//! What must hold for every protocol, on every vector: shared by tests and fuzzing.

use super::wire::{Outcome, Step, Wire};
use super::{ALL, render};
use crate::{Guess, Limits, Protocol, Side};
use std::sync::Arc;

/// Law: any split of the chunks gives the same records and the same verdict.
///
/// `cuts` gives the sizes of the pieces, over and over.
///
/// # Panics
///
/// When it does not hold.
pub fn rechunking_changes_nothing(wire: &Wire, cuts: &[usize], limits: &Arc<Limits>) {
    let mut sizes = cuts.iter().map(|&size| size.max(1)).cycle();
    let mut steps = Vec::new();
    for step in &wire.steps {
        match step {
            Step::Data(side, data) => {
                let mut rest = &data[..];
                while !rest.is_empty() {
                    let size = sizes.next().unwrap_or(1).min(rest.len());
                    steps.push(Step::Data(*side, rest[..size].to_vec()));
                    rest = &rest[size..];
                }
            }
            other => steps.push(other.clone()),
        }
    }
    let mut whole = wire.run(limits, &ALL);
    let mut pieces = wire.with_steps(steps).run(limits, &ALL);
    assert_eq!(
        render::rows(&mut whole, false),
        render::rows(&mut pieces, false),
        "vector `{}` cut by {cuts:?}",
        wire.name
    );
    assert_eq!(
        whole.verdict, pieces.verdict,
        "vector `{}` cut by {cuts:?}",
        wire.name
    );
}

/// Law: limits hold whatever the bytes; nothing panics. Returns what came out.
///
/// # Panics
///
/// When it does not hold.
pub fn limits_hold(wire: &Wire, limits: &Arc<Limits>) -> Outcome {
    let mut outcome = wire.run(limits, &ALL);
    assert!(
        outcome.retained_bytes_max <= limits.retained_bytes_max(),
        "vector `{}` held {} bytes, limit {}",
        wire.name,
        outcome.retained_bytes_max,
        limits.retained_bytes_max()
    );
    let rows = render::rows(&mut outcome, true).len() as u64;
    assert_eq!(outcome.counters.records, rows, "vector `{}`", wire.name);
    outcome
}

/// Law: after a gap, later records are right.
///
/// The gap hides `len` bytes at `at` of a side; then `after` follows an idle time, twice. The
/// rows of its last round must be those of a connection without the gap. Returns false when the
/// conversation cannot be continued at all, gap or not.
///
/// # Panics
///
/// When it does not hold.
pub fn later_records_are_right_after_a_gap(
    wire: &Wire,
    after: &Wire,
    side: Side,
    at: usize,
    len: usize,
    limits: &Arc<Limits>,
) -> bool {
    let follow = |mut steps: Vec<Step>| {
        steps.retain(|step| *step != Step::Close);
        for _ in 0..2 {
            steps.push(Step::Wait(IDLE_NS));
            steps.extend(after.steps.iter().cloned());
        }
        steps.push(Step::Wait(IDLE_NS));
        wire.with_steps(steps)
    };
    let mut alone = wire.with_steps(after.steps.clone());
    alone.mid_stream = false;
    let expected = render::rows(&mut alone.run(limits, &ALL), false);
    let ends_right = |steps: Vec<Step>| {
        let rows = render::rows(&mut follow(steps).run(limits, &ALL), false);
        rows.len() >= expected.len() && rows[rows.len() - expected.len()..] == expected[..]
    };
    if expected.is_empty() || !ends_right(wire.steps.clone()) {
        return false;
    }
    assert!(
        ends_right(hide(&wire.steps, side, at, len)),
        "vector `{}` with a gap of {len} bytes at {at} of {side:?}",
        wire.name
    );
    true
}

/// Replaces bytes of a side by gaps.
#[must_use]
pub fn hide(steps: &[Step], side: Side, at: usize, len: usize) -> Vec<Step> {
    let (mut position, end) = (0, at + len);
    let mut out = Vec::new();
    for step in steps {
        let Step::Data(data_side, data) = step else {
            out.push(step.clone());
            continue;
        };
        if *data_side != side {
            out.push(step.clone());
            continue;
        }
        let from = at.saturating_sub(position).min(data.len());
        let to = end.saturating_sub(position).min(data.len());
        position += data.len();
        if from >= to {
            out.push(step.clone());
            continue;
        }
        if from > 0 {
            out.push(Step::Data(side, data[..from].to_vec()));
        }
        out.push(Step::Gap(side, (to - from) as u64));
        if to < data.len() {
            out.push(Step::Data(side, data[to..].to_vec()));
        }
    }
    out
}

/// Law: a vector is claimed by the detector of its protocol and by no other.
///
/// # Panics
///
/// When it does not hold.
pub fn only_its_own_detector_claims(wire: &Wire, owner: &Protocol) {
    let claims = |protocol: &Protocol| {
        [Side::Request, Side::Response].iter().any(|&side| {
            matches!(
                (protocol.detect)(&wire.head(side)),
                Guess::Request | Guess::Response
            )
        })
    };
    for protocol in *ALL {
        let may = !wire.foreign && std::ptr::eq(*protocol, owner);
        // In the middle of a stream a message may not start with the first byte.
        let must = may && !wire.mid_stream;
        let claimed = claims(protocol);
        assert!(
            !claimed || may,
            "`{}` claims vector `{}`",
            protocol.name,
            wire.name
        );
        assert!(
            claimed || !must,
            "`{}` does not claim vector `{}`",
            protocol.name,
            wire.name
        );
    }
}

/// Turns bytes into a conversation: what a fuzzer controls.
#[must_use]
pub fn conversation(bytes: &[u8]) -> Wire {
    let mut steps = Vec::new();
    let mut rest = bytes;
    while let [kind, len, tail @ ..] = rest {
        let side = if kind & 1 == 0 {
            Side::Request
        } else {
            Side::Response
        };
        let size = usize::from(*len).min(tail.len());
        rest = tail;
        match kind >> 1 & 7 {
            0 => steps.push(Step::Gap(side, u64::from(*len))),
            1 => steps.push(Step::Wait(i64::from(*len) * 100_000_000)),
            2 if *len == 0 => steps.push(Step::Close),
            _ => {
                steps.push(Step::Data(side, tail[..size].to_vec()));
                rest = &tail[size..];
            }
        }
    }
    Wire {
        name: "conversation".to_owned(),
        role: nixie_types::Role::Unknown,
        traced: nixie_types::Role::Server,
        mid_stream: bytes.first().is_some_and(|byte| byte & 0x80 != 0),
        foreign: false,
        steps,
    }
}

const IDLE_NS: i64 = 5_000_000_000;
