use serde_json::json;

use super::*;
use crate::world::seed::parts::ClosedAlarm;

fn world(text: &str) -> Result<World, SeedError> {
    load(&Seed::parse(text)?, Arc::new(Settings::default()), Some("test"))
}

/// The paths and rules of the faults of a seed.
fn faults(seed: &Json) -> Vec<String> {
    match world(&seed.to_string()) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults().iter().map(ToString::to_string).collect(),
    }
}

/// A seed with these accounts, which say of themselves only what is given here.
fn seed_of(accounts: Json) -> Json {
    json!({ "version": 1, "accounts": accounts })
}

fn john() -> Json {
    json!({ "first_name": "John", "last_name": "Doe", "email": "john@example.com" })
}

#[test]
fn all_compiled_in_seeds_make_a_world() {
    let example = Seed::parse(Seed::example()).expect("a seed");
    assert_eq!(check(&example).expect("a world"), []);
    for seed in [Seed::default_world(), Seed::empty_world(), example] {
        load(&seed, Arc::new(Settings::default()), Some("test")).expect("a world");
    }
}

#[test]
fn what_people_leave_out_follows_from_the_rest() {
    let seed = json!({
        "version": 1,
        "clock": { "frozen_at": "2026-12-01T00:00:00Z" },
        "accounts": [
            { "profile": john(), "emails": [{ "email": "a@example.com" }, { "email": "b@example.com", "pending": true }] },
            {
                "profile": { "first_name": "Jane", "last_name": "Roe", "email": "jane@example.com" },
                "app_token": "7|jane",
                "emails": [{ "email": "a@example.com" }],
                "credit_cards": [{
                    "card_number": "4242424242424242", "expiry_month": 12, "expiry_year": 2049, "waits_for": { "secret": "777777" },
                }],
            },
        ],
        "leaks": [{ "kind": "email", "value": "a@example.com" }, { "kind": "email", "value": "a@example.com", "title": "Later" }],
        "closed_alarms": [{ "leak": 0, "account": 2 }],
    });
    let snapshot = world(&seed.to_string()).expect("a world").snapshot();
    let found = serde_json::to_value(&snapshot).expect("JSON");
    let read = |pointer: &str| found.pointer(pointer).cloned().unwrap_or_default();
    let cases = [
        ("/accounts/0/id", json!(1)),
        ("/accounts/1/id", json!(2)),
        ("/accounts/1/partner", json!(1)),
        ("/accounts/0/created_at", json!("2026-01-01T00:00:00Z")),
        ("/accounts/1/created_at", json!("2026-01-01T00:01:00Z")),
        ("/accounts/0/emails/1/id", json!(2)),
        ("/accounts/0/emails/1/created_at", json!("2026-01-01T00:00:02Z")),
        ("/accounts/0/emails/1/waits_for/secret", json!("email-2")),
        ("/accounts/1/emails/0/id", json!(3)),
        ("/accounts/1/credit_cards/0/waits_for/secret", json!("777777")),
        ("/leaks/1/published_at", json!("2026-02-01T00:01:00Z")),
        ("/accounts/0/alarms/0/closed_at", Json::Null),
        ("/accounts/1/alarms/0/closed_at", json!("2026-02-01T01:00:00Z")),
        ("/accounts/1/alarms/1/closed_at", Json::Null),
        ("/tokens/0/secret", json!("mock-crm-token")),
        ("/tokens/1/number", json!(7)),
        ("/tokens/1/account", json!(2)),
        ("/partners/0/sso_clients/0/client_id", json!("mock-client")),
        ("/partners/1/id", json!(2)),
    ];
    for (pointer, expected) in cases {
        assert_eq!(read(pointer), expected, "{pointer}");
    }
    let known = Seed::parse(&seed.to_string()).expect("a seed");
    let world = load(&known, Arc::new(Settings::default()), None).expect("a world");
    let published = world.published.credentials(String::new(), &world.settings);
    let told =
        published.accounts.iter().map(|account| (account.id.to_string(), account.partner, account.app_token.clone()));
    let expected = [("1".to_owned(), 1, None), ("2".to_owned(), 1, Some("7|jane".to_owned()))];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(published.crm.and_then(|crm| crm.token).as_deref(), Some("1|mock-crm-token"));
}

