//! A request as the curl command that sends it again: masked for the journal, or as it was on request.

use axum::http::header::{self, HeaderName};
use serde_json::Value as Json;

use super::sent::{BODY_KEPT, BodySent, HEAD_KEPT, SentRequest};
use crate::model::{mask, shell};

/// The command that sends a request again to the world at `base`, with everything that was sent.
pub(crate) fn command(sent: &SentRequest, method: &str, base: &str) -> String {
    let mut command = Command::new(method, base, &text(sent.target()), sent.body_kept());
    for (name, value) in sent.known_headers() {
        command.header(&shell::word(&header_line(name, &text(value))));
    }
    command.body(sent.body_kept(), has_content_type(sent));
    command.end(sent)
}

/// The same with `$CRM_TOKEN` or `$APP_TOKEN` for a token of that kind, `path` for the target, and values masked.
pub(crate) fn masked_command(sent: &SentRequest, method: &str, base: &str, path: &str, token: &str) -> String {
    let masked = match serde_json::from_slice::<Json>(sent.body_kept()) {
        _ if sent.body_kept().is_empty() => String::new(),
        Ok(json) => mask::json(json).to_string(),
        Err(_) => "***".to_owned(),
    };
    let mut command = Command::new(method, base, path, masked.as_bytes());
    for (name, value) in sent.known_headers() {
        let value = text(value);
        // Variables that the shell fills in are in double quotes, which hold nothing of the request.
        let argument = match name {
            name if name != header::AUTHORIZATION => {
                shell::word(&header_line(name, mask::header(name.as_str(), &value)))
            }
            _ => format!("\"Authorization: {}\"", mask::authorization(&value, token)),
        };
        command.header(&argument);
    }
    command.body(masked.as_bytes(), has_content_type(sent));
    command.end(sent)
}

fn has_content_type(sent: &SentRequest) -> bool {
    sent.known_headers().any(|(name, _)| name == header::CONTENT_TYPE)
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A header as curl's `-H` takes it; an empty one ends with a semicolon.
fn header_line(name: &HeaderName, value: &str) -> String {
    let name = match name {
        name if name == header::AUTHORIZATION => "Authorization",
        name if name == header::CONTENT_TYPE => "Content-Type",
        _ => "X-API-Version",
    };
    if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") }
}

/// A command that is being written.
struct Command {
    text: String,
    /// The body that is piped into it, where no argument can hold it.
    input: Option<String>,
}

impl Command {
    fn new(method: &str, base: &str, target: &str, body: &[u8]) -> Self {
        let mut text = "curl".to_owned();
        match method {
            "GET" if body.is_empty() => {}
            "HEAD" if body.is_empty() => text.push_str(" --head"),
            _ => text.push_str(&format!(" -X {}", shell::word(method))),
        }
        let path = target.split('?').next().unwrap_or_default();
        // Both would make curl change the target before it is sent.
        if path.split('/').any(|segment| segment == "." || segment == "..") {
            text.push_str(" --path-as-is");
        }
        if target.contains(['[', ']', '{', '}']) {
            text.push_str(" --globoff");
        }
        let url = format!("{base}{target}");
        text.push_str(&format!(" {}", shell::word(&url)));
        Self { text, input: None }
    }

    fn header(&mut self, argument: &str) {
        self.text.push_str(&format!(" \\\n  -H {argument}"));
    }

    fn body(&mut self, body: &[u8], has_content_type: bool) {
        if body.is_empty() {
            return;
        }
        if !has_content_type {
            // Otherwise curl adds the type of a form.
            self.text.push_str(" \\\n  -H 'Content-Type:'");
        }
        match std::str::from_utf8(body) {
            // A terminal takes control characters for commands of its own when they are pasted.
            Ok(text) if !text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\t')) => {
                self.text.push_str(&format!(" \\\n  --data-raw {}", shell::word(text)));
            }
            _ => {
                self.text.push_str(" \\\n  --data-binary @-");
                self.input = Some(format!("printf -- {}", printf_format(body)));
            }
        }
    }

    fn end(self, sent: &SentRequest) -> String {
        let Self { mut text, input } = self;
        if let Some(input) = input {
            text = format!("{input} | {text}");
        }
        if !sent.is_head_whole() {
            text.push_str(&format!("\n# target and headers were longer; only the first {HEAD_KEPT} bytes are kept"));
        }
        match sent.body_sent() {
            BodySent::Whole => {}
            BodySent::Cut(length) => {
                text.push_str(&format!("\n# the body had {length} bytes; only the first {BODY_KEPT} are kept"));
            }
            BodySent::Forgotten(length) => {
                text.push_str(&format!("\n# the body had {length} bytes; they were forgotten for later requests"));
            }
            BodySent::Unread => text.push_str("\n# the body was not read, so it is not here"),
        }
        text
    }
}

