//! A fault as somebody asks for it, and the rules that a fault keeps to.

use serde::{Deserialize, Serialize, Serializer};

use super::aim::RequestAim;
use super::{MessageEffect, RequestEffect, Strike};
use crate::connection::Ending;
use crate::format;
use crate::id::Id;
use crate::outbox::{Channel, MessageFilter};
use crate::reply::Why;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The work is done, and the answer comes later, in real time.
    Latency,
    /// Another answer: an error of this status, in the format of the request.
    Status,
    /// The connection is closed without an answer.
    Cut,
    /// The connection is reset, by TCP, without an answer.
    Reset,
    /// The answer announces its whole body, and the connection ends within it.
    Truncate,
    /// Too many requests (FORMAT-9), however few there were.
    Throttle,
    /// The message arrives later, by the fake's clock.
    MessageDelay,
    /// The message never arrives; the link or code in it works as if it had.
    MessageDrop,
    /// The message arrives twice.
    MessageDouble,
    /// The message arrives after the next one, or after a minute of the fake's clock if there is none.
    MessageReorder,
}

/// When a fault strikes that keeps the answer from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultWhen {
    /// Nothing is done.
    Before,
    /// All is done, and the client does not hear of it.
    After,
}

/// How long an answer is held back, in milliseconds, at most 60,000.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a whole number of milliseconds, {\"uniform\": [50, 400]} or {\"lognormal\": {\"median\": 90, \"sigma\": 0.4}}"
)]
pub enum Latency {
    /// Always as long.
    Fixed(u32),
    /// Drawn anew for each request.
    Drawn(Distribution),
}

/// What latencies are drawn from, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Distribution {
    /// Anything from the first to the second.
    Uniform(u32, u32),
    /// Mostly about the median, now and then much more: what latencies of servers look like.
    Lognormal {
        /// Half of them are longer.
        median: f64,
        /// How far they spread; 0 is not at all.
        sigma: f64,
    },
}

impl Latency {
    /// The longest, in milliseconds.
    pub(super) const LONGEST: u32 = 60_000;
}

/// Whose requests a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenToken")]
pub enum FaultToken {
    /// Those with a CRM token that is good.
    Crm,
    /// Those with an app token that is good.
    App,
    /// Those without an `Authorization` header.
    Absent,
    /// Those with the token of this number, which is what stands before the `|`.
    Number(u64),
}

