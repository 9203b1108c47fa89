//! Every HTTP example of the guide, replayed as it is with the published tokens, in both formats: each is granted,
//! says what it rests on, and does what the guide promises.
//!
//! The examples are data; what each promises is here. An example that does to the items of a kind what examples of other
//! kinds do needs no line.

mod stage;

use std::collections::BTreeSet;

use self::stage::{CONFIRMING, CREATING, EXAMPLES, Example, RESENDING, SENDING_A_CODE, Stage, VERIFYING};
use serde_json::Value;

use crate::harness::{APP, CRM, KINDS, Kind, is_capture, written};

/// What an example does with the items of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Add,
    List,
    ListLeaks,
    ReadOne,
    Change,
    Remove,
}

/// What an example does with the items of which kind, if it does that.
fn act(example: &Example) -> Option<(&'static Kind, Act)> {
    let path = example.path.strip_prefix("/api/v1/account/{account_id}").or(example.path.strip_prefix("/api/v1"))?;
    KINDS.into_iter().find_map(|kind| {
        let rest = path.strip_prefix(kind.add).and_then(|rest| rest.strip_prefix('/'));
        let act = match &*example.method {
            "POST" if path == kind.add => Act::Add,
            "GET" if path == kind.list => Act::List,
            "GET" if kind.leaks.as_ref().is_some_and(|leaks| leaks.path == path) => Act::ListLeaks,
            "GET" if rest.is_some_and(is_capture) => Act::ReadOne,
            "PATCH" if rest.is_some_and(is_capture) => Act::Change,
            "DELETE" if rest.is_some_and(is_capture) => Act::Remove,
            _ => return None,
        };
        Some((kind, act))
    })
}

/// The examples that do this, each with its kind.
#[track_caller]
fn doing(wanted: Act) -> Vec<(&'static Kind, &'static Example)> {
    let of_act =
        |example: &'static Example| act(example).filter(|(_, act)| *act == wanted).map(|(kind, _)| (kind, example));
    let found: Vec<_> = EXAMPLES.iter().filter_map(of_act).collect();
    assert!(!found.is_empty(), "no example does {wanted:?}");
    found
}

/// The example with the same token that lists items of a kind.
#[track_caller]
fn list_of(kind: &Kind, example: &Example) -> &'static str {
    let lists = |list: &&Example| {
        list.token() == example.token() && act(list).is_some_and(|(of, act)| of.name == kind.name && act == Act::List)
    };
    &EXAMPLES.iter().find(lists).unwrap_or_else(|| panic!("no example lists what {} is about", example.id)).id
}

/// The examples that switch monitoring, with whether the SSN is monitored afterwards.
const MONITORING: [(&str, bool); 2] = [("ssn-monitoring-activate-crm", true), ("ssn-monitoring-deactivate-crm", false)];

#[test]
fn no_example_is_left_out() {
    let named = [RESENDING, SENDING_A_CODE, CONFIRMING, VERIFYING, CREATING];
    let named: Vec<&str> = named.into_iter().chain(MONITORING.map(|(id, _)| id)).collect();
    for example in EXAMPLES.iter() {
        let is_named = named.contains(&&*example.id);
        assert!(
            is_named != act(example).is_some(),
            "{}: say in tests/it/examples.rs what it promises, unless it does to the items of a kind what others do",
            example.id
        );
    }
    let ids: BTreeSet<&str> = EXAMPLES.iter().map(|example| &*example.id).collect();
    assert!(ids.len() == EXAMPLES.len() && named.iter().all(|id| ids.contains(id)), "{ids:?}");
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

/// Items that CRM adds never wait (SCOPE-2, CARD-3); of those that the user adds, an email and a card do (SCOPE-3,
/// CARD-4).
#[tokio::test]
async fn an_added_item_is_on_the_list_and_waits_only_for_an_end_user() {
    for (kind, example) in doing(Act::Add) {
        let value = example.body().and_then(|body| body[kind.field].as_str()).expect("a body with a value");
        let list = list_of(kind, example);
        let waits = kind.waits && example.token() == APP;
        for stage in Stage::both() {
            let label = format!("{} in {:?}", example.id, stage.format);
            let before = stage.replay(list).await.items().to_vec();
            let added = stage.replay(&example.id).await.expect(201).body["data"].clone();
            assert!(kind.is_shown_by(&added, value), "{label}: {added}");
            if let Some(field) = kind.settled {
                assert_eq!(added[field], stage.format.flag(!waits), "{label}: {added}");
            }
            let after = stage.replay(list).await.items().to_vec();
            assert_eq!(after, [before, vec![added]].concat(), "{label}");
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
    for (kind, Example { id, .. }) in doing(Act::List) {
        for stage in Stage::both() {
            let list = stage.replay(id).await.expect(200);
            assert_eq!(list.items().len(), kind.seeded.len(), "{id}: {}", list.raw);
            for (item, (value, _)) in list.items().iter().zip(kind.seeded) {
                assert!(kind.is_shown_by(item, value), "{id}: {item}");
            }
            assert_eq!(list.items()[0]["id"], 1, "{id}");
        }
    }
}

#[tokio::test]
async fn leaks_are_those_of_the_items_of_the_account() {
    for (kind, Example { id, .. }) in doing(Act::ListLeaks) {
        for stage in Stage::both() {
            let leaks = stage.replay(id).await.expect(200);
            let leaked: Vec<u64> = leaks.items().iter().filter_map(|leak| leak["item_id"].as_u64()).collect();
            assert!(!leaked.is_empty() && leaked == kind.leaked_items(), "{id}: {leaked:?}");
        }
    }
}

#[tokio::test]
async fn one_item_is_read_by_its_id() {
    for (kind, Example { id, .. }) in doing(Act::ReadOne) {
        for stage in Stage::both() {
            let item = stage.replay(id).await.expect(200).body["data"].clone();
            assert!(item["id"] == 1 && kind.is_shown_by(&item, kind.seeded[0].0), "{id}: {item}");
        }
    }
}

#[tokio::test]
async fn a_changed_item_reads_changed() {
    for (kind, example) in doing(Act::Change) {
        let (id, list) = (&example.id, list_of(kind, example));
        for stage in Stage::both() {
            let before = stage.replay(list).await.items()[0].clone();
            let changed = stage.replay(id).await.expect(200).body["data"].clone();
            let mut expected = before.clone();
            for (field, value) in example.body().and_then(Value::as_object).expect("a body") {
                assert_ne!(before[field], *value, "{id}: there is something to change");
                expected[field] = value.clone();
            }
            expected["updated_at"] = changed["updated_at"].clone();
            assert_eq!(changed, expected, "{id}: nothing else changes");
            assert_eq!(stage.replay(list).await.items(), [changed], "{id}");
        }
    }
}

#[tokio::test]
async fn a_removed_item_is_off_the_list() {
    for (kind, example) in doing(Act::Remove) {
        let (id, list) = (&example.id, list_of(kind, example));
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
