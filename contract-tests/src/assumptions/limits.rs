//! How long what is given out lasts, by the clock of a private world, and how often a token may call.

use reqwest::Method;
use serde_json::Value;

use super::{Inquiry, Observation};
use crate::case::Case;
use crate::client::{Account, Caller, Request};
use crate::contract::{Step, Stop};
use crate::contracts::expiry::{advance, apart, freeze, log_in};
use crate::contracts::watchlist::{CARD, EMAIL};
use crate::contracts::{card, email, sso};
use crate::reader;

/// What is not over after this time is not looked at any longer.
const LONGEST: u64 = 400 * 24 * 3600;

/// So many requests in one minute show that there is no limit worth the name.
const MANY_REQUESTS: usize = 100;

/// What is given out for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Perishable {
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

/// One that was given out.
enum Given {
    Token(Caller),
    SsoCode(Value),
    Link(String),
    CardCode { id: String, code: String },
}

impl Perishable {
    async fn give(self, case: &Case, account: &Account) -> Step<Given> {
        Ok(match self {
            Self::CrmToken => Given::Token(log_in(case, false).await?),
            Self::KeptCrmToken => Given::Token(log_in(case, true).await?),
            Self::AppToken => Given::Token(case.app(account).await?),
            Self::SsoCode => Given::SsoCode(sso::issued(case, account).await?),
            Self::Link => {
                let (_, _, message) = email::pending(case, &case.app(account).await?, account).await?;
                let link = message.link().ok_or_else(|| Stop::fail("a message with a link", "one without"))?;
                Given::Link(link.to_owned())
            }
            Self::Code => {
                let (id, code) = card::pending(case, &case.app(account).await?, account).await?;
                Given::CardCode { id, code }
            }
        })
    }

    /// Whether a new one still works after so many seconds.
    async fn lasts(self, case: &Case, account: &Account, seconds: u64) -> Step<bool> {
        let given = self.give(case, account).await?;
        if seconds > 0 {
            advance(case, seconds).await?;
        }
        given.works(case, account).await
    }
}

impl Given {
    async fn works(&self, case: &Case, account: &Account) -> Step<bool> {
        let status = match self {
            Self::Token(caller) => case.get(caller, &caller.path(account, EMAIL.list)).await?.status,
            Self::SsoCode(code) => sso::exchange(case, code).await?.status,
            Self::Link(link) => case.get(&Caller::Anonymous, link).await?.status,
            Self::CardCode { id, code } => {
                // The token that has added the card may be over before its code.
                let app = case.app(account).await?;
                let status = card::verify(case, &app, id, code).await?.status;
                // There are few test cards: the next trial may need this one.
                CARD.remove(case, &case.crm().await?, account, id).await?;
                status
            }
        };
        Ok(status < 400)
    }
}

/// The seconds that one lasts: at their end it is refused for the first time.
pub(super) async fn life(inquiry: Inquiry<'_>, what: Perishable) -> Step<Observation> {
    let world = apart(inquiry.case).await?;
    let end = measured(&world, what, &inquiry.assumption.default).await;
    inquiry.case.take_story(&world);
    end
}

/// Only the trials that decide become part of the story: the longest after which it works, the shortest after which it
/// does not, and one that has stopped.
async fn measured(world: &Case, what: Perishable, default: &str) -> Step<Observation> {
    freeze(world).await?;
    let account = world.account().await?;
    let mut search = Search::around(default.parse().unwrap_or(1));
    let (mut working, mut over) = (None, None);
    while let Some(seconds) = search.trial() {
        let trial = world.run.case(world.format);
        let is_working = match what.lasts(&trial, &account, seconds).await {
            Ok(is_working) => is_working,
            Err(stop) => {
                world.take_story(&trial);
                return Err(stop);
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

/// How much further from a wrong guess each next one is.
const STRIDE: u64 = 16;

/// Looks for the first second at which something is over: first around a guess, then ever further from it, then between
/// what is known.
#[derive(Debug)]
pub(super) struct Search {
    guess: u64,
    /// The latest second at which it works.
    works: Option<u64>,
    /// The first second at which it is known to be over.
    over: Option<u64>,
}

impl Search {
    pub(super) fn around(guess: u64) -> Self {
        Self { guess: guess.clamp(1, LONGEST), works: None, over: None }
    }

    /// The next second to look at; none when the end is known, or out of sight.
    pub(super) fn trial(&self) -> Option<u64> {
        match (self.works, self.over) {
            (None, None) => Some(self.guess - 1),
            (Some(works), None) if works >= LONGEST => None,
            (Some(works), None) if works < self.guess => Some(self.guess),
            (Some(works), None) => Some((works * STRIDE).min(LONGEST)),
            (None, Some(0)) => None,
            (None, Some(over)) => Some(over / STRIDE),
            (Some(works), Some(over)) => (over - works > 1).then_some(works + (over - works) / 2),
        }
    }

    pub(super) fn learn(&mut self, seconds: u64, is_working: bool) {
        if is_working {
            self.works = Some(seconds);
        } else {
            self.over = Some(seconds);
        }
    }

    pub(super) fn end(&self) -> Option<u64> {
        self.over
    }
}

/// How many requests of one token go through within a minute.
pub(super) async fn throttle(inquiry: Inquiry<'_>) -> Step<Observation> {
    let world = match apart(inquiry.case).await {
        Err(Stop::Skipped(_)) if inquiry.case.run.target.throttle.is_some() => return counted(inquiry.case).await,
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
async fn counted(case: &Case) -> Step<Observation> {
    let (account, crm) = (case.account().await?, log_in(case, false).await?);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a life is found to be, and by how many trials.
    fn found(guess: u64, life: u64) -> (Option<u64>, usize) {
        let (mut search, mut trials) = (Search::around(guess), 0);
        while let Some(seconds) = search.trial() {
            search.learn(seconds, seconds < life);
            trials += 1;
        }
        (search.end(), trials)
    }

    #[test]
    fn a_good_guess_takes_two_trials() {
        for guess in [1, 60, 600, 3600, 2_592_000] {
            assert_eq!(found(guess, guess), (Some(guess), 2));
        }
    }

    #[test]
    fn any_life_is_found_in_few_trials() {
        for guess in [1, 60, 3600, 2_592_000] {
            for life in [0, 1, 2, 7, 59, 61, 599, 3599, 3601, 100_000, 2_592_001, LONGEST] {
                let (end, trials) = found(guess, life);
                assert!(end == Some(life) && trials <= 35, "{guess} {life}: {end:?} in {trials}");
            }
            assert_eq!(found(guess, LONGEST + 1).0, None);
        }
    }
}
