//! Encrypts batches for the holder of a key: JWE in compact serialisation, with RSA-OAEP-256,
//! A256GCM and, if asked for, DEFLATE.

use crate::grpc::status;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use nixie_api::proto::MESSAGE_BYTES_MAX;
use nixie_api::proto::vizierpb::execute_script_request::EncryptionOptions;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use rsa::{BigUint, Oaep, RsaPublicKey};
use sha2::Sha256;
use std::io::Write;
use tonic::Status;

const KEY_ALGORITHM: &str = "RSA-OAEP-256";
const CONTENT_ALGORITHM: &str = "A256GCM";
const DEFLATE: &str = "DEF";

/// LIMIT: bytes of a key as JSON; one of 4096 bits has about 800.
const JWK_BYTES_MAX: usize = 16 * 1024;

/// LIMIT: fewest bits of a key.
const KEY_BITS_MIN: usize = 2048;

const CONTENT_KEY_BYTES: usize = 32;

/// Encrypts for one client.
#[derive(Debug)]
pub(crate) struct Encryptor {
    key: RsaPublicKey,
    compress: bool,
    /// The protected header as it is sent; authenticated with the content.
    header: String,
    random: SystemRandom,
}

impl Encryptor {
    /// Reads what a client asks for.
    pub(crate) fn new(options: &EncryptionOptions) -> Result<Self, Status> {
        expect("key_alg", &options.key_alg, &[KEY_ALGORITHM])?;
        expect("content_alg", &options.content_alg, &[CONTENT_ALGORITHM])?;
        expect("compression_alg", &options.compression_alg, &[DEFLATE, ""])?;
        let compress = options.compression_alg == DEFLATE;
        let mut header = serde_json::json!({"alg": KEY_ALGORITHM, "enc": CONTENT_ALGORITHM});
        if compress {
            header["zip"] = DEFLATE.into();
        }
        Ok(Self {
            key: public_key(&options.jwk_key)?,
            compress,
            header: URL_SAFE_NO_PAD.encode(header.to_string()),
            random: SystemRandom::new(),
        })
    }

    /// Returns content in the form that only the holder of the key can read.
    pub(crate) fn encrypt(&self, content: &[u8]) -> Result<Bytes, Status> {
        let failed = |_| Status::internal("encrypting a batch failed");
        let mut key = [0; CONTENT_KEY_BYTES];
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut key).map_err(failed)?;
        self.random.fill(&mut nonce).map_err(failed)?;
        let padding = Oaep::new::<Sha256>();
        let encrypted_key = self
            .key
            .encrypt(&mut rsa::rand_core::OsRng, padding, &key)
            .map_err(|error| Status::internal(format!("encrypting a key failed: {error}")))?;
        let mut content = self.packed(content)?;
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(failed)?);
        let tag = cipher
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.header.as_bytes()),
                &mut content,
            )
            .map_err(failed)?;
        let parts = [&encrypted_key[..], &nonce, &content, tag.as_ref()];
        let mut text = self.header.clone();
        for part in parts {
            text.push('.');
            URL_SAFE_NO_PAD.encode_string(part, &mut text);
        }
        if text.len() > MESSAGE_BYTES_MAX {
            return Err(Status::resource_exhausted(format!(
                "encrypted batch of {} bytes exceeds the limit of {MESSAGE_BYTES_MAX} bytes of a \
                 message; leave large columns out, or shorten them with `px.substring`",
                text.len()
            )));
        }
        Ok(Bytes::from(text))
    }

    fn packed(&self, content: &[u8]) -> Result<Vec<u8>, Status> {
        if !self.compress {
            return Ok(content.to_vec());
        }
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        let packed = deflate.write_all(content).and_then(|()| deflate.finish());
        packed.map_err(|error| Status::internal(format!("compressing a batch failed: {error}")))
    }
}

fn expect(field: &str, seen: &str, expected: &[&str]) -> Result<(), Status> {
    if expected.contains(&seen) {
        return Ok(());
    }
    let expected: Vec<String> = expected.iter().map(|name| format!("`{name}`")).collect();
    Err(Status::invalid_argument(format!(
        "encryption option `{field}` is `{}`; expected {}",
        status::shown(seen),
        expected.join(" or ")
    )))
}

