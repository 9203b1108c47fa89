//! Its watchlists.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::form::{Reply, moment};
use super::world::{Account, Item, World};
use super::{Answered, Asked, Flaw, entry};

/// A kind of items.
#[derive(Debug)]
pub(super) struct Kind {
    items: &'static str,
    list: &'static str,
    /// The fields that a body must have, the value first.
    asked: &'static [&'static str],
    /// The name of the value in answers.
    pub(super) shown: &'static str,
    /// Whether there is a list of leaks for CRM, and for the user.
    leaks: [bool; 2],
}

const fn kind(
    items: &'static str,
    list: &'static str,
    asked: &'static [&'static str],
    shown: &'static str,
    leaks: [bool; 2],
) -> Kind {
    Kind { items, list, asked, shown, leaks }
}

pub(super) const KINDS: [Kind; 6] = [
    kind("email-watchlist", "email-watchlist", &["email"], "address", [true, true]),
    kind("phone-watchlist", "phone-watchlist", &["phone"], "msisdn", [true, true]),
    kind("iban-watchlist", "iban-watchlist", &["iban_number"], "bank_account", [true, true]),
    kind("passport-watchlist", "passport-watchlist", &["document_number"], "document", [false, false]),
    kind("drivers-license-watchlist", "drivers-license-watchlist", &["licence_number"], "licence", [false, false]),
    kind("credit-card", "credit-cards", &["pan", "exp_month", "exp_year"], "card", [false, true]),
];

const EMAIL: usize = 0;
const PHONE: usize = 1;
const PASSPORT: usize = 3;
const CARD: usize = 5;

fn shown(item: &Item) -> Value {
    let value = match item.kind {
        EMAIL | PHONE | PASSPORT => item.value.clone(),
        _ => format!("•••{}", &item.value[item.value.len().saturating_sub(4)..]),
    };
    json!({
        "watch_id": item.id, KINDS[item.kind].shown: value, "is_active": item.code.is_none() && !item.waits,
        "watched_since_at": moment(item.added_at),
    })
}

/// The calls below an account, by a partner or by its user.
pub(super) fn answer(world: &mut World, asked: &Asked, id: &str, is_user: bool, rest: &[&str]) -> Answered {
    match (&*asked.method, rest) {
        ("POST", ["phone-watchlist", "send-verification-code"]) if !is_user => return send_code(world, asked, id),
        ("POST", ["phone-watchlist", "confirm"]) if !is_user => return confirm_phone(world, asked, id),
        ("POST", ["credit-cards", "verify"]) if is_user => return verify(world, asked, id),
        ("POST", ["resend", "watchlist-email-confirmation"]) if is_user => return resend(world, asked, id),
        _ => {}
    }
    let of_path = |kind: &Kind| rest.first().is_some_and(|first| [kind.items, kind.list].contains(first));
    let place = KINDS.iter().position(of_path).ok_or_else(|| Reply::refusal(404))?;
    let kind = &KINDS[place];
    let account = world.accounts.get_mut(id).ok_or_else(|| Reply::refusal(404))?;
    match (&*asked.method, rest) {
        ("POST", [path]) if *path == kind.items => add(world, asked, id, is_user, place),
        ("GET", [path]) if *path == kind.list => {
            let listed = account.items.iter().rev().filter(|item| item.kind == place && !item.waits);
            Ok(entry::list(asked, listed.map(shown).collect()))
        }
        ("GET", [path, "leaks"]) if *path == kind.items && kind.leaks[usize::from(is_user)] => {
            let found = account.leaks.iter().rev().filter(|leak| leak.kind == place && leak.is_there());
            let found =
                found.map(|leak| json!({ "leak_id": leak.id, "source": "A forum", "found_at": moment(leak.at) }));
            Ok(entry::list(asked, found.collect()))
        }
        ("GET", [path, item]) if place == CARD && *path == kind.items => {
            let item = account.items.iter().find(|known| known.kind == place && known.id == *item);
            item.map(|item| Reply::json(200, shown(item))).ok_or_else(|| Reply::refusal(404))
        }
        ("PATCH", [_, item]) if place == PASSPORT => {
            let item = account.items.iter_mut().find(|known| known.kind == place && known.id == *item);
            let item = item.ok_or_else(|| Reply::refusal(404))?;
            let value = asked.text(kind.asked[0]).ok_or_else(|| Reply::invalid(kind.asked))?;
            value.clone_into(&mut item.value);
            Ok(Reply::empty(204))
        }
        // To remove what is not there is no mistake.
        ("DELETE", [path, item]) if *path == kind.items => {
            account.items.retain(|known| known.kind != place || known.id != *item);
            Ok(Reply::empty(204))
        }
        _ => Err(Reply::refusal(405)),
    }
}

