//! A tour of every route, with both tokens, in both formats, with successes and refusals.

use std::collections::BTreeMap;
use std::time::Duration;

use contract_tests::reader;
use serde_json::{Value, json};

/// What one step has seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) step: String,
    pub(crate) page: String,
    pub(crate) answer: Shape,
    /// The exchange as an entry of a recording (HAR).
    pub(crate) entry: Value,
}

/// An answer as far as it is compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    status: u16,
    media_type: String,
    body: String,
}

/// A server, and how to speak to it.
#[derive(Debug)]
pub(crate) struct Subject {
    url: String,
    partners: [[&'static str; 2]; 2],
    client: [&'static str; 2],
    plan: u64,
}

impl Subject {
    pub(crate) fn honest(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            partners: [["backend", "correct-horse-battery"], ["neighbour", "staple-of-the-neighbour"]],
            client: ["the-app", "secret-of-the-app"],
            plan: 11,
        }
    }

    pub(crate) fn mock(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            partners: [
                ["other@partner.example", "mock-crm-password-2"],
                ["service@partner.example", "mock-crm-password"],
            ],
            client: ["mock-client-2", "mock-secret-2"],
            plan: 1,
        }
    }
}

/// A tour that is under way.
struct Tour<'a> {
    subject: &'a Subject,
    http: reqwest::Client,
    is_standardized: bool,
    seen: Vec<Seen>,
}

