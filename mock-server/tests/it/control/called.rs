//! "Was it called?": the journal holds the responses, is asked for requests, and waits for them.

use std::time::{Duration, Instant};

use mock_server::{ExpectedCall, MockServer, RequestFilter};
use serde_json::{Value, json};

use crate::harness::{APP, CRM, Caller, EMAIL, World, fields, sentence};

#[tokio::test]
async fn the_journal_holds_what_was_sent_and_what_was_answered() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.post(EMAIL.list, json!({ "email": "new@example.com" })).header("accept", "application/json");
    let answer = added.send().await.expect(201);
    let [request] = world.journal().await.try_into().expect("one request");
    let (sent, got) = (&request["request"], &request["response"]);
    assert_eq!(sent["body"], json!({ "email": "***@*******.***" }));
    assert_eq!((&sent["bytes"], &sent["is_cut"]), (&json!(27), &json!(false)));
    assert_eq!(sent["headers"]["authorization"], "Bearer $APP_TOKEN");
    assert_eq!(sent["headers"]["accept"], "application/json");
    assert_eq!(got["status"], 201);
    assert_eq!((&got["bytes"], &got["is_cut"]), (&json!(answer.raw.len()), &json!(false)));
    let mut expected = answer.body.clone();
    expected["data"]["email"] = json!("***@*******.***");
    assert_eq!(got["body"], expected);
    let headers = got["headers"].as_object().expect("headers");
    for (name, value) in headers {
        assert_eq!(value, answer.header(name), "{name}");
    }
    let all = answer.headers.keys().filter(|name| !["date", "content-length"].contains(&name.as_str()));
    assert_eq!(all.count(), headers.len(), "{headers:?} of {:?}", answer.headers);
    assert!(request["duration_ms"].as_f64().is_some_and(|took| took > 0.0), "{request}");
}

#[tokio::test]
async fn a_refusal_is_in_the_journal_word_for_word() {
    let world = World::new();
    for standardized in [false, true] {
        let request = Caller::user(&world).post("/iban-watchlist", json!({ "iban": "DE00" }));
        let request = if standardized { request.standardized() } else { request };
        let answer = request.send().await.expect(422);
        let last = world.journal().await.pop().expect("a request");
        assert_eq!(last["response"]["body"], answer.body);
    }
}

#[tokio::test]
async fn what_a_fault_did_to_a_response_shows() {
    let world = World::new();
    world.post("/_mock/faults").json(json!({ "kind": "cut", "next": 1 })).send().await.expect(201);
    assert!(world.get("/api/v1/alarms").token(APP).try_send().await.is_err());
    let [cut] = world.journal().await.try_into().expect("one request");
    assert_eq!((&cut["status"], &cut["response"]), (&Value::Null, &Value::Null));
    world.post("/_mock/faults").json(json!({ "kind": "truncate", "bytes": 20, "next": 1 })).send().await.expect(201);
    assert!(world.get("/api/v1/alarms").token(APP).try_send().await.is_err());
    let truncated = &world.journal().await[1]["response"];
    assert_eq!((&truncated["bytes"], &truncated["is_cut"]), (&json!(20), &json!(true)));
    let fault = json!({ "kind": "latency", "milliseconds": 80, "next": 1 });
    world.post("/_mock/faults").json(fault).send().await.expect(201);
    world.get("/api/v1/alarms").token(APP).send().await.expect(200);
    let took = world.journal().await[2]["duration_ms"].as_f64().expect("a number");
    assert!(took >= 80.0, "{took}");
}

#[tokio::test]
async fn of_a_long_response_the_beginning_is_kept() {
    let world = World::new();
    let partner = Caller::partner(&world, "2");
    for number in 0..150 {
        partner.add_email(&format!("user{number}@example.com")).await;
    }
    let answer = partner.get(EMAIL.list).send().await.expect(200);
    let last = world.journal().await.pop().expect("a request");
    let response = &last["response"];
    assert_eq!((&response["bytes"], &response["is_cut"]), (&json!(answer.raw.len()), &json!(true)));
    let kept = response["body"]["data"].as_array().expect("a list");
    assert!((10..150).contains(&kept.len()) && kept[0]["email"] == "*****@*******.***", "{response}");
}

/// Five requests: two that add an email, one of them refused, two that list, and one that is not documented.
async fn with_requests() -> World {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    user.add_email("new@example.com").await;
    user.post(EMAIL.list, json!({ "email": "nobody" })).send().await.expect(422);
    user.get(EMAIL.list).send().await.expect(200);
    partner.get(EMAIL.list).send().await.expect(200);
    world.get("/api/v1/nothing").send().await.expect(404);
    world
}

