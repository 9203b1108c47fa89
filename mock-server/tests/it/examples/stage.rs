//! The examples as data, and the stage on which one is replayed.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::{APP, Answer, CRM, Format, World, written};

pub(super) const RESENDING: &str = "email-resend-app";
pub(super) const SENDING_A_CODE: &str = "phone-send-code-crm";
pub(super) const CONFIRMING: &str = "phone-confirm-crm";
pub(super) const VERIFYING: &str = "card-verify-app";
pub(super) const CREATING: &str = "account-create-crm";

/// An example as the fixture writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Example {
    pub(super) id: String,
    /// The heading above it.
    #[serde(rename = "section")]
    _section: String,
    token: String,
    pub(super) method: String,
    pub(super) path: String,
    body: Option<Value>,
    /// The body where the guide shows none and the route needs one.
    assumed_body: Option<Value>,
    pub(super) facts: Vec<String>,
    /// Whether the guide shows the request itself, or says in words that there is one.
    #[serde(rename = "literal")]
    _literal: bool,
}

pub(super) static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../fixtures/examples.json")).expect("the examples are of this form")
});

impl Example {
    pub(super) fn named(id: &str) -> &'static Self {
        EXAMPLES.iter().find(|example| example.id == id).unwrap_or_else(|| panic!("there is no example {id}"))
    }

    pub(super) fn token(&self) -> &'static str {
        match &*self.token {
            "crm" => CRM,
            "app" => APP,
            other => panic!("{}: there is no token {other}", self.id),
        }
    }

    pub(super) fn body(&self) -> Option<&Value> {
        self.body.as_ref().or(self.assumed_body.as_ref())
    }
}

/// A fresh world in which examples are replayed in one format.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) format: Format,
}

impl Stage {
    pub(super) fn both() -> [Self; 2] {
        Format::BOTH.map(|format| Self { world: World::new(), format })
    }

    /// Replays an example with 1 for every id that it leaves to the reader.
    pub(super) async fn replay(&self, id: &str) -> Answer {
        self.replay_with(id, &[]).await
    }

    /// Replays an example with `known` values for what it leaves to the reader, and holds the answer to what is
    /// promised of every example.
    pub(super) async fn replay_with(&self, id: &str, known: &[(&str, String)]) -> Answer {
        let example = Example::named(id);
        let fill = |text: &str| match text.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => known.iter().find(|(known, _)| *known == name).map_or("1", |(_, value)| value).to_owned(),
            None => text.to_owned(),
        };
        let path = example.path.split('/').map(&fill).collect::<Vec<_>>().join("/");
        let method = example.method.parse().expect("a method");
        let mut request = self.format.ask(self.world.request(method, &path)).token(example.token());
        if let Some(body) = example.body() {
            let mut body = body.clone();
            for value in body.as_object_mut().expect("an object").values_mut() {
                if let Some(text) = value.as_str() {
                    *value = json!(fill(text));
                }
            }
            request = request.json(body);
        }
        let answer = request.send().await;
        self.is_granted(&answer, example);
        answer
    }

    #[track_caller]
    pub(super) fn is_granted(&self, answer: &Answer, example: &Example) {
        let label = format!("{} in {:?}: {} {}", example.id, self.format, answer.status, answer.raw);
        assert!([200, 201, 204].contains(&answer.status), "{label}");
        if answer.status == 204 {
            assert_eq!(answer.raw, "", "{label}");
        } else {
            assert_eq!(answer.header("content-type"), "application/json", "{label}");
            assert!(answer.body.is_object(), "{label}");
            self.format.check(&answer.body, &label);
        }
    }

    /// Does what must have happened before an example can be granted, and returns what it then leaves to the reader.
    pub(super) async fn prepare(&self, id: &str) -> Vec<(&'static str, String)> {
        match id {
            RESENDING => {
                self.replay("email-add-app").await;
                vec![]
            }
            CONFIRMING => {
                self.replay(SENDING_A_CODE).await;
                vec![("code", self.world.last_code())]
            }
            VERIFYING => {
                let card = written(&self.replay("card-add-app").await.body["data"]["id"]);
                vec![("creditCardId", card), ("code", self.world.last_code())]
            }
            _ => vec![],
        }
    }

    /// Account 1 as CRM reads it.
    pub(super) async fn account(&self) -> Value {
        let request = self.format.ask(self.world.get("/api/v1/account/1")).token(CRM);
        request.send().await.expect(200).body["data"].clone()
    }
}
