//! The pure core of Online Data: what a scan has come to at an instant.
//!
//! Nothing waits for anything. Starting a scan decides when each site is looked at and what will be found; every answer
//! is computed from that and from what the clock shows.

use serde::{Deserialize, Serialize};

use crate::id::{Id, Table, mix};
use crate::mask;
use crate::time::Timestamp;
use crate::value::{Object, Value};

use super::Profile;

/// The first state of every removal request (ONLINE-7).
const FIRST_STATE: &str = "POA_SENT_TO_SITE";

/// How many characters of an SSN a site shows.
const SSN_SHOWN: usize = 2;

/// An address where somebody used to live, as brokers have it.
const OLD_STREET: &str = "Gamla Exempelgatan 1";

/// A data broker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    pub(crate) id: u64,
    pub(crate) name: Box<str>,
    pub(crate) domain: Box<str>,
    pub(crate) country_code: Box<str>,
    /// What its scans come to, if that is not left to the choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Pinned>,
}

/// What every scan of a site comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pinned {
    Found,
    Nothing,
    Failed,
    /// Failed at first, found when it is tried again.
    FailedOnce,
}

impl Site {
    /// The fields that every answer about it begins with.
    pub(crate) fn show(&self) -> Object {
        Object::new().with("id", Id::new(Table::Site, self.id)).with("name", &self.name).with("domain", &self.domain)
    }
}

/// A scan of one site.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteScan {
    pub(crate) site: u64,
    /// Counts up from 1 with each retry.
    pub(crate) attempt: u64,
    begins_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    outcome: Outcome,
}

/// What a scan will have come to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Found(Box<Found>),
    Nothing,
    Failed,
}

/// What a site holds of a person, and whether that is what the profile says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    /// In the order of [`DATA_FIELDS`].
    data: [Option<Box<str>>; DATA_FIELDS.len()],
    /// In the order of [`COMPARED_FIELDS`].
    is_equal: [bool; COMPARED_FIELDS.len()],
}

/// The fields of what was found (ONLINE-6).
const DATA_FIELDS: [&str; 8] = ["firstName", "lastName", "email", "ssn", "phone", "street", "zip", "city"];

const COMPARED_FIELDS: [&str; 7] = [
    "is_first_name_equal",
    "is_last_name_equal",
    "is_email_equal",
    "is_phone_equal",
    "is_street_equal",
    "is_zip_equal",
    "is_city_equal",
];

/// How far the scan of a site is (ONLINE-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScanStatus {
    NotStarted,
    Initiated,
    Failed,
    Completed,
}

impl ScanStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "SCAN_NOT_STARTED",
            Self::Initiated => "SCAN_INITIATED",
            Self::Failed => "SCAN_FAILED",
            Self::Completed => "SCAN_COMPLETED",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Failed | Self::Completed)
    }
}

/// On whose behalf, and for the how-manieth time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) account: u64,
    /// Counts the scans of the account from 1.
    pub(crate) scan: u64,
    pub(crate) attempt: u64,
    pub(crate) begins_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) profile: &'a Profile,
    pub(crate) ssn: Option<&'a str>,
}

impl SiteScan {
    /// A scan of `site`, whose outcome is decided here and told when it is over. The same occasion comes to the same,
    /// unless the site has removed what it had before the scan begins.
    pub(crate) fn new(site: &Site, occasion: Occasion<'_>, is_removed: bool) -> Self {
        let choice = [site.id, occasion.scan, occasion.attempt]
            .into_iter()
            .fold(occasion.account, |choice, number| mix(choice ^ mix(number)));
        let pinned = site.outcome.unwrap_or(match choice % 6 {
            0 => Pinned::Failed,
            1 | 2 => Pinned::Nothing,
            _ => Pinned::Found,
        });
        let outcome = match pinned {
            Pinned::Failed => Outcome::Failed,
            Pinned::FailedOnce if occasion.attempt == 1 => Outcome::Failed,
            Pinned::Nothing => Outcome::Nothing,
            Pinned::Found | Pinned::FailedOnce if is_removed => Outcome::Nothing,
            Pinned::Found | Pinned::FailedOnce => {
                Outcome::Found(Box::new(Found::of(occasion.profile, occasion.ssn, choice)))
            }
        };
        let Occasion { attempt, begins_at, ends_at, .. } = occasion;
        Self { site: site.id, attempt, begins_at, ends_at, outcome }
    }

    /// How far it is.
    pub(crate) fn status(&self, now: Timestamp) -> ScanStatus {
        match self.outcome {
            _ if now < self.begins_at => ScanStatus::NotStarted,
            _ if now < self.ends_at => ScanStatus::Initiated,
            Outcome::Failed => ScanStatus::Failed,
            Outcome::Found(_) | Outcome::Nothing => ScanStatus::Completed,
        }
    }

    /// Whether data will have been found.
    pub(crate) fn finds_data(&self) -> bool {
        matches!(self.outcome, Outcome::Found(_))
    }

