//! The target of a run and the settings of the run, as the `DEFENTRY_…` variables give them.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;

use crate::kind::KINDS;
use crate::messages::{MESSAGES, Messages, PASSWORD, Problem};
use crate::secrets::Secret;
use crate::trust::Trust;

/// A system that serves the Defentry API.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where its paths begin, without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) crm: CrmLogin,
    /// A second partner, to test the isolation of partners.
    pub(crate) crm2: Option<CrmLogin>,
    /// Without an SSO client, everything with an app token is skipped.
    pub(crate) sso: Option<SsoClient>,
    pub(crate) plan_id: u64,
    /// A plan without the Online Data product (ONLINE-1).
    pub plan_without_online_id: u64,
    /// Whether an account needs an SSN when it is created (ACCOUNT-3).
    pub(crate) ssn_required: bool,
    /// The domain of the addresses that the suite makes up.
    pub(crate) email_domain: String,
    /// Whether the deployment forces the standardized format (FORMAT-2).
    pub(crate) normalize_all: bool,
    pub(crate) messages: Messages,
    /// How long to wait for a message, or for a leak of a value that is known.
    pub(crate) patience: Duration,
    /// The certificates that its own may be of.
    pub(crate) trust: Trust,
    /// Values that the target holds in a breach.
    pub(crate) leaked: Leaked,
    /// The life of a CRM token, if it is short enough to wait for.
    pub(crate) crm_life: Option<Duration>,
    /// Requests a second at which the target throttles.
    pub(crate) throttle: Option<u32>,
    /// Whether it ends with this process, so that nothing has to be removed from it.
    pub(crate) is_throwaway: bool,
    /// Whether it is on another machine, where requests are few and accounts are shared.
    pub(crate) is_far: bool,
    /// Whether it has control routes, where that is not to be found out.
    pub(crate) has_control_routes: Option<bool>,
    /// Where its host is, whatever the name service says.
    pub(crate) address: Option<SocketAddr>,
}

/// Values that a target is known to hold in a breach, by the names of their kinds, for targets whose leaks cannot be
/// seeded.
pub(crate) type Leaked = BTreeMap<&'static str, String>;

/// How a run goes about its target.
#[derive(Clone, Debug)]
pub struct Settings {
    /// At most so many requests a second; none is no limit.
    pub rate: Option<f64>,
    /// At most so many requests in all, removals at the end not counted; none is no limit.
    pub budget: Option<u64>,
    /// Whether calls that are much alike are chosen among, by the seed, so that a run keeps to a small budget.
    pub is_frugal: bool,
    /// By how much the waits are shortened that give a target time: for tests, whose targets need none.
    pub haste: u32,
    /// The seed of everything that is generated.
    pub seed: u64,
    /// Cases of the model test; none is as many as the target is good for.
    pub cases: Option<u32>,
    /// Steps of each of them.
    pub steps: Option<usize>,
    /// Where the reports and the ledger go.
    pub results: PathBuf,
    /// Whether a profile of the target is to be made, for which all exchanges are kept in memory.
    pub learns: bool,
}

/// How long to wait for a message from a target on this machine, and from one elsewhere.
const NEAR_PATIENCE: Duration = Duration::from_secs(10);
const FAR_PATIENCE: Duration = Duration::from_secs(60);

/// With so many requests a run need not choose among calls that are much alike.
const THRIFT: u64 = 3500;

impl Default for Settings {
    /// As for a target on this machine, with a seed of its own.
    fn default() -> Self {
        Self {
            rate: None,
            budget: None,
            is_frugal: false,
            haste: 1,
            seed: RandomState::new().hash_one(()) >> 32,
            cases: None,
            steps: None,
            results: "target/contract".into(),
            learns: false,
        }
    }
}

impl Settings {
    /// The settings that the environment gives for a target.
    pub fn from_environment(target: Option<&Target>) -> Result<Self, VariableError> {
        Self::from_variables(target, from_environment)
    }

