//! Reading certificate and key files, and recognizing formats that must be converted.

use std::io;
use std::path::Path;

use memchr::memmem;

use crate::sys::file::{without_byte_order_mark, Inputs};

/// The maximum size in bytes of a file with certificates or a key.
pub const LARGEST_FILE: u64 = 16 << 20;

/// Reads a file and removes a byte order mark, which some editors add.
pub fn read(path: &Path, inputs: &Inputs) -> io::Result<Vec<u8>> {
    let bytes = inputs.read(path, LARGEST_FILE)?;
    Ok(match without_byte_order_mark(&bytes) {
        rest if rest.len() < bytes.len() => rest.to_vec(),
        _ => bytes,
    })
}

/// The path, quoted for a shell if necessary.
#[must_use]
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// The object identifiers of PKCS#7 signed data and data (RFC 2315 §14), in DER. The first is in a
/// bundle of certificates, the second in PKCS#12 (RFC 7292 §4).
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

/// The format of a file without a usable certificate, and the command that converts it to PEM.
#[must_use]
pub fn explain_format(bytes: &[u8], path: &Path) -> Option<(String, String)> {
    let has = |label: &str| memmem::find(bytes, format!("-----BEGIN {label}-----").as_bytes());
    // The identifier is at the beginning; a certificate contains others later.
    let begins_with = |id: &[u8]| memmem::find(&bytes[..bytes.len().min(40)], id).is_some();
    let (cause, command) = if has("TRUSTED CERTIFICATE").is_some() {
        ("OpenSSL's TRUSTED CERTIFICATE, not CERTIFICATE", "x509")
    } else if has("PKCS7").is_some() {
        ("PKCS#7, not PEM certificates", "pkcs7 -print_certs")
    } else if bytes.first() != Some(&0x30) {
        // Not a SEQUENCE in DER (X.690 §8.9).
        return None;
    } else if begins_with(SIGNED_DATA) {
        ("PKCS#7 in DER, not PEM", "pkcs7 -inform DER -print_certs")
    } else if begins_with(DATA) {
        ("PKCS#12, not PEM", "pkcs12 -nokeys")
    } else {
        ("DER, not PEM", "x509 -inform DER")
    };
    let file = quoted(path);
    let hint = format!("convert it: openssl {command} -in {file} -out cert.pem");
    Some((format!("the format is {cause}"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_the_shell() {
        assert_eq!(quoted(Path::new("a b.p12")), "'a b.p12'");
        assert_eq!(quoted(Path::new("it's")), r"'it'\''s'");
    }

    #[test]
    fn formats_have_a_conversion_command() {
        let pkcs7 = [b"\x30\x82\x01\x00\x06\x09", SIGNED_DATA, b"\xa0"].concat();
        let pkcs12 = [
            b"\x30\x82\x01\x00\x02\x01\x03\x30\x82\x01\x00\x06\x09",
            DATA,
        ]
        .concat();
        for (bytes, command) in [
            (&b"\x30\x82\x03\x00\x30\x82"[..], "x509 -inform DER -in"),
            (
                b"# x\n-----BEGIN TRUSTED CERTIFICATE-----\nAAAA",
                "x509 -in",
            ),
            (b"-----BEGIN PKCS7-----\nAAAA", "pkcs7 -print_certs -in"),
            (&pkcs7, "pkcs7 -inform DER -print_certs -in"),
            (&pkcs12, "pkcs12 -nokeys -in"),
        ] {
            let (_, hint) = explain_format(bytes, Path::new("f")).expect("it is known");
            assert_eq!(
                hint,
                format!("convert it: openssl {command} 'f' -out cert.pem")
            );
        }
        for other in [&b""[..], b"hello", b"-----BEGIN PRIVATE KEY-----"] {
            assert_eq!(explain_format(other, Path::new("f")), None);
        }
    }
}
