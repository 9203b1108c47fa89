//! The bodies and queries of control routes, with errors that name the field, and say what would be right.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::api::context::App;
use crate::control::refused::Refused;
use crate::encoding;
use crate::faults::new_fault::NewFault;
use crate::model::leak::NewLeak;

/// The longest that `?wait=` may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The most letters that may be wrong in a name for it to be taken for another one.
const FARTHEST: usize = 3;

/// A body with an example of what would be right.
pub(crate) trait Example {
    /// A body that the route takes.
    const EXAMPLE: &'static str;
}

impl Example for NewLeak {
    const EXAMPLE: &'static str = r#"{"kind": "email", "value": "john.work@example.com"}"#;
}

impl Example for NewFault {
    const EXAMPLE: &'static str = r#"{"kind": "status", "status": 503, "next": 1}"#;
}

/// A JSON body. An empty one is taken as an empty object.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + Example> FromRequest<App> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let is_form = is_form(request.headers());
        let body = read(request, app).await?;
        let text = text(&body)?;
        parse(text, is_form).map(Self).map_err(|sentence| Refused::bad(format!("{sentence}; as in {}", T::EXAMPLE)))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.starts_with("application/x-www-form-urlencoded") || content_type.starts_with("multipart/")
}

/// What a body holds.
///
/// # Errors
/// A sentence that names the field, and says what would be right.
fn parse<T: DeserializeOwned>(text: &str, is_form: bool) -> Result<T, String> {
    let text = if text.trim_ascii().is_empty() { "{}" } else { text };
    let begins_as_object = text.trim_ascii_start().starts_with('{');
    // Tools send a form where nobody has told them otherwise, also one that holds JSON.
    if !begins_as_object && is_form && text.contains('=') {
        return Err(
            "the body is a form, and a control route takes JSON: curl needs -H 'Content-Type: application/json' and \
                    -d with a JSON object"
                .to_owned(),
        );
    }
    // A list would be taken for the fields in the order in which this code declares them.
    if text.trim_ascii_start().starts_with('[') {
        return Err("the body must be a JSON object, not a list".to_owned());
    }
    // What is no JSON is told before what is in it.
    let is_json = serde_json::from_str::<IgnoredAny>(text);
    is_json.map_err(|error| format!("the body is no JSON: {error}"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place = error.path().to_string();
        told(&place, &error.into_inner().to_string())
    })
}

/// The sentence for what serde says of a field.
fn told(place: &str, said: &str) -> String {
    // The place in the text is of no use once the field is named.
    let said = said.split(" at line ").next().unwrap_or_default();
    let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    let at = |sentence: String| if place == "." { sentence } else { format!("{place}: {sentence}") };
    match quoted.split_first() {
        Some((name, known)) if said.starts_with("unknown field") => {
            // The place ends with the field itself.
            let place = place.strip_suffix(name).unwrap_or(place).trim_end_matches('.');
            let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
            format!("{place}there is no field {name}{}", choice(name, known))
        }
        Some((name, known)) if said.starts_with("unknown variant") => {
            at(format!("there is no {name}{}", choice(name, known)))
        }
        Some((name, _)) if said.starts_with("missing field") => match place {
            "." => format!("{name} is missing"),
            place => format!("{place}.{name} is missing"),
        },
        _ => match said.strip_prefix("invalid type: ").and_then(|said| said.split_once(", expected ")) {
            Some((got, wanted)) => at(format!("{} would be right, not {}", wanted_type(wanted), type_of(got))),
            None => match said.strip_prefix("invalid value: ").and_then(|said| said.split_once(", expected ")) {
                Some((_, wanted)) => at(format!("{} would be right", wanted_type(wanted))),
                None => at(said.to_owned()),
            },
        },
    }
}

/// The names there are, the one that is meant first.
fn choice(name: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return String::new();
    }
    let distance = |known: &&&str| strsim::damerau_levenshtein(&name.to_ascii_lowercase(), known);
    let nearest = known.iter().min_by_key(distance).filter(|known| {
        let is_longer = || name.len() > 2 && (known.starts_with(name) || name.starts_with(**known));
        distance(known) <= FARTHEST.min(known.len() / 3) || is_longer()
    });
    let is_or_are = if known.len() == 1 { "is" } else { "are" };
    let known = known.join(", ");
    match nearest {
        Some(nearest) => format!("; did you mean {nearest}? There {is_or_are} {known}"),
        None => format!("; there {is_or_are} {known}"),
    }
}

