//! The text of a prepared statement that ran: `query=[SQL] params=[v1, v2, …]`.

/// Returns the statement and the values of its parameters.
///
/// The statement ends at the first `]`, the values at the last one; a value with a comma and a
/// space in it counts as several.
pub(super) fn split(text: &str) -> (&str, Vec<&str>) {
    let text = text.strip_prefix("query=[").unwrap_or(text);
    let (sql, rest) = text.split_at(text.find(']').unwrap_or(text.len()));
    let values = rest.strip_prefix("] params=[").unwrap_or(rest);
    let values = &values[..values.rfind(']').unwrap_or(values.len())];
    (sql, values.split(", ").collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_values() {
        assert_eq!(split("query=[a] params=[1, 'x']"), ("a", vec!["1", "'x'"]));
        assert_eq!(split("query=[a] params=[]"), ("a", vec![""]));
        assert_eq!(
            split("query=[a] params=[[1], [2]]"),
            ("a", vec!["[1]", "[2]"])
        );
        assert_eq!(split("a"), ("a", vec![""]));
    }
}