/// A fault to be set (`POST /_mock/faults`). All but the kind, and what the kind says itself, may be left out.
///
/// ```
/// use mock_server::{FaultKind, NewFault};
///
/// let three_failures = NewFault {
///     path: Some("/api/v1/account/{account_id}/email-watchlist".to_owned()),
///     status: Some(503),
///     next: Some(3),
///     ..NewFault::of(FaultKind::Status)
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFault {
    /// What it does.
    pub kind: FaultKind,
    /// Of requests: the method; GET stands for HEAD too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Of requests: the path as the guide writes it. `*` stands for any segment, at the end for the whole rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of requests: whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<FaultToken>,
    /// Of messages: how they travel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Of messages: the address or number that they go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How many it strikes; all of them if this and `share` are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Which part of them it strikes, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// What a share or a distribution is drawn from; the id of the fault if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random_seed: Option<u64>,
    /// After how many seconds of the fake's clock it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u32>,
    /// Of [`FaultKind::Latency`]: how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<Latency>,
    /// Of [`FaultKind::Status`]: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Of [`FaultKind::Status`], [`FaultKind::Cut`] and [`FaultKind::Reset`]: before all is done, or after; before if
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<FaultWhen>,
    /// Of [`FaultKind::Truncate`]: how many bytes of the body arrive; of a shorter body all but the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// Of [`FaultKind::Throttle`]: what `Retry-After` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// Of [`FaultKind::MessageDelay`]: how much later the message arrives by the fake's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

impl FaultKind {
    /// As it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Status => "status",
            Self::Cut => "cut",
            Self::Reset => "reset",
            Self::Truncate => "truncate",
            Self::Throttle => "throttle",
            Self::MessageDelay => "message-delay",
            Self::MessageDrop => "message-drop",
            Self::MessageDouble => "message-double",
            Self::MessageReorder => "message-reorder",
        }
    }

    /// The fields that say what it strikes.
    fn aims_by(self) -> &'static [&'static str] {
        match self {
            Self::MessageDelay | Self::MessageDrop | Self::MessageDouble | Self::MessageReorder => &["channel", "to"],
            Self::Latency | Self::Status | Self::Cut | Self::Reset | Self::Truncate | Self::Throttle => {
                &["method", "path", "token"]
            }
        }
    }

    /// The fields that say what it does there.
    fn own_fields(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["milliseconds"],
            Self::Status => &["status", "when"],
            Self::Cut | Self::Reset => &["when"],
            Self::Truncate => &["bytes"],
            Self::Throttle => &["retry_after_seconds"],
            Self::MessageDelay => &["seconds"],
            Self::MessageDrop | Self::MessageDouble | Self::MessageReorder => &[],
        }
    }
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

    /// What it strikes, and what it does there.
    ///
    /// # Errors
    /// A sentence that names the field, and says what would be right.
    pub(super) fn strike(&self) -> Result<Strike, String> {
        self.check_fields()?;
        self.check_turn()?;
        let when = self.when();
        let effect = match self.kind {
            FaultKind::Latency => {
                let latency = needed(self.milliseconds, "milliseconds", "a latency", "200")?;
                check_latency(latency)?;
                return Ok(Strike::Late(self.request_aim()?, latency));
            }
            FaultKind::Status => RequestEffect::Refuse { why: self.refusal()?, when },
            FaultKind::Cut => RequestEffect::End { ending: Ending::Cut, when },
            FaultKind::Reset => RequestEffect::End { ending: Ending::Reset, when },
            FaultKind::Truncate => {
                RequestEffect::Truncate { bytes: needed(self.bytes, "bytes", "a truncated answer", "20")? }
            }
            FaultKind::Throttle => {
                let seconds = needed(self.retry_after_seconds, "retry_after_seconds", "throttling", "7")?;
                let why = Why::Throttled { retry_after_seconds: seconds };
                RequestEffect::Refuse { why, when: FaultWhen::Before }
            }
            FaultKind::MessageDelay => {
                let seconds = needed(self.seconds, "seconds", "a delayed message", "60")?;
                return Ok(self.on_messages(MessageEffect::Delay { seconds }));
            }
            FaultKind::MessageDrop => return Ok(self.on_messages(MessageEffect::Drop)),
            FaultKind::MessageDouble => return Ok(self.on_messages(MessageEffect::Double)),
            FaultKind::MessageReorder => {
                return Ok(self.on_messages(MessageEffect::Reorder { after: self.message_aim() }));
            }
        };
        Ok(Strike::Request(self.request_aim()?, effect))
    }

    /// Writes down what counts where something was left out.
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

    /// Whether anything about it is drawn.
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
        let known = || self.kind.aims_by().iter().chain(self.kind.own_fields());
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

    /// Refuses what does not say how many are struck.
    fn check_turn(&self) -> Result<(), String> {
        if self.next.is_some() && self.share.is_some() {
            return Err("next: it cannot stand beside share; leave one of them out".into());
        }
        if self.next == Some(0) {
            return Err("next: a whole number from 1 would be right; without it and share all are struck".into());
        }
        if self.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("share: a number from 0 to 1 would be right, as in 0.25".into());
        }
        if self.for_seconds == Some(0) {
            return Err("for_seconds: a whole number from 1 would be right; without it there is no end by time".into());
        }
        if self.random_seed.is_some() && !self.draws() {
            return Err("random_seed: nothing is drawn here; it is for a share or a distribution of latencies".into());
        }
        Ok(())
    }

    fn refusal(&self) -> Result<Why, String> {
        let status = needed(self.status, "status", "another answer", "503")?;
        if status == 429 {
            return Err("status: for 429 use the kind throttle, which knows how each format throttles".into());
        }
        format::refusal_of(status).ok_or_else(|| {
            let known: Vec<String> = format::FAULT_STATUSES.iter().map(u16::to_string).collect();
            format!("status: {status} is none that a fault can answer; it can {}", known.join(", "))
        })
    }

    fn request_aim(&self) -> Result<RequestAim, String> {
        RequestAim::new(self.method.as_deref(), self.path.as_deref(), self.token)
    }

    fn message_aim(&self) -> MessageFilter {
        MessageFilter { to: self.to.clone(), channel: self.channel }
    }

    fn on_messages(&self, effect: MessageEffect) -> Strike {
        Strike::Message(self.message_aim(), effect)
    }
}

/// The value of a field that its kind cannot do without.
fn needed<T>(value: Option<T>, field: &str, what: &str, example: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("{field}: {what} needs it, as in {{\"{field}\": {example}}}"))
}

fn check_latency(latency: Latency) -> Result<(), String> {
    let longest = Latency::LONGEST;
    let is_right = match latency {
        Latency::Fixed(milliseconds) => milliseconds <= longest,
        Latency::Drawn(Distribution::Uniform(from, to)) => from <= to && to <= longest,
        Latency::Drawn(Distribution::Lognormal { median, sigma }) => {
            (0.0..=f64::from(longest)).contains(&median) && (0.0..=10.0).contains(&sigma)
        }
    };
    if is_right {
        return Ok(());
    }
    Err(format!(
        "milliseconds: it is at most {longest}; a uniform distribution goes from the smaller to the larger, a lognormal \
         one has a median from 0 and a sigma of 0 to 10"
    ))
}