    /// `scan_result` as a client reads it (ONLINE-5, ONLINE-6).
    pub(crate) fn show(&self, now: Timestamp) -> Object {
        let status = self.status(now);
        let result = Object::new().with("status", status.name());
        let found = match &self.outcome {
            Outcome::Found(found) => Some(found),
            Outcome::Nothing | Outcome::Failed => None,
        };
        match (status, found) {
            (ScanStatus::Completed, Some(found)) => {
                let data = DATA_FIELDS.into_iter().zip(&found.data);
                let compared = COMPARED_FIELDS.into_iter().zip(found.is_equal);
                result
                    .with("is_data_found", true)
                    .with("comparison", compared.fold(Object::new(), |object, (name, is)| object.with(name, is)))
                    .with("data", data.fold(Object::new(), |object, (name, value)| object.with(name, value.as_ref())))
            }
            (ScanStatus::Completed, None) => result
                .with("is_data_found", false)
                .with("comparison", Value::Null)
                .with("data", Value::List(Vec::new())),
            _ => result.with("data", Value::List(Vec::new())),
        }
    }

    /// `scan_result` of a site that no scan has turned to.
    pub(crate) fn show_none() -> Object {
        Object::new().with("status", ScanStatus::NotStarted.name()).with("data", Value::List(Vec::new()))
    }
}

impl Found {
    /// The name of the profile, and of the rest what the bits of `choice` leave.
    fn of(profile: &Profile, ssn: Option<&str>, choice: u64) -> Self {
        let has = |bit: u32| choice >> bit & 1 == 1;
        let some = |bit: u32, value: &Option<Box<str>>| value.clone().filter(|_| has(bit));
        let street = if has(20) && has(21) { Some(OLD_STREET.into()) } else { some(20, &profile.street) };
        let data = [
            Some(profile.first_name.clone()),
            Some(profile.last_name.clone()),
            Some(profile.email.clone()).filter(|_| has(16)),
            ssn.filter(|_| has(17)).map(|ssn| mask::all_but_last(ssn, SSN_SHOWN).into()),
            some(18, &profile.phone),
            street,
            some(22, &profile.zip),
            some(23, &profile.city),
        ];
        let [_, _, ref email, _, ref phone, ref street, ref zip, ref city] = data;
        let is_same = |found: &Option<Box<str>>, told: &Option<Box<str>>| found.is_some() && found == told;
        let is_equal = [
            true,
            true,
            email.is_some(),
            is_same(phone, &profile.phone),
            is_same(street, &profile.street),
            is_same(zip, &profile.zip),
            is_same(city, &profile.city),
        ];
        Self { data, is_equal }
    }
}

/// A request to a site to remove what it holds of a person (ONLINE-7).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    pub(crate) id: u64,
    pub(crate) site: u64,
    pub(crate) sent_at: Timestamp,
}

/// How removal requests move on, by `removal.states` and `removal.step-seconds`.
#[derive(Clone, Debug)]
pub(crate) struct Steps<'a> {
    states: Vec<&'a str>,
    seconds: i64,
}

impl<'a> Steps<'a> {
    /// First [`FIRST_STATE`], then those that `later` lists with commas.
    pub(crate) fn new(later: &'a str, seconds: u32) -> Self {
        let later = later.split(',').map(str::trim).filter(|state| !state.is_empty());
        Self { states: [FIRST_STATE].into_iter().chain(later).collect(), seconds: i64::from(seconds) }
    }

    /// Without the first of them.
    pub(crate) fn later(mut self) -> Self {
        self.states.remove(0);
        self
    }

    /// When a request that was sent then comes to each of its states after the first, if it ever does.
    pub(crate) fn moves(&self, sent_at: Timestamp) -> impl Iterator<Item = Timestamp> {
        let later = if self.seconds == 0 { 0 } else { self.states.len() - 1 };
        (1..).take(later).map(move |step| sent_at.plus_seconds(self.seconds.saturating_mul(step)))
    }

    /// Whether a request that was sent then has come to its last state.
    pub(crate) fn is_over(&self, sent_at: Timestamp, now: Timestamp) -> bool {
        self.moves(sent_at).last().is_some_and(|at| at <= now)
    }
}

impl Removal {
    /// The request as a client reads it.
    pub(crate) fn show(&self, steps: &Steps<'_>, now: Timestamp) -> Object {
        let past = steps.moves(self.sent_at).take_while(|at| *at <= now);
        let (step, updated_at) = (1..).zip(past).last().unwrap_or((0, self.sent_at));
        Object::new()
            .with("id", Id::new(Table::RemovalRequest, self.id))
            .with("status", steps.states[step].to_owned())
            .with("created_at", self.sent_at)
            .with("updated_at", updated_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            first_name: "John".into(),
            last_name: "Doe".into(),
            email: "john.doe@example.com".into(),
            phone: Some("+46701740605".into()),
            street: Some("Exempelgatan 1".into()),
            zip: None,
            city: Some("Exempelstad".into()),
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds)
    }

