//! Amounts of memory on the command line, for example `256MiB`.

/// Returns the bytes that a text such as `256MiB`, `64MB`, `1GiB` or `65536` means.
pub(crate) fn parse(text: &str) -> Result<usize, String> {
    let expected = || format!("got `{text}`, expected a number of bytes such as `256MiB`");
    let digits = text
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: usize = number.parse().map_err(|_| expected())?;
    let factor: usize = match unit.trim() {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(expected()),
    };
    number.checked_mul(factor).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65_536),
            ("64MB", 64_000_000),
            ("256MiB", 256 << 20),
            ("1 GiB", 1 << 30),
            ("3K", 3072),
        ] {
            assert_eq!(parse(text), Ok(bytes));
        }
    }

    #[test]
    fn other_text_is_named() {
        for text in [
            "",
            "MiB",
            "-1",
            "1.5GiB",
            "1TiB",
            "99999999999999999999",
            "17179869184GiB",
        ] {
            assert!(
                parse(text).unwrap_err().contains(&format!("`{text}`")),
                "{text}"
            );
        }
    }
}
