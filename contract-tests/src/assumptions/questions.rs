//! The questions that the guide leaves open, as their fixture has them.

use std::sync::LazyLock;

use serde::Deserialize;

/// One question that the guide leaves open.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// Its name, as flags and reports write it.
    pub key: String,
    /// The question, in words.
    pub question: String,
    /// The behaviour of the mock unless it is told otherwise.
    pub default: String,
    /// The behaviours that a target may have; empty where that is any text or number.
    pub alternatives: Vec<String>,
    /// Where that is any text or number: some that a target may have.
    pub others: Vec<String>,
    /// Whether it decides which case a request is: a duplicate, a wrong token.
    pub(crate) decides_the_case: bool,
}

/// All of them, in the order of the fixture.
pub fn assumptions() -> &'static [Assumption] {
    &ASSUMPTIONS
}

static ASSUMPTIONS: LazyLock<Vec<Assumption>> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/assumptions.json");
    let fixture: Fixture = serde_json::from_str(text).expect("the compiled-in assumptions are of this form");
    let choices = fixture.switches.into_iter().map(|switch| Assumption {
        alternatives: switch.values.into_iter().map(|named| named.value).collect(),
        key: switch.key,
        question: switch.question,
        default: switch.default,
        others: Vec::new(),
        decides_the_case: switch.decides.as_deref() == Some("case"),
    });
    let open = |key, question, default, others| Assumption {
        key,
        question,
        default,
        alternatives: Vec::new(),
        others,
        decides_the_case: false,
    };
    let texts = fixture.texts.into_iter().map(|text| open(text.key, text.question, text.default, text.others));
    let limits = fixture.limits.into_iter().map(|limit| {
        let others = limit.others.iter().map(u64::to_string).collect();
        open(limit.key, limit.question, limit.default.to_string(), others)
    });
    choices.chain(texts).chain(limits).collect()
});

/// The fixture as it is written.
#[derive(Deserialize)]
struct Fixture {
    switches: Vec<Switch>,
    texts: Vec<Text>,
    limits: Vec<Limit>,
}

#[derive(Deserialize)]
struct Switch {
    key: String,
    question: String,
    default: String,
    values: Vec<NamedValue>,
    decides: Option<String>,
}

#[derive(Deserialize)]
struct NamedValue {
    value: String,
}

#[derive(Deserialize)]
struct Text {
    key: String,
    question: String,
    default: String,
    others: Vec<String>,
}

#[derive(Deserialize)]
struct Limit {
    key: String,
    question: String,
    default: u64,
    others: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_of_a_choice_is_one_of_its_alternatives() {
        for Assumption { key, default, alternatives, .. } in assumptions() {
            assert!(alternatives.is_empty() || alternatives.contains(default), "{key}");
        }
    }

    #[test]
    fn what_may_be_any_text_or_number_has_others_than_its_default() {
        for Assumption { key, default, alternatives, others, .. } in assumptions() {
            assert!(alternatives.is_empty() != others.is_empty() && !others.contains(default), "{key}");
        }
    }
}
