//! Scans of data brokers, and requests to remove the data that they hold.
//!
//! No timer runs. Starting a scan decides when each site is scanned and what is found there; every response is computed
//! from that and from the time.

use serde::{Deserialize, Serialize, Serializer};

use super::profile::Profile;
use crate::model::id::mix;
use crate::model::shape::{Holds, Maybe, Shape, Shown, Writing, shape};
use crate::model::ssn;
use crate::model::time::Timestamp;

/// A former address, as brokers have it.
const OLD_STREET: &str = "Gamla Exempelgatan 1";

/// A data broker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    pub(crate) id: u64,
    pub(crate) name: Box<str>,
    pub(crate) domain: Box<str>,
    pub(crate) country_code: Box<str>,
    /// The outcome of its scans, if it is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<PinnedOutcome>,
}

/// The fixed outcome of the scans of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PinnedOutcome {
    Found,
    Nothing,
    Failed,
    /// Failed at first, found when it is tried again.
    FailedOnce,
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

/// The outcome of a scan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Found(Box<Found>),
    Nothing,
    Failed,
}

/// The data that a site holds of a person, and whether it is equal to the profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    /// First name, last name, email, SSN, phone, street, zip and city.
    data: [Option<Box<str>>; 8],
    /// The same without the SSN, which a profile does not have.
    is_equal: [bool; 7],
}

shape! {
    /// The data that was found as a client reads it (ONLINE-6).
    FoundShape = "FoundData" {
        first_name as "firstName": Option<Box<str>>,
        last_name as "lastName": Option<Box<str>>,
        email: Option<Box<str>>,
        ssn: Option<Box<str>>,
        phone: Option<Box<str>>,
        street: Option<Box<str>>,
        zip: Option<Box<str>>,
        city: Option<Box<str>>,
    }
}

shape! {
    /// The comparison of the data with the profile as a client reads it.
    ComparisonShape = "Comparison" {
        is_first_name_equal: bool,
        is_last_name_equal: bool,
        is_email_equal: bool,
        is_phone_equal: bool,
        is_street_equal: bool,
        is_zip_equal: bool,
        is_city_equal: bool,
    }
}

shape! {
    /// The result of a scan as a client reads it (ONLINE-5, ONLINE-6).
    ScanResultShape = "ScanResult" {
        status: ScanStatus,
        is_data_found: Maybe<bool>,
        comparison: Maybe<Option<ComparisonShape>>,
        data: FoundOrNothing => "The data that was found; an empty list where there is none.",
    }
}

/// The data that was found, or an empty list (ONLINE-6).
#[derive(Clone, Debug)]
pub(crate) struct FoundOrNothing(Option<FoundShape>);

impl Shown for FoundOrNothing {
    const HOLDS: Holds = Holds::ObjectOrNothing(FoundShape::SCHEMA.fields);

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(found) => found.write(writing, serializer),
            None => [(); 0].serialize(serializer),
        }
    }
}

/// The state of the scan of a site (ONLINE-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScanStatus {
    NotStarted,
    Initiated,
    Failed,
    Completed,
}

impl ScanStatus {
    /// The names, in order.
    const NAMES: [&'static str; 4] = ["SCAN_NOT_STARTED", "SCAN_INITIATED", "SCAN_FAILED", "SCAN_COMPLETED"];

    /// Whether the scan has ended.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Failed | Self::Completed)
    }
}

impl Shown for ScanStatus {
    const HOLDS: Holds = Holds::OneOf(&Self::NAMES);

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::NAMES[*self as usize])
    }
}

/// One run of a scan: the account it is for, how often it has run, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanRun<'a> {
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
    /// A scan of `site`, whose outcome is decided here and told when it is over. The same run has the same outcome, unless
    /// the site has removed its data before the scan begins.
    pub(crate) fn new(site: &Site, run: ScanRun<'_>, is_removed: bool) -> Self {
        let choice =
            [site.id, run.scan, run.attempt].into_iter().fold(run.account, |choice, number| mix(choice ^ mix(number)));
        let outcome = site.outcome.unwrap_or(match choice % 6 {
            0 => PinnedOutcome::Failed,
            1 | 2 => PinnedOutcome::Nothing,
            _ => PinnedOutcome::Found,
        });
        let outcome = match outcome {
            PinnedOutcome::Failed => Outcome::Failed,
            PinnedOutcome::FailedOnce if run.attempt == 1 => Outcome::Failed,
            PinnedOutcome::Nothing => Outcome::Nothing,
            PinnedOutcome::Found | PinnedOutcome::FailedOnce if is_removed => Outcome::Nothing,
            PinnedOutcome::Found | PinnedOutcome::FailedOnce => {
                Outcome::Found(Box::new(Found::of(run.profile, run.ssn, choice)))
            }
        };
        let ScanRun { attempt, begins_at, ends_at, .. } = run;
        Self { site: site.id, attempt, begins_at, ends_at, outcome }
    }

    /// Its state.
    pub(crate) fn status(&self, now: Timestamp) -> ScanStatus {
        match self.outcome {
            _ if now < self.begins_at => ScanStatus::NotStarted,
            _ if now < self.ends_at => ScanStatus::Initiated,
            Outcome::Failed => ScanStatus::Failed,
            Outcome::Found(_) | Outcome::Nothing => ScanStatus::Completed,
        }
    }

    /// Whether it finds data.
    pub(crate) fn finds_data(&self) -> bool {
        matches!(self.outcome, Outcome::Found(_))
    }

    /// The result as a client reads it.
    pub(crate) fn show(&self, now: Timestamp) -> ScanResultShape {
        match (self.status(now), &self.outcome) {
            (status @ ScanStatus::Completed, Outcome::Found(found)) => {
                let [first_name, last_name, email, ssn, phone, street, zip, city] = found.data.clone();
                ScanResultShape {
                    status,
                    is_data_found: Maybe(Some(true)),
                    comparison: Maybe(Some(Some(found.comparison()))),
                    data: FoundOrNothing(Some(FoundShape {
                        first_name,
                        last_name,
                        email,
                        ssn,
                        phone,
                        street,
                        zip,
                        city,
                    })),
                }
            }
            (status @ ScanStatus::Completed, Outcome::Nothing | Outcome::Failed) => ScanResultShape {
                is_data_found: Maybe(Some(false)),
                comparison: Maybe(Some(None)),
                ..ScanResultShape::without_data(status)
            },
            (status, _) => ScanResultShape::without_data(status),
        }
    }
}

