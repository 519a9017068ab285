//! Access to JSON in its text form, one level at a time.
//!
//! No tree is built of received values: a tree takes up to fifty times the memory of its text,
//! whose size the server decides. A value is found by skipping the text before it, which needs no
//! stack, however deeply it is nested.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Value};

/// Values of up to this many bytes are printed from a tree, which keeps only the last of several
/// members with the same name. Longer ones are printed as written.
const TREE: usize = 64 * 1024;

/// A value in its text form, without surrounding whitespace. It is valid JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a>(&'a str);

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RawKind {
    Object,
    Array,
    String,
    Number,
    /// `true`, `false` or `null`.
    Literal,
}

impl<'a> Raw<'a> {
    /// The value of a text.
    ///
    /// # Errors
    ///
    /// Why it is not JSON, including strings with half of a surrogate pair.
    pub(super) fn read(text: &'a str) -> Result<Self, Error> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) if surrogates_are_paired(raw.get()) => Ok(Self(raw.get())),
            Ok(_) => Err(Error::custom("lone surrogate in a string")),
            Err(error) => Err(error),
        }
        // Parsing gives a more precise error than skipping, but has a depth limit.
        .map_err(|error| match serde_json::from_str::<SyntaxCheck>(text) {
            Err(exact) if !exact.to_string().starts_with("recursion limit") => exact,
            _ => error,
        })
    }

    pub(super) fn text(self) -> &'a str {
        self.0
    }

    pub(super) fn kind(self) -> RawKind {
        match self.0.as_bytes() {
            [b'{', ..] => RawKind::Object,
            [b'[', ..] => RawKind::Array,
            [b'"', ..] => RawKind::String,
            [b't' | b'f' | b'n', ..] => RawKind::Literal,
            _ => RawKind::Number,
        }
    }

    /// Visits the members of an object in order.
    ///
    /// # Errors
    ///
    /// The value is not an object.
    pub(super) fn each_member(
        self,
        visit: &mut dyn FnMut(Cow<'a, str>, Self),
    ) -> Result<(), Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_map(MemberVisitor(visit))
    }

    /// Visits the elements of an array.
    ///
    /// # Errors
    ///
    /// The value is not an array.
    pub(super) fn each_element(self, visit: &mut dyn FnMut(Self)) -> Result<(), Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_seq(Elements(visit))
    }

    /// The text of a string; `None` if it is something else.
    pub(super) fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inner));
        }
        serde_json::from_str(self.0).ok().map(Cow::Owned)
    }

    /// Whether the value is the string `text`.
    pub(super) fn is_string(self, text: &str) -> bool {
        // An escape sequence of six bytes is at least one byte of text; the quotes take two.
        self.0.len() <= 6 * text.len() + 2 && self.string().is_some_and(|string| string == text)
    }

    /// The value at a pointer (RFC 6901). If there are several members with the same name, the last
    /// one is used.
    pub(super) fn find(self, pointer: &str) -> Option<Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        let mut value = self;
        for name in pointer.strip_prefix('/')?.split('/') {
            value = value.child(&name.replace("~1", "/").replace("~0", "~"))?;
        }
        Some(value)
    }

    fn child(self, name: &str) -> Option<Self> {
        let mut found = None;
        match self.kind() {
            RawKind::Object => self.each_member(&mut |member, value| {
                if member == name {
                    found = Some(value);
                }
            }),
            RawKind::Array => {
                // `01` and `+1` are not indices.
                let place = name
                    .parse()
                    .ok()
                    .filter(|at: &usize| at.to_string() == name)?;
                let mut at = 0;
                self.each_element(&mut |value| {
                    if at == place {
                        found = Some(value);
                    }
                    at += 1;
                })
            }
            _ => return None,
        }
        .ok()?;
        found
    }

    /// The value without whitespace, with strings and numbers in a normalized form. Ends after
    /// `most` bytes.
    pub(super) fn print(self, most: usize) -> String {
        let small = (self.0.len() <= TREE).then(|| serde_json::from_str::<Value>(self.0));
        let mut out = match small {
            Some(Ok(tree)) => tree.to_string(),
            // It is long, or nested deeper than a tree may be.
            _ => self.print_tokens(most),
        };
        out.truncate(out.floor_char_boundary(most));
        out
    }

    fn print_tokens(self, most: usize) -> String {
        let mut out = String::new();
        let mut rest = self.0;
        while out.len() < most {
            rest = rest.trim_ascii_start();
            let Some(&first) = rest.as_bytes().first() else {
                break;
            };
            let most = most - out.len();
            let (token, whole) = match first {
                b'"' => string_at_front(rest, most),
                b'{' | b'}' | b'[' | b']' | b',' | b':' => (&rest[..1], true),
                _ => (scalar_at_front(rest), true),
            };
            rest = &rest[token.len()..];
            push_token(&mut out, token, whole);
            if !whole {
                break;
            }
        }
        out
    }
}

