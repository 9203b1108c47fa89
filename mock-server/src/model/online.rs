//! Online Data: the data that brokers hold of a person, and its removal (ONLINE-1 to 7).

pub(crate) mod profile;
pub(crate) mod removal;
pub(crate) mod scan;

use serde::{Deserialize, Serialize};

use self::profile::Profile;
use self::removal::{Removal, RemovalRequestShape, RemovalSteps};
use self::scan::{ScanResultShape, ScanRun, ScanStatus, Site, SiteScan};
use crate::guide::assumptions::Key;
use crate::guide::trace::Assumed;
use crate::model::id::{Id, Table};
use crate::model::shape::shape;
use crate::model::time::Timestamp;

/// The Online Data of an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Online {
    pub(crate) profile: Option<Profile>,
    pub(crate) scans: Scans,
}

/// The scans of an account and their results.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scans {
    /// How many scans were started.
    started: u64,
    last_started_at: Option<Timestamp>,
    /// The sites of the last scan, in their order.
    sites: Vec<SiteScan>,
    removal_requests: Vec<Removal>,
}

impl Scans {
    /// Whether no scan was ever started.
    pub(crate) fn is_empty(&self) -> bool {
        self.started == 0
    }

    /// The sites that it refers to.
    pub(crate) fn sites(&self) -> impl Iterator<Item = u64> {
        let scanned = self.sites.iter().map(|scan| scan.site);
        scanned.chain(self.removal_requests.iter().map(|removal| removal.site))
    }

    /// The ids of its removal requests.
    pub(crate) fn removal_ids(&self) -> impl Iterator<Item = u64> {
        self.removal_requests.iter().map(|removal| removal.id)
    }
}

/// The Online Data of an account that has none.
pub(crate) static NONE: Online = Online {
    profile: None,
    scans: Scans { started: 0, last_started_at: None, sites: Vec::new(), removal_requests: Vec::new() },
};

shape! {
    /// The state of profile, scan and removals as a client reads it.
    OnlineStatusShape = "OnlineStatus" {
        has_profile: bool,
        scan_status: ScanStatus,
        sites_total: u64,
        sites_completed: u64,
        sites_failed: u64,
        sites_with_data: u64,
        removal_requests_total: u64,
        removal_requests_done: u64,
        last_scan_at: Option<Timestamp>,
    }
}

shape! {
    /// A data broker as a client reads it.
    SiteShape = "Site" {
        id: Id,
        name: Box<str>,
        domain: Box<str>,
        country_code: Box<str>,
    }
}

shape! {
    /// The state of a scan as a client reads it: one entry for each site (ONLINE-4).
    ScanShape = "ScanStatus" {
        sites: Vec<ScannedSiteShape>,
    }
}

shape! {
    /// The state of one site as a client reads it.
    ScannedSiteShape = "ScannedSite" {
        id: Id,
        name: Box<str>,
        domain: Box<str>,
        scan_result: ScanResultShape,
        removal_requests: Vec<RemovalRequestShape>,
    }
}

impl Site {
    /// The site as a client reads it.
    pub(crate) fn show(&self) -> SiteShape {
        SiteShape {
            id: Id::new(Table::Site, self.id),
            name: self.name.clone(),
            domain: self.domain.clone(),
            country_code: self.country_code.clone(),
        }
    }
}

/// Why a scan was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanError {
    /// Another one is under way until then.
    UnderWay { ends_at: Timestamp },
    /// There is no profile to search for.
    NoProfile,
    /// Only a failed site is scanned once more.
    NotFailed,
}

/// The circumstances of a scan that is to be started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanStart<'a> {
    pub(crate) account: u64,
    pub(crate) ssn: Option<&'a str>,
    pub(crate) now: Timestamp,
    pub(crate) assumed: Assumed<'a>,
}

impl Online {
    /// Scans `sites`, one after the other. Removal requests get their ids from `next_id`.
    ///
    /// # Errors
    /// A scan is under way, or there is no profile.
    pub(crate) fn start_scan(
        &mut self,
        sites: &[Site],
        start: ScanStart<'_>,
        mut next_id: impl FnMut() -> u64,
    ) -> Result<(), ScanError> {
        let ends_at = self.scans.sites.iter().map(|scan| scan.ends_at).max();
        if let Some(ends_at) = ends_at.filter(|at| *at > start.now) {
            return Err(ScanError::UnderWay { ends_at });
        }
        let Some(profile) = &self.profile else { return Err(ScanError::NoProfile) };
        let queue = start.assumed.seconds(Key::ScanQueueSeconds);
        let scans = &mut self.scans;
        scans.started += 1;
        scans.last_started_at = Some(start.now);
        let scan = scans.started;
        scans.sites = (0..)
            .zip(sites)
            .map(|(place, site)| {
                let begins_at = start.now.plus_seconds(queue.saturating_mul(place));
                let run = start.run(profile, scan, 1, begins_at);
                begin_scan(&mut scans.removal_requests, site, run, start.assumed, &mut next_id)
            })
            .collect();
        Ok(())
    }

