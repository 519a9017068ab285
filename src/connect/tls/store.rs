//! The system's certificates, read when they are needed.
//!
//! The TLS library parses the whole bundle of the system, twice, for each connector, whether it is
//! of use or not: tens of milliseconds before the first byte. Where the system also keeps its
//! certificates in a directory by the hash of their subjects, OpenSSL looks up in there the one that
//! it needs. So the library is shown an empty bundle, in the variable that both of them heed.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use memchr::memmem;

/// Where OpenSSL is told to find the bundle.
const BUNDLE: &str = "SSL_CERT_FILE";
/// Where OpenSSL is told to find the directory.
const DIRECTORY: &str = "SSL_CERT_DIR";
/// A bundle that is there and holds nothing.
const NOTHING: &str = "/dev/null";

/// Lets the system's certificates be read one by one, if the user points to no others and the
/// system's directory has all that its bundle has.
///
/// It sets a variable of the environment, which child processes inherit and other threads may read:
/// only for a run that starts no program, and before it starts a thread.
pub fn read_lazily() {
    if [BUNDLE, DIRECTORY].map(std::env::var_os) != [None::<OsString>, None] {
        return;
    }
    let system = openssl_probe::probe();
    let Some(bundle) = system.cert_file else {
        return;
    };
    if system.cert_dir.iter().any(|dir| holds_all(dir, &bundle)) {
        std::env::set_var(BUNDLE, NOTHING);
    }
}

/// Whether `directory` has as many certificates by their hash as stand in `bundle`.
fn holds_all(directory: &Path, bundle: &Path) -> bool {
    let (Ok(entries), Ok(pem)) = (fs::read_dir(directory), fs::read(bundle)) else {
        return false;
    };
    let hashed = entries
        .flatten()
        .filter(|entry| is_hash(&entry.file_name()))
        .count();
    let bundled = memmem::find_iter(&pem, "-----BEGIN").count();
    bundled > 0 && hashed >= bundled
}

/// Whether a file is named as OpenSSL looks for it: the hash of the subject in hexadecimal, and a
/// number for those that have the same.
fn is_hash(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let Some((hash, [b'.', number @ ..])) = name.split_at_checked(8) else {
        return false;
    };
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    hash.iter().all(u8::is_ascii_hexdigit) && is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_directory_stands_for_a_bundle_only_if_it_has_as_many() {
        let system = tempfile::tempdir().expect("a directory");
        let bundle = system.path().join("ca-certificates.crt");
        let put = |name: &str, text: &str| {
            fs::write(system.path().join(name), text).expect("room on the disk");
        };
        put("ca-certificates.crt", &ONE.repeat(2));
        put("5ed36f99.0", ONE);
        put("issuer.pem", ONE);
        put("5ed36f99.r0", "a revocation list");
        assert!(!holds_all(system.path(), &bundle), "one of two");
        put("5ed36f99.1", ONE);
        assert!(holds_all(system.path(), &bundle), "both");
    }

    #[test]
    fn an_empty_bundle_and_one_that_is_not_there_are_left_alone() {
        let system = tempfile::tempdir().expect("a directory");
        let bundle = system.path().join("ca-certificates.crt");
        assert!(!holds_all(system.path(), &bundle));
        fs::write(&bundle, "").expect("room on the disk");
        assert!(!holds_all(system.path(), &bundle));
        assert!(!holds_all(&bundle, &bundle), "no directory");
    }

    #[test]
    fn names_by_hash_are_told_from_others() {
        for (name, is) in [
            ("5ed36f99.0", true),
            ("ABCDEF01.12", true),
            ("5ed36f99", false),
            ("5ed36f99.", false),
            ("5ed36f9.0", false),
            ("5ed36f99.r0", false),
            ("issuer_1.0", false),
        ] {
            assert_eq!(is_hash(OsStr::new(name)), is, "{name}");
        }
    }
}
