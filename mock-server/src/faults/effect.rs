//! The effects of faults on requests and messages.

use super::kinds::{FaultWhen, Latency};
use super::pattern::RequestPattern;
use crate::model::message::MessageFilter;

/// The requests or messages that a fault matches, and its effect on them.
#[derive(Clone, Debug)]
pub(crate) enum Injection {
    Latency(RequestPattern, Latency),
    Request(RequestPattern, RequestEffect),
    Message(MessageFilter, MessageEffect),
}

/// The effect on a request, beside a latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestEffect {
    /// The response is an error of this status.
    Status { status: u16, when: FaultWhen },
    /// The request is refused as one too many (FORMAT-9).
    Throttle { retry_after_seconds: u32 },
    /// Its connection ends without a response.
    End { end: ConnectionEnd, when: FaultWhen },
    /// At most so many bytes of the body of the response arrive.
    Truncate { bytes: usize },
}

impl RequestEffect {
    /// Whether the request is not even looked at.
    pub(crate) fn spares_the_world(&self) -> bool {
        match self {
            Self::Status { when, .. } | Self::End { when, .. } => *when == FaultWhen::Before,
            Self::Throttle { .. } => true,
            Self::Truncate { .. } => false,
        }
    }
}

/// The end of a connection. As an extension of a response, it says how the connection of that response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionEnd {
    /// It is closed, and nothing of the response is sent.
    Cut,
    /// It is reset, and nothing of the response is sent.
    Reset,
    /// The response is sent up to so many bytes of its body, which is longer.
    Truncated { bytes: usize },
}

/// The effect on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageEffect {
    Delay {
        seconds: u32,
    },
    Drop,
    Double,
    /// It arrives after the next message that this admits.
    Reorder {
        after: MessageFilter,
    },
}
