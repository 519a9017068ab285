//! Which characters can't be seen: one answer for terminals and for files that people read.

/// Whether a terminal would obey `character`, or people would not see it or see others wrongly.
///
/// True for control characters (line feed and tab too), bidirectional controls, separators of
/// lines and paragraphs, and characters without a shape. Joiners (U+200C, U+200D) and variation
/// selectors are not: scripts and emoji need them.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{ad}' // soft hyphen
        | '\u{61c}' // bidirectional: Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{180e}' // Mongolian vowel separator
        | '\u{200b}' // zero width space
        | '\u{200e}' | '\u{200f}' // bidirectional marks
        | '\u{2028}'..='\u{202e}' // separators; bidirectional embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, invisible operators; bidirectional isolates
        | '\u{feff}' // zero width no-break space, the byte order mark
        | '\u{fff9}'..='\u{fffb}' // interlinear annotation
        | '\u{e0000}'..='\u{e00ff}' // tags
        => true,
        other => other.is_control(),
    }
}
