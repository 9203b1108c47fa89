//! Confirming the items of an end user: resending links (EMAIL-2), codes for phones (PHONE-2) and cards (CARD-4).

use crate::api::auth::Actor;
use crate::api::error::{ApiError, known};
use crate::api::operation::{Operation, Page};
use crate::api::reply::{Done, Outcome, Reply};
use crate::api::request::Request;
use crate::guide::assumptions::{ConfirmWrongCode, Key, Refusal, ResendNothingPending};
use crate::guide::facts::Fact;
use crate::model::account::Account;
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::fields::{FieldError, Fields, unknown};
use crate::model::item::Kind;
use crate::model::watchlists::card::Card;
use crate::model::watchlists::email::{self, Email};
use crate::model::watchlists::phone::{self, Phone};
use crate::world::confirmations::VerifiedCard;

const WHICH_EMAIL: BodySchema = BodySchema {
    name: "WhichEmail",
    fields: &[
        BodyField::optional("email", FieldForm::Email),
        BodyField::optional("email_id", FieldForm::Id(Email::TABLE)),
    ],
    example: r#"{ "email": "erika@example.com" }"#,
    purpose: BodyPurpose::Narrows,
};
const WHICH_PHONE: BodySchema = BodySchema {
    name: "WhichPhone",
    fields: &[
        BodyField::optional("phone_id", FieldForm::Id(Phone::TABLE)),
        BodyField::optional("phone", FieldForm::Text),
    ],
    example: r#"{ "phone": "+46701740605" }"#,
    purpose: BodyPurpose::Narrows,
};
const PHONE_CODE: BodySchema = BodySchema {
    name: "PhoneConfirmation",
    fields: &[
        BodyField::required("code", FieldForm::Text),
        BodyField::optional("phone_id", FieldForm::Id(Phone::TABLE)),
        BodyField::optional("phone", FieldForm::Text),
    ],
    example: r#"{ "phone": "+46701740605", "code": "123456" }"#,
    purpose: BodyPurpose::Whole,
};
const CARD_CODE: BodySchema = BodySchema {
    name: "CreditCardVerification",
    fields: &[
        BodyField::required("credit_card_id", FieldForm::Id(Card::TABLE)),
        BodyField::required("code", FieldForm::Text),
    ],
    example: r#"{ "credit_card_id": 2, "code": "123456" }"#,
    purpose: BodyPurpose::Whole,
};

/// The operation of [`resend`].
pub(crate) fn resends() -> Operation {
    let page = Page::Watchlist(Email::KIND);
    Operation::new("resendEmailConfirmation", page, "Resend the confirmation of pending email addresses")
        .body(WHICH_EMAIL)
        .decided_by(&[Key::ResendNothingPending])
}

/// `POST /api/v1/resend/watchlist-email-confirmation` (EMAIL-2): sends the links of pending emails once more; links that
/// were sent before stop working. The body may name one email by `email` or `email_id`; otherwise all pending ones are
/// meant.
pub(crate) fn resend(actor: Actor, request: &Request<'_>) -> Outcome<Done> {
    let (address, id) = request
        .read(WHICH_EMAIL, |fields| fields.optional("email", email::rule).zip(fields.opaque("email_id", false)))?;
    let id = id.map(|id| request.parse_id(Email::TABLE, &id));
    let resent = request.world.resend_links(
        actor.account,
        |item| {
            address.as_deref().is_none_or(|address| item.fields.value() == address)
                && id.is_none_or(|id| id == Some(item.id))
        },
        request.context,
    );
    let resent = known(resent)?;
    if resent.pending > 0 {
        return Ok(Reply::new(Done("Confirmation sent.")).fault(resent.fault));
    }
    match Option::<Refusal>::from(request.assumed().choice::<ResendNothingPending>()) {
        None => Ok(Reply::new(Done("Nothing waits for confirmation."))),
        Some(refusal) => Err(ApiError::assumed(refusal, unknown("email")).fact(Fact::Email2).hint(
            "no such email of this user is pending: emails that CRM adds need no confirmation, and an email is pending only \
             until its link is opened; see SCOPE-2 and EMAIL-2",
        )),
    }
}

/// The operation of [`send_phone_code`].
pub(crate) fn sends_phone_code() -> Operation {
    let page = Page::Watchlist(Phone::KIND);
    Operation::new("sendPhoneVerificationCode", page, "Send a verification code to a phone")
        .body(WHICH_PHONE)
        .looks_up()
}

