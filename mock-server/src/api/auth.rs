//! The caller of a request, and their rights (SCOPE-1 to 5).
//!
//! A handler that acts for a caller takes an [`Actor`], a [`Partner`] or a [`Subscriber`] as its first argument, and
//! only the functions here make them: 401 and 403 come before anything that a handler can answer.

use axum::http::{HeaderMap, header};

use crate::api::error::{ApiError, ErrorKind};
use crate::api::request::{Request, foreign};
use crate::guide::assumptions::{OnlinePlan, ScopeForeignAccount, ScopeWrongToken};
use crate::guide::facts::Fact;
use crate::model::fields::FieldError;
use crate::model::id::{Id, Table};
use crate::model::principal::{Mode, Principal, TokenKind, TokenSeen};
use crate::world::tokens::{Rate, Resolved};

/// A caller who is allowed to act on one account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Actor {
    pub(crate) account: u64,
    pub(crate) mode: Mode,
}

/// A partner that is allowed to act, on no account in particular.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partner(pub(crate) u64);

/// An end user whose plan includes Online Data (ONLINE-1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscriber {
    pub(crate) account: u64,
}

/// The tokens that a route on an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The CRM token, on the account that the path names (SCOPE-2).
    Crm,
    /// The app token, on the user's own account (SCOPE-3).
    App,
    /// Either, on the account that the path names; with the app token it must be the user's own (ACCOUNT-5, SSO-5).
    CrmOrOwner,
}

/// The result of looking at the token of a request.
#[derive(Debug)]
pub(crate) struct Identified {
    /// The caller, or the refusal of the token.
    pub(crate) principal: Result<Principal, ApiError>,
    pub(crate) token: TokenSeen,
    /// The part of its minute that the token has used, where requests are counted.
    pub(crate) rate: Option<Rate>,
}

/// Finds the caller. If requests are counted, this one is.
pub(crate) fn identify(request: &Request<'_>) -> Identified {
    let refused = |error: ErrorKind, fact, hint: String, token| Identified {
        principal: Err(ApiError::from(error).fact(fact).hint(hint)),
        token,
        rate: None,
    };
    let token = match bearer(request.headers) {
        Ok(token) => token,
        Err(hint) => return refused(ErrorKind::Unauthenticated, Fact::Scope1, hint.to_owned(), TokenSeen::None),
    };
    let (resolved, rate) = match parts(token) {
        Some((number, secret)) => request.world.tokens.resolve(number, secret, request.now(), request.assumed()),
        None => (Resolved::Unknown, None),
    };
    if rate.is_some() {
        request.assumed().record_fact(Fact::Format9);
    }
    let identified = match resolved {
        Resolved::Known(principal) => {
            Identified { principal: Ok(principal), token: principal.kind().into(), rate: None }
        }
        Resolved::Throttled { retry_after_seconds } => Identified {
            principal: Err(ApiError::from(ErrorKind::Throttled { retry_after_seconds }).hint(format!(
                "this token has made its requests for this minute; the next goes through in {retry_after_seconds} s of \
                 the mock's clock; see FORMAT-9 and the assumption throttle.per-minute"
            ))),
            token: TokenSeen::None,
            rate: None,
        },
        Resolved::Expired(principal, at) => {
            let (kind, renew, fact) = match principal.kind() {
                TokenKind::Crm => ("CRM token", "log in again", Fact::Login3),
                TokenKind::App => ("app token", "exchange the SSO credentials again", Fact::Sso1),
            };
            let hint = format!("this {kind} expired at {at} by the mock's clock; {renew}; see {}", fact.id());
            refused(ErrorKind::Unauthenticated, fact, hint, TokenSeen::Unknown)
        }
        Resolved::Unknown => {
            let hint = "this world knows no such token: a token ends with a reset or with its sandbox; log in again; \
                        see LOGIN-1 and SSO-1";
            refused(ErrorKind::Unauthenticated, Fact::Scope1, hint.to_owned(), TokenSeen::Unknown)
        }
    };
    Identified { rate, ..identified }
}

/// The number of the token of a request, if it has one, and the kind of the token. The request is not counted.
pub(crate) fn look_at_token(request: &Request<'_>) -> (Option<u64>, TokenSeen) {
    let Ok(token) = bearer(request.headers) else {
        let has_none = !request.headers.contains_key(header::AUTHORIZATION);
        return (None, if has_none { TokenSeen::None } else { TokenSeen::Unknown });
    };
    let Some((number, secret)) = parts(token) else { return (None, TokenSeen::Unknown) };
    let seen = match request.world.tokens.look_up(number, secret, request.now()) {
        Resolved::Known(principal) => principal.kind().into(),
        Resolved::Expired(..) | Resolved::Throttled { .. } | Resolved::Unknown => TokenSeen::Unknown,
    };
    (Some(number), seen)
}

