//! What the suite runs against, and what it needs to know to do so.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

use crate::secrets::Secret;

/// A system that serves the Defentry API.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where its paths begin, without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) crm: CrmLogin,
    /// A second partner, for isolation between partners.
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
}

/// How a CRM token of a partner is come by.
#[derive(Clone, Debug)]
pub(crate) enum CrmLogin {
    /// By the documented login (LOGIN-1).
    Password { username: String, password: Secret },
    /// Somebody has obtained it before.
    Token(Secret),
}

/// The credentials that app tokens are issued for (SSO-2).
#[derive(Clone, Debug)]
pub(crate) struct SsoClient {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
}

/// How what the target sends to people is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Messages {
    /// In the outbox under `/_mock/`, if the target has one.
    Detect,
    /// In the outbox under `/_mock/`.
    Mock,
    /// Not at all: checks that need them are skipped.
    None,
}

/// A `DEFENTRY_…` variable that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableError {
    /// Which one.
    pub variable: &'static str,
    /// What is wrong with it; never its value where that may be a secret.
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
        Self::from_variables(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
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
        Ok(Some(Self {
            base_url: base_url_of(&base_url, read.text("DEFENTRY_ALLOW_WRITES")?.as_deref())?,
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
            messages: match read.text("DEFENTRY_MESSAGES")?.as_deref() {
                None => Messages::Detect,
                Some("mock") => Messages::Mock,
                Some("none") => Messages::None,
                Some(other) => return Err(not("DEFENTRY_MESSAGES", other, "mock or none")),
            },
        }))
    }

    /// The same target, reached by another URL, such as that of a proxy.
    #[must_use]
    pub fn at(self, base_url: String) -> Self {
        Self { base_url, ..self }
    }

    /// Where its paths begin, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Whether it is on this machine, as far as its name tells.
    pub(crate) fn is_loopback(&self) -> bool {
        Url::parse(&self.base_url).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
    }
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

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse().map_or(host == "localhost" || host.ends_with(".localhost"), |ip: IpAddr| ip.is_loopback())
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
        assert!(target.messages == Messages::Detect && target.sso.is_none() && !target.normalize_all);
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
