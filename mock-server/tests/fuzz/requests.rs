//! Hostile requests: real routes with wrong methods, tokens, ids, headers and bodies, in every mixture.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

const TOKENS: &[&str] = &[
    "1|mock-crm-token",
    "2|mock-app-token",
    "3|mock-crm-token-2",
    "1|wrong",
    "999|x",
    "18446744073709551616|x",
    "|",
    "x",
    "",
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW", "get"];
/// The ids of the seed come first. Those of the accounts that clients work on, from 4 on, are not among them.
const IDS: &[&str] = &[
    "1",
    "2",
    "3",
    "0",
    "-1",
    "01",
    "99999999",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e3",
    "%31",
    "%00",
    "%ff",
    "..",
    "leaks",
    "a%2Fb",
    "%F0%9F%99%82",
    "00000000-0000-4000-8000-000000000001",
    "null",
    "'",
    "1;x",
    " ",
];
const TYPES: &[&str] = &[
    "application/json",
    "application/json; charset=utf-16",
    "application/vnd.api+json",
    "text/plain",
    "",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
];
const VERSIONS: &[&str] = &["2026-06-12", "2026-06-13", "", "x", "9999-99-99"];
const TEXTS: &[&str] = &[
    "john.doe@example.com",
    "user+leaks-3@example.com",
    "+46701740650",
    "+46 70-174 06 20",
    "SE3550000000054910000003",
    "4242424242424242",
    "378282246310005",
    "XX0000000",
    "850101-2390",
    "19900101-1234",
    "SE",
    "SV",
    "1",
    "123456",
    "",
    " ",
    "\u{0}",
    "\u{202e}",
    "🙂",
    "'; DROP TABLE accounts; --",
    "../../etc/passwd",
    "%s%n",
    "9999-12-31",
    "CURRENT",
];
const FIELDS: &[&str] = &[
    "email",
    "phone",
    "iban",
    "passport_number",
    "license_number",
    "card_number",
    "expiry_month",
    "expiry_year",
    "country_code",
    "lang_code",
    "ssn",
    "first_name",
    "last_name",
    "type",
    "plan_id",
    "company_id",
    "username",
    "password",
    "keep_logged",
    "client_id",
    "client_secret",
    "code",
    "email_id",
    "phone_id",
    "credit_card_id",
    "leak_id",
    "city",
    "birth_date",
    "password_confirmation",
    "current_password",
    "x",
];
/// Control routes that change nothing that the clients that work rely on, and the pages beside them.
const OTHERS: &[&str] = &[
    "/",
    "/_mock",
    "/_mock/",
    "/_mock/health",
    "/_mock/changes",
    "/_mock/outbox",
    "/_mock/requests",
    "/_mock/accounts",
    "/_mock/accounts/{account_id}",
    "/_mock/leaks",
    "/_mock/openapi.json",
    "/_mock/snapshot",
    "/_mock/clock",
    "/_mock/accounts/{account_id}/eid",
    "/_mock/requests/{account_id}/curl",
    "/_mock/nothing",
    "/_confirm/{account_id}",
    "/_sandbox/none/api/v1/account",
    "/_mock/page/kinds.js",
    "/favicon.ico",
    "*",
    "http://other/api/v1/account",
];

/// The routes of the mock.
pub(crate) struct Surface {
    /// Each with the method that it has, as far as the guide gives one.
    routes: Vec<(Option<String>, String)>,
}

impl Surface {
    /// Reads the documented routes.
    pub(crate) fn read() -> Self {
        let routes: Value = serde_json::from_str(include_str!("../../../fixtures/routes.json")).expect("JSON");
        let routes = routes["routes"].as_array().or_else(|| routes.as_array()).expect("a list of routes").clone();
        let text = |route: &Value, field: &str| route[field].as_str().map(str::to_owned);
        let documented = routes.iter().filter_map(|route| Some((text(route, "method"), text(route, "path")?)));
        let routes = documented.chain(OTHERS.iter().map(|path| (None, (*path).to_owned()))).collect();
        Self { routes }
    }

    /// The next request.
    pub(crate) fn request(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        let (documented, path) = self.routes.choose(random).expect("there are routes");
        // Mostly the right method and a token that is let in: what is refused at the door goes no deeper.
        let is_deep = random.random_bool(0.7);
        let any = *METHODS.choose(random).expect("there are methods");
        let method = documented.as_deref().filter(|_| is_deep).unwrap_or(any);
        // A reset, or a snapshot that is put, would take away what other senders have added.
        let method = if path.starts_with("/_mock/snapshot") { "GET" } else { method };
        let is_by_crm = path.contains("{account_id}") || path.ends_with("/account") || path.contains("/alarms");
        let mut head = format!("{method} {} HTTP/1.1\r\nHost: mock\r\n", target(path, random));
        let body = body(random);
        if is_deep {
            let token = if is_by_crm { "1|mock-crm-token" } else { "2|mock-app-token" };
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        } else if random.random_bool(0.9) {
            let token = TOKENS.choose(random).expect("there are tokens");
            let scheme = ["Bearer", "bearer", "Basic", "Bearer "].choose(random).expect("there are schemes");
            head.push_str(&format!("Authorization: {scheme} {token}\r\n"));
        }
        for (name, values) in
            [("Content-Type", TYPES), ("X-API-Version", VERSIONS), ("Content-Encoding", &["gzip", "identity", "br"])]
        {
            if random.random_bool(if is_deep { 0.05 } else { 0.4 }) {
                head.push_str(&format!("{name}: {}\r\n", values.choose(random).expect("there are values")));
            }
        }
        if random.random_bool(0.05) {
            let length = random.random_range(0..60_000);
            head.push_str(&format!("X-Long: {}\r\n", "x".repeat(length)));
        }
        framed(head, body, random)
    }
}

/// The head and the body, framed well or badly.
fn framed(mut head: String, body: Vec<u8>, random: &mut ChaCha8Rng) -> Vec<u8> {
    let (length, mut body) = (body.len(), body);
    match random.random_range(0..40) {
        0 => head.push_str(&format!("Content-Length: {length}\r\nContent-Length: {}\r\n", length + 1)),
        1 => head.push_str("Content-Length: -1\r\n"),
        2 => head.push_str("Content-Length: 99999999999999999999\r\n"),
        3 => {
            head.push_str("Transfer-Encoding: chunked\r\n");
            body = [format!("{length:x}\r\n").as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        }
        4 => {
            head.push_str("Transfer-Encoding: chunked\r\nConnection: close\r\n");
            body = [b"zz\r\n".as_slice(), &body].concat();
        }
        5 => head.push_str(&format!("Expect: 100-continue\r\nContent-Length: {length}\r\n")),
        6 => {
            head.push_str(&format!("Connection: close\r\nContent-Length: {}\r\n", 1_100_000));
            body.resize(1_100_000, b' ');
        }
        _ => head.push_str(&format!("Content-Length: {length}\r\n")),
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

/// A path with its captures filled in, and perhaps a query.
fn target(path: &str, random: &mut ChaCha8Rng) -> String {
    let mut target = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').expect("captures end");
        target.push_str(before);
        let ids = if random.random_bool(0.6) { &IDS[..3] } else { IDS };
        target.push_str(&ids.choose(random).expect("there are ids").replace(' ', "%20"));
        rest = after;
    }
    target.push_str(rest);
    match random.random_range(0..40) {
        0 => target.push_str("?page=2"),
        1 => target.push_str("?page=99999999999999999999&page=-1"),
        2 => target.push_str("?from=2026-01-01&to=2026-12-31"),
        3 => target.push_str("?from=0000-00-00&to=%00"),
        4 => target.push_str("?%ff=%&&=&a"),
        5 => target.push('/'),
        _ => {}
    }
    target
}

fn body(random: &mut ChaCha8Rng) -> Vec<u8> {
    match random.random_range(0..20) {
        0 => Vec::new(),
        1 => {
            let mut bytes = vec![0; random.random_range(1..200)];
            random.fill_bytes(&mut bytes);
            bytes
        }
        2 => "[".repeat(random.random_range(1..3000)).into_bytes(),
        3 => {
            let mut whole = object(random).to_string().into_bytes();
            whole.truncate(random.random_range(0..=whole.len()));
            whole
        }
        4..10 => object(random).to_string().into_bytes(),
        _ => plausible(random).to_string().into_bytes(),
    }
}

/// A body in which every field has a value that it may have, but for one or two.
fn plausible(random: &mut ChaCha8Rng) -> Value {
    let number = random.random::<u16>();
    let mut body = json!({
        "email": format!("user{number}@example.com"), "phone": format!("+999{number:08}"),
        "iban": TEXTS[4], "passport_number": format!("{number:08}"), "license_number": format!("{number:09}"),
        "card_number": TEXTS[5], "expiry_month": 12, "expiry_year": 2049, "country_code": "SE",
        "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "city": "C", "birth_date": "1990-01-01",
        "username": "service@partner.example", "client_id": "mock-client", "client_secret": "mock-secret",
        "code": "123456", "leak_id": number % 9, "email_id": number % 9, "phone_id": number % 9,
        "credit_card_id": number % 9, "password": "mock-crm-password",
    });
    for _ in 0..random.random_range(0..3) {
        let name = *FIELDS.choose(random).expect("there are fields");
        body[name] = value(random);
    }
    body
}

fn object(random: &mut ChaCha8Rng) -> Value {
    let count = random.random_range(0..8);
    let fields = (0..count).map(|_| {
        let name = *FIELDS.choose(random).expect("there are fields");
        (name.to_owned(), value(random))
    });
    Value::Object(fields.collect())
}

fn value(random: &mut ChaCha8Rng) -> Value {
    match random.random_range(0..24) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(random.random::<i64>()),
        3 => json!(random.random::<u64>()),
        4 => json!(-0.5),
        5 => json!([TEXTS.choose(random)]),
        6 => json!({ "x": TEXTS.choose(random) }),
        7 => json!("x".repeat(random.random_range(0..2000))),
        8 => json!(random.random_range(0..3)),
        9 => json!(format!("user{}@example.com", random.random::<u16>())),
        _ => json!(TEXTS.choose(random)),
    }
}
