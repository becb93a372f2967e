//! Check digits, and numbers that are never given out.

/// Countries and the length of their IBANs.
#[rustfmt::skip]
const IBAN_LENGTHS: &[([u8; 2], usize)] = &[
    (*b"AD", 24), (*b"AE", 23), (*b"AL", 28), (*b"AT", 20), (*b"AZ", 28), (*b"BA", 20),
    (*b"BE", 16), (*b"BG", 22), (*b"BH", 22), (*b"BR", 29), (*b"BY", 28), (*b"CH", 21),
    (*b"CR", 22), (*b"CY", 28), (*b"CZ", 24), (*b"DE", 22), (*b"DK", 18), (*b"DO", 28),
    (*b"EE", 20), (*b"ES", 24), (*b"FI", 18), (*b"FO", 18), (*b"FR", 27), (*b"GB", 22),
    (*b"GE", 22), (*b"GI", 23), (*b"GL", 18), (*b"GR", 27), (*b"GT", 28), (*b"HR", 21),
    (*b"HU", 28), (*b"IE", 22), (*b"IL", 23), (*b"IQ", 23), (*b"IS", 26), (*b"IT", 27),
    (*b"JO", 30), (*b"KW", 30), (*b"KZ", 20), (*b"LB", 28), (*b"LC", 32), (*b"LI", 21),
    (*b"LT", 20), (*b"LU", 20), (*b"LV", 21), (*b"MC", 27), (*b"MD", 24), (*b"ME", 22),
    (*b"MK", 19), (*b"MR", 27), (*b"MT", 31), (*b"MU", 30), (*b"NL", 18), (*b"NO", 15),
    (*b"PK", 24), (*b"PL", 28), (*b"PS", 29), (*b"PT", 25), (*b"QA", 29), (*b"RO", 24),
    (*b"RS", 22), (*b"SA", 24), (*b"SC", 31), (*b"SE", 24), (*b"SI", 19), (*b"SK", 24),
    (*b"SM", 27), (*b"ST", 25), (*b"SV", 28), (*b"TL", 23), (*b"TN", 24), (*b"TR", 26),
    (*b"UA", 29), (*b"VA", 22), (*b"VG", 24), (*b"XK", 20),
];

/// Returns true for what may stand between the groups of a number.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-')
}

/// Returns true if a text is an IBAN: country, length and check digits are right.
pub(super) fn is_iban(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !is_separator(*byte)).collect();
    let Some((head, rest)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    let country = [head[0].to_ascii_uppercase(), head[1].to_ascii_uppercase()];
    let known = IBAN_LENGTHS.iter().find(|(code, _)| *code == country);
    let Some((_, length)) = known else {
        return false;
    };
    if bytes.len() < *length {
        return false;
    }
    let remainder = rest.iter().chain(head).fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        b'A'..=b'Z' => (sum * 100 + u32::from(byte - b'A') + 10) % 97,
        // What the shape took in besides, for example the word that follows.
        _ => sum,
    });
    remainder == 1
}

/// Returns true if the last digit is the check digit of the others.
pub(super) fn has_luhn_digit(text: &str) -> bool {
    let digits = text.bytes().rev().filter(u8::is_ascii_digit);
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match digit * 2 {
                _ if place % 2 == 0 => digit,
                double if double > 9 => double - 9,
                double => double,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Returns true if a text can be a social security number.
pub(super) fn is_ssn(text: &str) -> bool {
    let mut groups = text.split([' ', '-']).filter(|group| !group.is_empty());
    let mut next = || groups.next().unwrap_or_default();
    let (area, group, serial) = (next(), next(), next());
    !matches!(area, "000" | "666") && !area.starts_with('9') && group != "00" && serial != "0000"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans() {
        for good in ["GB29NWBK60161331926819", "GB29 NWBK-6016 1331 9268 19"] {
            assert!(is_iban(good), "{good}");
        }
        for bad in [
            "GB29NWBK60161331926818",
            "GB29NWBK6016133192681",
            "ZZ29NWBK60161331926819",
            "gb29nwbk60161331926819",
            "GB",
        ] {
            assert!(!is_iban(bad), "{bad}");
        }
    }

    #[test]
    fn check_digits() {
        assert!(has_luhn_digit("4111 1111-1111 1111"));
        assert!(!has_luhn_digit("4111 1111 1111 1112"));
        assert!(!has_luhn_digit("5555 0000 0000 0000"));
    }

    #[test]
    fn social_security_numbers() {
        for good in ["001-01-0001", "303 - 58 8256", "899-99-9999"] {
            assert!(is_ssn(good), "{good}");
        }
        for bad in [
            "000-12-1234",
            "666-12-1234",
            "900-12-1234",
            "123-00-1234",
            "123-12-0000",
        ] {
            assert!(!is_ssn(bad), "{bad}");
        }
    }
}
