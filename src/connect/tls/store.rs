//! Reads the system's certificates only as needed.
//!
//! For each connector, the TLS library parses the system's whole bundle twice, even if it is not
//! used, which takes tens of milliseconds. If the system also has a directory of certificates named
//! by the hash of their subjects, OpenSSL reads from it only those that it needs. So the library is
//! given an empty bundle, through the environment variable that both use.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;

/// The variable with OpenSSL's certificate bundle.
const BUNDLE: &str = "SSL_CERT_FILE";
/// The variable with OpenSSL's certificate directory.
const DIRECTORY: &str = "SSL_CERT_DIR";
/// An existing, empty bundle.
const NOTHING: &str = "/dev/null";

/// Makes OpenSSL read the system's certificates one by one, unless the variables are set to others
/// or the system's directory is incomplete.
///
/// It sets an environment variable, which child processes inherit and other threads may read. So it
/// must be called before any thread is started, and only if the run starts no other program.
pub fn read_lazily() {
    let said = [BUNDLE, DIRECTORY].map(|name| (name, std::env::var_os(name)));
    // Values of the variables would be used instead of the system's.
    for (name, _) in &said {
        std::env::remove_var(name);
    }
    let system = openssl_probe::probe();
    for (name, value) in &said {
        if let Some(value) = value {
            std::env::set_var(name, value);
        }
    }
    let Some(bundle) = system.cert_file else {
        return;
    };
    let [(_, file), (_, directory)] = &said;
    let as_the_system = may_mean(file.as_deref(), std::slice::from_ref(&bundle))
        && may_mean(directory.as_deref(), &system.cert_dir);
    if as_the_system && system.cert_dir.iter().any(|dir| holds_all(dir, &bundle)) {
        std::env::set_var(BUNDLE, NOTHING);
    }
}

/// Whether a variable is unset or names one of `places`.
fn may_mean(value: Option<&OsStr>, places: &[PathBuf]) -> bool {
    let Some(value) = value else {
        return true;
    };
    let named = fs::canonicalize(value);
    named.is_ok_and(|named| {
        let mut places = places
            .iter()
            .filter_map(|place| fs::canonicalize(place).ok());
        places.any(|place| place == named)
    })
}

/// Whether `directory` has as many hashed certificates as `bundle` has certificates.
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

/// Whether a file name is one that OpenSSL looks for: the hash of the subject in hexadecimal, and a
/// number.
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
    fn directory_replaces_a_bundle_if_it_is_complete() {
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
    fn variables_may_name_the_systems_places() {
        let system = tempfile::tempdir().expect("a directory");
        let places = [system.path().join("gone"), system.path().join("certs")];
        fs::create_dir(&places[1]).expect("room on the disk");
        let same = system.path().join("certs/../certs");
        let elsewhere = tempfile::tempdir().expect("a directory");
        for (value, may) in [
            (None, true),
            (Some(places[1].as_path()), true),
            (Some(same.as_path()), true),
            (Some(places[0].as_path()), false),
            (Some(elsewhere.path()), false),
            (Some(Path::new("")), false),
        ] {
            assert_eq!(
                may_mean(value.map(Path::as_os_str), &places),
                may,
                "{value:?}"
            );
        }
    }

    #[test]
    fn empty_and_missing_bundles_are_not_replaced() {
        let system = tempfile::tempdir().expect("a directory");
        let bundle = system.path().join("ca-certificates.crt");
        assert!(!holds_all(system.path(), &bundle));
        fs::write(&bundle, "").expect("room on the disk");
        assert!(!holds_all(system.path(), &bundle));
        assert!(!holds_all(&bundle, &bundle), "no directory");
    }

    #[test]
    fn hashed_names_are_recognized() {
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
