//! The text of a message that came as MIME or as HTML, and whom it is for.

use mail_parser::decoders::html::html_to_text;
use mail_parser::{Address, MessageParser, PartType};

use super::letter::Letter;

/// Headers that name a recipient whom `To` does not name: those of forwarded mail and of a mailbox that takes everything.
const FURTHER: [&str; 4] = ["delivered-to", "x-original-to", "envelope-to", "x-forwarded-to"];

/// A message in MIME: the addresses that it is for, and what it says.
pub(super) fn parsed(bytes: &[u8]) -> Option<(Vec<String>, Letter)> {
    let message = MessageParser::default().parse(bytes)?;
    let mut recipients: Vec<String> = Vec::new();
    for address in [message.to(), message.cc()].into_iter().flatten().flat_map(Address::iter) {
        recipients.extend(address.address().map(str::to_owned));
    }
    let is_further = |name: &str| FURTHER.iter().any(|further| name.eq_ignore_ascii_case(further));
    for (_, value) in message.headers_raw().filter(|(name, _)| is_further(name)) {
        recipients.extend(value.split(',').map(|one| one.trim().trim_matches(['<', '>']).to_owned()));
    }
    let mut plain = String::new();
    for part in message.text_bodies() {
        if let PartType::Text(text) = &part.body {
            plain += text;
        }
    }
    let mut html = String::new();
    for part in message.html_bodies() {
        if let PartType::Html(text) = &part.body {
            html += text;
        }
    }
    Some((recipients, Letter::new(message.message_id().map(str::to_owned), text_of(&plain, &html))))
}

/// What a person reads. Where only the HTML has links, they are added.
pub(super) fn text_of(plain: &str, html: &str) -> String {
    let mut text = if plain.trim().is_empty() { html_to_text(html) } else { plain.to_owned() };
    if !["https://", "http://"].iter().any(|scheme| text.contains(scheme)) {
        for link in links(html) {
            text.push('\n');
            text += &link;
        }
    }
    text
}

/// Where the anchors of a page lead.
fn links(html: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.to_ascii_lowercase().find("href=") {
        rest = &rest[start + "href=".len()..];
        let quote = rest.chars().next().filter(|first| ['"', '\''].contains(first));
        let value = quote.map_or(rest, |_| &rest[1..]);
        let is_end = |char: char| quote.map_or(char.is_whitespace() || char == '>', |quote| char == quote);
        let link = value.split(is_end).next().unwrap_or_default().replace("&amp;", "&");
        if link.starts_with("https://") || link.starts_with("http://") {
            links.push(link);
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader;

    #[test]
    fn a_message_in_any_encoding_is_read() {
        let cases = [
            ("To: Ann <a@example.com>\r\nMessage-ID: <1@x>\r\n\r\nOpen http://x/1?a=b\r\n", "http://x/1?a=b"),
            (
                "To: a@example.com\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\n\u{d6}ppna http://x/1?a=3Db&c=3Dlo=\r\nng\r\n",
                "http://x/1?a=b&c=long",
            ),
            (
                "To: b@example.com\r\nDelivered-To: <a@example.com>\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n\
                 Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n\
                 PGEgaHJlZj0naHR0cDovL3gvMT9hPWImYW1wO2M9ZCc+Q29uZmlybTwvYT4=\r\n",
                "http://x/1?a=b&c=d",
            ),
            (
                "To: a@example.com\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\nContent-Type: text/plain\r\n\r\n\
                 See the HTML.\r\n--y\r\nContent-Type: text/html\r\n\r\n<a class=b HREF=\"https://x/1\">Go</a>\r\n--y--\r\n",
                "https://x/1",
            ),
        ];
        for (message, link) in cases {
            let (recipients, letter) = parsed(message.as_bytes()).expect("a message");
            assert!(recipients.contains(&"a@example.com".to_owned()), "{recipients:?}");
            assert_eq!(
                (letter.id.as_deref(), reader::first_link(&letter.text)),
                (Some("1@x"), Some(link)),
                "{letter:?}"
            );
        }
    }

    #[test]
    fn the_text_for_people_goes_before_the_page() {
        let page = "<link href='http://x/style'><p>Your code: 482913</p>";
        assert_eq!(text_of("Open http://x/2", page), "Open http://x/2");
        assert_eq!(reader::first_code(&text_of(" ", page)), Some("482913"));
        assert_eq!(links("<a href=mailto:a@example.com><a href=http://x/1>"), ["http://x/1"]);
    }
}
