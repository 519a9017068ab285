//! Lines and what they ask for.

use super::*;

fn sent(line: &str) -> Command<'static> {
    match parse(line, false) {
        Ok(PromptCommand::Send(command)) => command,
        other => panic!("{line:?} became {other:?}"),
    }
}

fn refused(line: &str) -> String {
    parse(line, false).expect_err("must be refused")
}

#[test]
fn text_is_sent_as_it_stands() {
    for line in ["hello", "", " /quit", "a\nb", "\\", "{\"a\": 1}"] {
        assert_eq!(sent(line), Command::Text(line.into()));
    }
    assert_eq!(sent("//x y"), Command::Text("/x y".into()));
    assert_eq!(sent("///"), Command::Text("//".into()));
    assert_eq!(sent("/send /quit "), Command::Text("/quit ".into()));
    assert_eq!(sent("/send  a"), Command::Text(" a".into()));
    assert_eq!(sent("/send"), Command::Text("".into()));
    assert_eq!(sent("/send\na\nb"), Command::Text("a\nb".into()));
}

#[test]
fn commands_are_read() {
    assert_eq!(parse("/help", false), Ok(PromptCommand::Help));
    assert_eq!(parse("/status ", false), Ok(PromptCommand::Status));
    assert_eq!(parse("/quit", false), Ok(PromptCommand::Quit));
    assert_eq!(
        parse("/file  my notes.txt ", false),
        Ok(PromptCommand::File {
            kind: Kind::Text,
            path: "my notes.txt".to_owned()
        })
    );
    assert_eq!(
        parse("/binary a.png", false),
        Ok(PromptCommand::File {
            kind: Kind::Binary,
            path: "a.png".to_owned()
        })
    );
    assert_eq!(sent("/hex 00 Ff7\t0"), Command::Binary(vec![0, 255, 112]));
    assert_eq!(sent("/ping"), Command::Ping(Vec::new()));
    assert_eq!(sent("/ping a b"), Command::Ping(b"a b".to_vec()));
    assert_eq!(sent("/pong é"), Command::Pong("é".as_bytes().to_vec()));
}

#[test]
fn a_close_has_the_users_code_and_reason() {
    for (line, code, reason) in [
        ("/close", 1000, ""),
        ("/close 4001", 4001, ""),
        ("/close 3000 going  home", 3000, "going  home"),
    ] {
        let reason = reason.to_owned();
        assert_eq!(
            sent(line),
            Command::Close(Some(CloseReason { code, reason }))
        );
    }
    assert!(refused("/close 1001").contains("1000 or 3000-4999"));
    assert!(parse("/close 1001", true).is_ok());
    assert!(refused("/close bye").contains("/close 1000 bye"));
    assert!(refused("/close 99999").contains("no code"));
    assert!(refused(&format!("/close 1000 {}", "x".repeat(124))).contains("124 bytes"));
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_sent() {
    assert_eq!(
        refused("/clsoe 1000"),
        "unknown command /clsoe; did you mean /close? /help lists them; \
         //clsoe … sends it as text"
    );
    assert!(refused("/stat").contains("did you mean /status?"));
    assert!(refused("/HELP").contains("did you mean /help?"));
    assert!(refused("/etc/passwd").starts_with("unknown command /etc/passwd; /help"));
    assert!(refused("/").starts_with("unknown command /; /help"));
    assert!(refused(&format!("/{}", "é".repeat(9999))).len() < 400);
    assert!(refused("/hex 0g").contains("not `g`"));
    assert!(refused("/hex 0 0 0").contains("3 is odd"));
    assert!(refused("/hex ").contains("needs bytes"));
    assert!(refused("/file").contains("needs the path"));
    assert!(refused("/quit now").contains("takes nothing"));
    assert!(refused(&format!("/ping {}", "x".repeat(126))).contains("the maximum is 125"));
    assert!(parse(&format!("/ping {}", "x".repeat(125)), false).is_ok());
}

#[test]
fn every_command_of_the_table_is_known() {
    for usage in COMMANDS {
        if let Err(error) = parse(&format!("/{}", usage.name), false) {
            assert!(!error.contains("unknown"), "{error}");
        }
        assert!(help().contains(&call(usage)) && help().contains(usage.help));
    }
}

#[test]
fn unfinished_json_is_known() {
    for text in ["{", "[", "{\"a\": [1,", "[\"x", "{\n"] {
        assert!(is_unfinished(text), "{text}");
    }
    for text in [
        "",
        "{}",
        "[1, 2]",
        "{]",
        "hello {",
        " {",
        "{\"a\": 1}\n",
        "1",
    ] {
        assert!(!is_unfinished(text), "{text}");
    }
}

#[test]
fn the_editor_is_told_what_it_asks() {
    let orders = PromptLanguage::default();
    assert!(orders.ends("/quit") && orders.ends("/close 4000 x"));
    assert!(!orders.ends("/close 1") && !orders.ends("quit") && !orders.ends("//quit"));
    assert_eq!(orders.complete("/p"), ["/ping ", "/pong "]);
    assert_eq!(orders.complete("/q"), ["/quit"]);
    assert!(orders.complete("p").is_empty() && orders.complete("/ping x").is_empty());
    assert_eq!(orders.hint("/close").as_deref(), Some(" [CODE [REASON]]"));
    assert_eq!(orders.hint("/close ").as_deref(), Some("[CODE [REASON]]"));
    assert_eq!(orders.hint("/close 1"), None);
    assert_eq!(orders.hint("/quit"), None);
    assert_eq!(orders.hint("close"), None);
}
