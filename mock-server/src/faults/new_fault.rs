//! A fault as a test asks for it, and the rules that a fault must keep.

use serde::{Deserialize, Serialize};

use super::effect::{ConnectionEnd, Injection, MessageEffect, RequestEffect};
use super::kinds::{FaultKind, FaultToken, FaultWhen, Latency};
use super::pattern::{PathPattern, RequestPattern};
use crate::model::message::{Channel, MessageFilter};

/// A fault to be set (`POST /_mock/faults`). Only the kind is required, and the fields that the kind names.
///
/// ```
/// use mock_server::{FaultKind, NewFault};
///
/// let three_failures = NewFault::status(503).on("POST", "/api/v1/account/{account_id}/email-watchlist").next(3);
///
/// // The same by its fields.
/// let fields = NewFault {
///     method: Some("POST".to_owned()),
///     path: Some("/api/v1/account/{account_id}/email-watchlist".to_owned()),
///     status: Some(503),
///     next: Some(3),
///     ..NewFault::of(FaultKind::Status)
/// };
/// assert_eq!(three_failures, fields);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFault {
    /// Its effect.
    pub kind: FaultKind,
    /// The method of the requests; GET includes HEAD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path of the requests as the guide writes it. `*` is any segment, or at the end all that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The token of the requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<FaultToken>,
    /// The channel of the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The address or number that the messages go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How many it applies to; all of them if this and `share` are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// The share of them that it applies to, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// The seed of a share or a distribution; the id of the fault if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random_seed: Option<u64>,
    /// The seconds after which it ends by the mock's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u32>,
    /// The delay of [`FaultKind::Latency`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<Latency>,
    /// The status of [`FaultKind::Status`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The moment of [`FaultKind::Status`], [`FaultKind::Cut`] and [`FaultKind::Reset`]: before the work or after it;
    /// before if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<FaultWhen>,
    /// The bytes of the body that arrive with [`FaultKind::Truncate`]; of a shorter body all but the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// The value of `Retry-After` with [`FaultKind::Throttle`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// The delay of [`FaultKind::MessageDelay`] by the mock's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

impl NewFault {
    /// A fault of this kind, everything else left out.
    pub fn of(kind: FaultKind) -> Self {
        Self {
            kind,
            method: None,
            path: None,
            token: None,
            channel: None,
            to: None,
            next: None,
            share: None,
            random_seed: None,
            for_seconds: None,
            milliseconds: None,
            status: None,
            when: None,
            bytes: None,
            retry_after_seconds: None,
            seconds: None,
        }
    }

    /// Responses come so many milliseconds late.
    pub fn latency(milliseconds: u32) -> Self {
        Self { milliseconds: Some(Latency::Fixed(milliseconds)), ..Self::of(FaultKind::Latency) }
    }

