//! For any sequence of requests: nothing that one caller does is visible to another caller or changes their data.
//! Callers share a server; some share a world, a partner, item ids, or a value that they watch.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{APP, CRM, KINDS, Kind, World, card};

const CASES: u32 = 16;
const STEPS: usize = 12;
const WORLDS: usize = 2;

/// The accounts of the default seed, each with its partner.
const ACCOUNTS: [(u64, usize); 3] = [(1, 1), (2, 1), (3, 2)];

/// The lists in which an account's items and leaks show.
static LISTS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let leaks = Kind::with_leaks().map(|kind| kind.leaks().path);
    KINDS.iter().map(|kind| kind.list).chain(leaks).collect()
});

/// A sender of requests.
#[derive(Clone, Copy, Debug)]
enum Caller {
    Nobody,
    /// A partner, on the account with this id, be it one of its own or not.
    Partner(usize, u64),
    /// An end user.
    User(u64),
}

impl Caller {
    /// The account that the caller may act on with such a request.
    fn account(self) -> Option<u64> {
        match self {
            Self::Nobody => None,
            Self::Partner(partner, account) => ACCOUNTS.contains(&(account, partner)).then_some(account),
            Self::User(account) => Some(account),
        }
    }
}

/// A request, but for its caller.
#[derive(Clone, Debug)]
enum Op {
    /// `true`: a value that others may watch too.
    AddEmail(u8, bool),
    AddPhone(u8),
    AddIban(usize),
    AddPassport(u8),
    AddLicense(u8),
    AddCard(usize),
    /// An item of any kind, with one of two values that others may watch too.
    Add(usize, bool),
    Remove(usize, u64),
    ChangePassport(u64, u8),
    ReadCard(u64),
    List(usize),
    Rename(u8),
    Monitor(bool),
    Resend,
    SendCode,
    ConfirmPhone(String),
    VerifyCard(u64, String),
    /// The whole world goes back to its seed; the others stay.
    Reset,
}

const IBANS: [&str; 3] = ["SE3550000000054910000003", "DK5000400440116243", "FI2112345600000785"];
const CARDS: [&str; 3] = ["5555555555554444", "378282246310005", "6011111111111117"];

