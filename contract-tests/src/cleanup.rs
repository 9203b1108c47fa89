//! How a run leaves its target: everything that its cases or interrupted runs have left is removed.

use std::sync::Arc;

use reqwest::Method;

use crate::case::Case;
use crate::exchange::{Account, Caller};
use crate::format::Format;
use crate::halt::Halt;
use crate::kind::{EMAIL, KINDS, Kind};
use crate::ledger::Left;
use crate::reader;
use crate::session::Session;

/// How many accounts of earlier runs are looked for.
const RESUMED: usize = 6;

/// A case that only removes, and may do so when nothing else may be sent any longer.
fn removing(session: &Arc<Session>) -> Case {
    let case = Case::new(session, Format::Legacy);
    case.begin_cleanup();
    case
}

/// Takes up accounts that earlier runs have left empty, if they are still there: as many as cases need at once.
pub(crate) async fn resume(session: &Arc<Session>) {
    if !session.shares_accounts() {
        return;
    }
    let case = Case::new(session, Format::Legacy);
    let reusable = session.ledger.left().into_iter().filter(|left| left.is_reusable && left.items.is_empty());
    for left in reusable.take(RESUMED) {
        match (identity(&case, &left).await, left.id) {
            (Ok(Identity::Ours(Caller::Crm(_))), Some(id)) => session.pool(Account { id, email: left.email }),
            // Where the ledger cannot be written the run ends at its first create.
            (Ok(Identity::Gone), id) => drop(session.ledger.gone(&left.email, id.as_deref())),
            _ => {}
        }
    }
}

/// Removes what is left of all cases and of sandboxes; what is returned could not be removed, in words.
pub(crate) async fn finish(session: &Arc<Session>) -> Vec<String> {
    if session.target.is_throwaway {
        return Vec::new();
    }
    sweep(session).await
}

/// Removes what runs against this target have left: the sandboxes and items that the ledger has, and whatever may be on
/// an account whose id is not known. What is returned could not be removed, in words.
pub(crate) async fn sweep(session: &Arc<Session>) -> Vec<String> {
    let case = removing(session);
    let mut problems = Vec::new();
    // A target that has throttled the checks for too long is waited for once more.
    session.pace.note_throttled(false);
    for id in session.ledger.sandboxes() {
        problems.extend(end_sandbox(&case, &id).await.map(|problem| format!("sandbox {id}: {problem}")));
    }
    for left in session.ledger.left().into_iter().filter(|left| left.id.is_none() || !left.items.is_empty()) {
        problems.extend(clear(&case, left).await);
    }
    problems
}

impl Case {
    /// Removes what the case has left, and keeps its accounts for the next one.
    pub(crate) async fn clean_up(&self) {
        let session = &self.session;
        if session.target.is_throwaway {
            return;
        }
        let accounts = self.take_accounts();
        if accounts.is_empty() {
            return;
        }
        self.begin_cleanup();
        let Ok(crm) = self.crm().await else { return };
        for (account, is_plain) in accounts {
            let mut items = session.ledger.items(&account.id);
            // A target may say that a removal is done which is not. Looking again costs too much where requests are
            // few.
            let touched = session.ledger.take_touched(&account.id).into_iter().filter(|_| !session.is_frugal());
            items.extend(touched.map(|path| (path, None)));
            let left = Left { id: Some(account.id.clone()), email: account.email.clone(), is_reusable: false, items };
            let is_empty = left.items.is_empty() || empty(self, &crm, &left).await;
            if is_empty && is_plain && session.shares_accounts() && session.ledger.reusable(&account.email).is_ok() {
                session.pool(account);
            }
        }
    }
}

/// Removes a private world, and says why it cannot be removed.
async fn end_sandbox(case: &Case, id: &str) -> Option<String> {
    match case.control(Method::DELETE, &format!("/_mock/sandboxes/{id}"), None).await {
        Ok(answer) if reader::is_success(answer.status) || answer.status == 404 => {
            case.session.ledger.sandbox_ended(id).err().map(|error| error.to_string())
        }
        Ok(answer) => Some(answer.status.to_string()),
        Err(halt) => Some(halt.reason()),
    }
}

/// Empties an account once it is sure that it is the one that the suite has made. Ids may have been given anew since.
async fn clear(case: &Case, left: Left) -> Option<String> {
    let name = left.id.clone().map_or_else(|| left.email.clone(), |id| format!("account {id}"));
    let problem = match identity(case, &left).await {
        Ok(Identity::Ours(caller)) if empty(case, &caller, &left).await => return None,
        Ok(Identity::Ours(_)) => "items could not be removed".to_owned(),
        Ok(Identity::Gone) => case.session.ledger.gone(&left.email, left.id.as_deref()).err()?.to_string(),
        Ok(Identity::Unknown) => "it cannot be told whether it is still the suite's, so it is left alone".into(),
        Err(halt) => halt.reason(),
    };
    Some(format!("{name}: {problem}"))
}

