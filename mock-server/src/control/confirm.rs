//! Confirmation links: the small page that they open, which confirms.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::api::context::Reached;
use crate::world::confirmations::OpenedLink;

/// `GET /_confirm/{secret}`: the link in a confirmation email.
pub(crate) async fn open(reached: Reached, Path(secret): Path<String>) -> Response {
    let opened = reached.world.open_link(&secret);
    reached.world.changed();
    let (status, title, text) = match opened {
        OpenedLink::Confirmed => (StatusCode::OK, "Confirmed", "Thank you. Your email address is now being watched."),
        OpenedLink::Expired => (StatusCode::GONE, "This link has expired", "Ask for a new confirmation email."),
        OpenedLink::Dead => (
            StatusCode::GONE,
            "This link no longer works",
            "It was used before, or a newer confirmation email has replaced it.",
        ),
    };
    (status, page(title, text)).into_response()
}

/// `HEAD /_confirm/{secret}`: confirms nothing, because mail filters look at links before people do.
pub(crate) async fn peek() -> StatusCode {
    StatusCode::OK
}

fn page(title: &str, text: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>:root {{ color-scheme: light dark }} body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; \
         margin: 20vh auto 0; padding: 0 1rem }}</style>\n<h1>{title}</h1>\n<p>{text}</p>\n</html>\n"
    ))
}
