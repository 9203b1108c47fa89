//! Watched email addresses (EMAIL-1, EMAIL-2).

use email_address::EmailAddress;
use serde_json::{Map, Value as Json};

use crate::model::base_url::BaseUrl;
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::confirmation::{Challenge, Confirming, Contact, Means};
use crate::model::fields::{self, Complaint, Fields, at_most};
use crate::model::id::Id;
use crate::model::item::{Item, Kind, Leakable, Rules};
use crate::model::kind::WatchKind;
use crate::model::message::{Channel, NewMessage};
use crate::model::shape::{EmailText, shape};
use crate::model::time::Timestamp;
use crate::model::value::Value;

/// An email address that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Email {
    address: Value,
}

shape! {
    /// An email address as a client reads it.
    EmailShape = "Email" {
        id: Id,
        email: EmailText,
        is_confirmed: bool => "Whether it is watched; an address that a user adds is pending until they confirm it.",
        confirmed_at: Option<Timestamp>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

impl Kind for Email {
    const KIND: WatchKind = WatchKind::Email;
    const CAPTURE: &'static str = "emailId";
    const LIST: &'static str = "emails";
    const BODY: BodySchema = BodySchema {
        name: "NewEmail",
        fields: &[BodyField::required("email", FieldForm::Email)],
        example: r#"{ "email": "erika@example.com" }"#,
        purpose: BodyPurpose::Whole,
    };
    const CONFIRMING: Option<Confirming<Self>> = Some(Confirming {
        means: Means::Link,
        is_needed: |_| true,
        message: Self::message,
        pending_hint: "this item is pending: open the link in GET /_mock/outbox to confirm it; items that CRM adds need \
                       no confirmation; see SCOPE-2 and SCOPE-3",
        expired_hint: "its link has expired by the mock's clock; POST /api/v1/resend/watchlist-email-confirmation sends \
                       another; see EMAIL-2",
    });

    type Shape = EmailShape;

    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        rule(text.trim())
    }

    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self> {
        let address = fields.required("email", Value::rule(rules.assumed, rule))?;
        Some(Self { address })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([("email", self.address.shown().into())])
    }

    fn value(&self) -> &str {
        self.address.canonical()
    }

    fn show(item: &Item<Self>) -> EmailShape {
        EmailShape {
            id: item.id(),
            email: EmailText(item.fields.address.shown().into()),
            is_confirmed: item.is_confirmed(),
            confirmed_at: item.confirmed_at(),
            created_at: item.created_at,
            updated_at: item.updated_at,
        }
    }
}

impl Leakable for Email {}

impl Email {
    /// The email with the confirmation link.
    fn message(&self, challenge: &Challenge, to: &Contact<'_>, base: BaseUrl<'_>, now: Timestamp) -> NewMessage {
        let (address, link) = (self.address.shown(), challenge.link(base));
        let text = format!(
            "Hello {},\n\nplease confirm that we may watch {address} for you:\n\n{link}\n\nThe link works once, until {}.\n",
            to.first_name, challenge.expires_at
        );
        NewMessage {
            channel: Channel::Email,
            to: address.to_owned(),
            account: to.account,
            kind: "watchlist-email-confirmation".into(),
            subject: Some("Confirm your email address".into()),
            text,
            link: Some(link),
            code: None,
            sent_at: now,
        }
    }
}

/// The rule of an email address: as Laravel's `email`, which needs no top-level domain; at most 255 characters.
/// The stored address: in lower case.
pub(crate) fn rule(text: &str) -> Result<Box<str>, Complaint> {
    at_most(text, 255)?;
    let options = email_address::Options::default().without_display_text();
    match EmailAddress::parse_with_options(text, options) {
        Ok(_) => Ok(text.to_lowercase().into()),
        Err(_) => Err("must be a valid email address".into()),
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
