//! Every HTTP example of the guide, replayed as it is with the published tokens, in both formats: each is granted,
//! says what it rests on, and does what the guide promises.
//!
//! The examples are data; the promises of each kind of example are here, with the ids of its examples.

mod stage;

use std::collections::BTreeSet;

use self::stage::{CONFIRMING, CREATING, EXAMPLES, Example, RESENDING, SENDING_A_CODE, Stage, VERIFYING};
use serde_json::{Value, json};

use crate::harness::{CRM, written};

/// An example that adds an item, and how the item shows.
struct Adding {
    id: &'static str,
    /// The example that lists such items.
    list: &'static str,
    /// A field of the item, and its value.
    shows: (&'static str, &'static str),
    /// Where items of the kind can wait for the end user: the field that tells, and whether this one does not.
    settled: Option<(&'static str, bool)>,
}

const fn adding(
    id: &'static str,
    list: &'static str,
    shows: (&'static str, &'static str),
    settled: Option<(&'static str, bool)>,
) -> Adding {
    Adding { id, list, shows, settled }
}

/// Items that CRM adds never wait (SCOPE-2, CARD-3); of those that the user adds, an email and a card do (SCOPE-3,
/// CARD-4).
#[rustfmt::skip]
const ADDING: [Adding; 12] = [
    adding("email-add-crm", "email-list-crm", ("email", "john.doe@example.com"), Some(("is_confirmed", true))),
    adding("email-add-app", "email-list-app", ("email", "john.doe@example.com"), Some(("is_confirmed", false))),
    adding("phone-add-crm", "phone-list-crm", ("phone", "+46701234567"), Some(("is_confirmed", true))),
    adding("phone-add-app", "phone-list-app", ("phone", "+46701234567"), Some(("is_confirmed", true))),
    adding("iban-add-crm", "iban-list-crm", ("iban", "SE3550000000054910000003"), None),
    adding("iban-add-app", "iban-list-app", ("iban", "SE3550000000054910000003"), None),
    adding("passport-add-crm", "passport-list-crm", ("passport_number", "XX0000000"), None),
    adding("passport-add-app", "passport-list-app", ("passport_number", "XX0000000"), None),
    adding("license-add-crm", "license-list-crm", ("license_number", "850101-2390"), None),
    adding("license-add-app", "license-list-app", ("license_number", "850101-2390"), None),
    adding("card-add-crm", "card-list-crm", ("last_four", "4444"), Some(("is_verified", true))),
    adding("card-add-app", "card-list-app", ("last_four", "4444"), Some(("is_verified", false))),
];

/// The examples that list items, with what is on the list from the start.
const LISTING: [(&str, &str, &[&str]); 12] = [
    ("email-list-crm", "email", &["john.work@example.com", "john.private@example.net"]),
    ("email-list-app", "email", &["john.work@example.com", "john.private@example.net"]),
    ("phone-list-crm", "phone", &["+46701740605"]),
    ("phone-list-app", "phone", &["+46701740605"]),
    ("iban-list-crm", "iban", &["SE4550000000058398257466"]),
    ("iban-list-app", "iban", &["SE4550000000058398257466"]),
    ("passport-list-crm", "passport_number", &["00000000"]),
    ("passport-list-app", "passport_number", &["00000000"]),
    ("license-list-crm", "license_number", &["900101-2385"]),
    ("license-list-app", "license_number", &["900101-2385"]),
    ("card-list-crm", "last_four", &["4242"]),
    ("card-list-app", "last_four", &["4242"]),
];

/// The examples that list leaks, with the items that have leaked from the start.
const LISTING_LEAKS: [(&str, &[u64]); 7] = [
    ("email-leaks-crm", &[1, 2]),
    ("email-leaks-app", &[1, 2]),
    ("phone-leaks-crm", &[1]),
    ("phone-leaks-app", &[1]),
    ("iban-leaks-crm", &[1]),
    ("iban-leaks-app", &[1]),
    ("card-leaks-app", &[1]),
];

const READING_ONE: [&str; 2] = ["card-one-crm", "card-one-app"];

/// The examples that change an item, with those that list it.
const CHANGING: [(&str, &str); 2] =
    [("passport-change-crm", "passport-list-crm"), ("passport-change-app", "passport-list-app")];

/// The examples that remove an item, with those that list such items.
const REMOVING: [(&str, &str); 12] = [
    ("email-remove-crm", "email-list-crm"),
    ("email-remove-app", "email-list-app"),
    ("phone-remove-crm", "phone-list-crm"),
    ("phone-remove-app", "phone-list-app"),
    ("iban-remove-crm", "iban-list-crm"),
    ("iban-remove-app", "iban-list-app"),
    ("passport-remove-crm", "passport-list-crm"),
    ("passport-remove-app", "passport-list-app"),
    ("license-remove-crm", "license-list-crm"),
    ("license-remove-app", "license-list-app"),
    ("card-remove-crm", "card-list-crm"),
    ("card-remove-app", "card-list-app"),
];

/// The examples that switch monitoring, with whether the SSN is monitored afterwards.
const MONITORING: [(&str, bool); 2] = [("ssn-monitoring-activate-crm", true), ("ssn-monitoring-deactivate-crm", false)];

#[test]
fn no_example_is_left_out() {
    let mut replayed: Vec<&str> = vec![RESENDING, SENDING_A_CODE, CONFIRMING, VERIFYING, CREATING];
    replayed.extend(ADDING.iter().map(|example| example.id));
    replayed.extend(LISTING.iter().map(|(id, ..)| *id));
    replayed.extend(LISTING_LEAKS.iter().map(|(id, _)| *id));
    replayed.extend(READING_ONE);
    replayed.extend(CHANGING.iter().chain(&REMOVING).map(|(id, _)| *id));
    replayed.extend(MONITORING.iter().map(|(id, _)| *id));
    let once: BTreeSet<&str> = replayed.iter().copied().collect();
    assert_eq!(once.len(), replayed.len(), "an example stands twice");
    assert_eq!(once, EXAMPLES.iter().map(|example| &*example.id).collect());
}

#[tokio::test]
async fn every_example_is_granted_and_names_the_facts_that_it_rests_on() {
    let mut unnamed = Vec::new();
    for example in EXAMPLES.iter() {
        for stage in Stage::both() {
            let known = stage.prepare(&example.id).await;
            let answer = stage.replay_with(&example.id, &known).await;
            let missing = example.facts.iter().filter(|fact| !answer.rests_on(fact));
            unnamed.extend(missing.map(|fact| format!("{} in {:?}: {fact}", example.id, stage.format)));
        }
    }
    assert!(unnamed.is_empty(), "X-Mock-Basis leaves out\n{}", unnamed.join("\n"));
}

#[tokio::test]
async fn an_added_item_is_on_the_list_and_waits_only_for_an_end_user() {
    for example in &ADDING {
        for stage in Stage::both() {
            let label = format!("{} in {:?}", example.id, stage.format);
            let before = stage.replay(example.list).await.items().to_vec();
            let added = stage.replay(example.id).await.expect(201).body["data"].clone();
            assert_eq!(added[example.shows.0], example.shows.1, "{label}: {added}");
            if let Some((field, is_settled)) = example.settled {
                assert_eq!(added[field], stage.format.flag(is_settled), "{label}: {added}");
            }
            let after = stage.replay(example.list).await.items().to_vec();
            assert_eq!(after, [before, vec![added]].concat(), "{label}");
            let waits = example.settled.is_some_and(|(_, is_settled)| !is_settled);
            assert_eq!(
                stage.world.messages().len(),
                usize::from(waits),
                "{label}: one message to the user who must confirm, else none"
            );
        }
    }
}

#[tokio::test]
async fn a_list_holds_the_items_of_the_account() {
    for (id, field, values) in LISTING {
        for stage in Stage::both() {
            let list = stage.replay(id).await.expect(200);
            let listed: Vec<&str> = list.items().iter().filter_map(|item| item[field].as_str()).collect();
            assert_eq!(listed, values, "{id}");
            assert_eq!(list.items()[0]["id"], 1, "{id}");
        }
    }
}

#[tokio::test]
async fn leaks_are_those_of_the_items_of_the_account() {
    for (id, items) in LISTING_LEAKS {
        for stage in Stage::both() {
            let leaks = stage.replay(id).await.expect(200);
            let leaked: Vec<u64> = leaks.items().iter().filter_map(|leak| leak["item_id"].as_u64()).collect();
            assert_eq!(leaked, items, "{id}");
        }
    }
}

#[tokio::test]
async fn one_card_is_read_by_its_id() {
    for id in READING_ONE {
        for stage in Stage::both() {
            let card = stage.replay(id).await.expect(200).body["data"].clone();
            assert_eq!((&card["id"], &card["last_four"]), (&json!(1), &json!("4242")), "{id}: {card}");
        }
    }
}

#[tokio::test]
async fn a_changed_item_reads_changed() {
    for (id, list) in CHANGING {
        for stage in Stage::both() {
            let before = stage.replay(list).await.items()[0].clone();
            let changed = stage.replay(id).await.expect(200).body["data"].clone();
            assert_eq!(changed["expiry_date"], "2035-05-31", "{id}: {changed}");
            let mut expected = before.clone();
            expected["expiry_date"] = changed["expiry_date"].clone();
            expected["updated_at"] = changed["updated_at"].clone();
            assert_eq!(changed, expected, "{id}: nothing else changes");
            assert_eq!(stage.replay(list).await.items(), [changed], "{id}");
        }
    }
}

#[tokio::test]
async fn a_removed_item_is_off_the_list() {
    for (id, list) in REMOVING {
        for stage in Stage::both() {
            let before = stage.replay(list).await.items().to_vec();
            stage.replay(id).await.expect(204);
            assert_eq!(stage.replay(list).await.items(), &before[1..], "{id}");
        }
    }
}

#[tokio::test]
async fn a_pending_confirmation_is_sent_again() {
    for stage in Stage::both() {
        stage.prepare(RESENDING).await;
        stage.replay(RESENDING).await.expect(200);
        assert_eq!(stage.world.addressees(), ["john.doe@example.com", "john.doe@example.com"]);
        stage.world.open(&stage.world.last_link()).await.expect(200);
        let emails = stage.replay("email-list-app").await;
        let item = emails.items().last().expect("the email that was added");
        assert_eq!(item["is_confirmed"], stage.format.flag(true), "{item}");
    }
}

#[tokio::test]
async fn a_phone_is_confirmed_by_the_code_that_was_sent_to_it() {
    for stage in Stage::both() {
        let known = stage.prepare(CONFIRMING).await;
        assert_eq!(stage.world.addressees(), ["+46701740605"]);
        stage.replay_with(CONFIRMING, &known).await.expect(200);
        let phones = stage.replay("phone-list-crm").await;
        assert_eq!(phones.items()[0]["is_confirmed"], stage.format.flag(true));
    }
}

#[tokio::test]
async fn a_card_is_verified_by_the_code_that_was_sent_when_it_was_added() {
    for stage in Stage::both() {
        let known = stage.prepare(VERIFYING).await;
        stage.replay_with(VERIFYING, &known).await.expect(200);
        let read = stage.replay_with("card-one-app", &known).await.body["data"].clone();
        assert_eq!(read["is_verified"], stage.format.flag(true), "{read}");
        assert!(read["verified_at"].is_string(), "{read}");
    }
}

#[tokio::test]
async fn an_account_that_is_created_can_be_administered_by_its_id() {
    for stage in Stage::both() {
        let created = stage.replay(CREATING).await.expect(201).body["data"].clone();
        let example = Example::named(CREATING).body().expect("a body");
        for field in ["first_name", "last_name", "email", "country_code", "lang_code", "plan_id", "type"] {
            assert_eq!(created[field], example[field], "{field}: {created}");
        }
        // The SSN is monitored from then on (SSN-2), and does not come back in full.
        assert_eq!(created["is_ssn_monitored"], stage.format.flag(true), "{created}");
        assert_ne!(created["ssn"], example["ssn"], "{created}");
        let account = written(&created["id"]);
        let read = stage.format.ask(stage.world.get(&format!("/api/v1/account/{account}"))).token(CRM);
        assert_eq!(read.send().await.expect(200).body["data"], created);
        let list = stage.replay_with("email-list-crm", &[("account_id", account)]).await;
        assert_eq!(list.items(), [] as [Value; 0], "a new account watches nothing yet");
    }
}

#[tokio::test]
async fn monitoring_of_the_ssn_is_switched() {
    for (id, on) in MONITORING {
        for stage in Stage::both() {
            // The switch is turned the other way first, so that there is an effect to see.
            let (opposite, _) = MONITORING.into_iter().find(|(_, other)| *other != on).expect("both ways");
            stage.replay(opposite).await.expect(200);
            assert_eq!(stage.account().await["is_ssn_monitored"], stage.format.flag(!on), "before {id}");
            stage.replay(id).await.expect(200);
            assert_eq!(stage.account().await["is_ssn_monitored"], stage.format.flag(on), "after {id}");
        }
    }
}
