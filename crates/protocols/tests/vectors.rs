//! Each vector gives the rows, verdict and counts of the `.rows` file beside it.
//!
//! `UPDATE=1 cargo test -p nixie-protocols --test vectors` rewrites those files: review them.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use nixie_protocols::Limits;
use nixie_protocols::testkit::{ALL, render, testdata, vectors};
use std::sync::Arc;

#[test]
fn vectors_give_their_expected_rows() {
    let limits = Arc::new(Limits::default());
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for protocol in *ALL {
        let vectors = vectors(protocol);
        assert!(
            !vectors.is_empty(),
            "protocol `{}` has no vectors",
            protocol.name
        );
        for wire in vectors {
            let seen = render::outcome(&mut wire.run(&limits, &ALL));
            let path = testdata(protocol).join(format!("{}.rows", wire.name));
            if update {
                std::fs::write(&path, &seen).unwrap();
            } else if std::fs::read_to_string(&path).unwrap_or_default() != seen {
                differing.push(format!("{}:\n{seen}", path.display()));
            }
        }
    }
    assert!(
        differing.is_empty(),
        "{} vectors differ; look at them, then rewrite with UPDATE=1:\n{}",
        differing.len(),
        differing.join("\n")
    );
}

#[test]
fn every_expected_result_has_its_vector() {
    for protocol in *ALL {
        for entry in std::fs::read_dir(testdata(protocol)).unwrap() {
            let path = entry.unwrap().path();
            let other = path.with_extension("wire");
            assert!(other.is_file(), "`{}` has no vector", path.display());
        }
    }
}
