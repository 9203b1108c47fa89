//! Who is calling, and whether they may (SCOPE-1 to 5).
//!
//! A handler that acts for somebody takes an [`Actor`] or a [`Partner`] as its first argument, and only [`admit`] and
//! [`admit_partner`] make them: 401 and 403 come before everything that a handler can answer.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};

use crate::assumptions::Key;
use crate::call::{Call, TokenSeen};
use crate::facts::Fact;
use crate::id::{Id, Table};
use crate::reply::{Issue, Refusal, Why};
use crate::world::Resolved;

/// Whom a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A partner's service account, with a CRM token.
    Partner(u64),
    /// An end user, by the id of their account, with an app token.
    User(u64),
}

impl Principal {
    fn kind(self) -> TokenKind {
        match self {
            Self::Partner(_) => TokenKind::Crm,
            Self::User(_) => TokenKind::App,
        }
    }
}

/// The two kinds of bearer tokens (SCOPE-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Crm,
    App,
}

impl TokenKind {
    fn seen(self) -> TokenSeen {
        match self {
            Self::Crm => TokenSeen::Crm,
            Self::App => TokenSeen::App,
        }
    }
}

/// Somebody who has been let in to act on one account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Actor {
    pub(crate) account: u64,
    pub(crate) mode: Mode,
}

/// On whose behalf an account is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// By the partner: what is added needs no confirmation (SCOPE-2).
    AdminManaged,
    /// By the end user: what is added may need one (SCOPE-3).
    EndUser,
}

/// A partner that has been let in to act on no account in particular.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partner(pub(crate) u64);

/// Which tokens a route on an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The CRM token, on the account that the path names (SCOPE-2).
    Crm,
    /// The app token, on the user's own account (SCOPE-3).
    App,
    /// Either, on the account that the path names; with the app token it must be the user's own (ACCOUNT-5, SSO-5).
    CrmOrOwner,
}

/// Lets the caller in to act on an account.
pub(crate) fn admit(scope: Scope, call: &Call<'_>) -> Result<Actor, Refusal> {
    let principal = authenticate(call)?;
    match (scope, principal) {
        (Scope::Crm | Scope::CrmOrOwner, Principal::Partner(partner)) => {
            call.basis.follow_all(&[Fact::Scope2, Fact::Scope4]);
            let may_all = breaks!(call.world.settings(), PartnersShareAccounts);
            let account = named_account(call, |owner, _| owner == partner || may_all)?;
            Ok(Actor { account, mode: Mode::AdminManaged })
        }
        (Scope::App, Principal::User(account)) => {
            call.basis.follow(Fact::Scope3);
            Ok(Actor { account, mode: Mode::EndUser })
        }
        (Scope::CrmOrOwner, Principal::User(user)) => {
            let may_all = breaks!(call.world.settings(), UsersShareAccounts);
            let account = named_account(call, |_, account| account == user || may_all)?;
            Ok(Actor { account, mode: Mode::EndUser })
        }
        (Scope::Crm, Principal::User(user)) if breaks!(call.world.settings(), AppTokenUnderAccounts) => {
            let account = named_account(call, |_, account| account == user)?;
            Ok(Actor { account, mode: Mode::EndUser })
        }
        (Scope::Crm, Principal::User(_)) => Err(wrong_token(call, TokenKind::Crm)),
        (Scope::App, Principal::Partner(_)) => Err(wrong_token(call, TokenKind::App)),
    }
}

/// An end user whose plan includes Online Data (ONLINE-1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscriber {
    pub(crate) account: u64,
}

/// Lets the end user in to their Online Data.
pub(crate) fn admit_subscriber(call: &Call<'_>) -> Result<Subscriber, Refusal> {
    let Actor { account, .. } = admit(Scope::App, call)?;
    call.basis.follow(Fact::Online1);
    if call.world.has_online_data(account) || breaks!(call.world.settings(), PlanIsNotChecked) {
        return Ok(Subscriber { account });
    }
    let issue = Issue::new("plan_id", "The plan of this account does not include Online Data.");
    Err(Refusal::assumed(call.assumed().name(Key::OnlinePlan), issue).hint(
        "the plan of this account does not include Online Data: plan 1 does, unless the seed says otherwise; see ONLINE-1",
    ))
}

/// Lets a partner in to act on no account in particular.
pub(crate) fn admit_partner(call: &Call<'_>) -> Result<Partner, Refusal> {
    match authenticate(call)? {
        Principal::Partner(partner) => {
            call.basis.follow(Fact::Scope5);
            Ok(Partner(partner))
        }
        Principal::User(_) => Err(wrong_token(call, TokenKind::Crm)),
    }
}

/// Either of the two who may call the one route that means another thing for each (ALARM-6).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Either {
    Partner(Partner),
    User(Actor),
}

/// Lets either in, the end user on their own account.
pub(crate) fn admit_either(call: &Call<'_>) -> Result<Either, Refusal> {
    Ok(match authenticate(call)? {
        Principal::Partner(partner) => Either::Partner(Partner(partner)),
        Principal::User(account) => Either::User(Actor { account, mode: Mode::EndUser }),
    })
}

