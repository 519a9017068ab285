//! What statements need to open connections and to send HTTP requests: the options of the command
//! line and of the file.

use std::cell::RefCell;
use std::rc::Rc;

use super::connection::Plans;
use super::file_text::FileText;
use super::settings::Settings;
use crate::connect::{ConnectOptions, Dialer};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::source::conversation::{
    ConnectionSetting, HttpExchange, HttpStep, OpenStep, Step, StepAction,
};
use crate::source::player::FileConnection;

/// What a connection is opened with, which a statement may set.
pub type SharedRequest = Rc<RefCell<ConnectOptions>>;

/// Prepares steps that open connections or send requests.
pub struct Opener {
    settings: Settings,
    origin: FileText,
    requests: Vec<SharedRequest>,
    dialer: Dialer,
}

impl Opener {
    /// Creates an opener for connections with these requests, in their order.
    #[must_use]
    pub fn new(settings: &Settings, origin: &FileText, requests: Vec<SharedRequest>) -> Self {
        Self {
            dialer: settings.dialer.clone(),
            settings: settings.clone(),
            origin: origin.clone(),
            requests,
        }
    }

    /// Prepares a step.
    ///
    /// # Errors
    ///
    /// [`Error::SessionFile`] for a URL or options that are invalid.
    pub fn prepare(&self, step: &mut Step) -> Result<(), Error> {
        match &mut step.act {
            StepAction::Open(open) => {
                let request = self.connection(open)?;
                if let Some(shared) = self.requests.get(usize::from(step.link.0)) {
                    shared.replace(request);
                }
            }
            StepAction::Http(http) => http.exchange = Some(self.exchange(http)?),
            _ => {}
        }
        Ok(())
    }

    fn connection(&self, open: &OpenStep) -> Result<ConnectOptions, Error> {
        self.options(&open.url, &open.settings, open.line)
    }

    /// The options to connect to `url`.
    fn options(
        &self,
        url: &str,
        settings: &[ConnectionSetting],
        line: u32,
    ) -> Result<ConnectOptions, Error> {
        let connection = FileConnection {
            name: None,
            url: url.to_owned(),
            line,
            settings: settings.to_vec(),
            is_deferred: false,
        };
        let plan = Plans::new(&self.origin, &self.settings).plan(&connection)?;
        Ok(plan.request)
    }

    /// Sends the request of a step. Only options that concern the route and TLS apply to it.
    fn exchange(&self, http: &HttpStep) -> Result<HttpExchange, Error> {
        let all = self.options(&http.request.url, &http.settings, http.line)?;
        let options = ConnectOptions {
            user_agent: all.user_agent,
            tls: all.tls,
            route: all.route,
            proxy: all.proxy,
            timeout: all.timeout,
            ..ConnectOptions::new(all.target)
        };
        let (dialer, request) = (self.dialer.clone(), http.request.clone());
        Ok(Box::new(move || {
            dialer.exchange(&options, &request, Deadline::after(options.timeout))
        }))
    }
}
