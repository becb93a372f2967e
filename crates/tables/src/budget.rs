//! Divides one memory budget among the tables.
//!
//! `http_events` gets 40 %. Tables that hold few rows have fixed shares, cut down for small
//! budgets so that they never starve the rest. All other tables divide what is left equally.

use crate::TableError;
use nixie_types::TableSpec;

/// LIMIT: smallest share of a table in bytes; a budget that gives less is refused.
pub const TABLE_BYTES_MIN: usize = 64 * 1024;

/// Share of `http_events` in percent of the budget.
const HTTP_EVENTS_PERCENT: usize = 40;

/// A fixed share in bytes and the percentage of the budget that it never exceeds.
const FIXED_SHARES: [(&str, usize, usize); 3] = [
    ("stirling_error", 1024 * 1024, 1),
    ("probe_status", 1024 * 1024, 1),
    ("proc_exit_events", 10 * 1024 * 1024, 5),
];

/// Returns the share of each table in bytes, in the order of `specs`. The sum never exceeds the
/// budget.
pub(crate) fn shares(
    specs: &[&'static TableSpec],
    budget_bytes: usize,
) -> Result<Vec<usize>, TableError> {
    let reserved: Vec<Option<usize>> = specs
        .iter()
        .map(|spec| reserved_share(spec.name, budget_bytes))
        .collect();
    let reserved_bytes: usize = reserved.iter().flatten().sum();
    let others = reserved.iter().filter(|share| share.is_none()).count();
    let rest = budget_bytes.saturating_sub(reserved_bytes);
    let share_of_others = rest.checked_div(others).unwrap_or_default();
    let shares: Vec<usize> = reserved
        .into_iter()
        .map(|share| share.unwrap_or(share_of_others))
        .collect();
    if reserved_bytes > budget_bytes || shares.iter().any(|&share| share < TABLE_BYTES_MIN) {
        return Err(TableError::BudgetTooSmall {
            budget_bytes,
            tables: specs.len(),
            needed_bytes: needed_bytes(&reserved_names(specs), others),
        });
    }
    Ok(shares)
}

fn reserved_share(name: &str, budget_bytes: usize) -> Option<usize> {
    if name == "http_events" {
        return Some(percent_of(budget_bytes, HTTP_EVENTS_PERCENT));
    }
    let (_, bytes, percent) = FIXED_SHARES.into_iter().find(|share| share.0 == name)?;
    Some(bytes.min(percent_of(budget_bytes, percent).max(TABLE_BYTES_MIN)))
}

fn reserved_names(specs: &[&'static TableSpec]) -> Vec<&'static str> {
    specs
        .iter()
        .map(|spec| spec.name)
        .filter(|name| reserved_share(name, 0).is_some())
        .collect()
}

/// Returns the smallest budget that [`shares`] accepts, up to rounding upwards.
fn needed_bytes(reserved: &[&str], others: usize) -> usize {
    let has_http = reserved.contains(&"http_events");
    let fixed = reserved.len() - usize::from(has_http);
    let without_http = (fixed + others) * TABLE_BYTES_MIN;
    if !has_http {
        return without_http;
    }
    // What is left beside http_events must hold all others, and http_events its own minimum.
    let for_others = without_http
        .saturating_mul(100)
        .div_ceil(100 - HTTP_EVENTS_PERCENT)
        + 1;
    let for_http = TABLE_BYTES_MIN
        .saturating_mul(100)
        .div_ceil(HTTP_EVENTS_PERCENT)
        + 1;
    for_others.max(for_http)
}

const fn percent_of(bytes: usize, percent: usize) -> usize {
    // Dividing first cannot overflow; the error is under 100 bytes.
    bytes / 100 * percent
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_types::{ColumnSpec, DataType};

    const COLUMNS: &[ColumnSpec] = &[ColumnSpec::new("time_", DataType::Time64Ns, "When.")];
    const MIB: usize = 1024 * 1024;

    const fn spec(name: &'static str) -> TableSpec {
        TableSpec {
            name,
            description: "Test.",
            columns: COLUMNS,
        }
    }

    static HTTP: TableSpec = spec("http_events");
    static ERRORS: TableSpec = spec("stirling_error");
    static PROBES: TableSpec = spec("probe_status");
    static EXITS: TableSpec = spec("proc_exit_events");
    static CONNS: TableSpec = spec("conn_stats");
    static PROCS: TableSpec = spec("process_stats");
    static ALL: [&TableSpec; 6] = [&HTTP, &ERRORS, &PROBES, &EXITS, &CONNS, &PROCS];

    #[test]
    fn a_large_budget_is_divided_as_documented() {
        let budget = 1280 * MIB;
        let got = shares(&ALL, budget).unwrap();
        let http = budget / 100 * 40;
        let rest = (budget - http - 12 * MIB) / 2;
        assert_eq!(got, [http, MIB, MIB, 10 * MIB, rest, rest]);
    }

    #[test]
    fn fixed_shares_shrink_with_a_small_budget() {
        let got = shares(&ALL, 64 * MIB).unwrap();
        assert!(got[1] < MIB && got[3] < 4 * MIB, "{got:?}");
        assert!(got[0] > 25 * MIB && got[4] > 15 * MIB, "{got:?}");
        assert!(got.iter().sum::<usize>() <= 64 * MIB);
    }

    #[test]
    fn the_needed_budget_that_the_error_names_is_enough() {
        let error = shares(&ALL, 100_000).unwrap_err();
        let TableError::BudgetTooSmall { needed_bytes, .. } = error else {
            panic!("{error}")
        };
        assert!(
            error
                .to_string()
                .contains("100000 bytes is too small for 6 tables")
        );
        assert!(shares(&ALL, needed_bytes + 200).is_ok());
        assert!(shares(&ALL, needed_bytes - 1000).is_err());
    }

    #[test]
    fn shares_never_exceed_the_budget() {
        for budget in (1..400).map(|step| step * 333_333) {
            if let Ok(got) = shares(&ALL, budget) {
                assert!(got.iter().sum::<usize>() <= budget);
            }
        }
    }
}
