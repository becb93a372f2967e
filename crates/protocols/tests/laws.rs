//! The laws of every protocol in the registry, on its vectors and on what mutation makes of them.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use nixie_protocols::testkit::wire::{Step, Wire};
use nixie_protocols::testkit::{ALL, laws, vectors};
use nixie_protocols::{Limits, Protocol, Side, conn};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static VECTORS: LazyLock<Vec<(&'static Protocol, Wire)>> = LazyLock::new(|| {
    ALL.iter()
        .flat_map(|&protocol| {
            vectors(protocol)
                .into_iter()
                .map(move |wire| (protocol, wire))
        })
        .collect()
});

fn limits() -> Arc<Limits> {
    Arc::new(Limits::default())
}

fn small_limits() -> Arc<Limits> {
    Arc::new(Limits {
        buffer_bytes_max: 256,
        body_bytes_max: 32,
        records_bytes_max: 2048,
        ..Limits::default()
    })
}

fn idle(protocol: &Protocol) -> &'static Wire {
    let found = VECTORS
        .iter()
        .find(|(owner, wire)| std::ptr::eq(*owner, protocol) && wire.name == "idle");
    &found
        .unwrap_or_else(|| panic!("`{}` has no vector `idle`", protocol.name))
        .1
}

fn bytes_of(wire: &Wire, side: Side) -> usize {
    let len = |step: &Step| match step {
        Step::Data(data_side, data) if *data_side == side => data.len(),
        _ => 0,
    };
    wire.steps.iter().map(len).sum()
}

#[test]
fn detectors_claim_their_own_vectors_only() {
    for (owner, wire) in &*VECTORS {
        laws::only_its_own_detector_claims(wire, owner);
    }
}

#[test]
fn tables_start_with_the_shared_columns_and_have_unique_names() {
    let mut names = Vec::new();
    for protocol in *ALL {
        for table in protocol.tables {
            assert_eq!(
                table.columns[..conn::L8.len()],
                conn::L8,
                "`{}`",
                table.name
            );
            assert!(table.name.starts_with(protocol.name), "`{}`", table.name);
            assert!(
                !names.contains(&table.name),
                "`{}` is listed twice",
                table.name
            );
            names.push(table.name);
        }
    }
}

#[test]
fn what_is_decided_is_final() {
    for (_, wire) in &*VECTORS {
        for side in [Side::Request, Side::Response] {
            let head = wire.head(side);
            for protocol in *ALL {
                laws::decisions_are_final(protocol, &head[..head.len().min(HEAD_BYTES)]);
            }
        }
    }
}

#[test]
fn single_bytes_give_the_same_records() {
    for (_, wire) in &*VECTORS {
        laws::rechunking_changes_nothing(wire, &[1], &limits());
    }
}

#[test]
fn every_prefix_is_survived() {
    for (_, wire) in &*VECTORS {
        for end in 0..wire.steps.len() {
            laws::limits_hold(&wire.with_steps(wire.steps[..end].to_vec()), &limits());
            let mut closed = wire.steps[..end].to_vec();
            closed.push(Step::Close);
            laws::limits_hold(&wire.with_steps(closed), &small_limits());
        }
    }
}

#[test]
fn a_short_gap_anywhere_leaves_later_records_right() {
    let mut tried = 0;
    for (protocol, wire) in VECTORS.iter().filter(|(_, wire)| !wire.foreign) {
        for side in [Side::Request, Side::Response] {
            let len = bytes_of(wire, side);
            for at in (0..len).step_by((len / 25).max(1)) {
                for gap in [1, 9, 60] {
                    let right = laws::later_records_are_right_after_a_gap(
                        wire,
                        idle(protocol),
                        side,
                        at,
                        gap,
                        &limits(),
                    );
                    tried += usize::from(right);
                    if !right {
                        break;
                    }
                }
            }
        }
    }
    assert!(tried > 1000, "only {tried} gaps were tried");
}

/// As much of a direction as detection sees.
const HEAD_BYTES: usize = 4096;

fn any_vector() -> impl Strategy<Value = &'static (&'static Protocol, Wire)> {
    (0..VECTORS.len()).prop_map(|index| &VECTORS[index])
}

/// Parts of messages, whole and broken.
const FRAGMENTS: &[&[u8]] = &[
    b"GET /a HTTP/1.1\r\n",
    b"POST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    b"Host: a\r\n",
    b"\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n",
    b"2\r\nok\r\n0\r\n\r\n",
    b"Q \xffAH\n",
    b"A __\n",
    b"H",
    b"\0",
    b"\n",
];

/// Bytes that are made of [`FRAGMENTS`].
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(FRAGMENTS);
    prop::collection::vec(part, 1..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_rechunking_gives_the_same_records(
        (_, wire) in any_vector(),
        cuts in prop::collection::vec(1usize..2000, 1..8),
    ) {
        laws::rechunking_changes_nothing(wire, &cuts, &limits());
    }

    #[test]
    fn any_mutation_is_survived_within_limits(
        (_, wire) in any_vector(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        small in any::<bool>(),
        close in any::<bool>(),
    ) {
        let mut steps = wire.steps.clone();
        for (index, byte) in mutations {
            let step = index.index(steps.len());
            if let Step::Data(_, data) = &mut steps[step] {
                let at = index.index(data.len());
                data[at] = byte;
            }
        }
        if close {
            steps.push(Step::Close);
        }
        let limits = if small { small_limits() } else { limits() };
        laws::limits_hold(&wire.with_steps(steps), &limits);
    }

    #[test]
    fn any_gap_leaves_later_records_right(
        (protocol, wire) in any_vector(),
        request in any::<bool>(),
        at in any::<prop::sample::Index>(),
        len in 1usize..400,
    ) {
        let side = if request { Side::Request } else { Side::Response };
        let bytes = bytes_of(wire, side);
        if !wire.foreign && bytes > 0 {
            laws::later_records_are_right_after_a_gap(
                wire, idle(protocol), side, at.index(bytes), len, &limits(),
            );
        }
    }

    #[test]
    fn any_conversation_can_be_cut_anywhere(
        pieces in prop::collection::vec((any::<bool>(), fragments(), any::<bool>()), 1..20),
        cuts in prop::collection::vec(1usize..40, 1..5),
        mid_stream in any::<bool>(),
        small in any::<bool>(),
    ) {
        let mut wire = laws::conversation(&[]);
        wire.mid_stream = mid_stream;
        for (request, data, wait) in pieces {
            let side = if request { Side::Request } else { Side::Response };
            wire.steps.push(Step::Data(side, data));
            if wait {
                wire.steps.push(Step::Wait(1_000_000));
            }
        }
        let limits = if small { small_limits() } else { limits() };
        laws::rechunking_changes_nothing(&wire, &cuts, &limits);
    }

    #[test]
    fn any_fragments_are_decided_once(bytes in fragments()) {
        for protocol in *ALL {
            laws::decisions_are_final(protocol, &bytes);
        }
    }

    #[test]
    fn any_conversation_is_survived_within_limits(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let wire = laws::conversation(&bytes);
        laws::limits_hold(&wire, &small_limits());
    }
}
