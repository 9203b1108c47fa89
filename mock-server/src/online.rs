//! Online Data: what data brokers hold of a person, and its removal (ONLINE-1 to 7).

mod scan;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

pub(crate) use scan::Site;

use self::scan::{Occasion, Removal, ScanStatus, SiteScan, Steps};
use crate::account::Account;
use crate::assumptions::Key;
use crate::auth::Subscriber;
use crate::call::Call;
use crate::fields::{self, Change, Fields, Update, short_text};
use crate::id::{Id, Table};
use crate::reply::{Issue, Outcome, Refusal, Reply, Why};
use crate::time::Timestamp;
use crate::value::{Object, Value};
use crate::watchlist::{email, phone};
use crate::world::World;

/// What an account has of Online Data.
#[derive(Debug, Default)]
pub(crate) struct Online {
    profile: Option<Profile>,
    scans: Scans,
}

/// The scans of an account, and what came of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scans {
    /// How many were started, and when the last one.
    started: u64,
    last_started_at: Option<Timestamp>,
    /// The sites of the last scan, in their order.
    sites: Vec<SiteScan>,
    removal_requests: Vec<Removal>,
}

impl Scans {
    /// Whether nothing was ever scanned.
    pub(crate) fn is_empty(&self) -> bool {
        self.started == 0
    }

    /// The sites that it speaks of.
    pub(crate) fn sites(&self) -> impl Iterator<Item = u64> {
        let scanned = self.sites.iter().map(|scan| scan.site);
        scanned.chain(self.removal_requests.iter().map(|removal| removal.site))
    }

    /// The ids of its removal requests.
    pub(crate) fn removal_ids(&self) -> impl Iterator<Item = u64> {
        self.removal_requests.iter().map(|removal| removal.id)
    }
}

/// Whom brokers are searched for (ONLINE-2).
#[derive(Debug)]
pub(crate) struct Profile {
    first_name: Box<str>,
    last_name: Box<str>,
    email: Box<str>,
    phone: Option<Box<str>>,
    street: Option<Box<str>>,
    zip: Option<Box<str>>,
    city: Option<Box<str>>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Profile {
    /// All fields that [`Profile::parse`] reads.
    pub(crate) const FIELDS: &'static [&'static str] =
        &["first_name", "last_name", "email", "phone", "street", "zip", "city"];

    /// The profile that a body describes; where one is missing, `fields` holds the issues.
    pub(crate) fn parse(fields: &mut Fields<'_>, now: Timestamp) -> Option<Self> {
        let first_name = fields.required("first_name", short_text);
        let last_name = fields.required("last_name", short_text);
        let email = fields.required("email", email::rule);
        let phone = fields.optional("phone", phone::rule);
        let street = fields.optional("street", short_text);
        let zip = fields.optional("zip", short_text);
        let city = fields.optional("city", short_text);
        Some(Self {
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            phone: phone?,
            street: street?,
            zip: zip?,
            city: city?,
            created_at: now,
            updated_at: now,
        })
    }

    /// The body that would create it.
    pub(crate) fn body(&self) -> Map<String, Json> {
        fields::body([
            ("first_name", (*self.first_name).into()),
            ("last_name", (*self.last_name).into()),
            ("email", (*self.email).into()),
            ("phone", self.phone.as_deref().into()),
            ("street", self.street.as_deref().into()),
            ("zip", self.zip.as_deref().into()),
            ("city", self.city.as_deref().into()),
        ])
    }

    fn show(&self) -> Object {
        Object::new()
            .with("first_name", &self.first_name)
            .with("last_name", &self.last_name)
            .with("email", &self.email)
            .with("phone", self.phone.as_ref())
            .with("street", self.street.as_ref())
            .with("zip", self.zip.as_ref())
            .with("city", self.city.as_ref())
            .with("created_at", self.created_at)
            .with("updated_at", self.updated_at)
    }
}

/// What an update says of a profile.
#[derive(Debug)]
struct Changes {
    first_name: Option<Box<str>>,
    last_name: Option<Box<str>>,
    email: Option<Box<str>>,
    phone: Change<Box<str>>,
    street: Change<Box<str>>,
    zip: Change<Box<str>>,
    city: Change<Box<str>>,
}

