//! The texts of a file that may contain variables, and those variables.

use std::collections::BTreeSet;

use regex::Regex;

use super::bytes::json_captures;
use super::template::Context;
use super::{
    ByteWord, ExpectStatement, HttpBody, HttpCall, Line, Message, Payload, SessionFile, Statement,
    Template, Trigger,
};

impl SessionFile {
    /// The names of all variables.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<&str> {
        let statements = self.all_lines().into_iter().map(|line| &line.statement);
        statements
            .flat_map(Statement::templates)
            .flat_map(Template::variables)
            .collect()
    }
}

impl Statement {
    /// The texts that may contain variables.
    #[must_use]
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Url(template) | Self::Header(template) | Self::Subprotocol(template) => {
                vec![template]
            }
            Self::Options(words) => words.iter().collect(),
            Self::Send(Message::Bytes(words))
            | Self::Expect(ExpectStatement::Bytes(words))
            | Self::Check(ExpectStatement::Bytes(words))
            | Self::Ignore(ExpectStatement::Bytes(words))
            | Self::Never(ExpectStatement::Bytes(words), _)
            | Self::On(Trigger::Received(ExpectStatement::Bytes(words)), _) => {
                words.iter().filter_map(ByteWord::template).collect()
            }
            Self::Send(message) => of_message(message).into_iter().collect(),
            Self::CaptureMatch { pattern, .. } => vec![pattern],
            Self::Expect(wanted)
            | Self::Check(wanted)
            | Self::Ignore(wanted)
            | Self::Never(wanted, _)
            | Self::On(Trigger::Received(wanted), _) => of_wanted(wanted).into_iter().collect(),
            Self::Repeat { count, .. } => vec![count],
            Self::Let { value, .. } => value.templates(),
            Self::Default { value, .. } => vec![value],
            Self::Open(url) => url.iter().collect(),
            Self::Http(call) => call.templates(),
            Self::Within(_)
            | Self::Strict(_)
            | Self::Wait(_)
            | Self::At(_)
            | Self::CheckWithin(_)
            | Self::AnyOrder(_)
            | Self::On(Trigger::Open, _)
            | Self::Every(..)
            | Self::Retry { .. }
            | Self::Secret(_)
            | Self::Title(_)
            | Self::Tags(_)
            | Self::Drop
            | Self::Include(_)
            | Self::Capture { .. } => Vec::new(),
        }
    }

    /// The variables that it sets.
    #[must_use]
    pub fn sets(&self) -> Vec<String> {
        match self {
            Self::Capture { name, .. }
            | Self::Let { name, .. }
            | Self::Default { name, .. }
            | Self::Repeat {
                name: Some(name), ..
            } => vec![name.clone()],
            Self::CaptureMatch { name, pattern, .. } => {
                let mut names = vec![name.clone()];
                let text = pattern.stand_in(Context::stand_in);
                if let Ok(regex) = Regex::new(&text) {
                    names.extend(regex.capture_names().flatten().map(str::to_owned));
                }
                names
            }
            Self::Expect(ExpectStatement::Bytes(words))
            | Self::Check(ExpectStatement::Bytes(words))
            | Self::On(Trigger::Received(ExpectStatement::Bytes(words)), _) => {
                words.iter().flat_map(ByteWord::sets).collect()
            }
            Self::Expect(ExpectStatement::Json(json))
            | Self::Check(ExpectStatement::Json(json))
            | Self::On(Trigger::Received(ExpectStatement::Json(json)), _) => json_captures(json),
            _ => Vec::new(),
        }
    }

    /// The lines inside it.
    #[must_use]
    pub fn body(&self) -> &[Line] {
        match self {
            Self::AnyOrder(body)
            | Self::On(_, body)
            | Self::Every(_, body)
            | Self::Repeat { body, .. }
            | Self::Retry { body, .. } => body,
            _ => &[],
        }
    }

    /// Whether it checks what the server does.
    #[must_use]
    pub fn expects(&self) -> bool {
        matches!(
            self,
            Self::Expect(_) | Self::Check(_) | Self::CheckWithin(_) | Self::Never(..)
        )
    }
}

impl HttpCall {
    fn templates(&self) -> Vec<&Template> {
        let mut all = vec![&self.url];
        all.extend(&self.headers);
        if let Some(HttpBody::Json(body) | HttpBody::Text(body)) = &self.body {
            all.push(body);
        }
        all
    }
}

fn of_message(message: &Message) -> Option<&Template> {
    match message {
        Message::Text(template)
        | Message::Json(template)
        | Message::File(_, template)
        | Message::Close {
            reason: template, ..
        } => Some(template),
        Message::Ping(payload) | Message::Pong(payload) => of_payload(payload),
        Message::Binary(_) | Message::Bytes(_) => None,
    }
}

fn of_wanted(wanted: &ExpectStatement) -> Option<&Template> {
    match wanted {
        ExpectStatement::Text(template)
        | ExpectStatement::Json(template)
        | ExpectStatement::Match {
            pattern: template, ..
        }
        | ExpectStatement::File(_, template)
        | ExpectStatement::Header {
            value: template, ..
        } => Some(template),
        ExpectStatement::Ping(payload) | ExpectStatement::Pong(payload) => {
            payload.as_ref().and_then(of_payload)
        }
        ExpectStatement::Close { reason, .. } => reason.as_ref(),
        ExpectStatement::Binary(_)
        | ExpectStatement::Bytes(_)
        | ExpectStatement::Any
        | ExpectStatement::Silence(_)
        | ExpectStatement::Status(_)
        | ExpectStatement::Refused(_)
        | ExpectStatement::Reconnect => None,
    }
}

fn of_payload(payload: &Payload) -> Option<&Template> {
    match payload {
        Payload::Text(template) => Some(template),
        Payload::Bytes(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn variables_are_found_in_all_texts() {
        let text = "url ws://${a}/\nheader X: ${b}\nsubprotocol ${c}\noption -A ${d}\n\
                    > ${e}\n> json {\"x\":\"${f}\"}\n> file @${g}\n> ping ${h}\n> pong ${i}\n\
                    > close 1000 ${j}\n< ${k}\n< json [\"${l}\"]\n< /${m}/\n< text @${n}\n\
                    < ping ${o}\n< pong ${p}\n< close 1000 ${q}\n< header X: ${r}\n\
                    < any\n> hex ff\n> \"${no}\"\n> ${a}\n";
        let script = parse("x.ws", text).expect("a session file");
        let names: String = script.variables().into_iter().collect();
        assert_eq!(names, "abcdefghijklmnopqr");
    }
}
