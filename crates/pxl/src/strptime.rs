//! Reads times in formats, with the fields of Abseil's `ParseTime` and of `strptime` in the C
//! locale.
//!
//! The format is read before the text is, so that a field that is not known is always told of.
//! White space in a format stands for any white space or none, and may always surround the text.
//! A number may have spaces before it. What a format does not name is that of 1970-01-01 00:00:00
//! UTC.
//!
//! The file is long as the table of fields and what reads them are best seen together.

/// Why a time could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StrptimeError {
    /// The format has a field that is not known, at a place counted in characters from 1.
    Field { field: String, place: usize },
    /// The text does not fit the format.
    Text,
}

/// Returns the nanoseconds since 1970 of a text in a format.
pub(crate) fn strptime(text: &str, format: &str) -> Result<i64, StrptimeError> {
    let mut fields = Vec::new();
    append_fields(format, &mut fields)?;
    let mut time = Time::new(text.trim_start_matches(is_space));
    for field in fields {
        time.read(field).ok_or(StrptimeError::Text)?;
    }
    time.finish().ok_or(StrptimeError::Text)
}

/// Returns all fields that formats may have, for people.
pub(crate) fn known_fields() -> String {
    let mut known = String::new();
    for (name, _) in FIELDS {
        known.push('%');
        known.push_str(name);
        known.push(' ');
    }
    known.push_str("%E*S %E*f %E#S %E#f with a number for #");
    known
}

