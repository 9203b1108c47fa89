//! A record of everything that the suite creates on a target, written to disk before the request is sent.
//!
//! A run that is killed leaves the ledger behind, and `sweep` finishes from it. Accounts cannot be removed by any
//! documented route: they are emptied, and stay in the ledger under the address that the suite made up for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::folder::Hold;
use crate::kind::KINDS;
use crate::lock::lock;

/// The name of the ledger in the results folder.
pub const LEDGER: &str = "ledger.jsonl";

/// One line of the ledger.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// A run begins.
    Run { base_url: String },
    /// It is about to ask for an account.
    CreateAccount { entry: u64, email: String },
    /// It is about to ask for an item; the account is named by its id.
    CreateItem { entry: u64, account: String, path: String },
    /// The account or item is there; without an id where the answer did not tell it.
    Created { entry: u64, id: Option<String> },
    /// The target refused.
    Refused { entry: u64 },
    /// It has been removed again.
    Removed { entry: u64 },
    /// An account is as it was created, so that other cases may use it.
    Reusable { entry: u64 },
    /// A private world is there.
    Sandbox { entry: u64, id: String },
}

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Account { email: String, id: Option<String>, is_reusable: bool },
    Item { account: String, path: String, id: Option<String> },
    Sandbox { id: String },
}

/// An account that is there, and what of it has to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Its id, if the target has told it.
    pub(crate) id: Option<String>,
    /// The address that it was created with.
    pub(crate) email: String,
    /// Whether another case may use it.
    pub(crate) is_reusable: bool,
    /// Its items by path and id; without an id where the answer to the add did not tell it.
    pub(crate) items: Vec<(String, Option<String>)>,
}

#[derive(Debug, Default)]
struct Book {
    entries: BTreeMap<u64, Entry>,
    next: u64,
    /// Accounts and items that this process has seen created.
    created: (u64, u64),
    /// Accounts and paths where it has, whatever has become of it since.
    touched: BTreeSet<(String, String)>,
}

impl Book {
    /// Adds an entry, and returns its number.
    fn add(&mut self, entry: Entry) -> u64 {
        self.next += 1;
        self.entries.insert(self.next, entry);
        self.next
    }
}

/// A record of what was created, in memory and, for a target that outlives the run, on disk.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    file: Option<Mutex<File>>,
    /// No other run uses the folder meanwhile.
    _hold: Option<Hold>,
    book: Mutex<Book>,
}

impl Ledger {
    /// The ledger in `folder`, which no other run may have in use, with what earlier runs against `base_url` have left, to be continued.
    pub(crate) fn open(folder: &Path, base_url: &str) -> io::Result<Self> {
        let hold = Hold::of(folder)?;
        let path = folder.join(LEDGER);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        // A line that a kill has cut off was not sent, and the next line must not be glued to it.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let book = read(&text[..whole], base_url, &path)?;
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(whole.try_into().unwrap_or(u64::MAX))?;
        let ledger = Self { file: Some(Mutex::new(file)), _hold: Some(hold), book: Mutex::new(book) };
        ledger.write(&Line::Run { base_url: base_url.to_owned() })?;
        Ok(ledger)
    }

    fn book<T>(&self, use_it: impl FnOnce(&mut Book) -> T) -> T {
        use_it(&mut lock(&self.book))
    }

