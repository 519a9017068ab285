//! JSON-RPC 2.0: the request of a call, and what a received message is to it.
//!
//! The Chrome `DevTools` Protocol is the same without the member `jsonrpc`.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::Value;

use crate::text::json_error;

/// The id of the only request on a connection.
pub const ID: u32 = 1;

/// The dialect of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// JSON-RPC 2.0.
    JsonRpc,
    /// The Chrome `DevTools` Protocol.
    Cdp,
}

/// The text of a request. `params` is JSON.
#[must_use]
pub fn request(dialect: Dialect, method: &str, params: Option<&str>) -> String {
    let version = match dialect {
        Dialect::JsonRpc => r#""jsonrpc":"2.0","#,
        Dialect::Cdp => "",
    };
    let method = Value::from(method);
    let params = params.map_or_else(String::new, |json| format!(r#","params":{json}"#));
    format!(r#"{{{version}"id":{ID},"method":{method}{params}}}"#)
}

/// Checks the parameters of a request, which are an array or an object (§4.2).
///
/// # Errors
///
/// What is wrong with them, and where.
pub fn check_params(text: &str) -> Result<(), String> {
    let invalid = |error| {
        let (line, column) = json_error::position(text, &error);
        let cause = json_error::cause(&error);
        format!("invalid JSON at line {line}, column {column}: {cause}")
    };
    serde_json::from_str::<&RawValue>(text).map_err(invalid)?;
    if text.trim_start().starts_with(['[', '{']) {
        return Ok(());
    }
    Err("parameters must be an array or an object, as in '[2, 3]'".to_owned())
}

/// A received message, as seen by the caller.
#[derive(Debug, PartialEq, Eq)]
pub enum RpcMessage<'a> {
    /// The result of the call, as JSON.
    Result(&'a str),
    /// The error of the call.
    Failed(RpcError),
    /// A message with a method and without an id (§4.1).
    Notification,
    /// Anything else.
    Other,
}

/// The error of a call (§5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// The message and the code, or the whole error if it has no message.
    pub message: String,
    /// The JSON of the member `data`.
    pub data: Option<String>,
}

impl RpcError {
    fn from_json(json: &str) -> Self {
        #[derive(Deserialize)]
        struct RequestObject<'a> {
            message: String,
            #[serde(borrow)]
            code: Option<&'a RawValue>,
            #[serde(borrow)]
            data: Option<&'a RawValue>,
        }
        let Ok(error) = serde_json::from_str::<RequestObject<'_>>(json) else {
            return Self {
                message: json.to_owned(),
                data: None,
            };
        };
        let code = error.code.map(|code| format!(" (error {})", code.get()));
        Self {
            message: error.message + &code.unwrap_or_default(),
            data: error.data.map(|data| data.get().to_owned()),
        }
    }
}

/// The members of a message that matter to the caller.
#[derive(Deserialize)]
struct MessageMembers<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// A member that is there, even if it is `null`.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

/// Finds out what a text message is.
#[must_use]
pub fn received(text: &str) -> RpcMessage<'_> {
    let Ok(members) = serde_json::from_str::<MessageMembers<'_>>(text) else {
        return RpcMessage::Other;
    };
    match members {
        MessageMembers {
            id: None,
            method: Some(method),
            ..
        } if method.get().starts_with('"') => RpcMessage::Notification,
        MessageMembers {
            id: Some(id),
            method: None,
            result,
            error,
        } if id.get() == ID.to_string() => match error {
            Some(error) => RpcMessage::Failed(RpcError::from_json(error.get())),
            None => RpcMessage::Result(result.map_or("null", RawValue::get)),
        },
        _ => RpcMessage::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_the_members_of_their_dialect() {
        assert_eq!(
            request(Dialect::JsonRpc, "a\"b", Some("[1, {}]")),
            r#"{"jsonrpc":"2.0","id":1,"method":"a\"b","params":[1, {}]}"#
        );
        assert_eq!(
            request(Dialect::Cdp, "Page.enable", None),
            r#"{"id":1,"method":"Page.enable"}"#
        );
    }

    #[test]
    fn invalid_parameters_are_reported_with_their_position() {
        for (text, says) in [
            ("[2,", "invalid JSON at line 1, column 4: unexpected end"),
            ("{\n \"é\" 1}", "invalid JSON at line 2, column 6: expected"),
            ("[é]", "invalid JSON at line 1, column 2: expected a string"),
            ("", "invalid JSON at line 1, column 1: unexpected end"),
            ("[] 1", "invalid JSON at line 1, column 4: trailing"),
            ("\"a\"", "parameters must be an array or an object"),
            ("7", "parameters must be an array or an object"),
        ] {
            let cause = check_params(text).expect_err(text);
            assert!(cause.starts_with(says), "{text}: {cause}");
        }
        for text in ["[]", " {\"a\":[1]} ", "[1.0e400]"] {
            assert_eq!(check_params(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn messages_are_told_apart() {
        let failed = |message: &str, data: Option<&str>| {
            RpcMessage::Failed(RpcError {
                message: message.to_owned(),
                data: data.map(str::to_owned),
            })
        };
        for (text, is) in [
            (r#"{"id":1,"result":[1, 2]}"#, RpcMessage::Result("[1, 2]")),
            (r#"{"id":1,"result":null}"#, RpcMessage::Result("null")),
            (
                r#"{"id":1,"result":5,"error":null}"#,
                RpcMessage::Result("5"),
            ),
            (r#"{"id":1}"#, RpcMessage::Result("null")),
            (
                r#"{"id":1,"error":{"code":-32601,"message":"no","data":{"a":1}}}"#,
                failed("no (error -32601)", Some(r#"{"a":1}"#)),
            ),
            (r#"{"id":1,"error":"no"}"#, failed("\"no\"", None)),
            (r#"{"method":"x","params":[]}"#, RpcMessage::Notification),
            (r#"{"id":null,"method":"x"}"#, RpcMessage::Other),
            (r#"{"id":1,"method":"x"}"#, RpcMessage::Other),
            (r#"{"id":2,"result":5}"#, RpcMessage::Other),
            (r#"{"id":"1","result":5}"#, RpcMessage::Other),
            (r#"{"method":5}"#, RpcMessage::Other),
            ("[]", RpcMessage::Other),
            ("hello", RpcMessage::Other),
        ] {
            assert_eq!(received(text), is, "{text}");
        }
    }
}
