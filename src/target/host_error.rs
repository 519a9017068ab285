//! What can be wrong with a host or a port.

use std::fmt;
use std::net::Ipv6Addr;

/// The explanation for a name with an empty label.
pub const EMPTY_LABEL: &str = "it has an empty label; remove the extra dot";

/// Why a host or a port is invalid. The message quotes the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// There is no host.
    Missing,
    /// `[` without `]`.
    UnclosedBracket,
    /// Something other than a port after `]`.
    AfterBracket,
    /// An IPv6 address without brackets.
    BareIpv6(Ipv6Addr),
    /// More than one colon.
    Colons,
    /// Not a port.
    Port(String),
    /// Not an IPv4 address, though it ends in a number.
    Ipv4(String),
    /// Not an IPv6 address, though it has brackets.
    Ipv6(String),
    /// An IPv6 address with a zone that can't be one.
    Zone(String),
    /// Not a name.
    Name(String),
    /// A name with an empty label.
    EmptyLabel(String),
}

impl HostError {
    /// The message without the value, which may be part of a password.
    #[must_use]
    pub fn without_value(&self) -> String {
        self.describe("")
    }

    /// The invalid part of the text.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Missing
            | Self::UnclosedBracket
            | Self::AfterBracket
            | Self::BareIpv6(_)
            | Self::Colons => None,
            Self::Port(value)
            | Self::Ipv4(value)
            | Self::Ipv6(value)
            | Self::Zone(value)
            | Self::Name(value)
            | Self::EmptyLabel(value) => Some(value),
        }
    }

    /// How to correct it in a URL.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnclosedBracket => "write it as in ws://[::1]/",
            Self::Ipv6(_) => "write it as in ws://[::1]:9000/",
            Self::Zone(_) => "use the name of a network interface, as in ws://[fe80::1%25eth0]/",
            Self::AfterBracket => "only a port can follow, as in ws://[::1]:9000/",
            Self::BareIpv6(address) => {
                return Some(format!(
                    "write [{address}], or [{address}]:9000 with a port"
                ))
            }
            Self::Colons => "an IPv6 address needs brackets, as in ws://[::1]:9000/",
            Self::Ipv4(_) => "use four numbers from 0 to 255, as in 192.168.0.1",
            Self::Missing | Self::Port(_) | Self::Name(_) | Self::EmptyLabel(_) => return None,
        };
        Some(hint.to_owned())
    }

    fn describe(&self, value: &str) -> String {
        match self {
            Self::Missing => "missing host".to_owned(),
            Self::UnclosedBracket => "missing ']' after the IPv6 address".to_owned(),
            Self::AfterBracket => "unexpected text after the IPv6 address".to_owned(),
            Self::BareIpv6(_) => "an IPv6 address needs brackets".to_owned(),
            Self::Colons => "more than one colon in the host and port".to_owned(),
            Self::Port(_) => format!("invalid port{value}: not a number from 1 to 65535"),
            Self::Ipv4(_) => format!("invalid IPv4 address{value}"),
            Self::Ipv6(_) => format!("invalid IPv6 address{value}"),
            Self::Zone(_) => format!("invalid zone in the IPv6 address{value}"),
            Self::Name(_) => format!(
                "invalid host name{value}: it contains an invalid character, or a label ends with \
                 a hyphen"
            ),
            Self::EmptyLabel(_) => format!("invalid host name{value}: {EMPTY_LABEL}"),
        }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value().map(|value| format!(" '{value}'"));
        f.write_str(&self.describe(&value.unwrap_or_default()))
    }
}

impl std::error::Error for HostError {}
