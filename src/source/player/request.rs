//! Statements that open connections, and HTTP requests.

use super::Player;
use crate::error::Error;
use crate::event::Link;
use crate::http::{CustomHeader, HttpRequest};
use crate::session_file::{HttpBody, HttpCall, Line, Statement, Template};
use crate::source::conversation::{
    ConnectionSetting, HttpStep, OpenStep, SettingValue, StepAction,
};

impl Player {
    /// Opens a connection at a URL, or that of its `url` line.
    pub(super) fn opening(
        &self,
        line: &Line,
        to: Link,
        url: Option<&Template>,
    ) -> Result<StepAction, Error> {
        let name = self.names.get(usize::from(to.0)).cloned();
        let url = match url {
            Some(url) => Some((self.text(line, url)?, line.number)),
            None => None,
        };
        let connection = self.connection(self.flow.lines(), name, url)?;
        Ok(StepAction::Open(OpenStep {
            url: connection.url,
            settings: connection.settings,
            line: line.number,
        }))
    }

    /// The options that apply to all connections.
    fn common_options(&self) -> Result<Vec<ConnectionSetting>, Error> {
        let mut settings = Vec::new();
        for line in self.flow.lines() {
            if let (None, Statement::Options(options)) = (&line.link, &line.statement) {
                let words = options.iter().map(|option| self.text(line, option));
                settings.push(ConnectionSetting {
                    line: line.number,
                    value: SettingValue::Options(words.collect::<Result<_, _>>()?),
                });
            }
        }
        Ok(settings)
    }

    /// Sends an HTTP request.
    pub(super) fn request(&self, line: &Line, call: &HttpCall) -> Result<StepAction, Error> {
        if self.confined {
            let cause = "http is not allowed with --untrusted: the only address is that of --url";
            return Err(self.parse_error(line.number, "http", cause));
        }
        let mut headers = Vec::new();
        for template in &call.headers {
            let header = CustomHeader::parse(&self.text(line, template)?);
            headers.push(header.map_err(|cause| self.parse_error(line.number, "header", cause))?);
        }
        let (body, content_type) = match &call.body {
            None => (None, None),
            Some(HttpBody::Json(json)) => (Some(self.json(line, json)?), Some("application/json")),
            Some(HttpBody::Text(text)) => (
                Some(self.text(line, text)?),
                Some("text/plain; charset=utf-8"),
            ),
        };
        Ok(StepAction::Http(HttpStep {
            request: HttpRequest {
                method: call.method.clone(),
                url: self.text(line, &call.url)?,
                headers,
                body: body.map(String::into_bytes),
                content_type,
            },
            settings: self.common_options()?,
            line: line.number,
            exchange: None,
        }))
    }
}