/// Reads the public key of a JSON Web Key.
fn public_key(jwk: &str) -> Result<RsaPublicKey, Status> {
    let refused = |what: String| {
        Status::invalid_argument(format!(
            "encryption option `jwk_key` {what}; expected an RSA key of {KEY_BITS_MIN} to {} bits \
             as a JSON Web Key",
            RsaPublicKey::MAX_SIZE
        ))
    };
    if jwk.len() > JWK_BYTES_MAX {
        return Err(refused(format!("has {} bytes", jwk.len())));
    }
    let json: serde_json::Value =
        serde_json::from_str(jwk).map_err(|error| refused(format!("is no JSON, {error}")))?;
    if json["kty"] != "RSA" {
        return Err(refused(format!("is of type {}", json["kty"])));
    }
    let number = |name: &str| {
        let text = json[name]
            .as_str()
            .unwrap_or_default()
            .trim_end_matches('=');
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        if bytes.is_empty() {
            return Err(refused(format!("has no valid number `{name}`")));
        }
        Ok(BigUint::from_bytes_be(&bytes))
    };
    let modulus = number("n")?;
    let bits = modulus.bits();
    if bits < KEY_BITS_MIN {
        return Err(refused(format!("has {bits} bits")));
    }
    RsaPublicKey::new(modulus, number("e")?).map_err(|error| refused(format!("is none: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::DeflateDecoder;
    use rsa::traits::PublicKeyParts;
    use std::io::Read;

    fn options(key: &RsaPublicKey, compression: &str) -> EncryptionOptions {
        let number = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        EncryptionOptions {
            jwk_key: format!(
                r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#,
                number(key.n()),
                number(key.e())
            ),
            key_alg: KEY_ALGORITHM.to_owned(),
            content_alg: CONTENT_ALGORITHM.to_owned(),
            compression_alg: compression.to_owned(),
        }
    }

    #[test]
    fn only_the_holder_of_the_key_reads_the_content() {
        let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let content = b"row ".repeat(1000);
        for compression in [DEFLATE, ""] {
            let encryptor =
                Encryptor::new(&options(&private.to_public_key(), compression)).unwrap();
            let text = String::from_utf8(encryptor.encrypt(&content).unwrap().to_vec()).unwrap();
            let parts: Vec<&str> = text.split('.').collect();
            let [header, key, nonce, sealed, tag] = parts[..] else {
                panic!("{text}")
            };
            let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
            let fields: serde_json::Value = serde_json::from_slice(&decode(header)).unwrap();
            assert_eq!(fields["zip"].as_str().unwrap_or_default(), compression);
            let key = private
                .decrypt(Oaep::new::<Sha256>(), &decode(key))
                .unwrap();
            let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
            let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)).unwrap();
            let mut sealed = [decode(sealed), decode(tag)].concat();
            let opened = cipher.open_in_place(nonce, Aad::from(header.as_bytes()), &mut sealed);
            let opened = opened.unwrap();
            let mut plain = Vec::new();
            if compression == DEFLATE {
                DeflateDecoder::new(&*opened)
                    .read_to_end(&mut plain)
                    .unwrap();
            } else {
                plain.extend_from_slice(opened);
            }
            assert_eq!(plain, content);
            assert_ne!(
                encryptor.encrypt(&content).unwrap(),
                text,
                "keys are used once"
            );
        }
    }

    #[test]
    fn options_that_are_not_understood_are_named() {
        let good = EncryptionOptions {
            jwk_key: String::new(),
            key_alg: KEY_ALGORITHM.to_owned(),
            content_alg: CONTENT_ALGORITHM.to_owned(),
            compression_alg: DEFLATE.to_owned(),
        };
        let message = |options: &EncryptionOptions| {
            let status = Encryptor::new(options).unwrap_err();
            assert_eq!(status.code(), tonic::Code::InvalidArgument);
            status.message().to_owned()
        };
        let with = |jwk: &str| EncryptionOptions {
            jwk_key: jwk.to_owned(),
            ..good.clone()
        };
        for (options, expected) in [
            (
                EncryptionOptions {
                    key_alg: "RSA1_5".into(),
                    ..good.clone()
                },
                "`key_alg` is `RSA1_5`",
            ),
            (
                EncryptionOptions {
                    content_alg: String::new(),
                    ..good.clone()
                },
                "`content_alg` is ``",
            ),
            (
                EncryptionOptions {
                    compression_alg: "GZ".into(),
                    ..good.clone()
                },
                "expected `DEF`",
            ),
            (with("{"), "is no JSON"),
            (with(r#"{"kty":"EC"}"#), "is of type \"EC\""),
            (
                with(r#"{"kty":"RSA","n":"!!","e":"AQAB"}"#),
                "no valid number `n`",
            ),
            (
                with(r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#),
                "has 17 bits",
            ),
            (with(&"x".repeat(20_000)), "has 20000 bytes"),
        ] {
            let message = message(&options);
            assert!(message.contains(expected), "{message}");
        }
    }
}
