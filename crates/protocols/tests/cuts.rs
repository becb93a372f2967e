//! Conversations in which it once mattered how the bytes were cut, each as small as it can be.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use nixie_protocols::Limits;
use nixie_protocols::testkit::laws;
use nixie_protocols::testkit::wire::Wire;
use std::sync::Arc;

/// The law for single bytes, pairs, and pieces of changing size.
fn holds(text: &str, limits: Limits) {
    let wire = Wire::parse("cut", text).unwrap();
    let limits = Arc::new(limits);
    for cuts in [&[1][..], &[2], &[3, 1, 7], &[19]] {
        laws::rechunking_changes_nothing(&wire, cuts, &limits);
    }
}

fn holds_usually(text: &str) {
    holds(text, Limits::default());
}

/// A settled connection, which the rest of a test goes on with.
const SETTLED: &str = "> \"GET / HTTP/1.1\\r\\n\\r\\n\"\n< \"HTTP/1.1 204 No\\r\\n\\r\\n\"\n";

#[test]
fn a_guess_is_taken_back_at_the_byte_that_contradicts_it() {
    // Five lines that cannot be responses, then one frame, in one chunk.
    let bytes = b"\xc6_\nA __\nQ ___\nQ \xffAH\n-__\nA __\nQ ___\nQ \xffAH\n H\0H";
    laws::rechunking_changes_nothing(&laws::conversation(bytes), &[1], &Arc::default());
}

#[test]
fn the_protocol_that_shows_first_is_tried() {
    holds_usually("> \"\\nQ a\\nGET / HTTP/1.1\\r\\n\\r\\n\"\n< \"A b\\n\"\nclose\n");
}

#[test]
fn half_a_request_line_is_no_request() {
    holds_usually(
        "> \"GET /old\\r\\nGET / HTTP/1.1\\r\\n\\r\\n\"\n< \"HTTP/1.1 204 No\\r\\n\\r\\n\"\n",
    );
}

#[test]
fn a_request_line_too_long_to_be_kept_is_not_found_again() {
    holds_usually(&format!(
        "{SETTLED}> \"\\x01GET /\"\n>+ \"a\" * 4200\n>+ \" HTTP/1.1\\r\\n\\r\\n\"\n\
         @ 2s\n< \"HTTP/1.1 204 No\\r\\n\\r\\n\"\n{SETTLED}"
    ));
}

#[test]
fn a_chunk_line_has_one_limit() {
    holds_usually(
        "> \"GET / HTTP/1.1\\r\\n\\r\\n\"\n\
         < \"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2;\"\n\
         <+ \"x\" * 5000\n<+ \"\\r\\nok\\r\\n0\\r\\n\\r\\n\"\n",
    );
}

#[test]
fn trailers_have_one_limit() {
    holds_usually(
        "> \"GET / HTTP/1.1\\r\\n\\r\\n\"\n\
         < \"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2\\r\\nok\\r\\n0\\r\\na:\"\n\
         <+ \"x\" * 8188\n<+ \"\\r\\n\\r\\n\"\n",
    );
}

#[test]
fn a_request_inside_the_body_of_a_refused_one_is_body() {
    holds_usually(
        "> \"POST /a HTTP/1.1\\r\\nExpect: 100-continue\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n\"\n\
         < \"HTTP/1.1 417 No\\r\\nContent-Length: 0\\r\\n\\r\\n\"\n\
         > \"15\\r\\nGET / HTTP/1.1\\r\\n\\r\\n123\\r\\n0\\r\\n\\r\\n\"\nclose\n",
    );
}

#[test]
fn a_request_behind_a_refused_one_has_one_limit() {
    holds_usually(
        "> \"POST /a HTTP/1.1\\r\\nExpect: 100-continue\\r\\nContent-Length: 9999\\r\\n\\r\\n\"\n\
         < \"HTTP/1.1 417 No\\r\\nContent-Length: 0\\r\\n\\r\\n\"\n\
         > \"GET /\"\n>+ \"a\" * 4200\n>+ \" HTTP/1.1\\r\\n\\r\\n\"\nclose\n",
    );
}

#[test]
fn a_start_that_turns_out_to_be_none_is_a_loss() {
    holds_usually(&format!(
        "{SETTLED}< \"\\x01HTTP/1.1 2\"\n> \"GET /b HTTP/1.1\\r\\n\\r\\n\"\n\
         < \"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\"\n@ 2s\n"
    ));
}

#[test]
fn a_time_out_contradicts_a_guess_at_once() {
    holds_usually(
        "> \"GET / HTTP/1.1\\r\\nA: \"\n>+ \"a\" * 20000\n@ 20s\n\
         < \"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\" * 3\n",
    );
}

#[test]
fn a_full_log_starts_over_between_chunks() {
    let turns = "> \"x\"\n< \"x\"\n".repeat(126);
    holds_usually(&format!(
        "mid-stream\n{turns}> \"x\"\n< \"yy HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\"\n"
    ));
}

#[test]
fn memory_that_waits_does_not_depend_on_the_cut() {
    let limits = Limits {
        records_bytes_max: 2048,
        ..Limits::default()
    };
    let request = "> \"POST /a HTTP/1.1\\r\\nContent-Length: 400\\r\\n\\r\\n\"\n>+ \"x\" * 400\n";
    let requests = request.repeat(4);
    holds(
        &format!(
            "{SETTLED}{requests}< \"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\" * 4\n"
        ),
        limits,
    );
}
