//! The options that a connection needs: its request, TLS, the route, and the timeouts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};

use super::super::headings::{HEADERS, NETWORK, TIME, TLS};
use super::super::identity::{self, Login};
use super::super::lasting::LastingArgs;
use super::super::secret_source::{HeaderGroup, SecretSource};
use super::super::values;
use crate::connect::proxy::ProxyArg;
use crate::connect::route::{ConnectToRule, ResolveRule};
use crate::connect::tls::TlsVersion;
use crate::driver::Wait;
use crate::http::{Credentials, CustomHeader};
use crate::secret::Secret;

/// What a connection needs. Session files set these options for their connections.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ConnectionArgs {
    /// The headers of `--header`, those of the config file first.
    #[arg(skip)]
    pub headers: Vec<HeaderGroup>,

    /// Set the User-Agent header
    #[arg(short = 'A', long, value_name = "NAME", hide_short_help = true,
          allow_hyphen_values = true, value_parser = values::field_value, help_heading = HEADERS)]
    pub user_agent: Option<String>,

    /// Set the Origin header
    ///
    /// Servers check it to keep out web pages of other sites.
    #[arg(short = 'o', long, value_name = "ORIGIN", hide_short_help = true,
          allow_hyphen_values = true, value_parser = values::field_value, help_heading = HEADERS)]
    pub origin: Option<String>,

    /// Offer a subprotocol (repeatable)
    ///
    /// List several in order of preference.
    #[arg(short = 's', long = "subprotocol", alias = "protocol", value_name = "NAME",
          action = ArgAction::Append, value_parser = values::subprotocol, help_heading = HEADERS,
          hide_short_help = true)]
    pub subprotocols: Vec<String>,

    /// HTTP Basic credentials
    ///
    /// With USER alone, wsline prompts for the password on the terminal. Other users of the
    /// machine can see a password on the command line: env:NAME reads both from an environment
    /// variable, @FILE from a file.
    /// Credentials are hidden in all output unless --show-secrets is given.
    #[arg(short = 'u', long, alias = "auth", value_name = "USER[:PASS]",
          allow_hyphen_values = true, value_parser = |text: &str| SecretSource::parse(text, identity::login), help_heading = HEADERS)]
    pub user: Option<SecretSource<Login>>,

    /// Bearer token (Authorization: Bearer)
    ///
    /// env:NAME reads it from an environment variable, @FILE from a file. It overrides credentials
    /// in the URL; an Authorization header given by --header overrides both.
    #[arg(long, value_name = "TOKEN", hide_short_help = true, value_parser = |text: &str| SecretSource::parse(text, identity::bearer),
          allow_hyphen_values = true, help_heading = HEADERS)]
    pub bearer: Option<SecretSource<Secret>>,

    /// Read credentials from ~/.netrc
    ///
    /// The user name and the password for the URL's host are sent as HTTP Basic credentials, unless
    /// --user, --bearer or the URL has others. A URL with a user name and no password gets the
    /// password of that user.
    #[arg(long, hide_short_help = true, help_heading = HEADERS)]
    pub netrc: bool,

    /// Read credentials from FILE instead of ~/.netrc
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = HEADERS)]
    pub netrc_file: Option<PathBuf>,

    /// Send cookies (repeatable)
    ///
    /// Write several as 'a=b; c=d'. Cookie files are not supported; use -H @FILE to keep a Cookie
    /// header off the command line.
    #[arg(long = "cookie", value_name = "N=V", action = ArgAction::Append, hide_short_help = true,
          allow_hyphen_values = true, value_parser = identity::cookie, help_heading = HEADERS)]
    pub cookies: Vec<Secret>,

    /// Accept any server certificate
    ///
    /// Anyone between you and the server can then read and change everything.
    #[arg(short = 'k', long, alias = "no-check", help_heading = TLS)]
    pub insecure: bool,

    /// Trust the CA certificates in FILE (PEM)
    ///
    /// They replace the certificates that the system trusts. As in curl, an intermediate certificate or
    /// the server's own can be trusted as well.
    #[arg(long, alias = "ca", value_name = "FILE", value_hint = ValueHint::FilePath,
          hide_short_help = true, help_heading = TLS)]
    pub cacert: Option<PathBuf>,

    /// Host name for SNI and certificate checks
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = TLS)]
    pub servername: Option<String>,

    /// Client certificate (PEM or PKCS#12)
    ///
    /// A PEM file holds the certificate and any intermediate certificates. It is sent only if the
    /// server requests one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = TLS)]
    pub cert: Option<PathBuf>,

    /// Private key of the client certificate (PEM)
    ///
    /// Needed if it is not in the file of --cert. PKCS#8, PKCS#1 and SEC 1 are supported, encrypted
    /// or not.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = TLS)]
    pub key: Option<PathBuf>,

    /// Passphrase of the private key
    ///
    /// Other users of the machine can see a passphrase on the command line: env:NAME reads it from an
    /// environment variable, @FILE from a file.
    #[arg(long, alias = "passphrase", value_name = "PASS", allow_hyphen_values = true,
          hide_short_help = true, help_heading = TLS,
          value_parser = |text: &str| SecretSource::parse(text, identity::passphrase))]
    pub pass: Option<SecretSource<Secret>>,

    /// Minimum TLS version: 1.0, 1.1, 1.2 or 1.3
    ///
    /// The default is 1.2. Many systems' TLS libraries no longer support 1.0 and 1.1.
    #[arg(long, value_name = "VERSION", hide_short_help = true, help_heading = TLS)]
    pub tls_min: Option<TlsVersion>,

    /// Maximum TLS version: 1.0, 1.1, 1.2 or 1.3
    #[arg(long, value_name = "VERSION", hide_short_help = true, help_heading = TLS)]
    pub tls_max: Option<TlsVersion>,

    /// Follow redirects
    ///
    /// Credentials, as described under --show-secrets, and Referer are never sent to another origin,
    /// and a redirect from wss to ws is not followed.
    #[arg(short = 'L', long, hide_short_help = true, help_heading = NETWORK)]
    pub location: bool,

    /// Maximum number of redirects to follow [default: 10]
    ///
    /// Requires --location. One more redirect ends the run with exit code 47.
    #[arg(long, value_name = "N", hide_short_help = true, value_parser = values::redirects,
          help_heading = NETWORK)]
    pub max_redirs: Option<u32>,

    /// Use IPv4 only
    #[arg(short = '4', long, overrides_with = "ipv6", hide_short_help = true,
          help_heading = NETWORK)]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long, overrides_with = "ipv4", hide_short_help = true,
          help_heading = NETWORK)]
    pub ipv6: bool,

    /// Resolve HOST:PORT to these addresses (repeatable)
    ///
    /// No DNS lookup is made. HOST may be * for any host, and ADDR a comma-separated list of
    /// addresses.
    #[arg(long, value_name = "HOST:PORT:ADDR", action = ArgAction::Append,
          hide_short_help = true, value_parser = ResolveRule::parse, help_heading = NETWORK)]
    pub resolve: Vec<ResolveRule>,

    /// Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeatable)
    ///
    /// The Host header and TLS still use the first. An empty HOST1 or PORT1 matches any host or
    /// port; an empty HOST2 or PORT2 keeps the original one.
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2", action = ArgAction::Append,
          hide_short_help = true, value_parser = ConnectToRule::parse, help_heading = NETWORK)]
    pub connect_to: Vec<ConnectToRule>,

    /// Connect to a Unix socket instead of the URL's host
    ///
    /// The URL still gives the resource and the Host header.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = NETWORK)]
    pub unix_socket: Option<PathBuf>,

    /// Connect through a proxy: http, https, socks5 or socks5h
    ///
    /// Written SCHEME://USER:PASS@HOST:PORT; only HOST is required. The default scheme is http, the
    /// default port 1080, or 443 for https. With socks5 names are resolved locally, with socks5h
    /// (or socks) by the proxy. It overrides the environment variables; -x '' uses no proxy. --cacert and -k also
    /// apply to an https proxy.
    #[arg(short = 'x', long, value_name = "URL", value_hint = ValueHint::Url,
          hide_short_help = true, help_heading = NETWORK)]
    pub proxy: Option<ProxyArg>,

    /// Credentials for the proxy
    ///
    /// They override a user name and password in the proxy's URL. env:NAME reads both from an
    /// environment variable, @FILE from a file.
    #[arg(short = 'U', long, value_name = "USER:PASS", hide_short_help = true,
          allow_hyphen_values = true, value_parser = |text: &str| SecretSource::parse(text, identity::proxy_login), help_heading = NETWORK)]
    pub proxy_user: Option<SecretSource<Credentials>>,

    /// Send a header to the proxy (repeatable)
    ///
    /// For HTTP proxies only; it is never sent to the server.
    #[arg(long = "proxy-header", value_name = "N: V", action = ArgAction::Append,
          allow_hyphen_values = true, hide_short_help = true,
          value_parser = CustomHeader::parse, help_heading = NETWORK)]
    pub proxy_headers: Vec<CustomHeader>,

    /// Hosts to connect to without a proxy
    ///
    /// A comma-separated list: a name also matches its subdomains, 10.0.0.0/8 a network, HOST:PORT a
    /// single port. * stands for any characters: *.example.org, or * for every host. It overrides the
    /// list in the environment.
    #[arg(long, value_name = "LIST", hide_short_help = true, help_heading = NETWORK)]
    pub noproxy: Option<String>,

    /// Maximum time to connect (DNS to upgrade)
    #[arg(long, value_name = "TIME", default_value = "30s", hide_short_help = true,
          value_parser = values::limit, help_heading = TIME)]
    pub connect_timeout: Duration,

    /// Maximum total time
    ///
    /// Counted from the start of connecting. When it has passed, the connection is closed, for which
    /// the server has one more second, and the exit code is 28.
    #[arg(short = 'm', long, value_name = "TIME", hide_short_help = true,
          value_parser = values::limit, help_heading = TIME)]
    pub max_time: Option<Duration>,

    /// Keep listening this long after input ends [default: 1s]
    ///
    /// The connection is closed once no message has been sent or received for this long. 0 closes at
    /// once; -1 or forever waits until the server closes, which is the default with --max-messages.
    #[arg(short = 'w', long, value_name = "TIME", allow_negative_numbers = true,
          value_parser = values::wait, help_heading = TIME)]
    pub wait: Option<Wait>,

    /// Maximum time to wait for the server's Close [default: 5s]
    ///
    /// After the end of input, each byte received restarts it. After a signal and with
    /// --max-messages the default is 1s.
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::duration,
          help_heading = TIME)]
    pub close_timeout: Option<Duration>,

    /// The options of connections that last.
    #[command(flatten)]
    pub lasting: LastingArgs,
}