impl ScanResultShape {
    /// The result of a site that no scan has reached.
    pub(crate) fn none() -> Self {
        Self::without_data(ScanStatus::NotStarted)
    }

    fn without_data(status: ScanStatus) -> Self {
        Self { status, is_data_found: Maybe(None), comparison: Maybe(None), data: FoundOrNothing(None) }
    }
}

impl Found {
    /// The name of the profile, and those of the other fields that the bits of `choice` select.
    fn of(profile: &Profile, ssn: Option<&str>, choice: u64) -> Self {
        let has = |bit: u32| choice >> bit & 1 == 1;
        let some = |bit: u32, value: &Option<Box<str>>| value.clone().filter(|_| has(bit));
        let street = if has(20) && has(21) { Some(OLD_STREET.into()) } else { some(20, &profile.street) };
        let data = [
            Some(profile.first_name.clone()),
            Some(profile.last_name.clone()),
            Some(profile.email.clone()).filter(|_| has(16)),
            ssn.filter(|_| has(17)).map(|ssn| ssn::masked(ssn).into()),
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

    fn comparison(&self) -> ComparisonShape {
        let [
            is_first_name_equal,
            is_last_name_equal,
            is_email_equal,
            is_phone_equal,
            is_street_equal,
            is_zip_equal,
            is_city_equal,
        ] = self.is_equal;
        ComparisonShape {
            is_first_name_equal,
            is_last_name_equal,
            is_email_equal,
            is_phone_equal,
            is_street_equal,
            is_zip_equal,
            is_city_equal,
        }
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

    fn site(id: u64, outcome: Option<PinnedOutcome>) -> Site {
        Site { id, name: "A".into(), domain: "a.example".into(), country_code: "SE".into(), outcome }
    }

    fn scan(site: &Site, account: u64, scan: u64, attempt: u64, is_removed: bool) -> SiteScan {
        let (begins_at, ends_at, profile) = (at(10), at(40), &profile());
        let ssn = Some("19900101-2385");
        SiteScan::new(site, ScanRun { account, scan, attempt, begins_at, ends_at, profile, ssn }, is_removed)
    }

    fn shown(shape: &impl std::fmt::Debug) -> String {
        format!("{shape:?}")
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
            let statuses = [PinnedOutcome::Found, PinnedOutcome::Nothing, PinnedOutcome::Failed]
                .map(|pinned| scan(&site(1, Some(pinned)), 1, 1, 1, false).status(at(seconds)));
            assert_eq!(statuses, [if_found, if_found, if_failed], "after {seconds} s");
        }
    }

    #[test]
    fn the_outcome_of_a_site_is_fixed_or_chosen_and_the_choice_repeats() {
        let cases = [
            (PinnedOutcome::Found, 1, false, true),
            (PinnedOutcome::Found, 1, true, false),
            (PinnedOutcome::Nothing, 1, false, false),
            (PinnedOutcome::Failed, 2, false, false),
            (PinnedOutcome::FailedOnce, 1, false, false),
            (PinnedOutcome::FailedOnce, 2, false, true),
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
        assert_eq!(seen, [true; 3], "every outcome is chosen for some account");
    }

    #[test]
    fn data_that_is_found_never_shows_an_ssn_and_is_compared_with_the_profile() {
        for account in 1..200 {
            let scan = scan(&site(1, Some(PinnedOutcome::Found)), account, 1, 1, false);
            let text = shown(&scan.show(at(40)));
            assert!(!text.contains("19900101"), "{text}");
            let Outcome::Found(found) = &scan.outcome else { panic!("it is fixed") };
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
}
