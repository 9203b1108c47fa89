//! Targets that keep to all that is documented, and on which the suite has nothing to say.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderValue, header};
use contract_tests::{Check, Format, Mock, Outcome, Run, Target, checks};
use mock_server::{MockServer, MockServerBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::proxy::{Answered, Asked, Memory, NOTHING, Way, Wrong, back, client, start, there, written};
use crate::{run, told};

/// Seeds that sequences are drawn from.
const SEEDS: std::ops::Range<u64> = 0..20;

/// How many sequences of each seed are played.
const CASES: u32 = 4;

/// Limits that another deployment may have.
const LIMITS: [(&str, &str); 10] = [
    ("token.crm-seconds", "600"),
    ("token.crm-kept-seconds", "5184000"),
    ("token.app-seconds", "7200"),
    ("sso.code-seconds", "600"),
    ("confirm.link-seconds", "3600"),
    ("confirm.code-seconds", "120"),
    ("throttle.per-minute", "100000"),
    ("scan.queue-seconds", "2"),
    ("scan.site-seconds", "45"),
    ("removal.step-seconds", "90"),
];

/// What cannot be told under an alternative: the assumption, its value, the check, and why.
const UNDECIDED: [(&str, &str, &str, &str); 1] =
    [("ssn.echo", "absent", "ssn.updates_ignore_it", "an SSN that is not shown may have changed unseen")];

/// An assumption and another value than its default.
pub(crate) type Alternative = (String, String);

/// Every alternative of every assumption, by rounds: in each, every key has one at most.
pub(crate) fn alternatives() -> Vec<Vec<Alternative>> {
    let fixture: Value = serde_json::from_str(include_str!("../../../fixtures/assumptions.json")).expect("JSON");
    let of = |list: &str| fixture[list].as_array().cloned().unwrap_or_default();
    let mut rounds: Vec<Vec<Alternative>> = Vec::new();
    let mut add = |round: usize, key: &Value, value: &str| {
        rounds.resize_with(rounds.len().max(round + 1), Vec::new);
        rounds[round].push((key.as_str().unwrap_or_default().to_owned(), value.to_owned()));
    };
    for switch in of("switches") {
        let values = switch["values"].as_array().into_iter().flatten().filter_map(|value| value["value"].as_str());
        let others = values.filter(|value| switch["default"] != **value);
        others.enumerate().for_each(|(round, value)| add(round, &switch["key"], value));
    }
    of("texts").iter().for_each(|text| add(0, &text["key"], "ANOTHER_CODE"));
    for limit in of("limits") {
        let other = LIMITS.iter().find(|(key, _)| limit["key"] == *key);
        let (_, value) = other.unwrap_or_else(|| panic!("no other value for {}", limit["key"]));
        add(0, &limit["key"], value);
    }
    rounds
}

pub(crate) fn assuming(alternatives: &[Alternative]) -> MockServerBuilder {
    alternatives.iter().fold(MockServer::builder(), |builder, (key, value)| {
        builder.assume(key, value).unwrap_or_else(|error| panic!("{key}={value}: {error}"))
    })
}

fn may_be_undecided(alternatives: &[Alternative], check: &Check) -> bool {
    let holds = |key: &str, value: &str| alternatives.iter().any(|(known, chosen)| known == key && chosen == value);
    UNDECIDED.iter().any(|(key, value, id, _)| *id == check.id && holds(key, value))
}

/// What all checks but those that `may_be` undecided have to say, where it is not that all is well.
async fn alarms(run: &Arc<Run>, formats: &[Format], may_be: impl Fn(&Check) -> bool) -> Vec<String> {
    let mut alarms = Vec::new();
    for check in checks() {
        for &format in formats {
            match run.check(check, format).await {
                Outcome::Pass => {}
                Outcome::Inconclusive(_) | Outcome::Skipped(_) if may_be(check) => {}
                outcome => alarms.push(told(check, format, &outcome)),
            }
        }
    }
    alarms
}

/// Demands that no target of `tries` has raised an alarm.
async fn all_is_silent(tries: impl IntoIterator<Item = impl Future<Output = (String, Vec<String>)> + Send + 'static>) {
    let tries: JoinSet<_> = tries.into_iter().collect();
    let raised = tries.join_all().await.into_iter().filter(|(_, alarms)| !alarms.is_empty());
    let raised: Vec<_> = raised.map(|(name, alarms)| format!("{name}\n{}", alarms.join("\n\n"))).collect();
    assert!(raised.is_empty(), "{} targets raise alarms:\n{}", raised.len(), raised.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_seed_raises_an_alarm() {
    let fake = Arc::new(Mock::start().await);
    let model = checks().find(|check| check.id == "model.sequences").expect("the model is a check");
    all_is_silent(SEEDS.map(|seed| {
        let fake = Arc::clone(&fake);
        async move {
            let run = run(fake.target(), seed, CASES);
            let format = if seed % 2 == 0 { Format::Legacy } else { Format::Standardized };
            let outcome = run.check(model, format).await;
            let alarm = (!matches!(outcome, Outcome::Pass)).then(|| told(model, format, &outcome));
            (format!("seed {seed}"), alarm.into_iter().collect())
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_whole_run_raises_an_alarm() {
    all_is_silent([1, u64::MAX].map(|seed| async move {
        let fake = Mock::start().await;
        (format!("seed {seed}"), alarms(&run(fake.target(), seed, 1), &Format::ALL, |_| false).await)
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: `not_even_many_alternatives_raise_an_alarm` has all of them too, many at a time"]
async fn no_alternative_raises_an_alarm() {
    all_is_silent(alternatives().into_iter().flatten().enumerate().map(|(place, alternative)| async move {
        let alternative = [alternative];
        let fake = Mock::from(assuming(&alternative).start().await);
        let format = Format::ALL[place % 2];
        let alarms = alarms(&run(fake.target(), 1, 1), &[format], |check| may_be_undecided(&alternative, check)).await;
        (format!("{}={}", alternative[0].0, alternative[0].1), alarms)
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_even_many_alternatives_raise_an_alarm() {
    all_is_silent(alternatives().into_iter().enumerate().map(|(round, chosen)| async move {
        let fake = Mock::from(assuming(&chosen).start().await);
        let run = run(fake.target(), 1, 2);
        (format!("round {round}"), alarms(&run, &Format::ALL, |check| may_be_undecided(&chosen, check)).await)
    }))
    .await;
}

/// Deployments, and how the suite is told of them.
type Deployed = (&'static str, fn(MockServerBuilder) -> MockServerBuilder, fn(Target) -> Target);

const DEPLOYED: [Deployed; 2] = [
    ("an SSN is optional", |fake| fake.ssn_required(false), Target::with_ssn_optional),
    ("the format is forced", |fake| fake.normalize_all(true), Target::with_forced_format),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_deployment_raises_an_alarm() {
    all_is_silent(DEPLOYED.map(|(name, build, told)| async move {
        let fake = Mock::from(build(MockServer::builder()).start().await);
        (name.to_owned(), alarms(&run(told(fake.target()), 1, 2), &Format::ALL, |_| false).await)
    }))
    .await;
}

/// What a server may do where the guide is silent, though the fake does not.
#[rustfmt::skip]
pub(crate) const ALLOWED: &[(&str, Wrong)] = &[
    ("a removal of what is not there is no error", back(|asked, answer, _| {
        let is_item = asked.is_within("DELETE", "/") && !asked.path.contains("/ssn-") && !asked.path.ends_with("/leaks");
        if is_item && answer.status == 404 && !is_of_another_partner(answer) { *answer = Answered::empty(204); }
    })),
    ("ids are texts", back(|_, answer, _| answer.each_field(|name, value| {
        if let (true, Some(number)) = (name == "id" || name.ends_with("_id") && name != "plan_id", value.as_u64()) {
            *value = number.to_string().into();
        }
    }))),
    ("answers hold more than the guide has", back(|_, answer, _| answer.edit(|body| {
        if let Some(fields) = body.as_object_mut() { fields.insert("trace".into(), json!({ "node": "a7" })); }
    }))),
    ("adds answer a message", back(|asked, answer, _| {
        if asked.is_within("POST", "/") && answer.status == 201 && asked.path != "/api/v1/account" {
            *answer = Answered::json(201, &json!({ "message": "Added." }));
        }
    })),
    ("updates answer nothing", back(|asked, answer, _| {
        let is_update = asked.is_within("PUT", "/") || asked.is_within("PATCH", "/");
        if is_update && answer.is_success() { *answer = Answered::empty(204); }
    })),
    ("a new account shows its whole SSN, and later no more than its end", back(|asked, answer, _| {
        if asked.is("POST", "/api/v1/account") && answer.is_success() {
            let ssn = asked.json().get("ssn").cloned().unwrap_or_default();
            answer.edit_data(|account| if account.is_object() { account["ssn"] = ssn; });
        }
    })),
    ("a switch refuses an SSN in its body", back(|asked, answer, _| {
        if asked.is_within("PATCH", "/ssn-monitoring/") && asked.json().get("ssn").is_some() { invalidate(asked, answer); }
    })),
    ("the fields of items have other names", back(|asked, answer, _| {
        if asked.is_within("GET", "-watchlist") {
            answer.edit_list(|items| items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| {
                for (old, new) in [("email", "address"), ("phone", "number"), ("iban", "account"), ("passport_number", "document")] {
                    if let Some(value) = item.remove(old) { item.insert(new.into(), value); }
                }
            }));
        }
    })),
    ("what waits is listed once it is confirmed", back(|asked, answer, _| {
        if asked.is("GET", "/email-watchlist") { answer.edit_list(|items| items.retain(is_confirmed)); }
    })),
    ("what waits is kept from CRM", back(|asked, answer, _| {
        let is_meant = asked.is_within("GET", "/account/") && !asked.route().ends_with("/leaks");
        if is_meant { answer.edit_list(|items| items.retain(is_confirmed)); }
    })),
    ("messages are text only", back(|asked, answer, _| {
        if asked.path.starts_with("/_mock/outbox") {
            answer.each_field(|name, value| if ["link", "code"].contains(&name) { *value = Value::Null; });
        }
    })),
    // One of them is told by the refusal only.
    ("bodies that the guide does not give have other fields", Wrong { there: rename_fields, back: name_fields, ..NOTHING }),
    ("lists and items have envelopes and ids of their own names", back(|asked, answer, _| {
        if asked.is_within("GET", "-watchlist") || asked.is_within("POST", "-watchlist") {
            answer.edit(|body| if let Some(fields) = body.as_object_mut()
                && let Some(mut data) = fields.remove("data")
            {
                let items = match &mut data { Value::Array(items) => items.iter_mut().collect(), item => vec![item] };
                for item in items.into_iter().filter_map(Value::as_object_mut) {
                    if let Some(id) = item.remove("id") { item.insert("uuid".into(), id); }
                }
                fields.insert("watchlist".into(), data);
            });
        }
    })),
    ("lists are in the reverse order", back(|asked, answer, _| {
        if asked.is_within("GET", "/api/") { answer.edit_list(|items| items.reverse()); }
    })),
    ("who is throttled is not told for how long", back(|_, answer, _| {
        for name in ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"] { answer.headers.remove(name); }
    })),
    ("scans are said to be begun", back(|asked, answer, _| {
        let is_scan = asked.is("POST", "/delete-my-data/scan") || asked.is("POST", "/retry");
        if is_scan && answer.is_success() { answer.status = 202; }
    })),
    ("Online Data has envelopes of its own", back(|asked, answer, _| {
        if !answer.is_success() { return; }
        if asked.is("GET", "/delete-my-data") { answer.edit(|body| *body = json!({ "profile": body["data"] })); }
        if asked.is("GET", "/scan/status") { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    ("sites tell more than the guide has, and nothing before there is something", back(|asked, answer, _| {
        if asked.is("GET", "/scan/status") { answer.edit(more_and_less); }
    })),
    ("closed alarms are listed no more", back(|asked, answer, _| {
        if is_of_alarms(asked) { answer.edit_list(|alarms| alarms.retain(|alarm| alarm["status"] != "CLOSED")); }
    })),
    ("closing answers nothing", back(|asked, answer, _| {
        if asked.is("GET", "/close") && answer.is_success() { *answer = Answered::empty(204); }
    })),
    ("lists across accounts are by account", back(|asked, answer, _| {
        let is_of_kind = ["/email-list", "/phone-list", "/credit-card-list"].iter().any(|end| asked.is("GET", end));
        if is_of_kind { answer.edit(by_account); }
    })),
    ("the second version of the user's alarms has ids of its own, and no status", back(|asked, answer, _| {
        if asked.path.starts_with("/api/v2/alarms") {
            answer.edit_list(|alarms| alarms.iter_mut().for_each(|alarm| {
                *alarm = json!({ "uuid": format!("second-{}", alarm["id"]), "kind": alarm["type"] });
            }));
        }
    })),
    ("alarms have fields and ids of their own names", back(|asked, answer, _| if is_of_alarms(asked) {
        answer.edit(|body| match body.get_mut("data") {
            Some(Value::Array(alarms)) => alarms.iter_mut().for_each(rename_alarm),
            Some(alarm) => rename_alarm(alarm),
            None => {}
        });
    })),
    ("alarms have envelopes of their own names", back(|asked, answer, _| if is_of_alarms(asked) {
        answer.edit(|body| if let Some(data) = body.as_object_mut().and_then(|body| body.remove("data")) {
            *body = if data.is_array() { json!({ "alarms": data }) } else { json!({ "alarm": data }) };
        });
    })),
    ("what nobody has is forbidden", back(|asked, answer, _| {
        let is_meant = ["/alarms/999999999", "/alarms/company/"].iter().any(|part| asked.is_within("GET", part));
        if is_meant && answer.status == 404 { forbid(asked, answer); }
    })),
    ("words in the place of an alarm's id are invalid", back(|asked, answer, _| {
        let word = asked.route().strip_prefix("/api/v1/alarms/").and_then(|rest| rest.split('/').next());
        let is_word = word.is_some_and(|word| word.parse::<u64>().is_err());
        if is_word && asked.method == "GET" && answer.status == 403 { invalidate(asked, answer); }
    })),
    ("guidance is a text", back(|asked, answer, _| {
        if asked.path.ends_with("/coachme") && answer.is_success() {
            *answer = Answered::json(200, &json!("Change the password that has leaked."));
        }
    })),
    ("statistics are lists of counts", back(|asked, answer, _| if asked.is("GET", "/alarms/statistic") {
        answer.edit(|body| if let Some(kinds) = body.pointer("/data/by_type").and_then(Value::as_object) {
            let counts = kinds.iter().map(|(kind, count)| json!({ "kind": kind, "count": count.to_string() }));
            *body = counts.collect();
        });
    })),
    ("a list by period wants another period", back(|asked, answer, _| {
        if asked.is("GET", "/by-period") && answer.is_success() { invalidate(asked, answer); }
    })),
    ("there is no profile for CRM to read", there(|asked, _| {
        let is_meant = asked.method == "GET" && asked.account().is_some_and(|id| asked.path.ends_with(id));
        if is_meant { asked.path.push_str("/no-such-page"); }
        Way::On
    })),
    ("every body names its character set", back(|_, answer, _| if !answer.body.is_empty() {
        answer.set_content_type("application/json; charset=utf-8");
    })),
    ("legacy validation errors have a message beside", back(|asked, answer, _| if !asked.is_standardized() && answer.status == 422 {
        answer.edit(|body| if let Some(fields) = body.as_object_mut() { fields.insert("message".into(), "The data was invalid.".into()); });
    })),
    ("standardized errors tell more", back(|_, answer, _| answer.edit(|body| {
        if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) { error.insert("trace_id".into(), "a7".into()); }
    }))),
    ("a refusal of a token says how to come in", back(|_, answer, _| if answer.status == 401 {
        answer.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    })),
    ("languages are told with their country", back(|_, answer, _| answer.each_field(|name, value| {
        if name == "lang_code" && value.is_string() { *value = "sv-SE".into(); }
    }))),
    ("new accounts show their id and no more", back(|asked, answer, _| if asked.is("POST", "/api/v1/account") && answer.is_success() {
        answer.edit(|body| *body = json!({ "data": { "id": body["data"]["id"] } }));
    })),
    ("an update without a field is refused", there(|asked, _| {
        let is_update = asked.is_within("PATCH", "/account/") && asked.ends_with_account();
        if is_update && asked.json() == json!({}) { asked.body = "[".into(); }
        Way::On
    })),
    ("updates answer the account without an envelope", back(|asked, answer, _| {
        let is_update = asked.is_within("PUT", "/account") || asked.is_within("PATCH", "/account/");
        if is_update && answer.is_success() { answer.edit(|body| *body = body["data"].take()); }
    })),
    ("removals answer what was removed", back(|asked, answer, _| if asked.is_within("DELETE", "/api/") && answer.is_success() {
        *answer = Answered::json(200, &json!({ "data": { "id": 4, "email": "a@example.com" } }));
    })),
    ("adds are taken to be done", back(|asked, answer, _| {
        if asked.is_within("POST", "-watchlist") && answer.is_success() { *answer = Answered::empty(202); }
    })),
    ("an empty list is nothing", back(|_, answer, _| {
        if answer.status == 200 && answer.value()["data"] == json!([]) { *answer = Answered::empty(204); }
    })),
    ("lists are pages of three, by links", back(|asked, answer, _| {
        if asked.is_within("GET", "-watchlist") && !asked.route().ends_with("/leaks") { in_pages(asked, answer); }
    })),
    ("ids of emails begin with a word", Wrong {
        there: |asked, _| { asked.path = asked.path.replace("/eml_", "/"); Way::On },
        back: |asked, answer, _| if asked.route().contains("/email-watchlist") && !asked.path.ends_with("/leaks") {
            answer.each_field(|name, value| if name == "id" { *value = format!("eml_{}", written(value)).into(); });
        },
        ..NOTHING
    }),
    ("what is known of an item stands below it", back(|asked, answer, _| if asked.is_within("GET", "-watchlist") {
        answer.edit_list(|items| for item in items {
            let id = item["id"].take();
            *item = json!({ "id": id, "attributes": item.take() });
        });
    })),
    ("phones are written with spaces", back(|asked, answer, _| if asked.is_within("GET", "/phone-watchlist") {
        answer.edit_list(|items| for phone in items.iter_mut().filter_map(|item| item.get_mut("phone")) {
            let text = phone.as_str().unwrap_or_default().to_owned();
            *phone = format!("{} {} {}", &text[..3], &text[3..5], &text[5..]).into();
        });
    })),
    ("leaks are told in short", back(|asked, answer, _| if asked.is_within("GET", "/leaks") {
        answer.edit_list(|items| items.iter_mut().for_each(|item| *item = json!({ "id": item["id"], "name": item["title"] })));
    })),
    ("alarms begin as NEW", back(|asked, answer, _| {
        if asked.is_within("GET", "/alarms") { answer.body = answer.body.replace("\"OPEN\"", "\"NEW\""); }
    })),
    ("a link leads on", back(|asked, answer, _| if asked.path.starts_with("/_confirm/") && answer.is_success() {
        *answer = Answered::empty(302);
        answer.headers.insert(header::LOCATION, HeaderValue::from_static("https://app.example/thanks"));
    })),
    ("a code stands in an envelope, by another name", back(|asked, answer, _| if asked.is("POST", "/sso/code") && answer.is_success() {
        answer.edit(|body| *body = json!({ "data": { "one_time_code": body["code"] } }));
    })),
    ("a user has one session at a time", there(|asked, memory| {
        let of = |token: &str| memory.owners.get(memory.app_tokens.iter().position(|known| known == token)?);
        let newest = |owner: &String| memory.app_tokens.get(memory.owners.iter().rposition(|known| known == owner)?);
        let is_over = asked.token().is_some_and(|token| of(token).and_then(newest).is_some_and(|newest| newest != token));
        if is_over { asked.set_token("1|no-such-token"); }
        Way::On
    })),
    ("a partner has one session at a time", Wrong {
        there: |asked, memory| {
            let newest = memory.kept.get("session").map(|session| session.body.as_str());
            let is_known = asked.token().is_some_and(|token| memory.crm_tokens.iter().any(|known| known == token));
            if is_known && !asked.is_apart() && asked.token() != newest { asked.set_token("1|no-such-token"); }
            Way::On
        },
        back: |asked, answer, memory| {
            let is_meant = asked.is("POST", "/crm/auth/login") && asked.json()["username"] == "service@partner.example";
            if let (true, Some(token)) = (is_meant && !asked.is_apart(), answer.value()["token"].as_str()) {
                memory.kept.insert("session".into(), Answered { body: token.into(), ..Answered::default() });
            }
        },
        ..NOTHING
    }),
];

/// Whether a request is for alarms, one or many, and not for what is told about them.
fn is_of_alarms(asked: &Asked) -> bool {
    let is_about = ["/statistic", "/coachme", "/by-period"].iter().any(|end| asked.is("GET", end));
    asked.is_within("GET", "/alarms") && !is_about
}

/// Three items of a list, and a link to those after them.
fn in_pages(asked: &Asked, answer: &mut Answered) {
    let first = asked.path.split_once("cursor=").and_then(|(_, first)| first.parse().ok()).unwrap_or(0);
    let next = format!("https://gateway.example{}?cursor={}", asked.route(), first + 3);
    answer.edit(|body| {
        if let Some(items) = body.get("data").and_then(Value::as_array) {
            let page: Vec<_> = items.iter().skip(first).take(3).cloned().collect();
            *body = json!({ "data": page, "links": { "next": (items.len() > first + 3).then_some(next) } });
        }
    });
}

/// An alarm as another server might have it.
fn rename_alarm(alarm: &mut Value) {
    if alarm.get("leak_id").is_none() {
        return;
    }
    *alarm = json!({
        "alarm_uuid": alarm["id"], "status": alarm["status"], "raised_at": alarm["created_at"],
        "leak": { "id": alarm["leak_id"], "kind": alarm["type"], "status": "NEW" },
    });
}

/// A list of alarms as one of accounts with their alarms.
fn by_account(body: &mut Value) {
    let Some(alarms) = body.get_mut("data").and_then(Value::as_array_mut) else { return };
    let mut accounts = BTreeMap::<String, Vec<Value>>::new();
    for alarm in std::mem::take(alarms) {
        accounts.entry(alarm["account_id"].to_string()).or_default().push(alarm);
    }
    *body = accounts.into_iter().map(|(account, alarms)| json!({ "account": account, "alarms": alarms })).collect();
}

/// The answer of a server that forbids.
fn forbid(asked: &Asked, answer: &mut Answered) {
    *answer = Answered::json(
        403,
        &match asked.is_standardized() {
            true => json!({ "error": { "code": "FORBIDDEN", "message": "No." } }),
            false => json!({ "message": "No." }),
        },
    );
}

/// The answer of a server that takes what it is asked with for wrong.
fn invalidate(asked: &Asked, answer: &mut Answered) {
    *answer = Answered::json(
        422,
        &match asked.is_standardized() {
            true => json!({ "error": {
            "code": "VALIDATION_ERROR", "message": "No.", "details": [{ "field": "alarm", "issue": "is no number" }],
        } }),
            false => json!({ "errors": { "alarm": ["The alarm must be a number."] } }),
        },
    );
}

/// Sites of a scan whose ids stand apart, whose data has another field, and that hold nothing early.
fn more_and_less(body: &mut Value) {
    for entry in body.get_mut("sites").and_then(Value::as_array_mut).into_iter().flatten() {
        entry["site"] = json!({ "id": entry["id"], "name": entry["name"] });
        entry["id"] = json!(entry["id"].as_u64().unwrap_or_default() + 7000);
        if let Some(data) = entry["scan_result"]["data"].as_object_mut() {
            data.insert("country".into(), "SE".into());
        }
        if let Some(fields) = entry.as_object_mut() {
            fields.retain(|name, value| name != "removal_requests" || *value != json!([]));
        }
        if let Some(result) = entry["scan_result"].as_object_mut() {
            let is_over = result.get("status").is_some_and(|status| status == "SCAN_COMPLETED");
            result.retain(|name, _| is_over || name != "data");
        }
    }
}

/// The fields of bodies that the guide does not give, by the names that the fake and another server have for them.
const NAMES: [(&str, &str, &str); 6] = [
    ("/iban-watchlist", "iban", "account_number"),
    ("/passport-watchlist", "passport_number", "document_number"),
    ("/drivers-license-watchlist", "license_number", "licence_reference"),
    ("/credit-card", "card_number", "pan"),
    ("/credit-card", "expiry_month", "exp_month"),
    ("/credit-card", "expiry_year", "exp_year"),
];

fn rename_fields(asked: &mut Asked, _: &mut Memory) -> Way {
    for (path, ours, theirs) in NAMES {
        if asked.is_within("POST", path) || asked.is_within("PATCH", path) {
            asked.edit(|body| {
                let Some(fields) = body.as_object_mut() else { return };
                fields.remove(ours);
                if let Some(value) = fields.remove(theirs) {
                    fields.insert(ours.into(), value);
                }
            });
        }
    }
    Way::On
}

fn name_fields(asked: &Asked, answer: &mut Answered, _: &mut Memory) {
    for (path, ours, theirs) in NAMES {
        if answer.status == 422 && asked.is_within("POST", path) {
            answer.body = answer.body.replace(ours, theirs);
        }
    }
}

fn is_of_another_partner(answer: &Answered) -> bool {
    answer.headers.get("x-mock-hint").is_some_and(|hint| hint.to_str().is_ok_and(|hint| hint.contains("caller's")))
}

fn is_confirmed(item: &Value) -> bool {
    let is_waiting = |field: &str| item.get(field).is_some_and(|done| *done == 0 || *done == false);
    !is_waiting("is_confirmed") && !is_waiting("is_verified")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_allowed_raises_an_alarm() {
    let http = client();
    // Every fourth together, and each time in one format: a proxy takes its time.
    all_is_silent([0, 1, 2, 3].map(|first| {
        let http = http.clone();
        async move {
            let (names, allowed): (Vec<_>, Vec<_>) = ALLOWED.iter().skip(first).step_by(4).copied().unzip();
            let fake = Mock::start().await;
            let target = fake.target();
            let url = start(http, target.base_url(), &allowed).await;
            (names.join("; "), alarms(&run(target.at(url), 1, 2), &[Format::ALL[first % 2]], |_| false).await)
        }
    }))
    .await;
}

/// A check that logs in ends the session that the others are in the middle of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_with_the_next_login_is_taken_up_again() {
    let http = client();
    let fake = Mock::start().await;
    let target = fake.target();
    let (_, one_session) =
        ALLOWED.iter().find(|(name, _)| *name == "a partner has one session at a time").expect("one");
    let url = start(http, target.base_url(), &[*one_session]).await;
    let run = run(target.at(url), 1, 2);
    all_is_silent(side_by_side(&run, &["login.", "journey.", "items.", "scope.", "account."])).await;
}

/// The checks of some pages in both formats, none of which waits for another.
fn side_by_side(
    run: &Arc<Run>,
    pages: &[&str],
) -> impl Iterator<Item = impl Future<Output = (String, Vec<String>)> + Send + 'static> {
    let meant = checks().filter(|check| pages.iter().any(|page| check.id.starts_with(page)));
    meant.flat_map(|check| Format::ALL.map(|format| (check, format))).map(|(check, format)| {
        let run = Arc::clone(run);
        async move {
            let outcome = run.check(check, format).await;
            let alarm = (!matches!(outcome, Outcome::Pass)).then(|| told(check, format, &outcome));
            (check.name(format), alarm.into_iter().collect())
        }
    })
}

/// Where all go by one clock, it is moved while nobody else calls, and set back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_without_sandboxes_is_moved_and_set_back() {
    let http = client();
    let fake = Mock::start().await;
    let target = fake.target();
    let without = there(|asked, _| match asked.path.starts_with("/_mock/sandboxes") {
        true => Way::Back(Answered::json(404, &json!({ "error": "Not found" }))),
        false => Way::On,
    });
    let url = start(http.clone(), target.base_url(), &[without]).await;
    let clock = format!("{url}/_mock/clock");
    let now = async || -> jiff::Timestamp {
        let answer: Value = http.get(&clock).send().await.expect("the fake answers").json().await.expect("JSON");
        answer["now"].as_str().expect("a time").parse().expect("RFC 3339")
    };
    let (before, began) = (now().await, std::time::Instant::now());
    let run = run(target.at(url), 1, 2);
    all_is_silent(side_by_side(&run, &["expiry.", "items.", "online.", "alarms."])).await;
    let passed = now().await.duration_since(before).as_secs();
    assert!(passed.unsigned_abs() <= began.elapsed().as_secs() + 2, "{passed} seconds later");
}
