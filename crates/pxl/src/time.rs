//! Times and durations as text.

use crate::diagnostics::Problem;

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
    strptime(text, "%E4Y-%m-%d %H:%M:%E*S %z").ok()
}

/// Returns the point in time of a text: relative to now like `-5m`, or absolute.
pub(crate) fn parse_time(text: &str, now_ns: i64) -> Option<i64> {
    match parse_duration(text) {
        Some(duration) => now_ns.checked_add(duration),
        None => parse_absolute(text),
    }
}

/// Why a time could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeError {
    /// The format has a field that is not known.
    Format,
    /// The text does not fit the format.
    Text,
}

/// Returns the nanoseconds since 1970 of a text in a format: `%Y %E4Y %m %d %e %H %M %S %E*S %z
/// %Ez %T %F %R %D %b %B %y %s %n %t %%`. Without a zone it is UTC.
pub(crate) fn strptime(text: &str, format: &str) -> Result<i64, TimeError> {
    let mut fields = Fields {
        rest: text.trim(),
        ..Fields::default()
    };
    fields.read(format.trim())?;
    if !fields.rest.is_empty() {
        return Err(TimeError::Text);
    }
    fields.finish().ok_or(TimeError::Text)
}

struct Fields<'t> {
    rest: &'t str,
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    zone_seconds: i64,
    epoch_seconds: Option<i64>,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self {
            rest: "",
            year: 1970,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            nanos: 0,
            zone_seconds: 0,
            epoch_seconds: None,
        }
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Fields<'_> {
    fn read(&mut self, format: &str) -> Result<(), TimeError> {
        let mut format = format;
        while let Some(c) = format.chars().next() {
            format = &format[c.len_utf8()..];
            if c.is_whitespace() {
                self.rest = self.rest.trim_start();
                continue;
            }
            if c != '%' {
                self.literal(c)?;
                continue;
            }
            let known = ["E4Y", "E*S", "Ez"]
                .into_iter()
                .find(|field| format.starts_with(field));
            let length = match known {
                Some(field) => field.len(),
                None => format.chars().next().ok_or(TimeError::Format)?.len_utf8(),
            };
            self.field(&format[..length])?;
            format = &format[length..];
        }
        Ok(())
    }

    fn field(&mut self, field: &str) -> Result<(), TimeError> {
        match field {
            "Y" | "E4Y" => self.year = self.number(4, 0, 9999)?,
            "y" => {
                let year = self.number(2, 0, 99)?;
                self.year = if year < 69 { 2000 + year } else { 1900 + year };
            }
            "m" => self.month = self.number(2, 1, 12)?,
            "d" | "e" => {
                self.rest = self.rest.trim_start();
                self.day = self.number(2, 1, 31)?;
            }
            "H" => self.hour = self.number(2, 0, 23)?,
            "M" => self.minute = self.number(2, 0, 59)?,
            "S" | "E*S" => {
                self.second = self.number(2, 0, 60)?;
                self.fraction();
            }
            "z" | "Ez" => self.zone()?,
            "b" | "B" | "h" => self.month_name()?,
            "s" => self.epoch_seconds = Some(self.number(18, 0, i64::MAX)?),
            "T" => self.read("%H:%M:%S")?,
            "R" => self.read("%H:%M")?,
            "F" => self.read("%Y-%m-%d")?,
            "D" => self.read("%m/%d/%y")?,
            "n" | "t" => self.rest = self.rest.trim_start(),
            "%" => self.literal('%')?,
            _ => return Err(TimeError::Format),
        }
        Ok(())
    }

    fn literal(&mut self, c: char) -> Result<(), TimeError> {
        self.rest = self.rest.strip_prefix(c).ok_or(TimeError::Text)?;
        Ok(())
    }

    fn number(&mut self, digits: usize, min: i64, max: i64) -> Result<i64, TimeError> {
        let length = self
            .rest
            .bytes()
            .take(digits)
            .take_while(u8::is_ascii_digit)
            .count();
        let number: i64 = self.rest[..length].parse().map_err(|_| TimeError::Text)?;
        self.rest = &self.rest[length..];
        if (min..=max).contains(&number) {
            Ok(number)
        } else {
            Err(TimeError::Text)
        }
    }

    fn fraction(&mut self) {
        let Some(rest) = self.rest.strip_prefix('.') else {
            return;
        };
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let mut nanos = 0;
        for place in 0..9 {
            let digit = rest.as_bytes()[..length]
                .get(place)
                .map_or(0, |byte| byte - b'0');
            nanos = nanos * 10 + i64::from(digit);
        }
        self.nanos = nanos;
        self.rest = &rest[length..];
    }

    fn zone(&mut self) -> Result<(), TimeError> {
        if let Some(rest) = self.rest.strip_prefix(['Z', 'z']) {
            self.rest = rest;
            return Ok(());
        }
        let sign = match self.rest.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(TimeError::Text),
        };
        self.rest = &self.rest[1..];
        let hours = self.number(2, 0, 23)?;
        self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
        let minutes = if self.rest.is_empty() {
            0
        } else {
            self.number(2, 0, 59)?
        };
        self.zone_seconds = sign * (hours * 3600 + minutes * 60);
        Ok(())
    }

    fn month_name(&mut self) -> Result<(), TimeError> {
        let length = self
            .rest
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .count();
        let name = self.rest[..length].to_ascii_lowercase();
        let is = |month: &&str| **month == name || month[..3] == name;
        let index = MONTHS.iter().position(is).ok_or(TimeError::Text)?;
        self.month = i64::try_from(index).unwrap_or_default() + 1;
        self.rest = &self.rest[length..];
        Ok(())
    }

    fn finish(&self) -> Option<i64> {
        let seconds = match self.epoch_seconds {
            Some(seconds) => seconds,
            None => {
                if self.day > days_of_month(self.year, self.month) {
                    return None;
                }
                days_since_1970(self.year, self.month, self.day) * 86_400
                    + self.hour * 3600
                    + self.minute * 60
                    + self.second
                    - self.zone_seconds
            }
        };
        seconds.checked_mul(1_000_000_000)?.checked_add(self.nanos)
    }
}

const fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts days in years that start in March, so that the leap day is the last.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
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
        let zone = strptime("2020-03-12 19:39:59 -0200", "%Y-%m-%d %H:%M:%S %z");
        assert_eq!(zone, Ok(1_584_049_199_000_000_000));
        let utc = strptime("2020-03-12 19:39:59", "%Y-%m-%d %H:%M:%S");
        assert_eq!(utc, Ok(1_584_041_999_000_000_000));
        assert_eq!(
            parse_absolute("2020-03-12 19:39:59.5 +0000"),
            Some(1_584_041_999_500_000_000)
        );
        assert_eq!(
            strptime("29 Feb 2024", "%d %b %Y"),
            Ok(1_709_164_800_000_000_000)
        );
        assert_eq!(strptime("29 Feb 2023", "%d %b %Y"), Err(TimeError::Text));
        assert_eq!(strptime("1", "%Q"), Err(TimeError::Format));
        assert_eq!(parse_time("-5m", 1_000_000_000_000), Some(700_000_000_000));
        assert_eq!(parse_absolute("yesterday"), None);
    }
}
