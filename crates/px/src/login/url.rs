//! Texts in URLs (RFC 3986, section 2).

/// Returns a text as it stands in the query of a URL.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte.into());
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Returns the value of a field in the query of a URL, or of its part behind the `?`.
pub(super) fn field(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?').map_or(url, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let mut fields = query.split('&').filter_map(|field| field.split_once('='));
    let (_, value) = fields.find(|(key, _)| *key == name)?;
    decode(value)
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let text = "a b+c&d=e%/ü?#";
        let url = format!(
            "http://localhost:8085/x?before=1&it={}&after=2#it=3",
            encode(text)
        );
        assert_eq!(field(&url, "it").as_deref(), Some(text));
        assert_eq!(field("a=1&b=x+y", "b").as_deref(), Some("x y"));
        for broken in ["it=%", "it=%2", "it=%zz", "it=%ff", "other=1", ""] {
            assert_eq!(field(broken, "it"), None, "{broken}");
        }
    }
}
