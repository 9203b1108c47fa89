//! Where the guide is silent: which of the alternatives that the fixture names a target follows.
//!
//! Nothing here fails a target. A probe is made like a contract, with a case of its own, and tells what it has seen.

mod accounts;
mod alarms;
mod inquiry;
mod items;
mod limits;
mod online;
mod people;
mod questions;
mod refusals;
mod search;
mod shapes;

use std::pin::Pin;

use crate::assumptions::inquiry::{Inquiry, Observation};
use crate::case::Case;
use crate::format::Format;
use crate::halt::Halt;
use crate::run::Run;

pub use questions::{Assumption, assumptions};

/// The answer of a probe.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The assumption.
    pub key: String,
    /// The behaviour of the mock unless it is told otherwise.
    pub default: String,
    /// The behaviour of the target: an alternative's name, or `other: …` in words; none where it cannot be told.
    pub observed: Option<String>,
    /// The evidence, or the reason why it cannot be told.
    pub reason: String,
    /// Every request as a command with curl, and how it has ended.
    pub steps: Vec<(String, String)>,
}

/// Whether a target does what is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    Confirmed,
    Refuted,
    Unknown,
}

impl Finding {
    /// Whether the target does what is assumed.
    pub(crate) fn agreement(&self) -> Agreement {
        match &self.observed {
            Some(observed) if *observed == self.default => Agreement::Confirmed,
            Some(_) => Agreement::Refuted,
            None => Agreement::Unknown,
        }
    }

    /// The same in one word.
    pub fn verdict(&self) -> &'static str {
        match self.agreement() {
            Agreement::Confirmed => "confirmed",
            Agreement::Refuted => "refuted",
            Agreement::Unknown => "unknown",
        }
    }
}

/// A probe on its way.
type Probing<'a> = Pin<Box<dyn Future<Output = Result<Observation, Halt>> + Send + 'a>>;