/// Lets the caller in to act on an account.
///
/// # Errors
/// The token is of the other kind, or the account is not the caller's.
pub(crate) fn admit(scope: Scope, principal: Principal, request: &Request<'_>) -> Result<Actor, ApiError> {
    match (scope, principal) {
        (Scope::Crm | Scope::CrmOrOwner, Principal::Partner(partner)) => {
            request.assumed().record_fact(Fact::Scope2);
            request.assumed().record_fact(Fact::Scope4);
            let account = named_account(request, |owner, _| owner == partner)?;
            Ok(Actor { account, mode: Mode::AdminManaged })
        }
        (Scope::App, Principal::User(account)) => {
            request.assumed().record_fact(Fact::Scope3);
            Ok(Actor { account, mode: Mode::EndUser })
        }
        (Scope::CrmOrOwner, Principal::User(user)) => {
            let account = named_account(request, |_, account| account == user)?;
            Ok(Actor { account, mode: Mode::EndUser })
        }
        (Scope::Crm, Principal::User(_)) => Err(wrong_token(request, TokenKind::Crm)),
        (Scope::App, Principal::Partner(_)) => Err(wrong_token(request, TokenKind::App)),
    }
}

/// Lets the end user in to their Online Data.
///
/// # Errors
/// Those of [`admit`], or the plan does not include it.
pub(crate) fn admit_subscriber(principal: Principal, request: &Request<'_>) -> Result<Subscriber, ApiError> {
    let Actor { account, .. } = admit(Scope::App, principal, request)?;
    request.assumed().record_fact(Fact::Online1);
    if request.world.has_online_data(account) {
        return Ok(Subscriber { account });
    }
    let error = FieldError::new("plan_id", "The plan of this account does not include Online Data.");
    Err(ApiError::assumed(request.assumed().choice::<OnlinePlan>(), error).hint(
        "the plan of this account does not include Online Data: plan 1 does, unless the seed says otherwise; see ONLINE-1",
    ))
}

/// Lets a partner in to act on no account in particular.
///
/// # Errors
/// The token is an app token.
pub(crate) fn admit_partner(principal: Principal, request: &Request<'_>) -> Result<Partner, ApiError> {
    match principal {
        Principal::Partner(partner) => {
            request.assumed().record_fact(Fact::Scope5);
            Ok(Partner(partner))
        }
        Principal::User(_) => Err(wrong_token(request, TokenKind::Crm)),
    }
}

/// The number and the secret of a token.
fn parts(token: &str) -> Option<(u64, &str)> {
    let (number, secret) = token.split_once('|')?;
    Some((Id::parse_number(number)?, secret))
}

/// The token of `Authorization: Bearer {token}`, with the scheme in any case.
///
/// # Errors
/// A hint about the header.
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
fn wrong_token(request: &Request<'_>, wanted: TokenKind) -> ApiError {
    let (hint, fact) = match wanted {
        TokenKind::App => ("this route takes the app token; you sent a CRM token; see SCOPE-3", Fact::Scope3),
        TokenKind::Crm => ("this route takes the CRM token; you sent an app token; see SCOPE-2", Fact::Scope2),
    };
    foreign(request.assumed().choice::<ScopeWrongToken>()).fact(fact).hint(hint)
}

/// The account that the path names, if `may` says so of its partner and itself.
fn named_account(request: &Request<'_>, may: impl FnOnce(u64, u64) -> bool) -> Result<u64, ApiError> {
    let named = request.parameter("account_id").and_then(|text| request.parse_id(Table::Account, text));
    let owner = named.and_then(|account| Some((account, request.world.accounts.partner_of(account)?)));
    match owner {
        Some((account, partner)) if may(partner, account) => Ok(account),
        Some(_) => Err(foreign(request.assumed().choice::<ScopeForeignAccount>()).fact(Fact::Scope4).hint(
            "this account is not the caller's: a CRM token administers the accounts of its own partner, an app token \
             its own; see SCOPE-4",
        )),
        None => {
            Err(ApiError::from(ErrorKind::NotFound)
                .hint("there is no account with this id in this world; see ACCOUNT-1"))
        }
    }
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
