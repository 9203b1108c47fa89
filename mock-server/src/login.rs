//! Getting tokens: the CRM login (LOGIN-1 to 5) and the exchange of SSO credentials (SSO-1 to 4).

use crate::assumptions::Key;
use crate::auth::Principal;
use crate::call::Call;
use crate::facts::Fact;
use crate::fields::{Fields, short_text, unknown};
use crate::reply::{Issue, Outcome, Refusal, Reply};
use crate::world::CodeUse;

/// `POST /api/v1/crm/auth/login` (LOGIN-1): a partner's service account logs in.
pub(crate) fn login(call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let username = fields.required("username", short_text);
    let password = fields.required("password", short_text);
    let keep_logged = fields.boolean("keep_logged");
    let asked = username.zip(password).zip(keep_logged);
    let ((username, password), keep_logged) = fields.finish(asked)?;
    let Some(partner) = call.world.partner_with_user(&username, &password) else {
        let issue = Issue::new("username", "These credentials do not match our records.");
        return Err(Refusal::assumed(call.assumed().name(Key::LoginRefused), issue).fact(Fact::Login1).hint(
            "no CRM user of this world has that username and password; the default seed has service@partner.example; see LOGIN-1",
        ));
    };
    let life = if keep_logged && !breaks!(call.world.settings(), KeepLoggedIsIgnored) {
        call.basis.follow(Fact::Login2);
        Key::TokenCrmKeptSeconds
    } else {
        Key::TokenCrmSeconds
    };
    Ok(Reply::Token(call.world.issue(Principal::Partner(partner), call.after(life))))
}

/// `POST /api/v1/sso/token` (SSO-1): credentials and an email for an app token.
pub(crate) fn token(call: &Call<'_>) -> Outcome {
    let account = account_by_credentials(call)?;
    Ok(Reply::Token(call.world.issue(Principal::User(account), call.after(Key::TokenAppSeconds))))
}

/// `POST /api/v1/sso/code` (SSO-4): the same for a one-time code.
pub(crate) fn code(call: &Call<'_>) -> Outcome {
    let account = account_by_credentials(call)?;
    Ok(Reply::Code(call.world.issue_code(account, call.after(Key::SsoCodeSeconds))))
}

/// `POST /api/v1/sso/login` (SSO-4): the code for an app token, once.
pub(crate) fn exchange(call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let code = fields.opaque("code", true).flatten();
    let code = fields.finish(code)?;
    let hint = match call.world.use_code(&code, call.now) {
        #[cfg(feature = "broken-rules")]
        CodeUse::Accepted(_) if breaks!(call.world.settings(), CodesActForFirstAccount) => {
            let account = crate::broken::first_account(call.world);
            return Ok(Reply::Token(call.world.issue(Principal::User(account), call.after(Key::TokenAppSeconds))));
        }
        CodeUse::Accepted(account) => {
            return Ok(Reply::Token(call.world.issue(Principal::User(account), call.after(Key::TokenAppSeconds))));
        }
        CodeUse::UsedBefore => "this code was exchanged before, and it works once; see SSO-4",
        CodeUse::Expired => {
            "this code has expired by the fake's clock; its life is the assumption sso.code-seconds; see SSO-4"
        }
        CodeUse::Unknown => "this world has issued no such code; POST /api/v1/sso/code issues one; see SSO-4",
    };
    Err(Refusal::assumed(call.assumed().name(Key::SsoRefused), unknown("code")).fact(Fact::Sso4).hint(hint))
}

/// The account that SSO credentials and an email stand for (SSO-2, SSO-3).
fn account_by_credentials(call: &Call<'_>) -> Result<u64, Refusal> {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let client_id = fields.required("client_id", short_text);
    let client_secret = fields.required("client_secret", short_text);
    let email = fields.required("email", crate::watchlist::email::rule);
    let asked = client_id.zip(client_secret).zip(email);
    let ((client_id, client_secret), email) = fields.finish(asked)?;
    let Some(partner) = call.world.partner_with_client(&client_id, &client_secret) else {
        return Err(Refusal::assumed(call.assumed().name(Key::SsoRefused), unknown("client_id")).fact(Fact::Sso2).hint(
            "no SSO client of this world has that id and secret; they are not the CRM credentials; the default seed has mock-client; see SSO-2",
        ));
    };
    call.world.account_for_sso(partner, &email, call.assumed()).ok_or_else(|| {
        Refusal::assumed(call.assumed().name(Key::SsoUnknownEmail), unknown("email")).fact(Fact::Sso3).hint(
            "this partner has no account that was created with that email; the account must exist first; see SSO-3",
        )
    })
}
