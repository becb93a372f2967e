//! When a certificate is good: the one part of it that the agent reads itself (RFC 5280, section 4.1).
//!
//! ```text
//! Certificate = { TBSCertificate, … }
//! TBSCertificate = { [0] version?, serial, algorithm, issuer, { from, until }, … }
//! ```

/// Tags of DER (X.690).
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Lengths from here on are written in several bytes.
const LONG: u8 = 0x80;

/// When a certificate is good, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from_s: i64,
    pub(super) until_s: i64,
}

impl Validity {
    /// Reads it from a certificate, if it is one.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let outer = Reader(certificate).value(SEQUENCE)?;
        let mut rest = Reader(Reader(outer).value(SEQUENCE)?);
        if rest.0.first() == Some(&VERSION) {
            rest.next()?;
        }
        let [_serial, _algorithm, _issuer] = [rest.next()?, rest.next()?, rest.next()?];
        let mut times = Reader(rest.value(SEQUENCE)?);
        Some(Self {
            from_s: time(times.next()?)?,
            until_s: time(times.next()?)?,
        })
    }

    /// Returns for how long it has been over, if it is.
    pub(super) fn expired_s(self, now_s: i64) -> Option<i64> {
        (now_s > self.until_s).then(|| now_s.saturating_sub(self.until_s))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Takes a value of a tag.
    fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (seen, value) = self.next()?;
        (seen == tag).then_some(value)
    }

    /// Takes a value with its tag.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, short], rest) = self.0.split_first_chunk()?;
        let (len, rest) = if short < LONG {
            (usize::from(short), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(short - LONG))?;
            if digits.len() > size_of::<u32>() {
                return None;
            }
            let len = digits
                .iter()
                .fold(0, |len, &digit| len << 8 | usize::from(digit));
            (len, rest)
        };
        let (value, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((tag, value))
    }
}

/// Reads `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn time((tag, text): (u8, &[u8])) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    if rest.len() != 10 {
        return None;
    }
    let part = |at: usize| rest[at..at + 2].parse::<i64>().ok();
    let days = days(year, part(0)?, part(2)?);
    Some(days * super::DAY_S + part(4)? * 3600 + part(6)? * 60 + part(8)?)
}

/// Returns the days from the Unix epoch to a date of the Gregorian calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have the odd day at their end.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + day_of_year - DAYS_TO_EPOCH
}

/// Days from 1 March of the year 0 to the Unix epoch.
const DAYS_TO_EPOCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    #[test]
    fn times_of_both_forms_are_read() {
        let read = |tag, text: &str| time((tag, text.as_bytes()));
        assert_eq!(read(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(read(UTC_TIME, "270115080000Z"), Some(1_800_000_000));
        assert_eq!(read(UTC_TIME, "491231235959Z"), Some(2_524_607_999));
        assert_eq!(
            read(GENERALIZED_TIME, "20500101000000Z"),
            Some(2_524_608_000)
        );
        assert_eq!(read(GENERALIZED_TIME, "20000229120000Z"), Some(951_825_600));
        for wrong in [
            "",
            "Z",
            "2701150800Z",
            "270115080000",
            "27011508000xZ",
            "+70115080000Z",
        ] {
            assert_eq!(read(UTC_TIME, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_a_certificate_says_is_read() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["host".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2051, 7, 1);
        let made = params.self_signed(&key).unwrap();
        let read = Validity::of(made.der()).unwrap();
        let day = |year, month| days(year, month, 1) * super::super::DAY_S;
        assert_eq!((read.from_s, read.until_s), (day(2026, 1), day(2051, 7)));
        assert_eq!(read.expired_s(read.until_s), None);
        assert_eq!(read.expired_s(read.until_s + 5), Some(5));
        for cut in 0..made.der().len().min(200) {
            let _nothing_or_the_same = Validity::of(&made.der()[..cut]);
        }
        assert_eq!(Validity::of(b""), None);
        assert_eq!(Validity::of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
