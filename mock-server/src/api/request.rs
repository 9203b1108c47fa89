//! One request as handlers see it: only a question. Everything that is told in response is returned.

use std::borrow::Cow;

use axum::extract::{Query, RawPathParams};
use axum::http::{HeaderMap, Uri, header};
use serde_json::{Map, Value as Json};

use crate::api::error::{ApiError, ErrorKind};
use crate::api::pages::{self, Page};
use crate::guide::assumptions::{BodyContentType, BodyMalformed, Key, ListShape, Refusal, ScopeForeignItem};
use crate::guide::facts::Fact;
use crate::guide::trace::Assumed;
use crate::model::body::BodySchema;
use crate::model::fields::{FieldError, Fields};
use crate::model::id::{Id, Table};
use crate::model::item::{Kind, Rules};
use crate::model::time::Timestamp;
use crate::world::state::{Context, World};

/// One request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) world: &'a World,
    /// The time, which is the same for the whole request, the assumptions, and the address that it came to.
    pub(crate) context: Context<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) uri: &'a Uri,
    pub(crate) captures: Option<&'a RawPathParams>,
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The time by the mock's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.context.now
    }

    /// The assumptions in force; reading one records it.
    pub(crate) fn assumed(&self) -> Assumed<'a> {
        self.context.assumed
    }

    /// The arguments of the rules of fields.
    pub(crate) fn rules(&self) -> Rules<'a> {
        Rules { now: self.now(), assumed: self.assumed() }
    }

    /// The time at which something ends that lasts as long as `key` says.
    pub(crate) fn after(&self, key: Key) -> Timestamp {
        self.now().plus_seconds(self.assumed().seconds(key))
    }

    /// The text of a capture of the path.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        self.captures?.iter().find(|(captured, _)| *captured == name).map(|(_, text)| text)
    }

    /// The number of the row of `table` that `text` is the id of.
    pub(crate) fn parse_id(&self, table: Table, text: &str) -> Option<u64> {
        Id::parse(table, text, self.assumed().choice())
    }

    /// The id of the item that the path names.
    ///
    /// # Errors
    /// The text is not an id, so it names nothing.
    pub(crate) fn item_id<K: Kind>(&self) -> Result<u64, ApiError> {
        let named = self.parameter(K::CAPTURE).unwrap_or_default();
        if named == "leaks" {
            let hint = "the guide gives no list of leaks for this kind and token; see NONE-1";
            return Err(ApiError::from(ErrorKind::NotFound).fact(Fact::None1).hint(hint));
        }
        self.parse_id(K::TABLE, named).ok_or_else(|| self.no_such_item::<K>(0))
    }

    /// The refusal of an item that is not on the caller's account.
    pub(crate) fn no_such_item<K: Kind>(&self, id: u64) -> ApiError {
        let hint = format!(
            "there is no such item on this account; {{{}}} is the id of one of its items, and a removed item is gone",
            K::CAPTURE
        );
        self.no_such(K::TABLE, id, hint)
    }

    /// The refusal of something that is not the caller's, by `scope.foreign-item` if it is another account's.
    pub(crate) fn no_such(&self, table: Table, id: u64, hint: impl Into<Cow<'static, str>>) -> ApiError {
        let refusal = self.assumed().choice::<ScopeForeignItem>();
        let error = if self.world.ids.is_foreign(table, id) { foreign(refusal) } else { ErrorKind::NotFound.into() };
        error.hint(hint)
    }

    /// The fields of the query; one that cannot be read has none.
    pub(crate) fn query(&self) -> Map<String, Json> {
        let read = Query::<Vec<(String, String)>>::try_from_uri(self.uri).unwrap_or_default();
        read.0.into_iter().map(|(name, value)| (name, value.into())).collect()
    }

    /// The part of a list that is wanted: a page where `list.shape` has pages, otherwise the whole.
    pub(crate) fn page(&self) -> Page {
        match self.assumed().choice() {
            ListShape::Paginated => pages::asked_for(self.uri.query()),
            ListShape::Data | ListShape::Bare => Page::WHOLE,
        }
    }

    /// The model that the body describes.
    ///
    /// # Errors
    /// Those of [`Request::body`], or the rules that it breaks.
    pub(crate) fn read<T>(
        &self,
        schema: BodySchema,
        parse: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Result<T, ApiError> {
        let body = self.body()?;
        let mut fields = Fields::new(&body, schema.fields);
        let model = parse(&mut fields);
        Ok(fields.finish(model)?)
    }

    /// The fields of the body. A body that is not a JSON object has none, as in stock Laravel.
    ///
    /// # Errors
    /// A body that does not parse, by `body.malformed`; another content type, by `body.content-type`.
    pub(crate) fn body(&self) -> Result<Map<String, Json>, ApiError> {
        if self.body.is_empty() || !self.is_json()? {
            return Ok(Map::new());
        }
        match serde_json::from_slice(self.body) {
            Ok(Json::Object(fields)) => Ok(fields),
            Ok(_) => Ok(Map::new()),
            Err(error) => match self.assumed().choice() {
                BodyMalformed::Invalid => Ok(Map::new()),
                BodyMalformed::BadRequest => {
                    let hint = format!("the body was not read as JSON: {}", self.why_unread(&error));
                    let kind = ErrorKind::BadRequest("The request body is not valid JSON.".into());
                    Err(ApiError::from(kind).hint(hint))
                }
            },
        }
    }

    /// The reason why the body could not be read, without quoting from it.
    fn why_unread(&self, error: &serde_json::Error) -> String {
        let encoding = self.headers.get(header::CONTENT_ENCODING).map(|encoding| encoding.as_bytes());
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
            return "it has a Content-Encoding, and is read as it comes; send it without".into();
        }
        match self.body {
            [0xef, 0xbb, 0xbf, ..] => return "it begins with a byte order mark; send it without".into(),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
                return "it looks like UTF-16; send it in UTF-8".into();
            }
            _ => {}
        }
        let told = error.to_string();
        let fault = match told.as_str() {
            _ if error.is_eof() => "it ends too early",
            told if told.starts_with("recursion limit") => "it is nested more than 127 deep",
            told if told.starts_with("number out of range") => "a number in it is too large",
            _ => "it stops being JSON",
        };
        format!("{fault} at line {}, column {}", error.line(), error.column())
    }

    /// Whether the body is to be read as JSON.
    fn is_json(&self) -> Result<bool, ApiError> {
        let Some(content_type) = self.headers.get(header::CONTENT_TYPE) else { return Ok(true) };
        let content_type = content_type.to_str().unwrap_or_default().to_ascii_lowercase();
        if content_type.contains("/json") || content_type.contains("+json") {
            return Ok(true);
        }
        match self.assumed().choice() {
            BodyContentType::Ignored => Ok(false),
            BodyContentType::Read => Ok(true),
            BodyContentType::UnsupportedMediaType => Err(ErrorKind::UnsupportedMediaType.into()),
        }
    }

    /// The hint for a client whose fields were not read because of the content type.
    pub(crate) fn content_type_hint(&self, error: &ApiError) -> Option<&'static str> {
        let is_unread = matches!(error.kind, ErrorKind::Invalid(_) | ErrorKind::UnsupportedMediaType)
            && !self.body.is_empty()
            && self.headers.contains_key(header::CONTENT_TYPE)
            && !self.is_json().unwrap_or(false);
        is_unread.then_some("the body was not read: its Content-Type is not JSON; send Content-Type: application/json")
    }
}

/// The refusal of something that is there but not the caller's.
pub(crate) fn foreign(refusal: impl Into<Refusal>) -> ApiError {
    ApiError::assumed(refusal, FieldError::new("id", "This action is unauthorized."))
}
