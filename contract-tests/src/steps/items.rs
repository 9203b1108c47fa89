//! Adding, listing, removing and confirming items of any kind, and an account that has one of each.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;

use crate::case::Case;
use crate::case::messages::Mark;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::{Confirmation, KINDS, Kind};
use crate::reader;

/// An item as a list has it.
pub(crate) type Listed = (String, Value);

impl Kind {
    /// A value that the case has not used before; one that reports must not show is kept out of them.
    pub(crate) fn new_value(&self, case: &Case) -> String {
        let value = (self.value)(&case.values);
        if let Some(placeholder) = self.placeholder() {
            case.session.redactor.learn(&value, &placeholder);
        }
        value
    }

    /// A body that adds `value`, in the form that the target has taken before.
    pub(crate) fn body(&self, case: &Case, value: &str) -> Value {
        self.body_in(&case.session.body_form(self), value)
    }

    /// Asks to add `value`. Where the guide does not give the names of the body's fields and the target refuses ours,
    /// those that others use are tried, then those that the refusal names.
    pub(crate) async fn add(&self, case: &Case, by: &Caller, on: &Account, value: &str) -> Result<Answer, Halt> {
        let path = by.path(on, self.items);
        let known = case.session.body_form(self);
        let mut answer = case.post(by, &path, self.body(case, value)).await?;
        if self.has_documented_body() || case.session.is_body_known(self) {
            return Ok(answer);
        }
        for _ in 0..3 {
            if !matches!(answer.status, 400 | 422) {
                break;
            }
            let mut form = case.session.body_form(self);
            if form.is_wide {
                form.named.extend(reader::refused_fields(&answer.body));
            }
            form.is_wide = true;
            case.session.learn_body(self, form, false);
            answer = case.post(by, &path, self.body(case, value)).await?;
        }
        let is_taken = reader::is_success(answer.status);
        let form = if is_taken { case.session.body_form(self) } else { known };
        case.session.learn_body(self, form, is_taken);
        Ok(answer)
    }

    /// Asks to add a value, and demands that it is done. Where the guide does not give the body, a target that refuses
    /// ours is no wrong target.
    pub(crate) async fn added(&self, case: &Case, by: &Caller, on: &Account, value: &str) -> Result<Answer, Halt> {
        let answer = self.add(case, by, on, value).await?;
        match answer.demand("the item is added", reader::is_success) {
            Err(halt) if !self.has_documented_body() && matches!(answer.status, 400 | 422) => Err(halt.into_required()),
            end => end.map(|()| answer),
        }
    }

    /// The items by their ids, in the order of the list.
    pub(crate) async fn list(&self, case: &Case, by: &Caller, on: &Account) -> Result<Vec<Listed>, Halt> {
        let path = by.path(on, self.list);
        let with_id = |item: Value| Some((item.as_object().and_then(reader::id)?, item));
        let items: Option<Vec<_>> = case.list(by, &path).await?.into_iter().map(with_id).collect();
        items.ok_or_else(|| Halt::fail("items with an id", format!("one without in {path}")))
    }

    /// An item that a list shows has the whole value, or shows that it hides some of it.
    pub(crate) fn is_whole(&self, item: &Value, value: &str) -> Result<(), Halt> {
        let missing = reader::missing_part(item, value);
        let observed = || format!("{} of its characters are missing", missing.as_deref().unwrap_or_default().len());
        Halt::unless(missing.is_none(), format!("the whole {} in the list", self.name), observed)?;
        let expected = format!("the end of the {} that was added", self.name);
        Halt::unless(!reader::ends_otherwise(item, value), expected, || "that of another".into())
    }

    /// Asks to remove the item with this id.
    pub(crate) async fn remove(&self, case: &Case, by: &Caller, on: &Account, id: &str) -> Result<Answer, Halt> {
        case.send(by, Method::DELETE, &by.path(on, &format!("{}/{id}", self.items)), None).await
    }

    /// Adds an item for a check of something else, and returns its id.
    pub(crate) async fn needed(&self, case: &Case, by: &Caller, on: &Account, value: &str) -> Result<String, Halt> {
        // Where answers to adds hold no id, the list before and after tells.
        let before = match case.session.adds_tell_ids(self) {
            true => None,
            false => Some(self.list(case, by, on).await.map_err(Halt::into_required)?),
        };
        let answer = self.added(case, by, on, value).await.map_err(Halt::into_required)?;
        if let Some(id) = reader::item(&answer.body).and_then(reader::id) {
            case.session.learn_adds_tell_ids(self);
            return Ok(id);
        }
        let after = self.list(case, by, on).await.map_err(Halt::into_required)?;
        let new = added_item(&before.unwrap_or_default(), &after, value);
        new.map(str::to_owned).map_err(|observed| Halt::fail("one new item in the list", observed).into_required())
    }

