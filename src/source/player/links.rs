//! The connections of a session file: their settings, and those that a statement is about.

use super::options::{Connection, ConnectionSetting, SettingValue};
use super::Player;
use crate::error::Error;
use crate::event::Link;
use crate::session_file::{Line, SessionFile, Statement, Template};

impl Player {
    /// The connections and their settings.
    pub(super) fn connections(
        &self,
        script: &SessionFile,
        url: Option<&str>,
    ) -> Result<Vec<Connection>, Error> {
        let mut names: Vec<_> = self.names.iter().cloned().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        let set = |name| self.connection(script, name, url);
        names.into_iter().map(set).collect()
    }

    pub(super) fn connection(
        &self,
        script: &SessionFile,
        name: Option<String>,
        url: Option<&str>,
    ) -> Result<Connection, Error> {
        let mut found = url.map(|url| (url.to_owned(), 0));
        let (mut settings, mut common) = (Vec::new(), None);
        for line in &script.lines {
            if line.link.is_some() && line.link != name {
                continue;
            }
            let text = |template: &Template| self.text(line, template);
            let value = match &line.statement {
                Statement::Url(_) if url.is_some() => continue,
                Statement::Url(template) if line.link.is_none() => {
                    common = Some((text(template)?, line.number));
                    continue;
                }
                Statement::Url(template) => {
                    found = Some((text(template)?, line.number));
                    continue;
                }
                Statement::Header(template) => SettingValue::Header(text(template)?),
                Statement::Subprotocol(template) => SettingValue::Subprotocol(text(template)?),
                Statement::Options(templates) => {
                    let words = templates.iter().map(text);
                    SettingValue::Options(words.collect::<Result<_, _>>()?)
                }
                _ => continue,
            };
            settings.push(ConnectionSetting {
                line: line.number,
                value,
            });
        }
        let Some((url, line)) = found.or(common) else {
            let of = name.map(|name| format!(" of @{name}")).unwrap_or_default();
            let cause = format!("missing URL{of}: add a line 'url ws://…', or use --url");
            return Err(self.source.parse_error(0, "", cause));
        };
        Ok(Connection {
            name,
            url,
            line,
            settings,
        })
    }

    /// The connections of a statement: all for `@*`, the only one if there is no name.
    pub(super) fn links(&self, line: &Line) -> Result<Vec<Link>, Error> {
        let all = || (0..self.names.len().max(1)).filter_map(|at| u16::try_from(at).ok());
        let name = match line.link.as_deref() {
            None => return Ok(vec![Link::default()]),
            Some("*") => return Ok(all().map(Link).collect()),
            Some(name) => name,
        };
        let name = self.link_name(line, name)?;
        let place = all().find(|at| self.names.get(usize::from(*at)) == Some(&name));
        let Some(at) = place else {
            let cause = format!("unknown connection @{name}: it is not opened at the start");
            return Err(self.source.parse_error(line.number, "@", cause));
        };
        Ok(vec![Link(at)])
    }

    /// The connections of a rule: all, unless one is named.
    pub(super) fn rule_links(&self, line: &Line) -> Result<Vec<Link>, Error> {
        if line.link.is_some() {
            return self.links(line);
        }
        let all = (0..self.names.len().max(1)).filter_map(|at| u16::try_from(at).ok());
        Ok(all.map(Link).collect())
    }

    pub(super) fn link_name(&self, line: &Line, name: &str) -> Result<String, Error> {
        let Ok(template) = Template::parse(name) else {
            return Ok(name.to_owned());
        };
        self.text(line, &template)
    }
}
