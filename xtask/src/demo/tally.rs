//! Requests by path and status: what the load generator sent beside what was traced.

use super::system::{NGINX_PORT, SHOP_PORT};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Path and status of a request.
type Kind = (String, i64);

/// Numbers of requests by kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Seen by nginx, or sent to it.
    nginx: BTreeMap<Kind, u64>,
    /// Seen by the shop service.
    shop: BTreeMap<Kind, u64>,
}

impl Tally {
    /// Reads the load generator's log, one JSON object a line.
    pub(super) fn of_load(log: &str) -> Result<Self> {
        let mut tally = Self::default();
        for line in log.lines() {
            let entry: Value = serde_json::from_str(line)
                .with_context(|| format!("`{line}` in the load generator's log is no JSON"))?;
            *tally
                .nginx
                .entry(kind(&entry, "path", "status")?)
                .or_default() += 1;
        }
        Ok(tally)
    }

    /// Reads the rows of `demo/summary.pxl`.
    pub(super) fn of_rows(rows: &[Value]) -> Result<Self> {
        let mut tally = Self::default();
        for row in rows {
            let port = row["local_port"]
                .as_i64()
                .context("a row without `local_port`")?;
            let count = row["requests"]
                .as_u64()
                .context("a row without `requests`")?;
            let server = if port == i64::from(NGINX_PORT) {
                &mut tally.nginx
            } else if port == i64::from(SHOP_PORT) {
                &mut tally.shop
            } else {
                continue;
            };
            *server
                .entry(kind(row, "req_path", "resp_status")?)
                .or_default() += count;
        }
        Ok(tally)
    }

    /// Returns true if nginx and the shop have seen exactly what was sent.
    pub(super) fn matches(&self, sent: &Self) -> bool {
        self.nginx == sent.nginx && self.shop == sent.nginx
    }

    /// Returns true if there are rows of nginx and of the shop service.
    pub(super) fn has_rows_of_both(&self) -> bool {
        !self.nginx.is_empty() && !self.shop.is_empty()
    }
}

fn kind(value: &Value, path: &str, status: &str) -> Result<Kind> {
    let path = value[path]
        .as_str()
        .with_context(|| format!("`{value}` has no `{path}`"))?;
    let status = value[status]
        .as_i64()
        .with_context(|| format!("`{value}` has no `{status}`"))?;
    Ok((path.to_owned(), status))
}

/// Returns a table that compares what was sent with what was traced.
pub(super) fn comparison(sent: &Tally, traced: &Tally) -> String {
    let kinds: BTreeSet<&Kind> = sent
        .nginx
        .keys()
        .chain(traced.nginx.keys())
        .chain(traced.shop.keys())
        .collect();
    let mut text = format!(
        "Requests by the load generator's own log, and as traced:\n\n{:<18}{:>8}{:>10}{:>10}{:>10}\n",
        "path", "status", "sent", "nginx", "shop"
    );
    for kind in kinds {
        let count = |of: &BTreeMap<Kind, u64>| of.get(kind).copied().unwrap_or(0);
        let counts = [
            count(&sent.nginx),
            count(&traced.nginx),
            count(&traced.shop),
        ];
        add_line(&mut text, &kind.0, &kind.1.to_string(), counts);
    }
    let total = |of: &BTreeMap<Kind, u64>| of.values().sum();
    let totals = [
        total(&sent.nginx),
        total(&traced.nginx),
        total(&traced.shop),
    ];
    add_line(&mut text, "all", "", totals);
    text.push_str(if traced.matches(sent) {
        "\nEvery request was traced, at nginx and at the shop service.\n"
    } else if traced.has_rows_of_both() {
        "\nThe counts differ: not every request was traced.\n"
    } else {
        "\nNo requests of nginx, or none of the shop service, were traced.\n"
    });
    text
}

fn add_line(text: &mut String, path: &str, status: &str, counts: [u64; 3]) {
    let [sent, nginx, shop] = counts;
    let mark = if sent == nginx && sent == shop {
        ""
    } else {
        "  differs"
    };
    // Writing to a string cannot fail.
    writeln!(
        text,
        "{path:<18}{status:>8}{sent:>10}{nginx:>10}{shop:>10}{mark}"
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LOG: &str = "{\"path\":\"/cart\",\"status\":200,\"latency_ms\":1.5}\n\
        {\"path\":\"/cart\",\"status\":200}\n{\"path\":\"/cart\",\"status\":500}\n";

    fn rows(shop_failures: u64) -> Vec<Value> {
        let row = |port: u16, status: i64, requests: u64| {
            json!({"local_port": port, "req_path": "/cart", "resp_status": status,
                   "requests": requests})
        };
        vec![
            row(NGINX_PORT, 200, 2),
            row(NGINX_PORT, 500, 1),
            row(SHOP_PORT, 200, 2),
            row(SHOP_PORT, 500, shop_failures),
            row(5432, 200, 9),
        ]
    }

    #[test]
    fn equal_counts_are_complete() {
        let sent = Tally::of_load(LOG).unwrap();
        let traced = Tally::of_rows(&rows(1)).unwrap();
        assert!(traced.matches(&sent));
        let text = comparison(&sent, &traced);
        assert!(text.contains("Every request was traced"), "{text}");
        assert!(!text.contains("differs"), "{text}");
    }

    #[test]
    fn differences_are_shown_where_they_are() {
        let sent = Tally::of_load(LOG).unwrap();
        let traced = Tally::of_rows(&rows(3)).unwrap();
        assert!(!traced.matches(&sent));
        assert!(traced.has_rows_of_both());
        let text = comparison(&sent, &traced);
        let line = text.lines().find(|line| line.contains("500")).unwrap();
        assert!(line.ends_with("3  differs"), "{text}");
        assert!(text.contains("The counts differ"), "{text}");
    }

    #[test]
    fn rows_of_one_side_only_do_not_do() {
        let traced = Tally::of_rows(&rows(1)[..2]).unwrap();
        assert!(!traced.has_rows_of_both());
        assert!(Tally::of_load("no JSON").is_err());
    }
}
