//! Magic values: a value that tells the mock how to behave when it is added, for clients that reach no control route.
//!
//! All are reserved or published for tests, so no integration uses one by accident. They are listed in
//! `fixtures/magic.json`. The end of the local part of an email address says it, as in `anna+leaks-3@example.com`, so that
//! there are as many addresses as a test wants.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use crate::model::kind::WatchKind;
use crate::model::leak::NewLeak;
use crate::model::severity::Severity;

/// How long a slow response takes, in real time.
pub(crate) const SLOW: Duration = Duration::from_secs(3);

/// The seconds that a throttled response tells in `Retry-After`.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 1;

/// The most leaks that an address can ask for.
const MOST_LEAKS: u8 = 50;

/// The effect of a magic value when it is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Magic {
    /// So many leaks of it are known.
    Leaks(u8),
    /// The item of an end user stays pending, and neither link nor code is ever sent.
    NeverConfirmed,
    /// The item of an end user is confirmed at once.
    ConfirmedAtOnce,
    /// The value is not accepted.
    Refused,
    /// Too many requests, however few there were.
    Throttled,
    /// It is added, and the response comes late.
    Slow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    email_domains: Vec<String>,
    values: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: WatchKind,
    value: String,
    does: Magic,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../fixtures/magic.json"))
        .expect("the compiled-in magic values are of this form")
});

impl Magic {
    /// The effect of `value`, given in its canonical form; none for all but a few.
    pub(crate) fn of(kind: WatchKind, value: &str) -> Option<Self> {
        match kind {
            WatchKind::Email => Self::of_email(value),
            kind => {
                let row = TABLE.values.iter().find(|row| row.kind == kind && row.value == value);
                row.map(|row| row.does)
            }
        }
    }

    fn of_email(address: &str) -> Option<Self> {
        let (local, domain) = address.rsplit_once('@')?;
        let (_, tag) = local.rsplit_once('+')?;
        if !TABLE.email_domains.iter().any(|known| known == domain) {
            return None;
        }
        match tag {
            "never-confirmed" => Some(Self::NeverConfirmed),
            "confirmed-at-once" => Some(Self::ConfirmedAtOnce),
            "refused" => Some(Self::Refused),
            "throttled" => Some(Self::Throttled),
            "slow" => Some(Self::Slow),
            tag => {
                let leaks = tag.strip_prefix("leaks-")?.parse().ok()?;
                (1..=MOST_LEAKS).contains(&leaks).then_some(Self::Leaks(leaks))
            }
        }
    }

    /// The leaks of `value` that are known, the first one first.
    pub(crate) fn leaks(self, kind: WatchKind, value: &str) -> Vec<NewLeak> {
        let Self::Leaks(many) = self else { return Vec::new() };
        let leak = |number: u8| NewLeak {
            title: Some(format!("Magic leak {number} of {many}")),
            description: Some("The watched value is one that asks for leaks.".to_owned()),
            severity: Some([Severity::High, Severity::Medium, Severity::Low][usize::from(number - 1) % 3]),
            ..NewLeak::of(kind, value)
        };
        (1..=many).map(leak).collect()
    }

    /// The hint that names the effect.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Leaks(_) => "this is a magic value: leaks of it are known as soon as it is confirmed",
            Self::NeverConfirmed => {
                "this is a magic value: an item that a user adds with it stays pending, and nothing is sent"
            }
            Self::ConfirmedAtOnce => "this is a magic value: it is confirmed at once, even if a user adds it",
            Self::Refused => "this is a magic value, which is always refused",
            Self::Throttled => "this is a magic value, which is always throttled",
            Self::Slow => "this is a magic value: it was added, and the response took 3 seconds",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::watchlists;

    #[test]
    fn every_value_is_one_that_its_rule_accepts_and_writes_so() {
        assert_eq!(TABLE.values.len(), 19);
        for Row { kind, value, .. } in &TABLE.values {
            let canonical = watchlists::canonical(*kind, value).expect("magic values are of items");
            assert_eq!(canonical.as_deref(), Ok(&**value));
        }
    }

    #[test]
    fn the_end_of_a_local_part_says_what_an_address_does() {
        let cases = [
            ("anna+leaks-3@example.com", Some(Magic::Leaks(3))),
            ("anna+work+leaks-50@example.net", Some(Magic::Leaks(50))),
            ("anna+refused@example.org", Some(Magic::Refused)),
            ("+slow@example.org", Some(Magic::Slow)),
            ("anna+leaks-0@example.com", None),
            ("anna+leaks-51@example.com", None),
            ("anna+leaks-@example.com", None),
            ("anna+refused@example.edu", None),
            ("anna+refused@mail.example.com", None),
            ("anna+refusal@example.com", None),
            ("refused@example.com", None),
            ("anna@example.com", None),
        ];
        for (address, expected) in cases {
            assert_eq!(Magic::of(WatchKind::Email, address), expected, "{address}");
        }
    }
}
