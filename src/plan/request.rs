//! The options of the connection, and the route to the server.

use super::environment::Environment;
use super::inputs::Values;
use super::password;
use crate::cli::{Compress, ConnectionArgs, Login};
use crate::connect::proxy::ProxyOptions;
use crate::connect::redirect::DEFAULT_MAX_REDIRECTS;
use crate::connect::route::{Family, RouteOptions};
use crate::connect::tls::{IdentityFiles, TlsOptions};
use crate::connect::{CompressionMode, ConnectOptions};
use crate::error::Error;
use crate::http::Credentials;
use crate::output::escape::{self, Breaks};
use crate::secret::Secret;
use crate::target::Target;

/// The checked options of the connection. Asks for a missing password.
pub(super) fn request(
    target: Target,
    options: ConnectionArgs,
    compress: Compress,
    values: Values,
    environment: &Environment,
) -> Result<ConnectOptions, Error> {
    let route = route(&options);
    let of_netrc = of_netrc(&values, &target);
    let login = values.login.or(of_netrc);
    let asks = login.as_ref().is_some_and(|login| login.password.is_none());
    let mut request = ConnectOptions {
        headers: values.headers,
        user_agent: options.user_agent,
        origin: options.origin,
        subprotocols: options.subprotocols,
        credentials: login.map(credentials),
        bearer: values.bearer,
        cookies: options.cookies,
        compression: compression(compress),
        tls: TlsOptions {
            insecure: options.insecure,
            cacert: options.cacert,
            servername: options.servername,
            identity: options.cert.map(|cert| IdentityFiles {
                cert,
                key: options.key,
                passphrase: values.passphrase,
            }),
            min: options.tls_min,
            max: options.tls_max,
            key_log: None,
            inputs: environment.inputs.clone(),
        },
        route,
        max_redirects: options
            .location
            .then(|| options.max_redirs.unwrap_or(DEFAULT_MAX_REDIRECTS)),
        proxy: ProxyOptions {
            given: options.proxy,
            except: options.noproxy,
            credentials: values.proxy_credentials,
            headers: options.proxy_headers,
            variables: environment.proxies.clone(),
        },
        timeout: options.connect_timeout,
        ..ConnectOptions::new(target)
    };
    request.check()?;
    if request.may_use_tls() {
        request.tls.read_pipes();
        request.tls.key_log = environment.key_log.open();
    }
    if let Some(credentials) = request.credentials.as_mut().filter(|_| asks) {
        let user = escape::text(&credentials.user, Breaks::Shown);
        let question = format!("Password for {user} at {}: ", request.target.host_header());
        credentials.password = password::ask(&question)?;
    }
    Ok(request)
}

/// The credentials of a login; a missing password is asked for later.
fn credentials(login: Login) -> Credentials {
    let password = login.password;
    Credentials {
        user: login.user,
        password: password.map_or_else(String::new, |password| password.reveal().to_owned()),
    }
}

fn compression(compress: Compress) -> CompressionMode {
    match compress {
        Compress::Auto => CompressionMode::Auto,
        Compress::Off => CompressionMode::Off,
        Compress::Require => CompressionMode::Require,
    }
}

/// The credentials in a netrc file, unless there are others. For a URL with a user name and no
/// password, the password of that user.
fn of_netrc(values: &Values, target: &Target) -> Option<Login> {
    let netrc = values.netrc.as_ref().filter(|_| values.bearer.is_none())?;
    let host = target.host().to_string();
    match &target.credentials {
        None => netrc.credentials(&host).map(|(user, password)| Login {
            user: user.to_owned(),
            password: Some(Secret::new(password)),
        }),
        Some(Credentials { user, password }) if password.is_empty() => {
            netrc.password(&host, user).map(|password| Login {
                user: user.clone(),
                password: Some(password.clone()),
            })
        }
        Some(_) => None,
    }
}

/// The options for reaching the server.
#[must_use]
pub fn route(options: &ConnectionArgs) -> RouteOptions {
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
