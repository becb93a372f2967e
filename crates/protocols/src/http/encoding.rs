//! Undoes content codings of the kept part of a body, within limits.
//!
//! Output never exceeds the number of bytes a column keeps, and input is what was kept, so that
//! neither a decompression bomb nor a large body costs more than a small one. A body that was
//! cut gives what its kept part decodes to. zstd decodes whole blocks only, so a cut first block
//! gives nothing.

use std::io::{ErrorKind, Read};

/// One coding (RFC 9110 8.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Coding {
    Br,
    Deflate,
    Gzip,
    #[default]
    Identity,
    Unknown,
    Zstd,
}

impl Coding {
    pub(super) fn from_name(name: &[u8]) -> Self {
        const NAMES: &[(&[u8], Coding)] = &[
            (b"gzip", Coding::Gzip),
            (b"x-gzip", Coding::Gzip),
            (b"br", Coding::Br),
            (b"deflate", Coding::Deflate),
            (b"zstd", Coding::Zstd),
            (b"identity", Coding::Identity),
            (b"aws-chunked", Coding::Identity),
        ];
        let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map_or(Self::Unknown, |(_, coding)| *coding)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Br => "br",
            Self::Deflate => "deflate",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
            Self::Unknown => "unknown",
            Self::Zstd => "zstd",
        }
    }
}

/// A decoded body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// True when there was more.
    pub(super) cut: bool,
}

/// Undoes codings, the last applied first. The error names the coding that is broken.
pub(super) fn decode(
    codings: &[Coding],
    body: &[u8],
    cut: bool,
    max: usize,
) -> Result<Decoded, &'static str> {
    let mut decoded = Decoded { bytes: body.to_vec(), cut };
    for &coding in codings.iter().rev() {
        if coding == Coding::Identity || decoded.bytes.is_empty() {
            continue;
        }
        decoded = decode_one(coding, &decoded.bytes, decoded.cut, max)?;
    }
    Ok(decoded)
}

fn decode_one(
    coding: Coding,
    input: &[u8],
    cut: bool,
    max: usize,
) -> Result<Decoded, &'static str> {
    match coding {
        Coding::Gzip => read_up_to(flate2::bufread::MultiGzDecoder::new(input), cut, max),
        Coding::Deflate if has_zlib_header(input) => {
            read_up_to(flate2::bufread::ZlibDecoder::new(input), cut, max)
        }
        // Some servers send raw deflate under this name.
        Coding::Deflate => read_up_to(flate2::bufread::DeflateDecoder::new(input), cut, max),
        Coding::Br => read_up_to(
            brotli_decompressor::Decompressor::new(input, BROTLI_BUFFER_BYTES),
            cut,
            max,
        ),
        Coding::Zstd => {
            let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(
                input,
                ZSTD_WINDOW_BYTES_MAX,
            );
            match decoder {
                Ok(decoder) => read_up_to(decoder, cut, max),
                Err(_) if cut && input.len() < ZSTD_HEADER_BYTES_MAX => Some(Decoded::nothing()),
                Err(_) => None,
            }
        }
        Coding::Identity => Some(Decoded { bytes: input.to_vec(), cut }),
        Coding::Unknown => None,
    }
    .ok_or_else(|| coding.name())
}

impl Decoded {
    const fn nothing() -> Self {
        Self { bytes: Vec::new(), cut: true }
    }
}

/// Reads until the end, the limit or an error. An error at the end of a cut input is expected;
/// any other means broken bytes, unless something was decoded from a cut input before.
fn read_up_to(mut reader: impl Read, cut: bool, max: usize) -> Option<Decoded> {
    let mut bytes = vec![0; max + 1];
    let mut len = 0;
    while len < bytes.len() {
        match reader.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let expected = cut && (len > 0 || is_end(&error));
                if !expected {
                    return None;
                }
                break;
            }
        }
    }
    let cut = cut || len > max;
    bytes.truncate(len.min(max));
    bytes.shrink_to_fit();
    Some(Decoded { bytes, cut })
}

/// The decoders report a missing end in their own ways: as such, as invalid data, as another.
fn is_end(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::Other)
}

fn has_zlib_header(input: &[u8]) -> bool {
    matches!(input, [cmf, flags, ..]
        if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)).is_multiple_of(31))
}

/// LIMIT: window of a zstd frame, as browsers limit it (RFC 9659).
const ZSTD_WINDOW_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Bytes of the longest zstd frame header.
const ZSTD_HEADER_BYTES_MAX: usize = 18;

/// Input is in memory already; the buffer only passes it on.
const BROTLI_BUFFER_BYTES: usize = 1024;
