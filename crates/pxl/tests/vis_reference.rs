//! `docs/reference/vis.md` says what the kinds of displays are.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use nixie_pxl::vis::display_reference;
use std::fs;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/vis.md");

/// Before the generated part.
const MARK: &str = "## Displays\n";

#[test]
fn the_reference_of_displays_is_up_to_date() {
    let known = fs::read_to_string(PATH).expect("the page exists");
    let (head, _) = known.split_once(MARK).expect("the page has its mark");
    let page = format!("{head}{MARK}{}", display_reference());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PATH, &page).expect("the page can be written");
        return;
    }
    assert!(
        known == page,
        "`docs/reference/vis.md` is out of date; run `UPDATE=1 cargo test -p nixie-pxl`"
    );
}
