//! Content codings (RFC 9110 §8.4.1): how a body is compressed.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::header::Headers;

/// A body after its content coding has been removed.
pub(super) struct Decoded {
    /// The decoded bytes, at most the limit.
    pub(super) bytes: Vec<u8>,
    /// Whether the whole body was decoded and within the limit.
    pub(super) complete: bool,
}

/// Decodes a body that is compressed with gzip or deflate, as its headers say, to at most `limit`
/// bytes. Returns `None` if it is not compressed.
///
/// # Errors
///
/// The names of the codings, if one is not supported or nothing can be decoded.
pub(super) fn decode(
    headers: &Headers,
    body: &[u8],
    limit: usize,
) -> Result<Option<Decoded>, String> {
    let codings: Vec<_> = headers
        .get_all("Content-Encoding")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(|coding| String::from_utf8_lossy(coding.trim_ascii()).to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if codings.is_empty() || body.is_empty() {
        return Ok(None);
    }
    let decoded = match codings.as_slice() {
        [coding] if coding == "gzip" || coding == "x-gzip" => read(GzDecoder::new(body), limit),
        // Servers send either format as "deflate": zlib (RFC 1950), which is correct, and raw
        // deflate (RFC 1951).
        [coding] if coding == "deflate" => {
            read(ZlibDecoder::new(body), limit).or_else(|| read(DeflateDecoder::new(body), limit))
        }
        _ => None,
    };
    decoded.map(Some).ok_or_else(|| codings.join(", "))
}

/// Decodes as much as is valid; `None` if nothing is.
fn read(decoder: impl Read, limit: usize) -> Option<Decoded> {
    let mut bytes = Vec::new();
    let read = decoder.take(limit as u64 + 1).read_to_end(&mut bytes);
    let complete = read.is_ok() && bytes.len() <= limit;
    bytes.truncate(limit);
    (complete || !bytes.is_empty()).then_some(Decoded { bytes, complete })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use flate2::Compression;

    use super::super::header::Header;
    use super::*;

    const TEXT: &[u8] = b"{\"message\":\"token expired\"}";

    const LIMIT: usize = 64 << 10;

    fn decoded(coding: &str, bytes: &[u8]) -> Result<Option<Decoded>, String> {
        let mut headers = Headers::default();
        headers.push(Header::new("content-encoding", coding));
        decode(&headers, bytes, LIMIT)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn deflate(text: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn gzip_and_both_kinds_of_deflate_are_decoded() {
        for (coding, bytes) in [
            ("gzip", gzip(TEXT)),
            (" X-GZIP ", gzip(TEXT)),
            ("gzip, identity", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
        ] {
            let body = decoded(coding, &bytes).expect(coding).expect(coding);
            assert_eq!((body.bytes.as_slice(), body.complete), (TEXT, true));
        }
        for (coding, bytes) in [("identity", TEXT), ("", TEXT), ("gzip", b"")] {
            assert!(matches!(decoded(coding, bytes), Ok(None)), "{coding}");
        }
    }

    #[test]
    fn unsupported_codings_are_reported_by_name() {
        for (coding, bytes, name) in [
            ("br", &b"\x0b\x02\x80"[..], "br"),
            ("zstd", b"x", "zstd"),
            ("gzip, br", b"x", "gzip, br"),
            ("gzip", b"not gzip", "gzip"),
            ("deflate", b"\xff\xff", "deflate"),
        ] {
            assert_eq!(decoded(coding, bytes).err().as_deref(), Some(name));
        }
    }

    #[test]
    fn truncated_bodies_are_decoded_in_part_and_bombs_up_to_the_limit() {
        let text: Vec<u8> = (0..=u8::MAX).cycle().take(1000).collect();
        let whole = gzip(&text);
        let decode = |bytes: &[u8]| decoded("gzip", bytes).expect("gzip").expect("gzip");
        let body = decode(&whole[..whole.len() - 20]);
        assert!(!body.complete && text.starts_with(&body.bytes) && !body.bytes.is_empty());
        let body = decode(&gzip(&vec![b'x'; 10 << 20]));
        assert!(!body.complete);
        assert_eq!(body.bytes, vec![b'x'; LIMIT]);
    }
}