/// The kinds: name, path of items, path of the list, and two bodies in the target's own words.
fn kinds() -> [(&'static str, &'static str, &'static str, [Value; 2]); 6] {
    let card = |number: &str| json!({ "pan": number, "exp_month": 12, "exp_year": 2049 });
    [
        (
            "email",
            "/email-watchlist",
            "/email-watchlist",
            [json!({ "email": "tour@example.net" }), json!({ "email": "other-tour@example.net" })],
        ),
        (
            "phone",
            "/phone-watchlist",
            "/phone-watchlist",
            [json!({ "phone": "+46701740620" }), json!({ "phone": "+46701740621" })],
        ),
        (
            "iban",
            "/iban-watchlist",
            "/iban-watchlist",
            [json!({ "iban_number": "SE3550000000054910000003" }), json!({ "iban_number": "DK5000400440116243" })],
        ),
        (
            "passport",
            "/passport-watchlist",
            "/passport-watchlist",
            [json!({ "document_number": "XX0000000" }), json!({ "document_number": "XX0000001" })],
        ),
        (
            "license",
            "/drivers-license-watchlist",
            "/drivers-license-watchlist",
            [json!({ "licence_number": "850101-2390" }), json!({ "licence_number": "850101-2382" })],
        ),
        ("card", "/credit-card", "/credit-cards", [card("4000007520000008"), card("5555555555554444")]),
    ]
}

/// Goes through all routes in both formats.
pub(crate) async fn tour(subject: &Subject) -> Vec<Seen> {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut seen = Vec::new();
    for is_standardized in [false, true] {
        let mut tour = Tour { subject, http: http.clone(), is_standardized, seen: Vec::new() };
        tour.go().await;
        seen.extend(tour.seen);
    }
    seen
}

impl Tour<'_> {
    /// One step; what came is kept and returned.
    async fn step(&mut self, page: &str, call: &str, token: Option<&str>, body: Option<Value>) -> Value {
        let (method, path) = call.split_once(' ').expect("a method and a path");
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.subject.url));
        if self.is_standardized {
            request = request.header("X-API-Version", "2026-06-12");
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let mut sent = vec![json!({ "name": "x-api-version", "value": "2026-06-12" })];
        sent.truncate(usize::from(self.is_standardized));
        sent.extend(token.map(|token| json!({ "name": "authorization", "value": format!("Bearer {token}") })));
        if let Some(body) = &body {
            request = match body {
                Value::String(text) => request.header("Content-Type", "application/json").body(text.clone()),
                json => request.json(json),
            };
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| json!({ "name": name.as_str(), "value": value.to_str().unwrap_or_default() });
        let headers: Vec<_> = response.headers().iter().map(header).collect();
        let media_type =
            response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().to_owned();
        let text = response.text().await.expect("a body");
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let whose = match token {
            None => "without a token",
            Some(token) if token.starts_with("unknown") => "with an unknown token",
            Some(_) => "",
        };
        let body_shape = if text.is_empty() { "none".to_owned() } else { shape(&answer) };
        let format = if self.is_standardized { "standardized" } else { "legacy" };
        let text_of = |body: &Value| body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let entry = json!({
            "request": {
                "method": call.split(' ').next(), "url": format!("{}{path}", self.subject.url), "headers": sent,
                "postData": body.as_ref().map(|body| json!({ "mimeType": "application/json", "text": text_of(body) })),
            },
            "response": {
                "status": status, "headers": headers,
                "content": { "size": text.len(), "mimeType": media_type, "text": text },
            },
        });
        self.seen.push(Seen {
            entry,
            step: format!("{page}: {call} {whose} {} ({format})", body.unwrap_or_default()),
            page: page.to_owned(),
            answer: Shape { status, media_type, body: body_shape },
        });
        answer
    }

    async fn token(&mut self, page: &str, call: &str, body: Value) -> String {
        let answer = self.step(page, call, None, Some(body)).await;
        reader::token(&answer).expect("a token").to_owned()
    }

    async fn go(&mut self) {
        let format = if self.is_standardized { "s" } else { "l" };
        let [partner, other] = self.subject.partners;
        let [client_id, client_secret] = self.subject.client;
        let login = |[username, password]: [&str; 2]| json!({ "username": username, "password": password });
        const LOGIN: &str = "POST /api/v1/crm/auth/login";
        let crm = self.token("login", LOGIN, login(partner)).await;
        let other = self.token("login", LOGIN, login(other)).await;
        self.step("login", LOGIN, None, Some(login([partner[0], "wrong-password"]))).await;
        self.step("login", LOGIN, None, Some(json!({}))).await;

        let email = format!("tour-{format}@example.net");
        let account = json!({
            "ssn": "19900101-1234", "first_name": "Tour", "last_name": "Test", "email": email, "country_code": "SE",
            "lang_code": "SV", "plan_id": self.subject.plan, "type": "SINGLE",
        });
        const CREATE: &str = "POST /api/v1/account";
        let made = self.step("account", CREATE, Some(&crm), Some(account.clone())).await;
        let id = reader::item(&made).and_then(reader::id).expect("an id");
        self.step("account", CREATE, Some(&crm), Some(json!({ "last_name": "Test" }))).await;
        self.step("account", CREATE, Some("unknown|token"), Some(account.clone())).await;
        self.step("account", CREATE, None, Some(account.clone())).await;

        let sso =
            |email: &str, secret: &str| json!({ "client_id": client_id, "client_secret": secret, "email": email });
        let app = self.token("sso", "POST /api/v1/sso/token", sso(&email, client_secret)).await;
        for route in ["token", "code"] {
            let call = format!("POST /api/v1/sso/{route}");
            self.step("sso", &call, None, Some(sso("nobody@example.net", client_secret))).await;
            self.step("sso", &call, None, Some(sso(&email, "wrong"))).await;
        }
        self.step("sso", "POST /api/v1/sso/code", None, Some(sso(&email, client_secret))).await;
        self.step("sso", "POST /api/v1/sso/login", None, Some(json!({ "code": "000000" }))).await;

        let names = json!({ "first_name": "Tour", "last_name": "Again" });
        let one = format!("/api/v1/account/{id}");
        let calls = [
            (format!("PUT {one}"), Some(names.clone())),
            (format!("PATCH {one}"), Some(names.clone())),
            (format!("PUT /api/v2/account/{id}"), Some(names.clone())),
            (format!("PATCH {one}/ssn-monitoring/deactivate"), None),
            (format!("PATCH {one}/ssn-monitoring/activate"), None),
        ];
        for (call, body) in &calls {
            self.step("account", call, Some(&crm), body.clone()).await;
            self.step("account", call, Some(&other), body.clone()).await;
            self.step("account", call, None, body.clone()).await;
        }
        for (call, body) in [
            ("GET /api/v1/account", None),
            ("PUT /api/v1/account", Some(names)),
            ("PUT /api/v1/account", Some(json!({}))),
            ("POST /api/v2/account/password", Some(json!({}))),
        ] {
            self.step("account", call, Some(&app), body.clone()).await;
            self.step("account", call, None, body).await;
        }
        for (name, items, list, bodies) in kinds() {
            self.kind(name, (items, list), bodies, (&crm, &one)).await;
            self.kind(
                name,
                (items, list),
                kinds().into_iter().find(|(of, ..)| *of == name).expect("a kind").3,
                (&app, "/api/v1"),
            )
            .await;
            self.step(name, &format!("GET {one}{list}"), Some(&app), None).await;
            self.step(name, &format!("GET {one}{list}"), Some(&other), None).await;
            self.step(name, &format!("GET {one}{list}"), None, None).await;
            self.step(name, &format!("GET /api/v1{list}"), Some(&crm), None).await;
        }
        let resend = "POST /api/v1/resend/watchlist-email-confirmation";
        self.step("email", resend, Some(&app), Some(json!({ "email": "tour@example.net" }))).await;
        self.step("email", resend, Some(&crm), Some(json!({}))).await;
        let phone = json!({ "phone": "+46701740620" });
        self.step("phone", &format!("POST {one}/phone-watchlist/send-verification-code"), Some(&crm), Some(phone))
            .await;
        let wrong = json!({ "phone": "+46701740620", "code": "0000" });
        self.step("phone", &format!("POST {one}/phone-watchlist/confirm"), Some(&crm), Some(wrong)).await;
        self.alarms(&crm, &app, &one).await;
        self.online(&crm, &app).await;
        for call in ["GET /api/v1/nothing", "GET /api/v1/ssn-watchlist", "DELETE /api/v1/email-watchlist"] {
            self.step("absent", call, Some(&app), None).await;
            self.step("absent", call, Some(&crm), None).await;
        }
    }

    async fn kind(&mut self, name: &str, (items, list): (&str, &str), bodies: [Value; 2], (token, root): (&str, &str)) {
        self.step(name, &format!("GET {root}{list}"), Some(token), None).await;
        let mut ids = Vec::new();
        for body in bodies {
            let added = self.step(name, &format!("POST {root}{items}"), Some(token), Some(body)).await;
            ids.extend(reader::item(&added).and_then(reader::id));
        }
        self.step(name, &format!("POST {root}{items}"), Some(token), Some(json!({}))).await;
        self.step(name, &format!("POST {root}{items}"), None, Some(json!({}))).await;
        let listed = self.step(name, &format!("GET {root}{list}"), Some(token), None).await;
        let listed = reader::page(&listed).map(|page| page.items.to_vec()).unwrap_or_default();
        ids.extend(listed.iter().filter_map(|item| reader::id(item.as_object()?)));
        self.step(name, &format!("GET {root}{items}/leaks"), Some(token), None).await;
        let Some(id) = ids.first() else { return };
        if name == "card" {
            self.step(name, &format!("GET {root}{items}/{id}"), Some(token), None).await;
            self.step(name, &format!("GET {root}{items}/4503599627370000"), Some(token), None).await;
        }
        if name == "passport" {
            let change = json!({ "document_number": "XX0000002" });
            self.step(name, &format!("PATCH {root}{items}/{id}"), Some(token), Some(change)).await;
            self.step(name, &format!("PATCH {root}{items}/{id}"), None, None).await;
        }
        self.step(name, &format!("DELETE {root}{items}/{id}"), None, None).await;
        self.step(name, &format!("DELETE {root}{items}/{id}"), Some(token), None).await;
        self.step(name, &format!("DELETE {root}{items}/4503599627370000"), Some(token), None).await;
    }

    async fn alarms(&mut self, crm: &str, app: &str, one: &str) {
        let known = json!({ "email": "known@example.org" });
        self.step("alarms", &format!("POST {one}/email-watchlist"), Some(crm), Some(known)).await;
        // The target takes its time to find a leak.
        let mut alarm = None;
        for _ in 0..50 {
            let url = format!("{}{one}/alarms", self.subject.url);
            let listed: Value =
                self.http.get(url).bearer_auth(crm).send().await.expect("an answer").json().await.expect("JSON");
            alarm = reader::page(&listed).and_then(|page| reader::alarm_id(page.items.first()?));
            if alarm.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let alarm = alarm.expect("an alarm");
        for (token, root) in [(crm, one), (app, "/api/v1")] {
            self.step("email", &format!("GET {root}/email-watchlist/leaks"), Some(token), None).await;
        }
        for (token, other, root) in [(crm, app, format!("{one}/alarms")), (app, crm, "/api/v1/alarms".to_owned())] {
            for rest in [
                String::new(),
                "/statistic".into(),
                format!("/{alarm}"),
                format!("/{alarm}/coachme"),
                "/4503599627370000".into(),
            ] {
                self.step("alarms", &format!("GET {root}{rest}"), Some(token), None).await;
                self.step("alarms", &format!("GET {root}{rest}"), None, None).await;
            }
            self.step("alarms", &format!("GET {root}/{alarm}"), Some(other), None).await;
            self.step("alarms", &format!("GET {root}/{alarm}/close"), Some(token), None).await;
        }
        self.step("alarms", "GET /api/v2/alarms", Some(app), None).await;
        self.step("alarms", "POST /api/v1/alarms/leak/coachme", Some(app), Some(json!({}))).await;
        for route in [
            "alarms-list",
            "alarms",
            "alarms/statistic",
            "alarms/email-list",
            "alarms/phone-list",
            "alarms/credit-card-list",
            "alarms/company-list",
            "alarms/accounts/by-period",
        ] {
            self.step("alarms", &format!("GET /api/v1/{route}"), Some(crm), None).await;
            self.step("alarms", &format!("GET /api/v1/{route}"), None, None).await;
        }
        self.step("alarms", "GET /api/v2/alarms/company/1", Some(crm), None).await;
        self.step("alarms", "GET /api/v1/alarms-list", Some(app), None).await;
    }

    async fn online(&mut self, crm: &str, app: &str) {
        const PROFILE: &str = "/api/v1/delete-my-data";
        let profile = json!({
            "first_name": "Tour", "last_name": "Test", "email": "tour@example.net", "phone": "+46701740620",
            "street": "Storgatan 1", "zip": "111 22", "city": "Stockholm",
        });
        let calls: [(&str, &str, Option<Value>); 10] = [
            ("GET", "", None),
            ("POST", "", Some(json!({}))),
            ("POST", "", Some(profile.clone())),
            ("GET", "", None),
            ("PUT", "", Some(profile)),
            ("GET", "/sites", None),
            ("GET", "/status", None),
            ("POST", "/scan", Some(json!({}))),
            ("GET", "/status", None),
            ("POST", "/scan/4503599627370000/retry", Some(json!({}))),
        ];
        for (method, rest, body) in calls {
            self.step("online", &format!("{method} {PROFILE}{rest}"), Some(app), body.clone()).await;
            self.step("online", &format!("{method} {PROFILE}{rest}"), Some(crm), body).await;
        }
    }
}

/// The names that the target may have for the address of the next page. Whether there is one follows from how much others
/// have, which is not compared.
const NEXT: [&str; 3] = ["next_page_url", "next", "following"];

/// Types and names of a body, without values: what a client's code depends on.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => {
            let shapes: std::collections::BTreeSet<String> = items.iter().map(shape).collect();
            format!("[{}]", shapes.into_iter().collect::<Vec<_>>().join("|"))
        }
        Value::Object(fields) => {
            let fields: BTreeMap<&String, String> = fields
                .iter()
                .map(|(name, field)| {
                    (name, if NEXT.contains(&name.as_str()) { "address".into() } else { shape(field) })
                })
                .collect();
            let fields: Vec<String> = fields.into_iter().map(|(name, shape)| format!("{name}:{shape}")).collect();
            format!("{{{}}}", fields.join(","))
        }
    }
}
