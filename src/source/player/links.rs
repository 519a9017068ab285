//! The connections of a session file: their settings, and those that a statement is about.

use super::names::opened_names;
use super::options::FileConnection;
use super::Player;
use crate::error::Error;
use crate::event::Link;
use crate::session_file::{Line, SessionFile, Statement, Template};
use crate::source::conversation::{ConnectionSetting, SettingValue};

/// The URL of a connection until a statement opens it at another.
const PLACEHOLDER: &str = "ws://localhost/";

impl Player {
    /// The connections and their settings.
    pub(super) fn connections(&self, lines: &[Line]) -> Result<Vec<FileConnection>, Error> {
        let mut names: Vec<_> = self.names.iter().cloned().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        let set = |(link, name)| {
            if self.deferred.contains(&Link(link)) {
                return Ok(self.deferred_connection(lines, name));
            }
            self.connection(lines, name, None)
        };
        (0..).zip(names).map(set).collect()
    }

    /// A connection that a statement opens, with the options that are known now: those for
    /// reconnecting and for what is sent automatically apply from the start.
    fn deferred_connection(&self, lines: &[Line], name: Option<String>) -> FileConnection {
        let of_it = |line: &&Line| line.link.is_none() || line.link == name;
        let setting = |line: &Line| {
            let Statement::Options(words) = &line.statement else {
                return None;
            };
            let words = words.iter().map(|word| word.render(&self.lookup()).ok());
            Some(ConnectionSetting {
                line: line.number,
                value: SettingValue::Options(words.collect::<Option<_>>()?),
            })
        };
        FileConnection {
            settings: lines.iter().filter(of_it).filter_map(setting).collect(),
            name,
            url: PLACEHOLDER.to_owned(),
            line: 0,
            is_deferred: true,
        }
    }

    /// The settings of a connection, whose URL may be given by the statement that opens it.
    pub(super) fn connection(
        &self,
        lines: &[Line],
        name: Option<String>,
        opened: Option<(String, u32)>,
    ) -> Result<FileConnection, Error> {
        let mut found = self.url.clone().map(|url| (url, 0)).or(opened);
        let has_url = found.is_some();
        let (mut settings, mut common) = (Vec::new(), None);
        for line in lines {
            if line.link.is_some() && line.link != name {
                continue;
            }
            let text = |template: &Template| self.text(line, template);
            let value = match &line.statement {
                Statement::Url(_) if has_url => continue,
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
            return Err(self.parse_error(0, "", cause));
        };
        Ok(FileConnection {
            name,
            url,
            line,
            settings,
            is_deferred: false,
        })
    }

    /// The connections that statements open.
    pub(super) fn deferred_links(&self, script: &SessionFile) -> Result<Vec<Link>, Error> {
        let mut links = Vec::new();
        for (number, name) in opened_names(&script.lines, &self.values) {
            match name {
                None => links.push(Link::default()),
                Some(name) if name == "*" => links.extend(self.all_links()),
                Some(name) => {
                    let at = self.names.iter().position(|known| *known == name);
                    let at = at.and_then(|at| u16::try_from(at).ok());
                    let unknown = || format!("unknown connection @{name}");
                    let at = at.ok_or_else(|| self.parse_error(number, "@", unknown()))?;
                    links.push(Link(at));
                }
            }
        }
        links.sort_unstable();
        links.dedup();
        Ok(links)
    }

    fn all_links(&self) -> impl Iterator<Item = Link> + use<> {
        let count = self.names.len().max(1);
        (0..count).filter_map(|at| u16::try_from(at).ok()).map(Link)
    }

    /// The link of responses to HTTP requests, which is that after the last connection.
    pub(super) fn response_link(&self) -> Link {
        Link(u16::try_from(self.names.len().max(1)).unwrap_or(u16::MAX))
    }

    /// The connections of a statement: all for `@*`, the only one if there is no name.
    pub(super) fn links(&self, line: &Line) -> Result<Vec<Link>, Error> {
        let name = match line.link.as_deref() {
            None if self.about_responses.contains(&line.number) => {
                return Ok(vec![self.response_link()]);
            }
            None => return Ok(vec![Link::default()]),
            Some("*") => return Ok(self.all_links().collect()),
            Some(name) => name,
        };
        let name = self.link_name(line, name)?;
        let place = self
            .all_links()
            .find(|link| self.names.get(usize::from(link.0)) == Some(&name));
        let Some(found) = place else {
            let cause = format!("unknown connection @{name}: it is not opened at the start");
            return Err(self.parse_error(line.number, "@", cause));
        };
        Ok(vec![found])
    }

    /// The connections of a rule: all, unless one is named.
    pub(super) fn rule_links(&self, line: &Line) -> Result<Vec<Link>, Error> {
        if line.link.is_some() {
            return self.links(line);
        }
        Ok(self.all_links().collect())
    }

    pub(super) fn link_name(&self, line: &Line, name: &str) -> Result<String, Error> {
        let Ok(template) = Template::parse(name) else {
            return Ok(name.to_owned());
        };
        self.text(line, &template)
    }
}
