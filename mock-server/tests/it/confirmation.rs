//! What the end user adds waits for them (SCOPE-3, EMAIL-2, PHONE-2, PHONE-3, CARD-4), and what CRM adds does not
//! (SCOPE-2, CARD-3): which message is sent to whom, and how often and how long its link or code works.

use std::time::Duration;

use mock_server::{Channel, Message, MessageFilter, MockServer};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{APP, Answer, CRM, Request, World, written};

const EMAILS: &str = "/email-watchlist";
const PHONES: &str = "/phone-watchlist";
const CARDS: &str = "/credit-cards";
const RESEND: &str = "/resend/watchlist-email-confirmation";
const SEND_CODE: &str = "/phone-watchlist/send-verification-code";
const CONFIRM: &str = "/phone-watchlist/confirm";
const VERIFY: &str = "/credit-cards/verify";

/// Lives of links and codes by default, in seconds.
const LINK_SECONDS: u64 = 86_400;
const CODE_SECONDS: u64 = 600;

/// The phone of account 1, which it watches too, and that of account 2.
const JOHNS_PHONE: &str = "+46701740605";
const JANES_PHONE: &str = "+46701740606";

const VISA: &str = "4000007520000008";
const MASTERCARD: &str = "5555555555554444";

/// Somebody who acts on an account: its partner on behalf of it (SCOPE-2), or its user (SCOPE-3).
pub(crate) struct Caller<'a> {
    world: &'a World,
    /// What the paths of this caller begin with.
    scope: String,
    token: String,
    pub(crate) label: &'static str,
}

impl<'a> Caller<'a> {
    /// Partner 1 on behalf of `account`.
    pub(crate) fn partner(world: &'a World, account: &str) -> Self {
        Self { world, scope: format!("/api/v1/account/{account}"), token: CRM.to_owned(), label: "CRM" }
    }

    /// The user of account 1.
    pub(crate) fn user(world: &'a World) -> Self {
        Self { world, scope: "/api/v1".to_owned(), token: APP.to_owned(), label: "app" }
    }

    /// The user of the account of partner 1 that was created with `email`.
    pub(crate) async fn user_of(world: &'a World, email: &str) -> Self {
        Self { token: world.app_token(email).await, ..Self::user(world) }
    }

    /// The user of the account of partner 2 that was created with `email`.
    pub(crate) async fn user_of_other_partner(world: &'a World, email: &str) -> Self {
        Self { token: world.app_token_of(2, email).await, ..Self::user(world) }
    }

    /// Both ways to act on account 1.
    pub(crate) fn both(world: &'a World) -> [Self; 2] {
        [Self::partner(world, "1"), Self::user(world)]
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        self.world.request(method, &format!("{}{path}", self.scope)).token(&self.token)
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    /// Adds an item, and returns it.
    pub(crate) async fn add(&self, path: &str, body: Value) -> Value {
        self.post(path, body).send().await.expect(201).body["data"].clone()
    }

    /// Adds an email to watch.
    pub(crate) async fn add_email(&self, email: &str) -> Value {
        self.add(EMAILS, json!({ "email": email })).await
    }

    /// Adds a phone to watch.
    pub(crate) async fn add_phone(&self, phone: &str) -> Value {
        self.add(PHONES, json!({ "phone": phone })).await
    }

    /// Adds a card to watch.
    pub(crate) async fn add_card(&self, number: &str) -> Value {
        self.add("/credit-card", card(number)).await
    }

    /// The items, or leaks, that are listed under `path`.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).send().await.expect(200).items().to_vec()
    }

    /// An item as its list has it now.
    async fn now(&self, path: &str, item: &Value) -> Value {
        let listed = self.list(path).await.into_iter().find(|listed| listed["id"] == item["id"]);
        listed.unwrap_or_else(|| panic!("{path} does not list {item}"))
    }

    /// Removes the item with this id.
    pub(crate) async fn remove(&self, path: &str, item: &Value) {
        let path = format!("{path}/{}", written(&item["id"]));
        self.request(Method::DELETE, &path).send().await.expect(204);
    }
}

/// A body that adds a card.
pub(crate) fn card(number: &str) -> Value {
    json!({ "card_number": number, "expiry_month": 12, "expiry_year": 2049 })
}

/// Everything that was sent, oldest first.
pub(crate) fn messages(world: &World) -> Vec<Message> {
    world.control().messages(&MessageFilter::default())
}

/// Whom everything was sent to, oldest first.
pub(crate) fn addressees(world: &World) -> Vec<String> {
    messages(world).into_iter().map(|message| message.to).collect()
}

fn last_message(world: &World) -> Message {
    messages(world).pop().expect("a message was sent")
}

/// The link in the last message.
pub(crate) fn last_link(world: &World) -> String {
    last_message(world).link.expect("the last message has a link")
}

/// The code in the last message.
pub(crate) fn last_code(world: &World) -> String {
    last_message(world).code.expect("the last message has a code")
}

/// Opens a link as a browser does: without a token.
pub(crate) async fn open(world: &World, link: &str) -> Answer {
    request_link(world, Method::GET, link).send().await
}