impl ConnectionArgs {
    /// Takes the value of the option with this long name from options that were given later, or adds
    /// its values if it can be repeated.
    pub(crate) fn take(&mut self, name: &str, later: &Self) {
        macro_rules! set {
            ($field:ident) => {
                self.$field.clone_from(&later.$field)
            };
        }
        macro_rules! add {
            ($field:ident) => {
                self.$field.extend(later.$field.iter().cloned())
            };
        }
        match name {
            "user-agent" => set!(user_agent),
            "origin" => set!(origin),
            "subprotocol" => add!(subprotocols),
            "user" => set!(user),
            "bearer" => set!(bearer),
            "netrc" => set!(netrc),
            "netrc-file" => set!(netrc_file),
            "cookie" => add!(cookies),
            "insecure" => set!(insecure),
            "cacert" => set!(cacert),
            "servername" => set!(servername),
            "cert" => set!(cert),
            "key" => set!(key),
            "pass" => set!(pass),
            "tls-min" => set!(tls_min),
            "tls-max" => set!(tls_max),
            "location" => set!(location),
            "max-redirs" => set!(max_redirs),
            // Each of them overrides the other.
            "ipv4" | "ipv6" => (self.ipv4, self.ipv6) = (later.ipv4, later.ipv6),
            "resolve" => add!(resolve),
            "connect-to" => add!(connect_to),
            "unix-socket" => set!(unix_socket),
            "proxy" => set!(proxy),
            "proxy-user" => set!(proxy_user),
            "proxy-header" => add!(proxy_headers),
            "noproxy" => set!(noproxy),
            "connect-timeout" => set!(connect_timeout),
            "max-time" => set!(max_time),
            "wait" => set!(wait),
            "close-timeout" => set!(close_timeout),
            name => self.lasting.take(name, &later.lasting),
        }
    }
}
