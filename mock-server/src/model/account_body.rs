//! The bodies that create and change an account (ACCOUNT-1 to 5).

use std::sync::Arc;

use crate::model::account::{Account, DEFAULT_PLAN, DEFAULT_TYPE};
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm, Presence};
use crate::model::exposure::Exposures;
use crate::model::fields::{Complaint, Fields, short_text, two_letters};
use crate::model::ssn::{self, Ssn};
use crate::model::time::Timestamp;
use crate::model::update::{Change, Update};
use crate::model::watchlists::Watchlists;
use crate::model::watchlists::{email, phone};

const FIELDS: &[BodyField] = &[
    BodyField {
        name: "ssn",
        form: FieldForm::Text,
        presence: Presence::BySsnRequired,
        about: "Required unless the gateway says SSN_REQUIRED=false (ACCOUNT-3).",
    },
    BodyField::required("first_name", FieldForm::Text),
    BodyField::required("last_name", FieldForm::Text),
    BodyField::optional("email", FieldForm::Email).about("Required without a phone (ACCOUNT-4)."),
    BodyField::optional("phone", FieldForm::Text),
    BodyField::optional("country_code", FieldForm::Text),
    BodyField::optional("lang_code", FieldForm::Text),
    BodyField::optional("plan_id", FieldForm::Number),
    BodyField::optional("company_id", FieldForm::Number),
    BodyField::optional("type", FieldForm::Text),
];

/// An account as a create call describes it.
#[derive(Debug)]
pub(crate) struct NewAccount {
    pub(crate) ssn: Option<Box<str>>,
    pub(crate) first_name: Box<str>,
    pub(crate) last_name: Box<str>,
    pub(crate) email: Option<Arc<str>>,
    pub(crate) phone: Option<Box<str>>,
    pub(crate) country_code: Option<Box<str>>,
    pub(crate) lang_code: Option<Box<str>>,
    pub(crate) plan_id: Option<u32>,
    pub(crate) company_id: Option<u64>,
    pub(crate) kind: Option<Box<str>>,
}

impl NewAccount {
    /// The body that creates an account.
    pub(crate) const BODY: BodySchema = BodySchema {
        name: "NewAccount",
        fields: FIELDS,
        example: r#"{
            "ssn": "19900101-1234", "first_name": "Erika", "last_name": "Example", "email": "erika@example.com",
            "country_code": "SE", "lang_code": "SV", "plan_id": 1, "type": "SINGLE"
        }"#,
        purpose: BodyPurpose::Whole,
    };

    /// The account that a body describes (ACCOUNT-1 to 4); where one is missing, `fields` holds the errors.
    pub(crate) fn parse(fields: &mut Fields<'_>, ssn_required: bool) -> Option<Self> {
        let country = fields.peek("country_code").and_then(|text| two_letters(text).ok());
        let has_phone = fields.has("phone");

        let ssn = fields.required_if(ssn_required, "is required", "ssn", ssn::rule(country.as_deref()));
        let first_name = fields.required("first_name", short_text);
        let last_name = fields.required("last_name", short_text);
        let email = fields.required_if(!has_phone, "is required when phone is not present", "email", shared_email);
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

    /// The account that it describes.
    pub(crate) fn create(self, id: u64, partner: u64, now: Timestamp) -> Account {
        Account {
            id,
            partner,
            first_name: self.first_name,
            last_name: self.last_name,
            created_with: self.email.clone(),
            email: self.email,
            phone: self.phone,
            country_code: self.country_code,
            lang_code: self.lang_code,
            plan_id: self.plan_id.unwrap_or(DEFAULT_PLAN),
            company_id: self.company_id,
            kind: self.kind.unwrap_or_else(|| DEFAULT_TYPE.into()),
            ssn: self.ssn.map(Ssn::new),
            created_at: now,
            updated_at: now,
            watchlists: Watchlists::default(),
            password: None,
            phone_codes: Vec::new(),
            exposures: Exposures::default(),
            online: None,
        }
    }
}

