//! Tests of parsing session files, and that printing is its inverse.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Vec<Line> {
    match parse("talk.ws", text) {
        Ok(script) => script.lines,
        Err(parse_error) => panic!("{parse_error}\n{}", parse_error.text),
    }
}

fn statements(text: &str) -> Vec<Statement> {
    let lines = read(text).into_iter();
    lines.map(|line| line.statement).collect()
}

fn one(text: &str) -> Statement {
    let mut statements = statements(text);
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0)
}

fn template(text: &str) -> Template {
    Template::parse(text).expect("a template")
}

fn sent(text: &str) -> Message {
    match one(text) {
        Statement::Send(message) => message,
        other => panic!("{other:?}"),
    }
}

fn wanted(text: &str) -> ExpectStatement {
    match one(text) {
        Statement::Expect(wanted) => wanted,
        other => panic!("{other:?}"),
    }
}

#[test]
fn settings_and_pauses_are_parsed() {
    for (text, statement) in [
        (
            "url ws://h:1/${P}",
            Statement::Url(template("ws://h:1/${P}")),
        ),
        ("header A: b c", Statement::Header(template("A: b c"))),
        ("header Empty;", Statement::Header(template("Empty;"))),
        ("header ${H}", Statement::Header(template("${H}"))),
        (
            "header \"A: ${b\"",
            Statement::Header(Template::literal("A: ${b")),
        ),
        ("subprotocol chat", Statement::Subprotocol(template("chat"))),
        ("within 2s", Statement::Within(Duration::from_secs(2))),
        ("strict", Statement::Strict(true)),
        ("strict on", Statement::Strict(true)),
        ("strict \t off ", Statement::Strict(false)),
        ("wait 1m", Statement::Wait(Duration::from_mins(1))),
        ("at 1.5", Statement::At(Duration::from_millis(1500))),
    ] {
        assert_eq!(one(text), statement, "{text}");
    }
    let capture = |name: &str, pointer: &str| Statement::Capture {
        name: name.to_owned(),
        pointer: pointer.to_owned(),
        secret: false,
    };
    assert_eq!(one("capture ID /a b/~0~1"), capture("ID", "/a b/~0~1"));
    assert_eq!(one("capture _x"), capture("_x", ""));
    assert_eq!(one(r#"capture x "/${a} ""#), capture("x", "/${a} "));
}

#[test]
fn options_are_split_into_words_like_a_shell() {
    let words = |texts: &[&str]| Statement::Options(texts.iter().map(|t| template(t)).collect());
    assert_eq!(
        one("option -k  --compress off"),
        words(&["-k", "--compress", "off"])
    );
    assert_eq!(
        one("option -A 'a \"b' \"c ${D}'s\"e ''\n  -k"),
        words(&["-A", "a \"b", "c ${D}'se", "", "-k"])
    );
    let literal = Statement::Options(vec![Template::literal("${D}x")]);
    assert_eq!(one("option '${D}'x"), literal);
}

#[test]
fn sent_messages_are_parsed() {
    let text = |text: &str| Message::Text(Template::literal(text));
    for (line, message) in [
        ("> hello", text("hello")),
        (">\t hello \t", text("hello")),
        ("> jsonx pings", text("jsonx pings")),
        ("> any", text("any")),
        (r#"> """#, text("")),
        (r#"> " a\n${B}\"" "#, text(" a\n${B}\"")),
        ("> a${B}", Message::Text(template("a${B}"))),
        ("> json [1,${X}]", Message::Json(template("[1,${X}]"))),
        ("> hex 00 Ff", Message::Binary(vec![0, 255])),
        ("> hex", Message::Binary(Vec::new())),
        ("> base64 AP8=", Message::Binary(vec![0, 255])),
        (
            "> file @a b.png",
            Message::File(Kind::Binary, template("a b.png")),
        ),
        (r#"> text @" a""#, Message::File(Kind::Text, template(" a"))),
        ("> ping", Message::Ping(Payload::Text(Template::default()))),
        ("> ping a b", Message::Ping(Payload::Text(template("a b")))),
        (
            r#"> pong "hex 00""#,
            Message::Pong(Payload::Text(template("hex 00"))),
        ),
        ("> pong hex 00", Message::Pong(Payload::Bytes(vec![0]))),
    ] {
        assert_eq!(sent(line), message, "{line}");
    }
    let close = |code, reason: &str| Message::Close {
        code,
        reason: template(reason),
    };
    assert_eq!(sent("> close"), close(1000, ""));
    assert_eq!(sent("> close 1005"), close(1005, ""));
    assert_eq!(sent("> close 65535 so ${X}"), close(65535, "so ${X}"));
}

#[test]
fn expectations_are_parsed() {
    let header = |value: &str| ExpectStatement::Header {
        name: "N".to_owned(),
        value: template(value),
    };
    let pattern = |pattern: &str, ignore_case| ExpectStatement::Match {
        pattern: template(pattern),
        ignore_case,
    };
    let close = |code, reason: Option<&str>| ExpectStatement::Close {
        code,
        reason: reason.map(template),
    };
    for (line, expected) in [
        ("< hello", ExpectStatement::Text(template("hello"))),
        (r#"< "any""#, ExpectStatement::Text(template("any"))),
        ("< any", ExpectStatement::Any),
        (
            r#"< json {"${K}": ${V}}"#,
            ExpectStatement::Json(template(r#"{"${K}": ${V}}"#)),
        ),
        ("< /^a/b${X}+$/", pattern("^a/b${X}+$", false)),
        (r"< / \/i /i", pattern(r" \/i ", true)),
        ("< //", pattern("", false)),
        (
            "< hex c0ff ee",
            ExpectStatement::Binary(vec![0xc0, 0xff, 0xee]),
        ),
        (
            "< file @x",
            ExpectStatement::File(Kind::Binary, template("x")),
        ),
        ("< ping", ExpectStatement::Ping(None)),
        (
            r#"< ping """#,
            ExpectStatement::Ping(Some(Payload::Text(template("")))),
        ),
        (
            "< pong hex",
            ExpectStatement::Pong(Some(Payload::Bytes(Vec::new()))),
        ),
        ("< close", close(None, None)),
        ("< close 4001", close(Some(4001), None)),
        (r#"< close 1000 """#, close(Some(1000), Some(""))),
        ("< close 1000 bye", close(Some(1000), Some("bye"))),
        (
            "< silence 500ms",
            ExpectStatement::Silence(Duration::from_millis(500)),
        ),
        ("< status 101", ExpectStatement::Status(101)),
        ("< header N:", header("")),
        ("< header N: \"v\" ", header("\"v\"")),
        (r#"< header "N: a\tb""#, header("a\tb")),
        ("< refused", ExpectStatement::Refused(None)),
        ("< refused 401", ExpectStatement::Refused(Some(401))),
        ("reconnect", ExpectStatement::Reconnect),
    ] {
        assert_eq!(wanted(line), expected, "{line}");
    }
}

#[test]
fn lines_connections_and_comments_are_parsed() {
    let text = "\u{feff}# talk\r\n\r\nurl ws://h\r\n@al-i_1 > json {\r\n# still\r\n    \"a\":\r\n  1 }\r\n \t\n@bob\n > hi\n   # you\n    there";
    let lines = read(text);
    let placed: Vec<_> = lines
        .iter()
        .map(|line| (line.number, line.link.as_deref()))
        .collect();
    assert_eq!(placed, [(3, None), (4, Some("al-i_1")), (9, Some("bob"))]);
    assert_eq!(
        lines[1].statement,
        Statement::Send(Message::Json(template("{\n\"a\":\n1 }")))
    );
    assert_eq!(
        lines[2].statement,
        Statement::Send(Message::Text(template("hi\n  # you\n   there")))
    );
    assert_eq!(read(""), []);
    assert_eq!(read("# only"), []);
}

#[test]
fn statements_are_printed_in_their_simplest_form() {
    let file = r#"# a talk
url ws://${HOST}/chat
header Origin: http://example.org
option -k '--user' a' 'b "it's"
strict
@alice > {"op":"ping"}
@bob   < json {"op":
      "pong",
        "id": ${ID}}
> ping it
> close 1000
< /^a b$/i
> "ping it"
> "no line end"
> "tab\there \u202e"
> "two\nlines"
> "two\n\nblocks"
> hex 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
> hex 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
"#;
    let printed = r#"url ws://${HOST}/chat
header Origin: http://example.org
option -k --user 'a b' 'it'"'"'s'
strict
@alice > {"op":"ping"}
@bob < json
    {"op":
    "pong",
      "id": ${ID}}
> ping it
> close
< /^a b$/i
> "ping it"
> no line end
> "tab\there \u202e"
>
    two
    lines
> "two\n\nblocks"
> hex 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f
> base64 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g
"#;
    let script = parse("talk.ws", file).expect("a session file");
    assert_eq!(print(&script), printed);
    assert_eq!(parse("", printed).expect("the same"), script);
    assert_eq!(comment("a\n> b\u{1b}"), "# a\\u000a> b\\u001b\n");
}

#[test]
fn recorded_json_keeps_its_value_when_printed() {
    let line = Line {
        number: 0,
        link: None,
        statement: Statement::Send(Message::Json(Template::literal(
            "{\n\n\"a\": \"${b}\u{7f}\",\r\n\t\"c\": 1}\n",
        ))),
    };
    assert_eq!(
        print_line(&line),
        "> json {  \"a\": \"\\u0024{b}\\u007f\",   \"c\": 1}\n"
    );
    assert_eq!(read(&print_line(&line)).len(), 1);
}

#[test]
fn columns_are_counted_in_characters() {
    for (text, line, column) in [
        ("\n> é ${", 2, 5),
        ("> json {\n    \"é\": 1,\n   ]}", 3, 4),
        ("> json\n  [1,\n  2", 3, 4),
        ("> hex 00\n   0g", 2, 5),
        ("> base64 AA é", 1, 13),
        ("< /(é/", 1, 4),
        ("< /é[/", 1, 5),
        ("@é! > x", 1, 3),
        ("> \"a\\qb\"", 1, 6),
        ("> \"a\" b", 1, 7),
        ("\u{feff}nonsense", 1, 1),
        ("> a\rb", 1, 4),
        ("> a\n\n  b", 3, 1),
        ("option a 'b\n c'", 1, 10),
        ("header A: b\n  c", 2, 3),
        (">", 1, 2),
        ("@alice", 1, 7),
    ] {
        let parse_error = parse("f", text).expect_err(text);
        assert_eq!(
            (parse_error.line, parse_error.column),
            (line, column),
            "{text}: {parse_error}"
        );
    }
    let parse_error = decode("f", b"> a\r\n> b\xff\r\n").expect_err("not UTF-8");
    assert_eq!((parse_error.line, parse_error.column), (2, 4));
    assert_eq!(parse_error.text, "> b\u{fffd}");
    assert_eq!(decode("f", "\u{feff}> ä".as_bytes()).as_deref(), Ok("> ä"));
}

// Everything that a recorder or the parser can create.

fn any_text() -> impl Strategy<Value = Template> {
    let texts = prop_oneof![
        any::<String>(),
        "[ \t\na-c\"/${}\\\\\r\u{202e}#@>]{0,12}",
        "(json|hex|any|close|ping|file)[ \n]?[a-z]{0,3}",
    ];
    texts.prop_map(|text| Template::literal(&text))
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..70)
}

/// Characters that may be in any text of a file without a special meaning.
fn plain() -> impl Strategy<Value = String> {
    "[a-zäß日0-9.:;,!=?*+-][a-zäß日0-9.:;,!=?* +-]{0,10}[a-z]"
}

fn with_variables() -> impl Strategy<Value = Template> {
    vec((plain(), "[A-Za-z_][A-Za-z0-9_]{0,5}"), 0..3).prop_map(|pieces| {
        let text = pieces
            .iter()
            .map(|(text, name)| format!("{text}${{{name}}}"));
        template(&text.collect::<String>())
    })
}

fn text() -> impl Strategy<Value = Template> {
    prop_oneof![any_text(), with_variables()]
}

fn one_line() -> impl Strategy<Value = Template> {
    prop_oneof![
        "[^\\p{Cc}]{1,20}".prop_map(|text| Template::literal(&text)),
        with_variables().prop_filter("not empty", |text| !text.parts.is_empty()),
    ]
}

fn json() -> impl Strategy<Value = Template> {
    let literal = any_json().prop_map(|value| {
        let text = format!("{value:#}").replace("${", "\\u0024{");
        // These two characters can't be in a file unescaped.
        let visible = |c: char| {
            if c.is_control() && c != '\n' {
                format!("\\u{:04x}", u32::from(c))
            } else {
                c.to_string()
            }
        };
        Template::literal(&text.chars().map(visible).collect::<String>())
    });
    prop_oneof![
        literal,
        Just(template(
            "{\"${A}\": ${B},\n\n\"c\": [\"x${D}\"]}"
                .replace("\n\n", "\n")
                .as_str()
        )),
    ]
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|members| { serde_json::Value::Object(members.into_iter().collect()) }),
        ]
    })
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        text()
            .prop_filter("fits", |text| text.least_length() <= 125)
            .prop_map(Payload::Text),
        any_bytes().prop_map(Payload::Bytes),
    ]
}

fn reason() -> impl Strategy<Value = Template> {
    text().prop_filter("fits", |text| text.least_length() <= 123)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Text), Just(Kind::Binary)]
}

fn close() -> impl Strategy<Value = (u16, Template)> {
    (any::<u16>(), reason()).prop_filter("a reason needs a code", |(code, reason)| {
        *code != 1005 || reason.parts.is_empty()
    })
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        text().prop_map(Message::Text),
        json().prop_map(Message::Json),
        any_bytes().prop_map(Message::Binary),
        (kind(), one_line()).prop_map(|(kind, path)| Message::File(kind, path)),
        payload().prop_map(Message::Ping),
        payload().prop_map(Message::Pong),
        close().prop_map(|(code, reason)| Message::Close { code, reason }),
    ]
}

fn wish() -> impl Strategy<Value = ExpectStatement> {
    let pattern = prop_oneof![
        "[a-z /.^$-]{0,10}".prop_map(|text| template(&text)),
        with_variables().prop_filter("compiles", |text| {
            regex::Regex::new(&text.stand_in(|_, _| "1".to_owned())).is_ok()
        }),
    ];
    let expected_close = (close(), any::<bool>(), any::<bool>()).prop_map(
        |((code, reason), has_code, has_reason)| ExpectStatement::Close {
            code: has_code.then_some(code),
            reason: (has_code && has_reason).then_some(reason),
        },
    );
    prop_oneof![
        text().prop_map(ExpectStatement::Text),
        json().prop_map(ExpectStatement::Json),
        (pattern, any::<bool>()).prop_map(|(pattern, ignore_case)| ExpectStatement::Match {
            pattern,
            ignore_case
        }),
        any_bytes().prop_map(ExpectStatement::Binary),
        (kind(), one_line()).prop_map(|(kind, path)| ExpectStatement::File(kind, path)),
        Just(ExpectStatement::Any),
        proptest::option::of(payload()).prop_map(ExpectStatement::Ping),
        proptest::option::of(payload()).prop_map(ExpectStatement::Pong),
        expected_close,
        duration().prop_map(ExpectStatement::Silence),
        (100..=999_u16).prop_map(ExpectStatement::Status),
        ("[A-Za-z!#-]{1,8}", "([!-~é]{1,4}( [!-~]{1,4})?)?").prop_map(|(name, value)| {
            ExpectStatement::Header {
                name,
                value: Template::literal(&value),
            }
        }),
        proptest::option::of(100..=999_u16).prop_map(ExpectStatement::Refused),
        Just(ExpectStatement::Reconnect),
    ]
}

fn duration() -> impl Strategy<Value = Duration> {
    (0..4_000_000_u64, 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s % 1000, n))
}

