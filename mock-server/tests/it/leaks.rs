//! Leaks: a breach holds a value, and whoever watches that value sees the leak, in whatever spelling, from the moment
//! of watching to that of removal, once, and nobody else does (EMAIL-1, PHONE-1, IBAN-1, CARD-1, NONE-1).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use mock_server::{NewLeak, WatchKind};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::confirmation::{Caller, advance, card, last_code, last_link, open};
use crate::formats::Format;
use crate::harness::{APP, Answer, CRM, Request, World, written};

/// A kind of item whose leaks are listed.
#[derive(Debug)]
struct Kind {
    /// As the control route names it.
    name: &'static str,
    /// Where items are added, and below which they are removed.
    items: &'static str,
    leaks: &'static str,
    /// The field of the body that holds the value.
    field: &'static str,
    /// Whether CRM sees the leaks too.
    by_crm: bool,
    /// A value that the seed does not know, in several spellings.
    spellings: [&'static str; 4],
    /// Another such value.
    other: &'static str,
    /// What is no such value.
    invalid: &'static str,
}

const EMAIL: Kind = Kind {
    name: "email",
    items: "/email-watchlist",
    leaks: "/email-watchlist/leaks",
    field: "email",
    by_crm: true,
    spellings: ["leaked@example.com", "Leaked@Example.COM", " leaked@example.com ", "LEAKED@EXAMPLE.COM"],
    other: "unknown@example.com",
    invalid: "nobody",
};
const PHONE: Kind = Kind {
    name: "phone",
    items: "/phone-watchlist",
    leaks: "/phone-watchlist/leaks",
    field: "phone",
    by_crm: true,
    spellings: ["+46701740620", "+46 70-174 06 20", "0046701740620", " +46 (70) 174.06.20 "],
    other: "+46701740621",
    invalid: "0701740620",
};
const IBAN: Kind = Kind {
    name: "iban",
    items: "/iban-watchlist",
    leaks: "/iban-watchlist/leaks",
    field: "iban",
    by_crm: true,
    spellings: [
        "SE3550000000054910000003",
        "se3550000000054910000003",
        "SE35 5000 0000 0549 1000 0003",
        " se35 50000000 054910000003 ",
    ],
    other: "DK5000400440116243",
    invalid: "SE0050000000058398257466",
};
const CARD: Kind = Kind {
    name: "credit_card",
    items: "/credit-card",
    leaks: "/credit-card/leaks",
    field: "card_number",
    by_crm: false,
    spellings: ["5555555555554444", "5555 5555 5555 4444", "5555-5555-5555-4444", " 55555555 55554444 "],
    other: "378282246310005",
    invalid: "4242424242424241",
};
const KINDS: [&Kind; 4] = [&EMAIL, &PHONE, &IBAN, &CARD];

impl Kind {
    /// A value that the seed does not know.
    fn value(&self) -> &'static str {
        self.spellings[0]
    }

    /// The body that adds an item with this value.
    fn body(&self, value: &str) -> Value {
        if self.name == CARD.name { card(value) } else { json!({ self.field: value }) }
    }

    /// Adds an item with this value.
    async fn add(&self, caller: &Caller<'_>, value: &str) -> Value {
        caller.add(self.items, self.body(value)).await
    }

    /// A leak of this value, as the control route takes it.
    fn leak(&self, value: &str, title: &str) -> Value {
        json!({ "kind": self.name, "value": value, "title": title })
    }

    /// The titles of the leaks that a caller sees of one item.
    async fn seen(&self, caller: &Caller<'_>, item: &Value) -> Vec<String> {
        let leaks = caller.list(self.leaks).await;
        leaks.iter().filter(|leak| leak["item_id"] == item["id"]).map(title).collect()
    }
}

/// The fields of a leak, in order.
const FIELDS: [&str; 16] = [
    "id",
    "item_id",
    "alarm_id",
    "source_type",
    "title",
    "domain",
    "description",
    "breach_date",
    "published_at",
    "data_classes",
    "severity",
    "status",
    "is_verified",
    "has_password",
    "has_plaintext_password",
    "created_at",
];