/// The format with which `printf` writes these bytes.
fn printf_format(bytes: &[u8]) -> String {
    let mut format = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        match byte {
            b'%' => format.push_str("%%"),
            b'\\' => format.push_str(r"\\"),
            b' '..=b'~' => format.push(char::from(*byte)),
            _ => format.push_str(&format!("\\{byte:03o}")),
        }
    }
    shell::word(&format)
}

#[cfg(test)]
mod tests {
    use std::process::Command as Process;

    use super::*;

    fn sent(method: &str, target: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> (String, SentRequest) {
        let parse = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, value.parse().expect("a value"))
        };
        let headers = headers.iter().map(parse).collect();
        (method.to_owned(), SentRequest::new(target, &headers, body))
    }

    #[test]
    fn a_request_is_written_whole_and_masked() {
        let headers = [
            ("authorization", "Bearer 1|mock-crm-token"),
            ("content-type", "application/json"),
            ("x-api-version", "2026-06-12"),
        ];
        let body = br#"{"email":"john.doe@example.com"}"#;
        let (method, sent) = sent("POST", "/api/v1/account/1/email-watchlist?a=b", &headers, Some(body));
        assert_eq!(
            command(&sent, &method, "http://mock:8650"),
            "curl -X POST 'http://mock:8650/api/v1/account/1/email-watchlist?a=b' \\\n  \
             -H 'Authorization: Bearer 1|mock-crm-token' \\\n  -H 'X-API-Version: 2026-06-12' \\\n  \
             -H 'Content-Type: application/json' \\\n  --data-raw '{\"email\":\"john.doe@example.com\"}'"
        );
        assert_eq!(
            masked_command(&sent, &method, "http://mock:8650", "/api/v1/account/1/email-watchlist?a=***", "crm"),
            "curl -X POST 'http://mock:8650/api/v1/account/1/email-watchlist?a=***' \\\n  \
             -H \"Authorization: Bearer $CRM_TOKEN\" \\\n  -H 'X-API-Version: 2026-06-12' \\\n  \
             -H 'Content-Type: application/json' \\\n  --data-raw '{\"email\":\"****.***@*******.***\"}'"
        );
    }

    #[test]
    fn curl_changes_nothing_of_the_request() {
        const GET_WITH_BODY: &str = "curl -X GET http://f/a \\\n  -H 'Content-Type: a/b' \\\n  --data-raw x";
        let cases: [(&str, &str, &[(&str, &str)], Option<&[u8]>, &str); 7] = [
            ("GET", "/a", &[], Some(b""), "curl http://f/a"),
            ("HEAD", "/a", &[], Some(b""), "curl --head http://f/a"),
            ("GET", "/a/../b[1]", &[], Some(b""), "curl --path-as-is --globoff 'http://f/a/../b[1]'"),
            ("PUT", "/a", &[], Some(b"@x"), "curl -X PUT http://f/a \\\n  -H 'Content-Type:' \\\n  --data-raw @x"),
            ("GET", "/a", &[("content-type", "")], Some(b""), "curl http://f/a \\\n  -H 'Content-Type;'"),
            ("GET", "/a", &[("content-type", "a/b")], Some(b"x"), GET_WITH_BODY),
            ("POST", "/a", &[], None, "curl -X POST http://f/a\n# the body was not read, so it is not here"),
        ];
        for (method, target, headers, body, expected) in cases {
            let (method, sent) = sent(method, target, headers, body);
            assert_eq!(command(&sent, &method, "http://f"), expected);
        }
        let (method, sent) = sent("X'`$HOME", "/a", &[], Some(b""));
        assert_eq!(command(&sent, &method, "http://f"), r"curl -X 'X'\''`$HOME' http://f/a");
    }

    #[test]
    fn of_a_long_head_the_beginning_is_kept() {
        let long = "x".repeat(HEAD_KEPT);
        let (method, sent) = sent("GET", &format!("/{long}"), &[("authorization", &long)], Some(b""));
        assert!(sent.len() <= HEAD_KEPT);
        let command = super::command(&sent, &method, "http://f");
        let told = "\n# target and headers were longer; only the first 8192 bytes are kept";
        assert!(command.ends_with(told), "{}", &command[command.len() - 100..]);
    }

    #[test]
    fn of_a_long_body_the_beginning_is_kept() {
        let (method, sent) = sent("POST", "/a", &[], Some(&[b'a'; BODY_KEPT + 1]));
        let command = super::command(&sent, &method, "http://f");
        assert!(command.len() < BODY_KEPT + 200);
        assert!(command.ends_with("\n# the body had 16385 bytes; only the first 16384 are kept"), "{command}");
        let masked = masked_command(&sent, &method, "http://f", "/a", "none");
        assert!(masked.contains("--data-raw '***'\n# the body had"), "{masked}");
    }

    /// The output of a command in a shell, where `curl` prints its arguments and its input.
    fn as_run(command: &str) -> Vec<u8> {
        let script = format!(
            "curl() {{ for a in \"$@\"; do printf '<%s>' \"$a\"; done; case \"$*\" in *@-) cat;; esac; }}\n{command}"
        );
        let output = Process::new("sh").args(["-c", &script]).output().expect("there is a shell");
        assert!(output.status.success() && output.stderr.is_empty(), "{command}: {output:?}");
        output.stdout
    }

    #[test]
    fn a_shell_passes_any_request_on_as_it_was() {
        let bodies = [
            "plain",
            "it's",
            "'",
            "''",
            "a b",
            "$(touch never) `id` $HOME ${x} \\ \\n",
            "line\nline\n",
            "\"quoted\"",
            "!history",
            "*",
            "~",
            "a;b&c|d>e<f#g",
            "åäö 🙂",
            "a\tb",
            "'; exit 3; '",
            "-d",
            "@file",
            "%s%n",
        ];
        for body in bodies {
            let (method, sent) = sent("POST", "/a", &[("content-type", "text/plain")], Some(body.as_bytes()));
            let expected = format!("<-X><POST><http://f/a><-H><Content-Type: text/plain><--data-raw><{body}>");
            assert_eq!(text(&as_run(&command(&sent, &method, "http://f"))), expected);
        }
        // What cannot be an argument, what a terminal would take as a command of its own, and what printf takes as an option.
        for body in [&b"\0"[..], b"\xff\xfe", b"100% \\ 'q' \0 \xff\n7", b"\x1b[31m\r", b"\x1b[201~;reboot\n", b"-v\0"]
        {
            let (method, sent) = sent("POST", "/a", &[("content-type", "text/plain")], Some(body));
            let command = super::command(&sent, &method, "http://f");
            assert!(!command.chars().any(|char| char.is_control() && char != '\n'), "{command:?}");
            let run = as_run(&command);
            assert!(run.ends_with(&[b"<--data-binary><@->", body].concat()), "{:?}", text(&run));
        }
    }
}