    /// Scans one site once more, whose scan has failed (ONLINE-4).
    ///
    /// # Errors
    /// Its scan has not failed, or there is no profile.
    pub(crate) fn retry_scan(
        &mut self,
        site: &Site,
        start: ScanStart<'_>,
        mut next_id: impl FnMut() -> u64,
    ) -> Result<(), ScanError> {
        let has_failed = |scan: &SiteScan| scan.site == site.id && scan.status(start.now) == ScanStatus::Failed;
        let place = self.scans.sites.iter().position(has_failed).ok_or(ScanError::NotFailed)?;
        let Some(profile) = &self.profile else { return Err(ScanError::NoProfile) };
        let scans = &mut self.scans;
        let run = start.run(profile, scans.started, scans.sites[place].attempt + 1, start.now);
        scans.sites[place] = begin_scan(&mut scans.removal_requests, site, run, start.assumed, &mut next_id);
        Ok(())
    }

    /// Everything that falls due by itself: its name and when.
    pub(crate) fn due<'a>(&'a self, steps: &'a RemovalSteps<'_>) -> impl Iterator<Item = (&'static str, Timestamp)> {
        let scans = self.scans.sites.iter().map(|scan| match scan.status(scan.ends_at) {
            ScanStatus::Failed => ("scan-failed", scan.ends_at),
            _ => ("scan-completed", scan.ends_at),
        });
        let moves = self.scans.removal_requests.iter().flat_map(|removal| steps.moves(removal.sent_at));
        scans.chain(moves.map(|at| ("removal-moved-on", at)))
    }

    /// The state of profile, scan and removals, where there are `sites` sites.
    pub(crate) fn status(&self, sites: usize, steps: &RemovalSteps<'_>, now: Timestamp) -> OnlineStatusShape {
        let Self { profile, scans } = self;
        let count = |status| scans.sites.iter().filter(|scan| scan.status(now) == status).count();
        let (failed, completed) = (count(ScanStatus::Failed), count(ScanStatus::Completed));
        let whole = match scans.sites.len() {
            0 => ScanStatus::NotStarted,
            total if failed + completed < total => ScanStatus::Initiated,
            _ if failed > 0 => ScanStatus::Failed,
            _ => ScanStatus::Completed,
        };
        let with_data = scans.sites.iter().filter(|scan| scan.finds_data() && scan.status(now).is_over());
        let sent: Vec<_> = scans.removal_requests.iter().filter(|removal| removal.sent_at <= now).collect();
        let done = sent.iter().filter(|removal| steps.is_over(removal.sent_at, now)).count();
        OnlineStatusShape {
            has_profile: profile.is_some(),
            scan_status: whole,
            sites_total: sites as u64,
            sites_completed: completed as u64,
            sites_failed: failed as u64,
            sites_with_data: with_data.count() as u64,
            removal_requests_total: sent.len() as u64,
            removal_requests_done: done as u64,
            last_scan_at: scans.last_started_at,
        }
    }

    /// The state of each site.
    pub(crate) fn scan_status(&self, sites: &[Site], steps: &RemovalSteps<'_>, now: Timestamp) -> ScanShape {
        let site = |site: &Site| {
            let scanned = self.scans.sites.iter().find(|scan| scan.site == site.id);
            let removals = self.scans.removal_requests.iter();
            let sent = removals.filter(|removal| removal.site == site.id && removal.sent_at <= now);
            ScannedSiteShape {
                id: Id::new(Table::Site, site.id),
                name: site.name.clone(),
                domain: site.domain.clone(),
                scan_result: scanned.map_or_else(ScanResultShape::none, |scan| scan.show(now)),
                removal_requests: sent.map(|removal| removal.show(steps, now)).collect(),
            }
        };
        ScanShape { sites: sites.iter().map(site).collect() }
    }
}

impl ScanStart<'_> {
    fn run<'a>(&'a self, profile: &'a Profile, scan: u64, attempt: u64, begins_at: Timestamp) -> ScanRun<'a> {
        let ends_at = begins_at.plus_seconds(self.assumed.seconds(Key::ScanSiteSeconds));
        ScanRun { account: self.account, scan, attempt, begins_at, ends_at, profile, ssn: self.ssn }
    }
}

/// Begins to scan a site, and decides the removal request that follows when data is found there.
fn begin_scan(
    removals: &mut Vec<Removal>,
    site: &Site,
    run: ScanRun<'_>,
    assumed: Assumed<'_>,
    next_id: &mut impl FnMut() -> u64,
) -> SiteScan {
    let mut earlier = removals.iter().filter(|removal| removal.site == site.id).peekable();
    let (mut is_removed, mut is_requested) = (false, false);
    if earlier.peek().is_some() {
        let steps = RemovalSteps::assumed(assumed);
        for removal in earlier {
            let is_over = steps.is_over(removal.sent_at, run.begins_at);
            is_removed |= is_over;
            is_requested |= !is_over;
        }
    }
    let scan = SiteScan::new(site, run, is_removed);
    if scan.finds_data() && !is_requested {
        removals.push(Removal { id: next_id(), site: site.id, sent_at: scan.ends_at });
    }
    scan
}
