//! The address at which a client reached a world, where links to it begin.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Below this path every route is reached again, in the world of a sandbox.
pub(crate) const SANDBOX_PREFIX: &str = "/_sandbox/";

/// How a sandbox is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Address {
    /// By the beginning of the path: `http://localhost:8650/_sandbox/{name}`.
    #[default]
    Path,
    /// By the beginning of the host name: `http://{name}.localhost:8650`.
    Host,
}

/// The address of a world, as the client of a request reached it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BaseUrl<'a> {
    /// The address that the server was told to have.
    pub(crate) public_url: Option<&'a str>,
    /// The `Host` of the request, without the name of a sandbox.
    pub(crate) host: &'a str,
    /// The name of the sandbox; none for the main world.
    pub(crate) sandbox: Option<&'a str>,
    /// How the sandbox is addressed.
    pub(crate) address: Address,
}

impl BaseUrl<'_> {
    /// The address without a slash at the end.
    pub(crate) fn url(self) -> String {
        let root = match self.public_url {
            Some(url) => url.to_owned(),
            None => format!("http://{}", self.host),
        };
        match self.sandbox {
            Some(sandbox) => sandbox_url(&root, sandbox, self.address),
            None => root,
        }
    }

    /// The address of a sandbox of the same server.
    pub(crate) fn of_sandbox(self, sandbox: &str, address: Address) -> String {
        BaseUrl { sandbox: Some(sandbox), address, ..self }.url()
    }

    /// The name of the server, without its port.
    pub(crate) fn server(&self) -> &str {
        name_of(self.public_url.map_or(self.host, |url| authority(url).1))
    }
}

/// The address of a sandbox of the server at `root`.
pub(crate) fn sandbox_url(root: &str, sandbox: &str, address: Address) -> String {
    if address == Address::Path {
        return format!("{root}{SANDBOX_PREFIX}{sandbox}");
    }
    let (scheme, authority, path) = authority(root);
    // No name can stand before an IP address, and localhost is the name of one.
    match name_of(authority).parse::<IpAddr>() {
        Ok(_) => format!("{scheme}{sandbox}.localhost{}{path}", port(authority)),
        Err(_) => format!("{scheme}{sandbox}.{authority}{path}"),
    }
}

/// Whether the name of a sandbox can stand before that of a server: before `localhost`, or an IP address that it is the name
/// of, and before the names that the server was told.
pub(crate) fn takes_names(server: &str, allowed: &[String]) -> bool {
    let is_loopback = server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback || is_one_of(server, allowed)
}

/// The name of the sandbox that a host begins with, if it begins with one, and the rest: `a.localhost:8650`, or `a.NAME`
/// for each allowed `NAME`, which itself is the server.
pub(crate) fn sandbox_of<'a>(host: &'a str, allowed: &[String]) -> Option<(&'a str, &'a str)> {
    let (name, rest) = host.split_once('.')?;
    let is_server = |host: &str| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name_of(host)));
    (is_one_of(name_of(rest), allowed) && !is_server(host)).then_some((name, rest))
}

fn is_one_of(server: &str, allowed: &[String]) -> bool {
    server.eq_ignore_ascii_case("localhost") || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(server))
}

/// A host without its port.
pub(crate) fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// The port of a host with the colon before it, if it has one.
fn port(host: &str) -> &str {
    let after_name = host.rfind(']').map_or(host, |end| &host[end..]);
    after_name.rfind(':').map_or("", |place| &after_name[place..])
}

/// Scheme, authority and path of an address.
fn authority(url: &str) -> (&str, &str, &str) {
    let start = url.find("://").map_or(0, |place| place + 3);
    let end = url[start..].find('/').map_or(url.len(), |place| start + place);
    (&url[..start], &url[start..end], &url[end..])
}

/// Why a name cannot be that of a sandbox.
///
/// # Errors
/// A sentence.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let is_of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_right = (1..=63).contains(&name.len())
        && name.bytes().all(is_of_name)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if is_right {
        return Ok(());
    }
    Err(format!(
        "a sandbox cannot have the name {name:?}: it is 1 to 63 lower-case letters, digits and hyphens, none of which at \
         either end, as in checkout-7"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_where_the_client_reached_the_world() {
        let base = BaseUrl { public_url: None, host: "mock:8650", sandbox: None, address: Address::Path };
        assert_eq!(base.url(), "http://mock:8650");
        assert_eq!(base.of_sandbox("abc", Address::Path), "http://mock:8650/_sandbox/abc");
        let public = BaseUrl { public_url: Some("https://mock.example/api-mock"), ..base };
        assert_eq!(public.of_sandbox("abc", Address::Path), "https://mock.example/api-mock/_sandbox/abc");
        assert_eq!(public.of_sandbox("abc", Address::Host), "https://abc.mock.example/api-mock");
    }

    #[test]
    fn a_name_stands_before_the_host_or_before_localhost() {
        let cases = [
            ("http://localhost:8650", "http://a.localhost:8650"),
            ("http://127.0.0.1:8650", "http://a.localhost:8650"),
            ("http://[::1]:8650", "http://a.localhost:8650"),
            ("http://[::1]", "http://a.localhost"),
            ("https://mock.internal", "https://a.mock.internal"),
        ];
        for (root, expected) in cases {
            assert_eq!(sandbox_url(root, "a", Address::Host), expected);
        }
    }

    #[test]
    fn the_sandbox_of_a_host_is_known_below_localhost_and_the_names_of_the_server() {
        let allowed = ["mock.internal".to_owned(), "b.mock.internal".to_owned()];
        let cases = [
            ("a.localhost:8650", Some(("a", "localhost:8650"))),
            ("a.LOCALHOST", Some(("a", "LOCALHOST"))),
            ("a.mock.internal", Some(("a", "mock.internal"))),
            ("a.b.mock.internal:80", Some(("a", "b.mock.internal:80"))),
            ("b.mock.internal", None),
            ("mock.internal", None),
            ("localhost:8650", None),
            ("127.0.0.1:8650", None),
            ("[::1]:8650", None),
            ("mock:8650", None),
            ("a.b.localhost", None),
            ("a.evil.example", None),
            ("", None),
        ];
        for (host, expected) in cases {
            assert_eq!(sandbox_of(host, &allowed), expected, "{host}");
        }
    }

    #[test]
    fn a_name_is_one_label_of_a_host() {
        for name in ["a", "checkout-7", "0", &"a".repeat(63)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "A", "a.b", "-a", "a-", "a_b", "å", "a/b", &"a".repeat(64)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