/// A probe by the key of its assumption.
type Probe = (&'static str, for<'a> fn(Inquiry<'a>) -> Probing<'a>);

/// `key => |inquiry| future` for each assumption.
macro_rules! probes {
    ($($key:literal => |$inquiry:ident| $probe:expr),+ $(,)?) => {
        &[$(($key, |$inquiry| Box::pin($probe))),+]
    };
}

const PROBES: &[Probe] = probes! {
    "id.form" => |inquiry| items::id_form(inquiry),
    "add.status" => |inquiry| items::add_status(inquiry),
    "add.body" => |inquiry| items::add_body(inquiry),
    "list.shape" => |inquiry| items::list_shape(inquiry),
    "remove.status" => |inquiry| items::remove_status(inquiry),
    "action.answer" => |inquiry| items::action_answer(inquiry),
    "scope.wrong-token" => |inquiry| refusals::status_of(inquiry, refusals::Way::WrongToken),
    "scope.foreign-account" => |inquiry| refusals::status_of(inquiry, refusals::Way::ForeignAccount),
    "scope.foreign-item" => |inquiry| refusals::status_of(inquiry, refusals::Way::ForeignItem),
    "add.duplicate" => |inquiry| items::add_duplicate(inquiry),
    "account.duplicate" => |inquiry| refusals::status_of(inquiry, refusals::Way::SameAccount),
    "body.malformed" => |inquiry| refusals::status_of(inquiry, refusals::Way::Malformed),
    "body.content-type" => |inquiry| refusals::body_content_type(inquiry),
    "login.refused" => |inquiry| refusals::status_of(inquiry, refusals::Way::WrongLogin),
    "sso.refused" => |inquiry| refusals::sso_refused(inquiry),
    "sso.unknown-email" => |inquiry| refusals::status_of(inquiry, refusals::Way::UnknownEmail),
    "put.replaces" => |inquiry| accounts::put_replaces(inquiry),
    "update.empty" => |inquiry| accounts::update_empty(inquiry),
    "sso.changed-email" => |inquiry| accounts::sso_changed_email(inquiry),
    "confirm.phone" => |inquiry| people::confirm_phone(inquiry),
    "phone.app-verification" => |inquiry| people::phone_app_verification(inquiry),
    "confirm.wrong-code" => |inquiry| refusals::status_of(inquiry, refusals::Way::WrongCode),
    "resend.nothing-pending" => |inquiry| people::resend_nothing_pending(inquiry),
    "ssn.without" => |inquiry| refusals::status_of(inquiry, refusals::Way::WithoutSsn),
    "ssn.echo" => |inquiry| people::ssn_echo(inquiry),
    "leaks.pending" => |inquiry| people::leaks_pending(inquiry),
    "value.form" => |inquiry| items::value_form(inquiry),
    "alarm.close-again" => |inquiry| alarms::close_again(inquiry),
    "alarm.close-answer" => |inquiry| alarms::close_answer(inquiry),
    "alarm.of-removed" => |inquiry| alarms::of_removed(inquiry),
    "alarm.company" => |inquiry| alarms::company(inquiry),
    "alarm.period" => |inquiry| alarms::period(inquiry),
    "online.plan" => |inquiry| online::plan(inquiry),
    "online.without-profile" => |inquiry| online::without_profile(inquiry),
    "online.profile-again" => |inquiry| online::profile_again(inquiry),
    "scan.body" => |inquiry| online::scan_body(inquiry),
    "scan.again" => |inquiry| online::scan_again(inquiry),
    "scan.retry" => |inquiry| online::scan_retry(inquiry),
    "legacy.boolean" => |inquiry| shapes::legacy_boolean(inquiry),
    "legacy.error.400" => |inquiry| shapes::legacy_error(inquiry, 400),
    "legacy.error.401" => |inquiry| shapes::legacy_error(inquiry, 401),
    "legacy.error.403" => |inquiry| shapes::legacy_error(inquiry, 403),
    "legacy.error.404" => |inquiry| shapes::legacy_error(inquiry, 404),
    "legacy.error.405" => |inquiry| shapes::legacy_error(inquiry, 405),
    "legacy.error.409" => |inquiry| shapes::legacy_error(inquiry, 409),
    "legacy.error.422" => |inquiry| shapes::legacy_error(inquiry, 422),
    "legacy.error.500" => |inquiry| unprobed(inquiry, NO_SERVER_ERROR),
    "error.code.405" => |inquiry| shapes::error_code(inquiry, 405),
    "error.code.409" => |inquiry| shapes::error_code(inquiry, 409),
    "error.code.500" => |inquiry| unprobed(inquiry, NO_SERVER_ERROR),
    "removal.states" => |inquiry| online::removal_states(inquiry),
    "token.crm-seconds" => |inquiry| limits::life(inquiry, limits::Expiring::CrmToken),
    "token.crm-kept-seconds" => |inquiry| limits::life(inquiry, limits::Expiring::KeptCrmToken),
    "token.app-seconds" => |inquiry| limits::life(inquiry, limits::Expiring::AppToken),
    "sso.code-seconds" => |inquiry| limits::life(inquiry, limits::Expiring::SsoCode),
    "confirm.link-seconds" => |inquiry| limits::life(inquiry, limits::Expiring::Link),
    "confirm.code-seconds" => |inquiry| limits::life(inquiry, limits::Expiring::Code),
    "throttle.per-minute" => |inquiry| limits::throttle(inquiry),
    "scan.queue-seconds" => |inquiry| online::until(inquiry, online::Event::SecondSite),
    "scan.site-seconds" => |inquiry| online::until(inquiry, online::Event::FirstEnd),
    "removal.step-seconds" => |inquiry| online::removal_step(inquiry),
};

const NO_SERVER_ERROR: &str = "no request is known that makes a server fail";

async fn unprobed(_: Inquiry<'_>, why: &str) -> Result<Observation, Halt> {
    Err(Halt::Skipped(why.to_owned()))
}

impl Run {
    /// Finds out which alternative of the assumption `key` the target follows, and removes what that has left.
    pub async fn probe(&self, key: &str) -> Finding {
        let assumption = assumptions().iter().find(|assumption| assumption.key == key);
        let probe = PROBES.iter().find(|(of, _)| *of == key);
        let Some((assumption, (_, probe))) = assumption.zip(probe) else {
            let (key, reason) = (key.to_owned(), "there is no such assumption".to_owned());
            return Finding { key, default: String::new(), observed: None, reason, steps: Vec::new() };
        };
        let format = if key.starts_with("error.code.") { Format::Standardized } else { Format::Legacy };
        let case = Case::new(&self.session, format);
        let end = probe(Inquiry { case: &case, assumption }).await;
        case.clean_up().await;
        finding(&case, assumption, end)
    }
}

/// How a probe has ended, without secrets.
fn finding(case: &Case, assumption: &Assumption, end: Result<Observation, Halt>) -> Finding {
    let (observed, halt) = match end {
        Ok(seen) => (Some(case.session.redactor.clean(&seen.observed)), Halt::Inconclusive(seen.evidence)),
        Err(halt) => (None, halt.into_required()),
    };
    let evidence = case.evidence(&[], &halt);
    let (key, default) = (assumption.key.clone(), assumption.default.clone());
    Finding { key, default, observed, reason: evidence.observed, steps: evidence.steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_assumption_has_one_probe_and_every_probe_an_assumption() {
        let mut keys: Vec<&str> = assumptions().iter().map(|assumption| &*assumption.key).collect();
        let mut probed: Vec<&str> = PROBES.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        probed.sort_unstable();
        assert_eq!(probed, keys);
    }

    #[test]
    fn a_verdict_is_one_word() {
        let of = |observed: Option<&str>| {
            let observed = observed.map(str::to_owned);
            let (key, default) = ("remove.status".into(), "204".into());
            Finding { key, default, observed, reason: String::new(), steps: Vec::new() }.verdict()
        };
        let cases =
            [(Some("204"), "confirmed"), (Some("200"), "refuted"), (Some("other: 202"), "refuted"), (None, "unknown")];
        for (observed, expected) in cases {
            assert_eq!(of(observed), expected, "{observed:?}");
        }
    }
}
