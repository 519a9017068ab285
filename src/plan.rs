//! The plan of a run: what the command line and the environment come to, decided once.
//!
//! The environment is read here and nowhere else, so that everything after it is a function of
//! the plan.

mod password;
mod recorded;
mod zone;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::cli::{self, Colour, Datum, Options, Spoken};
use crate::connect::proxy::{ProxyOptions, ProxyVariables};
use crate::connect::redirect::DEFAULT_MAX_REDIRECTS;
use crate::connect::route::{Family, RouteOptions};
use crate::connect::tls::{IdentityFiles, TlsOptions};
use crate::connect::{CompressionMode, ConnectOptions};
use crate::deadline::Deadline;
use crate::driver::{Limits, Wait};
use crate::error::{plain, Error, USE_FORCE};
use crate::event::{Kind, Link, Note, NoteLevel};
use crate::http::{Credentials, Secrets};
use crate::output::dump::BinaryAs;
use crate::output::escape::{self, Breaks};
use crate::output::palette::Palette;
use crate::output::record;
use crate::output::timing;
use crate::output::verbosity::Verbosity;
use crate::protocol::{self, CloseReason};
use crate::source::conversation::{Act, Expectation, Step};
use crate::source::reader::Reader;
use crate::source::send_delay::SendDelay;
use crate::source::stdin::Cut;
use crate::sys::file::Inputs;
use crate::target::Target;
pub use zone::ZoneVariables;

/// What a standard stream is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A terminal.
    Terminal,
    /// A character device that is no terminal, such as `/dev/null`.
    Device,
    /// A pipe, a file, a socket.
    Other,
}

/// What the process was started in.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Standard input.
    pub stdin: Stream,
    /// Standard output.
    pub stdout: Stream,
    /// Standard error.
    pub stderr: Stream,
    /// `TERM` says that the terminal can do nothing but print.
    pub dumb: bool,
    /// `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_colour: bool,
    /// `CLICOLOR_FORCE` is set and neither empty nor `0` (<https://bixense.com/clicolors>).
    pub force_colour: bool,
    /// Where the history is kept: `$XDG_STATE_HOME/wsline/history`, else below
    /// `$HOME/.local/state`; `None` without a home.
    pub history: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// What it says about proxies.
    pub proxies: ProxyVariables,
    /// What it says about the time zone.
    pub zone: ZoneVariables,
    /// The files that the command line names.
    pub inputs: Inputs,
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    pub fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let state = set("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let home = set("HOME").map(PathBuf::from);
        let in_home = || home.as_ref().map(|home| home.join(".local/state"));
        Self {
            stdin: Stream::of(&io::stdin()),
            stdout: Stream::of(&io::stdout()),
            stderr: Stream::of(&io::stderr()),
            dumb: set("TERM").is_none_or(|term| term == "dumb"),
            no_colour: set("NO_COLOR").is_some(),
            force_colour: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            history: state
                .or_else(in_home)
                .map(|state| state.join("wsline/history")),
            home,
            proxies: ProxyVariables::read(|name| {
                set(name).map(|value| value.to_string_lossy().into_owned())
            }),
            zone: ZoneVariables {
                tz: std::env::var_os("TZ"),
                directory: set("TZDIR").map(PathBuf::from),
            },
            inputs: Inputs::default(),
        }
    }
}

impl Stream {
    fn of(stream: &(impl AsFd + IsTerminal)) -> Self {
        if stream.is_terminal() {
            return Self::Terminal;
        }
        let file = stream.as_fd().try_clone_to_owned().map(File::from);
        let kind = file
            .and_then(|file| file.metadata())
            .map(|metadata| metadata.file_type());
        match kind {
            Ok(kind) if kind.is_char_device() => Self::Device,
            _ => Self::Other,
        }
    }
}

/// Who speaks, after what the command line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Nobody: the command line is all.
    Nobody,
    /// Nobody, and there is no end of input either: standard input is `/dev/null`.
    Listen,
    /// A person at the prompt.
    Prompt {
        /// Where the history is kept.
        history: Option<PathBuf>,
        /// What `~` means in a path.
        home: Option<PathBuf>,
    },
    /// Standard input, cut into messages.
    Stdin(Cut),
    /// Standard input, a JSON object a line.
    Json,
}