    /// Writes a line, and returns once it is on disk if it announces a create.
    fn write(&self, line: &Line) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut file = lock(file);
        file.write_all(format!("{}\n", serde_json::to_string(line)?).as_bytes())?;
        match line {
            Line::CreateAccount { .. } | Line::CreateItem { .. } => file.sync_data(),
            _ => Ok(()),
        }
    }

    /// Announces a request, if it is one that creates something; `by` is the account of an app token. What is returned
    /// goes to [`Self::after`].
    pub(crate) fn before(
        &self,
        method: &Method,
        path: &str,
        by: Option<&str>,
        email: Option<&str>,
    ) -> io::Result<Option<u64>> {
        if *method != Method::POST {
            return Ok(None);
        }
        let entry = match (split(path), email) {
            (Some((account, items, None)), _) => {
                let Some(account) = account.or(by) else { return Ok(None) };
                Entry::Item { account: account.to_owned(), path: items.to_owned(), id: None }
            }
            (None, Some(email)) if path == "/api/v1/account" => {
                Entry::Account { email: email.to_owned(), id: None, is_reusable: false }
            }
            _ => return Ok(None),
        };
        let number = self.book(|book| book.add(entry.clone()));
        let line = match entry {
            Entry::Account { email, .. } => Line::CreateAccount { entry: number, email },
            Entry::Item { account, path, .. } => Line::CreateItem { entry: number, account, path },
            Entry::Sandbox { id } => Line::Sandbox { entry: number, id },
        };
        self.write(&line)?;
        Ok(Some(number))
    }

    /// Notes how an announced request has ended. Where no answer came, nothing is noted: it may have been done.
    pub(crate) fn after(&self, entry: u64, is_done: bool, id: Option<String>) -> io::Result<()> {
        self.book(|book| match book.entries.get_mut(&entry) {
            Some(Entry::Account { id: known, .. }) if is_done => {
                known.clone_from(&id);
                book.created.0 += 1;
            }
            Some(Entry::Item { account, path, id: known }) if is_done => {
                known.clone_from(&id);
                book.touched.insert((account.clone(), path.clone()));
                book.created.1 += 1;
            }
            _ => {
                book.entries.remove(&entry);
            }
        });
        self.write(&if is_done { Line::Created { entry, id } } else { Line::Refused { entry } })
    }

    /// Notes that the item at `path` has been removed; `by` is the account of an app token.
    pub(crate) fn removed(&self, path: &str, by: Option<&str>) -> io::Result<()> {
        let Some((account, items, Some(removed))) = split(path) else { return Ok(()) };
        self.forget(|entry| match entry {
            Entry::Item { account: of, path, id } => {
                path == items && id.as_deref() == Some(removed) && account.or(by) == Some(&**of)
            }
            Entry::Account { .. } | Entry::Sandbox { .. } => false,
        })
    }

    /// Notes that nothing is left below `items` of an account.
    pub(crate) fn emptied(&self, of: &str, items: &str) -> io::Result<()> {
        self.forget(|entry| matches!(entry, Entry::Item { account, path, .. } if account == of && path == items))
    }

    /// Notes that an account is not there, and nothing of it.
    pub(crate) fn gone(&self, email: &str, id: Option<&str>) -> io::Result<()> {
        self.forget(|entry| match entry {
            Entry::Account { email: of, .. } => of == email,
            Entry::Item { account, .. } => Some(&**account) == id,
            Entry::Sandbox { .. } => false,
        })
    }

    /// Notes that a private world was made: only the answer tells its id.
    pub(crate) fn sandbox_made(&self, id: &str) -> io::Result<()> {
        let entry = self.book(|book| book.add(Entry::Sandbox { id: id.to_owned() }));
        self.write(&Line::Sandbox { entry, id: id.to_owned() })
    }

    /// Notes that it is there no more.
    pub(crate) fn sandbox_ended(&self, id: &str) -> io::Result<()> {
        self.forget(|entry| matches!(entry, Entry::Sandbox { id: of } if of == id))
    }

    /// The private worlds that are there.
    pub(crate) fn sandboxes(&self) -> Vec<String> {
        let id = |entry: &Entry| if let Entry::Sandbox { id } = entry { Some(id.clone()) } else { None };
        self.book(|book| book.entries.values().filter_map(id).collect())
    }

    /// Notes that an account may be used by other cases.
    pub(crate) fn reusable(&self, email: &str) -> io::Result<()> {
        let found = self.book(|book| {
            book.entries.iter_mut().find_map(|(number, entry)| match entry {
                Entry::Account { email: of, is_reusable, .. } if of == email && !*is_reusable => {
                    *is_reusable = true;
                    Some(*number)
                }
                _ => None,
            })
        });
        found.map_or(Ok(()), |entry| self.write(&Line::Reusable { entry }))
    }

    /// Forgets entries, and writes that they are removed.
    fn forget(&self, is_it: impl Fn(&Entry) -> bool) -> io::Result<()> {
        let found: Vec<u64> = self.book(|book| {
            let found: Vec<u64> = book.entries.iter().filter(|(_, entry)| is_it(entry)).map(|(n, _)| *n).collect();
            book.entries.retain(|number, _| !found.contains(number));
            found
        });
        found.into_iter().try_for_each(|entry| self.write(&Line::Removed { entry }))
    }

    /// The items of an account that are still there, by path and id.
    pub(crate) fn items(&self, of: &str) -> Vec<(String, Option<String>)> {
        let item = |entry: &Entry| match entry {
            Entry::Item { account, path, id } if account == of => Some((path.clone(), id.clone())),
            _ => None,
        };
        self.book(|book| book.entries.values().filter_map(item).collect())
    }

    /// The paths at which an account was given items, once: from then on they are looked at.
    pub(crate) fn take_touched(&self, of: &str) -> Vec<String> {
        self.book(|book| {
            let (taken, kept) = std::mem::take(&mut book.touched).into_iter().partition(|(account, _)| account == of);
            book.touched = kept;
            BTreeSet::into_iter(taken).map(|(_, path)| path).collect()
        })
    }

    /// Notes that items are still there which the target has said to be removed.
    pub(crate) fn left_over(&self, of: &str, items: &str) -> io::Result<()> {
        let (account, path) = (of.to_owned(), items.to_owned());
        let added = self.book(|book| {
            let is_it = |entry: &Entry| match entry {
                Entry::Item { account: of, path: at, .. } => *of == account && *at == path,
                Entry::Account { .. } | Entry::Sandbox { .. } => false,
            };
            if book.entries.values().any(is_it) {
                return None;
            }
            Some(book.add(Entry::Item { account: account.clone(), path: path.clone(), id: None }))
        });
        added.map_or(Ok(()), |entry| self.write(&Line::CreateItem { entry, account, path }))
    }

    /// How many accounts and items this process has seen created.
    pub(crate) fn created(&self) -> (u64, u64) {
        self.book(|book| book.created)
    }

    /// The accounts, with the items that are still there.
    pub(crate) fn left(&self) -> Vec<Left> {
        self.book(|book| {
            let accounts = book.entries.values().filter_map(|entry| match entry {
                Entry::Account { email, id, is_reusable } => Some((email, id, is_reusable)),
                Entry::Item { .. } | Entry::Sandbox { .. } => None,
            });
            let mut items: BTreeMap<&str, Vec<_>> = BTreeMap::new();
            for entry in book.entries.values() {
                if let Entry::Item { account, path, id } = entry {
                    items.entry(account).or_default().push((path.clone(), id.clone()));
                }
            }
            let mut left = |(email, id, is_reusable): (&String, &Option<String>, &bool)| Left {
                id: id.clone(),
                email: email.clone(),
                is_reusable: *is_reusable,
                items: id.as_deref().and_then(|id| items.remove(id)).unwrap_or_default(),
            };
            accounts.map(&mut left).collect()
        })
    }
}

