//! Online Data: the profile, scans of data brokers, and removals (ONLINE-1 to 7).

use crate::api::auth::Subscriber;
use crate::api::error::{ApiError, ErrorKind, known};
use crate::api::operation::{Operation, Page};
use crate::api::pages::Listing;
use crate::api::reply::{Added, Done, Now, Outcome, Reply, ScanNow};
use crate::api::request::Request;
use crate::guide::assumptions::{Key, OnlineProfileAgain, OnlineWithoutProfile, Refusal, ScanAgain, ScanRetry};
use crate::model::account::Account;
use crate::model::fields::{FieldError, Fields};
use crate::model::id::Table;
use crate::model::online::profile::{Profile, ProfileChanges, ProfileShape};
use crate::model::online::removal::RemovalSteps;
use crate::model::online::scan::Site;
use crate::model::online::{NONE, Online, OnlineStatusShape, ScanError, ScanStart, SiteShape};
use crate::model::update::Update;

const fn operation(name: &'static str, summary: &'static str) -> Operation {
    Operation::new(name, Page::OnlineData, summary)
}

/// The operation of [`create_profile`].
pub(crate) fn creates_profile() -> Operation {
    operation("createOnlineProfile", "Create the profile to search for")
        .body(Profile::BODY)
        .decided_by(&[Key::OnlinePlan, Key::OnlineProfileAgain])
}

/// `POST /api/v1/delete-my-data` (ONLINE-2).
pub(crate) fn create_profile(subscriber: Subscriber, request: &Request<'_>) -> Outcome<Added<ProfileShape>> {
    let profile = request.read(Profile::BODY, |fields| Profile::parse(fields, request.now()))?;
    let created = request.world.accounts.change(subscriber.account, |account| {
        let online = account.online.get_or_insert_default();
        let Some(created_at) = online.profile.as_ref().map(|there| there.created_at) else {
            return Ok(Added::New(online.profile.insert(profile).show()));
        };
        match Option::<Refusal>::from(request.assumed().choice::<OnlineProfileAgain>()) {
            None => {
                let replaced = online.profile.insert(profile);
                replaced.created_at = created_at;
                Ok(Added::Existing(replaced.show()))
            }
            Some(refusal) => {
                let error = FieldError::new("profile", "There is a profile already.");
                Err(ApiError::assumed(refusal, error)
                    .hint("this account has a profile already; PUT changes it; see ONLINE-2"))
            }
        }
    });
    Ok(Reply::new(known(created)??))
}

/// The operation of [`profile`].
pub(crate) fn reads_profile() -> Operation {
    operation("getOnlineProfile", "Read the profile to search for")
        .decided_by(&[Key::OnlinePlan, Key::OnlineWithoutProfile])
}

/// `GET /api/v1/delete-my-data` (ONLINE-2).
pub(crate) fn profile(subscriber: Subscriber, request: &Request<'_>) -> Outcome<Now<ProfileShape>> {
    let shown = request.world.accounts.read(subscriber.account, |account| {
        account.online.as_ref().and_then(|online| online.profile.as_ref()).map(Profile::show)
    });
    let shown = known(shown)?.ok_or_else(|| without_profile(request))?;
    Ok(Reply::new(Now(shown)))
}

/// The operation of [`update_profile`].
pub(crate) fn updates_profile() -> Operation {
    operation("updateOnlineProfile", "Change the profile to search for")
        .body(ProfileChanges::BODY)
        .decided_by(&[Key::OnlinePlan, Key::OnlineWithoutProfile])
}

/// `PUT /api/v1/delete-my-data` (ONLINE-2), by `put.replaces`.
pub(crate) fn update_profile(subscriber: Subscriber, request: &Request<'_>) -> Outcome<Now<ProfileShape>> {
    let body = request.body()?;
    let updated = request.world.accounts.change(subscriber.account, |account| {
        let mut fields = Fields::new(&body, ProfileChanges::BODY.fields);
        let changes = ProfileChanges::parse(&mut fields, Update::put(request.assumed()));
        let changes = fields.finish(changes)?;
        let profile = account.online.as_mut().and_then(|online| online.profile.as_mut());
        let Some(profile) = profile else { return Err(without_profile(request)) };
        changes.apply(profile);
        profile.updated_at = request.now();
        Ok(profile.show())
    });
    Ok(Reply::new(Now(known(updated)??)))
}

/// The refusal of a request that needs a profile, by `online.without-profile`.
fn without_profile(request: &Request<'_>) -> ApiError {
    let error = FieldError::new("profile", "There is no profile yet.");
    ApiError::assumed(request.assumed().choice::<OnlineWithoutProfile>(), error)
        .hint("this account has no Online Data profile yet; POST /api/v1/delete-my-data creates it; see ONLINE-2")
}

/// The operation of [`sites`].
pub(crate) fn lists_sites() -> Operation {
    operation("listSites", "List the data brokers").decided_by(&[Key::OnlinePlan])
}

/// `GET /api/v1/delete-my-data/sites` (ONLINE-3).
pub(crate) fn sites(_: Subscriber, request: &Request<'_>) -> Outcome<Listing<SiteShape>> {
    Ok(Reply::new(request.page().of(request.world.directory.sites.iter().map(Site::show))))
}

/// The operation of [`status`].
pub(crate) fn reads_status() -> Operation {
    operation("getOnlineStatus", "Read the state of profile, scan and removals").decided_by(&[Key::OnlinePlan])
}

