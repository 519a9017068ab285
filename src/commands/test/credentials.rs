//! The variables of session files that hold credentials: by where they are used, or by their names.

use std::collections::BTreeSet;

use crate::http::Header;
use crate::session_file::{
    ExpectStatement, HttpBody, Line, Message, Part, SessionFile, Statement, Template,
};

/// Options whose whole values are credentials, or contain them.
const OPTIONS: &[&str] = &[
    "-u",
    "--user",
    "--bearer",
    "--cookie",
    "--pass",
    "-x",
    "--proxy",
    "-U",
    "--proxy-user",
];

/// Options whose values are headers.
const HEADER_OPTIONS: &[&str] = &["-H", "--header", "--proxy-header"];

/// Words in the name of a variable, a parameter of a URL or a member of a JSON object that holds a
/// credential.
const WORDS: &[&str] = &[
    "token",
    "tokens",
    "secret",
    "secrets",
    "password",
    "passwd",
    "pass",
    "passphrase",
    "pwd",
    "pw",
    "key",
    "apikey",
    "jwt",
    "cookie",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "signature",
];

/// Longer words are found inside others, such as `accesstoken`.
const INSIDE: &[&str] = &["token", "secret", "password", "passwd", "apikey"];

/// Whether a name says that its value is a credential.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    words.any(|word| WORDS.contains(&word)) || INSIDE.iter().any(|word| lower.contains(word))
}

/// The variables of a file whose values are credentials.
#[must_use]
pub fn variables(script: &SessionFile) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for Line { statement, .. } in script.all_lines() {
        match statement {
            Statement::Secret(name) => _ = found.insert(name.as_str()),
            Statement::Url(url) | Statement::Open(Some(url)) => in_url(url, &mut found),
            Statement::Http(call) => {
                in_url(&call.url, &mut found);
                call.headers
                    .iter()
                    .for_each(|header| in_header(header, &mut found));
                if let Some(HttpBody::Json(json)) = &call.body {
                    in_json(json, &mut found);
                }
            }
            Statement::Header(header) => in_header(header, &mut found),
            Statement::Subprotocol(name) => found.extend(name.variables()),
            Statement::Options(words) => in_options(words, &mut found),
            Statement::Send(Message::Json(json))
            | Statement::Expect(ExpectStatement::Json(json)) => {
                in_json(json, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// In front of the host, and in parameters that are called so.
fn in_url<'a>(url: &'a Template, found: &mut BTreeSet<&'a str>) {
    let source = url.source();
    let host = source.find("://").map_or(0, |at| at + 3);
    let end = source[host..]
        .find(['/', '?'])
        .map_or(source.len(), |at| host + at);
    let user_info = source[host..end].rfind('@').map(|at| host + at);
    for (at, name) in places(url) {
        let before = &source[..at];
        let parameter = before.rfind(['?', '&']).map(|at| &before[at + 1..]);
        let parameter = parameter.and_then(|it| it.split_once('='));
        if user_info.is_some_and(|end| at < end)
            || parameter.is_some_and(|(name, _)| is_credential(name))
        {
            found.insert(name);
        }
    }
}

fn in_header<'a>(header: &'a Template, found: &mut BTreeSet<&'a str>) {
    let source = header.source();
    let name = source.split(':').next().unwrap_or_default();
    if Header::new(name, "").is_secret() {
        found.extend(header.variables());
    }
}

fn in_options<'a>(words: &'a [Template], found: &mut BTreeSet<&'a str>) {
    let mut option = String::new();
    for word in words {
        let source = word.source();
        let (name, value) = match source.split_once('=') {
            Some((name, value)) if source.starts_with("--") => (name, value),
            // The value of a short option may follow it at once.
            _ if source.starts_with('-') && !source.starts_with("--") => {
                source.split_at(source.len().min(2))
            }
            _ => (option.as_str(), source.as_str()),
        };
        let header = value.split(':').next().unwrap_or_default();
        if OPTIONS.contains(&name)
            || HEADER_OPTIONS.contains(&name) && Header::new(header, "").is_secret()
        {
            found.extend(word.variables());
        }
        option = source;
    }
}

/// In a string that is the value of a member that is called so.
fn in_json<'a>(json: &'a Template, found: &mut BTreeSet<&'a str>) {
    let source = json.source();
    for (at, name) in places(json) {
        let before = &source[..at];
        let member = before.rfind(':').and_then(|colon| {
            let between = &before[colon + 1..];
            let is_value = !between.contains([',', '{', '}', '[', ']']);
            let mut strings = before[..colon].trim_end().strip_suffix('"')?.rsplit('"');
            strings.next().filter(|_| is_value)
        });
        if member.is_some_and(is_credential) {
            found.insert(name);
        }
    }
}

/// The variables of a text, with their positions in its source.
fn places(template: &Template) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    template.parts.iter().filter_map(move |part| {
        let place = at;
        match part {
            Part::Text(text) => {
                at += text.len();
                None
            }
            Part::Variable(name) => {
                at += name.len() + 3;
                Some((place, name.as_str()))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session_file::parse;

    fn found(text: &str) -> String {
        let script = parse("x.ws", text).expect("a session file");
        variables(&script).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn credentials_are_found_by_their_use() {
        for (text, names) in [
            ("url ws://u:${A}@${B}:${C}/x@y?token=${D}&n=${E}\n", "A D"),
            ("url ws://h/?n=${A}\n", ""),
            (
                "header Authorization: Bearer ${A}\nheader X-Count: ${B}\n",
                "A",
            ),
            ("subprotocol bearer.${A}\n", "A"),
            ("option -u me:${A} --compress ${B} --bearer=${C}\n", "A C"),
            (
                "option -um:${A} -H \"Cookie: a=${B}\" -H \"X-N: ${C}\"\n",
                "A B",
            ),
            ("option --header \"X-Api-Key: ${A}\" --within ${B}\n", "A"),
            (
                "> json {\"password\":\"x${A}\",\"port\":\"${B}\",\"user\":{\"api_key\" : ${C}}}\n",
                "A C",
            ),
            ("< json {\"tokens\":[\"${A}\"],\"a\":${B}}\n> ${C}\n", ""),
            ("secret A\n> ${A} ${B}\n", "A"),
        ] {
            assert_eq!(found(text), names, "{text}");
        }
    }

    #[test]
    fn credentials_are_found_by_their_names() {
        for name in [
            "TOKEN",
            "ACCESS_TOKEN",
            "accesstoken",
            "DB_PASS",
            "API_KEY",
            "x-auth",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "PORT",
            "HOST",
            "COUNT",
            "MONKEY",
            "AUTHOR",
            "PASSENGERS",
            "",
        ] {
            assert!(!is_credential(name), "{name}");
        }
    }
}
