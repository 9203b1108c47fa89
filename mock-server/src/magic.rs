//! Magic values: what is added with one comes out as the value says, for those who can reach no control route.
//!
//! All are reserved or published for tests, so no integration meets one by accident. They stand in `fixtures/magic.json`;
//! of an email address the end of its local part says it, as in `anna+leaks-3@example.com`, so that there are as many
//! addresses as a test wants.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use crate::call::Call;
use crate::leak::{NewLeak, Severity, WatchKind};
use crate::reply::{Issue, Refusal, Why};
use crate::watchlist::Kind;

/// How long a slow answer takes, in real time.
const SLOW: Duration = Duration::from_secs(3);

/// What a throttled answer tells in `Retry-After`.
const RETRY_AFTER_SECONDS: u32 = 1;

/// The most leaks that an address can ask for.
const MOST_LEAKS: u8 = 50;

/// What a magic value does when it is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Magic {
    /// So many leaks of it are known.
    Leaks(u8),
    /// What the end user adds waits, and neither link nor code is ever sent.
    NeverConfirmed,
    /// What the end user adds waits for nothing.
    ConfirmedAtOnce,
    /// The value is not accepted.
    Refused,
    /// Too many requests, however few there were.
    Throttled,
    /// It is added, and the answer comes late.
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
    serde_json::from_str(include_str!("../../fixtures/magic.json"))
        .expect("the compiled-in magic values are of this form")
});

impl Magic {
    /// What `value`, in its canonical form, does; nothing for all but a few.
    pub(crate) fn of(kind: WatchKind, value: &str) -> Option<Self> {
        match kind {
            WatchKind::Email => Self::of_email(value),
            WatchKind::Phone | WatchKind::Iban | WatchKind::CreditCard => {
                let row = TABLE.values.iter().find(|row| row.kind == kind && row.value == value);
                row.map(|row| row.does)
            }
            WatchKind::Passport | WatchKind::DriversLicense | WatchKind::Ssn => None,
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

    /// What a value does to the request that adds it, before anything is added. A refusal rests on no fact of the route.
    ///
    /// # Errors
    /// The refusal of a value that is refused or throttled.
    pub(crate) fn meet<K: Kind>(self, call: &Call<'_>) -> Result<(), Refusal> {
        match self {
            Self::Refused => {
                call.basis.clear();
                let field = K::FIELD;
                let issue = Issue::new(field, format!("The selected {} is invalid.", field.replace('_', " ")));
                Err(Refusal::from(Why::Invalid(vec![issue])).hint(self.hint()))
            }
            Self::Throttled => {
                call.basis.clear();
                let why = Why::Throttled { retry_after_seconds: RETRY_AFTER_SECONDS };
                Err(Refusal::from(why).hint(self.hint()))
            }
            Self::Slow => {
                call.answer_late(SLOW);
                call.hint(self.hint());
                Ok(())
            }
            Self::Leaks(_) | Self::NeverConfirmed | Self::ConfirmedAtOnce => {
                call.hint(self.hint());
                Ok(())
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

    fn hint(self) -> &'static str {
        match self {
            Self::Leaks(_) => "this is a magic value: leaks of it are known as soon as it is confirmed",
            Self::NeverConfirmed => "this is a magic value: added by a user it waits for ever, and nothing is sent",
            Self::ConfirmedAtOnce => "this is a magic value: it waits for nobody, whoever adds it",
            Self::Refused => "this is a magic value, which is always refused",
            Self::Throttled => "this is a magic value, which is always throttled",
            Self::Slow => "this is a magic value: it was added, and the answer took 3 seconds",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchlist::card::Card;
    use crate::watchlist::iban::Iban;
    use crate::watchlist::phone::Phone;

    #[test]
    fn every_value_is_one_that_its_rule_accepts_and_writes_so() {
        assert_eq!(TABLE.values.len(), 19);
        for Row { kind, value, .. } in &TABLE.values {
            let canonical = match kind {
                WatchKind::Phone => Phone::canonical(value),
                WatchKind::Iban => Iban::canonical(value),
                WatchKind::CreditCard => Card::canonical(value),
                other => panic!("{other:?} has no magic values"),
            };
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