fn request_link(world: &World, method: Method, link: &str) -> Request {
    let path = link.strip_prefix(world.base_url());
    world.request(method, path.unwrap_or_else(|| panic!("{link} does not lead to this world")))
}

pub(crate) fn advance(world: &World, seconds: u64) {
    world.control().advance_clock(Duration::from_secs(seconds));
}

/// A world whose clock stands still.
fn frozen() -> World {
    let world = World::new();
    world.control().freeze_clock(true);
    world
}

/// A world in which a phone that the user adds waits for confirmation.
fn confirming_phones() -> World {
    let world = World::assuming("confirm.phone", "yes");
    world.control().freeze_clock(true);
    world
}

/// A code of the same form that is not `code`.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

/// The statuses of all these requests, sent at once, in order.
async fn at_once(requests: impl Iterator<Item = Request>) -> Vec<u16> {
    let mut tasks: JoinSet<u16> = requests.map(|request| async { request.send().await.status }).collect();
    let mut statuses = Vec::new();
    while let Some(status) = tasks.join_next().await {
        statuses.push(status.expect("no request panics"));
    }
    statuses.sort_unstable();
    statuses
}

/// That a code was refused by `confirm.wrong-code`, which is a validation error by default.
#[track_caller]
fn is_refused_as_wrong(answer: &Answer, label: &str) {
    assert_eq!(answer.status, 422, "{label}: {}", answer.raw);
    assert_eq!(answer.body, json!({ "errors": { "code": ["The selected code is invalid."] } }), "{label}");
    assert!(answer.rests_on("confirm.wrong-code"), "{label}: {}", answer.header("x-mock-basis"));
    assert_ne!(answer.header("x-mock-hint"), "", "{label}");
}

// Who waits.

#[tokio::test]
async fn only_emails_and_cards_that_the_user_adds_wait_for_them() {
    let waiting = [("is_confirmed", "confirmed_at"), ("is_verified", "verified_at")];
    let cases = [
        (EMAILS, json!({ "email": "new@example.com" }), true),
        (PHONES, json!({ "phone": "+46701740620" }), false),
        ("/iban-watchlist", json!({ "iban": "SE3550000000054910000003" }), false),
        ("/passport-watchlist", json!({ "passport_number": "XX0000000" }), false),
        ("/drivers-license-watchlist", json!({ "license_number": "850101-2390" }), false),
        ("/credit-card", card(VISA), true),
    ];
    for (path, body, waits_for_user) in cases {
        for by_user in [true, false] {
            let world = World::new();
            let [partner, user] = Caller::both(&world);
            let caller = if by_user { user } else { partner };
            let label = format!("{path} by {}", caller.label);
            let answer = caller.post(path, body.clone()).send().await.expect(201);
            assert!(answer.rests_on(if by_user { "SCOPE-3" } else { "SCOPE-2" }), "{label}");
            let item = &answer.body["data"];
            let waits = by_user && waits_for_user;
            for (is_done, done_at) in waiting.into_iter().filter(|(is_done, _)| item.get(is_done).is_some()) {
                assert_eq!(item[is_done], u8::from(!waits), "{label}: {item}");
                let expected = if waits { &Value::Null } else { &item["created_at"] };
                assert_eq!(&item[done_at], expected, "{label}: {item}");
            }
            assert_eq!(messages(&world).len(), usize::from(waits), "{label}: one message to who must act, else none");
        }
    }
}

#[tokio::test]
async fn what_crm_adds_waits_for_nobody_even_where_phones_are_confirmed() {
    let world = confirming_phones();
    let partner = Caller::partner(&world, "1");
    let phone = partner.add_phone("+46701740620").await;
    assert_eq!((&phone["is_confirmed"], &phone["confirmed_at"]), (&json!(1), &phone["created_at"]));
    assert_eq!(messages(&world), []);
}

// Emails: links.

#[tokio::test]
async fn the_watched_address_is_sent_a_link_when_the_user_adds_it() {
    let world = frozen();
    let user = Caller::user(&world);
    let answer = user.post(EMAILS, json!({ "email": "new@example.com" })).send().await.expect(201);
    for named in ["SCOPE-3", "EMAIL-1", "confirm.link-seconds"] {
        assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
    }
    let sent = messages(&world);
    let [message] = sent.as_slice() else { panic!("one message, not {sent:?}") };
    assert_eq!((message.channel, &*message.to), (Channel::Email, "new@example.com"));
    assert_eq!(message.account_id.to_string(), "1");
    assert_eq!(message.kind, "watchlist-email-confirmation");
    assert_eq!(message.code, None);
    assert_eq!(message.sent_at, world.control().clock().now);
    assert!(message.subject.as_deref().is_some_and(|subject| !subject.is_empty()), "{message:?}");
    let link = message.link.as_deref().expect("a link");
    assert!(message.text.contains(link) && message.text.contains("new@example.com"), "{message:?}");
}

