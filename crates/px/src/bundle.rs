//! The scripts that come with px.

/// Name and text of each bundled script, sorted by name.
pub(crate) const SCRIPTS: [(&str, &str); 3] = [
    (
        "px/conn_stats",
        include_str!("../../../scripts/px/conn_stats/conn_stats.pxl"),
    ),
    (
        "px/http_data",
        include_str!("../../../scripts/px/http_data/http_data.pxl"),
    ),
    (
        "px/http_stats",
        include_str!("../../../scripts/px/http_stats/http_stats.pxl"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_texts_say_what_they_do() {
        assert!(SCRIPTS.is_sorted_by_key(|script| script.0));
        assert!(SCRIPTS.iter().all(|script| script.1.starts_with("# ")));
    }
}
