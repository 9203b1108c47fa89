//! Tests of an integration in Rust: the mock runs in the test process, and each test has a sandbox of its own.

mod defentry;

use std::time::Duration;

use defentry::Defentry;
use mock_server::{MessageFilter, MockServer, NewLeak, Sandbox, WatchKind};
use serde_json::json;
use tokio::sync::OnceCell;

/// An address with this ending is confirmed at once.
const CONFIRMED: &str = "jane+confirmed-at-once@example.com";

async fn sandbox_and_client() -> (Sandbox, Defentry) {
    static MOCK: OnceCell<MockServer> = OnceCell::const_new();
    let sandbox = MOCK.get_or_init(MockServer::start).await.sandbox();
    let jane = Defentry::for_user("jane.roe@example.com", sandbox.base_url());
    (sandbox, jane)
}

#[tokio::test]
async fn an_email_is_pending_until_its_link_is_opened() {
    let (sandbox, mut jane) = sandbox_and_client().await;
    let added = jane.post("/api/v1/email-watchlist", json!({ "email": "jane.roe@example.com" })).await.unwrap();
    assert_eq!(added["data"]["is_confirmed"], false);
    let messages = sandbox.world().messages(&MessageFilter::default());
    reqwest::get(messages[0].link.as_deref().unwrap()).await.unwrap();
    assert_eq!(jane.get("/api/v1/email-watchlist").await.unwrap()["data"][0]["is_confirmed"], true);
}

#[tokio::test]
async fn a_leak_raises_an_alarm_that_is_closed() {
    let (sandbox, mut jane) = sandbox_and_client().await;
    jane.post("/api/v1/email-watchlist", json!({ "email": CONFIRMED })).await.unwrap();
    sandbox.world().add_leak(&NewLeak::of(WatchKind::Email, CONFIRMED)).unwrap();
    let alarm = &jane.get("/api/v1/alarms").await.unwrap()["data"][0];
    let closed = jane.get(&format!("/api/v1/alarms/{}/close", alarm["id"])).await.unwrap();
    assert_eq!(closed["data"]["status"], "CLOSED");
}

#[tokio::test]
async fn an_expired_token_is_renewed() {
    let (sandbox, mut jane) = sandbox_and_client().await;
    jane.get("/api/v1/alarms").await.unwrap();
    sandbox.world().advance_clock(Duration::from_secs(3600));
    jane.get("/api/v1/alarms").await.unwrap();
    assert_eq!(sandbox.world().requests().iter().filter(|request| request.path.ends_with("/sso/token")).count(), 2);
}
