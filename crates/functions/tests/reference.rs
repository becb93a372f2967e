//! The reference page says what the registry says.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use nixie_functions::{Registry, render};
use nixie_metadata::Metadata;
use std::fs;
use std::path::Path;
use std::sync::Arc;

#[test]
fn the_reference_is_up_to_date() {
    let page = render(&Registry::new(Arc::new(Metadata::new(
        "host".to_owned(),
        0,
    ))));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/functions.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, page).expect("the page can be written");
        return;
    }
    let known = fs::read_to_string(&path).expect("the page exists");
    assert!(
        known == page,
        "`docs/reference/functions.md` is out of date; run `UPDATE=1 cargo test -p nixie-functions`"
    );
}