    /// Requests are answered by an error of this status.
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::of(FaultKind::Status) }
    }

    /// Requests are answered by 429, with so many seconds in `Retry-After`.
    pub fn throttle(retry_after_seconds: u32) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::of(FaultKind::Throttle) }
    }

    /// Connections are closed without a response.
    pub fn cut() -> Self {
        Self::of(FaultKind::Cut)
    }

    /// Connections are reset, by TCP, without a response.
    pub fn reset() -> Self {
        Self::of(FaultKind::Reset)
    }

    /// Responses end after so many bytes of their bodies.
    pub fn truncate(bytes: usize) -> Self {
        Self { bytes: Some(bytes), ..Self::of(FaultKind::Truncate) }
    }

    /// Messages arrive so many seconds late, by the mock's clock.
    pub fn message_delay(seconds: u32) -> Self {
        Self { seconds: Some(seconds), ..Self::of(FaultKind::MessageDelay) }
    }

    /// Messages never arrive.
    pub fn message_drop() -> Self {
        Self::of(FaultKind::MessageDrop)
    }

    /// The same for requests of this method and path, as the guide writes it.
    pub fn on(self, method: &str, path: &str) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path.to_owned()), ..self }
    }

    /// The same for messages to this address or number.
    pub fn to(self, address: &str) -> Self {
        Self { to: Some(address.to_owned()), ..self }
    }

    /// The same for the next so many only.
    pub fn next(self, next: u64) -> Self {
        Self { next: Some(next), ..self }
    }

    /// The same after the work is done: the client does not hear of it.
    pub fn after(self) -> Self {
        Self { when: Some(FaultWhen::After), ..self }
    }

    /// The requests or messages that it matches, and its effect on them.
    ///
    /// Whether the guide has such a route, and a fault such a status, is checked where routes are known.
    ///
    /// # Errors
    /// A sentence that names the field, and says what would be right.
    pub(crate) fn injection(&self) -> Result<Injection, String> {
        self.check_fields()?;
        self.check_turn()?;
        let when = self.when();
        let effect = match self.kind {
            FaultKind::Latency => {
                let latency = required(self.milliseconds, "milliseconds", "a latency", "200")?;
                latency.check()?;
                return Ok(Injection::Latency(self.requests()?, latency));
            }
            FaultKind::Status => {
                RequestEffect::Status { status: required(self.status, "status", "another response", "503")?, when }
            }
            FaultKind::Cut => RequestEffect::End { end: ConnectionEnd::Cut, when },
            FaultKind::Reset => RequestEffect::End { end: ConnectionEnd::Reset, when },
            FaultKind::Truncate => {
                RequestEffect::Truncate { bytes: required(self.bytes, "bytes", "a truncated response", "20")? }
            }
            FaultKind::Throttle => {
                let seconds = required(self.retry_after_seconds, "retry_after_seconds", "throttling", "7")?;
                RequestEffect::Throttle { retry_after_seconds: seconds }
            }
            FaultKind::MessageDelay => {
                let seconds = required(self.seconds, "seconds", "a delayed message", "60")?;
                return Ok(self.on_messages(MessageEffect::Delay { seconds }));
            }
            FaultKind::MessageDrop => return Ok(self.on_messages(MessageEffect::Drop)),
            FaultKind::MessageDouble => return Ok(self.on_messages(MessageEffect::Double)),
            FaultKind::MessageReorder => {
                return Ok(self.on_messages(MessageEffect::Reorder { after: self.messages() }));
            }
        };
        Ok(Injection::Request(self.requests()?, effect))
    }

    /// Fills in the values that count where fields were left out.
    pub(super) fn fill_in(&mut self, id: u64) {
        if self.draws() {
            self.random_seed.get_or_insert(id);
        }
        if self.kind.own_fields().contains(&"when") {
            self.when = Some(self.when());
        }
    }

    fn when(&self) -> FaultWhen {
        self.when.unwrap_or(FaultWhen::Before)
    }

    /// Whether anything about it is random.
    fn draws(&self) -> bool {
        self.share.is_some() || matches!(self.milliseconds, Some(Latency::Drawn(_)))
    }

    /// Refuses a field of another kind.
    fn check_fields(&self) -> Result<(), String> {
        let given = [
            ("method", self.method.is_some()),
            ("path", self.path.is_some()),
            ("token", self.token.is_some()),
            ("channel", self.channel.is_some()),
            ("to", self.to.is_some()),
            ("milliseconds", self.milliseconds.is_some()),
            ("status", self.status.is_some()),
            ("when", self.when.is_some()),
            ("bytes", self.bytes.is_some()),
            ("retry_after_seconds", self.retry_after_seconds.is_some()),
            ("seconds", self.seconds.is_some()),
        ];
        let known = || self.kind.matches_by().iter().chain(self.kind.own_fields());
        match given.iter().find(|(name, is_given)| *is_given && !known().any(|known| known == name)) {
            None => Ok(()),
            Some((name, _)) => {
                let known: Vec<&str> = known().copied().collect();
                Err(format!(
                    "{name}: a fault of kind {} has no such field; it has {}, and next, share, random_seed, for_seconds",
                    self.kind.name(),
                    known.join(", ")
                ))
            }
        }
    }

    /// Refuses fields that contradict each other about how many it applies to.
    fn check_turn(&self) -> Result<(), String> {
        if self.next.is_some() && self.share.is_some() {
            return Err("next: it excludes share; leave one of them out".into());
        }
        if self.next == Some(0) {
            return Err("next: a whole number from 1 would be right; without it and share it applies to all".into());
        }
        if self.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("share: a number from 0 to 1 would be right, as in 0.25".into());
        }
        if self.for_seconds == Some(0) {
            return Err("for_seconds: a whole number from 1 would be right; without it there is no end by time".into());
        }
        if self.random_seed.is_some() && !self.draws() {
            return Err("random_seed: nothing is random here; it is for a share or a distribution of latencies".into());
        }
        Ok(())
    }

    fn requests(&self) -> Result<RequestPattern, String> {
        let read = |method: &String| {
            let method = method.to_ascii_uppercase().parse();
            method.map_err(|_| "method: an HTTP method would be right, as in GET".to_owned())
        };
        Ok(RequestPattern {
            method: self.method.as_ref().map(read).transpose()?,
            path: self.path.as_deref().map(PathPattern::parse),
            token: self.token,
        })
    }

    fn messages(&self) -> MessageFilter {
        MessageFilter { to: self.to.clone(), channel: self.channel }
    }

    fn on_messages(&self, effect: MessageEffect) -> Injection {
        Injection::Message(self.messages(), effect)
    }
}

