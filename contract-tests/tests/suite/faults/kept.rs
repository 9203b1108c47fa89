//! Values that are kept in part.

use super::rows::{EMAILS, Fault, ONLINE, PHONES, cut, each_text, fault, remove, without_accents};
use crate::proxy::{Asked, CARD, EMAIL, PASSPORT, PHONE, Way, also, back, id_text, there};

const IBANS: &str = "/iban-watchlist";
const PASSPORTS: &str = PASSPORT.list;
const LICENSES: &str = "/drivers-license-watchlist";

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("addresses lose their plus and what follows", "EMAIL-1", there(|asked, _| change(asked, EMAILS, "email", without_tag))),
    fault("addresses lose their plus signs", "EMAIL-1", there(|asked, _| change(asked, EMAILS, "email", |text| text.replace('+', "")))),
    fault("addresses lose their dots before the @", "EMAIL-1", there(|asked, _| change(asked, EMAILS, "email", |text| match text.split_once('@') {
        Some((mailbox, domain)) => format!("{}@{domain}", mailbox.replace('.', "")),
        None => text.to_owned(),
    }))),
    fault("addresses lose their underscores", "EMAIL-1", there(|asked, _| change(asked, EMAILS, "email", |text| text.replace('_', "")))),
    fault("addresses are cut before the @ after forty characters", "EMAIL-1", there(|asked, _| change(asked, EMAILS, "email", |text| match text.split_once('@') {
        Some((mailbox, domain)) => format!("{}@{domain}", mailbox.chars().take(40).collect::<String>()),
        None => text.to_owned(),
    }))),
    fault("addresses are listed without their last two characters", "EMAIL-1", back(|asked, answer, _| if asked.is("GET", EMAILS) {
        answer.edit_list(|items| for item in items { each_text(item, &["email"], |text| text[..text.len().saturating_sub(2)].to_owned()); });
    })),
    fault("addresses that users add lose their plus and what follows", "EMAIL-1", there(|asked, _| {
        if asked.account().is_none() { change(asked, EMAILS, "email", without_tag) } else { Way::On }
    })),
    fault("phones are cut at eleven characters", "PHONE-1", there(|asked, _| change(asked, PHONES, "phone", |text| text.chars().take(11).collect()))),
    fault("phones are listed without their country", "PHONE-1", back(|asked, answer, _| if asked.is("GET", PHONES) {
        answer.edit_list(|items| for item in items { each_text(item, &["phone"], |text| text.replacen("+46", "", 1)); });
    })),
    fault("IBANs are listed without their country", "IBAN-1", back(|asked, answer, _| if asked.is("GET", IBANS) {
        answer.edit_list(|items| for item in items {
            each_text(item, &["iban"], |text| text.chars().skip(2).collect());
            remove(item, "country_code");
        });
    })),
    fault("IBANs are listed to sixteen characters", "IBAN-1", back(|asked, answer, _| if asked.is("GET", IBANS) {
        answer.edit_list(|items| for item in items { cut(item, &["iban"], 16); });
    })),
    fault("IBANs lose their zeros", "IBAN-1", back(|asked, answer, _| if asked.is("GET", IBANS) {
        answer.edit_list(|items| for item in items { each_text(item, &["iban"], |text| text.replace("00", "")); });
    })),
    fault("passports are listed without their last two characters", "PASSPORT-1", back(|asked, answer, _| if asked.is("GET", PASSPORTS) {
        answer.edit_list(|items| for item in items { each_text(item, &["passport_number"], |text| text[..text.len().saturating_sub(2)].to_owned()); });
    })),
    fault("passports lose their zeros", "PASSPORT-1", back(|asked, answer, _| if asked.is("GET", PASSPORTS) {
        answer.edit_list(|items| for item in items { each_text(item, &["passport_number"], |text| text.replacen('0', "", 1)); });
    })),
    fault("licenses are listed without their last two characters", "LICENSE-1", back(|asked, answer, _| if asked.is("GET", LICENSES) {
        answer.edit_list(|items| for item in items { each_text(item, &["license_number"], |text| text[..text.len().saturating_sub(2)].to_owned()); });
    })),
    fault("cards end as another does", "CARD-1", back(|asked, answer, _| if asked.is("GET", CARD.list) {
        answer.edit_list(|items| for item in items {
            each_text(item, &["masked_number", "last_four"], |text| text[..text.len().saturating_sub(4)].to_owned() + "0000");
        });
    })),

    fault("removing a passport takes the one before it along", "PASSPORT-1", also(|asked| asked.is_removal() && asked.is_within("DELETE", PASSPORTS), |_, account| Box::pin(async move {
        let account = account.anew().await;
        let last = account.items(&PASSPORT).last().cloned();
        if let Some(item) = last { account.remove(&PASSPORT, &item).await; }
    }))),
    fault("removing a card takes the one after it along", "CARD-1", also(|asked| asked.is_removal() && asked.is_within("DELETE", CARD.one), |asked, account| Box::pin(async move {
        let after = account.items(&CARD).skip_while(|item| Some(&*id_text(&item["id"])) != asked.item());
        let next = after.take(2).last().cloned();
        if let Some(item) = next { account.remove(&CARD, &item).await; }
    }))),
    fault("removing a phone takes an email along", "PHONE-1", also(|asked| asked.is_removal() && asked.is_within("DELETE", PHONE.list), |_, account| Box::pin(async move {
        let first = account.items(&EMAIL).next().cloned();
        if let Some(item) = first { account.remove(&EMAIL, &item).await; }
    }))),

    fault("zips of Online Data lose their zeros", "ONLINE-2", there(|asked, _| profile(asked, &["zip"], |text| text.trim_start_matches('0').to_owned()))),
    fault("streets of Online Data are cut at twenty characters", "ONLINE-2", there(|asked, _| {
        if is_profile(asked) { asked.edit(|body| cut(body, &["street"], 20)); }
        Way::On
    })),
    fault("cities of Online Data lose their accents", "ONLINE-2", there(|asked, _| {
        if is_profile(asked) { asked.edit(|body| without_accents(body, &["city"])); }
        Way::On
    })),
    fault("names of Online Data end at their first space", "ONLINE-2", there(|asked, _| profile(asked, &["first_name", "last_name"], |text| text.split(' ').next().unwrap_or_default().to_owned()))),
    fault("streets of Online Data have no number", "ONLINE-2", there(|asked, _| profile(asked, &["street"], |text| text.chars().filter(|char| !char.is_ascii_digit()).collect()))),
    fault("streets of Online Data have no spaces", "ONLINE-2", there(|asked, _| profile(asked, &["street"], |text| text.replace(' ', "")))),
    fault("emails of Online Data lose their plus and what follows", "ONLINE-2", there(|asked, _| profile(asked, &["email"], without_tag))),
    fault("changed profiles of Online Data lose accents", "ONLINE-2", there(|asked, _| {
        if is_profile(asked) && asked.method == "PUT" { asked.edit(|body| without_accents(body, &["first_name", "last_name", "street", "city"])); }
        Way::On
    })),
];

/// Changes a field of what is added at a path.
fn change(asked: &mut Asked, path: &str, field: &str, to: fn(&str) -> String) -> Way {
    if asked.is("POST", path) {
        asked.edit(|body| each_text(body, &[field], to));
    }
    Way::On
}

/// An address without its plus and what follows.
pub(super) fn without_tag(address: &str) -> String {
    match address.split_once('@') {
        Some((mailbox, domain)) => format!("{}@{domain}", mailbox.split('+').next().unwrap_or_default()),
        None => address.to_owned(),
    }
}

fn is_profile(asked: &Asked) -> bool {
    asked.is("POST", ONLINE) || asked.is("PUT", ONLINE)
}

/// Changes fields of a profile of Online Data.
fn profile(asked: &mut Asked, fields: &[&str], to: fn(&str) -> String) -> Way {
    if is_profile(asked) {
        asked.edit(|body| each_text(body, fields, to));
    }
    Way::On
}
