//! Emails: the link that is sent when the user adds one.

use mock_server::{Channel, MockServer};
use reqwest::Method;
use serde_json::json;

use super::{EMAILS, LINK_SECONDS, RESEND};
use crate::harness::{Caller, World, at_once};

#[tokio::test]
async fn the_watched_address_is_sent_a_link_when_the_user_adds_it() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let answer = user.post(EMAILS, json!({ "email": "new@example.com" })).send().await.expect(201);
    for named in ["SCOPE-3", "EMAIL-1", "confirm.link-seconds"] {
        assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
    }
    let sent = world.messages();
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
    let world = World::frozen();
    let user = Caller::user(&world);
    let added = user.add_email("new@example.com").await;
    world.advance(60);
    let page = world.open(&world.last_link()).await.expect(200);
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
    let link = world.last_link();
    for (method, status) in [
        (Method::HEAD, 200),
        (Method::HEAD, 200),
        (Method::OPTIONS, 405),
        (Method::POST, 405),
        (Method::PUT, 405),
        (Method::DELETE, 405),
    ] {
        let answer = world.request_link(method.clone(), &link).send().await;
        assert_eq!((answer.status, &*answer.raw), (status, ""), "{method}");
        assert_eq!(user.now(EMAILS, &added).await, added, "after {method}");
    }
    world.open(&link).await.expect(200);
    assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 1, "the link still works for the person");
}

#[tokio::test]
async fn a_link_works_once() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let added = user.add_email("new@example.com").await;
    let link = world.last_link();
    world.open(&link).await.expect(200);
    let confirmed = user.now(EMAILS, &added).await;
    world.advance(60);
    let page = world.open(&link).await.expect(410);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.raw);
    assert_eq!(user.now(EMAILS, &added).await, confirmed, "a second visit changes nothing");
}

#[tokio::test]
async fn of_several_visits_at_once_one_confirms() {
    let world = World::new();
    let user = Caller::user(&world);
    for round in 0..10 {
        user.add_email(&format!("race{round}@example.com")).await;
        let link = world.last_link();
        let visits = (0..5).map(|_| world.request_link(Method::GET, &link));
        assert_eq!(at_once(visits).await, [200, 410, 410, 410, 410], "round {round}");
    }
}

#[tokio::test]
async fn a_link_that_was_never_sent_leads_to_a_page_that_says_so() {
    let world = World::new();
    let added = Caller::user(&world).add_email("new@example.com").await;
    let link = world.last_link();
    let (base, secret) = link.rsplit_once('/').expect("a path");
    let guesses =
        ["a-guess".to_owned(), secret.to_lowercase(), secret.to_uppercase(), secret[1..].to_owned(), "%00".into()];
    for guess in guesses {
        let page = world.open(&format!("{base}/{guess}")).await.expect(410);
        assert!(page.header("content-type").starts_with("text/html"), "{guess}");
        assert!(!page.raw.contains(&guess), "the page repeats nothing of the request: {}", page.raw);
    }
    assert_eq!(Caller::user(&world).now(EMAILS, &added).await["is_confirmed"], 0);
}

#[tokio::test]
async fn a_link_expires_by_the_clock_of_the_mock_and_a_resend_makes_up_for_it() {
    for (seconds, status) in [(LINK_SECONDS - 1, 200), (LINK_SECONDS, 410)] {
        let world = World::frozen();
        let user = Caller::user(&world);
        let added = user.add_email("new@example.com").await;
        world.advance(seconds);
        let page = world.open(&world.last_link()).await;
        assert_eq!(page.status, status, "after {seconds} s: {}", page.raw);
        assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], u8::from(status == 200), "after {seconds} s");
        if status == 410 {
            assert!(page.raw.contains("expired"), "the person is told why: {}", page.raw);
            user.post(RESEND, json!({})).send().await.expect(200);
            world.open(&world.last_link()).await.expect(200);
            assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 1, "by the link that was sent anew");
        }
    }
}

#[tokio::test]
async fn a_link_lasts_anew_from_its_resend() {
    let world = World::frozen();
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    world.advance(LINK_SECONDS - 1);
    user.post(RESEND, json!({})).send().await.expect(200);
    world.advance(LINK_SECONDS - 1);
    world.open(&world.last_link()).await.expect(200);
}

#[tokio::test]
async fn a_link_begins_where_the_client_reached_the_mock_or_at_its_public_url() {
    let main = World::of(MockServer::builder());
    Caller::user(&main).add_email("new@example.com").await;
    main.open(&main.last_link()).await.expect(200);

    let public = World::of(MockServer::builder().public_url("https://mock.example/"));
    Caller::user(&public).add_email("new@example.com").await;
    let link = public.last_link();
    let path = link.strip_prefix("https://mock.example").expect("the public URL, and one slash");
    public.get(path).send().await.expect(200);
}

#[tokio::test]
async fn two_users_who_watch_one_address_each_confirm_for_themselves() {
    let world = World::new();
    let john = Caller::user(&world);
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let johns = john.add_email("shared@example.com").await;
    let johns_link = world.last_link();
    let janes = jane.add_email("shared@example.com").await;
    let janes_link = world.last_link();
    assert_ne!(johns_link, janes_link);
    world.open(&johns_link).await.expect(200);
    assert_eq!(john.now(EMAILS, &johns).await["is_confirmed"], 1);
    assert_eq!(jane.now(EMAILS, &janes).await["is_confirmed"], 0);
    world.open(&janes_link).await.expect(200);
    assert_eq!(jane.now(EMAILS, &janes).await["is_confirmed"], 1);
}
