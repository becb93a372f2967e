//! The keys of a provider (RFC 7517), and signatures that were made with them (RFC 7518).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

/// LIMIT: keys of a provider; providers have a few.
const KEYS_MAX: usize = 64;

/// LIMIT: fewest and most bytes of an RSA key's modulus.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Begins an uncompressed point of an elliptic curve.
const UNCOMPRESSED: u8 = 4;

/// How a token may be signed. What has no public key, such as `none` and `HS256`, is not among it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    const ALL: [(&'static str, Self); 9] = [
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, algorithm)| algorithm)
    }

    pub(super) fn names() -> String {
        Self::ALL.map(|(name, _)| name).join(", ")
    }

    /// Returns how RSA checks such signatures.
    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            Self::Es256 | Self::Es384 | Self::EdDsa => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its name; providers with one key may have none.
    pub(super) id: Option<String>,
    /// The only way in which it signs, if it has one.
    algorithm: Option<Algorithm>,
    material: Material,
}

impl Key {
    /// Reads a key; `None` if it signs nothing that is understood here.
    fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|used| used != "sig") {
            return None;
        }
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let n = bytes("n").filter(|n| RSA_BYTES.contains(&n.len()))?;
                Material::Rsa { n, e: bytes("e")? }
            }
            ("EC", Some("P-256")) => Material::P256(point(bytes("x")?, bytes("y")?, 32)?),
            ("EC", Some("P-384")) => Material::P384(point(bytes("x")?, bytes("y")?, 48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x")?),
            _ => return None,
        };
        let algorithm = match text("alg") {
            Some(name) => Some(Algorithm::from_name(name)?),
            None => None,
        };
        Some(Self {
            id: text("kid").map(str::to_owned),
            algorithm,
            material,
        })
    }

    /// Tells whether the key has made a signature. A key signs in the ways of its own kind only.
    pub(super) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signed: &[u8]) -> bool {
        if self.algorithm.is_some_and(|only| only != algorithm) {
            return false;
        }
        let checked = match (&self.material, algorithm) {
            (Material::Rsa { n, e }, algorithm) => algorithm
                .rsa()
                .map(|rsa| RsaPublicKeyComponents { n, e }.verify(rsa, message, signed)),
            (Material::P256(key), Algorithm::Es256) => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key);
                Some(key.verify(message, signed))
            }
            (Material::P384(key), Algorithm::Es384) => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, key);
                Some(key.verify(message, signed))
            }
            (Material::Ed25519(key), Algorithm::EdDsa) => {
                let key = UnparsedPublicKey::new(&signature::ED25519, key);
                Some(key.verify(message, signed))
            }
            _ => None,
        };
        matches!(checked, Some(Ok(())))
    }
}

fn point(x: Vec<u8>, y: Vec<u8>, len: usize) -> Option<Vec<u8>> {
    (x.len() == len && y.len() == len).then(|| [vec![UNCOMPRESSED], x, y].concat())
}

/// Reads the keys of a set; those that are not understood are left out.
pub(super) fn read(set: &Value) -> Option<Vec<Key>> {
    let keys = set.get("keys")?.as_array()?;
    Some(keys.iter().filter_map(Key::read).take(KEYS_MAX).collect())
}