/// The state of an account of the ledger.
#[derive(Clone, Debug)]
enum Identity {
    /// It has the address that it was created with, and this caller reaches it.
    Ours(Caller),
    /// It is gone, or its id is another one's now.
    Gone,
    /// The target does not tell.
    Unknown,
}

/// Whether the account is still the one with the address that the suite has made up, and who reaches it.
async fn identity(case: &Case, left: &Left) -> Result<Identity, Halt> {
    let account = Account { id: left.id.clone().unwrap_or_default(), email: left.email.clone() };
    let Some(id) = &left.id else {
        // Without its id an account is reached by its owner's token only.
        return Ok(match case.sso_token(&account).await {
            Ok(answer) if reader::is_success(answer.status) => Identity::Ours(case.app(&account).await?),
            Ok(answer) if reader::is_refusal(answer.status) => Identity::Gone,
            _ => Identity::Unknown,
        });
    };
    let mut partner = case.crm().await?;
    let mut list = case.get(&partner, &partner.path(&account, EMAIL.list)).await?;
    if matches!(list.status, 403 | 404)
        && let Ok(other) = case.other_partner().await
    {
        list = case.get(&other, &other.path(&account, EMAIL.list)).await?;
        partner = other;
    }
    if matches!(list.status, 403 | 404) {
        return Ok(Identity::Gone);
    }
    let profile = case.get(&partner, &format!("/api/v1/account/{id}")).await?;
    let email = reader::item(&profile.body).and_then(|account| account.get("email")?.as_str());
    if profile.status == 200 && email == Some(&*left.email) {
        return Ok(Identity::Ours(partner));
    }
    // It may be another's, or its email may have been changed: the one that it was created with tells.
    let app = match case.sso_token(&account).await {
        Ok(answer) if reader::is_success(answer.status) => case.app(&account).await?,
        Ok(answer) if reader::is_refusal(answer.status) && email.is_some() => return Ok(Identity::Gone),
        _ => return Ok(Identity::Unknown),
    };
    // Its token acts on that account, whatever has become of the id.
    Ok(Identity::Ours(app))
}

/// Removes the items that an account has in the ledger, and looks whether they are gone. Where an id is not known, all
/// of its kind are removed: the suite alone has put anything there.
async fn empty(case: &Case, caller: &Caller, left: &Left) -> bool {
    let account = Account { id: left.id.clone().unwrap_or_default(), email: left.email.clone() };
    let is_touched = |kind: &&Kind| left.id.is_none() || left.items.iter().any(|(items, _)| items == kind.items);
    let mut is_empty = true;
    for kind in KINDS.into_iter().filter(is_touched) {
        is_empty &= empty_of(case, caller, &account, kind, left).await;
    }
    is_empty
}

/// The same for one kind of items.
async fn empty_of(case: &Case, caller: &Caller, account: &Account, kind: &Kind, left: &Left) -> bool {
    let ledger = &case.session.ledger;
    let path = caller.path(account, kind.list);
    let remove = async |id: &str| {
        let path = caller.path(account, &format!("{}/{id}", kind.items));
        drop(case.send(caller, Method::DELETE, &path, None).await);
    };
    for (_, id) in left.items.iter().filter(|(of, _)| of == kind.items) {
        if let Some(id) = id {
            remove(id).await;
        }
    }
    // That a removal is done which is said to be done is a matter of checks; looking again costs a request.
    if case.session.is_frugal() && !ledger.items(&account.id).iter().any(|(of, _)| of == kind.items) {
        return true;
    }
    let listed = case.list(caller, &path).await;
    let is_read = listed.is_ok();
    let mut is_gone = listed.as_ref().is_ok_and(Vec::is_empty);
    if !is_gone {
        for id in listed.unwrap_or_default().iter().filter_map(|item| item.as_object().and_then(reader::id)) {
            remove(&id).await;
        }
        // A list that has no end has none the second time either.
        is_gone = is_read && case.list(caller, &path).await.is_ok_and(|items| items.is_empty());
    }
    let noted = match is_gone {
        true => ledger.emptied(&account.id, kind.items),
        false => ledger.left_over(&account.id, kind.items),
    };
    is_gone && noted.is_ok()
}
