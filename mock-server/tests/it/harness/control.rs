//! Verbs of the control routes, over HTTP and without.

use std::time::Duration;

use mock_server::{Message, MessageFilter, Timestamp};
use reqwest::Method;
use serde_json::Value;

use super::{Answer, Request, World, fields};

impl World {
    /// Stops the clock where it is.
    pub(crate) fn freeze(&self) {
        self.control().freeze_clock(true);
    }

    /// Stops the clock at this time, in RFC 3339.
    pub(crate) fn freeze_at(&self, now: &str) {
        self.control().set_clock(Timestamp::parse(now).expect("a time"));
        self.freeze();
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.control().advance_clock(Duration::from_secs(seconds));
    }

    /// Sets the clock over HTTP, and returns the answer.
    pub(crate) async fn set_clock(&self, to: Value) -> Value {
        self.put("/_mock/clock").json(to).send().await.expect(200).body
    }

    /// Every message that was sent, oldest first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.control().messages(&MessageFilter::default())
    }

    /// The address of every message that was sent, oldest first.
    pub(crate) fn addressees(&self) -> Vec<String> {
        self.messages().into_iter().map(|message| message.to).collect()
    }

    pub(crate) fn last_message(&self) -> Message {
        self.messages().pop().expect("a message was sent")
    }

    /// The link in the last message.
    pub(crate) fn last_link(&self) -> String {
        self.last_message().link.expect("the last message has a link")
    }

    /// The code in the last message.
    pub(crate) fn last_code(&self) -> String {
        self.last_message().code.expect("the last message has a code")
    }

    /// Opens a link as a browser does: without a token.
    pub(crate) async fn open(&self, link: &str) -> Answer {
        self.request_link(Method::GET, link).send().await
    }

    /// Begins a request to a link.
    pub(crate) fn request_link(&self, method: Method, link: &str) -> Request {
        self.request(method, self.path_of(link))
    }

    /// The path of an address in this world.
    #[track_caller]
    pub(crate) fn path_of<'a>(&self, url: &'a str) -> &'a str {
        url.strip_prefix(self.base_url()).unwrap_or_else(|| panic!("{url} does not lead to {}", self.base_url()))
    }

    /// The messages that a query of the outbox admits.
    pub(crate) async fn outbox(&self, query: &str) -> Vec<Value> {
        self.listed(&format!("/_mock/outbox{query}"), "messages").await
    }

    /// The requests in the journal.
    pub(crate) async fn journal(&self) -> Vec<Value> {
        self.journal_of("").await
    }

    /// The requests that a query of the journal admits.
    pub(crate) async fn journal_of(&self, query: &str) -> Vec<Value> {
        self.listed(&format!("/_mock/requests{query}"), "requests").await
    }

    /// The list that a control route answers under this field.
    pub(crate) async fn listed(&self, path: &str, field: &str) -> Vec<Value> {
        let answer = self.get(path).send().await.expect(200);
        answer.body[field].as_array().unwrap_or_else(|| panic!("{path}: no list {field} in {}", answer.raw)).clone()
    }

    /// Tells the mock of a breach that holds a value, and returns the ids of the accounts that see it at once.
    pub(crate) async fn breach(&self, leak: Value) -> Value {
        self.post("/_mock/leaks").json(leak).send().await.expect(201).body["seen_by"].clone()
    }

    /// Begins to wait for messages, and gives the request time to arrive.
    pub(crate) async fn begin_to_wait(&self, path: &str) -> tokio::task::JoinHandle<Answer> {
        let waiting = tokio::spawn(self.get(path).send());
        // The request is under way from here on; two round trips later it has arrived.
        for _ in 0..2 {
            self.get("/_mock/health").send().await.expect(200);
        }
        waiting
    }
}

/// The sentence of a control route that refused a request; its answer holds nothing else.
#[track_caller]
pub(crate) fn sentence(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
    assert_eq!(fields(&answer.body), ["error"], "{answer:?}");
    answer.text("error")
}
