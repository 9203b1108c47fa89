//! Calls at the same time: an outcome is right if some order of the calls explains it.

use reqwest::header::LINK;

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;

page!("concurrency" {
    "same_item_added_twice": ["EMAIL-1"] => |case| same_item_added_twice(case),
    "same_item_removed_twice": ["EMAIL-1"] => |case| same_item_removed_twice(case),
    "added_while_another_is_removed": ["EMAIL-1"] => |case| added_while_another_is_removed(case),
    "listed_during_writes": ["EMAIL-1"] => |case| listed_during_writes(case),
});

/// How often each race is run: few where calls are slow anyway.
fn rounds(case: &Case) -> usize {
    if case.session.target.is_loopback() { 6 } else { 1 }
}

/// How many items with this address an account has.
async fn count(case: &Case, crm: &Caller, account: &Account, email: &str) -> Result<usize, Halt> {
    let items = EMAIL.list(case, crm, account).await?;
    Ok(items.iter().filter(|(_, item)| reader::shows(item, email)).count())
}

/// Two calls at once come to what two calls one after the other come to.
async fn same_item_added_twice(case: &Case) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let email = case.email();
    let mut successes = 0;
    for _ in 0..2 {
        successes += usize::from(reader::is_success(EMAIL.add(case, &crm, &account, &email).await?.status));
    }
    let in_order = (successes, count(case, &crm, &account, &email).await?);
    let observed = || format!("{} in the list", in_order.1);
    Halt::unless(in_order.1 > 0, "what was added stays when it is added again", observed)?;
    for _ in 0..rounds(case) {
        let email = case.email();
        let (first, second) =
            tokio::join!(EMAIL.add(case, &crm, &account, &email), EMAIL.add(case, &crm, &account, &email));
        let successes = [first?, second?].iter().filter(|answer| reader::is_success(answer.status)).count();
        let at_once = (successes, count(case, &crm, &account, &email).await?);
        let expected = format!("{} done and {} in the list, as one after the other", in_order.0, in_order.1);
        Halt::unless(at_once == in_order, expected, || format!("{} done and {} in the list", at_once.0, at_once.1))?;
    }
    Ok(())
}

async fn same_item_removed_twice(case: &Case) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let id = EMAIL.needed(case, &crm, &account, &case.email()).await?;
    let mut in_order = 0;
    for _ in 0..2 {
        in_order += usize::from(reader::is_success(EMAIL.remove(case, &crm, &account, &id).await?.status));
    }
    for _ in 0..rounds(case) {
        let kept = EMAIL.needed(case, &crm, &account, &case.email()).await?;
        let id = EMAIL.needed(case, &crm, &account, &case.email()).await?;
        let (first, second) =
            tokio::join!(EMAIL.remove(case, &crm, &account, &id), EMAIL.remove(case, &crm, &account, &id));
        let done = [first?, second?].iter().filter(|answer| reader::is_success(answer.status)).count();
        Halt::unless(done == in_order, format!("{in_order} done, as one after the other"), || format!("{done} done"))?;
        let left: Vec<_> = EMAIL.list(case, &crm, &account).await?.into_iter().map(|(id, _)| id).collect();
        let is_right = left.contains(&kept) && !left.contains(&id);
        Halt::unless(is_right, format!("item {id} is gone, and {kept} is not"), || format!("{left:?}"))?;
    }
    Ok(())
}

async fn added_while_another_is_removed(case: &Case) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    for _ in 0..rounds(case) {
        let (old, new) = (case.email(), case.email());
        let id = EMAIL.needed(case, &crm, &account, &old).await?;
        let (added, removed) =
            tokio::join!(EMAIL.add(case, &crm, &account, &new), EMAIL.remove(case, &crm, &account, &id));
        added?.demand("the item is added", reader::is_success)?;
        removed?.demand("the other item is removed", reader::is_success)?;
        let counts = (count(case, &crm, &account, &old).await?, count(case, &crm, &account, &new).await?);
        Halt::unless(counts == (0, 1), format!("{new} and not {old}"), || format!("{} and {}", counts.1, counts.0))?;
    }
    Ok(())
}

/// A list holds what was added before it was asked for, and each item once.
async fn listed_during_writes(case: &Case) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let before = case.email();
    EMAIL.needed(case, &crm, &account, &before).await?;
    let writes = async {
        for _ in 0..rounds(case) {
            EMAIL.needed(case, &crm, &account, &case.email()).await?;
        }
        Ok::<_, Halt>(())
    };
    let first = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    let has_pages = reader::has_pages(&first.body) || first.headers.contains_key(LINK);
    let reads = async {
        for _ in 0..rounds(case) {
            let items = EMAIL.list(case, &crm, &account).await?;
            let times = items.iter().filter(|(_, item)| reader::shows(item, &before)).count();
            // Between two pages what is added may push an item from the one to the other.
            let is_right = times == 1 || has_pages && times > 1;
            Halt::unless(is_right, format!("{before} once in every list"), || format!("{times} times"))?;
            if has_pages {
                continue;
            }
            let mut ids: Vec<_> = items.iter().map(|(id, _)| id).collect();
            ids.sort();
            ids.dedup();
            let observed = || format!("{} items, {} ids", items.len(), ids.len());
            Halt::unless(ids.len() == items.len(), "each item once", observed)?;
        }
        Ok::<_, Halt>(())
    };
    let (written, read) = tokio::join!(writes, reads);
    written?;
    read?;
    let items = EMAIL.list(case, &crm, &account).await?.len();
    Halt::unless(items == rounds(case) + 1, format!("{} items", rounds(case) + 1), || items.to_string())
}
