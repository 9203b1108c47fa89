//! Ways to be refused, and with which status.

use reqwest::Method;
use serde_json::json;

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, is_done, met, probes};
use crate::case::Case;
use crate::exchange::{Account, Answer, Caller, Request};
use crate::halt::Halt;
use crate::kind::{CARD, EMAIL};
use crate::reader;
use crate::steps::accounts::Monitoring;
use crate::steps::confirmations::{pending_card, verify_card};
use crate::steps::logins;

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "scope.wrong-token" => |inquiry| status_of(inquiry, Way::WrongToken),
    "scope.foreign-account" (beyond_crm) => |inquiry| status_of(inquiry, Way::ForeignAccount),
    "scope.foreign-item" => |inquiry| status_of(inquiry, Way::ForeignItem),
    "account.duplicate" => |inquiry| status_of(inquiry, Way::SameAccount),
    "body.malformed" => |inquiry| status_of(inquiry, Way::Malformed),
    "body.content-type" => |inquiry| body_content_type(inquiry),
    "login.refused" => |inquiry| status_of(inquiry, Way::WrongLogin),
    "sso.refused" (beyond_crm) => |inquiry| sso_refused(inquiry),
    "sso.unknown-email" (beyond_crm) => |inquiry| status_of(inquiry, Way::UnknownEmail),
    "confirm.wrong-code" (beyond_crm) => |inquiry| status_of(inquiry, Way::WrongCode),
    "ssn.without" => |inquiry| status_of(inquiry, Way::WithoutSsn),
};

/// One way to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A CRM token on an app route.
    WrongToken,
    /// An account of another partner.
    ForeignAccount,
    /// An item of another account.
    ForeignItem,
    /// The same email again on one account.
    SameEmail,
    /// An account with the email of another.
    SameAccount,
    /// JSON that does not parse.
    Malformed,
    /// JSON that is called plain text.
    PlainText,
    /// A body that lacks what is needed.
    EmptyBody,
    /// An unknown CRM user.
    WrongLogin,
    /// A wrong secret of the SSO client.
    WrongClient,
    /// A one-time code that was never issued.
    UnknownCode,
    /// An email that no account has.
    UnknownEmail,
    /// A wrong code for a card.
    WrongCode,
    /// The monitoring of an SSN that is not there.
    WithoutSsn,
    /// No token.
    WithoutToken,
    /// A path that nothing serves.
    UnknownPath,
    /// A method that a path does not serve.
    WrongMethod,
}

impl Way {
    /// The answer to it. It may turn out to be no refusal.
    pub(super) async fn answer(self, case: &Case) -> Result<Answer, Halt> {
        match self {
            Self::WrongToken => wrong_token(case).await,
            Self::ForeignAccount => {
                let (account, other) = (case.account().await?, case.other_partner().await?);
                case.get(&other, &other.path(&account, EMAIL.list)).await
            }
            Self::ForeignItem => foreign_item(case).await,
            Self::SameEmail => {
                let (account, crm, email) = (case.account().await?, case.crm().await?, case.email());
                EMAIL.needed(case, &crm, &account, &email).await?;
                EMAIL.add(case, &crm, &account, &email).await
            }
            Self::SameAccount => same_account(case).await,
            Self::Malformed => add_by(case, |request| Request { body: Some("{".into()), ..request }).await,
            Self::PlainText => add_by(case, |request| Request { content_type: "text/plain", ..request }).await,
            Self::EmptyBody => add_by(case, |request| Request { body: Some("{}".into()), ..request }).await,
            Self::WrongLogin => {
                let username = format!("nobody@{}", case.session.target.email_domain);
                case.log_in(json!({ "username": username, "password": "no-such-password" })).await
            }
            Self::WrongClient => wrong_client(case).await,
            Self::UnknownCode => logins::exchange(case, &json!("no-such-code")).await,
            Self::UnknownEmail => {
                is_client(case).await?;
                case.sso_exchange(logins::TOKEN, &case.email()).await
            }
            Self::WrongCode => wrong_code(case).await,
            Self::WithoutSsn => without_ssn(case).await,
            Self::WithoutToken => case.get(&Caller::Anonymous, "/api/v1/email-watchlist").await,
            Self::UnknownPath => case.get(&case.crm().await?, "/api/v1/no-such-page").await,
            Self::WrongMethod => {
                let (account, crm) = (case.account().await?, case.crm().await?);
                case.send(&crm, Method::PUT, &crm.path(&account, EMAIL.list), Some(json!({}))).await
            }
        }
    }
}

/// The ways that may lead to a status, the likeliest first.
pub(super) fn ways_to(status: u16) -> &'static [Way] {
    match status {
        400 => &[Way::Malformed, Way::WrongCode, Way::EmptyBody],
        401 => &[Way::WithoutToken, Way::WrongLogin, Way::WrongToken],
        403 => &[Way::WrongToken, Way::ForeignAccount, Way::ForeignItem, Way::WrongClient, Way::WrongCode],
        404 => &[Way::UnknownPath, Way::UnknownEmail, Way::ForeignItem],
        405 => &[Way::WrongMethod],
        409 => &[Way::SameEmail, Way::SameAccount, Way::WithoutSsn],
        422 => &[Way::EmptyBody, Way::SameEmail, Way::Malformed],
        _ => &[],
    }
}

/// Where no way leads to a status, an assumption of a private world may be switched so that one does.
const SWITCHES: [(u16, &str, Way); 3] = [
    (400, "body.malformed", Way::Malformed),
    (403, "scope.wrong-token", Way::WrongToken),
    (409, "add.duplicate", Way::SameEmail),
];

