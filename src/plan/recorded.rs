//! The part of a record that says how the connection was opened.

use crate::cli::OptionArgs;
use crate::connect::ConnectOptions;
use crate::http::{CustomHeader, Header};
use crate::output::record::Opening;
use crate::text::duration;

/// The headers, options and credentials that the user has set, in any way.
pub(super) fn opening(request: &ConnectOptions, options: Vec<String>) -> Opening {
    let mut headers = Vec::new();
    let mut left_out = Vec::new();
    for header in &request.headers {
        match &header.value {
            Some(value) => headers.push(Header::new(&*header.name, value.as_slice())),
            None => left_out.push(header.name.clone()),
        }
    }
    let given: [(&str, Option<String>); 4] = [
        ("User-Agent", request.user_agent.clone()),
        ("Origin", request.origin.clone()),
        ("Authorization", request.authorization()),
        ("Cookie", request.cookie()),
    ];
    for (name, value) in given {
        let replaced = |header: &CustomHeader| header.is(name);
        match value {
            Some(_) if request.headers.iter().any(replaced) => {}
            // An empty User-Agent is not sent.
            Some(value) if value.is_empty() && name == "User-Agent" => {
                left_out.push(name.to_owned());
            }
            Some(value) => headers.push(Header::new(name, value)),
            None => {}
        }
    }
    Opening {
        url: request.target.url(),
        headers,
        left_out,
        subprotocols: request.subprotocols.clone(),
        options,
    }
}

/// The options that are needed to repeat the conversation. Messages that are sent automatically are
/// part of it, so `--every` and `--on-connect` are not.
pub(super) fn options(options: &OptionArgs) -> Vec<String> {
    let lasting = &options.connection.lasting;
    let flags = [
        ("--location", options.connection.location),
        ("--force", options.protocol.force),
        ("--no-pong", lasting.no_pong),
    ];
    let given = flags.into_iter().filter(|(_, given)| *given);
    let mut words: Vec<String> = given.map(|(option, _)| option.to_owned()).collect();
    let times = [
        ("--ping-interval", lasting.ping_interval),
        ("--ping-timeout", lasting.ping_timeout),
    ];
    for (option, time) in times {
        words.extend(time.map(|time| format!("{option}={}", duration::format(time))));
    }
    words.extend(lasting.reconnect.map(|limit| match limit {
        Some(limit) => format!("--reconnect={limit}"),
        None => "--reconnect".to_owned(),
    }));
    if !lasting.reconnect_on.is_empty() {
        let codes: Vec<String> = lasting.reconnect_on.iter().map(u16::to_string).collect();
        words.push(format!("--reconnect-on={}", codes.join(",")));
    }
    words
}
