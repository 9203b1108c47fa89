//! Accounts: created and administered by CRM, read and kept up by their owners (ACCOUNT-1 to 5, SSO-5).

use serde_json::{Map, Value as Json};

use crate::assumptions::{Assumed, Key};
use crate::auth::{Actor, Mode, Partner};
use crate::call::Call;
use crate::fields::{self, Change, Fields, Update, short_text, taken, two_letters};
use crate::id::{Id, Table};
use crate::leak::Hit;
use crate::online::Online;
use crate::reply::{Issue, Outcome, Refusal, Reply};
use crate::ssn::{self, Ssn};
use crate::time::Timestamp;
use crate::value::Object;
use crate::watchlist::Items;
use crate::watchlist::card::Card;
use crate::watchlist::email::{self, Email};
use crate::watchlist::iban::Iban;
use crate::watchlist::license::License;
use crate::watchlist::passport::Passport;
use crate::watchlist::phone::{self, Phone, PhoneCode};

/// One account with all that belongs to it: one entry of the world, so that a rule and its write are one step.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) partner: u64,
    pub(crate) first_name: Box<str>,
    pub(crate) last_name: Box<str>,
    pub(crate) email: Option<Box<str>>,
    /// The email that it was created with, by which SSO knows it (SSO-3).
    pub(crate) created_with: Option<Box<str>>,
    pub(crate) phone: Option<Box<str>>,
    pub(crate) country_code: Option<Box<str>>,
    lang_code: Option<Box<str>>,
    pub(crate) plan_id: u32,
    /// The company that it belongs to, if its partner has named one.
    pub(crate) company_id: Option<u64>,
    kind: Box<str>,
    pub(crate) ssn: Option<Ssn>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) emails: Items<Email>,
    pub(crate) phones: Items<Phone>,
    pub(crate) ibans: Items<Iban>,
    pub(crate) passports: Items<Passport>,
    pub(crate) licenses: Items<License>,
    pub(crate) cards: Items<Card>,
    /// The end user's, once they have set it. Nothing documented asks for it but its next change.
    pub(crate) password: Option<Box<str>>,
    /// Codes sent to verify a phone of the account (PHONE-2).
    pub(crate) phone_codes: Vec<PhoneCode>,
    /// The leaks that it sees or has seen, each with its alarm, in the order in which they were found.
    pub(crate) hits: Vec<Hit>,
    /// Its Online Data, once there is any.
    pub(crate) online: Option<Box<Online>>,
}

/// What a create call says of an account.
#[derive(Debug)]
pub(crate) struct Draft {
    ssn: Option<Box<str>>,
    first_name: Box<str>,
    last_name: Box<str>,
    pub(crate) email: Option<Box<str>>,
    phone: Option<Box<str>>,
    country_code: Option<Box<str>>,
    lang_code: Option<Box<str>>,
    plan_id: Option<u32>,
    company_id: Option<u64>,
    kind: Option<Box<str>>,
}

impl Draft {
    /// All fields that [`Draft::parse`] reads.
    pub(crate) const FIELDS: &'static [&'static str] = &[
        "ssn",
        "first_name",
        "last_name",
        "email",
        "phone",
        "country_code",
        "lang_code",
        "plan_id",
        "company_id",
        "type",
    ];

    /// The account that a body describes (ACCOUNT-1 to 4); where one is missing, `fields` holds the issues.
    pub(crate) fn parse(fields: &mut Fields<'_>, ssn_required: bool) -> Option<Self> {
        let country = fields.peek("country_code").and_then(|text| two_letters(text).ok());
        let has_phone = fields.has("phone");

        let ssn = fields.required_if(ssn_required, "is required", "ssn", ssn::rule(country.as_deref()));
        let first_name = fields.required("first_name", short_text);
        let last_name = fields.required("last_name", short_text);
        let email = fields.required_if(!has_phone, "is required when phone is not present", "email", email::rule);
        let phone = fields.optional("phone", phone::rule);
        let country_code = fields.optional("country_code", two_letters);
        let lang_code = fields.optional("lang_code", two_letters);
        let plan_id = fields.integer("plan_id", false, number_from_1);
        let company_id = fields.integer("company_id", false, number_from_1);
        let kind = fields.optional("type", short_text);
        Some(Self {
            ssn: ssn?,
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            phone: phone?,
            country_code: country_code?,
            lang_code: lang_code?,
            plan_id: plan_id?,
            company_id: company_id?,
            kind: kind?,
        })
    }
}

