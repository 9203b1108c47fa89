//! Hands of a server with a fault: they act beside a request, in the world that the request is for.
//!
//! They reach the mock past the proxy, as the partners, as the users of any account, and by its control routes.

use std::pin::Pin;
use std::sync::Arc;

use axum::http::Method;
use reqwest::Url;
use serde_json::{Value, json};

use super::Proxy;
use super::kinds::Kind;
use super::memory::Memory;
use super::message::{Answered, Asked, id_text};

/// An act under way.
pub(crate) type Acting<T = Answered> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A partner of the default seed, with the credentials that it publishes.
#[derive(Clone, Copy)]
pub(crate) struct Partner {
    pub(crate) username: &'static str,
    pub(crate) password: &'static str,
    pub(crate) client_id: &'static str,
    pub(crate) client_secret: &'static str,
}

/// The partners, in the order of their ids.
pub(crate) const PARTNERS: &[Partner] = &[
    Partner {
        username: "service@partner.example",
        password: "mock-crm-password",
        client_id: "mock-client",
        client_secret: "mock-secret",
    },
    Partner {
        username: "other@partner.example",
        password: "mock-crm-password-2",
        client_id: "mock-client-2",
        client_secret: "mock-secret-2",
    },
];

/// Where an account is read by its user.
const OWN_ACCOUNT: &str = "/api/v1/account";

/// The hands.
#[derive(Clone)]
pub(crate) struct Hands {
    pub(super) proxy: Arc<Proxy>,
    /// The path of the sandbox that they are in, if they are in one.
    pub(super) sandbox: String,
}

impl Hands {
    /// Passes a request on.
    pub(crate) async fn pass(&self, asked: Asked) -> Answered {
        self.proxy.forward(&asked).await
    }

    /// Uses what the proxy has seen.
    pub(crate) fn recall<T>(&self, use_it: impl FnOnce(&mut Memory) -> T) -> T {
        self.proxy.with(use_it)
    }

    /// A request without a token.
    pub(crate) fn request(&self, method: Method, path: impl Into<String>) -> Asked {
        Asked { method, path: path.into(), sandbox: self.sandbox.clone(), ..Asked::default() }
    }

    async fn post(&self, path: &str, body: &Value) -> Answered {
        self.pass(self.request(Method::POST, path).with(body)).await
    }

    async fn look(&self, path: &str) -> Value {
        self.pass(self.request(Method::GET, path)).await.value()
    }

    /// A new token of a partner.
    async fn crm_token(&self, partner: &Partner) -> Option<String> {
        let body = json!({ "username": partner.username, "password": partner.password });
        token_of(&self.post("/api/v1/crm/auth/login", &body).await)
    }

    /// The same request by each partner.
    pub(crate) async fn by_each_partner(&self, asked: &Asked) -> Vec<Answered> {
        let mut answers = Vec::new();
        for partner in PARTNERS {
            let mut asked = asked.clone();
            self.crm_token(partner).await.inspect(|token| asked.set_token(token));
            answers.push(self.pass(asked).await);
        }
        answers
    }

    /// Whether the caller is let in as a user.
    pub(crate) async fn is_by_user(&self, asked: &Asked) -> bool {
        self.pass(asked.another(Method::GET, OWN_ACCOUNT)).await.is_success()
    }

    /// Whether the caller is let in as a partner.
    pub(crate) async fn is_by_crm(&self, asked: &Asked) -> bool {
        self.pass(asked.another(Method::GET, "/api/v1/alarms-list")).await.is_success()
    }

    /// The account that the caller is let in to act on: the one that the path names, or the user's own.
    pub(crate) async fn account_of(&self, asked: &Asked) -> Option<Account> {
        let own = async || {
            let answer = self.pass(asked.another(Method::GET, OWN_ACCOUNT)).await;
            answer.id().filter(|_| answer.is_success())
        };
        let id = match asked.account() {
            None => own().await?,
            Some(named) => {
                let read = asked.another(Method::GET, format!("{OWN_ACCOUNT}/{named}"));
                // A user may be let in there too (ACCOUNT-5).
                let is_let_in = self.pass(read).await.is_success()
                    || asked.path.starts_with("/api/v2/account/") && own().await.as_deref() == Some(named);
                Some(named.to_owned()).filter(|_| is_let_in)?
            }
        };
        self.account(&id).await
    }

