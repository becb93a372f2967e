//! Times and durations as text.

use crate::diagnostics::Problem;
use crate::strptime::strptime;

/// Nanoseconds of each unit, longest first.
const UNITS: [(&str, i64); 5] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// Returns the nanoseconds of a text like `-5m`: a sign, digits and a unit, nothing else.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let amount: i64 = rest[..digits].parse().ok()?;
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == &rest[digits..])?;
    (sign * amount).checked_mul(*unit)
}

/// Returns the problem of a text that is no duration.
pub(crate) fn wrong_duration(text: &str) -> Problem {
    Problem::new(
        "wrong-time",
        format!("time string `{text}` is in wrong format"),
    )
    .help("write digits and one of the units ms, s, m, h, d, for example `-5m`")
}

/// Returns a duration in the longest unit that is not longer than it, cut to whole units.
pub(crate) fn format_duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let size = ns.unsigned_abs();
    for (name, unit) in UNITS {
        let unit = unit.unsigned_abs();
        if size >= unit {
            return format!("{sign}{}{name}", size / unit);
        }
    }
    format!("{sign}0ms")
}

/// Returns the nanoseconds since 1970 of a text like `2020-03-13 19:02:03.5 +0000`.
pub(crate) fn parse_absolute(text: &str) -> Option<i64> {
    strptime(text, "%E4Y-%m-%d %H:%M:%E*S %Ez").ok()
}

/// Returns the point in time of a text: relative to now like `-5m`, or absolute.
pub(crate) fn parse_time(text: &str, now_ns: i64) -> Option<i64> {
    match parse_duration(text) {
        Some(duration) => now_ns.checked_add(duration),
        None => parse_absolute(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, want) in [
            ("5m", Some(300_000_000_000)),
            ("-5m", Some(-300_000_000_000)),
            ("+10s", Some(10_000_000_000)),
            ("10d", Some(864_000_000_000_000)),
            ("10ms", Some(10_000_000)),
            ("1.5h", None),
            ("abc5m", None),
            ("5us", None),
            ("yesterday", None),
            ("", None),
            ("99999999999999999999d", None),
            ("9223372036854775807d", None),
        ] {
            assert_eq!(parse_duration(text), want, "{text}");
        }
    }

    #[test]
    fn durations_as_text() {
        for (ns, want) in [
            (5_000_000, "5ms"),
            (5_000_000_000, "5s"),
            (300_000_000_000, "5m"),
            (3_600_000_000_000, "1h"),
            (86_400_000_000_000, "1d"),
            (-300_000_000_000, "-5m"),
            (12, "0ms"),
            (i64::MIN, "-106751d"),
        ] {
            assert_eq!(format_duration(ns), want);
        }
    }

    #[test]
    fn points_in_time() {
        assert_eq!(
            parse_absolute("2020-03-12 19:39:59.5 +0000"),
            Some(1_584_041_999_500_000_000)
        );
        assert_eq!(
            parse_absolute("2020-03-12 19:39:59 -02:00"),
            Some(1_584_049_199_000_000_000)
        );
        assert_eq!(parse_time("-5m", 1_000_000_000_000), Some(700_000_000_000));
        assert_eq!(parse_absolute("yesterday"), None);
    }
}
