//! What is missing from a result, as clients are told of it.

use nixie_api::{Completeness, Lost};

/// Returns the form of the wire.
pub(crate) fn told(completeness: nixie_query::Completeness) -> Completeness {
    let lost = completeness.lost.into_iter().map(|lost| Lost {
        reason: lost.reason,
        count: lost.count,
        bytes: lost.bytes,
    });
    Completeness {
        lost: lost.collect(),
        evicted_until_ns: completeness.evicted_until_ns,
        cut_at_rows: completeness.cut_at_rows,
    }
}
