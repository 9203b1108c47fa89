//! The control routes that a mock has beside the API: whether there are any, its clock, its private worlds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::Session;
use crate::exchange::{Answer, Caller, Request};
use crate::format::Format;
use crate::halt::Halt;
use crate::reader;
use crate::target::Target;

impl Session {
    /// Asks the target something that is no part of any check's story.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Halt> {
        let request = Request::new(method, path, Format::Legacy, body);
        let (_, answer) = self.client.send(&Caller::Anonymous, request, false).await;
        answer
    }

    /// Whether the target has control routes, as the mock does.
    pub(crate) async fn is_mock(&self) -> bool {
        let ask = || async {
            if let Some(has_them) = self.target.has_control_routes {
                return has_them;
            }
            let health = self.ask(Method::GET, "/_mock/health", None).await;
            health.is_ok_and(|answer| answer.status == 200 && answer.body["status"] == "ok")
        };
        *self.is_mock.get_or_init(ask).await
    }

    /// Whether the target has a clock that can be moved, but no private world with a clock of its own.
    pub(crate) async fn has_only_its_own_clock(&self) -> bool {
        let ask = || async {
            if self.target.is_far || !self.is_mock().await {
                return false;
            }
            let is_there = async |path| self.ask(Method::GET, path, None).await.is_ok_and(|got| got.status == 200);
            is_there("/_mock/clock").await && !is_there("/_mock/sandboxes").await
        };
        *self.has_own_clock.get_or_init(ask).await
    }

    /// Notes by how much the target's own clock was moved.
    pub(crate) fn note_moved(&self, seconds: u64) {
        self.moved.fetch_add(seconds, Ordering::Relaxed);
    }

    /// By how many seconds it was moved since it was last set back.
    pub(crate) fn take_moved(&self) -> i64 {
        self.moved.swap(0, Ordering::Relaxed).try_into().unwrap_or(i64::MAX)
    }

    /// A private world of the target with these assumptions, where it has such.
    pub(crate) async fn sandbox(&self, assume: Value) -> Result<Arc<Self>, Halt> {
        let none = || Halt::Skipped("the target has no sandboxes, whose clock could be moved".into());
        if !self.is_mock().await {
            return Err(none());
        }
        let answer = self.ask(Method::POST, "/_mock/sandboxes", Some(&json!({ "assume": assume }))).await?;
        let (id, url) = (answer.body["id"].as_str(), answer.body["base_url"].as_str());
        let Some((id, url)) = id.zip(url).filter(|_| reader::is_success(answer.status)) else { return Err(none()) };
        let noted = self.ledger.sandbox_made(id);
        noted.map_err(|error| Halt::Inconclusive(format!("the ledger cannot be written: {error}")))?;
        let url = self.seen_from_here(url);
        let target = Target { is_throwaway: true, ..self.target.clone() }.at(url);
        let (pace, redactor) = (Arc::clone(&self.pace), Arc::clone(&self.redactor));
        let waits = Arc::clone(&self.waits);
        let session = Self::with(target, self.settings.clone(), pace, waits, Arc::default(), redactor);
        session.map(Arc::new).map_err(|error| Halt::Inconclusive(error.to_string()))
    }

    /// An address that the target gives out, on the way on which it was reached: there may be a proxy before it.
    fn seen_from_here(&self, url: &str) -> String {
        let (Ok(given), Ok(mut here)) = (Url::parse(url), Url::parse(&self.target.base_url)) else {
            return url.trim_end_matches('/').to_owned();
        };
        here.set_path(given.path());
        here.as_str().trim_end_matches('/').to_owned()
    }
}