fn statement() -> impl Strategy<Value = Statement> {
    let header = ("[A-Za-z-]{1,8}", "[^\\p{Cc}]{0,20}").prop_map(|(name, value)| {
        Statement::Header(Template::literal(&format!("{name}: {value}")))
    });
    let word = prop_oneof![
        "[^\\p{Cc}]{0,12}".prop_map(|text| Template::literal(&text)),
        "['\" $a{}]{0,8}".prop_map(|text| Template::literal(&text)),
        with_variables(),
    ];
    prop_oneof![
        one_line().prop_map(Statement::Url),
        header,
        one_line().prop_map(Statement::Subprotocol),
        vec(word, 1..4).prop_map(Statement::Options),
        duration().prop_map(Statement::Within),
        any::<bool>().prop_map(Statement::Strict),
        duration().prop_map(Statement::Wait),
        duration().prop_map(Statement::At),
        message().prop_map(Statement::Send),
        wish().prop_map(Statement::Expect),
        proptest::option::of(one_line()).prop_map(Statement::Open),
        Just(Statement::Drop),
        "[!-~é]{1,5}( [!-~]{1,4})?".prop_map(Statement::Include),
        http().prop_map(|call| Statement::Http(Box::new(call))),
        wish().prop_map(|wanted| match wanted {
            ExpectStatement::Text(_)
            | ExpectStatement::Json(_)
            | ExpectStatement::Match { .. }
            | ExpectStatement::Binary(_) => {
                Statement::Check(wanted)
            }
            _ => Statement::CheckWithin(Duration::from_millis(200)),
        }),
        "[A-Z_][a-z0-9]{0,4}".prop_map(Statement::Secret),
        "[!-~é]{1,5}( [!-~]{1,4})?".prop_map(Statement::Title),
        vec("[a-z0-9é]{1,5}", 1..3).prop_map(Statement::Tags),
        ("[A-Z_][a-z0-9]{0,4}", "[^\\p{Cc}]{1,12}").prop_map(|(name, value)| Statement::Default {
            name,
            value: Template::literal(&value),
        }),
        block(),
        ("[A-Z_][a-z0-9]{0,4}", "(/([^~/]|~0|~1){0,6}){0,3}").prop_map(|(name, pointer)| {
            Statement::Capture {
                name,
                pointer,
                secret: false,
            }
        }),
    ]
}

