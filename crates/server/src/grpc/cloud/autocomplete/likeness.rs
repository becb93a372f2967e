//! How well a name fits what has been typed so far. Pure.

/// A name that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Smaller is better.
    pub(super) rank: (u8, usize),
    /// Places of the characters that match, from 0.
    pub(super) places: Vec<i64>,
}

/// Returns how well a name fits: best if it starts with the text, or one of its words does, then
/// if it has the text somewhere, then if it has its characters in their order.
pub(super) fn fit(typed: &str, name: &str) -> Option<Fit> {
    let typed = lower(typed);
    let chars = lower(name);
    let rank = |kind: u8| (kind, chars.len());
    let starts = (0..=chars.len()).filter(|&start| chars[start..].starts_with(&typed));
    let is_word = |start: usize| start == 0 || !chars[start - 1].is_alphanumeric();
    if let Some(start) = starts.clone().find(|&start| is_word(start)) {
        let kind = u8::from(start > 0);
        return Some(found(rank(kind), start..start + typed.len()));
    }
    if let Some(start) = starts.clone().next() {
        return Some(found(rank(2), start..start + typed.len()));
    }
    let mut places = Vec::with_capacity(typed.len());
    let mut from = 0;
    for char in typed {
        let place = from + chars[from..].iter().position(|known| *known == char)?;
        places.push(place);
        from = place + 1;
    }
    Some(found(rank(3), places))
}

fn found(rank: (u8, usize), places: impl IntoIterator<Item = usize>) -> Fit {
    let places = places.into_iter();
    let places = places.map(|place| i64::try_from(place).unwrap_or(i64::MAX));
    Fit {
        rank,
        places: places.collect(),
    }
}

/// One lower-case character for each, so that places stay.
fn lower(text: &str) -> Vec<char> {
    let lower = |char: char| char.to_lowercase().next().unwrap_or(char);
    text.chars().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_come_before_middles_and_middles_before_scattered_characters() {
        let rank = |typed, name| fit(typed, name).map(|fit| fit.rank.0);
        assert_eq!(rank("px/h", "px/http_data"), Some(0));
        assert_eq!(rank("HTTP", "px/http_data"), Some(1));
        assert_eq!(rank("data", "px/http_data"), Some(1));
        assert_eq!(rank("ttp", "px/http_data"), Some(2));
        assert_eq!(rank("hd", "px/http_data"), Some(3));
        assert_eq!(rank("dh", "px/http_data"), None);
        assert_eq!(rank("", "x"), Some(0));
        assert_eq!(fit("hd", "px/http_data").unwrap().places, [3, 8]);
        assert_eq!(fit("É", "été").unwrap().places, [0]);
        assert!(fit("a", "ab").unwrap().rank < fit("a", "abc").unwrap().rank);
    }
}
