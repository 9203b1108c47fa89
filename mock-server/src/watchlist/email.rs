//! Watched email addresses (EMAIL-1, EMAIL-2).

use email_address::EmailAddress;
use serde_json::{Map, Value as Json};

use super::{Item, Items, Kind, Leakable, Rules, Written};
use crate::account::Account;
use crate::assumptions::Key;
use crate::auth::Actor;
use crate::call::Call;
use crate::confirmation::{Challenge, Confirmation};
use crate::facts::Fact;
use crate::fields::{self, Complaint, Fields, at_most, unknown};
use crate::id::{Id, Table};
use crate::leak::WatchKind;
use crate::magic::Magic;
use crate::outbox::{Channel, Message};
use crate::reply::{Outcome, Refusal, Reply};
use crate::value::Object;

/// An email address that is watched.
#[derive(Debug)]
pub(crate) struct Email {
    address: Written,
}

impl Kind for Email {
    const TABLE: Table = Table::Email;
    const WATCH: WatchKind = WatchKind::Email;
    const ID: &'static str = "emailId";
    const FIELD: &'static str = "email";
    const FIELDS: &'static [&'static str] = &["email"];

    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        rule(text.trim())
    }

    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self> {
        let address = fields.required("email", Written::rule(rules.assumed, rule))?;
        Some(Self { address })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([("email", self.address.shown().into())])
    }

    fn value(&self) -> &str {
        self.address.canonical()
    }

    fn items(account: &Account) -> &Items<Self> {
        &account.emails
    }

    fn items_mut(account: &mut Account) -> &mut Items<Self> {
        &mut account.emails
    }

    fn challenge(call: &Call<'_>) -> Option<Challenge> {
        let expires_at = call.after(Key::ConfirmLinkSeconds);
        Some(Challenge { secret: call.world.secrets().opaque().into(), expires_at })
    }

    fn send(item: &Item<Self>, account: &Account, call: &Call<'_>) {
        let Confirmation::Pending(challenge) = &item.confirmation else { return };
        call.world.add_link(challenge, account.id, item.id);
        let link = format!("{}/_confirm/{}", call.base.url(), challenge.secret);
        let text = format!(
            "Hello {},\n\nplease confirm that we may watch {} for you:\n\n{link}\n\nThe link works once, until {}.\n",
            account.first_name,
            item.fields.address.shown(),
            challenge.expires_at
        );
        call.send(Message {
            id: 0,
            channel: Channel::Email,
            to: item.fields.address.shown().to_owned(),
            account_id: call.shown(Id::new(Table::Account, account.id)),
            kind: "watchlist-email-confirmation".into(),
            subject: Some("Confirm your email address".into()),
            text,
            link: Some(link),
            code: None,
            sent_at: call.now,
        });
    }

    fn show(item: &Item<Self>) -> Object {
        let object = Object::new()
            .with("id", item.id())
            .with("email", item.fields.address.shown().to_owned())
            .with("is_confirmed", item.is_confirmed())
            .with("confirmed_at", item.confirmed_at());
        item.with_times(object)
    }
}

impl Leakable for Email {}

/// The rule of an email address: as Laravel's `email`, which asks for no top-level domain; at most 255 characters.
/// The address as it is kept: in lower case.
pub(crate) fn rule(text: &str) -> Result<Box<str>, Complaint> {
    at_most(text, 255)?;
    let options = email_address::Options::default().without_display_text();
    match EmailAddress::parse_with_options(text, options) {
        Ok(_) => Ok(text.to_lowercase().into()),
        Err(_) => Err("must be a valid email address".into()),
    }
}

/// `POST /api/v1/resend/watchlist-email-confirmation` (EMAIL-2): sends what is pending once more, and what was sent
/// before works no longer. The body may name one email by `email` or `email_id`; otherwise all that are pending are meant.
pub(crate) fn resend(actor: Actor, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let asked = fields.optional("email", rule).zip(fields.opaque("email_id", false));
    let (address, id) = fields.finish(asked)?;
    let id = id.map(|id| call.parse_id::<Email>(&id));
    let is_meant = |item: &Item<Email>| {
        !item.is_confirmed()
            && address.as_deref().is_none_or(|address| item.fields.value() == address)
            && id.is_none_or(|id| id == Some(item.id))
    };
    #[cfg(feature = "broken-rules")]
    if breaks!(call.world.settings(), ResendGoesToAll) {
        crate::broken::resend_to_all(call);
    }
    call.world.change_account(actor.account, |account| {
        let meant: Vec<u64> = account.emails.iter().filter(|item| is_meant(item)).map(|item| item.id).collect();
        if meant.is_empty() {
            return nothing_pending(call);
        }
        for id in meant {
            let item = account.emails.one_mut(id).expect("it was there under this guard");
            let renewed = Email::challenge(call).map(Confirmation::pending).expect("an email has a challenge");
            call.world.forget_link(&std::mem::replace(&mut item.confirmation, renewed));
            let item = account.emails.one(id).expect("it was there under this guard");
            if Magic::of(WatchKind::Email, item.fields.value()) != Some(Magic::NeverConfirmed) {
                Email::send(item, account, call);
            }
            if breaks!(call.world.settings(), ResentLinkIsDead) {
                call.world.forget_link(&item.confirmation);
            }
        }
        Ok(Reply::Done("Confirmation sent."))
    })
}

/// The answer where no email waits for confirmation, by `resend.nothing-pending`.
fn nothing_pending(call: &Call<'_>) -> Outcome {
    match call.assumed().name(Key::ResendNothingPending) {
        "200" => Ok(Reply::Done("Nothing waits for confirmation.")),
        status => Err(Refusal::assumed(status, unknown("email")).fact(Fact::Email2).hint(
            "no such email of this user waits for confirmation: what CRM adds is confirmed at once, and an email waits \
             only until its link is opened; see SCOPE-2 and EMAIL-2",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_laravel_takes_it() {
        let long = format!("{}@example.com", "a".repeat(260));
        let cases = [
            ("john.doe@example.com", Some("john.doe@example.com")),
            ("John.Doe@Example.COM", Some("john.doe@example.com")),
            ("john+tag@example.com", Some("john+tag@example.com")),
            ("user@localhost", Some("user@localhost")),
            ("jörg@example.com", Some("jörg@example.com")),
            ("john.doe", None),
            ("@example.com", None),
            ("john@", None),
            ("john..doe@example.com", None),
            ("John <john@example.com>", None),
            ("two@at@example.com", None),
            (&long, None),
        ];
        for (text, expected) in cases {
            assert_eq!(rule(text).ok().as_deref(), expected, "{text}");
        }
    }
}