/// The plan and the type of an account that names none: what the guide's example has (ACCOUNT-1).
const USUAL_PLAN: u32 = 1;
const USUAL_TYPE: &str = "SINGLE";

/// Plans and companies are known by numbers from 1.
fn number_from_1<T: TryFrom<i64>>(number: i64) -> Result<T, fields::Complaint> {
    T::try_from(number).ok().filter(|_| number >= 1).ok_or_else(|| "must be at least 1".into())
}

impl Account {
    /// The account that `draft` describes.
    pub(crate) fn new(id: u64, partner: u64, draft: Draft, now: Timestamp) -> Self {
        Self {
            id,
            partner,
            first_name: draft.first_name,
            last_name: draft.last_name,
            created_with: draft.email.clone(),
            email: draft.email,
            phone: draft.phone,
            country_code: draft.country_code,
            lang_code: draft.lang_code,
            plan_id: draft.plan_id.unwrap_or(USUAL_PLAN),
            company_id: draft.company_id,
            kind: draft.kind.unwrap_or_else(|| USUAL_TYPE.into()),
            ssn: draft.ssn.map(Ssn::new),
            created_at: now,
            updated_at: now,
            emails: Items::default(),
            phones: Items::default(),
            ibans: Items::default(),
            passports: Items::default(),
            licenses: Items::default(),
            cards: Items::default(),
            password: None,
            phone_codes: Vec::new(),
            hits: Vec::new(),
            online: None,
        }
    }

    /// The body that would create it, but for its SSN, which need not be of its country any more.
    pub(crate) fn profile(&self) -> Map<String, Json> {
        fields::body([
            ("first_name", (*self.first_name).into()),
            ("last_name", (*self.last_name).into()),
            ("email", self.email.as_deref().into()),
            ("phone", self.phone.as_deref().into()),
            ("country_code", self.country_code.as_deref().into()),
            ("lang_code", self.lang_code.as_deref().into()),
            ("plan_id", self.plan_id.into()),
            ("company_id", self.company_id.into()),
            ("type", (*self.kind).into()),
        ])
    }

    /// The account as a client reads it.
    pub(crate) fn show(&self, assumed: Assumed<'_>) -> Object {
        Object::new()
            .with("id", Id::new(Table::Account, self.id))
            .with("first_name", &self.first_name)
            .with("last_name", &self.last_name)
            .with("email", self.email.as_ref())
            .with("phone", self.phone.as_ref())
            .with("country_code", self.country_code.as_ref())
            .with("lang_code", self.lang_code.as_ref())
            .with("plan_id", u64::from(self.plan_id))
            .with("type", &self.kind)
            .with_some("company_id", self.company_id)
            .with_some("ssn", self.show_ssn(assumed))
            .with("has_ssn", self.ssn.is_some())
            .with("is_ssn_monitored", self.monitored_ssn().is_some())
            .with("is_active", true)
            .with("activation_date", self.created_at.date())
            .with("created_at", self.created_at)
            .with("updated_at", self.updated_at)
    }
}

/// `POST /api/v1/account` (ACCOUNT-1).
pub(crate) fn create(partner: Partner, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let draft = Draft::parse(&mut fields, call.world.settings().ssn_required);
    let draft = fields.finish(draft)?;
    let created = call.world.create_account(partner.0, draft, call.now, |account| account.show(call.assumed()));
    match created {
        Some(shown) => Ok(Reply::AccountCreated(shown)),
        None => Err(email_is_taken(call)),
    }
}

