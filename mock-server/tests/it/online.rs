//! Online Data: the plan that includes it, the profile, scans that move on by the mock's clock, their findings, and the
//! removal requests that follow (ONLINE-1 to 7).

mod profile;
mod scans;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, World, written};

const PROFILE: &str = "/delete-my-data";
const SCAN: &str = "/delete-my-data/scan";

/// More than any scan takes by default, in seconds, and less than a removal request stays in a state.
const SCAN_SECONDS: u64 = 600;
const STEP_SECONDS: u64 = 86_400;

/// The sites of the seed whose outcome is pinned: found, nothing, and failed at first.
const FOUND: usize = 0;
const FAILED_ONCE: usize = 2;

fn body() -> Value {
    json!({
        "first_name": "Ada", "last_name": "Example", "email": "ada@example.com", "phone": "+46701740650",
        "street": "Exempelgatan 2", "zip": "000 01", "city": "Exempelby",
    })
}

/// A new account of partner 1 on a plan that includes Online Data, as its owner.
async fn newcomer<'a>(world: &'a World, email: &str) -> Caller<'a> {
    world.account(email).await;
    Caller::user_of(world, email).await
}

async fn start(user: &Caller<'_>) -> Answer {
    user.post(SCAN, json!({})).send().await.expect(200)
}

async fn retry(user: &Caller<'_>, site: &Value) -> Answer {
    user.post(&format!("{SCAN}/{}/retry", written(&site["id"])), json!({})).send().await
}

/// The entry of each site.
async fn sites(user: &Caller<'_>) -> Vec<Value> {
    let answer = user.get("/delete-my-data/scan/status").standardized().send().await.expect(200);
    answer.body["sites"].as_array().unwrap_or_else(|| panic!("no sites in {}", answer.raw)).clone()
}

fn status(site: &Value) -> &str {
    site["scan_result"]["status"].as_str().expect("a status")
}

fn statuses(sites: &[Value]) -> Vec<&str> {
    sites.iter().map(status).collect()
}
