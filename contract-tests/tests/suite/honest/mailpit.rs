//! A stand-in for Mailpit: the three calls of its HTTP API that read mail, as its documentation has them. Lists begin with
//! the newest message, a search finds parts of addresses, and times have fractions of a second.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::mail::Sent;

/// The messages that one has taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Store(Arc<Mutex<Vec<(Sent, Timestamp)>>>);

impl Store {
    pub(super) fn take(&self, sent: Sent, at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((sent, at));
    }

    fn all(&self) -> Vec<(Sent, Timestamp)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Mailpit {
    pub(super) url: String,
    store: Store,
    served: JoinHandle<()>,
}

impl Mailpit {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let store = Store::default();
        let router = Router::new()
            .route("/api/v1/info", get(async || Json(json!({ "Version": "v1.27.0", "Messages": 0 }))))
            .route("/api/v1/search", get(search))
            .route("/api/v1/message/{id}", get(message))
            .with_state(store.clone());
        let served = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, store, served }
    }

    pub(super) fn store(&self) -> Store {
        self.store.clone()
    }
}

impl Drop for Mailpit {
    fn drop(&mut self) {
        self.served.abort();
    }
}

#[derive(serde::Deserialize)]
struct Search {
    query: String,
    limit: Option<usize>,
}

async fn search(State(store): State<Store>, Query(search): Query<Search>) -> Result<Json<Value>, StatusCode> {
    let part = search.query.strip_prefix("to:").ok_or(StatusCode::BAD_REQUEST)?.to_lowercase();
    let found: Vec<_> = store.all().into_iter().enumerate().filter(|(_, (sent, _))| sent.to.contains(&part)).collect();
    let summary = |(place, (sent, at)): &(usize, (Sent, Timestamp))| {
        json!({
            "ID": format!("db{place}"), "MessageID": sent.id, "Read": false, "To": [{ "Name": "", "Address": sent.to }],
            "Cc": [], "Subject": "Hello", "Created": format!("{at:.3}"), "Snippet": "…",
        })
    };
    let messages: Vec<_> = found.iter().rev().take(search.limit.unwrap_or(50)).map(summary).collect();
    Ok(Json(json!({ "total": store.all().len(), "messages_count": found.len(), "start": 0, "messages": messages })))
}

async fn message(State(store): State<Store>, Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    let place: usize = id.strip_prefix("db").and_then(|place| place.parse().ok()).ok_or(StatusCode::NOT_FOUND)?;
    let (sent, at) = store.all().into_iter().nth(place).ok_or(StatusCode::NOT_FOUND)?;
    // Some are a page only.
    let (text, html) = if sent.id.bytes().next().unwrap_or_default() % 2 == 0 {
        (sent.text, String::new())
    } else {
        (String::new(), page(&sent.text))
    };
    Ok(Json(json!({
        "ID": id, "MessageID": sent.id, "To": [{ "Name": "", "Address": sent.to }], "Date": at.to_string(),
        "Text": text, "HTML": html,
    })))
}

fn page(text: &str) -> String {
    let linked =
        |word: &str| if word.starts_with("http") { format!("<a href=\"{word}\">here</a>") } else { word.into() };
    format!("<p>{}</p>", text.split(' ').map(linked).collect::<Vec<String>>().join(" "))
}