/// One thing to read from the text.
#[derive(Clone, Copy, Debug)]
enum Field {
    /// `AM` or `PM`.
    AmPm,
    /// What another format says, which takes its place.
    Format(&'static str),
    /// The digits of a fraction of a second, or none.
    Fraction,
    /// This character.
    Literal(char),
    /// The name of a month, whole or its first three letters.
    MonthName,
    /// So many digits at most, and the smallest and largest number.
    Number(Part, usize, i64, i64),
    /// The distance from UTC, as `+hhmm`; if true, colons may stand between.
    Offset(bool),
    /// Seconds with an optional fraction.
    Seconds,
    /// White space or none.
    Space,
    /// `T` or `t`.
    Tee,
    /// Seconds since 1970, which make all else meaningless.
    UnixSeconds,
    /// The name of a day of the week, whole or its first three letters.
    WeekdayName,
    /// A year of exactly four digits.
    YearOfFour,
    /// The name of a time zone, which is ignored as it is ambiguous.
    ZoneName,
}

/// What a number is.
#[derive(Clone, Copy, Debug)]
enum Part {
    Century,
    Day,
    Hour,
    HourOfTwelve,
    /// Nothing that a time is found by.
    Ignored,
    Minute,
    Month,
    Second,
    /// From 1 for Monday to 7 for Sunday, or from 0 for Sunday.
    Weekday,
    WeekFromMonday,
    WeekFromSunday,
    Year,
    YearOfCentury,
}

/// All fields but those of fractions, without the percent sign.
const FIELDS: &[(&str, Field)] = &[
    ("a", Field::WeekdayName),
    ("A", Field::WeekdayName),
    ("b", Field::MonthName),
    ("B", Field::MonthName),
    ("h", Field::MonthName),
    ("c", Field::Format("%a %b %e %H:%M:%S %Y")),
    ("C", Field::Number(Part::Century, 2, 0, 99)),
    ("d", Field::Number(Part::Day, 2, 1, 31)),
    ("e", Field::Number(Part::Day, 2, 1, 31)),
    ("D", Field::Format("%m/%d/%y")),
    ("F", Field::Format("%Y-%m-%d")),
    ("g", Field::Number(Part::Ignored, 2, 0, 99)),
    ("G", Field::Number(Part::Ignored, 18, 0, i64::MAX)),
    ("H", Field::Number(Part::Hour, 2, 0, 23)),
    ("k", Field::Number(Part::Hour, 2, 0, 23)),
    ("I", Field::Number(Part::HourOfTwelve, 2, 1, 12)),
    ("l", Field::Number(Part::HourOfTwelve, 2, 1, 12)),
    ("j", Field::Number(Part::Ignored, 3, 1, 366)),
    ("m", Field::Number(Part::Month, 2, 1, 12)),
    ("M", Field::Number(Part::Minute, 2, 0, 59)),
    ("n", Field::Space),
    ("t", Field::Space),
    ("p", Field::AmPm),
    ("r", Field::Format("%I:%M:%S %p")),
    ("R", Field::Format("%H:%M")),
    ("s", Field::UnixSeconds),
    ("S", Field::Number(Part::Second, 2, 0, 60)),
    ("T", Field::Format("%H:%M:%S")),
    ("u", Field::Number(Part::Weekday, 1, 1, 7)),
    ("w", Field::Number(Part::Weekday, 1, 0, 6)),
    ("U", Field::Number(Part::WeekFromSunday, 2, 0, 53)),
    ("W", Field::Number(Part::WeekFromMonday, 2, 0, 53)),
    ("V", Field::Number(Part::Ignored, 2, 0, 53)),
    ("x", Field::Format("%m/%d/%y")),
    ("X", Field::Format("%H:%M:%S")),
    ("y", Field::Number(Part::YearOfCentury, 2, 0, 99)),
    ("Y", Field::Number(Part::Year, 4, 0, 9999)),
    ("z", Field::Offset(false)),
    ("Z", Field::ZoneName),
    (":z", Field::Offset(true)),
    ("::z", Field::Offset(true)),
    (":::z", Field::Offset(true)),
    ("E4Y", Field::YearOfFour),
    ("ET", Field::Tee),
    ("Ez", Field::Offset(true)),
    ("E*z", Field::Offset(true)),
    ("%", Field::Literal('%')),
];

/// LIMIT: digits that `%E#S` and `%E#f` may ask for.
const FRACTION_DIGITS_MAX: u32 = 1024;

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

const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

/// Returns true for what C counts as white space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

fn append_fields(format: &str, fields: &mut Vec<Field>) -> Result<(), StrptimeError> {
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c != '%' {
            fields.push(if is_space(c) {
                Field::Space
            } else {
                Field::Literal(c)
            });
            rest = after;
            continue;
        }
        let Some((field, length)) = field_at(after) else {
            let before = format.len() - rest.len();
            return Err(StrptimeError::Field {
                field: unknown_field(rest),
                place: 1 + format.get(..before).unwrap_or_default().chars().count(),
            });
        };
        match field {
            Field::Format(format) => append_fields(format, fields)?,
            field => fields.push(field),
        }
        rest = after.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// Returns the field at the start of what follows a percent sign, and its length.
fn field_at(text: &str) -> Option<(Field, usize)> {
    let known = |text: &str| {
        let mut fields = FIELDS.iter();
        let field = fields.find(|(name, _)| text.starts_with(name));
        field.map(|(name, field)| (*field, name.len()))
    };
    if let Some(found) = fraction_at(text).or_else(|| known(text)) {
        return Some(found);
    }
    // The C locale knows no other years and digits than these, so `E` and `O` change nothing.
    let (changed, plain) = match text.split_at_checked(1)? {
        ("E", plain) => ("cCxXyY", plain),
        ("O", plain) => ("deHImMSuUVwWy", plain),
        _ => return None,
    };
    let (field, length) = known(plain)?;
    let is_changed = plain.starts_with(|c: char| changed.contains(c));
    is_changed.then_some((field, 1 + length))
}

/// Returns the field if it is `E*S`, `E*f`, `E#S` or `E#f`, and its length.
fn fraction_at(text: &str) -> Option<(Field, usize)> {
    let after = text.strip_prefix('E')?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let kind = match after.strip_prefix('*') {
        Some(kind) => kind,
        None => {
            let (number, kind) = after.split_at_checked(digits)?;
            let number: u32 = number.parse().ok()?;
            if number > FRACTION_DIGITS_MAX {
                return None;
            }
            kind
        }
    };
    let field = match kind.bytes().next()? {
        b'S' => Field::Seconds,
        b'f' => Field::Fraction,
        _ => return None,
    };
    Some((field, text.len() - kind.len() + 1))
}

/// Returns the field at the start of a text as it is shown: modifiers, and one character.
fn unknown_field(text: &str) -> String {
    let is_modifier = |c: char| matches!(c, '*' | ':' | '0'..='9' | 'E' | 'O');
    let after = text.strip_prefix('%').unwrap_or(text);
    let modifiers = after.chars().take_while(|c| is_modifier(*c)).count();
    text.chars().take(1 + modifiers + 1).collect()
}

/// What is known of a time, and what is left of the text.
struct Time<'t> {
    rest: &'t str,
    year: Option<i64>,
    /// These two count only without `year`.
    century: Option<i64>,
    year_of_century: Option<i64>,
    month: i64,
    day: i64,
    /// From 0 for Sunday.
    weekday: i64,
    /// The day that weeks start with, and the number of a week; it decides instead of month and
    /// day if it comes after them.
    week: Option<(i64, i64)>,
    hour: i64,
    is_twelve_hour: bool,
    is_afternoon: bool,
    minute: i64,
    second: i64,
    nanos: i64,
    offset_seconds: i64,
    unix_seconds: Option<i64>,
}

impl<'t> Time<'t> {
    fn new(rest: &'t str) -> Self {
        Self {
            rest,
            year: None,
            century: None,
            year_of_century: None,
            month: 1,
            day: 1,
            weekday: 4,
            week: None,
            hour: 0,
            is_twelve_hour: false,
            is_afternoon: false,
            minute: 0,
            second: 0,
            nanos: 0,
            offset_seconds: 0,
            unix_seconds: None,
        }
    }