    /// An account of whichever partner, as it is now.
    pub(crate) async fn account(&self, id: &str) -> Option<Account> {
        let mut world = self.look(&format!("/_mock/accounts/{id}?reveal=true")).await;
        let whole = world.get_mut("account")?.take();
        Some(Account { hands: self.clone(), id: id.to_owned(), whole })
    }

    /// The ids of the accounts that a search finds, in their order, where `is_meant` says so of their entry in the list.
    async fn ids(&self, search: &str, is_meant: impl Fn(&Value) -> bool) -> Vec<String> {
        let query = [("limit", "500"), ("search", search)];
        // The host does not count: the proxy knows where the mock is.
        let url = Url::parse_with_params("http://mock/_mock/accounts", query).expect("a URL");
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let listed = self.look(&path).await;
        let entries = listed["accounts"].as_array().into_iter().flatten().filter(|entry| is_meant(entry));
        entries.map(|entry| id_text(&entry["id"])).collect()
    }

    async fn whole(&self, ids: Vec<String>) -> Vec<Account> {
        let mut accounts = Vec::new();
        for id in ids {
            accounts.extend(self.account(&id).await);
        }
        accounts
    }

    /// All accounts, in the order of their ids.
    pub(crate) async fn accounts(&self) -> Vec<Account> {
        self.whole(self.ids("", |_| true).await).await
    }

    /// The accounts that have any of what their entries in the list count under this name.
    pub(crate) async fn accounts_with(&self, count: &str) -> Vec<Account> {
        let has_any = |entry: &Value| entry[count].as_u64().is_some_and(|count| count > 0);
        self.whole(self.ids("", has_any).await).await
    }

    /// The accounts that have this value: as their email or SSN, or on a watchlist.
    pub(crate) async fn accounts_that_have(&self, value: &str) -> Vec<Account> {
        self.whole(self.ids(value, |_| true).await).await
    }

    /// The account that was there first.
    pub(crate) async fn first_account(&self) -> Account {
        let first = self.look("/_mock/accounts?limit=1").await;
        self.account(&id_text(&first["accounts"][0]["id"])).await.expect("every seed here has an account")
    }

    /// The account of which `is_meant` holds, looked for among those that were created last first.
    pub(crate) async fn account_where(&self, is_meant: impl Fn(&Account) -> bool) -> Option<Account> {
        for id in self.ids("", |_| true).await.iter().rev() {
            if let Some(account) = self.account(id).await.filter(&is_meant) {
                return Some(account);
            }
        }
        None
    }
}

/// An account as it was when it was looked at, and hands that are free to act on it.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) hands: Hands,
    pub(crate) id: String,
    /// As the control routes tell of it, with all numbers whole.
    pub(crate) whole: Value,
}

impl Account {
    /// As it is by now.
    pub(crate) async fn anew(&self) -> Self {
        self.hands.account(&self.id).await.unwrap_or_else(|| self.clone())
    }

    /// Whether this field is true.
    pub(crate) fn is(&self, field: &str) -> bool {
        self.whole[field] == true
    }

