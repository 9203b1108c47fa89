//! The bodies and queries of control routes, with errors that name the field.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::api::context::App;
use crate::control::refused::Refused;
use crate::encoding;

/// A JSON body. An empty one is taken as an empty object.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let body = read(request, app).await?;
        let text = text(&body)?;
        let text = if text.trim_ascii().is_empty() { "{}" } else { text };
        // A list would be taken for the fields in the order in which this code declares them.
        if text.trim_ascii_start().starts_with('[') {
            return Err(Refused::bad("the body must be a JSON object"));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let place = error.path().to_string();
            let error = error.into_inner();
            Refused::bad(if place == "." { error.to_string() } else { format!("{place}: {error}") })
        })?;
        json.end().map_err(|error| Refused::bad(error.to_string()))?;
        Ok(Self(parsed))
    }
}

/// A body as text.
#[derive(Debug)]
pub(crate) struct Text(pub(crate) String);

impl FromRequest<App> for Text {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let body = read(request, app).await?;
        text(&body).map(|text| Self(text.to_owned()))
    }
}

fn text(body: &[u8]) -> Result<&str, Refused> {
    encoding::text(body).map_err(|error| Refused::bad(format!("the body {error}")))
}

async fn read(request: Request, app: &App) -> Result<Bytes, Refused> {
    match tokio::time::timeout(app.limits().body, Bytes::from_request(request, app)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(rejection)) => Err(Refused::new(rejection.status(), rejection.body_text())),
        Err(_) => Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    }
}

/// A query.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Refused> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Refused::bad(rejection.body_text())),
        }
    }
}