impl Changes {
    fn parse(fields: &mut Fields<'_>, update: Update<'_>) -> Option<Self> {
        let first_name = fields.change_required("first_name", update, short_text);
        let last_name = fields.change_required("last_name", update, short_text);
        let email = fields.change_required("email", update, email::rule);
        let phone = fields.change("phone", update, phone::rule);
        let street = fields.change("street", update, short_text);
        let zip = fields.change("zip", update, short_text);
        let city = fields.change("city", update, short_text);
        Some(Self {
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            phone: phone?,
            street: street?,
            zip: zip?,
            city: city?,
        })
    }

    fn apply(self, profile: &mut Profile) {
        let named = [
            (self.first_name, &mut profile.first_name),
            (self.last_name, &mut profile.last_name),
            (self.email, &mut profile.email),
        ];
        for (new, old) in named {
            if let Some(new) = new {
                *old = new;
            }
        }
        self.phone.apply(&mut profile.phone);
        self.street.apply(&mut profile.street);
        self.zip.apply(&mut profile.zip);
        self.city.apply(&mut profile.city);
    }
}

impl Online {
    /// With this profile, and these scans.
    pub(crate) fn new(profile: Option<Profile>, scans: Scans) -> Self {
        Self { profile, scans }
    }

    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    pub(crate) fn scans(&self) -> &Scans {
        &self.scans
    }

    /// Whether a scan was ever started.
    #[cfg(feature = "broken-rules")]
    pub(crate) fn has_scanned(&self) -> bool {
        !self.scans.is_empty()
    }

    /// What falls due of it by itself: its name and when.
    pub(crate) fn due<'a>(&'a self, world: &'a World) -> impl Iterator<Item = (&'static str, Timestamp)> {
        let scans = self.scans.sites.iter().map(|scan| match scan.status(scan.ends_at) {
            ScanStatus::Failed => ("scan-failed", scan.ends_at),
            _ => ("scan-completed", scan.ends_at),
        });
        let steps = world.removal_steps();
        let moves = self
            .scans
            .removal_requests
            .iter()
            .flat_map(move |removal| steps.moves(removal.sent_at).collect::<Vec<_>>());
        scans.chain(moves.map(|at| ("removal-moved-on", at)))
    }

    /// The part of `scan/status` that is about `site`.
    fn show(&self, site: &Site, steps: &Steps<'_>, now: Timestamp) -> Object {
        let scanned = self.scans.sites.iter().find(|scan| scan.site == site.id);
        let sent =
            self.scans.removal_requests.iter().filter(|removal| removal.site == site.id && removal.sent_at <= now);
        let sent: Vec<Object> = sent.map(|removal| removal.show(steps, now)).collect();
        site.show()
            .with("scan_result", scanned.map_or_else(SiteScan::show_none, |scan| scan.show(now)))
            .with("removal_requests", sent)
    }
}

/// Begins to scan a site, and settles what will be requested of it once data is found there.
fn begin_scan(
    removals: &mut Vec<Removal>,
    site: &Site,
    occasion: Occasion<'_>,
    steps: &Steps<'_>,
    world: &World,
) -> SiteScan {
    let earlier: Vec<_> = removals.iter().filter(|removal| removal.site == site.id).collect();
    let is_over = |removal: &&Removal| steps.is_over(removal.sent_at, occasion.begins_at);
    let is_removed = earlier.iter().any(is_over);
    let is_requested = !earlier.iter().all(is_over);
    let scan = SiteScan::new(site, occasion, is_removed);
    if scan.finds_data() && !is_requested {
        let id = world.next_id(Table::RemovalRequest, occasion.account);
        removals.push(Removal { id, site: site.id, sent_at: scan.ends_at });
    }
    scan
}

impl World {
    /// How removal requests move on.
    pub(crate) fn removal_steps(&self) -> Steps<'_> {
        let assumptions = self.assumptions();
        let steps = Steps::new(assumptions.name(Key::RemovalStates), assumptions.number(Key::RemovalStepSeconds));
        if breaks!(self.settings(), RemovalSkipsFirstState) { steps.later() } else { steps }
    }
}