/// `POST …/phone-watchlist/send-verification-code` (PHONE-2): sends a code by SMS. The body may name the phone by
/// `phone_id` or `phone`; otherwise the pending one is meant, then the latest, then the account's own.
pub(crate) fn send_phone_code(actor: Actor, request: &Request<'_>) -> Outcome<Done> {
    let named = request.read(WHICH_PHONE, NamedPhone::parse)?;
    let sent = request.world.send_phone_code(actor.account, request.context, |account| {
        match named.on(account, request)?.or_else(|| likeliest_phone(account)) {
            Some(phone) => Ok(phone),
            None => Err(ApiError::from(FieldError::new("phone", "The phone field is required."))),
        }
    });
    let fault = known(sent)??;
    Ok(Reply::new(Done("Verification code sent.")).fault(fault))
}

/// The operation of [`confirm_phone`].
pub(crate) fn confirms_phone() -> Operation {
    let page = Page::Watchlist(Phone::KIND);
    Operation::new("confirmPhone", page, "Confirm a phone by the code that was sent")
        .body(PHONE_CODE)
        .decided_by(&[Key::ConfirmWrongCode])
        .looks_up()
}

/// `POST …/phone-watchlist/confirm` (PHONE-2): takes the code.
pub(crate) fn confirm_phone(actor: Actor, request: &Request<'_>) -> Outcome<Done> {
    let (code, named) = request.read(PHONE_CODE, |fields| {
        let code = fields.opaque("code", true).flatten();
        code.zip(NamedPhone::parse(fields))
    })?;
    let confirmed =
        request.world.confirm_phone(actor.account, &code, request.context, |account| named.on(account, request));
    if known(confirmed)?? {
        Ok(Reply::new(Done("Phone confirmed.")))
    } else {
        Err(wrong_code(request).fact(Fact::Phone2))
    }
}

/// The operation of [`verify_card`].
pub(crate) fn verifies_card() -> Operation {
    let page = Page::Watchlist(Card::KIND);
    Operation::new("verifyCreditCard", page, "Verify a credit card by the code that was sent")
        .body(CARD_CODE)
        .decided_by(&[Key::ConfirmWrongCode])
        .looks_up()
}

/// `POST /api/v1/credit-cards/verify` (CARD-4): takes the code that was sent when the card was added.
pub(crate) fn verify_card(actor: Actor, request: &Request<'_>) -> Outcome<Done> {
    let (id, code) = request.read(CARD_CODE, |fields| {
        let id = fields.opaque("credit_card_id", true).flatten();
        let code = fields.opaque("code", true).flatten();
        id.zip(code)
    })?;
    let id = request.parse_id(Card::TABLE, &id).unwrap_or_default();
    match known(request.world.verify_card(actor.account, id, &code, request.context))? {
        VerifiedCard::Verified => Ok(Reply::new(Done("Credit card verified."))),
        VerifiedCard::WrongCode => Err(wrong_code(request).fact(Fact::Card4)),
        VerifiedCard::NoCard => Err(request.no_such_item::<Card>(id)),
    }
}

/// The refusal of a code that is wrong, used, replaced or expired, by `confirm.wrong-code`.
fn wrong_code(request: &Request<'_>) -> ApiError {
    let error = FieldError::new("code", "The selected code is invalid.");
    ApiError::assumed(request.assumed().choice::<ConfirmWrongCode>(), error).hint(
        "the code is wrong, expired, replaced by a later one, or was used before; GET /_mock/outbox lists the codes that \
         were sent",
    )
}

/// A phone as a body names it, if it names one.
struct NamedPhone {
    id: Option<String>,
    number: Option<Box<str>>,
}

impl NamedPhone {
    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let id = fields.opaque("phone_id", false);
        let number = fields.optional("phone", phone::rule);
        Some(Self { id: id?, number: number? })
    }

    /// The phone, which must be one of the account's; none where the body names none.
    fn on(&self, account: &Account, request: &Request<'_>) -> Result<Option<Box<str>>, ApiError> {
        let phones = &account.watchlists.phones;
        if let Some(id) = &self.id {
            let id = request.parse_id(Phone::TABLE, id).unwrap_or_default();
            let item = phones.one(id).ok_or_else(|| request.no_such_item::<Phone>(id))?;
            return Ok(Some(item.fields.value().into()));
        }
        match &self.number {
            Some(number) if phones.holding(number).is_none() && account.phone.as_ref() != Some(number) => {
                Err(unknown("phone").into())
            }
            number => Ok(number.clone()),
        }
    }
}

/// The phone that is meant where none is named.
fn likeliest_phone(account: &Account) -> Option<Box<str>> {
    let phones = &account.watchlists.phones;
    let item = phones.iter().rfind(|item| !item.is_confirmed()).or_else(|| phones.iter().next_back());
    item.map(|item| item.fields.value().into()).or_else(|| account.phone.clone())
}
