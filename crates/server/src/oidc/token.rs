//! A token: three parts, of which the last signs the others (RFC 7515, RFC 7519).

use super::keys::{Algorithm, Key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// LIMIT: bytes of a token.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// LIMIT: bytes of the name that a provider gives a person.
const SUBJECT_BYTES_MAX: usize = 255;

/// LIMIT: seconds that clocks of provider and agent may differ.
const SKEW_S: i64 = 60;

/// Kinds of tokens that let in; others, such as those that end a session, are no proof of anything.
const KINDS: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// What every such token begins with: the start of a JSON object in base64.
const BEGINNING: &str = "eyJ";

/// Why a token does not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("token is none of OpenID Connect: {0}")]
    Malformed(&'static str),
    #[error("token is signed by `{seen}`; expected one of {}", Algorithm::names())]
    Algorithm { seen: String },
    #[error("token is signed with a key that its provider does not have, or no longer")]
    UnknownKey,
    #[error("signature of the token is wrong")]
    Signature,
    #[error("token is of another provider, `{seen}`; expected `{expected}`")]
    Issuer { seen: String, expected: String },
    #[error("token is for somebody else; expected `aud` to be `{expected}`")]
    Audience { expected: String },
    #[error("token has expired {ago_s} s ago; log in again with `px auth login`")]
    Expired { ago_s: i64 },
    #[error(
        "token is not good for another {in_s} s; do the clocks of this host and its provider agree?"
    )]
    Early { in_s: i64 },
    #[error(
        "none of the person's groups has a role here; an administrator gives one with `--oidc-role GROUP=ROLE`"
    )]
    NoRole,
}

/// Whom tokens must be of, and for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) now_s: i64,
}

/// What a token says that is good.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checked {
    /// The name that the provider gives the person.
    pub(super) subject: String,
    pub(super) claims: Map<String, Value>,
    /// From when on the token lets nobody in, in seconds since the epoch.
    pub(super) until_s: i64,
}

/// Tells whether a secret looks like a token.
pub(super) fn is_token(secret: &str) -> bool {
    secret.starts_with(BEGINNING) && secret.matches('.').count() == 2
}

/// Checks a token by all of its claims and its signature.
pub(super) fn check(
    token: &str,
    keys: &[Key],
    expected: Expected<'_>,
) -> Result<Checked, TokenError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Malformed("it is longer than 16 KiB"));
    }
    let (signed, signature) = token
        .rsplit_once('.')
        .ok_or(TokenError::Malformed("it has one part"))?;
    let (header, claims) = signed
        .split_once('.')
        .ok_or(TokenError::Malformed("it has two parts"))?;
    let header = object(header).ok_or(TokenError::Malformed("its header is no JSON object"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature);
    let signature = signature.map_err(|_| TokenError::Malformed("its signature is no base64"))?;
    let claims = object(claims).ok_or(TokenError::Malformed("its claims are no JSON object"))?;
    // First, so that the provider is not asked for the keys of another one.
    check_issuer(&claims, expected.issuer)?;
    check_signature(&header, keys, signed.as_bytes(), &signature)?;
    let until_s = check_claims(&claims, expected)?;
    let subject = claims.get("sub").and_then(Value::as_str);
    let subject = subject.filter(|name| (1..=SUBJECT_BYTES_MAX).contains(&name.len()));
    let subject = subject.ok_or(TokenError::Malformed("it names nobody in `sub`"))?;
    Ok(Checked {
        subject: subject.to_owned(),
        claims,
        until_s,
    })
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_signature(
    header: &Map<String, Value>,
    keys: &[Key],
    signed: &[u8],
    signature: &[u8],
) -> Result<(), TokenError> {
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    if header.contains_key("crit") {
        return Err(TokenError::Malformed("it needs an extension"));
    }
    let kind = text("typ").map(str::to_ascii_lowercase);
    if kind.is_some_and(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(TokenError::Malformed("it is of another kind"));
    }
    let name = text("alg").unwrap_or_default();
    let algorithm = Algorithm::from_name(name).ok_or_else(|| TokenError::Algorithm {
        seen: name.chars().take(20).collect(),
    })?;
    let id = text("kid");
    let named = |key: &&Key| id.is_none() || key.id.as_deref() == id;
    let mut candidates = keys.iter().filter(named).peekable();
    if candidates.peek().is_none() {
        return Err(TokenError::UnknownKey);
    }
    match candidates.any(|key| key.has_signed(algorithm, signed, signature)) {
        true => Ok(()),
        false => Err(TokenError::Signature),
    }
}

fn check_issuer(claims: &Map<String, Value>, expected: &str) -> Result<(), TokenError> {
    let issuer = claims.get("iss").and_then(Value::as_str);
    let issuer = issuer.unwrap_or_default();
    if issuer == expected {
        return Ok(());
    }
    Err(TokenError::Issuer {
        seen: issuer.chars().take(100).collect(),
        expected: expected.to_owned(),
    })
}

/// Checks the claims; returns from when on the token is no longer good.
fn check_claims(claims: &Map<String, Value>, expected: Expected<'_>) -> Result<i64, TokenError> {
    let is_for = |value: &Value| value.as_str() == Some(expected.audience);
    let is_meant = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(is_for),
        Some(one) => is_for(one),
        None => false,
    };
    if !is_meant {
        return Err(TokenError::Audience {
            expected: expected.audience.to_owned(),
        });
    }
    let expires_s = time(claims, "exp")?.ok_or(TokenError::Malformed("it never expires"))?;
    let ago_s = expected.now_s.saturating_sub(expires_s);
    if ago_s >= SKEW_S {
        return Err(TokenError::Expired { ago_s });
    }
    let from_s = time(claims, "nbf")?.unwrap_or(expected.now_s);
    let in_s = from_s.saturating_sub(expected.now_s);
    if in_s > SKEW_S {
        return Err(TokenError::Early { in_s });
    }
    Ok(expires_s.saturating_add(SKEW_S))
}