/// A type that serde names, in the words of JSON.
fn wanted_type(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i64" | "i32" => "a whole number",
        "f64" => "a number",
        "a string" | "string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        wanted if wanted == "a map" || wanted.starts_with("struct ") => "an object",
        wanted if wanted.contains("enum ") || wanted.starts_with("variant") => "one of its names in quotes",
        wanted => wanted,
    }
}

/// The type of a value that serde shows. The value is not repeated.
fn type_of(got: &str) -> &str {
    match got.split(' ').next().unwrap_or_default() {
        "string" => "a text",
        "integer" | "floating" | "number" => "a number",
        "boolean" => "true or false",
        "map" => "an object",
        "sequence" => "a list",
        _ => got,
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
            Err(rejection) => {
                let said = rejection.body_text();
                let said = said.strip_prefix("Failed to deserialize query string: ").unwrap_or(&said);
                // The name of the field, where serde knows it, stands before what it says.
                let (place, said) = match said.split_once(": ") {
                    Some((place, said)) if !place.contains(' ') => (place, said),
                    _ => (".", said),
                };
                Err(Refused::bad(format!("the query: {}", told(place, said))))
            }
        }
    }
}

/// The time that a request waits, from its query; none if it does not say.
///
/// # Errors
/// A sentence that names the parameter.
pub(crate) fn seconds(name: &str, text: Option<&str>) -> Result<Duration, Refused> {
    let seconds = text.map_or(Some(0.0), |text| text.parse().ok());
    let wait = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    wait.filter(|wait| *wait <= LONGEST_WAIT).ok_or_else(|| {
        Refused::bad(format!("{name}: 0 to {} seconds would be right, as in {name}=5", LONGEST_WAIT.as_secs()))
    })
}

/// A whole number from a query.
///
/// # Errors
/// A sentence that names the parameter.
pub(crate) fn number(name: &str, text: Option<&str>, default: u64) -> Result<u64, Refused> {
    let number = text.map_or(Some(default), |text| text.parse().ok());
    number.ok_or_else(|| Refused::bad(format!("{name}: a whole number from 0 would be right, as in {name}=20")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::clock::ClockMove;

    fn refusal<T: DeserializeOwned>(body: &str) -> String {
        parse::<T>(body, false).map(drop).expect_err("it is refused")
    }

    #[test]
    fn what_is_wrong_with_a_body_is_told_in_a_sentence() {
        let cases = [
            (refusal::<NewLeak>("{}"), "kind is missing"),
            (
                refusal::<NewLeak>(r#"{"kind":"mail","value":"x"}"#),
                "kind: there is no mail; did you mean email? There are email, phone, ",
            ),
            (
                refusal::<NewLeak>(r#"{"kind":"email","valu":"x"}"#),
                "there is no field valu; did you mean value? There are",
            ),
            (
                refusal::<NewLeak>(r#"{"kind":"email","value":5}"#),
                "value: a text in quotes would be right, not a number",
            ),
            (refusal::<NewLeak>("[]"), "the body must be a JSON object, not a list"),
            (refusal::<NewLeak>("kind=email"), "the body is no JSON: expected value at line 1 column 1"),
            (
                refusal::<NewFault>(r#"{"kind":"latancy"}"#),
                "kind: there is no latancy; did you mean latency? There are",
            ),
            (
                refusal::<ClockMove>(r#"{"advance_seconds":"60"}"#),
                "advance_seconds: a whole number from 0 would be right, not a text",
            ),
            (
                refusal::<ClockMove>(r#"{"advance_seconds":-1}"#),
                "advance_seconds: a whole number from 0 would be right",
            ),
            (refusal::<ClockMove>(r#"{"frozen":1}"#), "frozen: true or false would be right, not a number"),
        ];
        for (refusal, expected) in cases {
            assert!(refusal.starts_with(expected), "{refusal}");
        }
        let form = parse::<NewLeak>("kind=email&value=x", true).map(drop).expect_err("a form");
        assert!(form.starts_with("the body is a form, and a control route takes JSON"), "{form}");
        assert!(
            parse::<NewLeak>(r#"{"kind":"email","value":"john@example.com"}"#, true).is_ok(),
            "curl -d without a header"
        );
    }
}
