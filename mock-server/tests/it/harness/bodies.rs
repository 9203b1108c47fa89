//! Bodies that more than one topic sends.

use serde_json::{Value, json};

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
    json!({ "card_number": number, "expiry_month": 12, "expiry_year": 2049 })
}

/// A body in which every field of every route is wrong.
pub(crate) fn invalid_body() -> Value {
    json!({
        "email": 5, "email_id": [], "phone": 5, "phone_id": [], "code": [], "iban": 5, "passport_number": 5,
        "license_number": 5, "card_number": 5, "expiry_month": 13, "expiry_year": 1, "credit_card_id": [],
        "ssn": 5, "first_name": 5, "last_name": 5, "country_code": 5, "password": 5, "leak_id": [],
    })
}
