//! The accounts that see a leak, and from when.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{End, title};
use crate::harness::{APP, CARD, CRM, Caller, EMAIL, Format, Kind, PHONE, World, written};

#[tokio::test]
async fn the_leaks_of_the_seed_are_seen_on_the_items_that_they_are_about() {
    let seed: Value = serde_json::from_str(include_str!("../../../../fixtures/seed.json")).expect("the seed is JSON");
    let world = World::new();
    let user = Caller::user(&world);
    for kind in Kind::with_leaks() {
        let leaks = user.list(kind.leaks().path).await;
        let expected: Vec<&Value> = seed["leaks"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|leak| leak["kind"] == kind.name && kind.seeded.iter().any(|(value, _)| leak["value"] == **value))
            .collect();
        assert!(!expected.is_empty() && leaks.len() == expected.len(), "{}: {leaks:?}", kind.name);
        let items = kind.leaked_items();
        for ((leak, expected), item) in leaks.iter().zip(expected).zip(items) {
            assert_eq!(leak["item_id"], item, "{leak}");
            for (field, value) in expected.as_object().expect("an object") {
                match field.as_str() {
                    "kind" | "value" => assert_eq!(leak.get(field), None, "{leak}"),
                    "published_at" => {
                        let at = value.as_str().expect("a time").replace('T', " ").replace('Z', "");
                        assert_eq!(leak[field], at, "{leak}");
                    }
                    _ if value.is_boolean() => assert_eq!(leak[field], Format::Legacy.flag(value == true), "{leak}"),
                    _ => assert_eq!(&leak[field], value, "{field} of {leak}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_leak_belongs_to_a_value_however_it_is_spelled() {
    for form in ["normalized", "as-sent"] {
        for kind in Kind::with_leaks() {
            for watched in kind.spellings {
                let world = World::assuming("value.form", form);
                let partner = Caller::partner(&world, "1");
                let before = kind.leak(kind.spellings[0], "before");
                assert_eq!(world.breach(before).await, json!([]), "no account watches it yet");
                let item = kind.add(&partner, watched).await;
                for leaked in kind.spellings {
                    let seen_by = world.breach(kind.leak(leaked, leaked)).await;
                    assert_eq!(seen_by, json!([1]), "{form}: {leaked:?} leaked, {watched:?} watched");
                }
                assert_eq!(world.breach(kind.leak(kind.other, "other")).await, json!([]), "{form}");
                let expected: Vec<&str> = ["before"].into_iter().chain(kind.spellings.iter().copied()).collect();
                let seen = kind.seen(&Caller::user(&world), &item).await;
                assert_eq!(seen, expected, "{form}: {watched:?} watched");
            }
        }
    }
}

#[tokio::test]
async fn a_leak_from_before_is_seen_from_the_moment_of_watching_and_one_from_after_from_its_own() {
    for kind in Kind::with_leaks() {
        for by_user in [true, false] {
            let world = World::new();
            world.freeze();
            let [partner, user] = Caller::both(&world);
            // Items that the user adds of these kinds wait; that is another test.
            if by_user && kind.waits {
                continue;
            }
            let caller = if by_user { &user } else { &partner };
            assert_eq!(world.breach(kind.leak(kind.value(), "before")).await, json!([]));
            world.advance(60);
            let item = kind.add(caller, kind.value()).await;
            world.advance(60);
            assert_eq!(world.breach(kind.leak(kind.value(), "after")).await, json!([1]));

            let leaks = user.list(kind.leaks().path).await;
            let found: Vec<&Value> = leaks.iter().filter(|leak| leak["item_id"] == item["id"]).collect();
            let [before, after] = found.as_slice() else { panic!("{} by {}: {leaks:?}", kind.name, caller.label) };
            assert_eq!((title(before), title(after)), ("before".into(), "after".into()), "in the order of finding");
            assert_eq!(before["created_at"], item["created_at"], "found when it was looked for");
            assert!(before["published_at"].as_str() < before["created_at"].as_str(), "{before}");
            assert_eq!(after["created_at"], after["published_at"], "found when it was published");
        }
    }
}

#[tokio::test]
async fn the_leaks_of_an_item_that_waits_are_seen_as_the_assumption_says() {
    let cases = [(&EMAIL, End::Link), (&PHONE, End::PhoneCode), (&CARD, End::CardCode)];
    for (kind, end) in cases {
        for pending in ["hidden", "shown"] {
            let label = format!("{} {pending}", kind.name);
            let is_shown = pending == "shown";
            let world = World::assuming_all(&[("leaks.pending", pending), ("confirm.phone", "yes")]);
            let user = Caller::user(&world);
            assert_eq!(world.breach(kind.leak(kind.value(), "before")).await, json!([]), "{label}");
            let item = kind.add(&user, kind.value()).await;
            let seen_by = world.breach(kind.leak(kind.value(), "while waiting")).await;
            assert_eq!(seen_by, if is_shown { json!([1]) } else { json!([]) }, "{label}");
            let all = ["before", "while waiting"];
            let expected = if is_shown { &all[..] } else { &[] };
            assert_eq!(kind.seen(&user, &item).await, expected, "{label}: while it waits");
            let list = user.get(kind.leaks().path).send().await.expect(200);
            assert!(list.rests_on("leaks.pending"), "{label}: {}", list.header("x-mock-basis"));

            end.come(&world, &user, &item).await;
            assert_eq!(kind.seen(&user, &item).await, all, "{label}: once it is confirmed, each once");
            assert_eq!(world.breach(kind.leak(kind.value(), "after")).await, json!([1]), "{label}");
            assert_eq!(kind.seen(&user, &item).await, ["before", "while waiting", "after"], "{label}");
        }
    }
}

#[tokio::test]
async fn an_item_that_is_removed_takes_its_leaks_along() {
    for kind in Kind::with_leaks() {
        let world = World::new();
        let [partner, user] = Caller::both(&world);
        let untouched = user.list(kind.leaks().path).await;
        let item = kind.add(&partner, kind.value()).await;
        world.breach(kind.leak(kind.value(), "first")).await;
        assert_eq!(kind.seen(&user, &item).await, ["first"], "{}", kind.name);
        partner.remove(kind.add, &item).await;
        assert_eq!(user.list(kind.leaks().path).await, untouched, "{}: the other items keep theirs", kind.name);
        assert_eq!(world.breach(kind.leak(kind.value(), "second")).await, json!([]), "{}", kind.name);
        assert_eq!(user.list(kind.leaks().path).await, untouched, "{}", kind.name);

        let again = kind.add(&partner, kind.value()).await;
        assert_ne!(again["id"], item["id"]);
        assert_eq!(kind.seen(&user, &again).await, ["first", "second"], "{}: added again", kind.name);
        assert_eq!(user.list(kind.leaks().path).await.len(), untouched.len() + 2, "{}", kind.name);
    }
}

#[tokio::test]
async fn crm_sees_the_leaks_that_the_user_sees_but_for_those_of_cards() {
    let world = World::new();
    for kind in Kind::with_leaks() {
        let [partner, user] = Caller::both(&world);
        kind.add(&partner, kind.value()).await;
        world.breach(kind.leak(kind.value(), "new")).await;
        let seen = user.list(kind.leaks().path).await;
        assert!(seen.iter().any(|leak| title(leak) == "new"), "{}: {seen:?}", kind.name);
        if kind.leaks().by_crm {
            assert_eq!(partner.list(kind.leaks().path).await, seen, "{}", kind.name);
        } else {
            partner.get(kind.leaks().path).send().await.expect(404);
        }
    }
}

#[tokio::test]
async fn passports_and_licenses_have_no_list_of_leaks_but_can_leak() {
    let world = World::new();
    for path in ["/passport-watchlist/leaks", "/drivers-license-watchlist/leaks"] {
        for caller in Caller::both(&world) {
            let answer = caller.get(path).send().await;
            assert!([404, 405].contains(&answer.status), "{path} by {}: {}", caller.label, answer.raw);
        }
    }
    let cases = [
        (json!({ "kind": "passport", "value": "00 000 000" }), json!([1])),
        (json!({ "kind": "passport", "value": "XX0000000" }), json!([])),
        (json!({ "kind": "drivers_license", "value": "900101-2385" }), json!([1])),
        (json!({ "kind": "drivers_license", "value": "850101-2390" }), json!([])),
    ];
    for (leak, seen_by) in cases {
        assert_eq!(world.breach(leak.clone()).await, seen_by, "{leak}");
    }
}

#[tokio::test]
async fn a_leaked_ssn_is_seen_where_it_is_monitored() {
    let world = World::new();
    let leak = |value: &str| json!({ "kind": "ssn", "value": value });
    assert_eq!(world.breach(leak(" 19900101-2385 ")).await, json!([1]));
    assert_eq!(world.breach(leak("199001012385")).await, json!([1]), "without its separator");
    assert_eq!(world.breach(leak("010594y9032")).await, json!([3]), "in any case");
    assert_eq!(world.breach(leak("19900102-2384")).await, json!([]));
    let partner = Caller::partner(&world, "1");
    partner.patch("/ssn-monitoring/deactivate").send().await.expect(200);
    assert_eq!(world.breach(leak("19900101-2385")).await, json!([]), "while monitoring is off");
    partner.patch("/ssn-monitoring/activate").send().await.expect(200);
    assert_eq!(world.breach(leak("19900101-2385")).await, json!([1]));
    let eid = json!({ "provider": "bankid", "ssn": "19900102-2384" });
    world.post("/_mock/accounts/2/eid").json(eid).send().await.expect(200);
    assert_eq!(world.breach(leak("19900102-2384")).await, json!([2]), "from the electronic ID on");
}

#[tokio::test]
async fn a_user_sees_the_leaks_of_another_only_if_both_watch_the_value() {
    for kind in Kind::with_leaks() {
        let world = World::new();
        let john = Caller::user(&world);
        let jane = Caller::user_of(&world, "jane.roe@example.com").await;
        let matti = Caller::user_of_other_partner(&world, "matti.malli@example.org").await;
        let of_johns = Caller::partner(&world, "1");
        let of_janes = Caller::partner(&world, "2");

        let johns = kind.add(&of_johns, kind.value()).await;
        assert_eq!(world.breach(kind.leak(kind.value(), "first")).await, json!([1]), "{}", kind.name);
        for other in [&jane, &matti] {
            assert_eq!(other.list(kind.leaks().path).await, [] as [Value; 0], "{}", kind.name);
        }

        let janes = kind.add(&of_janes, kind.value()).await;
        assert_eq!(world.breach(kind.leak(kind.value(), "second")).await, json!([1, 2]), "{}", kind.name);
        let seen = [(&john, &johns), (&jane, &janes)];
        for (user, item) in seen {
            assert_eq!(kind.seen(user, item).await, ["first", "second"], "{}", kind.name);
        }
        assert_eq!(matti.list(kind.leaks().path).await, [] as [Value; 0], "{}", kind.name);
        let leaks = [john.list(kind.leaks().path).await, jane.list(kind.leaks().path).await].concat();
        for id in ["id", "alarm_id"] {
            let once: BTreeSet<String> = leaks.iter().map(|leak| written(&leak[id])).collect();
            assert_eq!(once.len(), leaks.len(), "{}: what a user sees has a {id} of its own", kind.name);
        }

        of_johns.remove(kind.add, &johns).await;
        assert_eq!(kind.seen(&jane, &janes).await, ["first", "second"], "{}: removed by another", kind.name);
        assert_eq!(world.breach(kind.leak(kind.value(), "third")).await, json!([2]), "{}", kind.name);
        assert_eq!(kind.seen(&john, &johns).await, [] as [String; 0], "{}", kind.name);
    }
}

#[tokio::test]
async fn leaks_are_read_with_a_token_and_only_ones_own() {
    let world = World::new();
    for kind in Kind::with_leaks() {
        let path = format!("/api/v1{}", kind.leaks().path);
        world.get(&path).send().await.expect(401);
        world.get(&path).token(CRM).send().await.expect(403);
        if kind.leaks().by_crm {
            world.get(&format!("/api/v1/account/1{}", kind.leaks().path)).token(APP).send().await.expect(403);
            world.get(&format!("/api/v1/account/3{}", kind.leaks().path)).token(CRM).send().await.expect(404);
        }
    }
}