    fn read(&mut self, field: Field) -> Option<()> {
        match field {
            Field::AmPm => {
                let (half, rest) = self.rest.split_at_checked(2)?;
                self.is_afternoon = half.eq_ignore_ascii_case("pm");
                if !self.is_afternoon && !half.eq_ignore_ascii_case("am") {
                    return None;
                }
                self.rest = rest;
            }
            // The fields of the other format stand in its place.
            Field::Format(_) => {}
            Field::Fraction => self.fraction(),
            Field::Literal(c) => self.rest = self.rest.strip_prefix(c)?,
            Field::MonthName => {
                let month = self.name(&MONTHS)? + 1;
                self.set(Part::Month, month);
            }
            Field::Number(part, digits, min, max) => {
                let number = self.number(digits, min, max)?;
                self.set(part, number);
            }
            Field::Offset(has_colons) => self.offset(has_colons)?,
            Field::Seconds => self.seconds()?,
            Field::Space => self.rest = self.rest.trim_start_matches(is_space),
            Field::Tee => self.rest = self.rest.strip_prefix(['T', 't'])?,
            Field::UnixSeconds => self.unix_seconds()?,
            Field::WeekdayName => self.weekday = self.name(&WEEKDAYS)?,
            Field::YearOfFour => {
                let before = self.rest.len();
                self.year = Some(self.number(4, 0, 9999)?);
                if before - self.rest.len() != 4 {
                    return None;
                }
            }
            Field::ZoneName => {
                let rest = self.rest.trim_start_matches(|c: char| !is_space(c));
                if rest.len() == self.rest.len() {
                    return None;
                }
                self.rest = rest;
            }
        }
        Some(())
    }

    fn set(&mut self, part: Part, number: i64) {
        match part {
            Part::Century => self.century = Some(number),
            Part::Day => (self.day, self.week) = (number, None),
            Part::Hour => (self.hour, self.is_twelve_hour) = (number, false),
            Part::HourOfTwelve => (self.hour, self.is_twelve_hour) = (number % 12, true),
            Part::Ignored => {}
            Part::Minute => self.minute = number,
            Part::Month => (self.month, self.week) = (number, None),
            Part::Second => self.second = number,
            Part::Weekday => self.weekday = number % 7,
            Part::WeekFromMonday => self.week = Some((1, number)),
            Part::WeekFromSunday => self.week = Some((0, number)),
            Part::Year => self.year = Some(number),
            Part::YearOfCentury => self.year_of_century = Some(number),
        }
    }

