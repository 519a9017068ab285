//! Recognizes records by their content, because mail, chats and bug trackers often require the
//! extension `.txt` or `.json`.

use serde::de::IgnoredAny;
use serde::Deserialize;

/// A kind of record. No session file begins like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// An HTTP archive.
    Archive,
    /// The output of `--json`, one object per line.
    JsonLines,
}

/// The keys that identify an object.
#[derive(Deserialize)]
struct RecognizedKeys {
    log: Option<IgnoredAny>,
    #[serde(rename = "type")]
    kind: Option<IgnoredAny>,
}

/// Recognizes a record by its first object; `None` for any other text.
#[must_use]
pub fn recognize(text: &str) -> Option<RecordKind> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let first = text.strip_prefix('{')?.trim_start();
    // Also if the archive is incomplete.
    if first.starts_with("\"log\"") {
        return Some(RecordKind::Archive);
    }
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<RecognizedKeys>();
    match objects.next()?.ok()? {
        RecognizedKeys { log: Some(_), .. } => Some(RecordKind::Archive),
        RecognizedKeys { kind: Some(_), .. } => Some(RecordKind::JsonLines),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_recognized_by_their_beginning() {
        for (text, kind) in [
            ("", None),
            ("> {\"log\": 1}", None),
            ("[{\"type\":\"open\"}]", None),
            ("{\"log\": {\"entries\": []}}", Some(RecordKind::Archive)),
            ("\u{feff}\r\n {\r\n  \"log\" : {", Some(RecordKind::Archive)),
            ("{\"_by\": 1, \"log\": {}}", Some(RecordKind::Archive)),
            (
                "{\"type\":\"open\"}\n{\"type\":\"text\"}\n",
                Some(RecordKind::JsonLines),
            ),
            ("{\"type\":\"log\"}", Some(RecordKind::JsonLines)),
            ("{\"entries\": []}", None),
            ("{", None),
        ] {
            assert_eq!(recognize(text), kind, "{text}");
        }
    }
}