/// `GET /api/v1/account/{account_id}` by CRM, `GET /api/v1/account` by the owner (SSO-5).
pub(crate) fn one(actor: Actor, call: &Call<'_>) -> Outcome {
    call.world.read_account(actor.account, |account| Ok(Reply::Account(account.show(call.assumed()))))
}

/// The routes that `PUT` an account (SSO-5, ACCOUNT-5), by `put.replaces`.
pub(crate) fn replace(actor: Actor, call: &Call<'_>) -> Outcome {
    update(actor, call, Update::put(call.assumed()))
}

/// `PATCH /api/v1/account/{account_id}` (ACCOUNT-5): changes what the body names.
pub(crate) fn change(actor: Actor, call: &Call<'_>) -> Outcome {
    update(actor, call, Update::patch(call.assumed()))
}

/// Updates an account, and ignores an `ssn` in the body (ACCOUNT-5).
fn update(actor: Actor, call: &Call<'_>, update: Update<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let email = fields.peek("email").and_then(|text| email::rule(text).ok());
    let updated = call.world.change_account_and_email(actor.account, email, |account, is_taken| {
        let changes = Changes::parse(&mut fields, update, account);
        if breaks!(call.world.settings(), UpdateRefusesSsn) && body.contains_key("ssn") {
            fields.complain("ssn", "cannot be changed");
        }
        let changes = fields.finish(changes)?;
        if is_taken {
            return Err(email_is_taken(call));
        }
        if breaks!(call.world.settings(), UpdateIsLost) {
            return Ok(Reply::Account(account.show(call.assumed())));
        }
        if breaks!(call.world.settings(), OwnUpdateIsLost) && actor.mode == Mode::EndUser {
            return Ok(Reply::Account(account.show(call.assumed())));
        }
        changes.apply(account);
        if breaks!(call.world.settings(), UpdateTakesSsn)
            && let Some(number) = body.get("ssn").and_then(|ssn| ssn.as_str())
        {
            account.ssn = Some(Ssn::new(number.into()));
        }
        account.updated_at = call.now;
        Ok(Reply::Account(account.show(call.assumed())))
    });
    #[cfg(feature = "broken-rules")]
    if breaks!(call.world.settings(), UpdateRenamesAll) {
        crate::broken::rename_all(call.world, actor.account);
    }
    updated
}

/// The refusal of an email that stands for another account, by `account.duplicate`.
fn email_is_taken(call: &Call<'_>) -> Refusal {
    Refusal::assumed(call.assumed().name(Key::AccountDuplicate), taken("email"))
        .hint("this partner has an account with that email already, and SSO finds accounts by their email; see SSO-1")
}

/// `POST /api/v2/account/password` (SSO-5). The guide gives no body: `password`, and where they are sent
/// `password_confirmation`, which must be the same, and `current_password`, which must be right if there is one.
pub(crate) fn change_password(actor: Actor, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    call.world.change_account(actor.account, |account| {
        let mut fields = Fields::new(&body);
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
            fields.refuse(Issue::new("current_password", "The password is incorrect."));
        }
        account.password = Some(fields.finish(password)?);
        Ok(Reply::Done("Password changed."))
    })
}

/// As Laravel's default.
const SHORTEST_PASSWORD: usize = 8;

/// What an update says of an account.
#[derive(Debug)]
struct Changes {
    first_name: Option<Box<str>>,
    last_name: Option<Box<str>>,
    email: Change<Box<str>>,
    phone: Change<Box<str>>,
    country_code: Change<Box<str>>,
    lang_code: Change<Box<str>>,
    plan_id: Change<u32>,
    company_id: Change<u64>,
    kind: Change<Box<str>>,
}