/// Returns a time in seconds, if it is there.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, TokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    // Fractions of a second are allowed.
    let seconds = value.as_i64().or_else(|| {
        let seconds = value.as_f64()?;
        (seconds.abs() < 1e15).then_some(seconds as i64)
    });
    let seconds = seconds.ok_or(TokenError::Malformed("one of its times is no number"))?;
    Ok(Some(seconds))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::keys;
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
    use rsa::traits::PublicKeyParts;
    use rsa::{Pkcs1v15Sign, RsaPrivateKey};
    use serde_json::json;
    use sha2::{Digest, Sha256};

    const NOW_S: i64 = 1_800_000_000;
    const ISSUER: &str = "https://id.example.org";

    /// What comes before a SHA-256 in a signature (RFC 8017, section 9.2).
    const SHA256_PREFIX: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(in crate::oidc) struct Signer {
        pair: Ed25519KeyPair,
        keys: Vec<Key>,
    }

    impl Signer {
        pub(in crate::oidc) fn new() -> Self {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
            let mut set = key_set(&pair);
            set["keys"][0]["kid"] = "a".into();
            let keys = keys::read(&set).unwrap();
            Self { pair, keys }
        }

        /// Returns what its provider tells, if it gives its keys no names.
        pub(in crate::oidc) fn nameless(&self) -> Value {
            key_set(&self.pair)
        }

        pub(in crate::oidc) fn token(&self, header: &Value, claims: &Value) -> String {
            let signed = format!(
                "{}.{}",
                encode(header.to_string()),
                encode(claims.to_string())
            );
            let signature = self.pair.sign(signed.as_bytes());
            format!("{signed}.{}", encode(signature))
        }

        fn check(&self, token: &str) -> Result<String, TokenError> {
            let expected = Expected {
                issuer: ISSUER,
                audience: "px",
                now_s: NOW_S,
            };
            check(token, &self.keys, expected).map(|checked| checked.subject)
        }
    }

    fn key_set(pair: &Ed25519KeyPair) -> Value {
        let public = encode(pair.public_key());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": public}]})
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "kid": "a", "typ": "JWT"})
    }

    fn claims(change: &[(&str, Value)]) -> Value {
        let mut claims = json!({"iss": ISSUER, "aud": "px", "sub": "ada", "exp": NOW_S + 60});
        for (name, value) in change {
            claims[name] = value.clone();
        }
        claims
    }

    #[test]
    fn claims_are_checked_one_by_one() {
        let signer = Signer::new();
        let ask =
            |change: &[(&str, Value)]| signer.check(&signer.token(&header(), &claims(change)));
        assert_eq!(ask(&[]), Ok("ada".to_owned()));
        assert!(ask(&[("aud", json!(["other", "px"])), ("nbf", json!(NOW_S + 59))]).is_ok());
        assert!(ask(&[("exp", json!(NOW_S - 59))]).is_ok(), "clocks differ");
        assert!(ask(&[("exp", json!(NOW_S as f64 + 0.5))]).is_ok());
        let expired = TokenError::Expired { ago_s: 60 };
        assert_eq!(ask(&[("exp", json!(NOW_S - 60))]), Err(expired));
        assert_eq!(
            ask(&[("nbf", json!(NOW_S + 61))]),
            Err(TokenError::Early { in_s: 61 })
        );
        for change in [
            [("iss", json!("https://id.example.org/"))],
            [("iss", json!(null))],
            [("aud", json!("pxx"))],
            [("aud", json!([]))],
            [("aud", json!({"px": "px"}))],
            [("exp", json!(null))],
            [("exp", json!("1900000000"))],
            [("nbf", json!("1"))],
            [("sub", json!(""))],
            [("sub", json!("x".repeat(256)))],
            [("sub", json!(7))],
        ] {
            assert!(ask(&change).is_err(), "{change:?}");
        }
        let mut endless = claims(&[]);
        endless.as_object_mut().unwrap().remove("exp");
        let token = signer.token(&header(), &endless);
        assert_eq!(
            signer.check(&token),
            Err(TokenError::Malformed("it never expires"))
        );
    }

    #[test]
    fn headers_that_let_others_sign_are_refused() {
        let signer = Signer::new();
        let ask = |header: Value| signer.check(&signer.token(&header, &claims(&[])));
        assert!(
            ask(json!({"alg": "EdDSA"})).is_ok(),
            "there is one key only"
        );
        for (header, expected) in [
            (json!({"alg": "none", "kid": "a"}), "signed by `none`"),
            (json!({"alg": "HS256", "kid": "a"}), "signed by `HS256`"),
            (json!({"kid": "a"}), "signed by ``"),
            (json!({"alg": "EdDSA", "kid": "b"}), "does not have"),
            (
                json!({"alg": "RS256", "kid": "a"}),
                "signature of the token is wrong",
            ),
            (json!({"alg": "EdDSA", "crit": ["x"]}), "needs an extension"),
            (
                json!({"alg": "EdDSA", "typ": "logout+jwt"}),
                "of another kind",
            ),
        ] {
            let error = ask(header).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let token = signer.token(&header(), &claims(&[]));
        let other = Signer::new();
        assert_eq!(other.check(&token), Err(TokenError::Signature));
        let (signed, _) = token.rsplit_once('.').unwrap();
        for wrong in ["", "AAAA", "!"] {
            assert!(
                signer.check(&format!("{signed}.{wrong}")).is_err(),
                "{wrong}"
            );
        }
        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let forged = encode(claims(&[("sub", json!("eve"))]).to_string());
        let forged = format!("{head}.{forged}.{signature}");
        assert_eq!(signer.check(&forged), Err(TokenError::Signature));
        for wrong in ["", ".", "..", "a.b.c", "e30.e30.", &"x".repeat(20_000)] {
            assert!(signer.check(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_of_each_kind_check_what_they_have_signed() {
        let message = b"message";
        let rsa = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let digest = [&SHA256_PREFIX[..], &Sha256::digest(message)].concat();
        let by_rsa = rsa.sign(Pkcs1v15Sign::new_unprefixed(), &digest).unwrap();
        let random = SystemRandom::new();
        let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8.as_ref(), &random).unwrap();
        let by_curve = pair.sign(&random, message).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let number = |number: &rsa::BigUint| encode(number.to_bytes_be());
        let set = json!({"keys": [
            {"kty": "RSA", "n": number(rsa.n()), "e": number(rsa.e())},
            {"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)},
            {"kty": "RSA", "use": "enc", "n": number(rsa.n()), "e": number(rsa.e())},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
            {"kty": "oct", "k": "c2VjcmV0"},
            {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
            "no key",
        ]});
        let keys = keys::read(&set).unwrap();
        let [of_rsa, of_curve] = &keys[..] else {
            panic!("{keys:?}")
        };
        assert!(of_rsa.has_signed(Algorithm::Rs256, message, &by_rsa));
        assert!(of_curve.has_signed(Algorithm::Es256, message, by_curve.as_ref()));
        assert!(!of_rsa.has_signed(Algorithm::Ps256, message, &by_rsa));
        assert!(!of_rsa.has_signed(Algorithm::Rs384, message, &by_rsa));
        assert!(!of_rsa.has_signed(Algorithm::Rs256, b"other", &by_rsa));
        assert!(!of_curve.has_signed(Algorithm::Es384, message, by_curve.as_ref()));
        assert!(!of_curve.has_signed(Algorithm::Rs256, message, &by_rsa));
        assert_eq!(keys::read(&json!({"key": []})), None);
    }
}
