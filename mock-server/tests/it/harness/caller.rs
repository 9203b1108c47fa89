//! A token and an account, and the verbs that they allow.

use reqwest::Method;
use serde_json::{Value, json};

use super::{APP, CRM, EMAIL, PHONE, Request, World, card, written};

/// A way to act on an account: as its partner on behalf of it (SCOPE-2), or as its user (SCOPE-3).
pub(crate) struct Caller<'a> {
    world: &'a World,
    /// The beginning of this caller's paths.
    scope: String,
    token: String,
    pub(crate) label: &'static str,
}

impl<'a> Caller<'a> {
    /// Partner 1 on behalf of `account`.
    pub(crate) fn partner(world: &'a World, account: &str) -> Self {
        Self { world, scope: format!("/api/v1/account/{account}"), token: CRM.to_owned(), label: "CRM" }
    }

    /// The user of account 1.
    pub(crate) fn user(world: &'a World) -> Self {
        Self { world, scope: "/api/v1".to_owned(), token: APP.to_owned(), label: "app" }
    }

    /// The user of the account of partner 1 that was created with `email`.
    pub(crate) async fn user_of(world: &'a World, email: &str) -> Self {
        Self { token: world.app_token(email).await, ..Self::user(world) }
    }

    /// The user of the account of partner 2 that was created with `email`.
    pub(crate) async fn user_of_other_partner(world: &'a World, email: &str) -> Self {
        Self { token: world.app_token_of(2, email).await, ..Self::user(world) }
    }

    /// Both ways to act on account 1.
    pub(crate) fn both(world: &'a World) -> [Self; 2] {
        [Self::partner(world, "1"), Self::user(world)]
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        self.world.request(method, &format!("{}{path}", self.scope)).token(&self.token)
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    pub(crate) fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    /// Adds an item, and returns it.
    pub(crate) async fn add(&self, path: &str, body: Value) -> Value {
        self.post(path, body).send().await.expect(201).body["data"].clone()
    }

    /// Adds an email to watch.
    pub(crate) async fn add_email(&self, email: &str) -> Value {
        self.add(EMAIL.add, json!({ "email": email })).await
    }

    /// Adds a phone to watch.
    pub(crate) async fn add_phone(&self, phone: &str) -> Value {
        self.add(PHONE.add, json!({ "phone": phone })).await
    }

    /// Adds a card to watch.
    pub(crate) async fn add_card(&self, number: &str) -> Value {
        self.add("/credit-card", card(number)).await
    }

    /// The items, leaks or alarms that are listed under `path`.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).send().await.expect(200).items().to_vec()
    }

    /// An item as its list has it now.
    pub(crate) async fn now(&self, path: &str, item: &Value) -> Value {
        let listed = self.list(path).await.into_iter().find(|listed| listed["id"] == item["id"]);
        listed.unwrap_or_else(|| panic!("{path} does not list {item}"))
    }

    /// Removes the item with this id.
    pub(crate) async fn remove(&self, path: &str, item: &Value) {
        self.delete(&format!("{path}/{}", written(&item["id"]))).send().await.expect(204);
    }
}