fn http() -> impl Strategy<Value = HttpCall> {
    let header = ("[A-Za-z-]{1,8}", "[^\\p{Cc}]{0,20}")
        .prop_map(|(name, value)| Template::literal(&format!("{name}: {value}")));
    let body = prop_oneof![
        json().prop_map(HttpBody::Json),
        "[^\\p{Cc}]{1,20}".prop_map(|text| HttpBody::Text(Template::literal(&text))),
    ];
    (
        "[A-Z]{1,7}",
        one_line(),
        vec(header, 0..3),
        proptest::option::of(body),
    )
        .prop_map(|(method, url, headers, body)| HttpCall {
            method,
            url,
            headers,
            body,
        })
}

/// Statements that contain others.
fn block() -> impl Strategy<Value = Statement> {
    let line = |statement| Line {
        number: 1,
        link: None,
        statement,
    };
    let sent = move || {
        let message = text().prop_map(Message::Text);
        vec(
            message.prop_map(move |message| line(Statement::Send(message))),
            1..3,
        )
    };
    let wanted = || text().prop_map(ExpectStatement::Text);
    let expected = wanted().prop_map(move |wanted| line(Statement::Expect(wanted)));
    let rule = (wanted(), sent())
        .prop_map(|(wanted, body)| Statement::On(Trigger::Received(wanted), body.into()));
    prop_oneof![
        rule,
        vec(expected, 1..3).prop_map(|body| Statement::AnyOrder(body.into())),
        (0..20_u32, sent()).prop_map(|(count, body)| Statement::Repeat {
            count: Template::literal(&count.to_string()),
            name: Some("N".to_owned()),
            body: body.into(),
        }),
        (1..9_u64, sent()).prop_map(|(seconds, body)| Statement::Retry {
            limit: Duration::from_secs(seconds),
            pause: Duration::from_millis(seconds),
            body: body.into(),
        }),
    ]
}

