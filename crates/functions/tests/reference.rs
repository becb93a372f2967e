//! The reference pages say what the registry says.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use nixie_functions::{Registry, render, render_tables};
use nixie_metadata::Metadata;
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn check(name: &str, render: fn(&Registry) -> String) {
    let metadata = Metadata::new("host".to_owned(), 0);
    let page = render(&Registry::new(Arc::new(metadata)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let path = folder.join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, page).expect("the page can be written");
        return;
    }
    let known = fs::read_to_string(&path).expect("the page exists");
    assert!(
        known == page,
        "`docs/reference/{name}` is out of date; run `UPDATE=1 cargo test -p nixie-functions`"
    );
}

#[test]
fn the_reference_of_functions_is_up_to_date() {
    check("functions.md", render);
}

#[test]
fn the_reference_of_table_functions_is_up_to_date() {
    check("table-functions.md", render_tables);
}