fn caller() -> impl Strategy<Value = Caller> {
    prop_oneof![
        1 => Just(Caller::Nobody),
        5 => (1..=2usize, 1..=4u64).prop_map(|(partner, account)| Caller::Partner(partner, account)),
        4 => (1..=3u64).prop_map(Caller::User),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let code = prop_oneof![Just("000000".to_owned()), "[0-9]{6}"];
    prop_oneof![
        3 => (0..4u8, any::<bool>()).prop_map(|(number, shared)| Op::AddEmail(number, shared)),
        1 => (0..4u8).prop_map(Op::AddPhone),
        1 => (0..IBANS.len()).prop_map(Op::AddIban),
        1 => (0..4u8).prop_map(Op::AddPassport),
        1 => (0..4u8).prop_map(Op::AddLicense),
        1 => (0..CARDS.len()).prop_map(Op::AddCard),
        1 => (0..KINDS.len(), any::<bool>()).prop_map(|(kind, other)| Op::Add(kind, other)),
        4 => (0..KINDS.len(), 1..8u64).prop_map(|(kind, id)| Op::Remove(kind, id)),
        2 => (1..5u64, 0..4u8).prop_map(|(id, number)| Op::ChangePassport(id, number)),
        1 => (1..5u64).prop_map(Op::ReadCard),
        1 => (0..LISTS.len()).prop_map(Op::List),
        1 => (0..4u8).prop_map(Op::Rename),
        1 => any::<bool>().prop_map(Op::Monitor),
        1 => Just(Op::Resend),
        1 => Just(Op::SendCode),
        1 => code.clone().prop_map(Op::ConfirmPhone),
        1 => (1..5u64, code).prop_map(|(id, code)| Op::VerifyCard(id, code)),
        1 => Just(Op::Reset),
    ]
}

impl Op {
    /// Method, path below the caller's scope, and body. `mark` is a text that no other account's values hold.
    fn request(&self, mark: &str) -> (Method, String, Value) {
        let post = |path: &str, body: Value| (Method::POST, format!("/{path}"), body);
        match self {
            Self::AddEmail(number, true) => {
                post("email-watchlist", json!({ "email": format!("shared{number}@example.com") }))
            }
            Self::AddEmail(number, false) => {
                post("email-watchlist", json!({ "email": format!("{mark}{number}@example.com") }))
            }
            Self::AddPhone(number) => post("phone-watchlist", json!({ "phone": format!("+4670174061{number}") })),
            Self::AddIban(index) => post("iban-watchlist", json!({ "iban": IBANS[*index] })),
            Self::AddPassport(number) => {
                post("passport-watchlist", json!({ "passport_number": format!("{mark}{number}") }))
            }
            Self::AddLicense(number) => {
                post("drivers-license-watchlist", json!({ "license_number": format!("{mark}{number}") }))
            }
            Self::AddCard(index) => post("credit-card", card(CARDS[*index])),
            Self::Add(kind, other) => {
                let kind = KINDS[*kind];
                (Method::POST, kind.add.to_owned(), kind.body(if *other { kind.other } else { kind.value() }))
            }
            Self::Remove(kind, id) => (Method::DELETE, format!("{}/{id}", KINDS[*kind].add), Value::Null),
            Self::ChangePassport(id, number) => {
                let body = json!({ "passport_number": format!("{mark}9{number}") });
                (Method::PATCH, format!("/passport-watchlist/{id}"), body)
            }
            Self::ReadCard(id) => (Method::GET, format!("/credit-card/{id}"), Value::Null),
            Self::List(index) => (Method::GET, LISTS[*index].to_owned(), Value::Null),
            Self::Rename(number) => (Method::PUT, String::new(), json!({ "first_name": format!("{mark}{number}") })),
            Self::Monitor(true) => (Method::PATCH, "/ssn-monitoring/activate".into(), Value::Null),
            Self::Monitor(false) => (Method::PATCH, "/ssn-monitoring/deactivate".into(), Value::Null),
            Self::Resend => post("resend/watchlist-email-confirmation", json!({})),
            Self::SendCode => post("phone-watchlist/send-verification-code", json!({})),
            Self::ConfirmPhone(code) => post("phone-watchlist/confirm", json!({ "code": code })),
            Self::VerifyCard(id, code) => post("credit-cards/verify", json!({ "credit_card_id": id, "code": code })),
            Self::Reset => post("_mock/reset", json!({})),
        }
    }
}

/// A world with a token for each caller in it.
struct Observed {
    world: World,
    partners: [String; 2],
    users: BTreeMap<u64, String>,
}

impl Observed {
    async fn new() -> Self {
        let mut observed = Self { world: World::new(), partners: Default::default(), users: BTreeMap::new() };
        observed.log_in().await;
        observed
    }

    async fn log_in(&mut self) {
        let other = self.world.crm_token(2).await;
        let third = self.world.app_token_of(2, "matti.malli@example.org").await;
        let second = self.world.app_token("jane.roe@example.com").await;
        self.partners = [CRM.to_owned(), other];
        self.users = BTreeMap::from([(1, APP.to_owned()), (2, second), (3, third)]);
    }

    /// Everything that the owner of `account` can see.
    async fn view(&self, account: u64) -> String {
        let token = &self.users[&account];
        let mut view = self.world.get("/api/v1/account").token(token).send().await.expect(200).raw;
        for list in LISTS.iter() {
            view += &self.world.get(&format!("/api/v1{list}")).token(token).send().await.expect(200).raw;
        }
        view
    }

    async fn act(&self, caller: Caller, op: &Op, mark: &str) -> (u16, String) {
        let (method, path, body) = op.request(mark);
        let (scope, token) = match caller {
            Caller::Nobody => ("/api/v1".to_owned(), None),
            Caller::Partner(partner, account) => {
                (format!("/api/v1/account/{account}"), Some(&self.partners[partner - 1]))
            }
            Caller::User(account) => {
                let is_profile = matches!(op, Op::Rename(_));
                (
                    if is_profile { "/api/v1/account".to_owned() } else { "/api/v1".to_owned() },
                    Some(&self.users[&account]),
                )
            }
        };
        let mut request = self.world.request(method, &format!("{scope}{path}"));
        if let Some(token) = token {
            request = request.token(token);
        }
        let answer = if body.is_null() { request.send().await } else { request.json(body).send().await };
        (answer.status, answer.raw)
    }
}

/// The mark in the values of an account in a world: six characters, so that passports hold it too.
fn mark(world: usize, account: u64) -> String {
    format!("W{world}A{account}X")
}

async fn check(steps: &[(usize, Caller, Op)]) -> Result<(), TestCaseError> {
    let mut worlds = [Observed::new().await, Observed::new().await];
    let everyone = || (0..WORLDS).flat_map(|world| ACCOUNTS.map(|(account, _)| (world, account)));
    let mut views = BTreeMap::new();
    for (world, account) in everyone() {
        views.insert((world, account), worlds[world].view(account).await);
    }
    for (world, caller, op) in steps {
        if matches!(op, Op::Reset) {
            worlds[*world].world.post("/_mock/reset").send().await.expect(200);
            worlds[*world].log_in().await;
            for (account, _) in ACCOUNTS {
                views.insert((*world, account), worlds[*world].view(account).await);
            }
        } else {
            let target = caller.account().map(|account| (*world, account));
            let mark_of_caller = target.map_or("W9A9X".to_owned(), |(world, account)| mark(world, account));
            let (status, answer) = worlds[*world].act(*caller, op, &mark_of_caller).await;
            let upper = answer.to_uppercase();
            for other in everyone().filter(|other| Some(*other) != target) {
                prop_assert!(
                    !upper.contains(&mark(other.0, other.1)),
                    "{caller:?} {op:?} shows of {other:?}: {answer}"
                );
            }
            prop_assert!(target.is_some() || status >= 400, "{caller:?} {op:?} was granted: {answer}");
            if let Some(target) = target.filter(|_| status < 400) {
                views.insert(target, worlds[target.0].view(target.1).await);
            }
        }
        for (at, account) in everyone() {
            let now = worlds[at].view(account).await;
            prop_assert_eq!(
                &now,
                &views[&(at, account)],
                "{:?} {:?} in {} changed {} in {}",
                caller,
                op,
                world,
                account,
                at
            );
        }
    }
    Ok(())
}

#[test]
fn nothing_that_one_caller_does_is_visible_to_or_changes_what_is_anothers() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut runner =
        TestRunner::new(Config { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..Config::default() });
    let steps = prop::collection::vec((0..WORLDS, caller(), op()), 1..=STEPS);
    runner.run(&steps, |steps| runtime.block_on(check(&steps))).unwrap_or_else(|error| panic!("{error}"));
}
