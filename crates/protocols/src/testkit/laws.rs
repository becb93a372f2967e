//! What must hold for every protocol, on every vector: shared by tests and fuzzing.

use super::wire::{Outcome, Step, Wire};
use super::{ALL, render};
use crate::{Found, Guess, Limits, Protocol, Side};
use std::sync::Arc;

/// Law: any split of the chunks gives the same records, with the same times, and the same verdict.
///
/// `cuts` gives the sizes of the pieces, over and over.
///
/// Both sides are drained at the same moments: records that wait to be drained have a limit
/// ([`Limits::records_bytes_max`]), so who drains in the middle of a chunk may lose less. That is the
/// only exception. The order of bytes of one direction, gaps and ticks between the bytes of the other
/// is no cut: it changes what a request may be paired with.
///
/// # Panics
///
/// When it does not hold.
pub fn rechunking_changes_nothing(wire: &Wire, cuts: &[usize], limits: &Arc<Limits>) {
    let mut whole = wire.run(limits, &ALL);
    let mut pieces = wire.run_cut(limits, &ALL, cuts);
    let name = &wire.name;
    assert_eq!(
        render::rows(&mut whole, true),
        render::rows(&mut pieces, true),
        "rows of vector `{name}` cut by {cuts:?}"
    );
    assert_eq!(
        (whole.verdict, whole.role),
        (pieces.verdict, pieces.role),
        "verdict and role of vector `{name}` cut by {cuts:?}"
    );
    for (whole, pieces) in whole.counters.iter().zip(pieces.counters.iter()) {
        // Of the chunk that ends a conversation the rest is not looked at, nor counted.
        if whole.0 != "bytes_given_up" {
            assert_eq!(whole, pieces, "counters of vector `{name}` cut by {cuts:?}");
        }
    }
}

/// Law: what a detector has decided, more bytes do not change, and a message start is the same
/// however much of what follows is there. The driver looks for the first byte that decides by
/// bisection, and forgets what cannot be a start.
///
/// # Panics
///
/// When it does not hold.
pub fn decisions_are_final(protocol: &Protocol, bytes: &[u8]) {
    let name = protocol.name;
    let mut decided = Guess::NeedMore;
    let mut starts = [(Side::Request, None), (Side::Response, None)];
    let mut kept = [(0, 0); 2];
    for end in 1..=bytes.len() {
        let seen = &bytes[..end];
        let guess = (protocol.detect)(seen);
        assert!(
            decided == Guess::NeedMore || guess == decided,
            "`{name}`: {decided:?} becomes {guess:?} at {}",
            seen.escape_ascii()
        );
        decided = guess;
        for ((side, start), (from, scanned)) in starts.iter_mut().zip(&mut kept) {
            let found = (protocol.resync)(*side, seen, 0);
            if let Some(start) = *start {
                assert_eq!(
                    found,
                    Found::At(start),
                    "`{name}` {side:?} at {}",
                    seen.escape_ascii()
                );
                continue;
            }
            match (protocol.resync)(*side, &seen[*from..], *scanned) {
                Found::At(offset) => *start = Some(*from + offset),
                Found::Nowhere { keep } => (*from, *scanned) = (end - keep, keep),
            }
            let whole = if let Found::At(offset) = found {
                Some(offset)
            } else {
                None
            };
            assert_eq!(
                whole,
                *start,
                "`{name}` {side:?} at {}",
                seen.escape_ascii()
            );
        }
    }
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
///
/// ```text
/// KIND LEN [bytes]     KIND: bit 0 response; bits 1 to 3 gap, wait, close, or data; bit 7 of the
///                      first: mid-stream
/// ```
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
            7 => {
                steps.push(Step::Data(side, tail[..size].repeat(REPEATED)));
                rest = &tail[size..];
            }
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

/// Repeats that bring the longest chunk of a conversation over the limits of lines and heads.
const REPEATED: usize = 40;

const IDLE_NS: i64 = 5_000_000_000;
