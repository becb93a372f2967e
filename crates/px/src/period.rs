//! Reads how often something is to happen.

/// Units, with their seconds.
const UNITS: [(char, u32); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 24 * 3600)];

/// Reads a text such as `10s`, `5m`, `1h` or `1d`; a number alone is seconds.
pub(crate) fn parse(text: &str) -> Result<u32, String> {
    let expected = || format!("got `{text}`, expected a time such as `10s`, `5m`, `1h` or `1d`");
    let mut split = UNITS.iter().filter_map(|(unit, seconds)| {
        let number = text.strip_suffix(*unit)?;
        Some((number, *seconds))
    });
    let (number, unit_s) = split.next().unwrap_or((text, 1));
    let number: u32 = number.parse().map_err(|_| expected())?;
    let seconds = number.checked_mul(unit_s).filter(|seconds| *seconds > 0);
    seconds.ok_or_else(expected)
}

/// Returns the shortest text of so many seconds.
pub(crate) fn shown(seconds: u32) -> String {
    let units = UNITS.iter().rev();
    let mut fitting = units.filter(|(_, unit_s)| seconds > 0 && seconds.is_multiple_of(*unit_s));
    let (unit, unit_s) = fitting.next().unwrap_or(&UNITS[0]);
    format!("{}{unit}", seconds / unit_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_shown() {
        for (text, seconds, again) in [
            ("10s", 10, "10s"),
            ("90", 90, "90s"),
            ("5m", 300, "5m"),
            ("60m", 3600, "1h"),
            ("48h", 172_800, "2d"),
        ] {
            assert_eq!(parse(text), Ok(seconds), "{text}");
            assert_eq!(shown(seconds), again);
        }
        for wrong in [
            "",
            "s",
            "0s",
            "-1s",
            "1.5s",
            "10 s",
            "1w",
            "99999999d",
            "10ss",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