/// How messages are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// Exactly, for a program.
    Raw {
        /// What ends a text message.
        line_end: u8,
    },
    /// For people at a terminal: escaped, shortened, binary as a hex dump.
    Human,
    /// As JSON lines.
    Json,
}

/// A run, decided.
#[derive(Debug)]
pub struct Plan {
    /// Whom to connect to, and how.
    pub request: ConnectOptions,
    /// What the command line says, in its order.
    pub steps: Vec<Step>,
    /// Who speaks after that.
    pub speaker: Speaker,
    /// The time between messages.
    pub delay: SendDelay,
    /// Codes that RFC 6455 forbids may be sent.
    pub force: bool,
    /// How messages are shown.
    pub show: Show,
    /// How binary messages are shown, if it was said.
    pub binary_as: Option<BinaryAs>,
    /// The time zone of the times before messages, if there are any.
    pub times: Option<TimeZone>,
    /// Pings and Pongs are shown.
    pub ping_pong: bool,
    /// How the times of connecting are drawn, if they are shown; JSON has its own form.
    pub timing: Option<timing::Form>,
    /// How much stderr tells.
    pub verbosity: Verbosity,
    /// Whether credentials are shown.
    pub secrets: Secrets,
    /// The colours of stdout.
    pub palette: Palette,
    /// The colours of stderr.
    pub stderr_palette: Palette,
    /// stderr is the terminal that the prompt is on.
    pub stderr_is_terminal: bool,
    /// When it ends.
    pub limits: Limits,
    /// The limit of a received message, and the size of sent frames.
    pub protocol: protocol::ProtocolConfig,
    /// What is recorded, if anything is.
    pub record: Option<record::Options>,
    /// What people should know before it begins.
    pub notes: Vec<Note>,
}

/// The limit where a message has to be held in memory.
pub const HELD: u64 = 64 * 1024 * 1024;

impl Plan {
    /// Decides how a run goes, and opens the files that it reads.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a malformed address, [`Error::Input`] for a file that can't be
    /// read, [`Error::Usage`] for what only shows when all is known, [`Error::Signal`] for a signal
    /// while a password is asked for.
    pub fn new(url: &str, options: Options, environment: &Environment) -> Result<Self, Error> {
        let target = Target::parse(url)?;
        let mut notes: Vec<Note> = target
            .scheme_assumed
            .then(|| scheme_note(&target.url()))
            .into_iter()
            .collect();
        let (times, unknown) = options.timestamps.then(|| environment.zone.zone()).unzip();
        notes.extend(unknown.flatten().map(warning));
        let show = show(&options, environment);
        let colour = |stream| palette(options.color, stream, environment);
        let max_time = options.max_time;
        let limits = limits(&options)?;
        let (path, force) = (options.record.clone(), options.force);
        let mut plan = Self {
            notes,
            speaker: speaker(&options, environment),
            delay: SendDelay::new(options.delay.unwrap_or(Duration::ZERO)),
            force: options.force,
            protocol: protocol::ProtocolConfig {
                max_message_size: options
                    .max_message_size
                    .or_else(|| holds_messages(&options, &show).then_some(HELD)),
                frame_size: options.frame_size,
                ..protocol::ProtocolConfig::default()
            },
            show,
            binary_as: options.binary_as.map(binary_as),
            times,
            ping_pong: options.show_ping_pong,
            timing: options.timing.then_some(match environment.stderr {
                Stream::Terminal => timing::Form::Bars,
                Stream::Device | Stream::Other => timing::Form::Columns,
            }),
            verbosity: verbosity(&options),
            secrets: if options.show_secrets {
                Secrets::Shown
            } else {
                Secrets::Hidden
            },
            palette: colour(environment.stdout),
            stderr_palette: colour(environment.stderr),
            stderr_is_terminal: environment.stderr == Stream::Terminal,
            steps: steps(&options, &limits.close)?,
            limits,
            record: None,
            // The last, because it may ask for a password, and everything else may fail.
            request: request(target, options, environment)?,
        };
        plan.record = path.map(|path| record::Options {
            path,
            opening: recorded::opening(&plan.request, force),
            secrets: plan.secrets,
            timing: plan.timing.is_some(),
        });
        // The time for typing it is no part of the run.
        plan.limits.max_time = max_time.map_or_else(Deadline::never, Deadline::after);
        Ok(plan)
    }
}

