//! Probes of Online Data: refusals, the envelope of a scan, and how long scans and removals take.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, is_done, met, probes};
use crate::assumptions::search::Search;
use crate::case::Case;
use crate::halt::Halt;
use crate::reader;
use crate::steps::accounts::create;
use crate::steps::online::{
    FIRST_REMOVAL_STATE, PROFILE, SCAN, SCAN_STATUS, STATUS, Subscriber, is_begun, is_over, profile, removals, retry,
};
use crate::steps::world::{freeze, own_world};

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "online.plan" (beyond_crm) => |inquiry| plan(inquiry),
    "online.without-profile" (beyond_crm) => |inquiry| without_profile(inquiry),
    "online.profile-again" (beyond_crm) => |inquiry| profile_again(inquiry),
    "scan.body" (beyond_crm) => |inquiry| scan_body(inquiry),
    "scan.again" (beyond_crm) => |inquiry| scan_again(inquiry),
    "scan.retry" (beyond_crm) => |inquiry| scan_retry(inquiry),
    "removal.states" (beyond_crm) => |inquiry| removal_states(inquiry),
    "scan.queue-seconds" (beyond_crm) => |inquiry| until(inquiry, Event::SecondSite),
    "scan.site-seconds" (beyond_crm) => |inquiry| until(inquiry, Event::FirstEnd),
    "removal.step-seconds" (beyond_crm) => |inquiry| removal_step(inquiry),
};

/// The answer to an account whose plan does not include it.
pub(super) async fn plan(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    case.sso()?;
    let plan = case.session.target.plan_without_online_id;
    let (account, _) = create(case, |body| body["plan_id"] = plan.into()).await?;
    let (account, _) = account?;
    let app = case.app(&account).await?;
    Ok(inquiry.status(&case.get(&app, STATUS).await?))
}

/// The answers to reading a profile and to starting a scan before there is a profile.
pub(super) async fn without_profile(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let app = case.app(&case.fresh_account().await?).await?;
    let (read, scanned) = (case.get(&app, PROFILE).await?, case.post(&app, SCAN, json!({})).await?);
    if read.status == scanned.status {
        return Ok(inquiry.status(&read));
    }
    let what = format!("{} to reading it, {} to a scan", read.status, scanned.status);
    Ok(Observation::other(what, format!("{}; {}", met(&read), met(&scanned))))
}

/// The treatment of a second profile.
pub(super) async fn profile_again(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (user, second) = (Subscriber::new(case).await?, profile(case));
    let answer = case.post(&user.app, PROFILE, second.clone()).await?;
    if !is_done(answer.status) {
        return Ok(inquiry.status(&answer));
    }
    let read = case.get(&user.app, PROFILE).await?;
    let is_second = reader::field_is(&read.body, "email", second["email"].as_str().unwrap_or_default());
    Ok(inquiry.named(if is_second == Some(true) { "replaced" } else { "the first one stays" }, met(&answer)))
}

/// A user whose scan is under way, and a site that it has not done with.
async fn under_way(case: &Case) -> Result<(Subscriber, String), Halt> {
    let user = if case.session.is_frugal() {
        Subscriber::scanning(case).await?
    } else {
        let user = Subscriber::new(case).await?;
        user.scan(case).await?;
        user
    };
    let sites = user.scanned(case).await?;
    let site = sites.iter().find(|site| !is_over(site)).and_then(reader::site_id);
    let site = site.ok_or_else(|| Halt::Inconclusive("no site is under way".into()))?;
    Ok((user, site))
}

/// The envelope of the sites of a scan.
pub(super) async fn scan_body(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let user = Subscriber::scanning(inquiry.case).await?;
    let answer = inquiry.case.get(&user.app, SCAN_STATUS).await?;
    answer.demand("the status of the scan", is_done)?;
    Ok(inquiry.named(wrapping_of_sites(&answer.body), met(&answer)))
}

fn wrapping_of_sites(body: &Value) -> &'static str {
    match reader::sites(body) {
        Some(_) if body.get("sites").is_some() => "bare",
        Some(_) => "data",
        None => "no sites",
    }
}

/// The answer to a second scan while the first is under way.
pub(super) async fn scan_again(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let (user, _) = under_way(inquiry.case).await?;
    let answer = inquiry.case.post(&user.app, SCAN, json!({})).await?;
    // Any success counts as 200: its status is another assumption.
    let name = if is_done(answer.status) { "200".to_owned() } else { answer.status.to_string() };
    Ok(inquiry.named(&name, met(&answer)))
}

/// The answer to a retry of a site whose scan has not failed.
pub(super) async fn scan_retry(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (user, site) = under_way(case).await?;
    Ok(inquiry.status(&case.post(&user.app, &retry(&site), json!({})).await?))
}

/// An event in the course of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The scan turns to the second site.
    SecondSite,
    /// The scan of the first site is over.
    FirstEnd,
}

impl Event {
    fn has_happened(self, sites: &[Value]) -> bool {
        match self {
            Self::SecondSite => sites.iter().filter(|site| is_begun(site)).count() > 1,
            Self::FirstEnd => sites.iter().any(is_over),
        }
    }
}