    fn number(&mut self, digits: usize, min: i64, max: i64) -> Option<i64> {
        let text = self.rest.trim_start_matches(' ');
        let digits = text.bytes().take(digits);
        let length = digits.take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at_checked(length)?;
        let number: i64 = number.parse().ok()?;
        self.rest = rest;
        (min..=max).contains(&number).then_some(number)
    }

    fn unix_seconds(&mut self) -> Option<()> {
        let size = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let sign = self.rest.len() - size.len();
        let digits = size.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at_checked(sign + digits)?;
        self.unix_seconds = Some(number.parse().ok()?);
        self.rest = rest;
        Some(())
    }

    /// Reads a name or its first three letters, and returns its place.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let text = self.rest;
        let starts = |name: &str| {
            let start = text.get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        for (place, name) in (0..).zip(names) {
            let short = name.get(..3).unwrap_or(name);
            if let Some(found) = [*name, short].into_iter().find(|name| starts(name)) {
                self.rest = text.get(found.len()..)?;
                return Some(place);
            }
        }
        None
    }

    fn seconds(&mut self) -> Option<()> {
        self.second = self.number(2, 0, 60)?;
        if let Some(rest) = self.rest.strip_prefix('.') {
            if !rest.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            self.rest = rest;
            self.fraction();
        }
        Some(())
    }

    fn fraction(&mut self) {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit);
        let length = digits.clone().count();
        if length == 0 {
            return;
        }
        self.nanos = digits
            .chain(std::iter::repeat(b'0'))
            .take(9)
            .fold(0, |nanos, digit| nanos * 10 + i64::from(digit - b'0'));
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    fn offset(&mut self, has_colons: bool) -> Option<()> {
        if let Some(rest) = self.rest.strip_prefix(['Z', 'z']) {
            self.rest = rest;
            self.offset_seconds = 0;
            return Some(());
        }
        let (sign, text) = match self.rest.split_at_checked(1)? {
            ("+", text) => (1, text),
            ("-", text) => (-1, text),
            _ => return None,
        };
        let (hours, mut rest) = two_digits(text, 23)?;
        let mut seconds = hours * 3600;
        for unit in [60, 1] {
            let text = match rest.strip_prefix(':') {
                Some(text) if has_colons => text,
                _ => rest,
            };
            let Some((number, after)) = two_digits(text, 59) else {
                break;
            };
            seconds += number * unit;
            rest = after;
        }
        self.rest = rest;
        self.offset_seconds = sign * seconds;
        Some(())
    }

    fn finish(self) -> Option<i64> {
        if !self.rest.trim_start_matches(is_space).is_empty() {
            return None;
        }
        if let Some(seconds) = self.unix_seconds {
            return seconds.checked_mul(1_000_000_000);
        }
        let is_shifted = self.is_twelve_hour && self.is_afternoon && self.hour < 12;
        let hour = if is_shifted {
            self.hour + 12
        } else {
            self.hour
        };
        let seconds = self.days()? * 86_400 + hour * 3600 + self.minute * 60 + self.second
            - self.offset_seconds;
        // A leap second is the start of the next minute.
        let nanos = if self.second == 60 { 0 } else { self.nanos };
        seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
    }