impl Plan {
    /// Adds a hint for a person at the prompt; a pipe needs no greeting.
    pub fn greet(&mut self, text: &str) {
        if matches!(self.speaker, Speaker::Prompt { .. }) {
            self.notes.push(hint(text.to_owned()));
        }
    }

    /// Whether hints, warnings and the verdict are left out.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Whether the run ends with its verdict on stderr, whatever the exit code.
    #[must_use]
    pub fn wants_verdict(&self) -> bool {
        matches!(self.speaker, Speaker::Prompt { .. }) || self.verbosity >= Verbosity::Handshake
    }
}

/// What is asked of the server, checked, with the password that was not given.
fn request(
    target: Target,
    options: Options,
    environment: &Environment,
) -> Result<ConnectOptions, Error> {
    let route = way(&options);
    let login = options.user;
    let asks = login.as_ref().is_some_and(|login| login.password.is_none());
    let mut request = ConnectOptions {
        headers: options.headers,
        user_agent: options.user_agent,
        origin: options.origin,
        subprotocols: options.subprotocols,
        credentials: login.map(|login| Credentials {
            user: login.user,
            password: login
                .password
                .map_or_else(String::new, |password| password.reveal().to_owned()),
        }),
        bearer: options.bearer,
        cookies: options.cookies,
        compression: match options.compress {
            cli::Compress::Auto => CompressionMode::Auto,
            cli::Compress::Off => CompressionMode::Off,
            cli::Compress::Require => CompressionMode::Require,
        },
        tls: TlsOptions {
            insecure: options.insecure,
            cacert: options.cacert,
            servername: options.servername,
            identity: options.cert.map(|cert| IdentityFiles {
                cert,
                key: options.key,
                passphrase: options.pass,
            }),
            min: options.tls_min,
            max: options.tls_max,
            inputs: environment.inputs.clone(),
        },
        route,
        max_redirects: options
            .location
            .then(|| options.max_redirs.unwrap_or(DEFAULT_MAX_REDIRECTS)),
        proxy: ProxyOptions {
            given: options.proxy,
            except: options.noproxy,
            credentials: options.proxy_user,
            headers: options.proxy_headers,
            variables: environment.proxies.clone(),
        },
        timeout: options.connect_timeout,
        ..ConnectOptions::new(target)
    };
    request.check()?;
    if request.may_use_tls() {
        request.tls.read_pipes();
    }
    if let Some(credentials) = request.credentials.as_mut().filter(|_| asks) {
        let user = escape::text(&credentials.user, Breaks::Shown);
        let question = format!("Password for {user} at {}: ", request.target.host_header());
        credentials.password = password::ask(&question)?;
    }
    Ok(request)
}

/// The way to the server that the options say.
#[must_use]
pub fn way(options: &Options) -> RouteOptions {
    RouteOptions {
        family: match (options.ipv4, options.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        },
        resolve: options.resolve.clone(),
        connect_to: options.connect_to.clone(),
        unix_socket: options.unix_socket.clone(),
    }
}

/// The value of an environment variable that a session file names; `None` also for one that is no
/// text.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// When it ends; the time of `--max-time` does not run yet.
fn limits(options: &Options) -> Result<Limits, Error> {
    let default_wait = match options.max_messages {
        Some(_) => Wait::Forever,
        None => Wait::For(Duration::from_secs(1)),
    };
    let close = CloseReason::from_user(options.close_code, &options.close_reason, options.force);
    Ok(Limits {
        wait: options.wait.unwrap_or(default_wait),
        max_messages: options.max_messages,
        max_time: Deadline::never(),
        close_timeout: options.close_timeout,
        close: close.map_err(|error| Error::Usage(error.with_advice(USE_FORCE)))?,
    })
}

/// Who speaks, by what stdin is and what was asked for (a prompt needs two terminals).
fn speaker(options: &Options, environment: &Environment) -> Speaker {
    if !options.spoken.is_empty() && !options.interactive {
        return Speaker::Nobody;
    }
    let terminals = (environment.stdin, environment.stdout);
    match terminals {
        (Stream::Device, _) => Speaker::Listen,
        _ if options.json => Speaker::Json,
        (Stream::Terminal, Stream::Terminal) if !options.binary && !options.null => {
            let kept = if options.no_history {
                None
            } else {
                environment.history.clone()
            };
            let history = options.history.clone().or(kept);
            Speaker::Prompt {
                history,
                home: environment.home.clone(),
            }
        }
        _ if options.binary => Speaker::Stdin(Cut::Chunks(options.chunk_size)),
        _ => Speaker::Stdin(Cut::Lines(if options.null { 0 } else { b'\n' })),
    }
}