    /// The settings that the variables of `lookup` give; defaults depend on whether the target is on this machine.
    pub fn from_variables(
        target: Option<&Target>,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, VariableError> {
        let read = Variables { lookup };
        let is_near = target.is_none_or(Target::is_loopback);
        let default = Self::default();
        let positive = |variable, rate: Option<f64>| match rate {
            Some(rate) if !(rate.is_finite() && rate > 0.0) => {
                Err(not(variable, &rate.to_string(), "a number of requests above zero"))
            }
            rate => Ok(rate),
        };
        let budget = read.parsed("DEFENTRY_BUDGET", "a number of requests")?.or((!is_near).then_some(1000));
        let rate = read.parsed("DEFENTRY_RATE", "a number of requests a second")?;
        Ok(Self {
            rate: positive("DEFENTRY_RATE", rate)?.or((!is_near).then_some(2.0)),
            budget,
            is_frugal: !is_near && budget.is_some_and(|budget| budget < THRIFT),
            haste: default.haste,
            seed: read.parsed("DEFENTRY_SEED", "a whole number")?.unwrap_or(default.seed),
            cases: read.parsed("DEFENTRY_CASES", "a number of cases")?,
            steps: match read.parsed("DEFENTRY_STEPS", "a number of steps")? {
                Some(0) => return Err(not("DEFENTRY_STEPS", "0", "a number of steps above zero")),
                steps => steps,
            },
            results: read.text("DEFENTRY_RESULTS_DIR")?.map_or(default.results, PathBuf::from),
            learns: default.learns,
        })
    }
}

/// How a CRM token of a partner is come by.
#[derive(Clone, Debug)]
pub(crate) enum CrmLogin {
    /// By the documented login (LOGIN-1).
    Password { username: String, password: Secret },
    /// It was obtained before the run.
    Token(Secret),
}

/// The credentials that app tokens are issued for (SSO-2).
#[derive(Clone, Debug)]
pub(crate) struct SsoClient {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
}

/// A `DEFENTRY_…` variable that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableError {
    /// Which one.
    pub variable: &'static str,
    /// The mistake in it; never its value where that may be a secret.
    pub problem: String,
}

impl fmt::Display for VariableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.problem)
    }
}

impl std::error::Error for VariableError {}

impl Target {
    /// The target that the environment names; none where `DEFENTRY_BASE_URL` is absent.
    pub fn from_environment() -> Result<Option<Self>, VariableError> {
        Self::from_variables(from_environment)
    }

    /// The same with variables from elsewhere. One that is set to nothing is an error: a secret that did not reach this
    /// process must not turn into a check that is skipped.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, VariableError> {
        let read = Variables { lookup };
        let Some(base_url) = read.text("DEFENTRY_BASE_URL")? else { return Ok(None) };
        let password = |(username, password)| CrmLogin::Password { username, password };
        let login = read.pair("DEFENTRY_CRM_USERNAME", "DEFENTRY_CRM_PASSWORD")?.map(password);
        let token = read.text("DEFENTRY_CRM_TOKEN")?.map(|token| CrmLogin::Token(Secret(token)));
        let sso = read.pair("DEFENTRY_CLIENT_ID", "DEFENTRY_CLIENT_SECRET")?;
        let base_url = base_url_of(&base_url, read.text("DEFENTRY_ALLOW_WRITES")?.as_deref())?;
        let host = Url::parse(&base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let is_far = !host.is_some_and(|host| is_loopback(&host));
        let trust = match read.text("DEFENTRY_CA_FILE")? {
            Some(path) => Trust::with_file(&path).map_err(|problem| refused("DEFENTRY_CA_FILE", problem))?,
            None => Trust::default(),
        };
        Ok(Some(Self {
            is_far,
            has_control_routes: None,
            address: None,
            base_url,
            crm: login.or(token).ok_or_else(|| {
                refused("DEFENTRY_CRM_USERNAME", "is not set, nor is DEFENTRY_CRM_TOKEN: the suite needs one of them")
            })?,
            crm2: read.pair("DEFENTRY_CRM2_USERNAME", "DEFENTRY_CRM2_PASSWORD")?.map(password),
            sso: sso.map(|(client_id, client_secret)| SsoClient { client_id, client_secret }),
            plan_id: read.parsed("DEFENTRY_PLAN_ID", "a plan number")?.unwrap_or(1),
            plan_without_online_id: read.parsed("DEFENTRY_PLAN_WITHOUT_ONLINE_ID", "a plan number")?.unwrap_or(2),
            ssn_required: read.parsed("DEFENTRY_SSN_REQUIRED", "true or false")?.unwrap_or(true),
            email_domain: match read.text("DEFENTRY_EMAIL_DOMAIN")? {
                None => "example.com".into(),
                Some(text) if text.contains(['@', ' ']) => return Err(not("DEFENTRY_EMAIL_DOMAIN", &text, "a domain")),
                Some(text) => text,
            },
            normalize_all: read.parsed("DEFENTRY_NORMALIZE_ALL", "true or false")?.unwrap_or(false),
            messages: read.messages(&trust)?,
            patience: match read.parsed("DEFENTRY_MESSAGE_SECONDS", "a whole number of seconds")? {
                Some(0) => return Err(not("DEFENTRY_MESSAGE_SECONDS", "0", "a number of seconds above zero")),
                Some(seconds) => Duration::from_secs(seconds),
                None if is_far => FAR_PATIENCE,
                None => NEAR_PATIENCE,
            },
            trust,
            leaked: read.leaked()?,
            crm_life: read.parsed("DEFENTRY_CRM_SECONDS", "a number of seconds")?.map(Duration::from_secs),
            throttle: read.parsed("DEFENTRY_THROTTLE", "a number of requests a second")?,
            is_throwaway: false,
        }))
    }