/// Adds an item; one that is there already is answered as it is.
fn add(world: &mut World, asked: &Asked, id: &str, is_user: bool, kind: usize) -> Answered {
    let fields = KINDS[kind].asked;
    let is_given = |field: &&&str| asked.text(field).is_some() || asked.body.get(**field).is_some_and(Value::is_number);
    let missing: Vec<_> = fields.iter().filter(|field| !is_given(field)).copied().collect();
    if !missing.is_empty() {
        return Err(Reply::invalid(&missing));
    }
    let value = asked.text(fields[0]).ok_or_else(|| Reply::invalid(&fields[..1]))?.to_owned();
    if kind == EMAIL && !value.contains('@') {
        return Err(Reply::invalid(fields));
    }
    let account = world.accounts.get_mut(id).ok_or_else(|| Reply::refusal(404))?;
    if let Some(known) = account.items.iter_mut().find(|item| item.kind == kind && item.value == value) {
        // What the partner adds needs no word of the owner.
        if !is_user {
            (known.waits, known.code) = (false, None);
        }
        return Ok(Reply::json(200, json!({ "watched": shown(known) })));
    }
    let (waits, code) = (is_user && kind == EMAIL, (is_user && kind == CARD).then(|| world.random.code()));
    let item = Item { id: world.random.id(), kind, value, waits, code, added_at: Timestamp::now() };
    let body = json!({ "watched": shown(&item) });
    account.items.push(item.clone());
    let owner = account.created_with.clone();
    if !is_user && world.flaw == Some(Flaw::AsksForAll) {
        world.send(&owner, "Someone watches something of yours. Is that right? $URL/yes".to_owned());
    }
    if item.waits {
        ask(world, id, &item);
    } else if let Some(code) = &item.code {
        let end = &item.value[item.value.len() - 4..];
        world.send(&owner, format!("{code} verifies your card that ends in {end}."));
    }
    if !item.waits {
        world.look_for(id, kind, &item.value);
    }
    Ok(Reply::json(200, body))
}

/// Asks the owner of an address to confirm it.
fn ask(world: &mut World, account: &str, item: &Item) {
    let link = world.random.secret();
    if world.flaw != Some(Flaw::LosesConfirmations) {
        world.send(&item.value, format!("Is {} yours? Then open $URL/confirm/{link} please.", item.value));
    }
    world.links.insert(link, (account.to_owned(), item.id.clone()));
}

pub(super) fn confirm(world: &mut World, link: &str) -> Answered {
    let (account, id) = world.links.remove(link).ok_or_else(|| Reply::refusal(410))?;
    let known = world.accounts.get_mut(&account);
    let item = known.and_then(|account| account.items.iter_mut().find(|item| item.id == id));
    let item = item.ok_or_else(|| Reply::refusal(410))?;
    if item.waits {
        item.waits = false;
        let (kind, value) = (item.kind, item.value.clone());
        world.look_for(&account, kind, &value);
    }
    Ok(Reply::elsewhere("/done"))
}

/// Sends once more what waits: about one address, or about all.
fn resend(world: &mut World, asked: &Asked, id: &str) -> Answered {
    let named = asked.text("email");
    let waits = |item: &&Item| item.waits && named.is_none_or(|email| email == item.value);
    let waiting: Vec<Item> = world.accounts[id].items.iter().filter(waits).cloned().collect();
    if world.flaw != Some(Flaw::ResendsNothing) {
        waiting.iter().for_each(|item| ask(world, id, item));
    }
    if waiting.is_empty() { Err(Reply::refusal(404)) } else { Ok(Reply::empty(202)) }
}

fn phone<'a>(account: &'a Account, asked: &Asked) -> Result<&'a Item, Reply> {
    let id = asked.text("phone_id").ok_or_else(|| Reply::invalid(&["phone_id"]))?;
    account.items.iter().find(|item| item.kind == PHONE && item.id == id).ok_or_else(|| Reply::refusal(404))
}

fn send_code(world: &mut World, asked: &Asked, id: &str) -> Answered {
    let value = phone(&world.accounts[id], asked)?.value.clone();
    let code = world.random.code();
    world.send(&value, format!("Your code is {code}"));
    world.accounts.get_mut(id).expect("its account").codes.insert(value, code);
    Ok(Reply::empty(202))
}

fn confirm_phone(world: &World, asked: &Asked, id: &str) -> Answered {
    let account = &world.accounts[id];
    let code = account.codes.get(&phone(account, asked)?.value);
    let given = asked.text("code").ok_or_else(|| Reply::invalid(&["code"]))?;
    if code.is_some_and(|code| code == given) { Ok(Reply::empty(204)) } else { Err(Reply::refusal(403)) }
}

fn verify(world: &mut World, asked: &Asked, id: &str) -> Answered {
    let card = asked.text("card_id").ok_or_else(|| Reply::invalid(&["card_id"]))?;
    let account = world.accounts.get_mut(id).ok_or_else(|| Reply::refusal(404))?;
    let card = account.items.iter_mut().find(|item| item.kind == CARD && item.id == card);
    let card = card.ok_or_else(|| Reply::refusal(404))?;
    if card.code.is_none() || card.code.as_deref() != asked.text("code") {
        return Err(Reply::refusal(403));
    }
    card.code = None;
    let value = card.value.clone();
    world.look_for(id, CARD, &value);
    Ok(Reply::empty(204))
}