#[tokio::test]
async fn a_plain_get_of_the_link_shows_a_page_and_confirms() {
    let world = frozen();
    let user = Caller::user(&world);
    let added = user.add_email("new@example.com").await;
    advance(&world, 60);
    let page = open(&world, &last_link(&world)).await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
    assert!(page.raw.starts_with("<!doctype html>") && page.raw.contains("Thank you"), "{}", page.raw);

    let now = world.control().clock().now.to_rfc3339().replace('T', " ").replace('Z', "");
    let mut expected = added.clone();
    expected["is_confirmed"] = json!(1);
    expected["confirmed_at"] = json!(now);
    expected["updated_at"] = json!(now);
    assert_ne!(added["updated_at"], expected["updated_at"]);
    for caller in Caller::both(&world) {
        assert_eq!(caller.now(EMAILS, &added).await, expected, "as {} sees it", caller.label);
    }
}

#[tokio::test]
async fn a_mail_scanner_that_only_looks_at_the_link_confirms_nothing() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.add_email("new@example.com").await;
    let link = last_link(&world);
    for (method, status) in [
        (Method::HEAD, 200),
        (Method::HEAD, 200),
        (Method::OPTIONS, 405),
        (Method::POST, 405),
        (Method::PUT, 405),
        (Method::DELETE, 405),
    ] {
        let answer = request_link(&world, method.clone(), &link).send().await;
        assert_eq!((answer.status, &*answer.raw), (status, ""), "{method}");
        assert_eq!(user.now(EMAILS, &added).await, added, "after {method}");
    }
    open(&world, &link).await.expect(200);
    assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 1, "the link still works for the person");
}

#[tokio::test]
async fn a_link_works_once() {
    let world = frozen();
    let user = Caller::user(&world);
    let added = user.add_email("new@example.com").await;
    let link = last_link(&world);
    open(&world, &link).await.expect(200);
    let confirmed = user.now(EMAILS, &added).await;
    advance(&world, 60);
    let page = open(&world, &link).await.expect(410);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.raw);
    assert_eq!(user.now(EMAILS, &added).await, confirmed, "a second visit changes nothing");
}

#[tokio::test]
async fn of_several_visits_at_once_one_confirms() {
    let world = World::new();
    let user = Caller::user(&world);
    for round in 0..10 {
        user.add_email(&format!("race{round}@example.com")).await;
        let link = last_link(&world);
        let visits = (0..5).map(|_| request_link(&world, Method::GET, &link));
        assert_eq!(at_once(visits).await, [200, 410, 410, 410, 410], "round {round}");
    }
}

#[tokio::test]
async fn a_link_that_was_never_sent_leads_to_a_page_that_says_so() {
    let world = World::new();
    let added = Caller::user(&world).add_email("new@example.com").await;
    let link = last_link(&world);
    let (base, secret) = link.rsplit_once('/').expect("a path");
    let guesses =
        ["a-guess".to_owned(), secret.to_lowercase(), secret.to_uppercase(), secret[1..].to_owned(), "%00".into()];
    for guess in guesses {
        let page = open(&world, &format!("{base}/{guess}")).await.expect(410);
        assert!(page.header("content-type").starts_with("text/html"), "{guess}");
        assert!(!page.raw.contains(&guess), "the page repeats nothing of the request: {}", page.raw);
    }
    assert_eq!(Caller::user(&world).now(EMAILS, &added).await["is_confirmed"], 0);
}

#[tokio::test]
async fn a_link_expires_by_the_clock_of_the_fake_and_a_resend_makes_up_for_it() {
    for (seconds, status) in [(LINK_SECONDS - 1, 200), (LINK_SECONDS, 410)] {
        let world = frozen();
        let user = Caller::user(&world);
        let added = user.add_email("new@example.com").await;
        advance(&world, seconds);
        let page = open(&world, &last_link(&world)).await;
        assert_eq!(page.status, status, "after {seconds} s: {}", page.raw);
        assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], u8::from(status == 200), "after {seconds} s");
        if status == 410 {
            assert!(page.raw.contains("expired"), "the person is told why: {}", page.raw);
            user.post(RESEND, json!({})).send().await.expect(200);
            open(&world, &last_link(&world)).await.expect(200);
            assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 1, "by the link that was sent anew");
        }
    }
}

#[tokio::test]
async fn a_link_lasts_anew_from_its_resend() {
    let world = frozen();
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    advance(&world, LINK_SECONDS - 1);
    user.post(RESEND, json!({})).send().await.expect(200);
    advance(&world, LINK_SECONDS - 1);
    open(&world, &last_link(&world)).await.expect(200);
}

#[tokio::test]
async fn a_link_begins_where_the_client_reached_the_fake_or_at_its_public_url() {
    let main = World::of(MockServer::builder());
    Caller::user(&main).add_email("new@example.com").await;
    open(&main, &last_link(&main)).await.expect(200);

    let public = World::of(MockServer::builder().public_url("https://fake.example/"));
    Caller::user(&public).add_email("new@example.com").await;
    let link = last_link(&public);
    let path = link.strip_prefix("https://fake.example").expect("the public URL, and one slash");
    public.get(path).send().await.expect(200);
}