/// Appends a token as it would be printed from a tree. A string that is not `whole` has no end.
fn push_token(out: &mut String, token: &str, whole: bool) {
    let differs = match token.as_bytes()[0] {
        b'"' => token.contains('\\'),
        b'-' | b'0'..=b'9' => token.contains(['e', 'E']),
        _ => false,
    };
    if !differs {
        return out.push_str(token);
    }
    let text = if whole {
        Cow::Borrowed(token)
    } else {
        Cow::Owned(format!("{token}\""))
    };
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => out.push_str(&value.to_string()),
        Err(_) => out.push_str(token),
    }
}

/// The string at the beginning of `text`, at least as much as is needed to print `most` bytes, and
/// whether it is complete.
fn string_at_front(text: &str, most: usize) -> (&str, bool) {
    let bytes = text.as_bytes();
    let enough = most.saturating_mul(6).saturating_add(2);
    let mut at = 1;
    loop {
        let rest = &bytes[at.min(bytes.len())..];
        let Some(next) = memchr::memchr2(b'"', b'\\', &rest[..rest.len().min(enough)]) else {
            let end = text.floor_char_boundary(at.saturating_add(enough));
            return (&text[..end], false);
        };
        at += next;
        if bytes[at] == b'"' {
            return (&text[..=at], true);
        }
        if at > enough {
            return (&text[..at], false);
        }
        at += escape_length(&bytes[at..]);
    }
}

/// The length of the escape sequence at the beginning of `bytes`, including both halves of a
/// surrogate pair.
fn escape_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'\\', b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B', ..] => 12,
        [b'\\', b'u', ..] => 6,
        _ => 2,
    }
}

/// The number or literal at the beginning of `text`.
fn scalar_at_front(text: &str) -> &str {
    let end = text.find([',', ']', '}', ' ', '\t', '\n', '\r']);
    &text[..end.unwrap_or(text.len())]
}

/// Whether all escaped surrogates are paired. Skipping a string does not check this, so invalid
/// text (RFC 8259 §8.2) would be found only where it is used.
fn surrogates_are_paired(json: &str) -> bool {
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &bytes[at..]) {
        let escape = &bytes[at + next..];
        let paired = match escape_length(escape) {
            12 => matches!(
                escape,
                [_, _, _, _, _, _, b'\\', b'u', b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..]
            ),
            6 => !matches!(escape, [_, _, b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..]),
            _ => true,
        };
        if !paired {
            return false;
        }
        at += next + escape_length(escape);
    }
    true
}

/// Checks that a text can be parsed as a tree, without building one, to get the error.
struct SyntaxCheck;

impl<'de> Deserialize<'de> for SyntaxCheck {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for SyntaxCheck {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _value: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _value: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

struct MemberVisitor<'v, 'a>(&'v mut dyn FnMut(Cow<'a, str>, Raw<'a>));

impl<'de> Visitor<'de> for MemberVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some((Name(name), value)) = members.next_entry::<Name<'de>, &'de RawValue>()? {
            (self.0)(name, Raw(value.get()));
        }
        Ok(())
    }
}

struct Elements<'v, 'a>(&'v mut dyn FnMut(Raw<'a>));

impl<'de> Visitor<'de> for Elements<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element::<&'de RawValue>()? {
            (self.0)(Raw(value.get()));
        }
        Ok(())
    }
}
