//! Places in session files.

/// The number of the line in a place such as `talk.ws:12`.
pub(super) fn line_of(place: &str) -> Option<String> {
    place.rsplit_once(':').map(|(_, line)| line.to_owned())
}