#[test]
fn a_seed_that_says_less_makes_the_same_world_each_time() {
    let settings = || Arc::new(Settings { random_seed: Some(1), ..Settings::default() });
    let seed = Seed::parse(Seed::example()).expect("a seed");
    let made = || load(&seed, settings(), None).expect("a world").snapshot().to_text();
    assert_eq!(made(), made());
}

#[test]
fn a_long_seed_makes_the_same_world_and_names_faults_in_the_same_way() {
    let settings = || Arc::new(Settings { random_seed: Some(1), ..Settings::default() });
    for text in [Seed::default_world(), Seed::parse(Seed::example()).expect("a seed")]
        .map(|seed| load(&seed, settings(), None).expect("a world").snapshot().to_text())
        .into_iter()
        .chain([Seed::example().to_owned()])
    {
        let Some(long) = Seed::parse_long(&text) else {
            // Comments beside the accounts are read as a whole only.
            assert!(text.contains("$comment"));
            continue;
        };
        assert!(long.is_long() && long.accounts.is_empty());
        let whole = load(&Seed::parse(&text).expect("a seed"), settings(), None).expect("a world").snapshot();
        assert_eq!(load(&long, settings(), None).expect("a world").snapshot().to_text(), whole.to_text());
        for (right, wrong) in [
            ("\"first_name\"", "\"frst_name\""),
            ("\"partner\": 1", "\"partner\": 7"),
            ("\"id\": 1,", "\"id\": [],"),
            ("\"id\": 1,", "\"$comment\": \"skipped\", \"id\": 1,"),
        ] {
            let text = text.replace(right, wrong);
            let told = |seed: Seed| load(&seed, settings(), None).map(drop);
            let whole = Seed::parse(&text).and_then(told);
            let Some(long) = Seed::parse_long(&text) else { continue };
            assert_eq!(told(long), whole, "{wrong}");
        }
    }
}

#[test]
fn all_faults_are_told_at_once_each_with_its_place_its_rule_and_an_example() {
    let seed = json!({
        "version": 1,
        "acounts": [],
        "tokens": [{ "number": "1", "secret": "a", "partner": 1 }, { "number": 2, "secret": "b", "account": 99 }],
        "accounts": [
            { "id": "1", "profile": john() },
            {
                "created_at": "yesterday",
                "profile": { "first_name": "Jane", "email": "jane" },
                "phone": [],
                "phones": [{ "phone": "1" }, { "phone": "+46701740650", "is_confirmed": false }, { "id": "x" }],
                "ibans": { "iban": "SE4550000000058398257466" },
            },
            {
                "partner": 7,
                "profile": { "first_name": "Jane", "last_name": "Roe", "email": "jane@example.com", "country_code": "SE", "ssn": "1" },
                "app_token": "jane",
                "emails": [{ "email": "a@example.com" }, { "email": "A@example.com" }],
                "passports": [{ "passport_number": "XX0000000", "expiry_date": "soon", "pending": true }],
            },
        ],
        "leaks": [{ "kind": "iban", "value": "SE00" }],
        "closed_alarms": [{ "leak": 4 }],
    });
    assert_eq!(
        faults(&seed),
        [
            "acounts: unknown field; did you mean accounts?",
            "tokens[0].number: it must be a whole number from 0, and is a text; for example 1",
            "accounts[0].id: it must be a whole number from 0, and is a text; for example 1",
            "accounts[1].phone: unknown field; did you mean phones?",
            "accounts[1].profile.last_name: it is missing; for example \"Example\"",
            "accounts[1].created_at: it must be a time as in RFC 3339; for example \"2026-06-16T21:02:05Z\"",
            "accounts[1].phones[1].is_confirmed: unknown field; an item is confirmed, unless it has \"pending\": true",
            "accounts[1].phones[2].phone: it is missing; for example \"+46701740650\"",
            "accounts[1].phones[2].id: it must be a whole number from 0, and is a text; for example 1",
            "accounts[1].ibans: it must be a list, and is an object",
            "accounts[2].partner: there is no partner 7; partners are 1, 2",
            "accounts[2].profile.ssn: the ssn field format is invalid; for example \"19900101-1234\"",
            "accounts[2].emails[1].email: the account watches that value already, by its item 1",
            "accounts[2].passports[0].expiry_date: the expiry date field must match the format Y-m-d; for example \"2031-12-31\"",
            "accounts[2].passports[0].pending: passports need no confirmation, so that none is pending",
            "accounts[2].app_token: it must be a number from 1, a | and a secret; for example \"7|jane-app-token\"",
            "leaks[0].value: the value format is invalid for an IBAN; for example \"SE35 5000 0000 0549 1000 0003\"",
        ]
    );
}