    fn site(id: u64, outcome: Option<Pinned>) -> Site {
        Site { id, name: "A".into(), domain: "a.example".into(), country_code: "SE".into(), outcome }
    }

    fn scan(site: &Site, account: u64, scan: u64, attempt: u64, is_removed: bool) -> SiteScan {
        let (begins_at, ends_at, profile) = (at(10), at(40), &profile());
        let ssn = Some("19900101-2385");
        SiteScan::new(site, Occasion { account, scan, attempt, begins_at, ends_at, profile, ssn }, is_removed)
    }

    fn shown(object: &Object) -> String {
        format!("{object:?}")
    }

    #[test]
    fn a_scan_is_queued_under_way_and_over_by_the_clock() {
        use ScanStatus::{Completed, Failed, Initiated, NotStarted};
        let cases = [
            (9, NotStarted, NotStarted),
            (10, Initiated, Initiated),
            (39, Initiated, Initiated),
            (40, Completed, Failed),
        ];
        for (seconds, if_found, if_failed) in cases {
            let statuses = [Pinned::Found, Pinned::Nothing, Pinned::Failed]
                .map(|pinned| scan(&site(1, Some(pinned)), 1, 1, 1, false).status(at(seconds)));
            assert_eq!(statuses, [if_found, if_found, if_failed], "after {seconds} s");
        }
    }

    #[test]
    fn what_a_site_comes_to_is_pinned_or_chosen_and_the_choice_repeats() {
        let cases = [
            (Pinned::Found, 1, false, true),
            (Pinned::Found, 1, true, false),
            (Pinned::Nothing, 1, false, false),
            (Pinned::Failed, 2, false, false),
            (Pinned::FailedOnce, 1, false, false),
            (Pinned::FailedOnce, 2, false, true),
        ];
        for (pinned, attempt, is_removed, is_found) in cases {
            let scan = scan(&site(1, Some(pinned)), 1, 1, attempt, is_removed);
            assert_eq!(scan.finds_data(), is_found, "{pinned:?} {attempt} {is_removed}");
        }
        let mut seen = [false; 3];
        for account in 1..50 {
            let [one, again] = [(); 2].map(|()| scan(&site(4, None), account, 1, 1, false));
            assert_eq!(shown(&one.show(at(40))), shown(&again.show(at(40))));
            seen[match one.outcome {
                Outcome::Found(_) => 0,
                Outcome::Nothing => 1,
                Outcome::Failed => 2,
            }] = true;
        }
        assert_eq!(seen, [true; 3], "every outcome is chosen for somebody");
    }

    #[test]
    fn what_is_found_never_shows_an_ssn_and_is_compared_with_the_profile() {
        for account in 1..200 {
            let scan = scan(&site(1, Some(Pinned::Found)), account, 1, 1, false);
            let text = shown(&scan.show(at(40)));
            assert!(!text.contains("19900101"), "{text}");
            let Outcome::Found(found) = &scan.outcome else { panic!("it is pinned") };
            let [_, _, email, _, phone, street, zip, city] = &found.data;
            let is_as_told = [
                email.is_some(),
                phone.is_some(),
                street.as_deref() == Some("Exempelgatan 1"),
                zip.is_some(),
                city.is_some(),
            ];
            assert_eq!(found.is_equal[2..], is_as_told, "{text}");
            assert!(zip.is_none(), "the profile has none");
        }
    }

    #[test]
    fn a_removal_request_moves_through_its_states() {
        let removal = Removal { id: 1, site: 1, sent_at: at(0) };
        let state = |later: &str, seconds: u32, now: i64| shown(&removal.show(&Steps::new(later, seconds), at(now)));
        let cases = [
            ("ACCEPTED,REMOVED", 10, 0, FIRST_STATE),
            ("ACCEPTED,REMOVED", 10, 9, FIRST_STATE),
            ("ACCEPTED,REMOVED", 10, 10, "ACCEPTED"),
            (" ACCEPTED , ,REMOVED", 10, 20, "REMOVED"),
            ("ACCEPTED,REMOVED", 10, 2000, "REMOVED"),
            ("ACCEPTED", 0, 2000, FIRST_STATE),
            (" , ", 10, 2000, FIRST_STATE),
        ];
        for (later, seconds, now, expected) in cases {
            assert!(state(later, seconds, now).contains(&format!("{expected:?}")), "{later} {seconds} {now}");
        }
        assert!(!Steps::new("A,B", 10).is_over(at(0), at(19)));
        assert!(Steps::new("A,B", 10).is_over(at(0), at(20)));
        // What never moves on is never over.
        assert!(!Steps::new("A,B", 0).is_over(at(0), at(2000)) && !Steps::new(",", 10).is_over(at(0), at(2000)));
    }
}