/// The value of a field that its kind requires.
fn required<T>(value: Option<T>, field: &str, what: &str, example: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("{field}: {what} needs it, as in {{\"{field}\": {example}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(asked: &str) -> String {
        match serde_json::from_str::<NewFault>(asked) {
            Err(error) => error.to_string(),
            Ok(fault) => fault.injection().expect_err("it is refused"),
        }
    }

    #[test]
    fn a_fault_that_breaks_a_rule_is_refused_by_the_name_of_the_field() {
        let cases = [
            ("{}", "missing field `kind`"),
            (r#"{ "kind": "fire" }"#, "expected one of `latency`, `status`, `cut`"),
            (r#"{ "kind": "cut", "where": "/" }"#, "unknown field `where`"),
            (r#"{ "kind": "cut", "next": 1, "share": 0.5 }"#, "next: it excludes share"),
            (r#"{ "kind": "cut", "next": 0 }"#, "next: a whole number from 1"),
            (r#"{ "kind": "cut", "next": -1 }"#, "invalid value: integer `-1`"),
            (r#"{ "kind": "cut", "share": 1.01 }"#, "share: a number from 0 to 1"),
            (r#"{ "kind": "cut", "share": -0.1 }"#, "share: a number from 0 to 1"),
            (r#"{ "kind": "cut", "for_seconds": 0 }"#, "for_seconds: a whole number from 1"),
            (r#"{ "kind": "cut", "random_seed": 7 }"#, "random_seed: nothing is random here"),
            (r#"{ "kind": "latency", "milliseconds": 9, "random_seed": 7 }"#, "random_seed: nothing is random here"),
            (r#"{ "kind": "latency" }"#, "milliseconds: a latency needs it"),
            (
                r#"{ "kind": "latency", "milliseconds": 9, "when": "after" }"#,
                "when: a fault of kind latency has no such",
            ),
            (r#"{ "kind": "latency", "milliseconds": 60001 }"#, "milliseconds: it is at most 60000"),
            (r#"{ "kind": "latency", "milliseconds": -1 }"#, "expected a whole number of milliseconds"),
            (
                r#"{ "kind": "latency", "milliseconds": { "normal": [1, 2] } }"#,
                "expected a whole number of milliseconds",
            ),
            (r#"{ "kind": "latency", "milliseconds": { "uniform": [2, 1] } }"#, "from the smaller to the larger"),
            (
                r#"{ "kind": "latency", "milliseconds": { "uniform": [1, 60001] } }"#,
                "milliseconds: it is at most 60000",
            ),
            (
                r#"{ "kind": "latency", "milliseconds": { "lognormal": { "median": -1, "sigma": 1 } } }"#,
                "a median from 0",
            ),
            (r#"{ "kind": "latency", "milliseconds": { "lognormal": { "median": 1, "sigma": 11 } } }"#, "a sigma of 0"),
            (r#"{ "kind": "cut", "method": "no method" }"#, "method: an HTTP method would be right"),
            (r#"{ "kind": "status" }"#, "status: another response needs it"),
            (r#"{ "kind": "status", "status": 500, "when": "during" }"#, "expected `before` or `after`"),
            (
                r#"{ "kind": "cut", "status": 500 }"#,
                "status: a fault of kind cut has no such field; it has method, path",
            ),
            (r#"{ "kind": "truncate" }"#, "bytes: a truncated response needs it"),
            (
                r#"{ "kind": "truncate", "bytes": 1, "when": "after" }"#,
                "when: a fault of kind truncate has no such field",
            ),
            (r#"{ "kind": "throttle" }"#, "retry_after_seconds: throttling needs it"),
            (r#"{ "kind": "throttle", "retry_after_seconds": 1, "when": "after" }"#, "when: a fault of kind throttle"),
            (r#"{ "kind": "message-delay" }"#, "seconds: a delayed message needs it"),
            (
                r#"{ "kind": "message-drop", "path": "/api/v1/alarms" }"#,
                "path: a fault of kind message-drop has no such",
            ),
            (r#"{ "kind": "cut", "to": "a@example.com" }"#, "to: a fault of kind cut has no such field"),
            (r#"{ "kind": "message-drop", "channel": "post" }"#, "expected `email` or `sms`"),
            (r#"{ "kind": "cut", "token": true }"#, r#"expected "crm", "app", "none" or the number of a token"#),
            (r#"{ "kind": "cut", "token": "user" }"#, "expected crm, app, none or the number of a token"),
        ];
        for (asked, expected) in cases {
            let refusal = refused(asked);
            assert!(refusal.contains(expected), "{asked}: {refusal}");
        }
        let whole_token = refused(r#"{ "kind": "cut", "token": "17|Ab12secret" }"#);
        assert!(!whole_token.contains("secret"), "{whole_token}");
    }

    #[test]
    fn a_fault_that_is_shown_can_be_posted_again() {
        for (asked, shown) in [
            (r#"{"kind":"cut"}"#, r#"{"kind":"cut","when":"before"}"#),
            (
                r#"{"kind":"latency","token":"7","share":0.5,"milliseconds":{"uniform":[1,2]}}"#,
                r#"{"kind":"latency","token":7,"share":0.5,"random_seed":3,"milliseconds":{"uniform":[1,2]}}"#,
            ),
            (
                r#"{"kind":"latency","token":"none","milliseconds":{"lognormal":{"median":90.0,"sigma":0.4}},"random_seed":9}"#,
                r#"{"kind":"latency","token":"none","random_seed":9,"milliseconds":{"lognormal":{"median":90.0,"sigma":0.4}}}"#,
            ),
            (
                r#"{"kind":"message-delay","to":"A@example.com","seconds":60}"#,
                r#"{"kind":"message-delay","to":"A@example.com","seconds":60}"#,
            ),
        ] {
            let mut fault: NewFault = serde_json::from_str(asked).expect(asked);
            fault.fill_in(3);
            let written = serde_json::to_string(&fault).expect("JSON");
            assert_eq!(written, shown);
            assert_eq!(serde_json::from_str::<NewFault>(&written).expect(shown), fault);
            assert!(fault.injection().is_ok(), "{shown}");
        }
    }
}
