//! A small client of the API, as an integration has one: it calls for one user, and logs in again when its token expires.

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

pub(crate) struct Defentry {
    http: Client,
    base_url: String,
    email: &'static str,
    token: String,
}

impl Defentry {
    pub(crate) fn for_user(email: &'static str, base_url: &str) -> Self {
        Self { http: Client::new(), base_url: base_url.to_owned(), email, token: String::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> reqwest::Result<Value> {
        self.call(path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> reqwest::Result<Value> {
        self.call(path, Some(&body)).await
    }

    async fn call(&mut self, path: &str, body: Option<&Value>) -> reqwest::Result<Value> {
        let mut answer = self.send(path, body).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.log_in().await?;
            answer = self.send(path, body).await?;
        }
        answer.error_for_status()?.json().await
    }

    async fn log_in(&mut self) -> reqwest::Result<()> {
        let user = json!({ "client_id": "mock-client", "client_secret": "mock-secret", "email": self.email });
        let answer: Value = self.send("/api/v1/sso/token", Some(&user)).await?.error_for_status()?.json().await?;
        self.token = answer["token"].as_str().unwrap_or_default().to_owned();
        Ok(())
    }

    async fn send(&self, path: &str, body: Option<&Value>) -> reqwest::Result<Response> {
        let url = format!("{}{path}", self.base_url);
        let request = body.map_or_else(|| self.http.get(&url), |body| self.http.post(&url).json(body));
        request.bearer_auth(&self.token).header("X-API-Version", "2026-06-12").send().await
    }
}
