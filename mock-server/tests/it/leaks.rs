//! Leaks: a breach holds a value, and every account that watches the value in any spelling sees the leak once, from the
//! moment of watching to that of removal. No other account does (EMAIL-1, PHONE-1, IBAN-1, CARD-1, NONE-1).

mod contents;
mod once;
mod seen;

use serde_json::{Value, json};

use crate::harness::{Caller, World};

fn title(leak: &Value) -> String {
    leak["title"].as_str().unwrap_or_else(|| panic!("no title in {leak}")).to_owned()
}

/// How the end user ends the waiting of an item.
#[derive(Clone, Copy, Debug)]
enum End {
    Link,
    PhoneCode,
    CardCode,
}

impl End {
    async fn come(self, world: &World, user: &Caller<'_>, item: &Value) {
        let answer = match self {
            Self::Link => world.open(&world.last_link()).await,
            Self::PhoneCode => user.post("/phone-watchlist/confirm", json!({ "code": world.last_code() })).send().await,
            Self::CardCode => {
                let body = json!({ "credit_card_id": item["id"], "code": world.last_code() });
                user.post("/credit-cards/verify", body).send().await
            }
        };
        answer.expect(200);
    }
}
