//! Tests of parsing lines.

use super::*;
use crate::conversation::outgoing::Outgoing;
use crate::event::Kind;
use crate::protocol::CloseReason;

fn sent(line: &str) -> Outgoing<String> {
    match parse(line, false) {
        Ok(PromptCommand::Send(command)) => command,
        other => panic!("{line:?} became {other:?}"),
    }
}

fn refused(line: &str) -> String {
    parse(line, false).expect_err("must be refused")
}

#[test]
fn text_is_sent_unchanged() {
    for line in ["hello", " ", " /quit", "a\nb", "\\", "{\"a\": 1}"] {
        assert_eq!(sent(line), Outgoing::Text(line.into()));
    }
    assert_eq!(sent("//x y"), Outgoing::Text("/x y".into()));
    assert_eq!(sent("///"), Outgoing::Text("//".into()));
    assert_eq!(sent("/send /quit "), Outgoing::Text("/quit ".into()));
    assert_eq!(sent("/send  a"), Outgoing::Text(" a".into()));
    assert_eq!(sent("/send"), Outgoing::Text(String::new()));
    assert_eq!(sent("/send\na\nb"), Outgoing::Text("a\nb".into()));
}

#[test]
fn commands_are_parsed() {
    assert!(matches!(
        parse("/help", false),
        Ok(PromptCommand::Help(None))
    ));
    assert!(matches!(
        parse("/status ", false),
        Ok(PromptCommand::Status)
    ));
    assert!(matches!(parse("/quit", false), Ok(PromptCommand::Quit)));
    assert!(matches!(parse("", false), Ok(PromptCommand::Nothing)));
    for (line, kind, path) in [
        ("/file  my notes.txt ", Kind::Text, "my notes.txt"),
        ("/file 'my notes.txt'", Kind::Text, "my notes.txt"),
        ("/file \"a b\"", Kind::Text, "a b"),
        (r"/file a\ b", Kind::Text, "a b"),
        ("/binary a.png", Kind::Binary, "a.png"),
    ] {
        match parse(line, false) {
            Ok(PromptCommand::File {
                kind: found,
                path: place,
            }) => {
                assert_eq!((found, place.as_str()), (kind, path));
            }
            other => panic!("{line:?} became {other:?}"),
        }
    }
    assert_eq!(
        sent("/base64 aGVsbG8="),
        Outgoing::Binary(b"hello".to_vec())
    );
    assert_eq!(sent("/hex 00 Ff7\t0"), Outgoing::Binary(vec![0, 255, 112]));
    assert_eq!(sent("/ping"), Outgoing::Ping(Vec::new()));
    assert_eq!(sent("/ping a b"), Outgoing::Ping(b"a b".to_vec()));
    assert_eq!(sent("/pong é"), Outgoing::Pong("é".as_bytes().to_vec()));
}

#[test]
fn close_has_code_and_reason() {
    for (line, code, reason) in [
        ("/close", 1000, ""),
        ("/close 4001", 4001, ""),
        ("/close 3000 going  home", 3000, "going  home"),
    ] {
        let reason = reason.to_owned();
        assert_eq!(
            sent(line),
            Outgoing::Close(Some(CloseReason { code, reason }))
        );
    }
    assert!(refused("/close 1001").contains("1000 or 3000-4999"));
    assert!(parse("/close 1001", true).is_ok());
    assert!(refused("/close bye").contains("/close 1000 bye"));
    assert!(refused("/close 99999").contains("invalid code"));
    assert!(refused(&format!("/close 1000 {}", "x".repeat(124))).contains("124 bytes"));
}

#[test]
fn invalid_commands_are_reported() {
    assert_eq!(
        refused("/clsoe 1000"),
        "unknown command /clsoe; did you mean /close? /help lists them; \
         //clsoe … sends it as text"
    );
    assert!(refused("/statsu").contains("did you mean /status?"));
    assert!(refused("/exit").contains("did you mean /quit?"));
    assert!(refused("/Disconnect").contains("did you mean /close?"));
    assert!(refused("/HELP").contains("did you mean /help?"));
    assert!(refused("/etc/passwd").starts_with("unknown command /etc/passwd; /help"));
    assert!(refused("/").starts_with("no command after /; /help"));
    assert!(refused(&format!("/{}", "é".repeat(9999))).len() < 400);
    assert!(refused("/hex 0g").contains("not `g`"));
    assert!(refused("/hex 0 0 0").contains("3 is odd"));
    assert!(refused("/hex ").contains("needs bytes"));
    assert!(refused("/file").contains("needs the path"));
    assert!(refused("/quit now").contains("takes no argument"));
    assert!(refused(&format!("/ping {}", "x".repeat(126))).contains("the maximum is 125"));
    assert!(parse(&format!("/ping {}", "x".repeat(125)), false).is_ok());
}

