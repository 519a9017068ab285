//! The time zone of time stamps, from `TZ` (POSIX.1-2017 §8.3).
//!
//! The library would read any file that `TZ` names, without a size limit, and doesn't support the
//! names of zones. So names are looked up here, and only small regular files are read.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::error::plain;
use crate::sys::file::read_regular;

/// The directories where systems keep time zone files.
const DIRECTORIES: [&str; 3] = [
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
];
/// The maximum size of a time zone file in bytes. The largest existing ones have 4 KiB.
const LARGEST: u64 = 1 << 20;

/// The variables for the time zone.
#[derive(Clone, Debug, Default)]
pub struct ZoneVariables {
    /// `TZ`; empty means UTC.
    pub tz: Option<OsString>,
    /// `TZDIR`: the directory of time zone files instead of the system's.
    pub directory: Option<PathBuf>,
}

impl ZoneVariables {
    /// The time zone. If it can't be used, returns UTC and a warning.
    pub(super) fn zone(&self) -> (TimeZone, Option<String>) {
        let Some(tz) = &self.tz else {
            return (TimeZone::system(), None);
        };
        match self.find(tz) {
            Ok(zone) => (zone, None),
            Err(cause) => {
                let tz = tz.to_string_lossy();
                let warning = format!("unknown time zone '{tz}' (TZ): {cause}; times are in UTC");
                (TimeZone::UTC, Some(warning))
            }
        }
    }

    fn find(&self, tz: &OsStr) -> Result<TimeZone, String> {
        let text = tz.to_str().ok_or("it is not UTF-8")?;
        if text.is_empty() {
            return Ok(TimeZone::UTC);
        }
        let name = match text.strip_prefix(':') {
            Some(name) => name,
            None => match TimeZone::posix(text) {
                Ok(zone) => return Ok(zone),
                Err(_) => text,
            },
        };
        let places: Vec<PathBuf> = match &self.directory {
            Some(directory) => vec![directory.join(name)],
            None => DIRECTORIES.map(|it| Path::new(it).join(name)).to_vec(),
        };
        let mut read = places.iter().map(|place| read_regular(place, LARGEST));
        let found = read.find(|read| {
            let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
            !read.as_ref().is_err_and(missing)
        });
        match found {
            Some(Ok(data)) => TimeZone::tzif(name, &data)
                .map_err(|_| "it is not a time zone file (RFC 9636)".to_owned()),
            Some(Err(cause)) => Err(plain(&cause)),
            None if name == "UTC" => Ok(TimeZone::UTC),
            None => Err("no such name or file".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    /// A version 1 file of a time zone one hour ahead of UTC (RFC 9636 §3.1).
    fn an_hour_ahead() -> Vec<u8> {
        let mut file = b"TZif\0".to_vec();
        file.extend([0; 15]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend(3600_i32.to_be_bytes());
        file.extend(b"\0\0ONE\0");
        file
    }

    fn zone(tz: &str, directory: &Path) -> (i32, Option<String>) {
        let variables = ZoneVariables {
            tz: Some(tz.into()),
            directory: Some(directory.to_owned()),
        };
        let (zone, warning) = variables.zone();
        (zone.to_offset(Timestamp::UNIX_EPOCH).seconds(), warning)
    }

    #[test]
    fn zones_are_found_by_rule_name_and_path() {
        let directory = tempfile::tempdir().expect("a directory");
        let folder = directory.path();
        std::fs::create_dir(folder.join("Europe")).expect("a directory");
        let file = folder.join("Europe/One");
        std::fs::write(&file, an_hour_ahead()).expect("a file");
        let file = file.to_str().expect("a path in UTF-8");
        for (tz, seconds) in [
            ("", 0),
            ("UTC", 0),
            ("JST-9", 9 * 3600),
            ("Europe/One", 3600),
            (":Europe/One", 3600),
            (file, 3600),
            (&format!(":{file}"), 3600),
        ] {
            assert_eq!(zone(tz, folder), (seconds, None), "{tz}");
        }
    }

    #[test]
    fn invalid_zones_are_reported_without_blocking() {
        let directory = tempfile::tempdir().expect("a directory");
        let folder = directory.path();
        mkfifo(&folder.join("pipe"), Mode::from_bits_truncate(0o600)).expect("a pipe");
        std::fs::write(folder.join("text"), "hello").expect("a file");
        let huge = std::fs::File::create(folder.join("huge")).expect("a file");
        huge.set_len(LARGEST + 1).expect("a file with a hole");
        for (tz, cause) in [
            ("pipe", "it is a pipe, not a regular file"),
            ("/dev/zero", "it is a device, not a regular file"),
            (":/dev/zero", "it is a device, not a regular file"),
            ("/", "it is a directory"),
            ("text", "it is not a time zone file (RFC 9636)"),
            ("huge", "it is larger than 1 MiB"),
            ("Nowhere/Land", "no such name or file"),
        ] {
            let warning = format!("unknown time zone '{tz}' (TZ): {cause}; times are in UTC");
            assert_eq!(zone(tz, folder), (0, Some(warning)));
        }
    }
}