#[tokio::test]
async fn two_users_who_watch_one_address_each_confirm_for_themselves() {
    let world = World::new();
    let john = Caller::user(&world);
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let johns = john.add_email("shared@example.com").await;
    let johns_link = last_link(&world);
    let janes = jane.add_email("shared@example.com").await;
    let janes_link = last_link(&world);
    assert_ne!(johns_link, janes_link);
    open(&world, &johns_link).await.expect(200);
    assert_eq!(john.now(EMAILS, &johns).await["is_confirmed"], 1);
    assert_eq!(jane.now(EMAILS, &janes).await["is_confirmed"], 0);
    open(&world, &janes_link).await.expect(200);
    assert_eq!(jane.now(EMAILS, &janes).await["is_confirmed"], 1);
}

// Emails: resends.

#[tokio::test]
async fn a_resend_replaces_the_link() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.add_email("new@example.com").await;
    let first = last_message(&world);
    let answer = user.post(RESEND, json!({})).send().await.expect(200);
    assert!(answer.rests_on("EMAIL-2") && answer.rests_on("SCOPE-3"), "{}", answer.header("x-mock-basis"));
    assert_ne!(answer.text("message"), "");
    let second = last_message(&world);
    assert_eq!(messages(&world).len(), 2);
    assert_eq!((&second.to, second.kind, second.channel), (&first.to, first.kind, first.channel));

    open(&world, &first.link.expect("a link")).await.expect(410);
    assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 0, "the old link confirms nothing");
    open(&world, &second.link.expect("a link")).await.expect(200);
    assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 1);
}

#[tokio::test]
async fn a_resend_means_all_that_wait_or_the_one_that_it_names() {
    const A: &str = "a@example.com";
    const B: &str = "b@example.com";
    // The ids of A and B are 4 and 5: the seed has three emails.
    let cases: [(&str, Value, &[&str]); 9] = [
        ("nothing named", json!({}), &[A, B]),
        ("null", json!({ "email": null, "email_id": null }), &[A, B]),
        ("a field that the route does not know", json!({ "phone": JOHNS_PHONE }), &[A, B]),
        ("an email", json!({ "email": A }), &[A]),
        ("an email in another spelling", json!({ "email": " B@Example.COM " }), &[B]),
        ("an id", json!({ "email_id": 5 }), &[B]),
        ("an id as text", json!({ "email_id": "4" }), &[A]),
        ("both of one", json!({ "email": A, "email_id": 4 }), &[A]),
        ("both, of different ones", json!({ "email": A, "email_id": 5 }), &[]),
    ];
    for (label, body, expected) in cases {
        let world = World::new();
        let user = Caller::user(&world);
        let mut links = Vec::new();
        for email in [A, B] {
            user.add_email(email).await;
            links.push((email, last_link(&world)));
        }
        let answer = user.post(RESEND, body).send().await;
        assert_eq!(answer.status, if expected.is_empty() { 404 } else { 200 }, "{label}: {}", answer.raw);
        assert_eq!(addressees(&world)[2..], *expected, "{label}");
        for (email, link) in links {
            let status = if expected.contains(&email) { 410 } else { 200 };
            assert_eq!(open(&world, &link).await.status, status, "{label}: the first link to {email}");
        }
    }
}

#[tokio::test]
async fn a_resend_without_a_body_means_all_that_wait() {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    user.request(Method::POST, RESEND).send().await.expect(200);
    assert_eq!(addressees(&world), ["new@example.com", "new@example.com"]);
}

#[tokio::test]
async fn a_resend_where_nothing_waits_sends_nothing_and_says_so() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    partner.add_email("by-crm@example.com").await;
    let confirmed = user.add_email("confirmed@example.com").await;
    open(&world, &last_link(&world)).await.expect(200);
    let removed = user.add_email("removed@example.com").await;
    user.remove(EMAILS, &removed).await;
    let before = messages(&world).len();
    let cases = [
        ("nothing named", json!({})),
        ("what CRM added", json!({ "email": "by-crm@example.com" })),
        ("what was confirmed", json!({ "email": "confirmed@example.com" })),
        ("the id of what was confirmed", json!({ "email_id": confirmed["id"] })),
        ("what was removed", json!({ "email": "removed@example.com" })),
        ("the id of what was removed", json!({ "email_id": removed["id"] })),
        ("what was never added", json!({ "email": "never@example.com" })),
        ("an id of another account", json!({ "email_id": 3 })),
        ("no id at all", json!({ "email_id": "x" })),
    ];
    for (label, body) in cases {
        let answer = user.post(RESEND, body).send().await;
        assert_eq!(answer.status, 404, "{label}: {}", answer.raw);
        assert!(answer.rests_on("resend.nothing-pending"), "{label}: {}", answer.header("x-mock-basis"));
        assert!(answer.header("x-mock-hint").contains("EMAIL-2"), "{label}: {}", answer.header("x-mock-hint"));
    }
    let answer = user.post(RESEND, json!({ "email": "no address" })).send().await.expect(422);
    assert_eq!(answer.body["errors"]["email"], json!(["The email field must be a valid email address."]));
    assert_eq!(messages(&world).len(), before);
}