/// How messages are shown, by what stdout is.
fn show(options: &Options, environment: &Environment) -> Show {
    if options.json {
        Show::Json
    } else if environment.stdout == Stream::Terminal {
        Show::Human
    } else {
        Show::Raw {
            line_end: if options.null { 0 } else { b'\n' },
        }
    }
}

fn verbosity(options: &Options) -> Verbosity {
    match (options.quiet, options.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, 0) => Verbosity::Normal,
        (_, 1) => Verbosity::Handshake,
        (_, 2) => Verbosity::Frames,
        _ => Verbosity::Bytes,
    }
}

/// The colours of the environment, for what is printed before there is a plan.
#[must_use]
pub fn palette(colour: Colour, stream: Stream, environment: &Environment) -> Palette {
    let auto = if environment.no_colour {
        false
    } else {
        environment.force_colour || (stream == Stream::Terminal && !environment.dumb)
    };
    let colored = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => auto,
    };
    if colored {
        Palette::colored()
    } else {
        Palette::plain()
    }
}

fn binary_as(form: cli::BinaryAs) -> BinaryAs {
    match form {
        cli::BinaryAs::Raw => BinaryAs::Raw,
        cli::BinaryAs::Hex => BinaryAs::Hex,
        cli::BinaryAs::Base64 => BinaryAs::Base64,
        cli::BinaryAs::Skip => BinaryAs::Skip,
    }
}

/// Whether messages have to be held in memory whole.
fn holds_messages(options: &Options, show: &Show) -> bool {
    options.expects() || options.record.is_some() || !matches!(show, Show::Raw { .. })
}

/// What the command line says, with the files that it reads opened.
fn steps(options: &Options, close: &CloseReason) -> Result<Vec<Step>, Error> {
    let step = |spoken: &Spoken| {
        let act = match spoken {
            Spoken::Say(datum) => open(datum)?,
            Spoken::Expect { wanted, within } => Act::Expect(Expectation {
                wanted: wanted.clone(),
                within: *within,
                strict: options.strict,
            }),
            Spoken::Close => Act::Close(Some(close.clone())),
        };
        Ok(Step {
            link: Link::default(),
            place: None,
            act,
        })
    };
    options.spoken.iter().map(step).collect()
}

/// Opens what a `--data` option reads, so that a missing file is said before connecting.
fn open(datum: &Datum) -> Result<Act, Error> {
    let open = |path: &PathBuf| {
        let origin = path.display().to_string();
        let fault = |cause: io::Error| Error::Input {
            origin: origin.clone(),
            line: None,
            cause: plain(&cause),
        };
        let file = File::open(path).map_err(fault)?;
        if file.metadata().map_err(fault)?.is_dir() {
            return Err(fault(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Reader::new(file, origin.clone()))
    };
    let stdin = || {
        Reader::stdin().map_err(|cause| Error::Input {
            origin: "standard input".to_owned(),
            line: None,
            cause: plain(&cause),
        })
    };
    Ok(match datum {
        Datum::Text(text) => Act::Send(Kind::Text, text.clone().into_bytes()),
        Datum::Binary(bytes) => Act::Send(Kind::Binary, bytes.clone()),
        Datum::TextFile(path) => Act::Stream(Kind::Text, open(path)?),
        Datum::BinaryFile(path) => Act::Stream(Kind::Binary, open(path)?),
        Datum::TextStdin => Act::Stream(Kind::Text, stdin()?),
        Datum::BinaryStdin => Act::Stream(Kind::Binary, stdin()?),
    })
}

fn scheme_note(url: &str) -> Note {
    hint(format!("no scheme given: taken for {url}"))
}

fn warning(text: String) -> Note {
    Note {
        level: NoteLevel::Warning,
        text,
    }
}

fn hint(text: String) -> Note {
    Note {
        level: NoteLevel::Hint,
        text,
    }
}
