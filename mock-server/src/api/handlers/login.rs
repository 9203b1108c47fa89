//! Getting tokens: the CRM login (LOGIN-1 to 5) and the exchange of SSO credentials (SSO-1 to 4).

use crate::api::error::ApiError;
use crate::api::operation::{Operation, Page};
use crate::api::reply::{IssuedCode, IssuedToken, Outcome, Reply};
use crate::api::request::Request;
use crate::guide::assumptions::{Key, LoginRefused, SsoRefused, SsoUnknownEmail};
use crate::guide::facts::Fact;
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::fields::{FieldError, short_text, unknown};
use crate::model::principal::Principal;
use crate::model::watchlists::email;
use crate::world::tokens::CodeUse;

const LOGIN: BodySchema = BodySchema {
    name: "Credentials",
    fields: &[
        BodyField::required("username", FieldForm::Text),
        BodyField::required("password", FieldForm::Text),
        BodyField::optional("keep_logged", FieldForm::Flag).about("Asks for a token that lasts longer (LOGIN-2)."),
    ],
    example: r#"{ "username": "service@partner.example", "password": "mock-crm-password", "keep_logged": false }"#,
    purpose: BodyPurpose::Whole,
};
const SSO: BodySchema = BodySchema {
    name: "SsoCredentials",
    fields: &[
        BodyField::required("client_id", FieldForm::Text),
        BodyField::required("client_secret", FieldForm::Text),
        BodyField::required("email", FieldForm::Email),
    ],
    example: r#"{ "client_id": "mock-client", "client_secret": "mock-secret", "email": "john.doe@example.com" }"#,
    purpose: BodyPurpose::Whole,
};
const CODE: BodySchema = BodySchema {
    name: "SsoCode",
    fields: &[BodyField::required("code", FieldForm::Text)],
    example: r#"{ "code": "the-code-that-was-issued" }"#,
    purpose: BodyPurpose::Whole,
};

pub(crate) fn logs_in() -> Operation {
    Operation::new("logIn", Page::Tokens, "Log in as a CRM user").body(LOGIN).decided_by(&[Key::LoginRefused])
}

/// `POST /api/v1/crm/auth/login` (LOGIN-1): a partner's service account logs in.
pub(crate) fn login(request: &Request<'_>) -> Outcome<IssuedToken> {
    let ((username, password), keep_logged) = request.read(LOGIN, |fields| {
        let username = fields.required("username", short_text);
        let password = fields.required("password", short_text);
        let keep_logged = fields.boolean("keep_logged");
        username.zip(password).zip(keep_logged)
    })?;
    let Some(partner) = request.world.partner_with_user(&username, &password) else {
        let error = FieldError::new("username", "These credentials do not match our records.");
        return Err(ApiError::assumed(request.assumed().choice::<LoginRefused>(), error).fact(Fact::Login1).hint(
            "no CRM user of this world has that username and password; the default seed has service@partner.example; see LOGIN-1",
        ));
    };
    let life = if keep_logged {
        request.assumed().record_fact(Fact::Login2);
        Key::TokenCrmKeptSeconds
    } else {
        Key::TokenCrmSeconds
    };
    Ok(issue(Principal::Partner(partner), life, request))
}

pub(crate) fn issues_token() -> Operation {
    Operation::new("issueAppToken", Page::Tokens, "Get an app token for an end user")
        .body(SSO)
        .decided_by(&[Key::SsoRefused, Key::SsoUnknownEmail])
}

/// `POST /api/v1/sso/token` (SSO-1): credentials and an email for an app token.
pub(crate) fn token(request: &Request<'_>) -> Outcome<IssuedToken> {
    let account = account_by_credentials(request)?;
    Ok(issue(Principal::User(account), Key::TokenAppSeconds, request))
}

pub(crate) fn issues_code() -> Operation {
    Operation::new("issueSsoCode", Page::Tokens, "Get a one-time code for an end user")
        .body(SSO)
        .decided_by(&[Key::SsoRefused, Key::SsoUnknownEmail])
}

/// `POST /api/v1/sso/code` (SSO-4): the same for a one-time code.
pub(crate) fn code(request: &Request<'_>) -> Outcome<IssuedCode> {
    let account = account_by_credentials(request)?;
    let expires_at = request.after(Key::SsoCodeSeconds);
    let code = request.world.tokens.issue_code(account, request.now(), expires_at, &request.world.secrets);
    Ok(Reply::new(IssuedCode(code)))
}

pub(crate) fn exchanges_code() -> Operation {
    Operation::new("exchangeSsoCode", Page::Tokens, "Exchange a one-time code for an app token")
        .body(CODE)
        .decided_by(&[Key::SsoRefused])
}

/// `POST /api/v1/sso/login` (SSO-4): the code for an app token, once.
pub(crate) fn exchange(request: &Request<'_>) -> Outcome<IssuedToken> {
    let code = request.read(CODE, |fields| fields.opaque("code", true).flatten())?;
    let hint = match request.world.tokens.use_code(&code, request.now()) {
        CodeUse::Accepted(account) => return Ok(issue(Principal::User(account), Key::TokenAppSeconds, request)),
        CodeUse::UsedBefore => "this code was exchanged before, and it works once; see SSO-4",
        CodeUse::Expired => {
            "this code has expired by the mock's clock; its life is the assumption sso.code-seconds; see SSO-4"
        }
        CodeUse::Unknown => "this world has issued no such code; POST /api/v1/sso/code issues one; see SSO-4",
    };
    Err(ApiError::assumed(request.assumed().choice::<SsoRefused>(), unknown("code")).fact(Fact::Sso4).hint(hint))
}

fn issue(principal: Principal, life: Key, request: &Request<'_>) -> Reply<IssuedToken> {
    let token = request.world.tokens.issue(principal, request.now(), request.after(life), &request.world.secrets);
    Reply::new(IssuedToken(token))
}

/// The account that SSO credentials and an email identify (SSO-2, SSO-3).
fn account_by_credentials(request: &Request<'_>) -> Result<u64, ApiError> {
    let ((client_id, client_secret), email) = request.read(SSO, |fields| {
        let client_id = fields.required("client_id", short_text);
        let client_secret = fields.required("client_secret", short_text);
        let email = fields.required("email", email::rule);
        client_id.zip(client_secret).zip(email)
    })?;
    let assumed = request.assumed();
    let Some(partner) = request.world.partner_with_client(&client_id, &client_secret) else {
        return Err(ApiError::assumed(assumed.choice::<SsoRefused>(), unknown("client_id")).fact(Fact::Sso2).hint(
            "no SSO client of this world has that id and secret; they are not the CRM credentials; the default seed has mock-client; see SSO-2",
        ));
    };
    request.world.accounts.for_sso(partner, &email, assumed).ok_or_else(|| {
        ApiError::assumed(assumed.choice::<SsoUnknownEmail>(), unknown("email")).fact(Fact::Sso3).hint(
            "this partner has no account that was created with that email; the account must exist first; see SSO-3",
        )
    })
}