    /// Returns the days since 1970.
    fn days(&self) -> Option<i64> {
        let year = match (self.year, self.century, self.year_of_century) {
            (Some(year), _, _) => year,
            (None, Some(century), year) => century * 100 + year.unwrap_or(0),
            (None, None, Some(year)) if year < 69 => 2000 + year,
            (None, None, Some(year)) => 1900 + year,
            (None, None, None) => 1970,
        };
        let Some((start, week)) = self.week else {
            let is_day = self.day <= days_of_month(year, self.month);
            return is_day.then(|| days_since_1970(year, self.month, self.day));
        };
        // Week 0 starts before the year does; 1970 started with a Thursday.
        let new_year = days_since_1970(year, 1, 1);
        let days_before = (new_year + 4 - start - 1).rem_euclid(7) + 1;
        let day_of_week = (self.weekday - start).rem_euclid(7);
        Some(new_year - days_before + day_of_week + 7 * week)
    }
}

/// Returns the number that the first two digits of a text make, and what follows.
fn two_digits(text: &str, max: i64) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = digits.parse().ok()?;
    (is_number && number <= max).then_some((number, rest))
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

    const SECOND: i64 = 1_000_000_000;
    const DAY: i64 = 86_400 * SECOND;
    /// 2020-03-12 19:39:59.
    const AT: i64 = 1_584_041_999 * SECOND;
    /// 2020-03-12.
    const DATE: i64 = 1_583_971_200 * SECOND;

    #[track_caller]
    fn check(vectors: &[(&str, &str, Option<i64>)]) {
        for (text, format, want) in vectors {
            let want = want.ok_or(StrptimeError::Text);
            assert_eq!(strptime(text, format), want, "{text} as {format}");
        }
    }

    #[test]
    fn dates() {
        check(&[
            ("2020-03-12", "%Y-%m-%d", Some(DATE)),
            ("2020-03-12", "%F", Some(DATE)),
            ("20200312", "%E4Y%m%d", Some(DATE)),
            ("03/12/20", "%D", Some(DATE)),
            ("03/12/20", "%x", Some(DATE)),
            ("20 20 3 12", "%C %y %m %e", Some(DATE)),
            ("2020-03-12", "%EY-%Om-%Od", Some(DATE)),
            ("2020 03/12/99", "%Y %D", Some(DATE)),
            ("12 Mar 2020", "%d %b %Y", Some(DATE)),
            ("12 MARCH 2020", "%d %B %Y", Some(DATE)),
            ("thursday, 12 march 2020", "%a, %d %h %Y", Some(DATE)),
            ("Thu 2020-03-12 072", "%A %F %j", Some(DATE)),
            ("70", "%y", Some(0)),
            ("69", "%y", Some(-365 * DAY)),
            ("29 Feb 2023", "%d %b %Y", None),
            ("Thurs", "%a", None),
            ("367", "%j", None),
            ("202-01-01", "%E4Y-%m-%d", None),
        ]);
    }

    #[test]
    fn weeks() {
        check(&[
            ("2020 10 4", "%Y %U %w", Some(DATE)),
            ("2020 10 Thu", "%Y %W %a", Some(DATE)),
            ("2020 10 4", "%Y %W %u", Some(DATE)),
            ("2020 11 7", "%Y %U %u", Some(DATE + 3 * DAY)),
            ("2020 10 7", "%Y %W %u", Some(DATE + 3 * DAY)),
            ("2023 1 0", "%Y %U %w", Some(19_358 * DAY)),
            ("2020 10 03-12", "%Y %U %m-%d", Some(DATE)),
            ("2020 54", "%Y %U", None),
            ("2020 11 20 2020 03 12", "%G %V %g %Y %m %d", Some(DATE)),
        ]);
    }

    #[test]
    fn times_of_day() {
        let morning = AT - 12 * 3600 * SECOND;
        check(&[
            ("2020-03-12T19:39:59", "%F%ET%T", Some(AT)),
            ("2020-03-12 19:39 59", "%F %R %S", Some(AT)),
            ("2020-03-12 19:39:59", "%F %X", Some(AT)),
            ("Thu Mar 12 19:39:59 2020", "%c", Some(AT)),
            ("2020-03-12 07:39:59 PM", "%F %r", Some(AT)),
            ("2020-03-12 pm  7:39:59", "%F %p %l:%M:%S", Some(AT)),
            ("2020-03-12 07:39:59 am", "%F %I:%M:%S %p", Some(morning)),
            ("2020-03-12 07:39:59 pm", "%F %H:%M:%S %p", Some(morning)),
            ("2020-03-12  7:39:59", "%F %k:%M:%S", Some(morning)),
            ("12 am", "%I %p", Some(0)),
            ("12 pm", "%I %p", Some(DAY / 2)),
            ("23:59:60", "%T", Some(DAY)),
            ("23:59:60.5", "%H:%M:%E*S", Some(DAY)),
            ("13 pm", "%I %p", None),
            ("1 xm", "%I %p", None),
            ("24", "%H", None),
            ("1.5", "%S", None),
        ]);
    }