#[test]
fn other_names_are_of_commands() {
    for (other, name) in OTHER_NAMES {
        assert!(COMMANDS.iter().any(|command| command.name == name));
        assert!(refused(&format!("/{other}")).contains(name), "{other}");
    }
}

#[test]
fn all_commands_of_the_table_are_parsed() {
    for command in COMMANDS {
        if let Err(error) = parse(&format!("/{}", command.name), false) {
            assert!(!error.contains("unknown"), "{error}");
        }
        assert!(help().contains(&command.call()) && help().contains(command.help));
        assert!(help_on(command.name).is_ok_and(|text| text.starts_with(&command.call())));
        assert!(command.help.len() <= 60, "{}", command.help);
    }
}

#[test]
fn commands_may_be_shortened_if_unique() {
    assert!(matches!(parse("/st", false), Ok(PromptCommand::Status)));
    assert!(matches!(parse("/q", false), Ok(PromptCommand::Quit)));
    assert_eq!(refused("/p"), "ambiguous command /p: /ping or /pong");
    assert_eq!(
        refused("/he"),
        "ambiguous command /he: /help, /hex or /headers"
    );
}

fn on_messages(line: &str) -> MessageCommand {
    match parse(line, false) {
        Ok(PromptCommand::Messages(command)) => command,
        other => panic!("{line:?} became {other:?}"),
    }
}

#[test]
fn message_numbers_and_formats_are_parsed() {
    use MessageCommand::{Again, Copy, Find, Last, Mute, Pipe, Save, View};
    assert!(matches!(on_messages("/last"), Last(5)));
    assert!(matches!(on_messages("/last 2"), Last(2)));
    assert!(matches!(
        on_messages("/view"),
        View(None, ViewFormat::Pretty)
    ));
    assert!(matches!(
        on_messages("/view #12 hex"),
        View(Some(12), ViewFormat::Hex)
    ));
    assert!(matches!(
        on_messages("/view -1 raw"),
        View(Some(-1), ViewFormat::Raw)
    ));
    assert!(matches!(
        on_messages("/view raw"),
        View(None, ViewFormat::Raw)
    ));
    assert!(matches!(on_messages("/view 3 | jq .a"), Pipe(Some(3), command) if command == "jq .a"));
    assert!(matches!(on_messages("/save a b.txt"), Save(path, None) if path == "a b.txt"));
    assert!(matches!(on_messages("/save 'a b' 3"), Save(path, Some(3)) if path == "a b"));
    assert!(matches!(on_messages("/copy"), Copy(None)));
    assert!(matches!(on_messages("/again 4"), Again(Some(4))));
    assert!(matches!(on_messages("/find a b"), Find(text) if text == "a b"));
    assert!(matches!(on_messages("/mute Tick"), Mute(pattern) if !pattern.is_match("tick")));
    assert!(matches!(on_messages("/mute tick"), Mute(pattern) if pattern.is_match("TICK")));
    assert!(refused("/view x").contains("invalid message number `x`"));
    assert!(refused("/view 3 tree").contains("unknown format `tree`"));
    assert!(refused("/last 0").contains("invalid count `0`"));
    assert!(refused("/filter (").starts_with("/filter: invalid regular expression: unclosed group"));
    assert!(refused("/save").contains("needs the path"));
}

#[test]
fn unfinished_json_is_detected() {
    for text in ["{", " {", "/send {", "[", "{\"a\": [1,", "[\"x", "{\n"] {
        assert!(is_unfinished(text), "{text}");
    }
    for text in ["", "{}", "[1, 2]", "{]", "hello {", "{\"a\": 1}\n", "1"] {
        assert!(!is_unfinished(text), "{text}");
    }
}