/// What an account without any has of Online Data.
static NOTHING: Online = Online {
    profile: None,
    scans: Scans { started: 0, last_started_at: None, sites: Vec::new(), removal_requests: Vec::new() },
};

/// Where profile, scan and removals of an account stand as a whole.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    has_profile: bool,
    scan_status: &'static str,
    sites_total: u64,
    sites_completed: u64,
    sites_failed: u64,
    sites_with_data: u64,
    removal_requests_total: u64,
    removal_requests_done: u64,
    last_scan_at: Option<Timestamp>,
}

impl Account {
    fn online(&self) -> &Online {
        self.online.as_deref().unwrap_or(&NOTHING)
    }

    /// Where its Online Data stands.
    pub(crate) fn online_standing(&self, world: &World, steps: &Steps<'_>, now: Timestamp) -> Standing {
        let Online { profile, scans } = self.online();
        let count = |status| scans.sites.iter().filter(|scan| scan.status(now) == status).count() as u64;
        let (failed, completed) = (count(ScanStatus::Failed), count(ScanStatus::Completed));
        let whole = match scans.sites.len() as u64 {
            0 => ScanStatus::NotStarted,
            total if failed + completed < total => ScanStatus::Initiated,
            _ if failed > 0 => ScanStatus::Failed,
            _ => ScanStatus::Completed,
        };
        let with_data = scans.sites.iter().filter(|scan| scan.finds_data() && scan.status(now).is_over());
        let sent: Vec<_> = scans.removal_requests.iter().filter(|removal| removal.sent_at <= now).collect();
        let done = sent.iter().filter(|removal| steps.is_over(removal.sent_at, now)).count();
        Standing {
            has_profile: profile.is_some(),
            scan_status: whole.name(),
            sites_total: world.sites().len() as u64,
            sites_completed: completed,
            sites_failed: failed,
            sites_with_data: with_data.count() as u64,
            removal_requests_total: sent.len() as u64,
            removal_requests_done: done as u64,
            last_scan_at: scans.last_started_at,
        }
    }
}

/// `POST /api/v1/delete-my-data` (ONLINE-2).
pub(crate) fn create_profile(subscriber: Subscriber, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let profile = Profile::parse(&mut fields, call.now);
    let profile = fields.finish(profile)?;
    call.world.change_account(subscriber.account, |account| {
        let online = account.online.get_or_insert_default();
        let shown = profile.show();
        match &mut online.profile {
            None => {
                online.profile = Some(profile);
                Ok(Reply::Added(shown))
            }
            Some(there) => match call.assumed().name(Key::OnlineProfileAgain) {
                "replaced" => {
                    let profile = Profile { created_at: there.created_at, ..profile };
                    let shown = profile.show();
                    *there = profile;
                    Ok(Reply::Item(shown))
                }
                status => {
                    let issue = Issue::new("profile", "There is a profile already.");
                    Err(Refusal::assumed(status, issue)
                        .hint("this account has a profile already; PUT changes it; see ONLINE-2"))
                }
            },
        }
    })
}

/// `GET /api/v1/delete-my-data` (ONLINE-2).
pub(crate) fn profile(subscriber: Subscriber, call: &Call<'_>) -> Outcome {
    #[cfg(feature = "broken-rules")]
    let subscriber = if breaks!(call.world.settings(), ProfilesAreShared) {
        Subscriber { account: crate::broken::first_account(call.world) }
    } else {
        subscriber
    };
    call.world.read_account(subscriber.account, |account| match &account.online().profile {
        Some(profile) => Ok(Reply::Item(profile.show())),
        None => Err(without_profile(call)),
    })
}