#[test]
fn a_fault_of_a_seed_is_named_with_its_place() {
    let account = |more: Json| {
        let mut account = json!({ "profile": john() });
        account.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        seed_of(json!([account]))
    };
    let with = |more: Json| {
        let mut seed = seed_of(json!([{ "profile": john() }]));
        seed.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        seed
    };
    let plan = |id: u64| json!({ "id": id, "name": "A", "has_online_data": true });
    let site = json!({ "id": 4, "name": "A", "domain": "a.example", "country_code": "SE" });
    let leak = json!({ "kind": "email", "value": "nobody@example.com" });
    let cases = [
        (json!({ "version": 2 }), "version: this seed is of version 2, and this server reads version 1"),
        (json!({}), "version: it is missing; for example 1"),
        (json!([]), "the seed: it must be an object"),
        (
            with(json!({ "tokens": [{ "number": 3, "secret": "x" }] })),
            "tokens[0]: a token is for one partner or one account",
        ),
        (with(json!({ "tokens": [{ "secret": "x", "account": 9 }] })), "tokens[0].account: there is no account 9"),
        (
            with(
                json!({ "tokens": [{ "number": 3, "secret": "x", "partner": 1 }, { "number": 3, "secret": "y", "partner": 1 }] }),
            ),
            "tokens[1].number: 3 is taken by a token before it",
        ),
        (with(json!({ "plans": [plan(1), plan(1)] })), "plans[1].id: 1 is taken"),
        (with(json!({ "sites": [site, site] })), "sites[1].id: 4 is taken"),
        (with(json!({ "partners": [{ "id": 1 }, { "id": 1 }] })), "partners[1].id: 1 is taken"),
        (with(json!({ "partners": [] })), "accounts[0].partner: the seed has no partners"),
        (with(json!({ "assume": { "list.shap": "page" } })), "assume.list.shap: "),
        (with(json!({ "clock": {} })), "clock: it must be an object with either frozen_at or ahead_seconds"),
        (with(json!({ "clock": { "frozen_at": "now" } })), "clock.frozen_at: it must be a time"),
        (
            with(json!({ "leaks": [leak], "closed_alarms": [{ "leak": 0 }] })),
            "closed_alarms[0].leak: leaks[0] raises no alarm",
        ),
        (with(json!({ "closed_alarms": [{ "leak": 0 }] })), "closed_alarms[0].leak: there is no leaks[0]"),
        (
            with(json!({ "closed_alarms": [{ "id": 4 }] })),
            "closed_alarms[0].id: the leaks of this seed raise no alarm 4",
        ),
        (with(json!({ "closed_alarms": [{}] })), "closed_alarms[0]: it has either leak"),
        (account(json!({ "phone": [] })), "accounts[0].phone: unknown field; did you mean phones?"),
        (
            account(json!({ "phones": [{ "phone": "1" }] })),
            "accounts[0].phones[0].phone: the phone field format is invalid",
        ),
        (
            account(json!({ "emails": [{ "email": "a@example.com", "confirmd_at": 1 }] })),
            "accounts[0].emails[0].confirmd_at: unknown field; did you mean confirmed_at?",
        ),
        (
            account(
                json!({ "emails": [{ "email": "a@example.com", "pending": true, "confirmed_at": "2026-01-01T00:00:00Z" }] }),
            ),
            "accounts[0].emails[0].pending: an item is either pending or has confirmed_at",
        ),
        (
            account(json!({ "emails": [{ "email": "a@example.com", "waits_for": { "secret": "a/b" } }] })),
            "accounts[0].emails[0].waits_for.secret: the end of a link",
        ),
        (
            account(
                json!({ "emails": [{ "id": 2, "email": "a@example.com" }, { "id": 1, "email": "b@example.com" }] }),
            ),
            "accounts[0].emails[1].id: ids count up in a list, and the item before has 2",
        ),
        (account(json!({ "ssn": "1" })), "accounts[0].ssn: the ssn format is invalid"),
        (
            account(json!({ "app_token": "1|x" })),
            "tokens[0].number: 1 is taken by a token before it, or by the app_token",
        ),
        (
            seed_of(
                json!([{ "id": 2, "profile": john() }, { "id": 2, "profile": { "first_name": "J", "last_name": "R", "phone": "+46701740605" } }]),
            ),
            "accounts[1].id: 2 is taken by an account before it",
        ),
        (
            seed_of(json!([{ "profile": john() }, { "profile": john() }])),
            "accounts[1].profile.email: account 1 of the same partner has this email",
        ),
    ];
    for (seed, expected) in cases {
        let told = faults(&seed);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{expected}: {told:?}");
    }
}