fn script() -> impl Strategy<Value = SessionFile> {
    let link = proptest::option::of("[a-zé0-9_-]{1,5}");
    vec((link, statement()), 0..8).prop_map(|lines| SessionFile {
        lines: lines
            .into_iter()
            .map(|(link, statement)| Line {
                number: 0,
                // A request has no connection.
                link: link.filter(|_| !matches!(statement, Statement::Http(_))),
                statement,
            })
            .collect(),
    })
}

#[test]
fn byte_patterns_of_several_lines_are_parsed_as_printed() {
    for text in [
        "< hex 01 /b >\n\ttw\n      + c/\n",
        "< hex 01 /a\n   b/i\n> c\n",
        "< hex 03 json {\n  \"a\": 1,\n    \"b\": any\n  }\n",
    ] {
        let script = parse("f", text).expect("valid statements");
        let printed = print(&script);
        assert_eq!(parse("f", &printed).as_ref(), Ok(&script), "{printed}");
    }
}

#[test]
fn a_rule_about_several_lines_is_printed_on_one() {
    let text = "on < \"a\\nb\"\n  > c\n";
    let script = parse("f", text).expect("valid statements");
    assert_eq!(print(&script), text);
}

proptest! {
    #[test]
    fn printed_files_are_parsed_as_the_same(script in script()) {
        let printed = print(&script);
        match parse("f", &printed) {
            Ok(read) => prop_assert_eq!(read, script, "{}", printed),
            Err(parse_error) => prop_assert!(false, "{}\n{}", parse_error, printed),
        }
    }

    #[test]
    fn arbitrary_statements_are_parsed_or_rejected(
        lines in vec(("(> |< |@a > |  |option |capture |\t|#)?", "(json |hex |base64 |ping |close |/|\")?", "[ -~\n\r\té日]{0,20}"), 0..6),
    ) {
        let lines: Vec<String> = lines.iter().map(|(a, b, c)| format!("{a}{b}{c}")).collect();
        let text = lines.join("\n");
        match parse("f", &text) {
            Ok(script) => {
                let printed = print(&script);
                prop_assert_eq!(parse("f", &printed), Ok(script), "{}", printed);
            }
            Err(parse_error) => {
                prop_assert!(parse_error.line > 0 && parse_error.column > 0 && !parse_error.cause.is_empty());
                let width = parse_error.text.chars().count();
                prop_assert!(parse_error.column as usize <= width + 1, "{}", parse_error);
            }
        }
    }

    #[test]
    fn arbitrary_text_is_parsed_or_rejected(text in any::<String>()) {
        if let Ok(script) = parse("f", &text) {
            prop_assert_eq!(parse("f", &print(&script)), Ok(script));
        }
    }
}