    pub(crate) fn partner(&self) -> &'static Partner {
        let id = self.whole["partner"].as_u64().and_then(|id| usize::try_from(id).ok());
        id.and_then(|id| PARTNERS.get(id.checked_sub(1)?)).expect("each account has one of them")
    }

    /// The items of a kind.
    pub(crate) fn items(&self, kind: &Kind) -> impl Iterator<Item = &Value> {
        self.whole["items"].as_array().into_iter().flatten().filter(|item| item["kind"] == kind.name)
    }

    /// The item that has this id.
    pub(crate) fn item(&self, kind: &Kind, id: &str) -> Option<&Value> {
        self.items(kind).find(|item| id_text(&item["id"]) == id)
    }

    /// Its alarms: those of all leaks that it sees or has seen.
    fn alarms(&self) -> impl Iterator<Item = &Value> {
        self.whole["leaks"].as_array().into_iter().flatten().map(|leak| &leak["alarm"])
    }

    /// Whether it has this alarm.
    pub(crate) fn has_alarm(&self, id: &str) -> bool {
        self.alarms().any(|alarm| id_text(&alarm["id"]) == id)
    }

    /// A new token of its user; none where SSO does not know it.
    pub(crate) async fn user_token(&self) -> Option<String> {
        let Partner { client_id, client_secret, .. } = self.partner();
        let email = self.whole["created_with"].as_str()?;
        let body = json!({ "client_id": client_id, "client_secret": client_secret, "email": email });
        token_of(&self.hands.post("/api/v1/sso/token", &body).await)
    }

    /// Passes a request on with a token of its partner.
    pub(crate) async fn as_its_partner(&self, mut asked: Asked) -> Answered {
        self.hands.crm_token(self.partner()).await.inspect(|token| asked.set_token(token));
        self.hands.pass(asked).await
    }

    /// Passes a request on as if its partner had asked it, on this account.
    pub(crate) async fn as_crm(&self, asked: Asked) -> Answered {
        self.as_its_partner(asked.on_account(&self.id)).await
    }

    /// Passes a request on as if its user had asked it; as it came where SSO does not know the account.
    pub(crate) async fn as_user(&self, asked: Asked) -> Answered {
        match self.user_token().await {
            None => self.hands.pass(asked).await,
            Some(token) => {
                let mut asked = asked.on_own_account();
                asked.set_token(&token);
                self.hands.pass(asked).await
            }
        }
    }

    /// Its partner does something to it: a method, and what follows the account in the path.
    pub(crate) async fn by_crm(&self, method: Method, end: impl Into<String>, body: Option<&Value>) -> Answered {
        let asked = self.hands.request(method, end);
        self.as_crm(body.map_or(asked.clone(), |body| asked.with(body))).await
    }

    /// Removes an item.
    pub(crate) async fn remove(&self, kind: &Kind, item: &Value) {
        self.by_crm(Method::DELETE, format!("{}/{}", kind.one, id_text(&item["id"])), None).await;
    }

    /// Removes all items of a kind.
    pub(crate) async fn remove_all(&self, kind: &Kind) {
        for item in self.items(kind) {
            self.remove(kind, item).await;
        }
    }

    /// Closes its open alarms.
    pub(crate) async fn close_all(&self) {
        for alarm in self.alarms().filter(|alarm| alarm["status"] == "OPEN") {
            self.by_crm(Method::GET, format!("/alarms/{}/close", id_text(&alarm["id"])), None).await;
        }
    }

    /// Switches the monitoring of its SSN.
    pub(crate) async fn monitor(&self, is_on: bool) {
        let switch = if is_on { "activate" } else { "deactivate" };
        self.by_crm(Method::PATCH, format!("/ssn-monitoring/{switch}"), None).await;
    }

    /// Gives it another SSN, as no documented route does. Alarms of the one before stay, as those of what is no longer
    /// watched.
    pub(crate) async fn set_ssn(&self, ssn: &str) {
        let place = self.hands.accounts().await.iter().position(|account| account.id == self.id);
        let mut world = self.hands.look("/_mock/snapshot").await;
        let Some(account) = place.and_then(|place| world["accounts"].get_mut(place)) else { return };
        account["ssn"] = ssn.into();
        account["is_ssn_monitored"] = true.into();
        let alarms = account["alarms"].as_array_mut().into_iter().flatten();
        alarms.filter(|alarm| alarm.get("item_id").is_none()).for_each(|alarm| alarm["is_watched"] = false.into());
        let restored = self.hands.pass(self.hands.request(Method::PUT, "/_mock/snapshot").with(&world)).await;
        assert!(restored.is_success(), "the world is not taken back: {}", restored.body);
    }
}

fn token_of(answer: &Answered) -> Option<String> {
    answer.value()["token"].as_str().map(str::to_owned)
}