#[tokio::test]
async fn a_resend_is_about_the_caller_alone() {
    let world = World::new();
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let added = jane.add_email("new@example.com").await;
    let link = last_link(&world);
    for body in [json!({}), json!({ "email": "new@example.com" }), json!({ "email_id": added["id"] })] {
        Caller::user(&world).post(RESEND, body).send().await.expect(404);
    }
    assert_eq!(messages(&world).len(), 1);
    open(&world, &link).await.expect(200);
}

#[tokio::test]
async fn a_resend_takes_the_app_token_and_no_account_id() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    world.post(&format!("/api/v1{RESEND}")).token(CRM).json(json!({})).send().await.expect(403);
    Caller::partner(&world, "1").post(RESEND, json!({})).send().await.expect(404);
    assert_eq!(messages(&world).len(), 1);
}

// Cards.

#[tokio::test]
async fn the_code_for_a_card_goes_to_the_users_phone() {
    let world = frozen();
    let user = Caller::user(&world);
    let answer = user.post("/credit-card", card(VISA)).send().await.expect(201);
    for named in ["SCOPE-3", "CARD-4", "confirm.code-seconds"] {
        assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
    }
    let sent = messages(&world);
    let [message] = sent.as_slice() else { panic!("one message, not {sent:?}") };
    assert_eq!((message.channel, &*message.to), (Channel::Sms, JOHNS_PHONE));
    assert_eq!(message.account_id.to_string(), "1");
    assert_eq!(message.kind, "credit-card-verification");
    assert_eq!((&message.subject, &message.link), (&None, &None));
    assert_eq!(message.sent_at, world.control().clock().now);
    let code = message.code.as_deref().expect("a code");
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    assert!(message.text.contains(code) && !message.text.contains(VISA), "{}", message.text);
}

#[tokio::test]
async fn the_code_for_a_card_reaches_a_user_without_a_phone_too() {
    let world = World::new();
    Caller::partner(&world, "2").add_phone("+46701740640").await;
    Caller::user_of(&world, "jane.roe@example.com").await.add_card(VISA).await;
    assert_eq!(addressees(&world), [JANES_PHONE], "the account's own phone comes first");

    let account = world.account("no-phone@example.com").await;
    let user = Caller::user_of(&world, "no-phone@example.com").await;
    let first = user.add_card(VISA).await;
    let sent = last_message(&world);
    assert_eq!((sent.channel, &*sent.to), (Channel::Email, "no-phone@example.com"));
    let body = json!({ "credit_card_id": first["id"], "code": sent.code });
    user.post(VERIFY, body).send().await.expect(200);

    Caller::partner(&world, &account).add_phone("+46701740630").await;
    user.add_card(MASTERCARD).await;
    let sent = last_message(&world);
    assert_eq!((sent.channel, &*sent.to), (Channel::Sms, "+46701740630"), "a watched phone is nearer than an email");
}

#[tokio::test]
async fn a_card_is_verified_by_its_code_once() {
    let world = frozen();
    let user = Caller::user(&world);
    let added = user.add_card(VISA).await;
    let body = json!({ "credit_card_id": added["id"], "code": last_code(&world) });
    advance(&world, 60);
    let answer = user.post(VERIFY, body.clone()).send().await.expect(200);
    assert!(answer.rests_on("CARD-4") && answer.rests_on("SCOPE-3"), "{}", answer.header("x-mock-basis"));
    let verified = user.now(CARDS, &added).await;
    assert_eq!(verified["is_verified"], 1, "{verified}");
    assert_ne!(verified["verified_at"], added["created_at"], "it is the time of the code");
    assert_eq!(verified["updated_at"], verified["verified_at"]);
    assert_eq!(Caller::partner(&world, "1").now(CARDS, &added).await, verified, "CRM sees the same");

    advance(&world, 60);
    is_refused_as_wrong(&user.post(VERIFY, body).send().await, "the same code again");
    assert_eq!(user.now(CARDS, &added).await, verified, "nothing changes");
}

#[tokio::test]
async fn of_several_uses_of_a_code_at_once_one_verifies() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.add_card(VISA).await;
    let body = json!({ "credit_card_id": added["id"], "code": last_code(&world) });
    let uses = (0..5).map(|_| user.post(VERIFY, body.clone()));
    assert_eq!(at_once(uses).await, [200, 422, 422, 422, 422]);
}

#[tokio::test]
async fn no_other_code_verifies_a_card_and_none_spoils_the_right_one() {
    let world = World::new();
    let john = Caller::user(&world);
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let added = john.add_card(VISA).await;
    let code = last_code(&world);
    john.add_card(MASTERCARD).await;
    let of_other_card = last_code(&world);
    jane.add_card(VISA).await;
    let of_other_user = last_code(&world);
    let wrong = [
        ("a wrong code", other_than(&code)),
        ("the code of another card of the user", of_other_card),
        ("the code of another user's card", of_other_user),
        ("a part of the code", code[..5].to_owned()),
        ("more than the code", format!("{code}0")),
        ("letters", "abcdef".into()),
    ];
    for (label, wrong) in wrong {
        let body = json!({ "credit_card_id": added["id"], "code": wrong });
        is_refused_as_wrong(&john.post(VERIFY, body).send().await, label);
        assert_eq!(john.now(CARDS, &added).await, added, "{label}");
    }
    john.post(VERIFY, json!({ "credit_card_id": added["id"], "code": code })).send().await.expect(200);
}