#[test]
fn statements_of_the_second_language_are_printed_as_they_are_read() {
    for text in [
        "< json {\"p\": numeric > 0, \"t\": > ${LAST} as LAST, \"error\": absent}\n",
        "check json {\"a\": /^x$/i}\n",
        "check within 200ms\n",
        "check /a/\n",
        "capture SID match /sid=(.*)/\n",
        "capture secret TOKEN /token\n",
        "capture secret TOKEN match /t=(.*)/i\n",
        "any order\n  @* < a\n  @bob < json\n      {\"a\":\n       1}\n",
        "on < 2\n  > 3\n",
        "@alice on < json [2, string as CALL]\n  let X = uuid\n  > ${CALL}\n",
        "on open\n  > hi\n",
        "every 25s > json {\"type\":\"ping\"}\n",
        "every 25s\n  > ping\n  > ping a\n",
        "ignore < ping\n",
        "never < json {\"type\":\"error\"}\n",
        "never < error for 2s\n",
        "repeat ${N} as I\n  @c${I} > ${I}\n  retry 10s every 200ms\n    > a\n    < b\n",
        "let ID = uuid\n",
        "let T = now s\n",
        "let SIG = hex(hmac_sha256(\"${KEY}\", \"${T}GET/ws\"))\n",
        "let N = random -1..6\n",
        "> hex 82 08 ${ID:2} 00 03 \"a/b\" ${N:4le} ${V:varint}\n",
        "< hex 08 ID:varint 12 06 \"wsline\" 19 ??x8 .. ?? N:2le\n",
        "< hex 01 /^\\$ /i\n",
        "< hex 03 json {\"status\": \"Success\" | string as S}\n",
        "check hex 03 ..\n",
        "default PORT 8080\n",
        "secret PASSWORD\n",
        "title Who has no token is refused\n",
        "tags smoke slow\n",
    ] {
        let script = parse("x.ws", text).unwrap_or_else(|error| panic!("{text}{error}"));
        let printed = print(&script);
        assert_eq!(printed, text);
        assert_eq!(parse("x.ws", &printed).as_ref(), Ok(&script));
    }
}

#[test]
fn blank_lines_and_comments_are_allowed_in_blocks() {
    let text = "repeat 2\n  > a\n\n# note\n  < b\n\n> c\n";
    let script = parse("x.ws", text).expect("a session file");
    assert_eq!(print(&script), "repeat 2\n  > a\n  < b\n> c\n");
    let numbers: Vec<_> = script.all_lines().iter().map(|line| line.number).collect();
    assert_eq!(numbers, [1, 2, 5, 7]);
}
