//! How long a request waits for a target that throttles, and how often it is sent again.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// How long in all a request waits, and how often it is sent again.
const PATIENT: (Duration, u32) = (Duration::from_secs(90), 6);

/// The same once another one has waited so long in vain: if each of hundreds did, a run would take hours.
const BRIEF: (Duration, u32) = (Duration::from_secs(5), 1);

/// The first pause where the target asks for none. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The patience that one request has with a target that throttles: bounded in number and in time.
#[derive(Debug)]
pub(crate) struct Patience {
    most: (Duration, u32),
    retries: u32,
    waited: Duration,
}

impl Patience {
    /// The patience of a request that is throttled for the first time. One that already waits when another gives up
    /// keeps its own: a target may throttle one caller and let the next one in.
    pub(crate) fn new(others_waited_in_vain: bool) -> Self {
        let most = if others_waited_in_vain { BRIEF } else { PATIENT };
        Self { most, retries: 0, waited: Duration::ZERO }
    }

    /// How long to wait before the request is sent again, where the target asks for a pause; none where the patience
    /// is at its end. A target that asks for no pause, or for too short a one, is given one that grows.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let (longest, retries) = self.most;
        if self.retries == retries {
            return None;
        }
        let pause = (FIRST_PAUSE * (1 << self.retries)).max(asked.unwrap_or_default());
        self.retries += 1;
        self.waited = self.waited.saturating_add(pause);
        (self.waited <= longest).then_some(pause)
    }
}

/// The pause that a `Retry-After` header asks for: whole seconds, or the time until a date. Anything else counts as
/// absent.
pub(crate) fn asked_pause(header: &str, now: Timestamp) -> Option<Duration> {
    let text = header.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large for its type asks for longer than any request waits.
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    // A date that has passed asks for no pause.
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_read_in_seconds_and_as_a_date() {
        let now = "2026-11-28T20:00:00Z".parse().expect("a time");
        let seconds = |many| Some(Duration::from_secs(many));
        let cases = [
            ("0", seconds(0)),
            (" 7 ", seconds(7)),
            ("99999999999999999999999", Some(Duration::MAX)),
            ("Sat, 28 Nov 2026 20:00:09 GMT", seconds(9)),
            ("Sat, 28 Nov 2026 21:00:00 GMT", seconds(3600)),
            ("Sat, 28 Nov 2026 19:00:00 GMT", seconds(0)),
            ("1.5", None),
            ("-1", None),
            ("+3", None),
            ("soon", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(asked_pause(header, now), expected, "{header:?}");
        }
    }

    #[test]
    fn patience_is_bounded_in_number_and_in_time() {
        let cases: [(Option<u64>, &[u64]); 6] = [
            (None, &[1, 2, 4, 8, 16, 32]),
            (Some(0), &[1, 2, 4, 8, 16, 32]),
            (Some(3), &[3, 3, 4, 8, 16, 32]),
            (Some(40), &[40, 40]),
            (Some(90), &[90]),
            (Some(3600), &[]),
        ];
        let pauses = |asked: Option<u64>, others_waited_in_vain| -> Vec<u64> {
            let mut patience = Patience::new(others_waited_in_vain);
            std::iter::from_fn(|| patience.next(asked.map(Duration::from_secs))).map(|pause| pause.as_secs()).collect()
        };
        for (asked, expected) in cases {
            assert_eq!(pauses(asked, false), expected, "{asked:?}");
        }
        let brief: [(Option<u64>, &[u64]); 5] =
            [(None, &[1]), (Some(0), &[1]), (Some(4), &[4]), (Some(6), &[]), (Some(3600), &[])];
        for (asked, expected) in brief {
            assert_eq!(pauses(asked, true), expected, "{asked:?}");
        }
        assert_eq!(Patience::new(false).next(Some(Duration::MAX)), None);
    }
}