/// An answer with this status, by whichever way leads to one.
pub(super) async fn provoked(case: &Case, status: u16) -> Result<Answer, Halt> {
    let mut met_instead = Vec::new();
    for way in ways_to(status) {
        match way.answer(case).await {
            Ok(answer) if answer.status == status => return Ok(answer),
            Ok(answer) => met_instead.push(met(&answer)),
            Err(halt) => met_instead.push(halt.reason()),
        }
    }
    for (_, key, way) in SWITCHES.into_iter().filter(|(of, ..)| *of == status) {
        match switched(case, status, key, way).await {
            Ok(answer) if answer.status == status => return Ok(answer),
            Ok(answer) => met_instead.push(met(&answer)),
            Err(halt) => met_instead.push(halt.reason()),
        }
    }
    Err(Halt::Inconclusive(format!("no {status} was met, but {}", met_instead.join("; "))))
}

/// The answer to a way in a world that was switched to this status.
async fn switched(case: &Case, status: u16, key: &str, way: Way) -> Result<Answer, Halt> {
    let world = Case::new(&case.session.sandbox(json!({ key: status.to_string() })).await?, case.format);
    let answer = way.answer(&world).await;
    case.take_story(&world);
    answer
}

/// The status that a way leads to.
pub(super) async fn status_of(inquiry: Inquiry<'_>, way: Way) -> Result<Observation, Halt> {
    Ok(inquiry.status(&way.answer(inquiry.case).await?))
}

/// The status for a wrong client and for an unknown code, which are one question.
pub(super) async fn sso_refused(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let client = Way::WrongClient.answer(inquiry.case).await?;
    let code = Way::UnknownCode.answer(inquiry.case).await?;
    if client.status == code.status {
        return Ok(inquiry.status(&client));
    }
    let what = format!("{} to a wrong client, {} to an unknown code", client.status, code.status);
    Ok(Observation::other(what, format!("{}; {}", met(&client), met(&code))))
}

/// The treatment of a good body that is called plain text.
pub(super) async fn body_content_type(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    // A body that is refused under its right name would tell nothing.
    let named = add_by(inquiry.case, |request| request).await?;
    named.demand("the email is added", is_done)?;
    let answer = Way::PlainText.answer(inquiry.case).await?;
    let name = match answer.status {
        400 | 422 => "ignored".to_owned(),
        status if is_done(status) => "read".to_owned(),
        status => status.to_string(),
    };
    Ok(inquiry.named(&name, met(&answer)))
}

/// Asks to add an email by a body of any form.
async fn add_by(case: &Case, body: impl FnOnce(Request) -> Request) -> Result<Answer, Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let request = Request::new(Method::POST, crm.path(&account, EMAIL.items), case.format, None);
    let email = json!({ "email": case.email() }).to_string();
    case.send_request(&crm, body(Request { body: Some(email), ..request })).await
}

async fn wrong_token(case: &Case) -> Result<Answer, Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    // A token that is let in nowhere would be refused for another reason.
    EMAIL.list(case, &crm, &account).await?;
    case.get(&crm, "/api/v1/email-watchlist").await
}

/// One card is read on the path of another account. Where none can be added an email is removed there; that may be no
/// error, because it is gone from that account either way.
async fn foreign_item(case: &Case) -> Result<Answer, Halt> {
    let (owner, other, crm) = (case.account().await?, case.account().await?, case.crm().await?);
    match CARD.needed(case, &crm, &owner, &CARD.new_value(case)).await {
        Ok(id) => case.get(&crm, &crm.path(&other, &format!("{}/{id}", CARD.items))).await,
        Err(_) => {
            let id = EMAIL.needed(case, &crm, &owner, &case.email()).await?;
            EMAIL.remove(case, &crm, &other, &id).await
        }
    }
}

async fn same_account(case: &Case) -> Result<Answer, Halt> {
    let account = case.fresh_account().await?;
    let answer = case.create(case.account_body(&account.email, Some(case.values.ssn()))).await?;
    if reader::is_success(answer.status) {
        // It is there now, so it belongs to what the case has to leave behind in order.
        case.created(&answer, &account.email, false)?;
    }
    Ok(answer)
}

/// The SSO client gets a token for an account: where it gets none at all, a refusal would tell nothing.
async fn is_client(case: &Case) -> Result<Account, Halt> {
    let account = case.account().await?;
    case.app(&account).await?;
    Ok(account)
}

async fn wrong_client(case: &Case) -> Result<Answer, Halt> {
    let account = is_client(case).await?;
    let client = case.sso()?;
    let secret = format!("{}x", client.client_secret.0);
    let body = json!({ "client_id": client.client_id, "client_secret": secret, "email": account.email });
    let answer = case.post(&Caller::Anonymous, logins::TOKEN, body).await?;
    case.learn_token(&answer, "$TOKEN");
    Ok(answer)
}

/// A wrong code for a card. That the right one is taken afterwards shows that the wrong one was refused for what it is,
/// and not for the fields around it, which the guide does not give.
async fn wrong_code(case: &Case) -> Result<Answer, Halt> {
    let account = case.account().await?;
    let app = case.app(&account).await?;
    let (id, code) = pending_card(case, &app, &account).await?;
    let refused = verify_card(case, &app, &id, &reader::other_code(&code)).await?;
    let taken = verify_card(case, &app, &id, &code).await?;
    taken.demand("the right code is taken after a wrong one", reader::is_success)?;
    Ok(refused)
}

async fn without_ssn(case: &Case) -> Result<Answer, Halt> {
    let (account, created) = case.create_account(None, false).await?;
    let needs_one = |_| Halt::Skipped(format!("no account without an SSN can be had: {}", met(&created)));
    Monitoring::Activate.switch(case, &account.map_err(needs_one)?).await
}