/// `PUT /api/v1/delete-my-data` (ONLINE-2), by `put.replaces`.
pub(crate) fn update_profile(subscriber: Subscriber, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    call.world.change_account(subscriber.account, |account| {
        let mut fields = Fields::new(&body);
        let changes = Changes::parse(&mut fields, Update::put(call.assumed()));
        let changes = fields.finish(changes)?;
        let profile = account.online.as_mut().and_then(|online| online.profile.as_mut());
        let Some(profile) = profile else { return Err(without_profile(call)) };
        if breaks!(call.world.settings(), ProfileChangeIsLost) {
            return Ok(Reply::Item(profile.show()));
        }
        changes.apply(profile);
        profile.updated_at = call.now;
        Ok(Reply::Item(profile.show()))
    })
}

/// The refusal of what needs a profile, by `online.without-profile`.
fn without_profile(call: &Call<'_>) -> Refusal {
    let issue = Issue::new("profile", "There is no profile yet.");
    Refusal::assumed(call.assumed().name(Key::OnlineWithoutProfile), issue)
        .hint("this account has no Online Data profile yet; POST /api/v1/delete-my-data creates it; see ONLINE-2")
}

/// `GET /api/v1/delete-my-data/sites` (ONLINE-3).
pub(crate) fn sites(_: Subscriber, call: &Call<'_>) -> Outcome {
    let sites = call.world.sites().iter().map(|site| site.show().with("country_code", &site.country_code));
    Ok(Reply::List(call.page().of(sites)))
}

/// `GET /api/v1/delete-my-data/status` (ONLINE-3): where profile, scan and removals stand as a whole.
pub(crate) fn status(subscriber: Subscriber, call: &Call<'_>) -> Outcome {
    let steps = removal_steps(call);
    call.world.read_account(subscriber.account, |account| {
        let standing = account.online_standing(call.world, &steps, call.now);
        Ok(Reply::Item(
            Object::new()
                .with("has_profile", standing.has_profile)
                .with("scan_status", standing.scan_status)
                .with("sites_total", standing.sites_total)
                .with("sites_completed", standing.sites_completed)
                .with("sites_failed", standing.sites_failed)
                .with("sites_with_data", standing.sites_with_data)
                .with("removal_requests_total", standing.removal_requests_total)
                .with("removal_requests_done", standing.removal_requests_done)
                .with("last_scan_at", standing.last_scan_at),
        ))
    })
}

/// `POST /api/v1/delete-my-data/scan` (ONLINE-4).
pub(crate) fn start_scan(subscriber: Subscriber, call: &Call<'_>) -> Outcome {
    call.world.change_account(subscriber.account, |account| {
        let ssn = account.ssn.as_ref().map(|ssn| &*ssn.number);
        account.online.get_or_insert_default().start(account.id, ssn, call)
    })
}

impl Online {
    fn start(&mut self, account: u64, ssn: Option<&str>, call: &Call<'_>) -> Outcome {
        if let Some(ends_at) = self.scans.sites.iter().map(|scan| scan.ends_at).max().filter(|at| *at > call.now) {
            return under_way(call, ends_at);
        }
        let Some(profile) = &self.profile else { return Err(without_profile(call)) };
        let steps = call.world.removal_steps();
        let queue = i64::from(call.assumed().number(Key::ScanQueueSeconds));
        let scans = &mut self.scans;
        scans.started += 1;
        scans.last_started_at = Some(call.now);
        scans.sites = (0..)
            .zip(call.world.sites())
            .map(|(place, site)| {
                let begins_at = call.now.plus_seconds(queue.saturating_mul(place));
                let (scan, ends_at) = (scans.started, end_of_scan(begins_at, call));
                let occasion = Occasion { account, scan, attempt: 1, begins_at, ends_at, profile, ssn };
                begin_scan(&mut scans.removal_requests, site, occasion, &steps, call.world)
            })
            .collect();
        Ok(Reply::Done("Scan started."))
    }

