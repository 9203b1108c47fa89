//! The body with which each documented route is granted, and the status that it then answers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{APP, CARD, CRM, KINDS, Route, World, account_body};

/// A body with which a row is granted on account 1; what must have happened before, happens.
pub(super) async fn granted_body(world: &World, row: &Route) -> Value {
    if let Some(kind) = KINDS.iter().find(|kind| row.method == Method::POST && row.path.ends_with(kind.add)) {
        return kind.new_body();
    }
    match (row.method.as_str(), row.end()) {
        ("POST", "account") => account_body("new@example.com"),
        ("PUT" | "PATCH", "account" | "{account_id}") => json!({ "first_name": "Johnny" }),
        ("POST", "password") => json!({ "password": "correct horse" }),
        ("PATCH", "{passportId}") => json!({ "country_code": "FI" }),
        ("POST", "watchlist-email-confirmation") => {
            let email = json!({ "email": "pending@example.com" });
            world.post("/api/v1/email-watchlist").token(APP).json(email).send().await.expect(201);
            json!({})
        }
        ("POST", "confirm") => {
            let send = world.post("/api/v1/account/1/phone-watchlist/send-verification-code").token(CRM);
            send.json(json!({ "phone_id": 1 })).send().await.expect(200);
            json!({ "phone_id": 1, "code": world.last_code() })
        }
        ("POST", "verify") => {
            let added = world.post("/api/v1/credit-card").token(APP).json(CARD.new_body()).send().await.expect(201);
            json!({ "credit_card_id": added.body["data"]["id"], "code": world.last_code() })
        }
        ("POST", "coachme") => json!({ "leak_id": 1 }),
        ("POST" | "PUT", "delete-my-data") => {
            json!({ "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com" })
        }
        ("POST", "retry") => {
            // Of the seed's sites the third fails at first.
            world.post("/api/v1/delete-my-data/scan").token(APP).send().await.expect(200);
            world.advance(600);
            json!({})
        }
        ("GET", "{companyId}") => {
            // Each partner has a company 1: the seed's first account belongs to one, and the other partner's to
            // another.
            let token = world.crm_token(2).await;
            world.patch("/api/v1/account/3").token(&token).json(json!({ "company_id": 1 })).send().await.expect(200);
            json!({})
        }
        _ => json!({}),
    }
}

/// Whether a row creates something.
fn creates(row: &Route) -> bool {
    let ends = ["-watchlist", "/credit-card", "/account"];
    row.method == Method::POST && ends.iter().any(|end| row.path.ends_with(end))
}

pub(super) fn granted_status(row: &Route) -> u16 {
    match row.method {
        _ if creates(row) => 201,
        Method::DELETE => 204,
        _ => 200,
    }
}