#[tokio::test]
async fn verifying_a_card_names_the_card_and_the_code() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.add_card(VISA).await;
    let code = last_code(&world);
    let no_card = ("credit_card_id", "The credit card id field is required.");
    let no_code = ("code", "The code field is required.");
    let cases = [
        (json!({}), vec![no_card, no_code]),
        (json!({ "credit_card_id": added["id"] }), vec![no_code]),
        (json!({ "credit_card_id": added["id"], "code": " " }), vec![no_code]),
        (json!({ "code": code }), vec![no_card]),
    ];
    for (body, expected) in cases {
        let answer = user.post(VERIFY, body.clone()).send().await.expect(422);
        let issues: Vec<(&str, &str)> = answer.body["errors"]
            .as_object()
            .expect("a map")
            .iter()
            .map(|(field, texts)| (&**field, texts[0].as_str().expect("a text")))
            .collect();
        assert_eq!(issues, expected, "{body}");
    }
    assert_eq!(user.now(CARDS, &added).await, added);
}

#[tokio::test]
async fn a_user_verifies_only_their_own_cards() {
    let world = World::new();
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let janes = jane.add_card(VISA).await;
    let body = json!({ "credit_card_id": janes["id"], "code": last_code(&world) });
    let answer = Caller::user(&world).post(VERIFY, body.clone()).send().await.expect(404);
    assert!(answer.rests_on("scope.foreign-item"), "{}", answer.header("x-mock-basis"));
    assert_eq!(jane.now(CARDS, &janes).await, janes);
    for id in [json!(99), json!("x"), json!(0)] {
        let body = json!({ "credit_card_id": id, "code": body["code"] });
        jane.post(VERIFY, body).send().await.expect(404);
    }
    jane.post(VERIFY, body).send().await.expect(200);
}

#[tokio::test]
async fn a_card_that_crm_added_has_no_code_to_be_verified_by() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let added = partner.add_card(VISA).await;
    for code in ["000000", "123456"] {
        let body = json!({ "credit_card_id": added["id"], "code": code });
        is_refused_as_wrong(&user.post(VERIFY, body).send().await, code);
    }
    assert_eq!(user.now(CARDS, &added).await, added, "it was verified from the start, and stays so");
}

#[tokio::test]
async fn the_code_for_a_card_expires_by_the_clock_of_the_fake() {
    for (seconds, works) in [(CODE_SECONDS - 1, true), (CODE_SECONDS, false)] {
        let world = frozen();
        let user = Caller::user(&world);
        let added = user.add_card(VISA).await;
        let body = json!({ "credit_card_id": added["id"], "code": last_code(&world) });
        advance(&world, seconds);
        let answer = user.post(VERIFY, body).send().await;
        if works {
            answer.expect(200);
            continue;
        }
        is_refused_as_wrong(&answer, "an expired code");
        // There is no resend for cards: the way on is to add it anew.
        user.remove("/credit-card", &added).await;
        let again = user.add_card(VISA).await;
        let body = json!({ "credit_card_id": again["id"], "code": last_code(&world) });
        user.post(VERIFY, body).send().await.expect(200);
    }
}

// Phones.

#[tokio::test]
async fn where_phones_are_confirmed_the_phone_itself_is_sent_the_code() {
    let world = confirming_phones();
    let user = Caller::user(&world);
    let answer = user.post(PHONES, json!({ "phone": "+46 70-174 06 20" })).send().await.expect(201);
    for named in ["SCOPE-3", "PHONE-1", "confirm.phone", "confirm.code-seconds"] {
        assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
    }
    let item = &answer.body["data"];
    assert_eq!((&item["is_confirmed"], &item["confirmed_at"]), (&json!(0), &Value::Null), "{item}");
    let sent = messages(&world);
    let [message] = sent.as_slice() else { panic!("one message, not {sent:?}") };
    assert_eq!((message.channel, &*message.to), (Channel::Sms, "+46701740620"));
    assert_eq!(message.kind, "watchlist-phone-confirmation");
    assert_eq!((&message.subject, &message.link), (&None, &None));
    assert_eq!(message.account_id.to_string(), "1");
    let code = message.code.as_deref().expect("a code");
    assert!(code.len() == 6 && message.text.contains(code), "{}", message.text);
}

#[tokio::test]
async fn a_phone_that_waits_is_confirmed_by_its_code_once_by_either_token() {
    for by_user in [true, false] {
        let world = confirming_phones();
        let [partner, user] = Caller::both(&world);
        let added = user.add_phone("+46701740620").await;
        let code = last_code(&world);
        let caller = if by_user { &user } else { &partner };
        let wrong = caller.post(CONFIRM, json!({ "code": other_than(&code) })).send().await;
        is_refused_as_wrong(&wrong, caller.label);
        assert_eq!(user.now(PHONES, &added).await, added, "{}", caller.label);
        advance(&world, 60);
        let answer = caller.post(CONFIRM, json!({ "code": code })).send().await.expect(200);
        assert!(answer.rests_on(if by_user { "PHONE-3" } else { "PHONE-2" }), "{}", answer.header("x-mock-basis"));
        let confirmed = partner.now(PHONES, &added).await;
        assert_eq!(confirmed["is_confirmed"], 1, "{confirmed}");
        assert_ne!(confirmed["confirmed_at"], added["created_at"], "it is the time of the code");
        is_refused_as_wrong(&caller.post(CONFIRM, json!({ "code": code })).send().await, "the same code again");
        assert_eq!(partner.now(PHONES, &added).await, confirmed);
    }
}