/// The account, the path of the kind and the id of an item that `path` names.
fn split(path: &str) -> Option<(Option<&str>, &str, Option<&str>)> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let rest = path.strip_prefix("/api/v1")?;
    let (account, rest) = match rest.strip_prefix("/account/") {
        Some(rest) => rest.split_once('/').map(|(id, _)| (Some(id), &rest[id.len()..]))?,
        None => (None, rest),
    };
    let of_kind = |items: &str| rest.strip_prefix(items).filter(|tail| tail.is_empty() || tail.starts_with('/'));
    let items = KINDS.iter().map(|kind| kind.items).find(|items| of_kind(items).is_some())?;
    let id = rest[items.len()..].strip_prefix('/').filter(|id| !id.is_empty() && !id.contains('/'));
    (id.is_some() || rest.len() == items.len()).then_some((account, items, id))
}

/// Reads the lines that runs against `base_url` have written.
fn read(text: &str, base_url: &str, path: &Path) -> io::Result<Book> {
    let (mut book, mut is_this) = (Book::default(), false);
    for (number, line) in (1..).zip(text.lines()) {
        let line = serde_json::from_str(line).map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}, line {number}: {error}", path.display()))
        })?;
        let (entry, made) = match line {
            Line::Run { base_url: of } => {
                is_this = of == base_url;
                continue;
            }
            Line::CreateAccount { entry, email } => (entry, Entry::Account { email, id: None, is_reusable: false }),
            Line::CreateItem { entry, account, path } => (entry, Entry::Item { account, path, id: None }),
            Line::Sandbox { entry, id } => (entry, Entry::Sandbox { id }),
            Line::Created { entry, id: created } => {
                if let Some(Entry::Account { id, .. } | Entry::Item { id, .. }) = book.entries.get_mut(&entry) {
                    *id = created;
                }
                continue;
            }
            Line::Reusable { entry } => {
                if let Some(Entry::Account { is_reusable, .. }) = book.entries.get_mut(&entry) {
                    *is_reusable = true;
                }
                continue;
            }
            Line::Refused { entry } | Line::Removed { entry } => {
                book.entries.remove(&entry);
                continue;
            }
        };
        // Runs against other targets count on in the same file.
        book.next = book.next.max(entry);
        if is_this {
            book.entries.insert(entry, made);
        }
    }
    Ok(book)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_an_item_of_an_account() {
        let cases = [
            ("/api/v1/email-watchlist", Some((None, "/email-watchlist", None))),
            ("/api/v1/account/a-7/credit-card/9", Some((Some("a-7"), "/credit-card", Some("9")))),
            ("/api/v1/account/7/credit-cards", None),
            ("/api/v1/account/7/phone-watchlist/confirm/x", None),
            ("/api/v1/account", None),
            ("/api/v1/account/7", None),
        ];
        for (path, expected) in cases {
            assert_eq!(split(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_left_is_what_was_made_and_not_removed() {
        let ledger = Ledger::default();
        let create = |path: &str, by: Option<&str>, email: Option<&str>| {
            ledger.before(&Method::POST, path, by, email).expect("no file").expect("a create")
        };
        let account = create("/api/v1/account", None, Some("a@example.com"));
        ledger.after(account, true, Some("7".into())).expect("no file");
        let refused = create("/api/v1/account", None, Some("b@example.com"));
        ledger.after(refused, false, None).expect("no file");
        for (path, id) in [("/api/v1/account/7/email-watchlist", "1"), ("/api/v1/phone-watchlist", "1")] {
            let item = create(path, Some("7"), None);
            ledger.after(item, true, Some(id.into())).expect("no file");
        }
        create("/api/v1/account/7/credit-card", None, None);
        ledger.removed("/api/v1/email-watchlist/1", Some("7")).expect("no file");
        let items = vec![("/phone-watchlist".into(), Some("1".into())), ("/credit-card".into(), None)];
        assert_eq!(
            ledger.left(),
            [Left { id: Some("7".into()), email: "a@example.com".into(), is_reusable: false, items }]
        );
        ledger.emptied("7", "/credit-card").expect("no file");
        ledger.emptied("7", "/phone-watchlist").expect("no file");
        assert_eq!(ledger.left()[0].items, []);
    }

    #[test]
    fn a_ledger_is_read_for_its_target_only() {
        let text = concat!(
            r#"{"run":{"base_url":"http://other"}}"#,
            "\n",
            r#"{"create_account":{"entry":1,"email":"x@example.com"}}"#,
            "\n",
            r#"{"run":{"base_url":"http://here"}}"#,
            "\n",
            r#"{"create_account":{"entry":2,"email":"a@example.com"}}"#,
            "\n",
            r#"{"created":{"entry":2,"id":"7"}}"#,
            "\n",
            r#"{"create_item":{"entry":3,"account":"7","path":"/email-watchlist"}}"#,
            "\n",
        );
        let book = read(text, "http://here", Path::new("ledger")).expect("it is well formed");
        assert_eq!((book.next, book.entries.len()), (3, 2));
        let broken = read("{}\n{}\n", "http://here", Path::new("ledger")).expect_err("no line");
        assert!(broken.to_string().starts_with("ledger, line 1: "), "{broken}");
    }
}
