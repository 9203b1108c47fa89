//! A request as the journal keeps it: a copy of its bytes, bounded and in one piece. Texts are made when they are asked
//! for.

use axum::http::HeaderMap;
use axum::http::header::{self, HeaderName};

/// How much is kept of each body.
pub(crate) const BODY_KEPT: usize = 16 * 1024;

/// How much is kept of target and headers together.
pub(crate) const HEAD_KEPT: usize = 8 * 1024;

static VERSION: HeaderName = HeaderName::from_static("x-api-version");

/// The headers that matter to the mock, in the order in which a command writes them.
pub(crate) static HEADERS: [&HeaderName; 3] = [&header::AUTHORIZATION, &VERSION, &header::CONTENT_TYPE];

/// A request that was sent: target, headers and body.
#[derive(Clone, Debug)]
pub(crate) struct SentRequest {
    /// The target, each header as its name and its value, then the body; each ends where `ends` says.
    bytes: Box<[u8]>,
    ends: Box<[(Part, u32)]>,
    /// Whether target and headers are all here.
    is_head_whole: bool,
    body: BodySent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Target,
    Name,
    Value,
    Body,
}

/// How much of a body is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodySent {
    /// All of it.
    Whole,
    /// So many bytes came, and the first are kept.
    Cut(usize),
    /// It was too long or too late, and was not read.
    Unread,
    /// So many bytes came, and none are kept any more: later requests needed the room.
    Forgotten(usize),
}

impl SentRequest {
    /// Keeps a request; `body` is none if it was not read.
    pub(crate) fn new(target: &str, headers: &HeaderMap, body: Option<&[u8]>) -> Self {
        let target = target.as_bytes();
        let kept = body.unwrap_or_default();
        let kept = &kept[..kept.len().min(BODY_KEPT)];
        let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let is_head_whole = target.len() + head <= HEAD_KEPT;
        let mut bytes = Vec::with_capacity((target.len() + head).min(HEAD_KEPT) + kept.len());
        let mut ends = Vec::with_capacity(2 + 2 * headers.len());
        let mut add = |part: Part, text: &[u8]| {
            bytes.extend_from_slice(text);
            ends.push((part, bytes.len() as u32));
        };
        if is_head_whole {
            add(Part::Target, target);
            for (name, value) in headers {
                add(Part::Name, name.as_str().as_bytes());
                add(Part::Value, value.as_bytes());
            }
        } else {
            // What matters to the mock is kept before a cookie that does not.
            let mut room = HEAD_KEPT;
            let mut add_fitting = |part: Part, text: &[u8]| {
                let fitting = &text[..text.len().min(room)];
                room -= fitting.len();
                add(part, fitting);
            };
            add_fitting(Part::Target, target);
            for name in HEADERS {
                for value in headers.get_all(name) {
                    add_fitting(Part::Name, name.as_str().as_bytes());
                    add_fitting(Part::Value, value.as_bytes());
                }
            }
        }
        add(Part::Body, kept);
        let body = match body {
            None => BodySent::Unread,
            Some(body) if body.len() > BODY_KEPT => BodySent::Cut(body.len()),
            Some(_) => BodySent::Whole,
        };
        Self { bytes: bytes.into(), ends: ends.into(), is_head_whole, body }
    }

    /// How many bytes are kept.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the body.
    pub(crate) fn forget_body(&mut self) {
        let whole = self.body_kept().len();
        self.body = match self.body {
            BodySent::Unread => BodySent::Unread,
            BodySent::Whole if whole == 0 => BodySent::Whole,
            BodySent::Whole => BodySent::Forgotten(whole),
            BodySent::Cut(length) | BodySent::Forgotten(length) => BodySent::Forgotten(length),
        };
        self.bytes = self.bytes[..self.bytes.len() - whole].into();
        if let Some((_, end)) = self.ends.last_mut() {
            *end = self.bytes.len() as u32;
        }
    }

    /// The path and the query.
    pub(crate) fn target(&self) -> &[u8] {
        self.parts().next().map(|(_, target)| target).unwrap_or_default()
    }

    /// The headers that are kept, in the order in which they came.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let names = self.parts().filter(|(part, _)| *part == Part::Name);
        let values = self.parts().filter(|(part, _)| *part == Part::Value);
        names.zip(values).map(|((_, name), (_, value))| (name, value))
    }

    /// The headers that matter to the mock, in the order in which a command writes them.
    pub(crate) fn known_headers(&self) -> impl Iterator<Item = (&'static HeaderName, &[u8])> {
        HEADERS.into_iter().flat_map(|known| {
            let values = self.headers().filter(|(name, _)| *name == known.as_str().as_bytes());
            values.map(move |(_, value)| (known, value))
        })
    }

    /// As much of the body as is kept.
    pub(crate) fn body_kept(&self) -> &[u8] {
        self.parts().last().map(|(_, body)| body).unwrap_or_default()
    }

    /// How much of the body is kept.
    pub(crate) fn body_sent(&self) -> BodySent {
        self.body
    }

    /// Whether all of target and headers is kept.
    pub(crate) fn is_head_whole(&self) -> bool {
        self.is_head_whole
    }

    fn parts(&self) -> impl Iterator<Item = (Part, &[u8])> {
        self.ends.iter().scan(0, |start, (part, end)| {
            let text = &self.bytes[*start..*end as usize];
            *start = *end as usize;
            Some((*part, text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_head_what_matters_to_the_mock_is_kept() {
        let long = "x".repeat(HEAD_KEPT);
        let headers = [("cookie", &*long), ("authorization", "Bearer 1|a")];
        let headers =
            headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")));
        let sent = SentRequest::new("/a", &headers.collect(), Some(b"b"));
        assert!(sent.len() <= HEAD_KEPT && !sent.is_head_whole());
        let kept: Vec<_> = sent.headers().collect();
        assert_eq!(kept, [(&b"authorization"[..], &b"Bearer 1|a"[..])]);
        assert_eq!((sent.target(), sent.body_kept()), (&b"/a"[..], &b"b"[..]));
    }

    #[test]
    fn a_body_can_be_forgotten_and_the_rest_stays() {
        let cases: [(Option<&[u8]>, BodySent); 4] = [
            (None, BodySent::Unread),
            (Some(b""), BodySent::Whole),
            (Some(b"abc"), BodySent::Forgotten(3)),
            (Some(&[b'a'; BODY_KEPT + 1]), BodySent::Forgotten(BODY_KEPT + 1)),
        ];
        for (body, expected) in cases {
            let mut sent = SentRequest::new("/a", &HeaderMap::new(), body);
            sent.forget_body();
            sent.forget_body();
            assert_eq!((sent.body_sent(), sent.body_kept(), sent.target()), (expected, &b""[..], &b"/a"[..]));
        }
    }
}