#[test]
fn a_text_that_is_no_json_says_what_would_be() {
    let cases = [
        ("", "the file is empty: mock-server seed init prints"),
        ("{", "EOF"),
        ("// A world\n{}", "JSON has no comments: write a field \"$comment\""),
        ("version: 1", "a seed is a JSON object"),
        (r#"{"version":1,}"#, "trailing comma at line 1"),
        (r#"{"version":1,"version":1}"#, "duplicate field `version`"),
    ];
    for (text, expected) in cases {
        let error = world(text).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_fault_shows_no_value_that_could_be_personal_or_secret() {
    let secret = "199001012385";
    let seed = json!({
        "version": 1,
        "partners": [{ "crm_users": secret, "sso_clients": [{ "client_id": 1, "client_secret": { "a": secret } }] }],
        "tokens": [{ "number": secret, "secret": [secret], "partner": secret }],
        "accounts": [
            { "id": secret, "profile": { "ssn": [secret], "first_name": secret }, "ssn": { "a": secret }, "password": [secret] },
            { "profile": { "ssn": "x-199001012385", "country_code": "SE", "first_name": "J", "last_name": "D", "email": secret } },
        ],
        "leaks": [{ "kind": secret, "value": [secret] }],
    });
    let told = faults(&seed);
    assert!(told.len() > 8, "{told:?}");
    for fault in told {
        assert!(!fault.contains(secret), "{fault}");
    }
}

#[test]
fn what_is_hardly_meant_is_noted() {
    let mut john = john();
    john["plan_id"] = json!(9);
    let seed = Seed::parse(&seed_of(json!([{ "profile": john }])).to_string()).expect("a seed");
    let notes = check(&seed).expect("the API takes it");
    assert_eq!(notes.len(), 1);
    assert!(notes[0].to_string().starts_with("accounts[0].profile.plan_id: 9 is none of the plans"), "{}", notes[0]);
}

#[test]
fn an_alarm_is_closed_when_the_seed_says_or_an_hour_after_it_was_raised() {
    let closed = |closed: Json| {
        let seed = json!({
            "version": 1,
            "accounts": [{ "profile": john(), "emails": [{ "email": "a@example.com" }] }],
            "leaks": [{ "kind": "email", "value": "a@example.com", "published_at": "2026-03-01T00:00:00Z" }],
            "closed_alarms": [closed],
        });
        let world = world(&seed.to_string()).expect("a world");
        world
            .accounts
            .read(1, |account| account.exposures.iter().next().and_then(|exposure| exposure.closed_at))
            .flatten()
    };
    for (said, at) in [
        (json!({ "leak": 0 }), "2026-03-01T01:00:00Z"),
        (json!({ "id": 1 }), "2026-03-01T01:00:00Z"),
        (json!({ "leak": 0, "account": 1, "closed_at": "2026-03-02T00:00:00Z" }), "2026-03-02T00:00:00Z"),
    ] {
        serde_json::from_value::<ClosedAlarm>(said.clone()).expect("of the form");
        assert_eq!(closed(said).map(|at| at.to_rfc3339()).as_deref(), Some(at));
    }
}
