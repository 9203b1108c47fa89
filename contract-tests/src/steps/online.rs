//! Online Data: its routes, a user who has a profile there, and how the status of a scan is read.

use serde_json::{Value, json};

use crate::case::Case;
use crate::documented::Route;
use crate::exchange::{Account, Answer, Caller};
use crate::format::Format;
use crate::halt::Halt;
use crate::kind::PHONE;
use crate::reader;
use crate::steps::once::once;

pub(crate) const PROFILE: &str = "/api/v1/delete-my-data";
pub(crate) const SCAN: &str = "/api/v1/delete-my-data/scan";
pub(crate) const SCAN_STATUS: &str = "/api/v1/delete-my-data/scan/status";
pub(crate) const STATUS: &str = "/api/v1/delete-my-data/status";
pub(crate) const SITES: &str = "/api/v1/delete-my-data/sites";

/// The state in which a removal request begins (ONLINE-7).
pub(crate) const FIRST_REMOVAL_STATE: &str = "POA_SENT_TO_SITE";

/// The fields of data that a scan has found (ONLINE-6).
const DATA: [&str; 8] = ["firstName", "lastName", "email", "ssn", "phone", "street", "zip", "city"];

/// Whether a route is one of Online Data.
pub(crate) fn serves(route: &Route) -> bool {
    route.path.starts_with(PROFILE)
}

/// A new profile, which has no field in common with any other (ONLINE-2).
pub(crate) fn profile(case: &Case) -> Value {
    let (city, phone) = (case.values.name(), PHONE.new_value(case));
    json!({
        "first_name": case.values.name(), "last_name": case.values.name(), "email": case.email(), "phone": phone,
        "street": format!("{city} 7"), "zip": format!("1{}", &phone[phone.len() - 4..]), "city": city,
    })
}

/// A user whose plan includes Online Data, and who has a profile there.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) account: Account,
    pub(crate) app: Caller,
    pub(crate) profile: Value,
}

impl Subscriber {
    /// A new one. Nothing removes a profile, so no other case uses its account afterwards.
    pub(crate) async fn new(case: &Case) -> Result<Self, Halt> {
        let account = case.fresh_account().await?;
        let (app, profile) = (case.app(&account).await?, profile(case));
        let answer = case.post(&app, PROFILE, profile.clone()).await?;
        answer.demand("a profile is taken", reader::is_success).map_err(Halt::into_required)?;
        Ok(Self { account, app, profile })
    }

    /// One who has started a scan that takes the time that it takes: all checks of a run look at the same one.
    pub(crate) async fn scanning(case: &Case) -> Result<Self, Halt> {
        let begin = || async move {
            let own = Case::new(&case.session, case.format);
            let begun = Self::begin(&own).await;
            case.take_story(&own);
            (begun, own.has_lost_an_answer())
        };
        let (account, profile) = once(&case.session.scanned, begin).await?;
        // A token of an earlier check may be over by now.
        let app = case.app(&account).await?;
        Ok(Self { account, app, profile })
    }

    /// A new one who has started a scan, without the token.
    async fn begin(case: &Case) -> Result<(Account, Value), Halt> {
        let Self { app, account, profile } = Self::new(case).await?;
        start_scan(case, &app).await.map_err(Halt::into_required)?;
        Ok((account, profile))
    }

    /// Starts a scan.
    pub(crate) async fn scan(&self, case: &Case) -> Result<Answer, Halt> {
        start_scan(case, &self.app).await
    }

    /// The state of the scan, site by site.
    pub(crate) async fn scanned(&self, case: &Case) -> Result<Vec<Value>, Halt> {
        let answer = case.get(&self.app, SCAN_STATUS).await?;
        answer.demand("the status of the scan", reader::is_success)?;
        let sites = reader::sites(&answer.body).cloned();
        sites.ok_or_else(|| Halt::fail("one entry for each site under sites[]", format!("none to {}", answer.to)))
    }
}