#[tokio::test]
async fn a_code_is_sent_to_the_phone_that_the_body_names_by_either_token() {
    const OTHER: &str = "+46701740620";
    let cases = [
        ("an id", json!({ "phone_id": 1 }), JOHNS_PHONE),
        ("an id as text", json!({ "phone_id": "2" }), OTHER),
        ("a number", json!({ "phone": OTHER }), OTHER),
        ("a number in another spelling", json!({ "phone": "0046 70-174.06 (05)" }), JOHNS_PHONE),
    ];
    for (label, body, number) in cases {
        let world = World::new();
        Caller::partner(&world, "1").add_phone(OTHER).await;
        for caller in Caller::both(&world) {
            let label = format!("{label} by {}", caller.label);
            let answer = caller.post(SEND_CODE, body.clone()).send().await.expect(200);
            let fact = if caller.label == "app" { "PHONE-3" } else { "PHONE-2" };
            assert!(answer.rests_on(fact), "{label}: {}", answer.header("x-mock-basis"));
            let sent = last_message(&world);
            assert_eq!((sent.channel, &*sent.to, &*sent.kind), (Channel::Sms, number, "phone-verification"), "{label}");

            // The code is taken with the phone named in the same way, and is of no use with the other one.
            let other = if number == OTHER { JOHNS_PHONE } else { OTHER };
            let code = sent.code.expect("a code");
            let wrong = caller.post(CONFIRM, json!({ "phone": other, "code": code })).send().await;
            is_refused_as_wrong(&wrong, &label);
            let mut right = body.clone();
            right["code"] = json!(code);
            caller.post(CONFIRM, right).send().await.expect(200);
        }
    }
}

#[tokio::test]
async fn where_no_phone_is_named_the_one_that_is_meant_is_plain() {
    // The only one that is watched.
    let world = World::new();
    Caller::user(&world).post(SEND_CODE, json!({})).send().await.expect(200);
    assert_eq!(addressees(&world), [JOHNS_PHONE]);

    // The one that waits, whatever else is watched.
    let world = confirming_phones();
    let [partner, user] = Caller::both(&world);
    let waiting = user.add_phone("+46701740620").await;
    partner.add_phone("+46701740621").await;
    partner.post(SEND_CODE, json!({})).send().await.expect(200);
    assert_eq!(addressees(&world), ["+46701740620", "+46701740620"]);
    partner.post(CONFIRM, json!({ "code": last_code(&world) })).send().await.expect(200);
    assert_eq!(user.now(PHONES, &waiting).await["is_confirmed"], 1, "it confirms the item that waits");

    // The account's own, where none is watched: confirmation on the level of the account (PHONE-2).
    let world = World::new();
    let partner = Caller::partner(&world, "2");
    partner.post(SEND_CODE, json!({})).send().await.expect(200);
    assert_eq!(addressees(&world), [JANES_PHONE]);
    partner.post(CONFIRM, json!({ "code": last_code(&world) })).send().await.expect(200);

    // None at all.
    let account = world.account("no-phone@example.com").await;
    let answer = Caller::partner(&world, &account).post(SEND_CODE, json!({})).send().await.expect(422);
    assert_eq!(answer.body["errors"]["phone"], json!(["The phone field is required."]));
    assert_eq!(messages(&world).len(), 1);
}

#[tokio::test]
async fn a_phone_of_somebody_else_is_sent_no_code() {
    let world = World::new();
    Caller::partner(&world, "2").add_phone("+46701740640").await;
    for (label, id) in [("another account's", json!(2)), ("never given out", json!(99)), ("no id", json!("x"))] {
        for caller in Caller::both(&world) {
            let answer = caller.post(SEND_CODE, json!({ "phone_id": id })).send().await.expect(404);
            assert!(answer.rests_on("scope.foreign-item"), "{label}: {}", answer.header("x-mock-basis"));
        }
    }
    let unknown = "The selected phone is invalid.";
    let cases = [
        ("a phone that another account watches", "+46701740640", unknown),
        ("the phone of another account", JANES_PHONE, unknown),
        ("a phone that nobody has", "+46701740699", unknown),
        ("no phone", "12", "The phone field format is invalid."),
    ];
    for (label, phone, text) in cases {
        for caller in Caller::both(&world) {
            let answer = caller.post(SEND_CODE, json!({ "phone": phone })).send().await.expect(422);
            assert_eq!(answer.body, json!({ "errors": { "phone": [text] } }), "{label} by {}", caller.label);
        }
    }
    assert_eq!(messages(&world), []);
}

