//! The kinds of faults and the values of their fields, as JSON has them.

use serde::{Deserialize, Serialize, Serializer};

use crate::model::id::Id;

/// The effect of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The work is done, and the response comes later, in real time.
    Latency,
    /// Another response: an error of this status, in the format of the request.
    Status,
    /// The connection is closed without a response.
    Cut,
    /// The connection is reset, by TCP, without a response.
    Reset,
    /// The response announces its whole body, and the connection ends within it.
    Truncate,
    /// Too many requests (FORMAT-9), however few there were.
    Throttle,
    /// The message arrives later, by the mock's clock.
    MessageDelay,
    /// The message never arrives; the link or code in it works as if it had.
    MessageDrop,
    /// The message arrives twice.
    MessageDouble,
    /// The message arrives after the next one, or after a minute of the mock's clock if there is none.
    MessageReorder,
}

/// The moment at which a fault keeps the response from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultWhen {
    /// Before the work: nothing is done.
    Before,
    /// After the work: everything is done, and the client does not hear of it.
    After,
}

/// The delay of a response, in milliseconds, at most 60,000.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a whole number of milliseconds, {\"uniform\": [50, 400]} or {\"lognormal\": {\"median\": 90, \"sigma\": 0.4}}"
)]
pub enum Latency {
    /// Always the same.
    Fixed(u32),
    /// Drawn anew for each request.
    Drawn(Distribution),
}

/// The distribution of latencies, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Distribution {
    /// Anything from the first to the second.
    Uniform(u32, u32),
    /// Mostly about the median, now and then much more, as latencies of servers are.
    Lognormal {
        /// Half of them are longer.
        median: f64,
        /// Their spread; 0 is none.
        sigma: f64,
    },
}

impl Latency {
    /// The longest, in milliseconds.
    pub(crate) const LONGEST: u32 = 60_000;

    /// Refuses a latency that is too long, and a distribution that is none.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub(crate) fn check(self) -> Result<(), String> {
        let longest = Self::LONGEST;
        let is_right = match self {
            Self::Fixed(milliseconds) => milliseconds <= longest,
            Self::Drawn(Distribution::Uniform(from, to)) => from <= to && to <= longest,
            Self::Drawn(Distribution::Lognormal { median, sigma }) => {
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
}

/// The token of the requests that a fault matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "TokenText")]
pub enum FaultToken {
    /// A CRM token that is valid.
    Crm,
    /// An app token that is valid.
    App,
    /// No `Authorization` header.
    Absent,
    /// The token of this number, which is the part before the `|`.
    Number(u64),
}

impl FaultKind {
    /// The name as JSON has it.
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

    /// The fields that say which requests or messages it matches.
    pub(crate) fn matches_by(self) -> &'static [&'static str] {
        match self {
            Self::MessageDelay | Self::MessageDrop | Self::MessageDouble | Self::MessageReorder => &["channel", "to"],
            Self::Latency | Self::Status | Self::Cut | Self::Reset | Self::Truncate | Self::Throttle => {
                &["method", "path", "token"]
            }
        }
    }

    /// The fields that say what it does to them.
    pub(crate) fn own_fields(self) -> &'static [&'static str] {
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

/// A token as JSON has it.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"crm\", \"app\", \"none\" or the number of a token, which is the part before the |"
)]
enum TokenText {
    Number(u64),
    Text(String),
}

impl TryFrom<TokenText> for FaultToken {
    type Error = &'static str;

    fn try_from(text: TokenText) -> Result<Self, Self::Error> {
        match text {
            TokenText::Number(number) => Ok(Self::Number(number)),
            TokenText::Text(text) => match text.as_str() {
                "crm" => Ok(Self::Crm),
                "app" => Ok(Self::App),
                "none" => Ok(Self::Absent),
                // The text is not repeated: it may be a whole token.
                text => Id::parse_number(text).map(Self::Number).ok_or(
                    "expected crm, app, none or the number of a token, which is the part before the |; not the rest",
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
