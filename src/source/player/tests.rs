//! Tests of session files as steps: connections, variables, and errors of a file.

use std::path::Path;
use std::time::Instant;

use super::*;
use crate::conversation::outgoing::Outgoing;
use crate::session_file;
use crate::source::conversation::{ConnectionSetting, Expectation, SettingValue, StepAction};

fn play(text: &str) -> Result<(Vec<FileConnection>, Player), Error> {
    play_with(text, &|name| (name == "HOST").then(|| "h".to_owned()), None)
}

fn play_with(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    url: Option<&str>,
) -> Result<(Vec<FileConnection>, Player), Error> {
    let script = session_file::parse("talk.ws", text).expect("it can be read");
    let options = PlayerOptions {
        within: Expectation::WITHIN,
        sources: &Arc::new(SourceMap::new(
            "talk.ws",
            Path::new("/no/such/folder"),
            text,
        )),
        folder: Path::new("/no/such/folder"),
        lookup,
        hides_values: false,
        url,
        speed: Some(2.0),
        ignore: &["/id".to_owned()],
        force: false,
        confined: false,
    };
    Player::new(script, &options)
}

fn parse_error(text: &str) -> String {
    match play(text) {
        Err(error @ Error::SessionFile(_)) => error.to_string(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("nothing is wrong with {text:?}"),
    }
}

/// The steps of a file, in order.
fn steps(player: &mut Player) -> Vec<Step> {
    std::iter::from_fn(|| {
        player
            .next(Instant::now())
            .expect("nothing is wrong with it")
    })
    .collect()
}

#[test]
fn connections_have_common_and_individual_settings() {
    let (connections, player) = play(
        "url ws://${HOST}/\nheader A: ${HOST}\n@bob url ws://b/\n@bob header B: b\n\
         subprotocol chat\noption --compress off\n@alice > hi\n@bob < hi\n",
    )
    .expect("it can be played");
    let setting = |line, value| ConnectionSetting { line, value };
    let header = |text: &str| SettingValue::Header(text.to_owned());
    let words = ["--compress", "off"].map(str::to_owned).to_vec();
    let common = [
        setting(2, header("A: h")),
        setting(5, SettingValue::Subprotocol("chat".to_owned())),
        setting(6, SettingValue::Options(words)),
    ];
    let mut of_bob = common.to_vec();
    of_bob.insert(1, setting(4, header("B: b")));
    assert_eq!(
        connections,
        [
            FileConnection {
                name: Some("bob".to_owned()),
                url: "ws://b/".to_owned(),
                line: 3,
                settings: of_bob,
                is_deferred: false,
            },
            FileConnection {
                name: Some("alice".to_owned()),
                url: "ws://h/".to_owned(),
                line: 1,
                settings: common.to_vec(),
                is_deferred: false,
            },
        ]
    );
    assert_eq!(player.name(Link(0)), Some("bob"));
}

#[test]
fn steps_have_place_connection_and_timeout() {
    let (_, mut player) = play(
        "url ws://h/\nwithin 2s\n@a > one\nat 3s\nstrict\n@b < {\"id\":1}\nstrict off\nwithin 1s\n\
         @b < json {\"a\":[]}\nwait 5s\n@b close\n"
            .replace("@b close", "@b > close 4000 bye")
            .as_str(),
    )
    .expect("it can be played");
    let unsent = |player: &Player| [Link(0), Link(1)].map(|link| player.unsent(link));
    assert!(player.expects() && unsent(&player) == [1, 1]);
    let steps = steps(&mut player);
    assert!(!player.expects() && unsent(&player) == [0, 0]);
    let shown: Vec<String> = steps
        .iter()
        .map(|step| format!("{} {:?} {:?}", step.link.0, step.place, step.act))
        .collect();
    let starts = [
        r#"0 Some("talk.ws:3") Send(Text("one"))"#,
        r#"0 Some("talk.ws:4") Until(1.5s)"#,
        r#"1 Some("talk.ws:6") Expect(Expectation { wanted: Message(Same"#,
        r#"1 Some("talk.ws:9") Expect(Expectation { wanted: Message(Json"#,
        r#"0 Some("talk.ws:10") Pause(5s)"#,
        r#"1 Some("talk.ws:11") Send(Close(Some(CloseReason { code: 4000, reason: "bye" })))"#,
    ];
    assert_eq!(shown.len(), starts.len());
    for (shown, start) in shown.iter().zip(starts) {
        assert!(shown.starts_with(start), "{shown}");
    }
    assert!(shown[2].ends_with("within: 2s, strict: true })"));
    assert!(shown[3].ends_with("within: 1s, strict: false })"));
}

#[test]
fn captured_values_are_variables_afterwards() {
    let (_, mut player) = play(
        "url ws://h/\n< any\ncapture ID /id\n> json {\"id\":${ID},\"as\":\"${ID}\"}\n> close 4000 ${ID}\n",
    )
    .expect("it can be played");
    for _ in 0..2 {
        player
            .next(Instant::now())
            .expect("it is fine")
            .expect("there is more");
    }
    player.keep("ID", "\"x\"".to_owned());
    let step = player
        .next(Instant::now())
        .expect("it is fine")
        .expect("there is more");
    let StepAction::Send(Outgoing::Text(text)) = step.act else {
        panic!("{step:?}");
    };
    assert_eq!(text, r#"{"id":"x","as":"\"x\""}"#);
    player.keep("ID", "x".repeat(200));
    let error = player
        .next(Instant::now())
        .expect_err("no frame can hold it");
    assert!(error.to_string().contains("the maximum is 123"), "{error}");
}

#[test]
fn json_broken_by_a_captured_value_is_an_error_when_used() {
    let (_, mut player) = play("url ws://h/\n< any\ncapture ID /id\n> json {\"id\":${ID}}\n")
        .expect("it can be played");
    steps_of(&mut player, 2);
    player.keep("ID", "no json".to_owned());
    let error = player.next(Instant::now()).expect_err("it is no JSON");
    assert!(
        error
            .to_string()
            .starts_with("talk.ws:4: invalid JSON after replacing"),
        "{error}"
    );
}

fn steps_of(player: &mut Player, count: usize) {
    for _ in 0..count {
        player
            .next(Instant::now())
            .expect("it is fine")
            .expect("there is more");
    }
}

#[test]
fn url_of_the_command_line_overrides_the_file() {
    let text = "url ws://a/\n@x url ws://b/\n@x > hi\n";
    let (connections, _) = play_with(text, &|_| None, Some("ws://c/")).expect("it can be played");
    assert_eq!(
        (connections[0].url.as_str(), connections[0].line),
        ("ws://c/", 0)
    );
}

#[test]
fn errors_in_a_file_are_reported_before_connecting() {
    for (text, says) in [
        ("> hi\n", "talk.ws: missing URL: add a line 'url ws://…'"),
        ("@x > hi\n", "talk.ws: missing URL of @x"),
        (
            "url ws://h/\n@x > hi\n< ho\n",
            "talk.ws:3: missing connection name, as in '@x > hi'",
        ),
        (
            "url ws://h/\n> a ${NO} b\n",
            "talk.ws:2:5: variable NO is not set: use --var NO=VALUE",
        ),
        (
            "url ws://${ID}/\n< any\ncapture ID /id\n",
            "talk.ws:1:10: variable ID is not set",
        ),
        (
            "url ws://h/\n> file @none\n",
            "talk.ws:2:8: could not read /no/such/folder/none",
        ),
        (
            "url ws://h/\n< text @none\n",
            "talk.ws:2:8: could not read /no/such/folder/none",
        ),
        (
            "url ws://h/\n> close 1006\n",
            "talk.ws:2:9: invalid close code 1006: must be 1000 or 3000-4999; add 'option --force'",
        ),
        (
            "url ws://h/\n< refused 401\n> hi\n",
            "talk.ws:3: the server is expected to refuse this connection",
        ),
        (
            "url ws://h/\n< status 404\n< any\n",
            "talk.ws:3: the server is expected to refuse this connection",
        ),
    ] {
        let parse_error = parse_error(text);
        assert!(parse_error.starts_with(says), "{text:?}: {parse_error}");
    }
    assert!(play("url ws://h/\noption --force\n> close 1006\n").is_ok());
    assert!(play("url ws://h/\n< status 101\n> close 1005\n").is_ok());
}

#[test]
fn given_steps_are_taken_between_the_statements() {
    let text = "> a\nrepeat 2\n  > b\n> c\n";
    let (_, mut player) = play_with(text, &|_| None, Some("ws://h/")).expect("it can be played");
    for (before, text) in [(1, "1"), (2, "2"), (4, "3"), (9, "4")] {
        let step = Step {
            link: Link::default(),
            place: None,
            act: StepAction::Send(Outgoing::Text(text.to_owned())),
        };
        player.give(before, step);
    }
    assert_eq!(
        player.unsent(Link::default()),
        6,
        "without those that are repeated"
    );
    let sent = steps(&mut player).into_iter().map(|step| match step.act {
        StepAction::Send(Outgoing::Text(text)) => text,
        act => panic!("{act:?}"),
    });
    assert_eq!(sent.collect::<String>(), "1a2bb3c4");
}