/// `GET /api/v1/delete-my-data/status` (ONLINE-3): the state of profile, scan and removals as a whole.
pub(crate) fn status(subscriber: Subscriber, request: &Request<'_>) -> Outcome<Now<OnlineStatusShape>> {
    let steps = RemovalSteps::assumed(request.assumed());
    let status = request.world.accounts.read(subscriber.account, |account| {
        let online = account.online.as_deref().unwrap_or(&NONE);
        online.status(request.world.directory.sites.len(), &steps, request.now())
    });
    Ok(Reply::new(Now(known(status)?)))
}

/// The operation of [`start_scan`].
pub(crate) fn starts_scan() -> Operation {
    operation("startScan", "Scan the data brokers").decided_by(&[
        Key::OnlinePlan,
        Key::OnlineWithoutProfile,
        Key::ScanAgain,
    ])
}

/// `POST /api/v1/delete-my-data/scan` (ONLINE-4).
pub(crate) fn start_scan(subscriber: Subscriber, request: &Request<'_>) -> Outcome<Done> {
    let world = request.world;
    let started = world.accounts.change(subscriber.account, |account| {
        let (online, start) = scan_start(account, request);
        let next_id = || world.ids.next_of(Table::RemovalRequest, start.account);
        online.start_scan(&world.directory.sites, start, next_id)
    });
    match known(started)? {
        Ok(()) => Ok(Reply::new(Done("Scan started."))),
        Err(error) => scan_error(error, request),
    }
}

/// The operation of [`retry`].
pub(crate) fn retries_scan() -> Operation {
    operation("retryScan", "Scan a data broker once more").decided_by(&[
        Key::OnlinePlan,
        Key::OnlineWithoutProfile,
        Key::ScanRetry,
    ])
}

/// `POST /api/v1/delete-my-data/scan/{siteId}/retry` (ONLINE-4).
pub(crate) fn retry(subscriber: Subscriber, request: &Request<'_>) -> Outcome<Done> {
    let world = request.world;
    let named = request.parameter("siteId").and_then(|text| request.parse_id(Table::Site, text));
    let Some(site) = world.directory.sites.iter().find(|site| Some(site.id) == named) else {
        return Err(ApiError::from(ErrorKind::NotFound)
            .hint("there is no such site; GET /api/v1/delete-my-data/sites lists them; see ONLINE-3"));
    };
    let retried = world.accounts.change(subscriber.account, |account| {
        let (online, start) = scan_start(account, request);
        let next_id = || world.ids.next_of(Table::RemovalRequest, start.account);
        online.retry_scan(site, start, next_id)
    });
    match known(retried)? {
        Ok(()) => Ok(Reply::new(Done("Scan of the site started again."))),
        Err(error) => scan_error(error, request),
    }
}

/// The Online Data of an account, and the circumstances of a scan that it asks for.
fn scan_start<'a>(account: &'a mut Account, request: &Request<'a>) -> (&'a mut Online, ScanStart<'a>) {
    let ssn = account.ssn.as_ref().map(|ssn| &*ssn.number);
    let start = ScanStart { account: account.id, ssn, now: request.now(), assumed: request.assumed() };
    (account.online.get_or_insert_default(), start)
}

/// The answer where no scan was started.
fn scan_error(error: ScanError, request: &Request<'_>) -> Outcome<Done> {
    let assumed = request.assumed();
    match error {
        ScanError::NoProfile => Err(without_profile(request)),
        ScanError::UnderWay { ends_at } => match Option::<Refusal>::from(assumed.choice::<ScanAgain>()) {
            None => Ok(Reply::new(Done("A scan is under way."))),
            Some(refusal) => {
                let left = ends_at.unix_seconds() - request.now().unix_seconds();
                Err(ApiError::assumed(refusal, FieldError::new("scan", "A scan is under way.")).hint(format!(
                    "a scan is under way for another {left} s of the mock's clock; PUT /_mock/clock with advance_seconds \
                     ends it; see ONLINE-4"
                )))
            }
        },
        ScanError::NotFailed => {
            let error = FieldError::new("siteId", "The scan of this site has not failed.");
            Err(ApiError::assumed(assumed.choice::<ScanRetry>(), error).hint(
                "only a site whose scan_result.status is SCAN_FAILED is scanned again; a scan moves on by the mock's clock; \
                 see ONLINE-4",
            ))
        }
    }
}

/// The operation of [`scan_status`].
pub(crate) fn reads_scan() -> Operation {
    operation("getScanStatus", "Read the state of the scan of each data broker").decided_by(&[Key::OnlinePlan])
}

/// `GET /api/v1/delete-my-data/scan/status` (ONLINE-4 to 7): one entry for each site.
pub(crate) fn scan_status(subscriber: Subscriber, request: &Request<'_>) -> Outcome<ScanNow> {
    let steps = RemovalSteps::assumed(request.assumed());
    // The times of a scan were set when it was started, and are seen here.
    for key in [Key::ScanQueueSeconds, Key::ScanSiteSeconds] {
        request.assumed().seconds(key);
    }
    let status = request.world.accounts.read(subscriber.account, |account| {
        let online = account.online.as_deref().unwrap_or(&NONE);
        online.scan_status(&request.world.directory.sites, &steps, request.now())
    });
    Ok(Reply::new(ScanNow(known(status)?)))
}