    #[test]
    fn fractions() {
        check(&[
            ("1.5", "%E*S", Some(1_500_000_000)),
            ("1", "%E3S", Some(SECOND)),
            ("1.1234567899", "%E0S", Some(1_123_456_789)),
            ("1:25", "%S:%E*f", Some(1_250_000_000)),
            ("1.000000001", "%S.%E6f", Some(1_000_000_001)),
            ("1.", "%S.%E*f", Some(SECOND)),
            ("1.", "%E*S", None),
        ]);
    }

    #[test]
    fn zones() {
        let offset = AT + 7200 * SECOND;
        check(&[
            ("2020-03-12 19:39:59 -0200", "%F %T %z", Some(offset)),
            ("2020-03-12 19:39:59 -02", "%F %T %z", Some(offset)),
            ("2020-03-12 19:39:59-02:00", "%F %T%Ez", Some(offset)),
            ("2020-03-12 19:39:59-02:00:00", "%F %T%E*z", Some(offset)),
            ("2020-03-12 19:39:59-0200", "%F %T%:z", Some(offset)),
            ("2020-03-12 19:39:59Z", "%F %T%z", Some(AT)),
            ("2020-03-12 19:39:59 CEST", "%F %T %Z", Some(AT)),
            ("2020-03-12 19:39:59 -02:00", "%F %T %z", None),
            ("2020-03-12 19:39:59 -2", "%F %T %z", None),
            ("2020-03-12 19:39:59 ", "%F %T %Z", None),
        ]);
    }

    #[test]
    fn seconds_since_1970_count_alone() {
        check(&[
            ("1584041999", "%s", Some(AT)),
            ("2023 -1", "%Y %s", Some(-SECOND)),
            ("-", "%s", None),
            ("9999999999999", "%s", None),
        ]);
    }

    #[test]
    fn space_and_other_characters() {
        check(&[
            (" \t2020\x0b", "%Y", Some(1_577_836_800 * SECOND)),
            ("2020 \n03 12", "%Y%n%m%t%d", Some(DATE)),
            ("2020/ 03é12", " %Y/%m é %d ", Some(DATE)),
            ("2020/03 é12", "%Y/%m é %d", Some(DATE)),
            ("100%", "%s%%", Some(100 * SECOND)),
            ("1", "%s%%", None),
            ("1 x", "%s", None),
            ("", "", Some(0)),
        ]);
    }

    #[test]
    fn fields_that_are_not_known_are_named_whatever_the_text_is() {
        for (format, field, place) in [
            ("%Q", "%Q", 1),
            ("%Y é %P", "%P", 6),
            ("%Y %EQ", "%EQ", 4),
            ("%E1025S", "%E1025S", 1),
            ("%OY", "%OY", 1),
            ("%é", "%é", 1),
            ("%Y%", "%", 3),
        ] {
            let want = StrptimeError::Field {
                field: field.to_owned(),
                place,
            };
            assert_eq!(strptime("x", format), Err(want), "{format}");
        }
    }

    #[test]
    fn every_field_that_is_told_of_is_known() {
        for name in known_fields()
            .split(' ')
            .filter(|name| name.starts_with('%'))
        {
            let format = name.replace('#', "3");
            let known = strptime("x", &format);
            assert!(!matches!(known, Err(StrptimeError::Field { .. })), "{name}");
        }
    }
}