async fn start_scan(case: &Case, app: &Caller) -> Result<Answer, Halt> {
    let answer = case.post(app, SCAN, json!({})).await?;
    answer.demand("a scan is started", reader::is_success)?;
    Ok(answer)
}

/// Where one site of the scan is tried again.
pub(crate) fn retry(site: &str) -> String {
    format!("{SCAN}/{site}/retry")
}

/// The state of a site's scan (ONLINE-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanState {
    NotStarted,
    Initiated,
    Failed,
    Completed,
}

impl ScanState {
    const ALL: [Self; 4] = [Self::NotStarted, Self::Initiated, Self::Failed, Self::Completed];

    /// Its name in answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "SCAN_NOT_STARTED",
            Self::Initiated => "SCAN_INITIATED",
            Self::Failed => "SCAN_FAILED",
            Self::Completed => "SCAN_COMPLETED",
        }
    }

    /// The state that an entry of a scan is in.
    pub(crate) fn of(entry: &Value) -> Result<Self, Halt> {
        let status = &entry["scan_result"]["status"];
        let expected =
            || format!("scan_result.status of every site is one of {}", Self::ALL.map(Self::name).join(", "));
        let known = Self::ALL.into_iter().find(|state| status == state.name());
        known.ok_or_else(|| Halt::fail(expected(), status.to_string()))
    }
}

/// Whether the scan of a site has come to an end.
pub(crate) fn is_over(entry: &Value) -> bool {
    matches!(ScanState::of(entry), Ok(ScanState::Failed | ScanState::Completed))
}

/// Whether the scan of a site has completed.
pub(crate) fn is_completed(entry: &Value) -> bool {
    ScanState::of(entry).is_ok_and(|state| state == ScanState::Completed)
}

/// A completed scan tells whether data was found, and how it compares; data is there where it was found only.
pub(crate) fn is_result(entry: &Value, format: Format) -> Result<(), Halt> {
    let result = &entry["scan_result"];
    let (found, data) = (result.get("is_data_found"), result.get("data"));
    if !is_completed(entry) {
        let is_early = data.is_some_and(|data| data.as_object().is_some_and(|data| !data.is_empty()));
        return Halt::unless(!is_early, "no data before data is found", || "data of a scan that has none".into());
    }
    let found = found.ok_or_else(|| Halt::fail("is_data_found with a completed scan", "none"))?;
    let issue = reader::boolean_issue("is_data_found", found, format);
    let is_boolean = issue.is_none() && reader::boolean(found).is_some();
    Halt::unless(is_boolean, "is_data_found as the format writes a boolean", || found.to_string())?;
    Halt::unless(result.get("comparison").is_some(), "comparison with a completed scan", || "none".into())?;
    let data = data.cloned().unwrap_or_default();
    if reader::boolean(found) == Some(true) {
        Halt::unless(!result["comparison"].is_null(), "a comparison with the data that was found", || "null".into())?;
        let missing: Vec<_> = DATA.into_iter().filter(|field| data.get(field).is_none()).collect();
        let expected = format!("data with {}", DATA.join(", "));
        return Halt::unless(missing.is_empty(), expected, || format!("without {}", missing.join(", ")));
    }
    Halt::unless(data == json!([]), "data is [] where none was found", || data.to_string())
}

/// Whether the scan of a site has begun.
pub(crate) fn is_begun(entry: &Value) -> bool {
    ScanState::of(entry).is_ok_and(|state| state != ScanState::NotStarted)
}

/// The states of a site's removal requests: a text each.
pub(crate) fn removals(entry: &Value) -> Result<Vec<&str>, Halt> {
    let requests = match entry.get("removal_requests") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(requests) => requests,
    };
    let all = requests.as_array().ok_or_else(|| Halt::fail("a list of removal requests", requests.to_string()))?;
    let state = |request: &Value| request["status"].as_str().filter(|text| !text.is_empty()).map(|_| ());
    if let Some(request) = all.iter().find(|request| state(request).is_none()) {
        return Err(Halt::fail("a status of every removal request", request["status"].to_string()));
    }
    Ok(all.iter().filter_map(|request| request["status"].as_str()).collect())
}