    /// A mark before the message that asks the owner of `account` to confirm or verify an item.
    pub(crate) async fn mark(&self, case: &Case, account: &Account, value: &str) -> Result<Mark, Halt> {
        // A message about an address goes there or to its owner; one about anything else to the owner.
        let to = if value.contains('@') || value.starts_with('+') {
            vec![value, &account.email]
        } else {
            vec![&*account.email]
        };
        let mark = case.mark(&to).await?;
        Ok(match self.confirmed_by {
            Some(Confirmation::Link) => mark.about(value).before("an email that confirms"),
            _ => mark,
        })
    }

    /// Confirms what the end user has added, if a message asks for it and the guide or the message tells how.
    pub(crate) async fn confirm(&self, case: &Case, mark: &Mark) -> Result<(), Halt> {
        let message = case.message(mark).await?;
        let Some(link) = message.link() else { return Ok(()) };
        case.open(link).await
    }
}

/// The id of the item that was added between two lists: the one that was not there before, or, where there are several,
/// the one that holds the value. Its place does not tell, for lists may begin with the newest or with the oldest.
fn added_item<'a>(before: &[Listed], after: &'a [Listed], value: &str) -> Result<&'a str, String> {
    let new: Vec<&Listed> = after.iter().filter(|(id, _)| before.iter().all(|(old, _)| old != id)).collect();
    let holds_it = |(_, item): &&&Listed| reader::shows(item, value);
    let mut holding = new.iter().filter(holds_it);
    match (&*new, holding.next(), holding.next()) {
        ([(id, _)], ..) | (_, Some((id, _)), None) => Ok(id),
        ([], ..) => Err("none".into()),
        (several, ..) => Err(format!("{} of them", several.len())),
    }
}

/// An id that no object is likely to have.
pub(crate) const UNUSED_ID: &str = "999999999";

/// An account with one item of each kind that the target takes from CRM.
#[derive(Debug)]
pub(crate) struct Enrolled {
    pub(crate) account: Account,
    /// The ids to put into the captures of paths.
    pub(crate) captures: BTreeMap<&'static str, String>,
    /// The value of each item, by the name of its kind.
    pub(crate) values: BTreeMap<&'static str, String>,
}

impl Enrolled {
    pub(crate) async fn new(case: &Case) -> Result<Self, Halt> {
        if !case.session.is_frugal() {
            let account = case.account().await?;
            return Self::on(case, account).await;
        }
        // Checks that leave it as it is share one, whose items are removed at the end of the run.
        let mut shared = case.session.enrolled.lock().await;
        if let Some((account, captures, values)) = shared.clone() {
            return Ok(Self { account, captures, values });
        }
        let own = Case::new(&case.session, case.format);
        let made = async { Self::on(&own, own.account().await?).await };
        let made = made.await;
        case.take_story(&own);
        let Self { account, captures, values } = made?;
        *shared = Some((account.clone(), captures.clone(), values.clone()));
        Ok(Self { account, captures, values })
    }

    pub(crate) async fn on(case: &Case, account: Account) -> Result<Self, Halt> {
        let crm = case.crm().await?;
        // An item that has not leaked has raised no alarm, and the account belongs to no company.
        let mut captures = BTreeMap::from([
            ("{account_id}", account.id.clone()),
            ("{ssnId}", account.id.clone()),
            ("{alarmId}", UNUSED_ID.to_owned()),
            ("{companyId}", UNUSED_ID.to_owned()),
        ]);
        let mut values = BTreeMap::new();
        for kind in KINDS {
            let value = kind.new_value(case);
            let added = kind.needed(case, &crm, &account, &value).await;
            // Another kind than emails and phones may be refused: the guide does not give its body.
            if added.is_ok() || kind.has_documented_body() {
                captures.insert(kind.capture, added?);
                values.insert(kind.name, value);
            }
        }
        Ok(Self { account, captures, values })
    }

    /// A path of the guide with this account's ids in it; none where an item of it could not be added.
    pub(crate) fn fill(&self, path: &str) -> Option<String> {
        let path = self.captures.iter().fold(path.to_owned(), |path, (capture, id)| path.replace(capture, id));
        (!path.contains('{')).then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_added_item_is_found_wherever_it_is_in_the_list() {
        let item = |id: &str, email: &str| (id.to_owned(), json!({ "id": id, "email": email }));
        let (old, older) = (item("1", "old@example.com"), item("2", "older@example.com"));
        let new = item("3", "New@example.com");
        let masked = ("4".to_owned(), json!({ "id": "4" }));
        let cases = [
            (vec![old.clone()], vec![old.clone(), new.clone()], Ok("3")),
            (vec![old.clone()], vec![new.clone(), old.clone()], Ok("3")),
            (vec![], vec![new.clone(), old.clone(), older.clone()], Ok("3")),
            (vec![], vec![old.clone(), new, older], Ok("3")),
            (vec![old.clone()], vec![masked.clone(), old.clone()], Ok("4")),
            (vec![], vec![masked, old.clone()], Err("2 of them".to_owned())),
            (vec![old.clone()], vec![old], Err("none".to_owned())),
        ];
        for (before, after, expected) in cases {
            assert_eq!(added_item(&before, &after, "new@example.com"), expected, "{before:?} {after:?}");
        }
    }
}
