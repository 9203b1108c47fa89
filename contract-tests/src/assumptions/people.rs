//! Probes of items that wait for the end user, and of the SSN that an account shows.

use reqwest::Method;
use serde_json::{Value, json};

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, is_done, met, probes};
use crate::exchange::Answer;
use crate::halt::Halt;
use crate::kind::{EMAIL, PHONE};
use crate::reader;
use crate::steps::confirmations::{RESEND, pending_email};
use crate::steps::leaks;

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "confirm.phone" (beyond_crm) => |inquiry| confirm_phone(inquiry),
    "phone.app-verification" (beyond_crm) => |inquiry| phone_app_verification(inquiry),
    "resend.nothing-pending" (beyond_crm) => |inquiry| resend_nothing_pending(inquiry),
    "ssn.echo" => |inquiry| ssn_echo(inquiry),
    "leaks.pending" (beyond_crm) => |inquiry| leaks_pending(inquiry),
};

/// Whether the owner of a phone that the end user adds is sent a code.
pub(super) async fn confirm_phone(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let account = case.account().await?;
    let (app, phone) = (case.app(&account).await?, PHONE.new_value(case));
    let mark = case.mark(&[&phone]).await?;
    PHONE.needed(case, &app, &account, &phone).await?;
    // A later message that has come shows that an earlier one would have.
    pending_email(case, &app, &account).await?;
    let asked = case.new_messages(&mark).await?.iter().filter(|message| message.code().is_some()).count();
    let evidence = format!("{asked} messages with a code to the phone before a later one about an email");
    Ok(inquiry.named(if asked == 0 { "no" } else { "yes" }, evidence))
}

/// Whether a phone can be verified by the app token.
pub(super) async fn phone_app_verification(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (account, crm) = (case.account().await?, case.crm().await?);
    let (app, phone) = (case.app(&account).await?, PHONE.new_value(case));
    let id = PHONE.needed(case, &crm, &account, &phone).await?;
    let id = id.parse::<u64>().map_or_else(|_| id.into(), Value::from);
    let body = json!({ "phone": phone, "phone_id": id });
    let answer = case.post(&app, "/api/v1/phone-watchlist/send-verification-code", body).await?;
    Ok(inquiry.named(&presence(answer.status), met(&answer)))
}

/// Whether a status tells of a route that is there.
fn presence(status: u16) -> String {
    match status {
        404 | 405 => "absent".into(),
        400 | 409 | 422 => "present".into(),
        status if is_done(status) => "present".into(),
        status => status.to_string(),
    }
}

/// The answer to a resend for an email that needs no confirmation because CRM has added it.
pub(super) async fn resend_nothing_pending(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (account, crm, email) = (case.account().await?, case.crm().await?, case.email());
    let app = case.app(&account).await?;
    // The guide gives no body: only where one that names an email is taken, its refusal tells about the email.
    let waiting = case.email();
    EMAIL.needed(case, &app, &account, &waiting).await?;
    let resent = case.post(&app, RESEND, json!({ "email": waiting })).await?;
    resent.demand("a pending confirmation is resent", is_done)?;
    EMAIL.needed(case, &crm, &account, &email).await?;
    let answer = case.post(&app, RESEND, json!({ "email": email })).await?;
    // Any success counts as 200: its status is another assumption.
    let name = if is_done(answer.status) { "200".to_owned() } else { answer.status.to_string() };
    Ok(inquiry.named(&name, met(&answer)))
}

/// How an SSN reads in an account that is read back.
pub(super) async fn ssn_echo(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let mut ssn = case.values.ssn().to_owned();
    let (mut account, mut created) = case.create_account(Some(&ssn), false).await?;
    if account.is_err() && matches!(created.status, 409 | 422) {
        // Another account may have it already: there are few test numbers.
        ssn = case.values.unlisted_ssn();
        (account, created) = case.create_account(Some(&ssn), false).await?;
    }
    let path = format!("/api/v1/account/{}", account?.id);
    let read = case.send(&case.crm().await?, Method::GET, &path, None).await?;
    // The guide gives no route that reads one account, but an answer that shows the created one.
    let shows_account = |answer: &Answer| answer.status == 200 && reader::item(&answer.body).is_some();
    let answer = if shows_account(&read) { read } else { created };
    let shown = reader::item(&answer.body).and_then(|item| item.get("ssn"));
    Ok(inquiry.named(form_of_ssn(&ssn, shown), format!("the account in {}", met(&answer))))
}

fn form_of_ssn(ssn: &str, shown: Option<&Value>) -> &'static str {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    match shown {
        None => "absent",
        Some(Value::String(text)) if text.is_empty() => "an empty text",
        Some(Value::String(text)) if bare(text) == bare(ssn) => "full",
        Some(Value::String(_)) => "masked",
        Some(_) => "no text",
    }
}

/// Whether the end user sees the leaks of an email that waits for them.
pub(super) async fn leaks_pending(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    if !case.session.is_mock().await {
        // An address that is known to be in a breach may be a real person's, who must not be sent a message.
        return Err(Halt::Skipped("the target has no control route that puts a made-up address in a breach".into()));
    }
    let (watched, waiting, crm) = (case.account().await?, case.account().await?, case.crm().await?);
    let (app, email) = (case.app(&waiting).await?, case.email());
    let seeded = leaks::ask_to_seed(case, EMAIL.name, &email).await?;
    seeded.demand("a leak is seeded", is_done)?;
    let Some(leaks) = &EMAIL.leaks else { return Err(Halt::Skipped("no list shows the leaks of an email".into())) };
    EMAIL.needed(case, &crm, &watched, &email).await?;
    let seen = leaks::of(case, leaks, &crm, &watched).await?;
    Halt::unless(!seen.is_empty(), "the leak is seen where nothing waits", || "no leaks".into())?;
    EMAIL.needed(case, &app, &waiting, &email).await?;
    let count = leaks::of(case, leaks, &app, &waiting).await?.len();
    Ok(inquiry.named(if count == 0 { "hidden" } else { "shown" }, format!("{count} leaks of an email that waits")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ssn_is_absent_full_or_masked() {
        let cases = [
            (None, "absent"),
            (Some(json!("19900101-2385")), "full"),
            (Some(json!("199001012385")), "full"),
            (Some(json!("********-**85")), "masked"),
            (Some(json!("")), "an empty text"),
            (Some(Value::Null), "no text"),
        ];
        for (shown, expected) in cases {
            assert_eq!(form_of_ssn("19900101-2385", shown.as_ref()), expected, "{shown:?}");
        }
    }

    #[test]
    fn a_route_is_there_if_it_says_anything_about_the_body() {
        let cases =
            [(200, "present"), (204, "present"), (422, "present"), (404, "absent"), (405, "absent"), (403, "403")];
        for (status, expected) in cases {
            assert_eq!(presence(status), expected);
        }
    }
}
