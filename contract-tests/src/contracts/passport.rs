//! Watched passports: the one kind that can be changed.

use reqwest::Method;
use serde_json::Value;

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::kind::PASSPORT;
use crate::reader;

page!("passport" {
    "changed_by_crm": ["PASSPORT-1", "SCOPE-2"] => |case| changed_by_crm(case),
    "changed_by_app": ["PASSPORT-1", "SCOPE-3"] => |case| changed_by_app(case),
});

async fn changed_by_crm(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    is_changed(case, &case.crm().await?, &account).await
}

async fn changed_by_app(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    is_changed(case, &case.app(&account).await?, &account).await
}

/// A change is seen in the list, under the same id, and leaves other passports as they are.
async fn is_changed(case: &Case, by: &Caller, on: &Account) -> Result<(), Halt> {
    let values = [PASSPORT.new_value(case), PASSPORT.new_value(case), PASSPORT.new_value(case)];
    let id = PASSPORT.needed(case, by, on, &values[0]).await?;
    let other = PASSPORT.needed(case, by, on, &values[1]).await?;
    let path = by.path(on, &format!("{}/{id}", PASSPORT.items));
    let changed = case.send(by, Method::PATCH, &path, Some(PASSPORT.body(case, &values[2]))).await?;
    if matches!(changed.status, 400 | 422) {
        // The fields of this body are not documented, so a target may not know them.
        return Err(Halt::fail("a changed passport", format!("{} to {}", changed.status, changed.to)).into_required());
    }
    changed.demand("the passport is changed", reader::is_success)?;
    let items = PASSPORT.list(case, by, on).await?;
    Halt::unless(items.len() == 2, "the same two passports", || format!("{} in the list", items.len()))?;
    let of = |id: &str| items.iter().find(|(listed, _)| listed == id).map(|(_, item)| item);
    let (Some(item), Some(untouched)) = (of(&id), of(&other)) else {
        return Err(Halt::fail(format!("passports {id} and {other}"), "others in the list"));
    };
    let holds = |item: &Value, value: &str| reader::fields(item).iter().any(|(_, field)| field.as_str() == Some(value));
    Halt::unless(!holds(item, &values[0]), "the passport has its new number", || "it still has the old one".into())?;
    Halt::unless(!holds(untouched, &values[2]), "the other passport stays", || "it has changed too".into())?;
    if reader::shows(untouched, &values[1]) {
        Halt::unless(reader::shows(item, &values[2]), "the list shows the new number", || "it does not".into())?;
    }
    Ok(())
}
