//! What it knows: partners, accounts, items, leaks, alarms, tokens.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Flaw;
use super::mail::Letter;
use super::online::Online;

/// How the suite is told of it. The values are published examples that the suite does not use elsewhere.
pub(super) const VARIABLES: [(&str, &str); 13] = [
    ("DEFENTRY_CRM_USERNAME", "backend"),
    ("DEFENTRY_CRM_PASSWORD", "correct-horse-battery"),
    ("DEFENTRY_CRM2_USERNAME", "neighbour"),
    ("DEFENTRY_CRM2_PASSWORD", "staple-of-the-neighbour"),
    ("DEFENTRY_CLIENT_ID", "the-app"),
    ("DEFENTRY_CLIENT_SECRET", "secret-of-the-app"),
    ("DEFENTRY_PLAN_ID", "11"),
    ("DEFENTRY_PLAN_WITHOUT_ONLINE_ID", "12"),
    ("DEFENTRY_EMAIL_DOMAIN", "example.net"),
    ("DEFENTRY_LEAKED_EMAIL", "known@example.org"),
    ("DEFENTRY_LEAKED_PHONE", "+46980319399"),
    ("DEFENTRY_LEAKED_IBAN", "DE75512108001245126199"),
    ("DEFENTRY_LEAKED_CARD", "4111111111111111"),
];

/// The value of one of those variables.
pub(super) fn told(name: &str) -> &'static str {
    VARIABLES.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// Randomness that is good enough to vary with.
#[derive(Debug)]
pub(super) struct Random(RandomState, u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.1 += 1;
        self.0.hash_one(self.1)
    }

    pub(super) fn within(&mut self, range: Range<u64>) -> u64 {
        if range.is_empty() { range.start } else { range.start + self.next() % (range.end - range.start) }
    }

    /// When a message comes: once, or twice.
    pub(super) fn delays(&mut self, range: Range<u64>) -> Vec<Duration> {
        let many = if self.next().is_multiple_of(4) { 2 } else { 1 };
        (0..many).map(|_| Duration::from_millis(self.within(range.clone()))).collect()
    }

    pub(super) fn id(&mut self) -> String {
        format!("{:010x}", self.next() >> 24)
    }

    pub(super) fn secret(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }

    pub(super) fn code(&mut self) -> String {
        self.within(100_000..1_000_000).to_string()
    }
}

/// Whom a token is for.
#[derive(Clone, Debug)]
pub(super) enum Who {
    Partner(usize),
    User(String),
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) partner: usize,
    /// The address that it was created with.
    pub(super) created_with: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) names: [String; 2],
    pub(super) ssn: String,
    pub(super) is_monitored: bool,
    pub(super) plan: u64,
    pub(super) created_at: Timestamp,
    pub(super) items: Vec<Item>,
    pub(super) leaks: Vec<Finding>,
    pub(super) online: Option<Online>,
    /// The code that was sent to a phone, by the phone.
    pub(super) codes: HashMap<String, String>,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) kind: usize,
    pub(super) value: String,
    /// Whether its owner has not yet confirmed it.
    pub(super) waits: bool,
    /// The code that verifies it.
    pub(super) code: Option<String>,
    pub(super) added_at: Timestamp,
}

/// A leak of a value, or the alarm about one: there from its time on.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) partner: usize,
    pub(super) kind: usize,
    pub(super) is_closed: bool,
    pub(super) due: Instant,
    pub(super) at: Timestamp,
}

impl Finding {
    pub(super) fn is_there(&self) -> bool {
        self.due <= Instant::now()
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) random: Random,
    pub(super) tokens: HashMap<String, Who>,
    /// Codes for the exchange, and whose they are.
    pub(super) codes: HashMap<String, String>,
    pub(super) accounts: HashMap<String, Account>,
    pub(super) alarms: Vec<Finding>,
    /// Links that confirm, with the account and the item of each.
    pub(super) links: HashMap<String, (String, String)>,
    /// What is to be sent.
    pub(super) letters: Vec<Letter>,
    pub(super) flaw: Option<Flaw>,
}

/// The values in breaches, by the place of their kind.
const LEAKED: [Option<&str>; 6] = [
    Some("DEFENTRY_LEAKED_EMAIL"),
    Some("DEFENTRY_LEAKED_PHONE"),
    Some("DEFENTRY_LEAKED_IBAN"),
    None,
    None,
    Some("DEFENTRY_LEAKED_CARD"),
];

impl World {
    pub(super) fn new(flaw: Option<Flaw>) -> Self {
        let mut world = Self {
            random: Random(RandomState::new(), 0),
            tokens: HashMap::new(),
            codes: HashMap::new(),
            accounts: HashMap::new(),
            alarms: Vec::new(),
            links: HashMap::new(),
            letters: Vec::new(),
            flaw,
        };
        // There were users before.
        (0..20).for_each(|_| world.others_act());
        world
    }

    /// Some users of the first partner whom nobody here knows have alarms, and one of the latest is closed.
    pub(super) fn others_act(&mut self) {
        for _ in 0..self.random.within(0..4) {
            let kind = usize::try_from(self.random.within(0..6)).unwrap_or_default();
            let alarm = self.finding("0ther".to_owned(), 0, kind, 0);
            self.alarms.push(alarm);
        }
        let place = self.random.within(0..20);
        let of_others = self.alarms.iter_mut().rev().filter(|alarm| alarm.account == "0ther");
        of_others.skip(usize::try_from(place).unwrap_or_default()).take(1).for_each(|alarm| alarm.is_closed = true);
    }

    fn finding(&mut self, account: String, partner: usize, kind: usize, delay: u64) -> Finding {
        let (id, due) = (self.random.id(), Instant::now() + Duration::from_millis(delay));
        Finding { id, account, partner, kind, is_closed: false, due, at: Timestamp::now() }
    }

    /// Finds, after a while, what is known of a value.
    pub(super) fn look_for(&mut self, account: &str, kind: usize, value: &str) {
        if self.flaw == Some(Flaw::FindsNothing) || LEAKED[kind].is_none_or(|name| told(name) != value) {
            return;
        }
        let (partner, delay) = (self.accounts[account].partner, self.random.within(0..1500));
        let leak = self.finding(account.to_owned(), partner, kind, delay);
        let alarm = Finding { id: self.random.id(), ..leak.clone() };
        self.alarms.push(alarm);
        self.accounts.get_mut(account).expect("its account").leaks.push(leak);
    }

    pub(super) fn issue(&mut self, who: Who) -> String {
        let token = format!("{}|{}", self.tokens.len() + 3, self.random.secret());
        self.tokens.insert(token.clone(), who);
        token
    }

    pub(super) fn send(&mut self, to: &str, text: String) {
        if self.flaw != Some(Flaw::LosesMail) {
            self.letters.push(Letter { to: to.to_owned(), text });
        }
    }
}
