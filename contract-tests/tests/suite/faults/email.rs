//! Watched emails, and what all kinds of items share.

use axum::http::Method;
use serde_json::{Value, json};

use super::rows::{EMAILS, Fault, assume, back_if, come_as, fault, no_items, not_found, plain, server_error};
use crate::proxy::{Answered, Asked, EMAIL, Way, also, back, id_text, meet, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("a list ends after its first item", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) { answer.edit_list(|items| items.truncate(1)); }
    })),
    fault("a list ends after fifteen items", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) { answer.edit_list(|items| items.truncate(15)); }
    })),
    fault("a list repeats its last item", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) { answer.edit_list(|items| items.extend(items.last().cloned())); }
    })),
    fault("a list lags behind by one call", "EMAIL-1", back(|asked, answer, memory| {
        if asked.is("GET", EMAILS) && answer.is_success() {
            let older = memory.replace(asked.path.clone(), answer.clone());
            *answer = older.unwrap_or_else(no_items);
        }
    })),
    fault("items of a list change their ids", "EMAIL-1", back(|asked, answer, memory| {
        if asked.is("GET", EMAILS) && answer.is_success() {
            memory.note(memory.notes().to_string());
            let step = memory.notes() * 100_000;
            answer.edit_list(|items| items.iter_mut().for_each(|item| {
                item["id"] = format!("{step}-{}", id_text(&item["id"])).into();
            }));
        }
    })),
    fault("a list shows other values than were added", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) {
            answer.edit_list(|items| items.iter_mut().for_each(|item| item["email"] = "a@example.com".into()));
        }
    })),
    fault("a removal is answered and dropped", "EMAIL-1", there(|asked, _| {
        back_if(asked.is_within("DELETE", EMAILS), || Answered::empty(204))
    })),
    fault("a removal is done twice, and says so", "EMAIL-1", there(|asked, _| {
        if asked.is_within("DELETE", EMAILS) { Way::Twice } else { Way::On }
    })),
    fault("leaks of emails are never seen", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", "/email-watchlist/leaks") { answer.edit_list(Vec::clear); }
    })),
    fault("addresses lose a part", "EMAIL-1", there(|asked, _| {
        if asked.is("POST", EMAILS) {
            asked.edit(|body| if let Some(email) = body["email"].as_str() { body["email"] = email.replace("contract-", "").into(); });
        }
        Way::On
    })),
    fault("an add that is done answers 500", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("POST", EMAILS) && answer.is_success() { *answer = server_error(); }
    })),
    fault("a removal that is done answers 404", "EMAIL-1", back(|asked, answer, _| {
        if asked.is_within("DELETE", EMAILS) && answer.is_success() { *answer = not_found(); }
    })),
    fault("adding a value again is refused, and removes its item", "EMAIL-1", on_account(Asked::is_add, |asked, account| Box::pin(async move {
        let there = asked.kind().and_then(|kind| Some((kind, account.items(kind).find(|item| is_sent(&asked, item))?)));
        let answer = account.hands.pass(asked.clone()).await;
        if let Some((kind, item)) = there { account.remove(kind, item).await; }
        answer
    }))),
    fault("removing one item removes all of its kind", "EMAIL-1", also(Asked::is_removal, |asked, account| Box::pin(async move {
        if let Some(kind) = asked.kind() { account.remove_all(kind).await; }
    }))),
    fault("the second page of a list is the first", "EMAIL-1", on_account(|asked| asked.method == "GET" && asked.path.contains("page="), |asked, account| Box::pin(async move {
        let first = account.hands.pass(asked.another(Method::GET, asked.route())).await.items();
        let mut answer = account.hands.pass(asked).await;
        answer.edit_list(|items| *items = first);
        answer
    }))).on(|mock| assume(mock, "list.shape", "paginated")),
    fault("the leaks of all accounts are seen by each", "EMAIL-1", on_account(Asked::is_for_leaks, |asked, account| Box::pin(async move {
        let mut all = Vec::new();
        for other in account.hands.accounts_with("leaks").await {
            all.extend(match asked.account() {
                Some(_) => other.as_crm(asked.clone()).await.items(),
                None => other.as_user(asked.clone()).await.items(),
            });
        }
        let mut answer = account.hands.pass(asked).await;
        answer.edit_list(|items| *items = all);
        answer
    }))),
    fault("of two adds at once, both are told that they are done", "EMAIL-1", meet(
        |asked| asked.is("POST", EMAILS),
        |asked, _| back_if(asked.is_in_company && asked.is("POST", EMAILS), || Answered::json(201, &json!({ "message": "Added." }))),
    )).held_by("concurrency.same_item_added_twice"),
    fault("of two removals at once, both are told that they are done", "EMAIL-1", meet(
        |asked| asked.is_within("DELETE", EMAILS),
        |asked, _| back_if(asked.is_in_company && asked.is_within("DELETE", EMAILS), || Answered::empty(204)),
    )).held_by("concurrency.same_item_removed_twice"),

    fault("a resend is answered and dropped", "EMAIL-2", there(|asked, _| {
        back_if(asked.is_within("POST", "/resend/"), || Answered::empty(204))
    })),
    fault("CRM resends", "EMAIL-2", there(|asked, memory| {
        come_as(asked.is_within("POST", "/resend/"), asked, memory.app_tokens.last())
    })),
    fault("a resend adds the address again", "EMAIL-2", back(|asked, answer, memory| {
        if asked.is_within("POST", "/resend/") && answer.is_success() { memory.note("resent"); }
        if asked.is("GET", EMAILS) && memory.has_noted("resent") {
            answer.edit_list(|items| if let Some(mut item) = items.last().cloned() {
                item["id"] = 77_777.into();
                items.push(item);
            });
        }
    })),
    fault("a resend that is done is told 404", "EMAIL-2", back(|asked, answer, _| {
        if asked.is_within("POST", "/resend/") && answer.is_success() { *answer = not_found(); }
    })),
    fault("a resend goes to all accounts with something pending", "EMAIL-2", also(|asked| asked.is_within("POST", "/resend/"), |asked, account| Box::pin(async move {
        let all = asked.another(Method::POST, asked.route()).with(&json!({}));
        for other in account.hands.accounts_with("pending").await.iter().filter(|other| other.id != account.id) {
            other.as_user(all.clone()).await;
        }
    }))),
    fault("the link of a message that was sent once more is dead", "EMAIL-2", also(|asked| asked.is_within("POST", "/resend/"), |_, account| Box::pin(async move {
        let account = account.anew().await;
        let links = account.items(&EMAIL).filter_map(|item| item["waiting"]["link"].as_str());
        for secret in links.filter_map(|link| link.rsplit('/').next()) { account.hands.recall(|memory| memory.note(secret)); }
    })).and_there(|asked, memory| {
        let secret = asked.path.strip_prefix("/_confirm/");
        if secret.is_some_and(|secret| memory.has_noted(secret)) { asked.path = "/_confirm/no-such-link".into(); }
        Way::On
    })),
];

/// Whether a request holds the value of an item.
fn is_sent(asked: &Asked, item: &Value) -> bool {
    let value = item["value"].as_str().map(plain);
    asked.json().as_object().into_iter().flatten().any(|(_, sent)| sent.as_str().map(plain) == value)
}