/// A token as it is written in JSON.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"crm\", \"app\", \"none\" or the number of a token, which is what stands before the |"
)]
enum WrittenToken {
    Number(u64),
    Text(String),
}

impl TryFrom<WrittenToken> for FaultToken {
    type Error = &'static str;

    fn try_from(written: WrittenToken) -> Result<Self, Self::Error> {
        match written {
            WrittenToken::Number(number) => Ok(Self::Number(number)),
            WrittenToken::Text(text) => match text.as_str() {
                "crm" => Ok(Self::Crm),
                "app" => Ok(Self::App),
                "none" => Ok(Self::Absent),
                // What was sent is not repeated: it may be a whole token.
                text => Id::parse_number(text).map(Self::Number).ok_or(
                    "expected crm, app, none or the number of a token, which is what stands before the |; not the rest",
                ),
            },
        }
    }
}

impl Serialize for FaultToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Crm => serializer.serialize_str("crm"),
            Self::App => serializer.serialize_str("app"),
            Self::Absent => serializer.serialize_str("none"),
            Self::Number(number) => serializer.serialize_u64(*number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(asked: &str) -> String {
        match serde_json::from_str::<NewFault>(asked) {
            Err(error) => error.to_string(),
            Ok(fault) => fault.strike().expect_err("it is refused"),
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_by_the_name_of_the_field() {
        let cases = [
            ("{}", "missing field `kind`"),
            (r#"{ "kind": "fire" }"#, "expected one of `latency`, `status`, `cut`"),
            (r#"{ "kind": "cut", "where": "/" }"#, "unknown field `where`"),
            (r#"{ "kind": "cut", "next": 1, "share": 0.5 }"#, "next: it cannot stand beside share"),
            (r#"{ "kind": "cut", "next": 0 }"#, "next: a whole number from 1"),
            (r#"{ "kind": "cut", "next": -1 }"#, "invalid value: integer `-1`"),
            (r#"{ "kind": "cut", "share": 1.01 }"#, "share: a number from 0 to 1"),
            (r#"{ "kind": "cut", "share": -0.1 }"#, "share: a number from 0 to 1"),
            (r#"{ "kind": "cut", "for_seconds": 0 }"#, "for_seconds: a whole number from 1"),
            (r#"{ "kind": "cut", "random_seed": 7 }"#, "random_seed: nothing is drawn here"),
            (r#"{ "kind": "latency", "milliseconds": 9, "random_seed": 7 }"#, "random_seed: nothing is drawn here"),
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
            (r#"{ "kind": "status" }"#, "status: another answer needs it"),
            (r#"{ "kind": "status", "status": 200 }"#, "status: 200 is none that a fault can answer; it can 400, 401"),
            (r#"{ "kind": "status", "status": 429 }"#, "status: for 429 use the kind throttle"),
            (r#"{ "kind": "status", "status": 500, "when": "during" }"#, "expected `before` or `after`"),
            (
                r#"{ "kind": "cut", "status": 500 }"#,
                "status: a fault of kind cut has no such field; it has method, path",
            ),
            (r#"{ "kind": "truncate" }"#, "bytes: a truncated answer needs it"),
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
            (r#"{ "kind": "cut", "path": "/api/v1/alarm" }"#, "path: no documented route has this path; did you mean"),
            (r#"{ "kind": "cut", "method": "PURGE" }"#, "method: the guide has no such method"),
        ];
        for (asked, expected) in cases {
            let refusal = refused(asked);
            assert!(refusal.contains(expected), "{asked}: {refusal}");
        }
        let whole_token = refused(r#"{ "kind": "cut", "token": "17|Ab12secret" }"#);
        assert!(!whole_token.contains("secret"), "{whole_token}");
    }

    #[test]
    fn what_is_shown_of_a_fault_can_be_posted_again() {
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
            assert!(fault.strike().is_ok(), "{shown}");
        }
    }

    #[test]
    fn every_kind_is_written_as_it_is_named() {
        let written = |kind: FaultKind| serde_json::to_value(kind).expect("a text");
        for kind in [
            FaultKind::Latency,
            FaultKind::Status,
            FaultKind::Cut,
            FaultKind::Reset,
            FaultKind::Truncate,
            FaultKind::Throttle,
            FaultKind::MessageDelay,
            FaultKind::MessageDrop,
            FaultKind::MessageDouble,
            FaultKind::MessageReorder,
        ] {
            assert_eq!(written(kind), kind.name());
        }
    }
}