    /// The same target, reached by another URL, such as that of a proxy.
    #[must_use]
    pub fn at(self, base_url: String) -> Self {
        Self { base_url, ..self }
    }

    /// The same target, whose host is at this address whatever the name service says.
    #[must_use]
    pub fn found_at(self, address: SocketAddr) -> Self {
        Self { address: Some(address), ..self }
    }

    /// The same target as one whose accounts may be created without an SSN (ACCOUNT-3).
    #[must_use]
    pub fn with_ssn_optional(self) -> Self {
        Self { ssn_required: false, ..self }
    }

    /// The same target as one whose deployment forces the standardized format (FORMAT-2).
    #[must_use]
    pub fn with_forced_format(self) -> Self {
        Self { normalize_all: true, ..self }
    }

    /// Where its paths begin, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Whether it is on this machine, as far as its name tells.
    pub(crate) fn is_loopback(&self) -> bool {
        !self.is_far
    }

    /// The mock as a run against this target would meet it, in a rehearsal. Messages that a reader would show are in its
    /// outbox.
    pub(crate) fn rehearsed_on(&self, mock: Self) -> Self {
        Self {
            crm2: mock.crm2.filter(|_| self.crm2.is_some()),
            sso: mock.sso.filter(|_| self.sso.is_some()),
            messages: match self.messages {
                Messages::By(_) | Messages::Mock => Messages::Mock,
                Messages::Detect if !self.is_far => Messages::Mock,
                Messages::Detect | Messages::None => Messages::None,
            },
            leaked: self.leaked.clone(),
            patience: self.patience,
            is_throwaway: false,
            is_far: self.is_far,
            has_control_routes: Some(!self.is_far),
            ..mock
        }
    }
}

fn from_environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn refused(variable: &'static str, problem: impl Into<String>) -> VariableError {
    VariableError { variable, problem: problem.into() }
}

fn not(variable: &'static str, value: &str, wanted: &str) -> VariableError {
    refused(variable, format!("is {value:?}, which is not {wanted}"))
}

/// A base URL as it is used, if the suite may write there: what runs here creates accounts.
fn base_url_of(text: &str, allowed: Option<&str>) -> Result<String, VariableError> {
    // The value is not quoted: a URL may hold a password.
    let is_bare =
        |url: &Url| url.username().is_empty() && url.password().is_none() && !url.as_str().contains(['?', '#']);
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && is_bare(url));
    let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host_str()?))) else {
        return Err(refused("DEFENTRY_BASE_URL", "is not http or https, a host and perhaps a path"));
    };
    if !is_loopback(host) && !allowed.is_some_and(|name| name.eq_ignore_ascii_case(host)) {
        let problem = format!("must be {host:?}: the suite writes, so a host that is not this machine is named twice");
        return Err(refused("DEFENTRY_ALLOW_WRITES", problem));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether a host is this machine. A name below `localhost` may be any machine's for all that DNS says, so it is looked
/// up.
fn is_loopback(host: &str) -> bool {
    is_loopback_by(host, |name| Some((name, 0).to_socket_addrs().ok()?.map(|address| address.ip()).collect()))
}

fn is_loopback_by(host: &str, look_up: impl Fn(&str) -> Option<Vec<IpAddr>>) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_all = |addresses: Vec<IpAddr>| !addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback);
    match address.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) if host == "localhost" => true,
        Err(_) => host.ends_with(".localhost") && look_up(host).is_some_and(is_all),
    }
}

/// Where variables are looked up.
struct Variables<F> {
    lookup: F,
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    fn text(&self, variable: &'static str) -> Result<Option<String>, VariableError> {
        match (self.lookup)(variable) {
            Some(value) if value.trim().is_empty() => {
                Err(refused(variable, "is set, and empty: give it a value, or unset it"))
            }
            value => Ok(value),
        }
    }

    fn messages(&self, trust: &Trust) -> Result<Messages, VariableError> {
        let password = self.text(PASSWORD)?.map(Secret);
        let Some(text) = self.text(MESSAGES)? else { return Ok(Messages::Detect) };
        let told = Messages::told(&text, password, trust);
        told.map_err(|Problem { variable, problem }| VariableError { variable, problem })
    }

    fn leaked(&self) -> Result<Leaked, VariableError> {
        let mut leaked = Leaked::new();
        for kind in KINDS {
            let value = kind.leaks.as_ref().map(|leaks| self.text(leaks.variable)).transpose()?.flatten();
            leaked.extend(value.map(|value| (kind.name, value)));
        }
        Ok(leaked)
    }

    fn parsed<T: FromStr>(&self, variable: &'static str, wanted: &str) -> Result<Option<T>, VariableError> {
        let value = self.text(variable)?;
        value.map(|value| value.parse().map_err(|_| not(variable, &value, wanted))).transpose()
    }