fn title(leak: &Value) -> String {
    leak["title"].as_str().unwrap_or_else(|| panic!("no title in {leak}")).to_owned()
}

/// A breach now holds a value. Returns the ids of the accounts that see it at once.
async fn breach(world: &World, leak: Value) -> Value {
    world.post("/_mock/leaks").json(leak).send().await.expect(201).body["seen_by"].clone()
}

// Who sees a leak, and when.

#[tokio::test]
async fn the_leaks_of_the_seed_are_seen_on_the_items_that_they_are_about() {
    let seed: Value = serde_json::from_str(include_str!("../../../fixtures/seed.json")).expect("the seed is JSON");
    let world = World::new();
    let user = Caller::user(&world);
    for kind in KINDS {
        let values: Vec<(Value, String)> = seeded(&seed, kind);
        let leaks = user.list(kind.leaks).await;
        let expected: Vec<&Value> = seed["leaks"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|leak| leak["kind"] == kind.name && values.iter().any(|(_, value)| leak["value"] == **value))
            .collect();
        assert!(!expected.is_empty() && leaks.len() == expected.len(), "{}: {leaks:?}", kind.name);
        for (leak, expected) in leaks.iter().zip(expected) {
            let item = values.iter().find(|(_, value)| expected["value"] == **value).expect("an item that holds it");
            assert_eq!(leak["item_id"], item.0, "{leak}");
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

/// The items of one kind on account 1 of the seed: their ids and values.
fn seeded(seed: &Value, kind: &Kind) -> Vec<(Value, String)> {
    let list = match kind.name {
        "credit_card" => "credit_cards",
        name => &format!("{name}s"),
    };
    let items = seed["accounts"][0][list].as_array().unwrap_or_else(|| panic!("no {list}"));
    items.iter().map(|item| (item["id"].clone(), written(&item[kind.field]))).collect()
}

#[tokio::test]
async fn a_leak_belongs_to_a_value_however_it_is_spelled() {
    for form in ["normalized", "as-sent"] {
        for kind in KINDS {
            for watched in kind.spellings {
                let world = World::assuming("value.form", form);
                let partner = Caller::partner(&world, "1");
                let before = kind.leak(kind.spellings[0], "before");
                assert_eq!(breach(&world, before).await, json!([]), "nobody watches it yet");
                let item = kind.add(&partner, watched).await;
                for leaked in kind.spellings {
                    let seen_by = breach(&world, kind.leak(leaked, leaked)).await;
                    assert_eq!(seen_by, json!([1]), "{form}: {leaked:?} leaked, {watched:?} watched");
                }
                assert_eq!(breach(&world, kind.leak(kind.other, "other")).await, json!([]), "{form}");
                let expected: Vec<&str> = ["before"].into_iter().chain(kind.spellings).collect();
                let seen = kind.seen(&Caller::user(&world), &item).await;
                assert_eq!(seen, expected, "{form}: {watched:?} watched");
            }
        }
    }
}

#[tokio::test]
async fn a_leak_from_before_is_seen_from_the_moment_of_watching_and_one_from_after_from_its_own() {
    for kind in KINDS {
        for by_user in [true, false] {
            let world = World::new();
            world.control().freeze_clock(true);
            let [partner, user] = Caller::both(&world);
            // What the user adds of these kinds waits; that is another test.
            if by_user && [EMAIL.name, CARD.name].contains(&kind.name) {
                continue;
            }
            let caller = if by_user { &user } else { &partner };
            assert_eq!(breach(&world, kind.leak(kind.value(), "before")).await, json!([]));
            advance(&world, 60);
            let item = kind.add(caller, kind.value()).await;
            advance(&world, 60);
            assert_eq!(breach(&world, kind.leak(kind.value(), "after")).await, json!([1]));

            let leaks = user.list(kind.leaks).await;
            let found: Vec<&Value> = leaks.iter().filter(|leak| leak["item_id"] == item["id"]).collect();
            let [before, after] = found.as_slice() else { panic!("{} by {}: {leaks:?}", kind.name, caller.label) };
            assert_eq!((title(before), title(after)), ("before".into(), "after".into()), "in the order of finding");
            assert_eq!(before["created_at"], item["created_at"], "found when it was looked for");
            assert!(before["published_at"].as_str() < before["created_at"].as_str(), "{before}");
            assert_eq!(after["created_at"], after["published_at"], "found when it was published");
        }
    }
}

/// How the end user ends the waiting of an item.
#[derive(Clone, Copy, Debug)]
enum End {
    Link,
    PhoneCode,
    CardCode,
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
            assert_eq!(breach(&world, kind.leak(kind.value(), "before")).await, json!([]), "{label}");
            let item = kind.add(&user, kind.value()).await;
            let seen_by = breach(&world, kind.leak(kind.value(), "while waiting")).await;
            assert_eq!(seen_by, if is_shown { json!([1]) } else { json!([]) }, "{label}");
            let all = ["before", "while waiting"];
            let expected = if is_shown { &all[..] } else { &[] };
            assert_eq!(kind.seen(&user, &item).await, expected, "{label}: while it waits");
            let list = user.get(kind.leaks).send().await.expect(200);
            assert!(list.rests_on("leaks.pending"), "{label}: {}", list.header("x-mock-basis"));

            end.come(&world, &user, &item).await;
            assert_eq!(kind.seen(&user, &item).await, all, "{label}: once it is confirmed, each once");
            assert_eq!(breach(&world, kind.leak(kind.value(), "after")).await, json!([1]), "{label}");
            assert_eq!(kind.seen(&user, &item).await, ["before", "while waiting", "after"], "{label}");
        }
    }
}

impl End {
    async fn come(self, world: &World, user: &Caller<'_>, item: &Value) {
        let answer = match self {
            Self::Link => open(world, &last_link(world)).await,
            Self::PhoneCode => user.post("/phone-watchlist/confirm", json!({ "code": last_code(world) })).send().await,
            Self::CardCode => {
                let body = json!({ "credit_card_id": item["id"], "code": last_code(world) });
                user.post("/credit-cards/verify", body).send().await
            }
        };
        answer.expect(200);
    }
}

#[tokio::test]
async fn an_item_that_is_removed_takes_its_leaks_along() {
    for kind in KINDS {
        let world = World::new();
        let [partner, user] = Caller::both(&world);
        let untouched = user.list(kind.leaks).await;
        let item = kind.add(&partner, kind.value()).await;
        breach(&world, kind.leak(kind.value(), "first")).await;
        assert_eq!(kind.seen(&user, &item).await, ["first"], "{}", kind.name);
        partner.remove(kind.items, &item).await;
        assert_eq!(user.list(kind.leaks).await, untouched, "{}: the other items keep theirs", kind.name);
        assert_eq!(breach(&world, kind.leak(kind.value(), "second")).await, json!([]), "{}", kind.name);
        assert_eq!(user.list(kind.leaks).await, untouched, "{}", kind.name);

        let again = kind.add(&partner, kind.value()).await;
        assert_ne!(again["id"], item["id"]);
        assert_eq!(kind.seen(&user, &again).await, ["first", "second"], "{}: added again", kind.name);
        assert_eq!(user.list(kind.leaks).await.len(), untouched.len() + 2, "{}", kind.name);
    }
}

#[tokio::test]
async fn crm_sees_the_leaks_that_the_user_sees_but_for_those_of_cards() {
    let world = World::new();
    for kind in KINDS {
        let [partner, user] = Caller::both(&world);
        kind.add(&partner, kind.value()).await;
        breach(&world, kind.leak(kind.value(), "new")).await;
        let seen = user.list(kind.leaks).await;
        assert!(seen.iter().any(|leak| title(leak) == "new"), "{}: {seen:?}", kind.name);
        if kind.by_crm {
            assert_eq!(partner.list(kind.leaks).await, seen, "{}", kind.name);
        } else {
            partner.get(kind.leaks).send().await.expect(404);
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
        assert_eq!(breach(&world, leak.clone()).await, seen_by, "{leak}");
    }
}

#[tokio::test]
async fn a_leaked_ssn_is_seen_where_it_is_monitored() {
    let world = World::new();
    let leak = |value: &str| json!({ "kind": "ssn", "value": value });
    assert_eq!(breach(&world, leak(" 19900101-2385 ")).await, json!([1]));
    assert_eq!(breach(&world, leak("199001012385")).await, json!([1]), "without its separator");
    assert_eq!(breach(&world, leak("010594y9032")).await, json!([3]), "in any case");
    assert_eq!(breach(&world, leak("19900102-2384")).await, json!([]));
    let partner = Caller::partner(&world, "1");
    partner.request(Method::PATCH, "/ssn-monitoring/deactivate").send().await.expect(200);
    assert_eq!(breach(&world, leak("19900101-2385")).await, json!([]), "while monitoring is off");
    partner.request(Method::PATCH, "/ssn-monitoring/activate").send().await.expect(200);
    assert_eq!(breach(&world, leak("19900101-2385")).await, json!([1]));
    let eid = json!({ "provider": "bankid", "ssn": "19900102-2384" });
    world.post("/_mock/accounts/2/eid").json(eid).send().await.expect(200);
    assert_eq!(breach(&world, leak("19900102-2384")).await, json!([2]), "from the electronic ID on");
}

#[tokio::test]
async fn nobody_sees_the_leaks_of_another_unless_both_watch_the_value() {
    for kind in KINDS {
        let world = World::new();
        let john = Caller::user(&world);
        let jane = Caller::user_of(&world, "jane.roe@example.com").await;
        let matti = Caller::user_of_other_partner(&world, "matti.malli@example.org").await;
        let of_johns = Caller::partner(&world, "1");
        let of_janes = Caller::partner(&world, "2");

        let johns = kind.add(&of_johns, kind.value()).await;
        assert_eq!(breach(&world, kind.leak(kind.value(), "first")).await, json!([1]), "{}", kind.name);
        for other in [&jane, &matti] {
            assert_eq!(other.list(kind.leaks).await, [] as [Value; 0], "{}", kind.name);
        }

        let janes = kind.add(&of_janes, kind.value()).await;
        assert_eq!(breach(&world, kind.leak(kind.value(), "second")).await, json!([1, 2]), "{}", kind.name);
        let seen = [(&john, &johns), (&jane, &janes)];
        for (user, item) in seen {
            assert_eq!(kind.seen(user, item).await, ["first", "second"], "{}", kind.name);
        }
        assert_eq!(matti.list(kind.leaks).await, [] as [Value; 0], "{}", kind.name);
        let leaks = [john.list(kind.leaks).await, jane.list(kind.leaks).await].concat();
        for id in ["id", "alarm_id"] {
            let once: BTreeSet<String> = leaks.iter().map(|leak| written(&leak[id])).collect();
            assert_eq!(once.len(), leaks.len(), "{}: what a user sees has a {id} of its own", kind.name);
        }

        of_johns.remove(kind.items, &johns).await;
        assert_eq!(kind.seen(&jane, &janes).await, ["first", "second"], "{}: removed by another", kind.name);
        assert_eq!(breach(&world, kind.leak(kind.value(), "third")).await, json!([2]), "{}", kind.name);
        assert_eq!(kind.seen(&john, &johns).await, [] as [String; 0], "{}", kind.name);
    }
}

// Once.

#[tokio::test]
async fn nothing_that_happens_to_an_item_doubles_its_leaks() {
    let world = World::assuming_all(&[("confirm.phone", "yes"), ("leaks.pending", "shown")]);
    let user = Caller::user(&world);
    for (kind, end) in [(&EMAIL, End::Link), (&PHONE, End::PhoneCode), (&CARD, End::CardCode)] {
        breach(&world, kind.leak(kind.value(), "before")).await;
        let item = kind.add(&user, kind.value()).await;
        breach(&world, kind.leak(kind.value(), "after")).await;
        for body in [kind.body(kind.value()), kind.body(kind.spellings[1])] {
            user.post(kind.items, body).send().await.expect(422);
        }
        end.come(&world, &user, &item).await;
        assert_eq!(kind.seen(&user, &item).await, ["before", "after"], "{}", kind.name);
    }
}

/// The leaks come from another thread, one right after the other, so that they meet every step of the adding. They are
/// many: a page says how many there are without writing them all.
#[tokio::test]
async fn a_leak_that_comes_while_an_item_is_added_is_seen_once() {
    const ROUNDS: usize = 30;
    const ACCOUNTS: usize = 8;
    let world = World::assuming("list.shape", "paginated");
    for round in 0..ROUNDS {
        let email = format!("race{round}@example.com");
        let mut partners = Vec::new();
        for account in 0..ACCOUNTS {
            let id = world.account(&format!("watcher{account}of{round}@example.com")).await;
            partners.push(Caller::partner(&world, &id));
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let leaking = leak_until(&world, &email, &is_over);
        let adding: JoinSet<Answer> =
            partners.iter().map(|partner| partner.post(EMAIL.items, EMAIL.body(&email)).send()).collect();
        let added = adding.join_all().await;
        is_over.store(true, Ordering::Relaxed);
        let leaked = leaking.join().expect("leaks do not panic");
        assert!(added.iter().all(|answer| answer.status == 201), "round {round}: {added:?}");
        for partner in &partners {
            let page = partner.get(EMAIL.leaks).send().await.expect(200);
            assert_eq!(page.body["meta"]["total"], leaked, "round {round}: each that was added, and once");
        }
    }
}

/// Adds leaks of `email` until told to stop, or until comparing them is all that a busy machine would do. Returns how
/// many.
fn leak_until(world: &World, email: &str, is_over: &Arc<AtomicBool>) -> JoinHandle<usize> {
    const MOST: usize = 1000;
    let (control, is_over) = (world.control(), Arc::clone(is_over));
    let leak = NewLeak::of(WatchKind::Email, email);
    std::thread::spawn(move || {
        let mut leaked = 0;
        while leaked < MOST && !is_over.load(Ordering::Relaxed) {
            control.add_leak(&leak).expect("an email");
            leaked += 1;
        }
        leaked
    })
}

/// Sends two requests at once, and returns their statuses.
async fn race(one: Request, other: Request) -> (u16, u16) {
    let one = tokio::spawn(one.send());
    let other = tokio::spawn(other.send());
    (one.await.expect("no panic").status, other.await.expect("no panic").status)
}

#[tokio::test]
async fn an_item_and_a_leak_that_are_added_at_once_meet_once() {
    for kind in [&EMAIL, &PHONE, &IBAN] {
        let world = World::new();
        let [partner, user] = Caller::both(&world);
        for round in 0..30 {
            let leak = world.post("/_mock/leaks").json(kind.leak(kind.value(), "at once"));
            let statuses = race(partner.post(kind.items, kind.body(kind.value())), leak).await;
            assert_eq!(statuses, (201, 201), "{} round {round}", kind.name);
            let item = user.list(kind.items).await.pop().expect("the item that was added");
            // The leaks of the rounds before are of the same value, and are seen with it again.
            assert_eq!(kind.seen(&user, &item).await.len(), round + 1, "{} round {round}", kind.name);
            partner.remove(kind.items, &item).await;
        }
    }
}

#[tokio::test]
async fn a_leak_that_comes_while_an_item_is_confirmed_or_removed_is_seen_once_or_not() {
    let world = World::new();
    let user = Caller::user(&world);
    for round in 0..30 {
        let item = user.add_email(&format!("race{round}@example.com")).await;
        let link = last_link(&world);
        let path = link.strip_prefix(world.base_url()).expect("a link to this world");
        let leak = EMAIL.leak(&written(&item["email"]), "at once");
        let statuses = race(world.get(path), world.post("/_mock/leaks").json(leak.clone())).await;
        assert_eq!(statuses, (200, 201), "round {round}");
        assert_eq!(EMAIL.seen(&user, &item).await, ["at once"], "round {round}");

        let remove = user.request(Method::DELETE, &format!("{}/{}", EMAIL.items, written(&item["id"])));
        let statuses = race(remove, world.post("/_mock/leaks").json(leak)).await;
        assert_eq!(statuses, (204, 201), "round {round}");
        assert_eq!(EMAIL.seen(&user, &item).await, [] as [String; 0], "round {round}");
    }
}

// What a leak says.

#[tokio::test]
async fn a_leak_has_the_documented_fields_in_both_formats_and_never_the_value_or_a_password() {
    let world = World::new();
    let [partner, _] = Caller::both(&world);
    for kind in KINDS {
        kind.add(&partner, kind.value()).await;
        let mut leak = kind.leak(kind.value(), "whole");
        for (field, value) in whole().as_object().expect("an object") {
            leak[field] = value.clone();
        }
        breach(&world, leak).await;
        for format in Format::BOTH {
            let request = format.ask(world.get(&format!("/api/v1{}", kind.leaks))).token(APP);
            let answer = request.send().await.expect(200);
            format.check(&answer.body, kind.name);
            assert!(!answer.raw.contains(kind.value()), "{}: {}", kind.name, answer.raw);
            for leak in answer.items() {
                let fields: Vec<&str> = leak.as_object().expect("an object").keys().map(|field| &**field).collect();
                assert_eq!(fields, FIELDS, "{} {format:?}", kind.name);
            }
            let leak = answer.items().last().expect("the leak that was added");
            for (field, value) in whole().as_object().expect("an object") {
                let expected = match (format, field.as_str()) {
                    (Format::Legacy, "published_at") => json!("2026-03-02 10:15:00"),
                    // Sorted, and each once.
                    (_, "data_classes") => json!(["email", "full_name", "password"]),
                    (_, name) if name.starts_with("is_") || name.starts_with("has_") => format.flag(value == true),
                    _ => value.clone(),
                };
                assert_eq!(leak[field], expected, "{field} of {} in {format:?}", kind.name);
            }
            assert_eq!(leak["status"], "OPEN");
        }
    }
}

/// Everything that the control route takes of a leak beside its kind, value and title.
fn whole() -> Value {
    json!({
        "source_type": "STEALER_LOG", "domain": "exempelbutiken.example", "description": "Malware copied it.",
        "breach_date": "2026-02-14", "published_at": "2026-03-02T10:15:00Z",
        "data_classes": ["password", "email", "full_name", "email"], "severity": "LOW", "is_verified": false,
        "has_password": true, "has_plaintext_password": true,
    })
}

#[tokio::test]
async fn what_is_not_said_of_a_leak_is_filled_in() {
    let classes = ["email", "phone", "iban", "card_number"];
    let severities = ["LOW", "LOW", "MEDIUM", "HIGH"];
    for ((kind, class), severity) in KINDS.into_iter().zip(classes).zip(severities) {
        let world = World::new();
        world.control().freeze_clock(true);
        advance(&world, 60);
        let [partner, user] = Caller::both(&world);
        let item = kind.add(&partner, kind.value()).await;
        breach(&world, json!({ "kind": kind.name, "value": kind.value() })).await;
        let leaks = user.list(kind.leaks).await;
        let leak = leaks.iter().find(|leak| leak["item_id"] == item["id"]).expect("the leak that was added");
        let filled = [
            ("source_type", json!("BREACH")),
            ("domain", Value::Null),
            ("breach_date", Value::Null),
            ("published_at", item["created_at"].clone()),
            ("created_at", item["created_at"].clone()),
            ("data_classes", json!([class])),
            ("severity", json!(severity)),
            ("status", json!("OPEN")),
            ("is_verified", json!(1)),
            ("has_password", json!(0)),
            ("has_plaintext_password", json!(0)),
        ];
        for (field, expected) in filled {
            assert_eq!(leak[field], expected, "{field} of {leak}");
        }
        for text in ["title", "description"] {
            assert!(leak[text].as_str().is_some_and(|text| !text.is_empty()), "{text} of {leak}");
        }
    }
}

#[tokio::test]
async fn every_source_and_severity_can_be_had() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let item = EMAIL.add(&partner, EMAIL.value()).await;
    let mut expected = Vec::new();
    for source in ["BREACH", "COMBOLIST", "STEALER_LOG", "PASTE", "DARK_WEB"] {
        for severity in ["LOW", "MEDIUM", "HIGH", "CRITICAL"] {
            let mut leak = EMAIL.leak(EMAIL.value(), "any");
            leak["source_type"] = json!(source);
            leak["severity"] = json!(severity);
            breach(&world, leak).await;
            expected.push((json!(source), json!(severity)));
        }
    }
    let leaks = user.list(EMAIL.leaks).await;
    let of_item = leaks.iter().filter(|leak| leak["item_id"] == item["id"]);
    let seen: Vec<(Value, Value)> =
        of_item.map(|leak| (leak["source_type"].clone(), leak["severity"].clone())).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_plaintext_password_is_a_password() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    EMAIL.add(&partner, EMAIL.value()).await;
    let leak = json!({ "kind": "email", "value": EMAIL.value(), "has_plaintext_password": true });
    breach(&world, leak).await;
    let leak = user.list(EMAIL.leaks).await.pop().expect("the leak that was added");
    assert_eq!((&leak["has_password"], &leak["has_plaintext_password"]), (&json!(1), &json!(1)), "{leak}");
}

// What is refused.

#[tokio::test]
async fn a_leak_that_is_wrong_is_refused_with_a_sentence_that_names_what_is() {
    let world = World::new();
    let user = Caller::user(&world);
    let before = user.list(EMAIL.leaks).await;
    let with = |field: &str, value: Value| {
        let mut leak = json!({ "kind": "email", "value": "john.work@example.com" });
        leak[field] = value;
        leak
    };
    let mut cases = vec![
        ("an unknown kind", with("kind", json!("e-mail")), "e-mail"),
        ("a kind that is no text", with("kind", json!(5)), "kind"),
        ("no kind", json!({ "value": "john.work@example.com" }), "kind"),
        ("no value", json!({ "kind": "email" }), "value"),
        ("a value that is no text", with("value", json!(5)), "value"),
        ("a value that is null", with("value", Value::Null), "value"),
        ("an unknown field", with("sevrity", json!("LOW")), "sevrity"),
        ("a leaked password", with("password", json!("secret")), "password"),
        ("an unknown severity", with("severity", json!("low")), "severity"),
        ("an unknown source", with("source_type", json!("LEAK")), "source_type"),
        ("a date that is none", with("breach_date", json!("2026-02-30")), "breach_date"),
        ("a time that is none", with("published_at", json!("yesterday")), "published_at"),
        ("classes that are no list", with("data_classes", json!("email")), "data_classes"),
        ("a class that is no text", with("data_classes", json!(["email", 5])), "data_classes[1]"),
        ("a flag that is none", with("has_password", json!("yes")), "has_password"),
        ("a title that is no text", with("title", json!(5)), "title"),
        ("a list", json!(["email", "john.work@example.com"]), "object"),
        ("nothing", json!({}), "kind"),
    ];
    for kind in KINDS {
        cases.push((kind.name, kind.leak(kind.invalid, "invalid"), "value"));
        cases.push((kind.name, kind.leak("", "empty"), "value"));
    }
    for (name, invalid) in [("passport", "00000"), ("drivers_license", "0000"), ("ssn", "x")] {
        cases.push((name, json!({ "kind": name, "value": invalid }), "value"));
    }
    for (label, leak, named) in cases {
        let answer = world.post("/_mock/leaks").json(leak.clone()).send().await.expect(400);
        assert!(is_a_sentence_about(&answer, named), "{label}: {leak}: {}", answer.raw);
    }
    let malformed = world.post("/_mock/leaks").body("application/json", "{\"kind\":").send().await.expect(400);
    assert!(is_a_sentence_about(&malformed, "line 1"), "{}", malformed.raw);
    assert_eq!(user.list(EMAIL.leaks).await, before, "nothing that was refused is kept");
}

fn is_a_sentence_about(answer: &Answer, named: &str) -> bool {
    answer.header("content-type") == "application/json" && answer.text("error").contains(named)
}

#[tokio::test]
async fn leaks_are_read_with_a_token_and_only_ones_own() {
    let world = World::new();
    for kind in KINDS {
        let path = format!("/api/v1{}", kind.leaks);
        world.get(&path).send().await.expect(401);
        world.get(&path).token(CRM).send().await.expect(403);
        if kind.by_crm {
            world.get(&format!("/api/v1/account/1{}", kind.leaks)).token(APP).send().await.expect(403);
            world.get(&format!("/api/v1/account/3{}", kind.leaks)).token(CRM).send().await.expect(404);
        }
    }
}