impl Changes {
    fn parse(fields: &mut Fields<'_>, update: Update<'_>, account: &Account) -> Option<Self> {
        let first_name = fields.change_required("first_name", update, short_text);
        let last_name = fields.change_required("last_name", update, short_text);
        let email = fields.change("email", update, email::rule);
        let phone = fields.change("phone", update, phone::rule);
        let country_code = fields.change("country_code", update, two_letters);
        let lang_code = fields.change("lang_code", update, two_letters);
        let plan_id = fields.change_integer("plan_id", update, number_from_1);
        let company_id = fields.change_integer("company_id", update, number_from_1);
        let kind = fields.change("type", update, short_text);
        let (email, phone) = (email?, phone?);
        // ACCOUNT-4 holds after an update too: an account cannot lose both its addresses.
        if !email.leaves(account.email.is_some()) && !phone.leaves(account.phone.is_some()) {
            fields.complain("email", "is required when phone is not present");
            return None;
        }
        Some(Self {
            first_name: first_name?,
            last_name: last_name?,
            email,
            phone,
            country_code: country_code?,
            lang_code: lang_code?,
            plan_id: plan_id?,
            company_id: company_id?,
            kind: kind?,
        })
    }

    fn apply(self, account: &mut Account) {
        let replace = |new: Option<Box<str>>, old: &mut Box<str>| {
            if let Some(new) = new {
                *old = new;
            }
        };
        replace(self.first_name, &mut account.first_name);
        replace(self.last_name, &mut account.last_name);
        self.email.apply(&mut account.email);
        self.phone.apply(&mut account.phone);
        self.country_code.apply(&mut account.country_code);
        self.lang_code.apply(&mut account.lang_code);
        self.company_id.apply(&mut account.company_id);
        self.plan_id.apply_or(USUAL_PLAN, &mut account.plan_id);
        self.kind.apply_or(USUAL_TYPE.into(), &mut account.kind);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reply::Why;

    /// The fields that have an issue.
    fn issues(body: Json, ssn_required: bool) -> Vec<String> {
        let body = body.as_object().cloned().expect("an object");
        let mut fields = Fields::new(&body);
        let draft = Draft::parse(&mut fields, ssn_required);
        match fields.finish(draft) {
            Ok(_) => Vec::new(),
            Err(Why::Invalid(issues)) => issues.into_iter().map(|issue| issue.text.into_owned()).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_create_call_must_name() {
        let whole = json!({
            "ssn": "19900101-1234", "first_name": "John", "last_name": "Doe", "email": "john@example.com",
            "country_code": "SE", "lang_code": "SV", "plan_id": 1, "type": "SINGLE",
        });
        assert_eq!(issues(whole.clone(), true), [""; 0]);

        let without = |field: &str| {
            let mut body = whole.clone();
            body.as_object_mut().expect("an object").remove(field);
            body
        };
        assert_eq!(issues(without("ssn"), true), ["The ssn field is required."]);
        assert_eq!(issues(without("ssn"), false), [""; 0]);
        assert_eq!(issues(without("first_name"), true), ["The first name field is required."]);
        assert_eq!(issues(without("last_name"), true), ["The last name field is required."]);
        assert_eq!(issues(without("email"), true), ["The email field is required when phone is not present."]);
        for optional in ["country_code", "lang_code", "plan_id", "type"] {
            assert_eq!(issues(without(optional), true), [""; 0], "{optional}");
        }
        let mut with_phone = without("email");
        with_phone["phone"] = json!("+46701740605");
        assert_eq!(issues(with_phone, true), [""; 0]);
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_and_in_order() {
        let body = json!({ "ssn": "1", "email": "x", "country_code": "SWE", "plan_id": 0 });
        assert_eq!(
            issues(body, true),
            [
                "The ssn field format is invalid.",
                "The first name field is required.",
                "The last name field is required.",
                "The email field must be a valid email address.",
                "The country code field format is invalid.",
                "The plan id field must be at least 1.",
            ]
        );
    }
}