#[tokio::test]
async fn no_other_code_confirms_a_phone() {
    let world = frozen();
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    for caller in Caller::both(&world) {
        jane.post(SEND_CODE, json!({})).send().await.expect(200);
        let of_other_user = last_code(&world);
        caller.post(SEND_CODE, json!({ "phone_id": 1 })).send().await.expect(200);
        let replaced = last_code(&world);
        caller.post(SEND_CODE, json!({ "phone": JOHNS_PHONE })).send().await.expect(200);
        let code = last_code(&world);
        let wrong = [
            ("a wrong code", other_than(&code)),
            ("the code of another user's phone", of_other_user.clone()),
            ("a code that a later one has replaced", replaced),
            ("a part of the code", code[..5].to_owned()),
        ];
        for (label, wrong) in wrong {
            let label = format!("{label} by {}", caller.label);
            for body in [json!({ "code": wrong }), json!({ "code": wrong, "phone_id": 1 })] {
                is_refused_as_wrong(&caller.post(CONFIRM, body).send().await, &label);
            }
        }
        let answer = caller.post(CONFIRM, json!({ "phone_id": 1 })).send().await.expect(422);
        assert_eq!(answer.body["errors"]["code"], json!(["The code field is required."]));

        // What was wrong has not used up what is right; what is right is used up by its use.
        caller.post(CONFIRM, json!({ "code": code })).send().await.expect(200);
        is_refused_as_wrong(&caller.post(CONFIRM, json!({ "code": code })).send().await, "the same code again");
        jane.post(CONFIRM, json!({ "code": of_other_user })).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_code_for_a_phone_expires_by_the_clock_of_the_fake() {
    for (seconds, works) in [(CODE_SECONDS - 1, true), (CODE_SECONDS, false)] {
        for position in [0, 1] {
            let world = confirming_phones();
            let callers = Caller::both(&world);
            let caller = &callers[position];
            let added = callers[1].add_phone("+46701740620").await;
            let first = last_code(&world);
            caller.post(SEND_CODE, json!({ "phone_id": 1 })).send().await.expect(200);
            let second = last_code(&world);
            advance(&world, seconds);
            for code in [first, second] {
                let label = format!("by {} after {seconds} s", caller.label);
                let answer = caller.post(CONFIRM, json!({ "code": code })).send().await;
                if works {
                    answer.expect(200);
                } else {
                    is_refused_as_wrong(&answer, &label);
                }
            }
            assert_eq!(callers[1].now(PHONES, &added).await["is_confirmed"], u8::from(works), "after {seconds} s");
        }
    }
}

// Removal.

#[tokio::test]
async fn removing_an_email_that_waits_ends_its_link() {
    for by_user in [true, false] {
        let world = World::new();
        let [partner, user] = Caller::both(&world);
        let added = user.add_email("new@example.com").await;
        let link = last_link(&world);
        let remover = if by_user { &user } else { &partner };
        remover.remove(EMAILS, &added).await;
        open(&world, &link).await.expect(410);
        let again = user.add_email("new@example.com").await;
        open(&world, &link).await.expect(410);
        assert_eq!(user.now(EMAILS, &again).await, again, "removed by {}: a link is for one item", remover.label);
        open(&world, &last_link(&world)).await.expect(200);
    }
}

#[tokio::test]
async fn removing_a_phone_ends_a_code_that_was_sent_to_verify_it() {
    let world = confirming_phones();
    let partner = Caller::partner(&world, "1");
    let phone = partner.add_phone("+46701740620").await;
    partner.post(SEND_CODE, json!({ "phone_id": phone["id"] })).send().await.expect(200);
    let code = last_code(&world);
    partner.remove(PHONES, &phone).await;
    is_refused_as_wrong(&partner.post(CONFIRM, json!({ "code": code })).send().await, "a removed phone");
    let again = Caller::user(&world).add_phone("+46701740620").await;
    is_refused_as_wrong(&partner.post(CONFIRM, json!({ "code": code })).send().await, "a phone that was added again");
    assert_eq!(Caller::user(&world).now(PHONES, &again).await, again);
}

#[tokio::test]
async fn removing_a_phone_or_a_card_that_waits_ends_its_code() {
    let world = confirming_phones();
    let user = Caller::user(&world);
    let phone = user.add_phone("+46701740620").await;
    let code = last_code(&world);
    user.remove(PHONES, &phone).await;
    is_refused_as_wrong(&user.post(CONFIRM, json!({ "code": code })).send().await, "a removed phone");
    let phone = user.add_phone("+46701740620").await;
    is_refused_as_wrong(&user.post(CONFIRM, json!({ "code": code })).send().await, "a phone that was added again");
    assert_eq!(user.now(PHONES, &phone).await, phone);

    let card = user.add_card(VISA).await;
    let code = last_code(&world);
    user.remove("/credit-card", &card).await;
    user.post(VERIFY, json!({ "credit_card_id": card["id"], "code": code })).send().await.expect(404);
    let card = user.add_card(VISA).await;
    let answer = user.post(VERIFY, json!({ "credit_card_id": card["id"], "code": code })).send().await;
    is_refused_as_wrong(&answer, "a card that was added again");
    assert_eq!(user.now(CARDS, &card).await, card);
}