#[tokio::test]
async fn requests_are_found_by_what_they_were() {
    let world = with_requests().await;
    let list = "/api/v1/account/%7Baccount_id%7D/email-watchlist";
    let cases: [(&str, &[u64]); 23] = [
        ("", &[1, 2, 3, 4, 5]),
        ("?method=post", &[1, 2]),
        ("?method=GET&limit=1", &[5]),
        ("?path=/api/v1/email-watchlist", &[1, 2, 3]),
        (&format!("?path={list}"), &[4]),
        ("?path=/api/v1/account/1/email-watchlist", &[4]),
        ("?path=/api/v1/account/2/email-watchlist", &[]),
        ("?path=/api/v1/*", &[1, 2, 3, 4, 5]),
        ("?status=422", &[2]),
        ("?status=2xx", &[1, 3, 4]),
        ("?status=none", &[]),
        ("?token=crm", &[4]),
        ("?token=app", &[1, 2, 3]),
        ("?token=none", &[5]),
        ("?token=2", &[1, 2, 3]),
        ("?token=1", &[4]),
        ("?contains=new@example.com", &[1, 3, 4]),
        ("?contains=nobody", &[2]),
        ("?contains=nothing", &[5]),
        ("?after=3", &[4, 5]),
        ("?since=2020-01-01T00:00:00Z", &[1, 2, 3, 4, 5]),
        ("?since=2200-01-01T00:00:00Z", &[]),
        ("?method=POST&path=/api/v1/email-watchlist&status=201&token=app&contains=new@example.com", &[1]),
    ];
    for (query, expected) in cases {
        let answer = world.get(&format!("/_mock/requests{query}")).send().await.expect(200);
        let ids: Vec<u64> = answer.body["requests"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|found| found["id"].as_u64())
            .collect();
        assert_eq!(ids, expected, "{query}");
        let count = if query.contains("limit") { 3 } else { expected.len() };
        assert_eq!(answer.body["count"], count, "{query}");
    }
}

#[tokio::test]
async fn where_nothing_was_as_asked_for_the_nearest_are_named() {
    let world = with_requests().await;
    let query = "/_mock/requests?method=DELETE&path=/api/v1/email-watchlist&status=204";
    let answer = world.get(query).send().await.expect(200);
    assert_eq!(fields(&answer.body), ["count", "requests", "nearest"]);
    let nearest = answer.body["nearest"].as_array().expect("a list");
    let told: Vec<[&Value; 2]> = nearest.iter().map(|near| [&near["id"], &near["differs"]]).collect();
    let differs = json!(["method", "status"]);
    assert_eq!(json!(told), json!([[3, differs], [2, differs], [1, differs]]), "the last of those of the right path");
    let found = world.get("/_mock/requests?status=422").send().await.expect(200);
    assert_eq!(fields(&found.body), ["count", "requests"]);
}

#[tokio::test]
async fn a_question_that_is_no_question_is_refused_by_the_name_of_its_parameter() {
    let world = World::new();
    let cases = [
        (
            "path=/api/v1/email-watchlst",
            "path: no documented route has this path; did you mean /api/v1/email-watchlist?",
        ),
        ("path=email-watchlist", "path: no documented route"),
        ("method=no%20method", "method: \"no method\" is none"),
        ("status=OK", "status: \"OK\" is none; a status would be right, as in 404"),
        ("token=17%7Csecret", "token: crm, app, none, unknown or the number of a token would be right"),
        ("since=yesterday", "since: \"yesterday\" is not a time"),
        ("wait=soon", "wait: 0 to 300 seconds would be right"),
        ("wait=301", "wait: 0 to 300 seconds would be right"),
        ("after=x", "after: a whole number from 0 would be right"),
        ("limit=-1", "limit: a whole number from 0 would be right"),
        ("as=xml", "as: har would be right"),
        ("stats=404", "the query: there is no field stats; did you mean status?"),
    ];
    for (query, expected) in cases {
        let answer = world.get(&format!("/_mock/requests?{query}")).send().await.expect(400);
        let sentence = sentence(&answer);
        assert!(sentence.starts_with(expected), "{query}: {sentence}");
        assert!(!sentence.contains("secret"), "{sentence}");
    }
}

