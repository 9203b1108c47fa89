//! What can go wrong with the items of any kind, once for each.

use std::sync::LazyLock;

use serde_json::json;

use super::rows::{Fault, back_if, fault, no_items, no_such_method};
use crate::proxy::{Answered, Asked, KINDS, Kind, Memory, Way, there_of_kind};

pub(super) static FAULTS: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    let of_kind = |kind: &'static Kind| {
        [
            ("is added is answered and dropped", there_of_kind(kind, dropped)),
            ("is there is not removed by CRM", there_of_kind(kind, not_removed_by_crm)),
            ("is there is not listed to users", there_of_kind(kind, not_listed_to_users)),
        ]
        .map(|(what, wrong)| fault(format!("any {} that {what}", kind.name).leak(), kind.fact, wrong))
    };
    // The guide has these lists of leaks for CRM, and that of cards for users.
    let leaking = |kind: &&Kind| ["email", "phone", "iban"].contains(&kind.name);
    let leaks_of_kind = |kind: &'static Kind| {
        [("CRM", there_of_kind(kind, no_leaks_to_crm)), ("users", there_of_kind(kind, no_leaks_to_users))]
            .map(|(who, wrong)| fault(format!("{who} never see a leak of any {}", kind.name).leak(), kind.fact, wrong))
    };
    KINDS.iter().flat_map(of_kind).chain(KINDS.iter().filter(leaking).flat_map(leaks_of_kind)).collect()
});

fn dropped(kind: &Kind, asked: &mut Asked, memory: &mut Memory) -> Way {
    let id = 500_000 + memory.notes();
    let is_meant = asked.is("POST", kind.one) && asked.token().is_some();
    if is_meant {
        memory.note(id.to_string());
    }
    back_if(is_meant, || Answered::json(201, &json!({ "data": { "id": id } })))
}

fn not_removed_by_crm(kind: &Kind, asked: &mut Asked, _: &mut Memory) -> Way {
    back_if(asked.is_within("DELETE", &format!("{}/", kind.one)) && asked.account().is_some(), no_such_method)
}

fn not_listed_to_users(kind: &Kind, asked: &mut Asked, _: &mut Memory) -> Way {
    back_if(asked.is("GET", kind.list) && asked.account().is_none() && asked.token().is_some(), no_items)
}

fn no_leaks(kind: &Kind, asked: &Asked) -> bool {
    asked.is("GET", &format!("{}/leaks", kind.one)) && asked.token().is_some()
}

fn no_leaks_to_crm(kind: &Kind, asked: &mut Asked, _: &mut Memory) -> Way {
    back_if(no_leaks(kind, asked) && asked.account().is_some(), no_items)
}

fn no_leaks_to_users(kind: &Kind, asked: &mut Asked, _: &mut Memory) -> Way {
    back_if(no_leaks(kind, asked) && asked.account().is_none(), no_items)
}
