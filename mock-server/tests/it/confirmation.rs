//! Items that the end user adds wait for them (SCOPE-3, EMAIL-2, PHONE-2, PHONE-3, CARD-4), and items that CRM adds do
//! not (SCOPE-2, CARD-3): the message that is sent, its address, and how often and how long its link or code works.

mod cards;
mod links;
mod phones;
mod removal;
mod resends;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, KINDS, World};

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

/// A world in which a phone that the user adds waits for confirmation.
fn confirming_phones() -> World {
    let world = World::assuming("confirm.phone", "yes");
    world.freeze();
    world
}

/// A code of the same form that is not `code`.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

/// That a code was refused by `confirm.wrong-code`, which is a validation error by default.
#[track_caller]
fn is_refused_as_wrong(answer: &Answer, label: &str) {
    assert_eq!(answer.status, 422, "{label}: {}", answer.raw);
    assert_eq!(answer.body, json!({ "errors": { "code": ["The selected code is invalid."] } }), "{label}");
    assert!(answer.rests_on("confirm.wrong-code"), "{label}: {}", answer.header("x-mock-basis"));
    assert_ne!(answer.header("x-mock-hint"), "", "{label}");
}

#[tokio::test]
async fn only_emails_and_cards_that_the_user_adds_wait_for_them() {
    for kind in KINDS {
        for by_user in [true, false] {
            let world = World::new();
            let [partner, user] = Caller::both(&world);
            let caller = if by_user { user } else { partner };
            let label = format!("{} by {}", kind.name, caller.label);
            let answer = caller.post(kind.add, kind.new_body()).send().await.expect(201);
            assert!(answer.rests_on(if by_user { "SCOPE-3" } else { "SCOPE-2" }), "{label}");
            let item = &answer.body["data"];
            let waits = by_user && kind.waits;
            if let Some(settled) = kind.settled {
                assert_eq!(item[settled], u8::from(!waits), "{label}: {item}");
                let expected = if waits { &Value::Null } else { &item["created_at"] };
                assert_eq!(&item[settled.replace("is_", "") + "_at"], expected, "{label}: {item}");
            }
            assert_eq!(
                world.messages().len(),
                usize::from(waits),
                "{label}: one message to the user who must act, else none"
            );
        }
    }
}

#[tokio::test]
async fn items_that_crm_adds_never_wait_even_where_phones_are_confirmed() {
    let world = confirming_phones();
    let partner = Caller::partner(&world, "1");
    let phone = partner.add_phone("+46701740620").await;
    assert_eq!((&phone["is_confirmed"], &phone["confirmed_at"]), (&json!(1), &phone["created_at"]));
    assert_eq!(world.messages(), []);
}
