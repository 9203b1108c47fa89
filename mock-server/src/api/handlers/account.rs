//! Accounts: created and administered by CRM, read and kept up to date by their owners (ACCOUNT-1 to 5, SSO-5).

use crate::api::auth::{Actor, Partner};
use crate::api::error::{ApiError, known};
use crate::api::operation::{Operation, Page};
use crate::api::reply::{AccountCreated, AccountNow, Done, Outcome, Reply};
use crate::api::request::Request;
use crate::guide::assumptions::{AccountDuplicate, Key};
use crate::model::account::Account;
use crate::model::account_body::{AccountChanges, NewAccount};
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::fields::{FieldError, Fields, short_text, taken};
use crate::model::update::Update;
use crate::model::watchlists::email;

const PASSWORD: BodySchema = BodySchema {
    name: "NewPassword",
    fields: &[
        BodyField::required("password", FieldForm::Text),
        BodyField::optional("password_confirmation", FieldForm::Text),
        BodyField::optional("current_password", FieldForm::Text),
    ],
    example: r#"{ "password": "mock-user-password", "password_confirmation": "mock-user-password" }"#,
    purpose: BodyPurpose::Whole,
};

/// The length that a password has at least, as Laravel's default.
const SHORTEST_PASSWORD: usize = 8;

pub(crate) fn creates() -> Operation {
    Operation::new("createAccount", Page::Accounts, "Create an account")
        .body(NewAccount::BODY)
        .decided_by(&[Key::AccountDuplicate])
}

/// `POST /api/v1/account` (ACCOUNT-1).
pub(crate) fn create(partner: Partner, request: &Request<'_>) -> Outcome<AccountCreated> {
    let ssn_required = request.world.settings.ssn_required;
    let new = request.read(NewAccount::BODY, |fields| NewAccount::parse(fields, ssn_required))?;
    let show = |account: &Account| account.show(request.assumed());
    match request.world.create_account(partner.0, new, request.now(), show) {
        Some(shown) => Ok(Reply::new(AccountCreated(shown))),
        None => Err(email_is_taken(request)),
    }
}

pub(crate) fn reads() -> Operation {
    Operation::new("getAccount", Page::Accounts, "Read an account")
}

/// `GET /api/v1/account/{account_id}` by CRM, `GET /api/v1/account` by the owner (SSO-5).
pub(crate) fn one(actor: Actor, request: &Request<'_>) -> Outcome<AccountNow> {
    let shown = request.world.accounts.read(actor.account, |account| account.show(request.assumed()));
    Ok(Reply::new(AccountNow(known(shown)?)))
}

pub(crate) fn replaces() -> Operation {
    Operation::new("replaceAccount", Page::Accounts, "Update an account")
        .body(AccountChanges::BODY)
        .decided_by(&[Key::AccountDuplicate])
}

/// The routes that `PUT` an account (SSO-5, ACCOUNT-5), by `put.replaces`.
pub(crate) fn replace(actor: Actor, request: &Request<'_>) -> Outcome<AccountNow> {
    update(actor, request, Update::put(request.assumed()))
}

pub(crate) fn changes() -> Operation {
    Operation::new("changeAccount", Page::Accounts, "Change fields of an account")
        .body(AccountChanges::BODY)
        .decided_by(&[Key::AccountDuplicate])
}

/// `PATCH /api/v1/account/{account_id}` (ACCOUNT-5): changes the fields that the body names.
pub(crate) fn change(actor: Actor, request: &Request<'_>) -> Outcome<AccountNow> {
    update(actor, request, Update::patch(request.assumed()))
}

/// Updates an account, and ignores an `ssn` in the body (ACCOUNT-5).
fn update(actor: Actor, request: &Request<'_>, update: Update<'_>) -> Outcome<AccountNow> {
    let body = request.body()?;
    let mut fields = Fields::new(&body, AccountChanges::BODY.fields);
    let email = fields.peek("email").and_then(|text| email::rule(text).ok());
    let updated = request.world.change_account(actor.account, email.map(Into::into), |account, is_taken| {
        let changes = AccountChanges::parse(&mut fields, update, account);
        let changes = fields.finish(changes)?;
        if is_taken {
            return Err(email_is_taken(request));
        }
        changes.apply(account);
        account.updated_at = request.now();
        Ok(account.show(request.assumed()))
    });
    Ok(Reply::new(AccountNow(known(updated)??)))
}

/// The refusal of an email that another account has, by `account.duplicate`.
fn email_is_taken(request: &Request<'_>) -> ApiError {
    ApiError::assumed(request.assumed().choice::<AccountDuplicate>(), taken("email"))
        .hint("this partner has an account with that email already, and SSO finds accounts by their email; see SSO-1")
}

pub(crate) fn changes_password() -> Operation {
    Operation::new("changePassword", Page::Accounts, "Set the end user's password").body(PASSWORD)
}

/// `POST /api/v2/account/password` (SSO-5). The guide gives no body. The mock takes `password`; a
/// `password_confirmation` must be the same, and a `current_password` must be right if a password is set.
pub(crate) fn change_password(actor: Actor, request: &Request<'_>) -> Outcome<Done> {
    let body = request.body()?;
    let changed = request.world.accounts.change(actor.account, |account| -> Result<(), ApiError> {
        let mut fields = Fields::new(&body, PASSWORD.fields);
        let confirmation = fields.peek("password_confirmation");
        let current = fields.peek("current_password");
        let password = fields.required("password", |text| match short_text(text)? {
            text if text.chars().count() < SHORTEST_PASSWORD => {
                Err(format!("must be at least {SHORTEST_PASSWORD} characters").into())
            }
            text if confirmation.is_some_and(|confirmation| *confirmation != *text) => {
                Err("confirmation does not match".into())
            }
            text => Ok(text),
        });
        if current.zip(account.password.as_deref()).is_some_and(|(given, set)| given != set) {
            fields.refuse(FieldError::new("current_password", "The password is incorrect."));
        }
        account.password = Some(fields.finish(password)?);
        Ok(())
    });
    known(changed)??;
    Ok(Reply::new(Done("Password changed.")))
}
