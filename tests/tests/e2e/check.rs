//! Compares rows with what clients saw.

use nixie_e2e::{Answer, PORT, Row};
use std::collections::BTreeMap;

/// The agent's times are taken at the end of each call. A client on another CPU can have the
/// answer in hand before the server's call has returned.
pub(crate) const CALL_END_NS: i64 = 5_000_000;

const ROLE_SERVER: i64 = 2;

/// Asserts that there is exactly one row for each answer, and that it tells the truth.
pub(crate) fn rows_tell_of(answers: &[Answer], rows: &[Row]) {
    let mut by_path: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in rows {
        let twice = by_path.insert(row.text("req_path"), row);
        assert!(twice.is_none(), "twice: {row:?}");
    }
    for answer in answers {
        let row = by_path.get(answer.path.as_str());
        row_tells_of(
            answer,
            row.unwrap_or_else(|| panic!("no row for {answer:?}")),
        );
    }
    assert_eq!(
        rows.len(),
        answers.len(),
        "rows of requests that nobody made"
    );
}

/// Asserts that a row, of the server at [`PORT`], tells what the client saw.
fn row_tells_of(answer: &Answer, row: &Row) {
    assert_eq!(row.text("req_method"), "GET", "{row:?}");
    assert_eq!(row.number("resp_status"), answer.status, "{row:?}");
    assert_eq!(row.text("resp_body"), answer.body, "{row:?}");
    assert_eq!(
        row.number("resp_body_size"),
        i64::try_from(answer.body.len()).unwrap(),
        "{row:?}"
    );
    let marker = format!("of {}", answer.path);
    assert!(row.text("req_headers").contains(&marker), "{row:?}");
    assert!(row.text("resp_headers").contains("text/plain"), "{row:?}");
    assert_eq!(row.number("trace_role"), ROLE_SERVER, "{row:?}");
    assert_eq!(row.text("remote_addr"), "127.0.0.1", "{row:?}");
    assert_eq!(row.number("remote_port"), answer.port, "{row:?}");
    assert_eq!(row.text("local_addr"), "127.0.0.1", "{row:?}");
    assert_eq!(row.number("local_port"), i64::from(PORT), "{row:?}");
    let latency_ns = row.number("latency");
    let latency_ns_max = answer.latency_ns + CALL_END_NS;
    assert!(
        latency_ns > 0 && latency_ns <= latency_ns_max,
        "{latency_ns} ns, {answer:?}"
    );
}

/// Returns a path that no other number has, and that no table can hold in less than its length.
pub(crate) fn long_path(number: usize) -> String {
    let words = (number * 100..(number + 1) * 100).map(|word| word.wrapping_mul(0x9e37_79b9));
    let words: String = words
        .map(|word| format!("{:08x}", word & 0xffff_ffff))
        .collect();
    format!("/full/{number}/{words}")
}
