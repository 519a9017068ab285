//! The part of a record that says how the connection was opened.

use crate::connect::ConnectOptions;
use crate::http::{CustomHeader, Header};
use crate::output::record::Opening;

/// The headers, options and credentials that the user has set, in any way.
pub(super) fn opening(request: &ConnectOptions, force: bool) -> Opening {
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
    let follows = request.max_redirects.is_some();
    Opening {
        url: request.target.url(),
        headers,
        left_out,
        subprotocols: request.subprotocols.clone(),
        options: [("--location", follows), ("--force", force)]
            .into_iter()
            .filter_map(|(option, given)| given.then_some(option))
            .collect(),
    }
}
