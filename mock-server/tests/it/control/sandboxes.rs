//! Sandboxes: private worlds that never see each other.

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{routes, server, small_seed, with_body};
use crate::harness::{APP, Answer, CRM, Request, World, account_body, sentence, sso_body, written};

/// A sandbox that was made over HTTP.
struct Sandbox<'a> {
    server: &'a World,
    described: Value,
    prefix: String,
}

impl<'a> Sandbox<'a> {
    async fn make(server: &'a World, body: Value) -> Self {
        let made = server.post("/_mock/sandboxes").json(body).send().await.expect(201);
        Self::described(server, made.body)
    }

    fn described(server: &'a World, described: Value) -> Self {
        let prefix = server.path_of(described["base_url"].as_str().expect("a URL")).to_owned();
        Self { server, described, prefix }
    }

    fn request(&self, method: Method, path: &str) -> Request {
        self.server.request(method, &format!("{}{path}", self.prefix))
    }

    fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    fn post(&self, path: &str, body: Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    async fn add_email(&self, email: &str) -> Answer {
        self.post("/api/v1/email-watchlist", json!({ "email": email })).token(APP).send().await
    }

    /// The emails that account 1 watches in it.
    async fn emails(&self) -> Vec<String> {
        let list = self.get("/api/v1/email-watchlist").token(APP).send().await.expect(200);
        list.items().iter().map(|item| written(&item["email"])).collect()
    }

    async fn messages(&self) -> Vec<Value> {
        self.get("/_mock/outbox").send().await.expect(200).body["messages"].as_array().expect("a list").clone()
    }

    async fn end(&self) -> Answer {
        self.server.delete(&format!("/_mock/sandboxes/{}", written(&self.described["id"]))).send().await
    }
}

const SEEDED_EMAILS: [&str; 2] = ["john.work@example.com", "john.private@example.net"];

#[tokio::test]
async fn a_sandbox_tells_all_that_a_test_needs_to_use_it() {
    let server = server();
    let sandbox = Sandbox::make(&server, json!({})).await;
    let described = &sandbox.described;
    assert_eq!(described["crm"]["token"], CRM);
    assert_eq!(described["sso"], json!({ "client_id": "mock-client", "client_secret": "mock-secret" }));
    let accounts = described["accounts"].as_array().expect("a list");
    let told: Vec<[&Value; 3]> =
        accounts.iter().map(|account| ["id", "partner", "email"].map(|field| &account[field])).collect();
    let expected =
        json!([[1, 1, "john.doe@example.com"], [2, 1, "jane.roe@example.com"], [3, 2, "matti.malli@example.org"]]);
    assert_eq!(json!(told), expected);

    let login = json!({ "username": described["crm"]["username"], "password": described["crm"]["password"] });
    let crm = sandbox.post("/api/v1/crm/auth/login", login).send().await.expect(200).text("token");
    sandbox.get("/api/v1/account/1").token(&crm).send().await.expect(200);
    for account in accounts.iter().filter(|account| account["partner"] == 1) {
        let mut sso = described["sso"].clone();
        sso["email"] = account["email"].clone();
        let app = sandbox.post("/api/v1/sso/token", sso).send().await.expect(200).text("token");
        let own = sandbox.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!(own.body["data"]["id"], account["id"]);
    }
    assert_eq!(accounts[0]["app_token"], APP);
}

#[tokio::test]
async fn a_sandbox_begins_where_its_client_reached_the_server() {
    let server = server();
    let address = server.base_url().strip_prefix("http://").expect("http");
    let port = address.rsplit_once(':').expect("a port").1;
    let host = format!("localhost:{port}");
    let made = server.post("/_mock/sandboxes").json(json!({})).header("host", &host).send().await.expect(201);
    assert!(made.text("base_url").starts_with(&format!("http://{host}/")), "{}", made.raw);

    let public = World::of(MockServer::builder().public_url("https://mock.example"));
    let made = public.post("/_mock/sandboxes").send().await.expect(201);
    assert!(made.text("base_url").starts_with("https://mock.example/"), "{}", made.raw);
}

#[tokio::test]
async fn sandboxes_and_the_main_world_never_see_each_other() {
    let server = server();
    let one = Sandbox::make(&server, json!({})).await;
    let other = Sandbox::make(&server, json!({})).await;
    assert_ne!(one.described["id"], other.described["id"]);

    // Everything that leaves a trace, in one of them.
    one.add_email("new@example.com").await.expect(201);
    let account = account_body("a@example.com");
    one.post("/api/v1/account", account).token(CRM).send().await.expect(201);
    let sso = sso_body(1, "john.doe@example.com");
    let token = one.post("/api/v1/sso/token", sso.clone()).send().await.expect(200).text("token");
    let code = one.post("/api/v1/sso/code", sso).send().await.expect(200).text("code");
    let leak = json!({ "kind": "email", "value": "john.work@example.com", "title": "Of one" });
    one.post("/_mock/leaks", leak).send().await.expect(201);
    one.request(Method::PUT, "/_mock/clock")
        .json(json!({ "now": "2040-01-01T00:00:00Z", "frozen": true }))
        .send()
        .await
        .expect(200);
    let link = one.messages().await[0]["link"].as_str().expect("a link").to_owned();

    let main = Sandbox { server: &server, described: Value::Null, prefix: String::new() };
    for world in [&other, &main] {
        let label = &world.described["id"];
        assert_eq!(world.messages().await, [] as [Value; 0], "{label}");
        assert_eq!(world.emails().await, SEEDED_EMAILS, "{label}");
        world.get("/api/v1/account/4").token(CRM).send().await.expect(404);
        world.get("/api/v1/account").token(&token).send().await.expect(401);
        world.post("/api/v1/sso/login", json!({ "code": code })).send().await.expect(401);
        let leaks = world.get("/api/v1/email-watchlist/leaks").token(APP).send().await.expect(200);
        assert!(!leaks.raw.contains("Of one"), "{label}: {}", leaks.raw);
        let clock = world.get("/_mock/clock").send().await.expect(200);
        assert_eq!(clock.body["frozen"], false, "{label}");
        let requests = world.get("/_mock/requests").send().await.expect(200);
        assert!(!requests.raw.contains("/api/v1/sso/token"), "{label}: {}", requests.raw);
        let secret = link.rsplit_once('/').expect("a path").1;
        world.get(&format!("/_confirm/{secret}")).send().await.expect(410);
        // A reset of one world resets no other.
        world.post("/_mock/reset", json!({})).send().await.expect(200);
        assert_eq!(one.emails().await.len(), 3, "after a reset of {label}");
    }
    assert_eq!(one.get("/_mock/clock").send().await.expect(200).body["now"], "2040-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_link_in_a_message_of_a_sandbox_leads_back_into_it() {
    let server = server();
    let one = Sandbox::make(&server, json!({})).await;
    one.add_email("new@example.com").await.expect(201);
    let [message] = one.messages().await.try_into().expect("one message");
    let link = message["link"].as_str().expect("a link");
    assert!(link.starts_with(one.described["base_url"].as_str().expect("a URL")), "{link}");
    server.open(link).await.expect(200);
    let list = one.get("/api/v1/email-watchlist").token(APP).send().await.expect(200);
    assert_eq!(list.items()[2]["is_confirmed"], 1, "{}", list.raw);
}

#[tokio::test]
async fn every_control_route_works_below_a_sandbox_and_in_it_alone() {
    let server = server();
    let sandbox = Sandbox::make(&server, json!({})).await;
    sandbox.add_email("new@example.com").await.expect(201);
    for (method, path, body) in routes() {
        let request = sandbox.request(method.clone(), path);
        let answer = with_body(request, body.as_ref()).send().await;
        let expected = if path.contains("/none") { 404..=404 } else { 200..=204 };
        assert!(expected.contains(&answer.status), "{method} {path}: {answer:?}");
    }
    assert_eq!(sandbox.emails().await, SEEDED_EMAILS, "it was reset");
    assert!(server.journal().await.is_empty(), "and none of it was in the main world");
}

#[tokio::test]
async fn a_sandbox_can_have_a_seed_of_its_own() {
    let server = server();
    let small = Sandbox::make(&server, json!({ "seed": small_seed() })).await;
    assert_eq!(small.described["crm"]["token"], "7|small-crm-token");
    assert_eq!(small.described["accounts"][0]["app_token"], "8|small-app-token");
    small.get("/api/v1/account/40").token("7|small-crm-token").send().await.expect(200);
    small.get("/api/v1/account/40").token(CRM).send().await.expect(401);
    small.delete("/api/v1/email-watchlist/11").token("8|small-app-token").send().await.expect(204);
    small.post("/_mock/reset", json!({})).send().await.expect(200);
    let list = small.get("/api/v1/email-watchlist").token("8|small-app-token").send().await.expect(200);
    assert_eq!(list.items().len(), 2, "a reset brings its own seed back");

    let empty = Sandbox::make(&server, json!({ "seed": "empty" })).await;
    assert_eq!(empty.described["accounts"], json!([]));
    empty.get("/api/v1/account/1").token(CRM).send().await.expect(404);
    let default = Sandbox::make(&server, json!({ "seed": "default" })).await;
    default.get("/api/v1/account/1").token(CRM).send().await.expect(200);
}

#[tokio::test]
async fn a_sandbox_can_have_assumptions_of_its_own_over_those_of_its_server() {
    let builder = MockServer::builder().assume("add.status", "200").expect("a key and a value");
    let server = World::of(builder);
    let assume = json!({ "remove.status": "200", "confirm.code-seconds": 5, "token.app-seconds": "7" });
    let sandbox = Sandbox::make(&server, json!({ "assume": assume })).await;
    let assumptions = sandbox.get("/_mock/health").send().await.expect(200).body["assumptions"].clone();
    for (key, value) in
        [("add.status", "200"), ("remove.status", "200"), ("confirm.code-seconds", "5"), ("token.app-seconds", "7")]
    {
        assert_eq!(assumptions[key], value, "{key}");
    }
    sandbox.add_email("new@example.com").await.expect(200);
    sandbox.delete("/api/v1/email-watchlist/1").token(APP).send().await.expect(200);
    sandbox.post("/_mock/reset", json!({})).send().await.expect(200);
    sandbox.delete("/api/v1/email-watchlist/1").token(APP).send().await.expect(200);
    server.delete("/api/v1/email-watchlist/1").token(APP).send().await.expect(204);

    // A sandbox that is made in a sandbox starts from that one.
    let inner = sandbox.post("/_mock/sandboxes", json!({ "assume": { "add.body": "bare" } })).send().await.expect(201);
    let inner = Sandbox::described(&server, inner.body);
    inner.delete("/api/v1/email-watchlist/1").token(APP).send().await.expect(200);
    let added = inner.add_email("new@example.com").await.expect(200);
    assert_eq!(added.body["email"], "new@example.com", "{}", added.raw);
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_made_is_refused_with_what_is_wrong() {
    let server = server();
    let mut wrong_seed = small_seed();
    wrong_seed["accounts"][0]["profile"]["email"] = json!("nobody");
    let mut unknown_in_seed = small_seed();
    unknown_in_seed["acounts"] = json!([]);
    let mut foreign_token = small_seed();
    foreign_token["tokens"][1]["account"] = json!(41);
    let cases = [
        (json!({ "assumptions": {} }), "assumptions"),
        (json!({ "assume": [] }), "assume"),
        (json!({ "assume": { "remove.stats": "200" } }), "remove.stats"),
        (json!({ "assume": { "remove.status": "418" } }), "it is one of 204, 200"),
        (json!({ "assume": { "confirm.phone": true } }), "assume: the assumption confirm.phone"),
        (json!({ "assume": { "token.app-seconds": -1 } }), "token.app-seconds"),
        (json!({ "seed": "nothing" }), "nothing"),
        (json!({ "seed": {} }), "version"),
        (json!({ "seed": wrong_seed }), "accounts[0].profile"),
        (json!({ "seed": unknown_in_seed }), "acounts"),
        (json!({ "seed": foreign_token }), "tokens[1].account: there is no account 41"),
    ];
    for (body, named) in cases {
        let answer = server.post("/_mock/sandboxes").json(body.clone()).send().await.expect(400);
        assert!(sentence(&answer).contains(named), "{body}: {}", answer.raw);
    }
    let list = server.get("/_mock/sandboxes").send().await.expect(200);
    assert_eq!(list.body, json!({ "sandboxes": [] }), "nothing was made");
}

#[tokio::test]
async fn sandboxes_are_listed_until_they_are_ended_and_then_there_is_nothing_left_of_them() {
    let server = server();
    let one = Sandbox::make(&server, json!({})).await;
    let other = Sandbox::make(&server, json!({})).await;
    let listed = async || -> Vec<Value> {
        let list = server.get("/_mock/sandboxes").send().await.expect(200);
        let mut sandboxes = list.body["sandboxes"].as_array().expect("a list").clone();
        sandboxes.sort_by_key(|sandbox| written(&sandbox["id"]));
        sandboxes
    };
    let named = |sandboxes: &[Value]| -> Vec<[Value; 2]> {
        sandboxes.iter().map(|sandbox| [sandbox["id"].clone(), sandbox["base_url"].clone()]).collect()
    };
    let mut expected = named(&[one.described.clone(), other.described.clone()]);
    expected.sort_by_key(|[id, _]| written(id));
    let there = listed().await;
    assert_eq!(named(&there), expected);
    for sandbox in &there {
        let ages = ["age_seconds", "idle_seconds"].map(|age| sandbox[age].as_u64().expect("seconds"));
        assert!(ages[0] < 60 && ages[1] <= ages[0], "{sandbox}");
    }

    one.end().await.expect(204);
    assert_eq!(named(&listed().await), named(std::slice::from_ref(&other.described)));
    for path in ["", "/", "/api/v1/email-watchlist", "/_mock/health", "/_mock/outbox", "/_confirm/x"] {
        let gone = one.get(path).token(APP).send().await.expect(404);
        assert!(sentence(&gone).contains("sandbox"), "{path}: {}", gone.raw);
    }
    assert!(sentence(&one.end().await.expect(404)).contains("sandbox"));
    assert_eq!(other.emails().await, SEEDED_EMAILS, "another goes on");
    server.get("/_sandbox/none/_mock/health").send().await.expect(404);
}

#[tokio::test]
async fn a_wait_ends_with_its_sandbox() {
    let server = server();
    let sandbox = Sandbox::make(&server, json!({})).await;
    let waiting = server.begin_to_wait(&format!("{}/_mock/outbox?wait=60", sandbox.prefix)).await;
    sandbox.end().await.expect(204);
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!(answer.body, json!({ "messages": [] }));
}

#[tokio::test]
async fn a_world_tells_its_credentials_as_a_sandbox_was_described() {
    let server = server();
    let mut sandbox = Sandbox::make(&server, json!({ "seed": small_seed() })).await;
    let told = sandbox.get("/_mock/credentials").send().await.expect(200).body;
    let described = sandbox.described.as_object_mut().expect("an object");
    described.remove("id").expect("an id");
    assert_eq!(told, Value::from(described.clone()));
    assert_eq!(told["crm"]["token"], "7|small-crm-token");
    assert_eq!(told["accounts"][0]["app_token"], "8|small-app-token");
    let main = server.get("/_mock/credentials").send().await.expect(200).body;
    assert_eq!((&main["base_url"], &main["sso"]["client_id"]), (&json!(server.base_url()), &json!("mock-client")));
}
