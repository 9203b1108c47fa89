//! The profile of Online Data: the person that data brokers are searched for (ONLINE-2).

use serde_json::{Map, Value as Json};

use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::fields::{self, Fields, short_text};
use crate::model::shape::{EmailText, shape};
use crate::model::time::Timestamp;
use crate::model::update::{Change, Update};
use crate::model::watchlists::{email, phone};

const FIELDS: &[BodyField] = &[
    BodyField::required("first_name", FieldForm::Text),
    BodyField::required("last_name", FieldForm::Text),
    BodyField::required("email", FieldForm::Email),
    BodyField::optional("phone", FieldForm::Text),
    BodyField::optional("street", FieldForm::Text),
    BodyField::optional("zip", FieldForm::Text),
    BodyField::optional("city", FieldForm::Text),
];

shape! {
    /// A profile as a client reads it.
    ProfileShape = "OnlineProfile" {
        first_name: Box<str>,
        last_name: Box<str>,
        email: EmailText,
        phone: Option<Box<str>>,
        street: Option<Box<str>>,
        zip: Option<Box<str>>,
        city: Option<Box<str>>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

/// The person that brokers are searched for (ONLINE-2).
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(super) first_name: Box<str>,
    pub(super) last_name: Box<str>,
    pub(super) email: Box<str>,
    pub(super) phone: Option<Box<str>>,
    pub(super) street: Option<Box<str>>,
    pub(super) zip: Option<Box<str>>,
    pub(super) city: Option<Box<str>>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Profile {
    /// The body that creates a profile.
    pub(crate) const BODY: BodySchema = BodySchema {
        name: "NewOnlineProfile",
        fields: FIELDS,
        example: r#"{
            "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com", "phone": "+46701740605",
            "street": "Exempelgatan 1", "zip": "000 00", "city": "Exempelstad"
        }"#,
        purpose: BodyPurpose::Whole,
    };

    /// The profile that a body describes; where one is missing, `fields` holds the errors.
    pub(crate) fn parse(fields: &mut Fields<'_>, now: Timestamp) -> Option<Self> {
        let first_name = fields.required("first_name", short_text);
        let last_name = fields.required("last_name", short_text);
        let email = fields.required("email", email::rule);
        let phone = fields.optional("phone", phone::rule);
        let street = fields.optional("street", short_text);
        let zip = fields.optional("zip", short_text);
        let city = fields.optional("city", short_text);
        Some(Self {
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            phone: phone?,
            street: street?,
            zip: zip?,
            city: city?,
            created_at: now,
            updated_at: now,
        })
    }

    /// The body that would create it.
    pub(crate) fn body(&self) -> Map<String, Json> {
        fields::body([
            ("first_name", (*self.first_name).into()),
            ("last_name", (*self.last_name).into()),
            ("email", (*self.email).into()),
            ("phone", self.phone.as_deref().into()),
            ("street", self.street.as_deref().into()),
            ("zip", self.zip.as_deref().into()),
            ("city", self.city.as_deref().into()),
        ])
    }

    /// The profile as a client reads it.
    pub(crate) fn show(&self) -> ProfileShape {
        ProfileShape {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: EmailText(self.email.clone()),
            phone: self.phone.clone(),
            street: self.street.clone(),
            zip: self.zip.clone(),
            city: self.city.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// The changes that an update makes to a profile.
#[derive(Debug)]
pub(crate) struct ProfileChanges {
    first_name: Option<Box<str>>,
    last_name: Option<Box<str>>,
    email: Option<Box<str>>,
    phone: Change<Box<str>>,
    street: Change<Box<str>>,
    zip: Change<Box<str>>,
    city: Change<Box<str>>,
}

impl ProfileChanges {
    /// The body that changes a profile.
    pub(crate) const BODY: BodySchema = BodySchema {
        name: "ProfileChanges",
        fields: FIELDS,
        example: r#"{ "street": "Exempelgatan 2" }"#,
        purpose: BodyPurpose::Changes,
    };

    /// The changes that a body describes; where they are missing, `fields` holds the errors.
    pub(crate) fn parse(fields: &mut Fields<'_>, update: Update<'_>) -> Option<Self> {
        let first_name = fields.change_required("first_name", update, short_text);
        let last_name = fields.change_required("last_name", update, short_text);
        let email = fields.change_required("email", update, email::rule);
        let phone = fields.change("phone", update, phone::rule);
        let street = fields.change("street", update, short_text);
        let zip = fields.change("zip", update, short_text);
        let city = fields.change("city", update, short_text);
        Some(Self {
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            phone: phone?,
            street: street?,
            zip: zip?,
            city: city?,
        })
    }

    /// Carries them out.
    pub(crate) fn apply(self, profile: &mut Profile) {
        let named = [
            (self.first_name, &mut profile.first_name),
            (self.last_name, &mut profile.last_name),
            (self.email, &mut profile.email),
        ];
        for (new, old) in named {
            if let Some(new) = new {
                *old = new;
            }
        }
        self.phone.apply(&mut profile.phone);
        self.street.apply(&mut profile.street);
        self.zip.apply(&mut profile.zip);
        self.city.apply(&mut profile.city);
    }
}