/// A scan in a private world, whose clock is set to whatever second of it is to be looked at.
struct Watched<'a> {
    world: &'a Case,
    user: Subscriber,
    began: Timestamp,
}

impl<'a> Watched<'a> {
    async fn begin(world: &'a Case) -> Result<Self, Halt> {
        freeze(world).await?;
        let user = Subscriber::new(world).await?;
        user.scan(world).await?;
        let clock = world.control(Method::GET, "/_mock/clock", None).await?;
        let began = clock.body["now"].as_str().and_then(|now| now.parse().ok());
        let began = began.ok_or_else(|| Halt::Skipped("the clock cannot be read".into()))?;
        Ok(Self { world, user, began })
    }

    /// The sites of the scan so many seconds after it was started. Only the last look becomes part of the story.
    async fn at(&self, seconds: u64) -> Result<Vec<Value>, Halt> {
        let passed = SignedDuration::from_secs(seconds.try_into().unwrap_or(i64::MAX));
        let now = self.began.checked_add(passed).map_err(|_| Halt::Inconclusive("the clock ends".into()))?;
        let body = json!({ "now": now.to_string() });
        let set = self.world.control(Method::PUT, "/_mock/clock", Some(body)).await?;
        set.demand("the clock can be set", reader::is_success)?;
        let user = Subscriber {
            app: self.world.app(&self.user.account).await?,
            account: self.user.account.clone(),
            profile: Value::Null,
        };
        user.scanned(self.world).await
    }

    /// How many seconds after `from` it is so for the first time, near a guess or far from it; none where it never is.
    async fn first(&self, from: u64, guess: u64, is_so: impl Fn(&[Value]) -> bool) -> Result<Option<u64>, Halt> {
        let mut search = Search::around(guess);
        while let Some(seconds) = search.trial() {
            let is_early = !is_so(&self.at(from + seconds).await?);
            search.learn(seconds, is_early);
        }
        Ok(search.end())
    }
}

/// The seconds until something happens for the first time in a scan.
pub(super) async fn until(inquiry: Inquiry<'_>, event: Event) -> Result<Observation, Halt> {
    let world = own_world(inquiry.case).await?;
    let end = async {
        let scan = Watched::begin(&world).await?;
        let guess = inquiry.assumption.default.parse().unwrap_or(1);
        scan.first(0, guess, |sites| event.has_happened(sites)).await
    };
    let end = end.await;
    inquiry.case.take_story(&world);
    Ok(match end? {
        Some(seconds) => {
            Observation::new(seconds.to_string(), format!("from second {seconds} of the scan on, not before"))
        }
        None => Observation::other("never", "it has not happened in 400 days"),
    })
}

/// The observed course of a removal request.
struct Course {
    /// How long the first state lasts, if it ends.
    step: Option<u64>,
    /// The states after it.
    states: Vec<String>,
}

/// More states than any removal is thought to have.
const MANY_STATES: u64 = 20;

/// The course of the first removal request of a scan.
async fn course(world: &Case) -> Result<Course, Halt> {
    let scan = Watched::begin(world).await?;
    let requests = |site: &Value| removals(site).unwrap_or_default().first().map(|state| (*state).to_owned());
    let sent = scan.first(0, 30, |sites| sites.iter().any(|site| requests(site).is_some())).await?;
    let sent = sent.ok_or_else(|| Halt::Inconclusive("no removal was requested of any site".into()))?;
    let place = scan.at(sent).await?.iter().position(|site| requests(site).is_some()).unwrap_or_default();
    let state = |sites: &[Value]| sites.get(place).and_then(requests).unwrap_or_default();
    let step = scan.first(sent, 24 * 3600, |sites| state(sites) != FIRST_REMOVAL_STATE).await?;
    let mut states: Vec<String> = Vec::new();
    for number in 1..=MANY_STATES {
        let Some(step) = step else { break };
        let state = state(&scan.at(sent + step * number).await?);
        if states.last() == Some(&state) {
            break;
        }
        states.push(state);
    }
    Ok(Course { step, states })
}

async fn watched(inquiry: Inquiry<'_>) -> Result<Course, Halt> {
    let world = own_world(inquiry.case).await?;
    let end = course(&world).await;
    inquiry.case.take_story(&world);
    end
}

/// The states of a removal request after the first.
pub(super) async fn removal_states(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let Course { states, .. } = watched(inquiry).await?;
    Ok(Observation::new(states.join(","), format!("{} states after {FIRST_REMOVAL_STATE}", states.len())))
}

/// The seconds that a removal request stays in its first state.
pub(super) async fn removal_step(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    Ok(match watched(inquiry).await?.step {
        Some(seconds) => Observation::new(seconds.to_string(), format!("{FIRST_REMOVAL_STATE} for {seconds} seconds")),
        None => Observation::other("never", format!("{FIRST_REMOVAL_STATE} for 400 days")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_of_sites_is_found() {
        let cases = [
            (json!({ "sites": [] }), "bare"),
            (json!({ "data": { "sites": [] } }), "data"),
            (json!({ "data": [] }), "no sites"),
            (json!({ "sites": {} }), "no sites"),
        ];
        for (body, expected) in cases {
            assert_eq!(wrapping_of_sites(&body), expected, "{body}");
        }
    }
}
