//! How well a typed text fits a name.

/// Returns how well letters fit a name: smaller is better; nothing, if they do not all occur in
/// order.
pub(super) fn distance(typed: &str, name: &str) -> Option<usize> {
    let (typed, name) = (typed.to_lowercase(), name.to_lowercase());
    if typed == name {
        return Some(0);
    }
    if name.starts_with(&typed) {
        return Some(1 + name.len() - typed.len());
    }
    // A part that begins so, such as `http` of `px/http_data`, is better than a part within.
    const PARTS: usize = 1_000;
    const WITHIN: usize = 2_000;
    const SCATTERED: usize = 3_000;
    if let Some(at) = name.find(&typed) {
        let is_part = name[..at].ends_with(['/', '_', '-', '.']);
        return Some(if is_part { PARTS } else { WITHIN } + name.len());
    }
    let mut rest = name.chars();
    let mut skipped = 0;
    for letter in typed.chars() {
        skipped += rest.by_ref().position(|char| char == letter)?;
    }
    Some(SCATTERED + skipped + name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_fits_come_first() {
        let names = [
            "px/http_data",
            "px/http_stats",
            "http",
            "px/xhttpx",
            "px/h_t_t_p",
            "px/pod",
        ];
        let mut fits: Vec<(usize, &str)> = names
            .iter()
            .filter_map(|name| Some((distance("http", name)?, *name)))
            .collect();
        fits.sort_unstable();
        let order: Vec<&str> = fits.into_iter().map(|(_, name)| name).collect();
        assert_eq!(
            order,
            [
                "http",
                "px/http_data",
                "px/http_stats",
                "px/xhttpx",
                "px/h_t_t_p"
            ]
        );
        assert!(distance("", "px/pod").is_some());
    }
}
