//! The server's side of the opening handshake (RFC 6455 §4.2), which may be invalid on purpose.

/// The response 101 to a request.
#[derive(Clone, Default)]
pub struct Upgrade {
    /// Header lines after the three that are required, each with its CRLF.
    pub headers: String,
    /// The accept key to send instead of the correct one.
    pub accept: Option<String>,
}

impl Upgrade {
    /// The bytes of the response.
    ///
    /// # Errors
    ///
    /// What the request must have and does not (RFC 6455 §4.1).
    pub fn answer(&self, head: &str) -> Result<Vec<u8>, String> {
        let missing = |what: &str| format!("is no opening handshake: {what}\n{head}");
        let line = head.lines().next().unwrap_or_default();
        if !line.starts_with("GET /") && !line.starts_with("GET *") || !line.ends_with(" HTTP/1.1")
        {
            return Err(missing("the request line"));
        }
        let has = |name: &str, token: &str| {
            values(head, name)
                .iter()
                .flat_map(|value| value.split(','))
                .any(|item| item.trim().eq_ignore_ascii_case(token))
        };
        for (name, token) in [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
        ] {
            if !has(name, token) {
                return Err(missing(&format!("no {name}: {token}")));
            }
        }
        let [key] = values(head, "Sec-WebSocket-Key")[..] else {
            return Err(missing("not exactly one Sec-WebSocket-Key"));
        };
        if key.len() != 24 || values(head, "Host").len() != 1 {
            return Err(missing("the length of the key, or not exactly one Host"));
        }
        let accept = self
            .accept
            .clone()
            .unwrap_or_else(|| tungstenite::handshake::derive_accept_key(key.as_bytes()));
        Ok(format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{}\r\n",
            self.headers
        )
        .into_bytes())
    }
}

/// All values of a header in the head of a message.
pub fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .filter(|(field, _)| field.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect()
}
