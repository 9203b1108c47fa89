//! Reading a seed from JSON. A seed that is of the form is read at once. Where it is not, it is gone through part by part,
//! so that all its faults are told together.

use std::fmt;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::faults::{Faults, SeedError};
use super::form::{Form, without_comments};
use super::load::{Loading, Read};
use super::parts::SeedAccount;
use super::{Seed, Unread, VERSION, rows};
use crate::world::settings::Settings;

/// The length of a seed from which on its accounts are read one at a time: read, they take many times as much memory.
const LONG: usize = 8 * 1024 * 1024;

/// The part of a seed that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The accounts of a seed, unread.
#[derive(Deserialize)]
struct OnlyAccounts<'a> {
    #[serde(borrow)]
    accounts: &'a RawValue,
}

impl Seed {
    /// Reads a seed.
    ///
    /// # Errors
    /// A text that is not JSON of the form, with all faults.
    pub(crate) fn parse(text: &str) -> Result<Self, SeedError> {
        // The version goes first, because a seed of another version need not have this form.
        if let Ok(Versioned { version }) = serde_json::from_str(text)
            && version != VERSION
        {
            let rule = format!("this seed is of version {version}, and this server reads version {VERSION}");
            return Err(SeedError::of("version", rule));
        }
        if text.len() >= LONG
            && let Some(seed) = Self::parse_long(text)
        {
            return Ok(seed);
        }
        let mut seed = match serde_json::from_str::<Self>(text) {
            Ok(seed) => seed,
            Err(error) => read_again(text, &error)?,
        };
        seed.complete();
        Ok(seed)
    }

    /// A long seed, whose accounts are read later. None where anything else is wrong with it: then it is read as a whole, and
    /// its faults told with their places.
    pub(super) fn parse_long(text: &str) -> Option<Self> {
        let OnlyAccounts { accounts } = serde_json::from_str(text).ok()?;
        let start = accounts.get().as_ptr().addr() - text.as_ptr().addr();
        let accounts = start..start + accounts.get().len();
        if !text[accounts.clone()].starts_with('[') {
            return None;
        }
        let rest = format!("{}[]{}", &text[..accounts.start], &text[accounts.end..]);
        let mut seed: Self = serde_json::from_str(&rest).ok()?;
        seed.unread = Some(Unread::new(text, accounts));
        seed.complete();
        Some(seed)
    }

    /// Goes through the accounts, each with its place, until `look` says that it is enough.
    pub(super) fn each_account(&self, mut look: impl FnMut(usize, Read<'_>) -> bool) {
        let Some(unread) = &self.unread else {
            let mut accounts = self.accounts.iter().enumerate();
            accounts.all(|(place, account)| look(place, Read::Account(account)));
            return;
        };
        let mut json = serde_json::Deserializer::from_str(unread.as_str());
        // The whole text was read before as JSON, so that only `look` ends it early.
        let _ = json.deserialize_seq(OneByOne(&mut look));
    }
}

/// Reads a seed that is not of the form as it stands: it may have comments. If that is not all, its faults are told.
fn read_again(text: &str, error: &serde_json::Error) -> Result<Seed, SeedError> {
    let mut value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return Err(no_json(text, &error)),
    };
    if error.to_string().starts_with("duplicate field") {
        return Err(SeedError::of("", error.to_string()));
    }
    without_comments(&mut value);
    Seed::deserialize(&value).map_err(|_| faults_of(value))
}

/// Why a text is not JSON, and what it may be instead.
fn no_json(text: &str, error: &serde_json::Error) -> SeedError {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default().trim_start();
    let cure = if text.trim().is_empty() {
        "; the file is empty: mock-server seed init prints a seed to begin with"
    } else if ["//", "/*", "#"].iter().any(|mark| line.starts_with(mark)) {
        "; JSON has no comments: write a field \"$comment\", which is skipped"
    } else if !text.trim_start().starts_with('{') {
        "; a seed is a JSON object: mock-server seed init prints one to begin with"
    } else {
        ""
    };
    SeedError::of("", format!("it is not JSON: {error}{cure}"))
}

/// All faults of a seed that is not of the form. Its sound parts are loaded, so that the rules that they break are told too.
fn faults_of(value: Json) -> SeedError {
    let mut faults = Faults::default();
    let Json::Object(mut seed) = value else {
        return SeedError::of("", "it must be an object; mock-server seed init prints one to begin with");
    };
    let accounts = seed.insert("accounts".to_owned(), Json::Array(Vec::new()));
    let known = rows::seed();
    Form::Object(known.clone()).check(&Json::Object(seed.clone()), "", &mut faults);
    // The faulty fields are taken out, so that the rest can be read.
    seed.insert("version".to_owned(), VERSION.into());
    seed.retain(|name, _| name == "version" || faults.spare(name) && known.iter().any(|field| field.name == *name));
    let mut rest = Seed::deserialize(Json::Object(seed)).unwrap_or_else(|_| Seed::empty_world());
    rest.complete();
    let mut loading = Loading::new(&rest, Arc::new(Settings::default()), None).with(faults);
    match accounts {
        None => {}
        Some(Json::Array(accounts)) => {
            for (place, account) in accounts.into_iter().enumerate() {
                match SeedAccount::deserialize(&account) {
                    Ok(account) => loading.account(place, Read::Account(&account)),
                    Err(_) => loading.account(place, Read::Faulty(&account)),
                };
            }
        }
        Some(other) => loading.no_list_of_accounts(&other),
    }
    match loading.finish() {
        Err(error) => error,
        Ok(_) => SeedError::of("", "it is not of the form that mock-server seed schema prints"),
    }
}

/// Reads a list of accounts one by one, so that only one of them is in memory.
struct OneByOne<'a, F>(&'a mut F);

impl<'de, F: FnMut(usize, Read<'_>) -> bool> Visitor<'de> for OneByOne<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of accounts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut accounts: A) -> Result<(), A::Error> {
        let mut place = 0;
        while let Some(account) = accounts.next_element::<&RawValue>()? {
            if !read_one(account.get(), |read| (self.0)(place, read)) {
                return Err(serde::de::Error::custom("enough"));
            }
            place += 1;
        }
        Ok(())
    }
}

/// Reads one account, comments skipped.
fn read_one(text: &str, look: impl FnOnce(Read<'_>) -> bool) -> bool {
    if let Ok(account) = serde_json::from_str::<SeedAccount>(text) {
        return look(Read::Account(&account));
    }
    let mut value: Json = serde_json::from_str(text).unwrap_or_default();
    without_comments(&mut value);
    match SeedAccount::deserialize(&value) {
        Ok(account) => look(Read::Account(&account)),
        Err(_) => look(Read::Faulty(&value)),
    }
}