    fn retry(&mut self, site: &Site, account: u64, ssn: Option<&str>, call: &Call<'_>) -> Outcome {
        let failed = self
            .scans
            .sites
            .iter()
            .position(|scan| scan.site == site.id && scan.status(call.now) == ScanStatus::Failed);
        let Some(place) = failed else {
            let issue = Issue::new("siteId", "The scan of this site has not failed.");
            return Err(Refusal::assumed(call.assumed().name(Key::ScanRetry), issue).hint(
                "only a site whose scan_result.status is SCAN_FAILED is tried again; a scan moves on by the fake's clock; \
                 see ONLINE-4",
            ));
        };
        if breaks!(call.world.settings(), RetryIsLost) {
            return Ok(Reply::Done("Scan of the site started again."));
        }
        if breaks!(call.world.settings(), RetryScansAll) {
            return self.start(account, ssn, call);
        }
        let Some(profile) = &self.profile else { return Err(without_profile(call)) };
        let (begins_at, ends_at) = (call.now, end_of_scan(call.now, call));
        let scans = &mut self.scans;
        let (scan, attempt) = (scans.started, scans.sites[place].attempt + 1);
        let occasion = Occasion { account, scan, attempt, begins_at, ends_at, profile, ssn };
        let steps = call.world.removal_steps();
        scans.sites[place] = begin_scan(&mut scans.removal_requests, site, occasion, &steps, call.world);
        Ok(Reply::Done("Scan of the site started again."))
    }
}

fn end_of_scan(begins_at: Timestamp, call: &Call<'_>) -> Timestamp {
    let seconds = match call.assumed().number(Key::ScanSiteSeconds) {
        _ if breaks!(call.world.settings(), ScanNeverEnds) => u32::MAX,
        seconds => seconds,
    };
    begins_at.plus_seconds(i64::from(seconds))
}

/// How removal requests move on, which the answer leans on.
fn removal_steps<'a>(call: &Call<'a>) -> Steps<'a> {
    call.basis.lean(Key::RemovalStates);
    call.basis.lean(Key::RemovalStepSeconds);
    call.world.removal_steps()
}

/// The answer to a scan while another one is under way, by `scan.again`.
fn under_way(call: &Call<'_>, ends_at: Timestamp) -> Outcome {
    let left = ends_at.unix_seconds() - call.now.unix_seconds();
    match call.assumed().name(Key::ScanAgain) {
        "200" => Ok(Reply::Done("A scan is under way.")),
        status => {
            let issue = Issue::new("scan", "A scan is under way.");
            Err(Refusal::assumed(status, issue).hint(format!(
                "a scan is under way for another {left} s of the fake's clock; PUT /_mock/clock with advance_seconds ends \
                 it; see ONLINE-4"
            )))
        }
    }
}

/// `GET /api/v1/delete-my-data/scan/status` (ONLINE-4 to 7): one entry for each site.
pub(crate) fn scan_status(subscriber: Subscriber, call: &Call<'_>) -> Outcome {
    let steps = removal_steps(call);
    for key in [Key::ScanQueueSeconds, Key::ScanSiteSeconds] {
        call.basis.lean(key);
    }
    #[cfg(feature = "broken-rules")]
    let subscriber = if breaks!(call.world.settings(), ScansAreShared) {
        crate::broken::first_scanning(call.world).map_or(subscriber, |account| Subscriber { account })
    } else {
        subscriber
    };
    call.world.read_account(subscriber.account, |account| {
        let sites = call.world.sites().iter().map(|site| Value::from(account.online().show(site, &steps, call.now)));
        Ok(Reply::Scan(Object::new().with("sites", Value::List(sites.collect()))))
    })
}

/// `POST /api/v1/delete-my-data/scan/{siteId}/retry` (ONLINE-4).
pub(crate) fn retry(subscriber: Subscriber, call: &Call<'_>) -> Outcome {
    let named = call.parameter("siteId").and_then(|text| Id::parse(Table::Site, text, call.id_form()));
    let Some(site) = call.world.sites().iter().find(|site| Some(site.id) == named) else {
        return Err(Refusal::from(Why::NotFound)
            .hint("there is no such site; GET /api/v1/delete-my-data/sites lists them; see ONLINE-3"));
    };
    call.world.change_account(subscriber.account, |account| {
        let ssn = account.ssn.as_ref().map(|ssn| &*ssn.number);
        account.online.get_or_insert_default().retry(site, account.id, ssn, call)
    })
}
