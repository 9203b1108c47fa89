//! The callers of each route: every documented route with every kind of caller, and the order in which requests are
//! refused (SCOPE-1 to 5).

mod granted;
mod matrix;
mod refusals;

use crate::harness::{APP, CRM, Request, Route, Takes, World};

/// The identity behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    Unknown,
    /// The partner of accounts 1 and 2.
    Partner,
    /// The partner of account 3.
    OtherPartner,
    /// The user of account 1, on which every request is aimed.
    Owner,
    /// The user of account 2, of the same partner.
    Stranger,
}

/// A caller, with the value of the `Authorization` header.
struct Caller {
    label: &'static str,
    authorization: Option<String>,
    identity: Identity,
}

impl Caller {
    fn sign(&self, request: Request) -> Request {
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }
}

/// The status of a row and a caller by the rules of the guide, as far as they depend on nothing else: 401 for an
/// unknown caller, 403 for a token of the wrong kind, 404 for an account that is not the caller's, or nothing if they
/// are let in.
fn refusal(takes: Takes, identity: Identity) -> Option<u16> {
    match (takes, identity) {
        (Takes::Nothing, _) => None,
        (_, Identity::Unknown) => Some(401),
        (Takes::App, Identity::Partner | Identity::OtherPartner) => Some(403),
        (Takes::Crm | Takes::Partner, Identity::Owner | Identity::Stranger) => Some(403),
        (Takes::Crm | Takes::Either, Identity::OtherPartner) | (Takes::Either, Identity::Stranger) => Some(404),
        (Takes::Crm | Takes::Either, Identity::Partner) | (Takes::Either, Identity::Owner) => None,
        (Takes::Partner, Identity::Partner | Identity::OtherPartner)
        | (Takes::App, Identity::Owner | Identity::Stranger) => None,
        (Takes::Any, _) => None,
    }
}

/// Callers without an identity, each for another reason. Moves the clock by an hour, because some tokens have expired.
async fn unknown_callers(world: &World) -> Vec<Caller> {
    let expired_crm = format!("Bearer {}", world.crm_token(1).await);
    let expired_app = format!("Bearer {}", world.app_token("john.doe@example.com").await);
    world.advance(3600);
    let crm = |form: &str| form.replace("{token}", CRM);
    let unknown = |label, authorization| Caller { label, authorization, identity: Identity::Unknown };
    vec![
        unknown("no header", None),
        unknown("an empty header", Some(String::new())),
        unknown("a scheme without a token", Some("Bearer".into())),
        unknown("a token without a scheme", Some(CRM.into())),
        unknown("another scheme", Some(crm("Basic {token}"))),
        unknown("a word too many", Some(crm("Bearer token {token}"))),
        unknown("a list of credentials", Some(crm("Bearer {token}, Bearer {token}"))),
        unknown("quotes", Some(crm("Bearer \"{token}\""))),
        unknown("garbage", Some("Bearer garbage".into())),
        unknown("a number without a secret", Some("Bearer 1|".into())),
        unknown("a secret without a number", Some("Bearer mock-crm-token".into())),
        unknown("the secret of another token", Some("Bearer 1|mock-app-token".into())),
        unknown("a number that was never given out", Some("Bearer 999|mock-crm-token".into())),
        unknown("the beginning of a secret", Some("Bearer 1|mock-crm".into())),
        unknown("a secret in another case", Some("Bearer 1|MOCK-CRM-TOKEN".into())),
        unknown("an expired CRM token", Some(expired_crm)),
        unknown("an expired app token", Some(expired_app)),
    ]
}

/// Callers with an identity, with published and with fresh tokens, and the scheme in any case (as HTTP says).
async fn known_callers(world: &World) -> Vec<Caller> {
    let stranger = world.app_token("jane.roe@example.com").await;
    let owner = world.app_token("john.doe@example.com").await;
    let (partner, other) = (world.crm_token(1).await, world.crm_token(2).await);
    let caller = |label, scheme: &str, token: &str, identity| {
        let authorization = Some(format!("{scheme} {token}"));
        Caller { label, authorization, identity }
    };
    vec![
        caller("the CRM token", "Bearer", CRM, Identity::Partner),
        caller("the CRM token after bearer", "bearer", CRM, Identity::Partner),
        caller("the CRM token after BEARER", "BEARER", CRM, Identity::Partner),
        caller("a fresh CRM token", "Bearer", &partner, Identity::Partner),
        caller("the other partner's CRM token", "Bearer", &other, Identity::OtherPartner),
        caller("the owner's app token", "Bearer", APP, Identity::Owner),
        caller("the owner's app token after bearer", "bearer", APP, Identity::Owner),
        caller("the owner's app token after BEARER", "BEARER", APP, Identity::Owner),
        caller("a fresh app token of the owner", "Bearer", &owner, Identity::Owner),
        caller("the app token of a stranger", "Bearer", &stranger, Identity::Stranger),
    ]
}

fn request(world: &World, row: &Route) -> Request {
    // Of the seed's sites the third is the one that can be tried again.
    world.request(row.method.clone(), &row.path().replace("/scan/1/retry", "/scan/3/retry"))
}