#[tokio::test]
async fn a_wait_is_answered_as_soon_as_the_request_comes() {
    let world = World::new();
    let began = Instant::now();
    let query = "/_mock/requests?method=DELETE&path=/api/v1/email-watchlist/%7BemailId%7D&wait=60";
    let waiting = world.begin_to_wait(query).await;
    let user = Caller::user(&world);
    user.get(EMAIL.list).send().await.expect(200);
    assert!(!waiting.is_finished(), "another request is not what is waited for");
    user.delete("/email-watchlist/1").send().await.expect(204);
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!((&answer.body["count"], &answer.body["requests"][0]["method"]), (&json!(1), &json!("DELETE")));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_wait_goes_on_over_a_reset_and_ends_in_time() {
    let world = World::of(MockServer::builder());
    let waiting = world.begin_to_wait("/_mock/requests?status=404&wait=60").await;
    world.post("/_mock/reset").send().await.expect(200);
    world.get("/api/v1/nothing").send().await.expect(404);
    assert_eq!(waiting.await.expect("no panic").expect(200).body["count"], 1);
    let over = world.get("/_mock/requests?status=500&wait=0.05").send().await.expect(200);
    assert_eq!(over.body["count"], 0);
}

#[tokio::test]
async fn a_test_in_rust_expects_calls_and_is_told_what_came_nearest() {
    let world = with_requests().await;
    let control = world.control();
    let adds = || ExpectedCall::to("/api/v1/email-watchlist").method("post");
    assert_eq!(control.expect_called(&adds().status(201).times(1)).len(), 1);
    assert_eq!(control.expect_called(&adds()).len(), 2);
    control.expect_called(&ExpectedCall::to("/api/v1/account").never());
    control.expect_called(&RequestFilter::to("/api/v1/email-watchlist").token("app").contains("new@").into());
    assert_eq!(control.requests_like(&RequestFilter::all().status("4xx")).len(), 2);

    let failure = |expected: ExpectedCall| {
        let control = control.clone();
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| control.expect_called(&expected)));
        let panic = checked.expect_err("it is not as expected");
        panic.downcast_ref::<String>().expect("a text").clone()
    };
    let nearest = failure(adds().status(200).times(2));
    assert!(
        nearest
            .starts_with("expected 2 calls of POST /api/v1/email-watchlist with status 200, and none came; nearest:\n"),
        "{nearest}"
    );
    assert!(nearest.contains("request 2: POST /api/v1/email-watchlist → 422"), "{nearest}");
    assert!(nearest.contains("(differs in status)"), "{nearest}");
    let too_many = failure(adds().never());
    assert!(
        too_many.starts_with("expected no call of POST /api/v1/email-watchlist, and 2 came\n  request 1: "),
        "{too_many}"
    );
    let misspelt = failure(ExpectedCall::to("/api/v1/email-watchlst"));
    assert!(misspelt.contains("did you mean /api/v1/email-watchlist?"), "{misspelt}");

    let later = control.clone();
    let expected = ExpectedCall::to("/api/v1/alarms").times(1);
    let waiting = tokio::spawn(async move { later.wait_until_called(&expected, Duration::from_secs(60)).await.len() });
    world.get("/api/v1/alarms").token(APP).send().await.expect(200);
    assert_eq!(waiting.await.expect("it came"), 1);
}

#[tokio::test]
async fn the_journal_is_read_as_har_by_what_reads_har() {
    let world = with_requests().await;
    world.get("/api/v1/account/1/alarms?page=2").token(CRM).standardized().send().await.expect(200);
    world.post("/_mock/faults").json(json!({ "kind": "cut", "next": 1 })).send().await.expect(201);
    assert!(world.get("/api/v1/alarms").token(APP).try_send().await.is_err());
    let har = world.get("/_mock/requests?as=har&after=1").send().await.expect(200).body;
    assert_eq!(har["log"]["version"], "1.2");
    assert_eq!(har["log"]["creator"]["name"], "mock-server");
    let entries = har["log"]["entries"].as_array().expect("a list");
    assert_eq!(entries.len(), 6);
    for entry in entries {
        assert_eq!(fields(&entry["timings"]), ["send", "wait", "receive"]);
        for (part, required) in [
            (
                &entry["request"],
                &["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize"][..],
            ),
            (
                &entry["response"],
                &["status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"][..],
            ),
        ] {
            assert!(required.iter().all(|field| part.get(field).is_some()), "{part}");
        }
    }
    let refused = &entries[0];
    assert_eq!(refused["request"]["url"], format!("{}/api/v1/email-watchlist", world.base_url()));
    assert_eq!(
        refused["request"]["postData"],
        json!({ "mimeType": "application/json", "text": "{\"email\":\"******\"}" })
    );
    assert_eq!(
        (&refused["response"]["status"], &refused["response"]["statusText"]),
        (&json!(422), &json!("Unprocessable Entity"))
    );
    assert!(refused["response"]["content"]["text"].as_str().is_some_and(|text| text.contains("email")), "{refused}");
    assert_eq!(entries[4]["request"]["queryString"], json!([{ "name": "page", "value": "2" }]));
    assert_eq!(entries[5]["response"]["status"], 0, "a fault ended the connection");
}
