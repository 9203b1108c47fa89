//! The published credentials of a world.

use serde_json::{Value, json};

use super::{server, small_seed};
use crate::harness::{APP, CRM, World, fields};

const FIELDS: [&str; 8] = ["base_url", "crm", "crm2", "sso", "partners", "accounts", "ssn_required", "normalize_all"];

#[tokio::test]
async fn the_credentials_of_a_world_are_those_of_its_seed_and_all_of_them_work() {
    let world = World::new();
    let told = world.get("/_mock/credentials").send().await.expect(200).body;
    assert_eq!(fields(&told), FIELDS);
    assert_eq!(told["base_url"], world.base_url());
    assert_eq!((&told["crm"]["token"], &told["accounts"][0]["app_token"]), (&json!(CRM), &json!(APP)));
    let partners = told["partners"].as_array().expect("a list");
    assert_eq!(partners.len(), 2);
    for partner in partners {
        for user in partner["crm_users"].as_array().expect("a list") {
            world.post("/api/v1/crm/auth/login").json(user.clone()).send().await.expect(200);
        }
        for client in partner["sso_clients"].as_array().expect("a list") {
            let accounts = told["accounts"].as_array().expect("a list").iter();
            for account in accounts.filter(|account| account["partner"] == partner["id"]) {
                let mut sso = client.clone();
                sso["email"] = account["email"].clone();
                world.post("/api/v1/sso/token").json(sso).send().await.expect(200);
            }
        }
    }
    assert_eq!(serde_json::to_value(world.control().credentials()).expect("JSON"), told, "as the typed access has it");
}

#[tokio::test]
async fn the_credentials_are_those_of_the_world_that_is_there_now() {
    let server = server();
    let told = async || server.get("/_mock/credentials").send().await.expect(200).body;
    assert_eq!(told().await["base_url"], server.base_url());
    server.put("/_mock/snapshot").json(small_seed()).send().await.expect(200);
    let small = told().await;
    assert_eq!(small["crm"]["token"], "7|small-crm-token");
    assert_eq!(small["partners"][0]["name"], "Small");
    assert_eq!((&small["crm2"], &small["accounts"][0]["id"]), (&Value::Null, &json!(40)));
    server.post("/_mock/reset").send().await.expect(200);
    assert_eq!(told().await["crm"]["token"], CRM);
}
