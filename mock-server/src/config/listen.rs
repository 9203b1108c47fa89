//! Where to listen, in every way that people write it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The port, where none is said.
pub(super) const PORT: u16 = 8650;

/// Reads `127.0.0.1:8650`, `8650`, `:8650`, `localhost:8650`, `[::1]:8650`, or an address without a port.
///
/// # Errors
/// A sentence that says what would be right.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    if let Some(ip) = ip(text) {
        return Ok(SocketAddr::new(ip, PORT));
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && let (Some(ip), Ok(port)) = (ip(if host.is_empty() { "localhost" } else { host }), port.parse())
    {
        return Ok(SocketAddr::new(ip, port));
    }
    Err(cure(text))
}

/// The address that is written like this, or that `localhost` means.
fn ip(text: &str) -> Option<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    text.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn cure(text: &str) -> String {
    const FORM: &str = "it is ADDR:PORT, as in 127.0.0.1:8650, or a port alone, as in 8650";
    if let Some((_, rest)) = text.split_once("://") {
        return format!("it is no URL: write {}", rest.trim_end_matches('/'));
    }
    match text.rsplit_once(':') {
        Some(("*" | "0", port)) => format!("for all addresses of this machine write 0.0.0.0:{port}"),
        Some((host, port)) if port.parse::<u16>().is_err() && ip(host).is_some() => {
            format!("{port:?} is no port: ports go from 0, which picks a free one, to 65535")
        }
        Some((host, _)) if host.contains(|char: char| char.is_ascii_alphabetic()) => {
            format!("{host} is a name, and it takes an address of this machine: {FORM}; 0.0.0.0 means all of them")
        }
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() => {
            "ports go from 0, which picks a free one, to 65535".into()
        }
        _ => FORM.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_write_it_or_the_cure_is_named() {
        let cases = [
            ("127.0.0.1:8650", Ok("127.0.0.1:8650")),
            ("0.0.0.0:80", Ok("0.0.0.0:80")),
            ("8651", Ok("127.0.0.1:8651")),
            (":8651", Ok("127.0.0.1:8651")),
            ("localhost:8651", Ok("127.0.0.1:8651")),
            ("Localhost", Ok("127.0.0.1:8650")),
            ("127.0.0.1", Ok("127.0.0.1:8650")),
            ("0.0.0.0", Ok("0.0.0.0:8650")),
            ("[::1]:8651", Ok("[::1]:8651")),
            ("[::1]", Ok("[::1]:8650")),
            ("::1", Ok("[::1]:8650")),
            ("0", Ok("127.0.0.1:0")),
            ("http://127.0.0.1:8650/", Err("write 127.0.0.1:8650")),
            ("*:8650", Err("write 0.0.0.0:8650")),
            ("127.0.0.1:86500", Err("\"86500\" is no port")),
            ("70000", Err("ports go from 0")),
            ("mock.example:8650", Err("mock.example is a name")),
            ("here", Err("it is ADDR:PORT, as in 127.0.0.1:8650")),
            ("", Err("it is ADDR:PORT")),
        ];
        for (text, expected) in cases {
            match (listen(text), expected) {
                (Ok(address), Ok(expected)) => assert_eq!(address.to_string(), expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