/// What the token of a request is, for those who do not let anybody in: its number, if it has one, and what it was found
/// to be. The request is not counted.
pub(crate) fn look_at_token(call: &Call<'_>) -> (Option<u64>, TokenSeen) {
    let Ok(token) = bearer(call.headers) else {
        let has_none = !call.headers.contains_key(header::AUTHORIZATION);
        return (None, if has_none { TokenSeen::None } else { TokenSeen::Unknown });
    };
    let Some((number, secret)) = parts(token) else { return (None, TokenSeen::Unknown) };
    let seen = match call.world.look_up(number, secret, call.now) {
        Resolved::Known(principal) => principal.kind().seen(),
        Resolved::Expired(..) | Resolved::Throttled { .. } | Resolved::Unknown => TokenSeen::Unknown,
    };
    (Some(number), seen)
}

/// The number and the secret of a token.
fn parts(token: &str) -> Option<(u64, &str)> {
    let (number, secret) = token.split_once('|')?;
    Some((Id::parse_number(number)?, secret))
}

/// Whom the token of the request stands for.
fn authenticate(call: &Call<'_>) -> Result<Principal, Refusal> {
    let token = match bearer(call.headers) {
        Ok(token) => token,
        Err(hint) => return Err(Refusal::from(Why::Unauthenticated).fact(Fact::Scope1).hint(hint)),
    };
    let (resolved, rate) = match parts(token) {
        Some((number, secret)) => call.world.resolve(number, secret, call.now),
        None => (Resolved::Unknown, None),
    };
    call.count(rate);
    match resolved {
        Resolved::Known(principal) => {
            call.see(principal.kind().seen());
            Ok(principal)
        }
        Resolved::Throttled { retry_after_seconds } => {
            Err(Refusal::from(Why::Throttled { retry_after_seconds }).hint(format!(
                "this token has made its requests for this minute; the next goes through in {retry_after_seconds} s of \
                 the fake's clock; see FORMAT-9 and the assumption throttle.per-minute"
            )))
        }
        Resolved::Expired(principal, at) => {
            call.see(TokenSeen::Unknown);
            let (kind, renew, fact) = match principal.kind() {
                TokenKind::Crm => ("CRM token", "log in again", Fact::Login3),
                TokenKind::App => ("app token", "exchange the SSO credentials again", Fact::Sso1),
            };
            let hint = format!("this {kind} expired at {at} by the fake's clock; {renew}; see {}", fact.id());
            Err(Refusal::from(Why::Unauthenticated).fact(fact).hint(hint))
        }
        Resolved::Unknown => {
            call.see(TokenSeen::Unknown);
            Err(Refusal::from(Why::Unauthenticated).fact(Fact::Scope1).hint(
                "this world knows no such token: a token ends with a reset or with its sandbox; log in again; see \
                 LOGIN-1 and SSO-1",
            ))
        }
    }
}

/// The token of `Authorization: Bearer {token}`, the scheme in any case, or a hint what is wrong with the header.
fn bearer(headers: &HeaderMap) -> Result<&str, &'static str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err("no Authorization header came; send Authorization: Bearer {token}; see SCOPE-1"),
        (Some(_), Some(_)) => return Err("more than one Authorization header came; send one; see SCOPE-1"),
        (Some(value), None) => value.to_str().unwrap_or_default().trim(),
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim_start()),
        _ => Err("the Authorization header is not of the form Bearer {token}; see SCOPE-1"),
    }
}

/// The refusal of a token of the other kind, by `scope.wrong-token`.
fn wrong_token(call: &Call<'_>, wanted: TokenKind) -> Refusal {
    let (hint, fact) = match wanted {
        TokenKind::App => ("this route takes the app token; you sent a CRM token; see SCOPE-3", Fact::Scope3),
        TokenKind::Crm => ("this route takes the CRM token; you sent an app token; see SCOPE-2", Fact::Scope2),
    };
    refused(call, Key::ScopeWrongToken).fact(fact).hint(hint)
}

/// The account that the path names, if `may` says so of its partner and itself.
fn named_account(call: &Call<'_>, may: impl FnOnce(u64, u64) -> bool) -> Result<u64, Refusal> {
    let named = call.parameter("account_id").and_then(|text| Id::parse(Table::Account, text, call.id_form()));
    let owner = named.and_then(|account| Some((account, call.world.partner_of(account)?)));
    match owner {
        Some((account, partner)) if may(partner, account) => Ok(account),
        Some(_) => Err(refused(call, Key::ScopeForeignAccount).fact(Fact::Scope4).hint(
            "this account is not the caller's: a CRM token administers the accounts of its own partner, an app token \
             its own; see SCOPE-4",
        )),
        None => Err(Refusal::from(Why::NotFound).hint("there is no account with this id in this world; see ACCOUNT-1")),
    }
}

/// A refusal of what is there but not the caller's, by `key`.
pub(crate) fn refused(call: &Call<'_>, key: Key) -> Refusal {
    let text: Cow<'static, str> = "This action is unauthorized.".into();
    Refusal::assumed(call.assumed().name(key), Issue { field: "id".into(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_http_says() {
        let cases: [(&[&str], Option<&str>); 10] = [
            (&["Bearer 1|x"], Some("1|x")),
            (&["bearer 1|x"], Some("1|x")),
            (&["BEARER   1|x  "], Some("1|x")),
            (&[], None),
            (&[""], None),
            (&["Bearer"], None),
            (&["1|x"], None),
            (&["Basic 1|x"], None),
            (&["Bearer 1|x", "Bearer 1|x"], None),
            (&["Bearer\u{fffd}1|x"], None),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().expect("a header value"));
            }
            assert_eq!(bearer(&headers).ok(), expected, "{values:?}");
        }
    }
}
