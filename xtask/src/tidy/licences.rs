//! Licences and sources of what is built in, against `deny.toml`; needs no other tool.

use super::Tree;
use crate::{command, workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Complains about dependencies with other licences or from elsewhere.
pub(super) fn complaints(tree: &Tree) -> Result<Vec<String>> {
    let deny = tree
        .text_of("deny.toml")
        .context("`deny.toml` is missing")?;
    let host = host()?;
    // Only what this platform builds: the rest need not have been downloaded.
    let metadata = workspace::metadata(&["--locked", "--filter-platform", &host])?;
    check(&metadata, &allowed(deny))
}

fn host() -> Result<String> {
    let printed = command::output(Command::new("rustc").arg("-vV"))?;
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// Reads the list `allow` of the section `[licenses]`.
fn allowed(deny: &str) -> Vec<&str> {
    let section = deny.split("[licenses]").nth(1).unwrap_or_default();
    let list = section
        .split("allow = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next());
    let quoted = list.unwrap_or_default().split('"').skip(1).step_by(2);
    quoted.collect()
}

fn check(metadata: &Value, allowed: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for package in metadata["packages"]
        .as_array()
        .context("`packages` is missing")?
    {
        let name = package["name"].as_str().unwrap_or_default();
        let version = package["version"].as_str().unwrap_or_default();
        match package["source"].as_str() {
            // A part of the workspace.
            None => continue,
            Some(REGISTRY) => {}
            Some(other) => found.push(format!("`{name} {version}` comes from `{other}`")),
        }
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_allowed(licence, allowed) {
            found.push(format!("`{name} {version}` has the licence `{licence}`"));
        }
    }
    Ok(found)
}

/// Judges an SPDX expression: every part joined by AND must offer an allowed choice.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let tokens = tokens(expression);
    let mut rest = tokens.as_slice();
    either(&mut rest, allowed) && rest.is_empty()
}

fn tokens(expression: &str) -> Vec<String> {
    // A slash is an old way to write OR.
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    // An exception only adds rights, so that the licence alone decides.
    let mut words = spaced.split_whitespace();
    let mut out: Vec<String> = Vec::new();
    while let Some(word) = words.next() {
        if word == "WITH" {
            words.next();
        } else {
            out.push(word.to_owned());
        }
    }
    out
}

fn either(rest: &mut &[String], allowed: &[&str]) -> bool {
    let mut result = both(rest, allowed);
    while take(rest, "OR") {
        result |= both(rest, allowed);
    }
    result
}

fn both(rest: &mut &[String], allowed: &[&str]) -> bool {
    let mut result = one(rest, allowed);
    while take(rest, "AND") {
        result &= one(rest, allowed);
    }
    result
}

fn one(rest: &mut &[String], allowed: &[&str]) -> bool {
    if take(rest, "(") {
        return either(rest, allowed) & take(rest, ")");
    }
    let Some((word, behind)) = rest.split_first() else {
        return false;
    };
    *rest = behind;
    allowed.contains(&word.as_str())
}

fn take(rest: &mut &[String], word: &str) -> bool {
    match rest.split_first() {
        Some((first, behind)) if first == word => {
            *rest = behind;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALLOWED: [&str; 3] = ["Apache-2.0", "MIT", "Unicode-3.0"];

    #[test]
    fn expressions_are_judged_by_what_one_may_choose() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(is_allowed(good, &ALLOWED), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT",
            "MIT MIT",
            "GPL-2.0 OR GPL-3.0",
        ] {
            assert!(!is_allowed(bad, &ALLOWED), "{bad}");
        }
    }

    #[test]
    fn foreign_sources_and_licences_are_found() {
        let metadata = json!({"packages": [
            {"name": "own", "version": "1.0.0", "source": null, "license": null},
            {"name": "good", "version": "1.0.0", "source": REGISTRY, "license": "MIT"},
            {"name": "fork", "version": "1.0.0", "source": "git+https://x", "license": "MIT"},
            {"name": "viral", "version": "2.0.0", "source": REGISTRY, "license": "AGPL-3.0"},
        ]});
        assert_eq!(
            check(&metadata, &ALLOWED).unwrap(),
            [
                "`fork 1.0.0` comes from `git+https://x`",
                "`viral 2.0.0` has the licence `AGPL-3.0`",
            ]
        );
    }

    #[test]
    fn the_list_is_read_from_its_section() {
        let deny = "[bans]\nallow = [\"x\"]\n[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n";
        assert_eq!(allowed(deny), ["MIT", "ISC"]);
    }
}