/// The rule of an email, which an account shares with the index by which it is found.
fn shared_email(text: &str) -> Result<Arc<str>, Complaint> {
    email::rule(text).map(Arc::from)
}

/// Plans and companies are known by numbers from 1.
fn number_from_1<T: TryFrom<i64>>(number: i64) -> Result<T, Complaint> {
    T::try_from(number).ok().filter(|_| number >= 1).ok_or_else(|| "must be at least 1".into())
}

/// The changes that an update makes to an account.
#[derive(Debug)]
pub(crate) struct AccountChanges {
    first_name: Option<Box<str>>,
    last_name: Option<Box<str>>,
    email: Change<Arc<str>>,
    phone: Change<Box<str>>,
    country_code: Change<Box<str>>,
    lang_code: Change<Box<str>>,
    plan_id: Change<u32>,
    company_id: Change<u64>,
    kind: Change<Box<str>>,
}

impl AccountChanges {
    /// The body that changes an account. An `ssn` in it is ignored (ACCOUNT-5).
    pub(crate) const BODY: BodySchema = BodySchema {
        name: "AccountChanges",
        fields: FIELDS.split_at(1).1,
        example: r#"{ "first_name": "Johnny", "phone": "+46701740650" }"#,
        purpose: BodyPurpose::Changes,
    };

    /// The changes that a body describes; where they are missing, `fields` holds the errors.
    pub(crate) fn parse(fields: &mut Fields<'_>, update: Update<'_>, account: &Account) -> Option<Self> {
        let first_name = fields.change_required("first_name", update, short_text);
        let last_name = fields.change_required("last_name", update, short_text);
        let email = fields.change("email", update, shared_email);
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

    /// Carries them out.
    pub(crate) fn apply(self, account: &mut Account) {
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
        self.plan_id.apply_or(DEFAULT_PLAN, &mut account.plan_id);
        self.kind.apply_or(DEFAULT_TYPE.into(), &mut account.kind);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::model::fields::Invalid;

    /// The errors of a body that creates an account.
    fn errors(body: Json, ssn_required: bool) -> Vec<String> {
        let body = body.as_object().cloned().expect("an object");
        let mut fields = Fields::new(&body, NewAccount::BODY.fields);
        let draft = NewAccount::parse(&mut fields, ssn_required);
        match fields.finish(draft) {
            Ok(_) => Vec::new(),
            Err(Invalid(errors)) => errors.into_iter().map(|error| error.text.into_owned()).collect(),
        }
    }

    #[test]
    fn a_create_call_must_name_these_fields() {
        let whole = json!({
            "ssn": "19900101-1234", "first_name": "John", "last_name": "Doe", "email": "john@example.com",
            "country_code": "SE", "lang_code": "SV", "plan_id": 1, "type": "SINGLE",
        });
        assert_eq!(errors(whole.clone(), true), [""; 0]);

        let without = |field: &str| {
            let mut body = whole.clone();
            body.as_object_mut().expect("an object").remove(field);
            body
        };
        assert_eq!(errors(without("ssn"), true), ["The ssn field is required."]);
        assert_eq!(errors(without("ssn"), false), [""; 0]);
        assert_eq!(errors(without("first_name"), true), ["The first name field is required."]);
        assert_eq!(errors(without("last_name"), true), ["The last name field is required."]);
        assert_eq!(errors(without("email"), true), ["The email field is required when phone is not present."]);
        for optional in ["country_code", "lang_code", "plan_id", "type"] {
            assert_eq!(errors(without(optional), true), [""; 0], "{optional}");
        }
        let mut with_phone = without("email");
        with_phone["phone"] = json!("+46701740605");
        assert_eq!(errors(with_phone, true), [""; 0]);
    }

    #[test]
    fn all_errors_are_told_at_once_and_in_order() {
        let body = json!({ "ssn": "1", "email": "x", "country_code": "SWE", "plan_id": 0 });
        assert_eq!(
            errors(body, true),
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