    /// A name and its secret: both or neither.
    fn pair(&self, name: &'static str, secret: &'static str) -> Result<Option<(String, Secret)>, VariableError> {
        match (self.text(name)?, self.text(secret)?) {
            (Some(text), Some(hidden)) => Ok(Some((text, Secret(hidden)))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(refused(secret, format!("is not set, but {name} is"))),
            (None, Some(_)) => Err(refused(name, format!("is not set, but {secret} is"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &[(&str, &str)]) -> Result<Option<Target>, VariableError> {
        let whole = [
            ("DEFENTRY_BASE_URL", "http://127.0.0.1:8650/"),
            ("DEFENTRY_CRM_USERNAME", "service@partner.example"),
            ("DEFENTRY_CRM_PASSWORD", "canary"),
        ];
        let last = |name: &str| whole.iter().chain(more).rev().find(|(key, _)| *key == name);
        Target::from_variables(|name| last(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn defaults_are_as_documented_and_no_secret_is_printed() {
        assert!(Target::from_variables(|_| None).expect("nothing is malformed").is_none());
        let target = read(&[]).expect("well formed").expect("a target");
        assert_eq!((&*target.base_url, &*target.email_domain), ("http://127.0.0.1:8650", "example.com"));
        assert_eq!((target.plan_id, target.plan_without_online_id, target.ssn_required), (1, 2, true));
        assert!(matches!(target.messages, Messages::Detect) && target.sso.is_none() && !target.normalize_all);
        assert_eq!(target.patience, NEAR_PATIENCE);
        assert!(!format!("{target:?}").contains("canary"));
    }

    #[test]
    fn a_malformed_variable_is_named() {
        let cases = [
            ("DEFENTRY_BASE_URL", &["127.0.0.1:8650", "ftp://127.0.0.1", "http://user:canary@127.0.0.1", ""][..]),
            ("DEFENTRY_CRM_USERNAME", &[" "]),
            ("DEFENTRY_PLAN_ID", &["one"]),
            ("DEFENTRY_PLAN_WITHOUT_ONLINE_ID", &["-2"]),
            ("DEFENTRY_SSN_REQUIRED", &["maybe", "1"]),
            ("DEFENTRY_NORMALIZE_ALL", &["yes"]),
            ("DEFENTRY_EMAIL_DOMAIN", &["@example.com"]),
            ("DEFENTRY_MESSAGES", &["pigeon"]),
            ("DEFENTRY_MESSAGE_SECONDS", &["0", "soon", "1.5"]),
            ("DEFENTRY_CA_FILE", &["/no/such/file", "/dev/null"]),
        ];
        for (variable, values) in cases {
            for value in values {
                let error = read(&[(variable, value)]).expect_err(value);
                assert!(error.variable == variable && !error.problem.contains("canary"), "{error}");
            }
        }
        let half = read(&[("DEFENTRY_CLIENT_ID", "client")]).expect_err("half a client");
        assert_eq!(half.to_string(), "DEFENTRY_CLIENT_SECRET is not set, but DEFENTRY_CLIENT_ID is");
    }

    #[test]
    fn a_name_below_localhost_is_this_machine_if_it_leads_here() {
        let cases: [(&str, Option<&[&str]>, bool); 8] = [
            ("mock.localhost", Some(&["127.0.0.1", "::1"]), true),
            ("mock.localhost", Some(&["127.0.0.1", "192.0.2.1"]), false),
            ("mock.localhost", Some(&["192.0.2.1"]), false),
            ("mock.localhost", Some(&[]), false),
            ("mock.localhost", None, false),
            ("localhost", None, true),
            ("[::1]", None, true),
            ("mock.example.com", Some(&["127.0.0.1"]), false),
        ];
        for (host, addresses, expected) in cases {
            let look_up = |_: &str| addresses.map(|all| all.iter().map(|ip| ip.parse().expect("an address")).collect());
            assert_eq!(is_loopback_by(host, look_up), expected, "{host} {addresses:?}");
        }
    }

    #[test]
    fn writes_off_loopback_need_the_host_named_twice() {
        let cases = [
            ("http://localhost:8650", None, true),
            ("http://127.8.9.1", None, true),
            ("http://[::1]:8650", None, true),
            ("https://api.example.com", None, false),
            ("https://api.example.com", Some("example.com"), false),
            ("https://api.example.com", Some("API.example.com"), true),
            ("http://127.0.0.1.example.com", None, false),
        ];
        for (url, allowed, expected) in cases {
            let variable = base_url_of(url, allowed).err().map(|error| error.variable);
            assert_eq!(variable, (!expected).then_some("DEFENTRY_ALLOW_WRITES"), "{url} {allowed:?}");
        }
    }
}
