//! A leak is seen once, even if other things happen at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use mock_server::{NewLeak, WatchKind};
use reqwest::Method;
use tokio::task::JoinSet;

use super::End;
use crate::harness::{Answer, CARD, Caller, EMAIL, IBAN, PHONE, World, race, written};

#[tokio::test]
async fn nothing_that_happens_to_an_item_doubles_its_leaks() {
    let world = World::assuming_all(&[("confirm.phone", "yes"), ("leaks.pending", "shown")]);
    let user = Caller::user(&world);
    for (kind, end) in [(&EMAIL, End::Link), (&PHONE, End::PhoneCode), (&CARD, End::CardCode)] {
        world.breach(kind.leak(kind.value(), "before")).await;
        let item = kind.add(&user, kind.value()).await;
        world.breach(kind.leak(kind.value(), "after")).await;
        for body in [kind.body(kind.value()), kind.body(kind.spellings[1])] {
            user.post(kind.add, body).send().await.expect(422);
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
            partners.iter().map(|partner| partner.post(EMAIL.add, EMAIL.body(&email)).send()).collect();
        let added = adding.join_all().await;
        is_over.store(true, Ordering::Relaxed);
        let leaked = leaking.join().expect("leaks do not panic");
        assert!(added.iter().all(|answer| answer.status == 201), "round {round}: {added:?}");
        for partner in &partners {
            let page = partner.get(EMAIL.leaks().path).send().await.expect(200);
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

#[tokio::test]
async fn an_item_and_a_leak_that_are_added_at_once_meet_once() {
    for kind in [&EMAIL, &PHONE, &IBAN] {
        let world = World::new();
        let [partner, user] = Caller::both(&world);
        for round in 0..30 {
            let leak = world.post("/_mock/leaks").json(kind.leak(kind.value(), "at once"));
            let statuses = race(partner.post(kind.add, kind.body(kind.value())), leak).await;
            assert_eq!(statuses, (201, 201), "{} round {round}", kind.name);
            let item = user.list(kind.list).await.pop().expect("the item that was added");
            // The leaks of the rounds before are of the same value, and are seen with it again.
            assert_eq!(kind.seen(&user, &item).await.len(), round + 1, "{} round {round}", kind.name);
            partner.remove(kind.add, &item).await;
        }
    }
}

#[tokio::test]
async fn a_leak_that_comes_while_an_item_is_confirmed_or_removed_is_seen_once_or_not() {
    let world = World::new();
    let user = Caller::user(&world);
    for round in 0..30 {
        let item = user.add_email(&format!("race{round}@example.com")).await;
        let link = world.last_link();

        let leak = EMAIL.leak(&written(&item["email"]), "at once");
        let statuses =
            race(world.request_link(Method::GET, &link), world.post("/_mock/leaks").json(leak.clone())).await;
        assert_eq!(statuses, (200, 201), "round {round}");
        assert_eq!(EMAIL.seen(&user, &item).await, ["at once"], "round {round}");

        let remove = user.delete(&format!("{}/{}", EMAIL.add, written(&item["id"])));
        let statuses = race(remove, world.post("/_mock/leaks").json(leak)).await;
        assert_eq!(statuses, (204, 201), "round {round}");
        assert_eq!(EMAIL.seen(&user, &item).await, [] as [String; 0], "round {round}");
    }
}
