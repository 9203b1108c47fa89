//! Lifetimes of tokens, codes and links, by the clock of a private world, and how often a token may call.

use reqwest::Method;
use serde_json::Value;

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, probes};
use crate::assumptions::search::{LONGEST, Search};
use crate::case::Case;
use crate::exchange::{Account, Caller, Request};
use crate::halt::Halt;
use crate::kind::{CARD, EMAIL};
use crate::reader;
use crate::steps::confirmations::{pending_card, pending_email, verify_card};
use crate::steps::logins;
use crate::steps::world::{advance, freeze, own_world};

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "token.crm-seconds" => |inquiry| life(inquiry, Expiring::CrmToken),
    "token.crm-kept-seconds" => |inquiry| life(inquiry, Expiring::KeptCrmToken),
    "token.app-seconds" (beyond_crm) => |inquiry| life(inquiry, Expiring::AppToken),
    "sso.code-seconds" (beyond_crm) => |inquiry| life(inquiry, Expiring::SsoCode),
    "confirm.link-seconds" (beyond_crm) => |inquiry| life(inquiry, Expiring::Link),
    "confirm.code-seconds" (beyond_crm) => |inquiry| life(inquiry, Expiring::Code),
    "throttle.per-minute" => |inquiry| throttle(inquiry),
};

/// So many requests in one minute show that there is no limit worth the name.
const MANY_REQUESTS: usize = 100;

/// A token, code or link that is issued for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiring {
    /// A CRM token.
    CrmToken,
    /// A CRM token that was asked for with `keep_logged`.
    KeptCrmToken,
    /// An app token.
    AppToken,
    /// A one-time code of SSO.
    SsoCode,
    /// The link that confirms an email.
    Link,
    /// The code that verifies a card.
    Code,
}

/// One that was issued.
enum Issued {
    Token(Caller),
    SsoCode(Value),
    Link(String),
    CardCode { id: String, code: String },
}

impl Expiring {
    async fn issue(self, case: &Case, account: &Account) -> Result<Issued, Halt> {
        Ok(match self {
            Self::CrmToken => Issued::Token(case.log_in_keeping(false).await?),
            Self::KeptCrmToken => Issued::Token(case.log_in_keeping(true).await?),
            Self::AppToken => Issued::Token(case.app(account).await?),
            Self::SsoCode => Issued::SsoCode(logins::issued(case, account).await?),
            Self::Link => {
                let (_, _, message) = pending_email(case, &case.app(account).await?, account).await?;
                let link = message.link().ok_or_else(|| Halt::fail("a message with a link", "one without"))?;
                Issued::Link(link.to_owned())
            }
            Self::Code => {
                let (id, code) = pending_card(case, &case.app(account).await?, account).await?;
                Issued::CardCode { id, code }
            }
        })
    }

    /// Whether a new one still works after so many seconds.
    async fn lasts(self, case: &Case, account: &Account, seconds: u64) -> Result<bool, Halt> {
        let issued = self.issue(case, account).await?;
        if seconds > 0 {
            advance(case, seconds).await?;
        }
        issued.works(case, account).await
    }
}

impl Issued {
    async fn works(&self, case: &Case, account: &Account) -> Result<bool, Halt> {
        let status = match self {
            Self::Token(caller) => case.get(caller, &caller.path(account, EMAIL.list)).await?.status,
            Self::SsoCode(code) => logins::exchange(case, code).await?.status,
            Self::Link(link) => case.get(&Caller::Anonymous, link).await?.status,
            Self::CardCode { id, code } => {
                // The token that has added the card may be over before its code.
                let app = case.app(account).await?;
                let status = verify_card(case, &app, id, code).await?.status;
                // There are few test cards: the next trial may need this one.
                CARD.remove(case, &case.crm().await?, account, id).await?;
                status
            }
        };
        Ok(status < 400)
    }
}

/// The seconds that one lasts: at their end it is refused for the first time.
pub(super) async fn life(inquiry: Inquiry<'_>, what: Expiring) -> Result<Observation, Halt> {
    let world = own_world(inquiry.case).await?;
    let end = measured(&world, what, &inquiry.assumption.default).await;
    inquiry.case.take_story(&world);
    end
}

/// Only the trials that decide become part of the story: the longest after which it works, the shortest after which it
/// does not, and one that has stopped.
async fn measured(world: &Case, what: Expiring, default: &str) -> Result<Observation, Halt> {
    freeze(world).await?;
    let account = world.account().await?;
    let mut search = Search::around(default.parse().unwrap_or(1));
    let (mut working, mut over) = (None, None);
    while let Some(seconds) = search.trial() {
        let trial = Case::new(&world.session, world.format);
        let is_working = match what.lasts(&trial, &account, seconds).await {
            Ok(is_working) => is_working,
            Err(halt) => {
                world.take_story(&trial);
                return Err(halt);
            }
        };
        search.learn(seconds, is_working);
        *(if is_working { &mut working } else { &mut over }) = Some(trial);
    }
    [working, over].iter().flatten().for_each(|trial| world.take_story(trial));
    Ok(match search.end() {
        Some(seconds) => Observation::new(seconds.to_string(), format!("refused from second {seconds} on, not before")),
        None => Observation::other("longer than 400 days", format!("it still works after {LONGEST} seconds")),
    })
}

/// How many requests of one token go through within a minute.
pub(super) async fn throttle(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let world = match own_world(inquiry.case).await {
        Err(Halt::Skipped(_)) if inquiry.case.session.target.throttle.is_some() => return counted(inquiry.case).await,
        world => world?,
    };
    let end = async {
        freeze(&world).await?;
        counted(&world).await
    };
    let end = end.await;
    inquiry.case.take_story(&world);
    end
}

/// Calls by a new token until it is throttled.
async fn counted(case: &Case) -> Result<Observation, Halt> {
    let (account, crm) = (case.account().await?, case.log_in_keeping(false).await?);
    for count in 0..MANY_REQUESTS {
        let list = Request::new(Method::GET, crm.path(&account, EMAIL.list), case.format, None);
        let answer = case.send_request(&crm, Request { waits_out_throttling: false, ..list }).await?;
        if answer.is_throttling() {
            let evidence = format!("{} to request {} of a token", answer.status, count + 1);
            return Ok(Observation::new(count.to_string(), evidence));
        }
        answer.demand("the list of a watchlist", reader::is_success)?;
        case.drop_last();
    }
    Ok(Observation::new("0", format!("none of {MANY_REQUESTS} requests of a token was throttled")))
}
