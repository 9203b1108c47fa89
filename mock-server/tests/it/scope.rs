//! Who may call what: every documented route with every kind of caller, and the order in which requests are refused
//! (SCOPE-1 to 5).

mod granted;
mod matrix;
mod refusals;

use crate::harness::{APP, CRM, Request, Route, Takes, World};

/// Whom a caller turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    /// The partner of accounts 1 and 2.
    Partner,
    /// The partner of account 3.
    OtherPartner,
    /// The user of account 1, on which every request is aimed.
    Owner,
    /// The user of account 2, of the same partner.
    Stranger,
}

/// Somebody who calls, with what they send as `Authorization`.
struct Caller {
    label: &'static str,
    authorization: Option<String>,
    who: Who,
}

impl Caller {
    fn sign(&self, request: Request) -> Request {
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }
}

/// What comes of a row and a caller by the rules of the guide, as far as they depend on nothing else: 401 for nobody,
/// 403 for a token of the wrong kind, 404 for an account that is not the caller's, or nothing if they are let in.
fn refusal(takes: Takes, who: Who) -> Option<u16> {
    match (takes, who) {
        (Takes::Nothing, _) => None,
        (_, Who::Nobody) => Some(401),
        (Takes::App, Who::Partner | Who::OtherPartner) => Some(403),
        (Takes::Crm | Takes::Partner, Who::Owner | Who::Stranger) => Some(403),
        (Takes::Crm | Takes::Either, Who::OtherPartner) | (Takes::Either, Who::Stranger) => Some(404),
        (Takes::Crm | Takes::Either, Who::Partner) | (Takes::Either, Who::Owner) => None,
        (Takes::Partner, Who::Partner | Who::OtherPartner) | (Takes::App, Who::Owner | Who::Stranger) => None,
        (Takes::Any, _) => None,
    }
}

/// Those who are nobody, for one reason or another. Moves the clock by an hour, for some of them have expired.
async fn nobodies(world: &World) -> Vec<Caller> {
    let expired_crm = format!("Bearer {}", world.crm_token(1).await);
    let expired_app = format!("Bearer {}", world.app_token("john.doe@example.com").await);
    world.advance(3600);
    let crm = |form: &str| form.replace("{token}", CRM);
    let nobody = |label, authorization| Caller { label, authorization, who: Who::Nobody };
    vec![
        nobody("no header", None),
        nobody("an empty header", Some(String::new())),
        nobody("a scheme without a token", Some("Bearer".into())),
        nobody("a token without a scheme", Some(CRM.into())),
        nobody("another scheme", Some(crm("Basic {token}"))),
        nobody("a word too many", Some(crm("Bearer token {token}"))),
        nobody("a list of credentials", Some(crm("Bearer {token}, Bearer {token}"))),
        nobody("quotes", Some(crm("Bearer \"{token}\""))),
        nobody("garbage", Some("Bearer garbage".into())),
        nobody("a number without a secret", Some("Bearer 1|".into())),
        nobody("a secret without a number", Some("Bearer mock-crm-token".into())),
        nobody("the secret of another token", Some("Bearer 1|mock-app-token".into())),
        nobody("a number that was never given out", Some("Bearer 999|mock-crm-token".into())),
        nobody("the beginning of a secret", Some("Bearer 1|mock-crm".into())),
        nobody("a secret in another case", Some("Bearer 1|MOCK-CRM-TOKEN".into())),
        nobody("an expired CRM token", Some(expired_crm)),
        nobody("an expired app token", Some(expired_app)),
    ]
}

/// Those who are somebody, with published and with fresh tokens, and the scheme in any case (as HTTP says).
async fn somebodies(world: &World) -> Vec<Caller> {
    let stranger = world.app_token("jane.roe@example.com").await;
    let owner = world.app_token("john.doe@example.com").await;
    let (partner, other) = (world.crm_token(1).await, world.crm_token(2).await);
    let caller = |label, scheme: &str, token: &str, who| {
        let authorization = Some(format!("{scheme} {token}"));
        Caller { label, authorization, who }
    };
    vec![
        caller("the CRM token", "Bearer", CRM, Who::Partner),
        caller("the CRM token after bearer", "bearer", CRM, Who::Partner),
        caller("the CRM token after BEARER", "BEARER", CRM, Who::Partner),
        caller("a fresh CRM token", "Bearer", &partner, Who::Partner),
        caller("the other partner's CRM token", "Bearer", &other, Who::OtherPartner),
        caller("the owner's app token", "Bearer", APP, Who::Owner),
        caller("the owner's app token after bearer", "bearer", APP, Who::Owner),
        caller("the owner's app token after BEARER", "BEARER", APP, Who::Owner),
        caller("a fresh app token of the owner", "Bearer", &owner, Who::Owner),
        caller("the app token of a stranger", "Bearer", &stranger, Who::Stranger),
    ]
}

fn request(world: &World, row: &Route) -> Request {
    // Of the seed's sites the third is the one that can be tried again.
    world.request(row.method.clone(), &row.path().replace("/scan/1/retry", "/scan/3/retry"))
}
