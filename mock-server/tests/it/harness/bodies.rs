//! Bodies that more than one topic sends.

use serde_json::{Value, json};

use super::{CARD, KINDS};

/// The body with which the published CRM user of a partner logs in.
pub(crate) fn login_body(partner: u8, keep_logged: Value) -> Value {
    let (username, password) = match partner {
        1 => ("service@partner.example", "mock-crm-password"),
        _ => ("other@partner.example", "mock-crm-password-2"),
    };
    json!({ "username": username, "password": password, "keep_logged": keep_logged })
}

/// The body with which the published SSO client of a partner asks for a token or a code.
pub(crate) fn sso_body(partner: u8, email: &str) -> Value {
    let (client_id, client_secret) = match partner {
        1 => ("mock-client", "mock-secret"),
        _ => ("mock-client-2", "mock-secret-2"),
    };
    json!({ "client_id": client_id, "client_secret": client_secret, "email": email })
}

/// The shortest body that creates an account with `email`.
pub(crate) fn account_body(email: &str) -> Value {
    json!({ "ssn": "19900101-1234", "first_name": "Test", "last_name": "Person", "email": email })
}

/// A body that adds a card.
pub(crate) fn card(number: &str) -> Value {
    CARD.body(number)
}

/// A body in which every field of every route is wrong.
pub(crate) fn invalid_body() -> Value {
    let mut body = json!({
        "email_id": [], "phone_id": [], "code": [], "credit_card_id": [], "ssn": 5, "first_name": 5, "last_name": 5,
        "country_code": 5, "password": 5, "leak_id": [],
    });
    for kind in KINDS {
        body[kind.field] = json!(5);
    }
    body["expiry_month"] = json!(13);
    body["expiry_year"] = json!(1);
    body
}

/// A body in which every field that adding an item of any kind takes has this value.
pub(crate) fn body_of(value: &Value) -> Value {
    let fields = KINDS.into_iter().flat_map(|kind| kind.beside.iter().map(|(field, _)| *field).chain([kind.field]));
    fields.map(|field| (field.to_owned(), value.clone())).collect()
}
