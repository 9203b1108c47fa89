//! How watched items are added, shown, listed and removed.

use serde_json::Value;

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, is_done, met, probes};
use crate::case::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;
use crate::steps::accounts::{self, Monitoring};

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "id.form" => |inquiry| id_form(inquiry),
    "add.status" => |inquiry| add_status(inquiry),
    "add.body" => |inquiry| add_body(inquiry),
    "list.shape" => |inquiry| list_shape(inquiry),
    "remove.status" => |inquiry| remove_status(inquiry),
    "action.answer" => |inquiry| action_answer(inquiry),
    "add.duplicate" => |inquiry| add_duplicate(inquiry),
    "value.form" => |inquiry| value_form(inquiry),
};

/// An email that CRM has just added to an account, and the answer to that.
async fn added(case: &Case) -> Result<(Account, Caller, Answer), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let answer = EMAIL.add(case, &crm, &account, &case.email()).await?;
    answer.demand("the email is added", is_done)?;
    Ok((account, crm, answer))
}

/// The form of the id that the list shows.
pub(super) async fn id_form(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let (account, crm, _) = added(inquiry.case).await?;
    let items = EMAIL.list(inquiry.case, &crm, &account).await?;
    let (id, item) = items.first().ok_or_else(|| Halt::fail("the added item in the list", "an empty list"))?;
    Ok(inquiry.named(form_of_id(&item["id"]), format!("the id {id} of an email")))
}

fn form_of_id(id: &Value) -> &'static str {
    match id {
        Value::Number(_) => "integer",
        Value::String(text) if is_uuid(text) => "uuid",
        _ => "neither a number nor a UUID",
    }
}

/// Whether `text` has the form of a UUID: 32 hexadecimal digits in five groups.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The status of an answer to an add.
pub(super) async fn add_status(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let (_, _, answer) = added(inquiry.case).await?;
    Ok(inquiry.status(&answer))
}

/// The envelope of the added item in the answer.
pub(super) async fn add_body(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let (_, _, answer) = added(inquiry.case).await?;
    Ok(inquiry.named(wrapping_of_item(&answer.body), met(&answer)))
}

fn wrapping_of_item(body: &Value) -> &'static str {
    match reader::item(body) {
        Some(_) if body["data"].is_object() => "data",
        Some(_) => "bare",
        None => "none",
    }
}

/// The envelope of the items of a list.
pub(super) async fn list_shape(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let (account, crm, _) = added(inquiry.case).await?;
    let answer = inquiry.case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    answer.demand("a list", is_done)?;
    Ok(inquiry.named(wrapping_of_list(&answer.body), met(&answer)))
}

fn wrapping_of_list(body: &Value) -> &'static str {
    let has_pages = ["links", "meta", "next_page_url", "current_page"].iter().any(|field| body.get(*field).is_some());
    match body {
        Value::Array(_) => "bare",
        Value::Object(fields) if fields.get("data").is_some_and(Value::is_array) => {
            if has_pages {
                "paginated"
            } else {
                "data"
            }
        }
        _ => "no list",
    }
}

/// The status of an answer to a removal.
pub(super) async fn remove_status(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (account, crm) = (case.account().await?, case.crm().await?);
    let id = EMAIL.needed(case, &crm, &account, &case.email()).await?;
    let answer = EMAIL.remove(case, &crm, &account, &id).await?;
    answer.demand("the email is removed", is_done)?;
    Ok(inquiry.status(&answer))
}

/// The answer to a switch of the monitoring of an SSN.
pub(super) async fn action_answer(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let (account, _) = accounts::created(inquiry.case, true).await?;
    let answer = Monitoring::Activate.switch(inquiry.case, &account).await?;
    answer.demand("the monitoring is switched", is_done)?;
    let name = match (answer.status, answer.text.is_empty()) {
        (200, false) => "message",
        (204, _) => "none",
        (_, true) => "another status, no body",
        (_, false) => "another status with a body",
    };
    Ok(inquiry.named(name, met(&answer)))
}

/// The treatment of the same email again.
pub(super) async fn add_duplicate(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (account, crm, email) = (case.account().await?, case.crm().await?, case.email());
    EMAIL.needed(case, &crm, &account, &email).await?;
    let answer = EMAIL.add(case, &crm, &account, &email).await?;
    if !is_done(answer.status) {
        return Ok(inquiry.status(&answer));
    }
    let items = EMAIL.list(case, &crm, &account).await?;
    let count = items.iter().filter(|(_, item)| reader::shows(item, &email)).count();
    let name = if count == 1 { "existing" } else { "a second item" };
    Ok(inquiry.named(name, format!("{}, and {count} such items in the list", met(&answer))))
}

/// How an email that was sent with a capital letter is shown.
pub(super) async fn value_form(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (account, crm, email) = (case.account().await?, case.crm().await?, case.email());
    let sent = email.replacen("contract", "Contract", 1);
    EMAIL.needed(case, &crm, &account, &sent).await?;
    let items = EMAIL.list(case, &crm, &account).await?;
    let texts = items.iter().flat_map(|(_, item)| reader::fields(item)).filter_map(|(_, field)| field.as_str());
    let shown: Vec<&str> = texts.filter(|text| text.eq_ignore_ascii_case(&sent)).collect();
    let shown = shown.first().ok_or_else(|| Halt::fail(format!("{sent} in the list"), "nothing like it"))?;
    Ok(inquiry.named(form_of_value(&sent, shown), format!("{sent} is shown as {shown}")))
}

fn form_of_value(sent: &str, shown: &str) -> &'static str {
    if shown == sent {
        "as-sent"
    } else if shown == sent.to_ascii_lowercase() {
        "normalized"
    } else {
        "in another case"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_a_number_a_uuid_or_something_else() {
        let cases = [
            (json!(7), "integer"),
            (json!("0190b5a4-3c1e-7d2f-8a6b-0123456789ab"), "uuid"),
            (json!("0190b5a4-3c1e-7d2f-8a6b-0123456789zz"), "neither a number nor a UUID"),
            (json!("7"), "neither a number nor a UUID"),
            (Value::Null, "neither a number nor a UUID"),
        ];
        for (id, expected) in cases {
            assert_eq!(form_of_id(&id), expected, "{id}");
        }
    }

    #[test]
    fn the_envelope_of_an_item_or_a_list_is_found() {
        let cases = [
            (json!({ "data": { "id": 7 } }), "data", "no list"),
            (json!({ "id": 7 }), "bare", "no list"),
            (Value::Null, "none", "no list"),
            (json!([{ "id": 7 }]), "none", "bare"),
            (json!({ "data": [] }), "none", "data"),
            (json!({ "data": [], "meta": {} }), "none", "paginated"),
            (json!({ "data": [], "next_page_url": null }), "none", "paginated"),
        ];
        for (body, item, list) in cases {
            assert_eq!((wrapping_of_item(&body), wrapping_of_list(&body)), (item, list), "{body}");
        }
    }

    #[test]
    fn a_value_is_kept_or_written_small() {
        let cases = [("A@b.c", "as-sent"), ("a@b.c", "normalized"), ("A@B.C", "in another case")];
        for (shown, expected) in cases {
            assert_eq!(form_of_value("A@b.c", shown), expected);
        }
    }
}
