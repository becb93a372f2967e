//! Values as text for people, by their meaning.

use serde_json::Value;

/// Returns a number of bytes: `512 B`, `1.5 KiB`, `120 MiB`.
#[must_use]
pub fn bytes(value: f64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut scaled = value.abs();
    let mut unit = 0;
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = scaled >= 102.4 || (unit == 0 && scaled.fract() == 0.0);
    let digits = usize::from(!whole);
    format!("{sign}{scaled:.digits$} {}", UNITS[unit])
}

/// Returns a duration: `850 ns`, `1.5 ms`, `3 min 20 s`, `2 days 3 hours`.
#[must_use]
pub fn duration(ns: f64) -> String {
    let sign = if ns < 0.0 { "-" } else { "" };
    let ns = ns.abs();
    let seconds = (ns / 1e9).round();
    let minutes = (ns / 60e9).round();
    let hours = (ns / 3600e9).round();
    let text = if hours > 24.0 {
        format!("{} days {} hours", (hours / 24.0).floor(), hours % 24.0)
    } else if minutes > 60.0 {
        format!("{} hours {} min", (minutes / 60.0).floor(), minutes % 60.0)
    } else if seconds > 60.0 {
        format!("{} min {} s", (seconds / 60.0).floor(), seconds % 60.0)
    } else {
        short_duration(ns)
    };
    format!("{sign}{text}")
}

fn short_duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let whole = value >= 100.0 || (unit == "ns" && value.fract() == 0.0);
    let digits = usize::from(!whole);
    format!("{value:.digits$} {unit}")
}

/// Returns a share, 1.0 being the whole: `12.50 %`.
#[must_use]
pub fn percent(value: f64) -> String {
    format!("{:.2} %", value * 100.0)
}

/// Returns events per nanosecond as events per second.
#[must_use]
pub fn throughput(per_ns: f64) -> String {
    format!("{:.6} /sec", per_ns * 1e9)
}

/// Returns bytes per nanosecond as bytes per second.
#[must_use]
pub fn throughput_bytes(per_ns: f64) -> String {
    format!("{}/sec", bytes(per_ns * 1e9))
}

/// Returns a number with six significant digits.
#[must_use]
pub fn float(value: f64) -> String {
    const DIGITS: i32 = 6;
    if !value.is_finite() {
        return match value {
            value if value.is_nan() => "NaN".to_owned(),
            value if value > 0.0 => "+Inf".to_owned(),
            _ => "-Inf".to_owned(),
        };
    }
    let scientific = format!("{value:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..DIGITS).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
        return without_zeros(&format!("{value:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs())
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

/// Returns a point in time in UTC: `2026-01-31 23:59:59.123456789`.
#[must_use]
pub fn time(ns: i64) -> String {
    let seconds = ns.div_euclid(1_000_000_000);
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{:09}",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60,
        ns.rem_euclid(1_000_000_000)
    )
}

/// Returns year, month and day of a number of days since the Unix epoch.
fn date(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that a leap day is the last day of its year; 400 years
    // always have the same number of days.
    const DAYS_OF_ERA: i64 = 146_097;
    let days = days + 719_468;
    let era = days.div_euclid(DAYS_OF_ERA);
    let of_era = days.rem_euclid(DAYS_OF_ERA);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Returns a 128-bit value as a UUID.
#[must_use]
pub fn uuid(value: u128) -> String {
    let hex = format!("{value:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Returns quantiles, given as a JSON object, as `p50: 1.2 ms, p99: 3.4 ms`; other text as it is.
#[must_use]
pub fn quantiles(text: &str, of_durations: bool) -> String {
    let Ok(Value::Object(quantiles)) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    let mut pairs: Vec<(&String, &Value)> = quantiles.iter().collect();
    pairs.sort_unstable_by_key(|pair| pair.0);
    let shown = |(name, value): (&String, &Value)| match value.as_f64() {
        Some(value) if of_durations => format!("{name}: {}", duration(value)),
        Some(value) => format!("{name}: {}", float(value)),
        None => format!("{name}: {value}"),
    };
    pairs.into_iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Returns the label of a link to another script, given as a JSON object.
#[must_use]
pub fn script_reference(text: &str) -> String {
    let label = serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|value| Some(value.get("label")?.as_str()?.to_owned()));
    label.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_decimal_below_a_tenth_of_the_next_unit() {
        for (value, text) in [
            (0.0, "0 B"),
            (9.0, "9 B"),
            (512.0, "512 B"),
            (50.5, "50.5 B"),
            (1024.0, "1.0 KiB"),
            (1536.0, "1.5 KiB"),
            (102.0 * 1024.0, "102.0 KiB"),
            (120.0 * 1_048_576.0, "120 MiB"),
            (-2048.0, "-2.0 KiB"),
            (9.3e18, "8.1 EiB"),
        ] {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn durations_use_the_unit_that_fits() {
        for (value, text) in [
            (0.0, "0 ns"),
            (7.0, "7 ns"),
            (850.0, "850 ns"),
            (1500.0, "1.5 µs"),
            (1_234_567.0, "1.2 ms"),
            (250_000_000.0, "250 ms"),
            (59_900_000_000.0, "59.9 s"),
            (200e9, "3 min 20 s"),
            (7500e9, "2 hours 5 min"),
            (183_600e9, "2 days 3 hours"),
            (-1500.0, "-1.5 µs"),
        ] {
            assert_eq!(duration(value), text);
        }
    }

    #[test]
    fn floats_have_six_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.1 + 0.2, "0.3"),
            (123_456.7, "123457"),
            (1_234_567.0, "1.23457e+06"),
            (0.000_123_456_78, "0.000123457"),
            (0.000_012_345_678, "1.23457e-05"),
            (999_999.9, "1e+06"),
            (-2.5, "-2.5"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn times_are_dates_in_utc() {
        for (ns, text) in [
            (0, "1970-01-01 00:00:00.000000000"),
            (-1, "1969-12-31 23:59:59.999999999"),
            (951_782_400_000_000_000, "2000-02-29 00:00:00.000000000"),
            (1_709_251_199_000_000_001, "2024-02-29 23:59:59.000000001"),
            (1_767_225_600_000_000_000, "2026-01-01 00:00:00.000000000"),
        ] {
            assert_eq!(time(ns), text);
        }
    }

    #[test]
    fn the_rest_follows_its_meaning() {
        assert_eq!(percent(0.125), "12.50 %");
        assert_eq!(throughput(1.5e-9), "1.500000 /sec");
        assert_eq!(throughput_bytes(2048e-9), "2.0 KiB/sec");
        assert_eq!(uuid(0x1234), "00000000-0000-0000-0000-000000001234");
        let json = r#"{"p99": 2500000, "p50": 1000}"#;
        assert_eq!(quantiles(json, true), "p50: 1.0 µs, p99: 2.5 ms");
        assert_eq!(quantiles(json, false), "p50: 1000, p99: 2.5e+06");
        assert_eq!(quantiles("no json", true), "no json");
        assert_eq!(
            script_reference(r#"{"label": "shop", "script": "x"}"#),
            "shop"
        );
    }
}
