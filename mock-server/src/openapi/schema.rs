//! The bodies and the objects of answers, field by field, and how each format writes them.

use serde_json::{Map, Value as Json, json};

use crate::assumptions::{Assumptions, IdForm, LegacyBoolean};
use crate::format::Format;

/// The objects that answers hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Model {
    Account,
    Email,
    Phone,
    Iban,
    Passport,
    License,
    Card,
    Leak,
    Alarm,
    Statistic,
    AccountAlarms,
    Guidance,
    Profile,
    OnlineStatus,
    Site,
    Scan,
}

/// The bodies that requests have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Body {
    Login,
    Sso,
    Code,
    Account,
    AccountChanges,
    Password,
    Email,
    Resend,
    Phone,
    SendCode,
    ConfirmPhone,
    Iban,
    Passport,
    PassportChanges,
    License,
    Card,
    VerifyCard,
    Leak,
    Profile,
    ProfileChanges,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
enum Holds {
    Id,
    Text,
    Email,
    Flag,
    Number,
    Date,
    Time,
    OneOf(&'static [&'static str]),
    Texts,
    Object(&'static [Field]),
    Objects(&'static [Field]),
    /// What a scan found: an object, or an empty list where it found nothing (ONLINE-6).
    Found(&'static [Field]),
}

#[derive(Clone, Copy, Debug)]
struct Field {
    name: &'static str,
    holds: Holds,
    about: &'static str,
    may_be_null: bool,
    may_be_absent: bool,
}

const fn field(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, about: "", may_be_null: false, may_be_absent: false }
}

impl Field {
    const fn or_null(self) -> Self {
        Self { may_be_null: true, ..self }
    }

    const fn or_absent(self) -> Self {
        Self { may_be_absent: true, ..self }
    }

    const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}

use Holds::{Date, Flag, Found, Id, Number, Object, Objects, OneOf, Text, Texts, Time};

const KINDS: [&str; 7] = ["EMAIL", "PHONE", "IBAN", "PASSPORT", "DRIVERS_LICENSE", "CREDIT_CARD", "SSN"];
const SEVERITIES: [&str; 4] = ["LOW", "MEDIUM", "HIGH", "CRITICAL"];
const STATUSES: [&str; 2] = ["OPEN", "CLOSED"];
const SOURCES: [&str; 5] = ["BREACH", "COMBOLIST", "STEALER_LOG", "PASTE", "DARK_WEB"];
const SCAN_STATUSES: [&str; 4] = ["SCAN_NOT_STARTED", "SCAN_INITIATED", "SCAN_FAILED", "SCAN_COMPLETED"];

const CREATED: Field = field("created_at", Time);
const UPDATED: Field = field("updated_at", Time);

const EMAIL: &[Field] = &[
    field("id", Id),
    field("email", Holds::Email),
    field("is_confirmed", Flag).about("Whether it is watched; what a user adds waits for its confirmation."),
    field("confirmed_at", Time).or_null(),
    CREATED,
    UPDATED,
];
const PHONE: &[Field] = &[
    field("id", Id),
    field("phone", Text).about("E.164."),
    field("is_confirmed", Flag),
    field("confirmed_at", Time).or_null(),
    CREATED,
    UPDATED,
];
const IBAN: &[Field] = &[field("id", Id), field("iban", Text), field("country_code", Text), CREATED, UPDATED];
const PASSPORT: &[Field] = &[
    field("id", Id),
    field("passport_number", Text),
    field("country_code", Text).or_null(),
    field("expiry_date", Date).or_null(),
    CREATED,
    UPDATED,
];
const LICENSE: &[Field] =
    &[field("id", Id), field("license_number", Text), field("country_code", Text).or_null(), CREATED, UPDATED];
const CARD: &[Field] = &[
    field("id", Id),
    field("masked_number", Text),
    field("last_four", Text),
    field("brand", Text),
    field("expiry_month", Number),
    field("expiry_year", Number),
    field("is_verified", Flag).about("Whether it is watched; what a user adds waits for a code."),
    field("verified_at", Time).or_null(),
    CREATED,
    UPDATED,
];
const ACCOUNT: &[Field] = &[
    field("id", Id),
    field("first_name", Text),
    field("last_name", Text),
    field("email", Holds::Email).or_null(),
    field("phone", Text).or_null(),
    field("country_code", Text).or_null(),
    field("lang_code", Text).or_null(),
    field("plan_id", Number),
    field("type", Text),
    field("company_id", Number).or_absent(),
    field("ssn", Text).or_null().or_absent().about("As the assumption ssn.echo says: masked, whole, or left out."),
    field("has_ssn", Flag),
    field("is_ssn_monitored", Flag),
    field("is_active", Flag),
    field("activation_date", Date),
    CREATED,
    UPDATED,
];
const LEAK: &[Field] = &[
    field("id", Id),
    field("item_id", Id).about("The watched item whose value leaked."),
    field("alarm_id", Id).about("The alarm that it raised."),
    field("source_type", OneOf(&SOURCES)),
    field("title", Text),
    field("domain", Text).or_null(),
    field("description", Text),
    field("breach_date", Date).or_null(),
    field("published_at", Time),
    field("data_classes", Texts),
    field("severity", OneOf(&SEVERITIES)),
    field("status", OneOf(&STATUSES)),
    field("is_verified", Flag),
    field("has_password", Flag),
    field("has_plaintext_password", Flag),
    CREATED,
];
const ALARM: &[Field] = &[
    field("id", Id),
    field("account_id", Id),
    field("company_id", Number).or_absent(),
    field("type", OneOf(&KINDS)),
    field("title", Text),
    field("severity", OneOf(&SEVERITIES)),
    field("status", OneOf(&STATUSES)),
    field("leak_id", Id),
    CREATED,
    field("closed_at", Time).or_null(),
];
const STATISTIC: &[Field] = &[
    field("total", Number),
    field("open", Number),
    field("closed", Number),
    field("by_type", Object(&numbers(KINDS))),
    field("by_severity", Object(&numbers(SEVERITIES))),
];
const ACCOUNT_ALARMS: &[Field] = &[
    field("account_id", Id),
    field("alarms_count", Number),
    field("open_count", Number),
    field("closed_count", Number),
    field("first_alarm_at", Time),
    field("last_alarm_at", Time),
];
const GUIDANCE: &[Field] = &[
    field("alarm_id", Id),
    field("leak_id", Id),
    field("type", OneOf(&KINDS)),
    field("severity", OneOf(&SEVERITIES)),
    field("title", Text),
    field("text", Text),
    field("steps", Texts),
];
const PROFILE: &[Field] = &[
    field("first_name", Text),
    field("last_name", Text),
    field("email", Holds::Email),
    field("phone", Text).or_null(),
    field("street", Text).or_null(),
    field("zip", Text).or_null(),
    field("city", Text).or_null(),
    CREATED,
    UPDATED,
];
const ONLINE_STATUS: &[Field] = &[
    field("has_profile", Flag),
    field("scan_status", OneOf(&SCAN_STATUSES)),
    field("sites_total", Number),
    field("sites_completed", Number),
    field("sites_failed", Number),
    field("sites_with_data", Number),
    field("removal_requests_total", Number),
    field("removal_requests_done", Number),
    field("last_scan_at", Time).or_null(),
];
const SITE: &[Field] = &[field("id", Id), field("name", Text), field("domain", Text), field("country_code", Text)];
const SCAN: &[Field] = &[field("sites", Objects(SCANNED))];
const SCANNED: &[Field] = &[
    field("id", Id),
    field("name", Text),
    field("domain", Text),
    field("scan_result", Object(SCAN_RESULT)),
    field("removal_requests", Objects(REMOVAL_REQUEST)),
];
const SCAN_RESULT: &[Field] = &[
    field("status", OneOf(&SCAN_STATUSES)),
    field("is_data_found", Flag).or_absent(),
    field("comparison", Object(COMPARISON)).or_null().or_absent(),
    field("data", Found(FOUND)).about("What was found; an empty list where nothing was."),
];
const COMPARISON: &[Field] = &[
    field("is_first_name_equal", Flag),
    field("is_last_name_equal", Flag),
    field("is_email_equal", Flag),
    field("is_phone_equal", Flag),
    field("is_street_equal", Flag),
    field("is_zip_equal", Flag),
    field("is_city_equal", Flag),
];
const FOUND: &[Field] = &[
    field("firstName", Text).or_null(),
    field("lastName", Text).or_null(),
    field("email", Text).or_null(),
    field("ssn", Text).or_null(),
    field("phone", Text).or_null(),
    field("street", Text).or_null(),
    field("zip", Text).or_null(),
    field("city", Text).or_null(),
];
const REMOVAL_REQUEST: &[Field] = &[field("id", Id), field("status", Text), CREATED, UPDATED];

const fn numbers<const N: usize>(names: [&'static str; N]) -> [Field; N] {
    let mut fields = [field("", Number); N];
    let mut place = 0;
    while place < N {
        fields[place].name = names[place];
        place += 1;
    }
    fields
}

const PROFILE_BODY: &[Field] = &[
    field("first_name", Text),
    field("last_name", Text),
    field("email", Holds::Email),
    field("phone", Text).or_absent(),
    field("street", Text).or_absent(),
    field("zip", Text).or_absent(),
    field("city", Text).or_absent(),
];
const ACCOUNT_BODY: &[Field] = &[
    field("ssn", Text).about("Required unless the gateway says SSN_REQUIRED=false (ACCOUNT-3)."),
    field("first_name", Text),
    field("last_name", Text),
    field("email", Holds::Email).or_absent().about("Required without a phone (ACCOUNT-4)."),
    field("phone", Text).or_absent(),
    field("country_code", Text).or_absent(),
    field("lang_code", Text).or_absent(),
    field("plan_id", Number).or_absent(),
    field("company_id", Number).or_absent(),
    field("type", Text).or_absent(),
];
const PASSPORT_BODY: &[Field] =
    &[field("passport_number", Text), field("country_code", Text).or_absent(), field("expiry_date", Date).or_absent()];

/// What the document follows beside the table: the settings of a world that show in its answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing<'a> {
    pub(crate) assumptions: &'a Assumptions,
    pub(crate) ssn_required: bool,
}

impl Model {
    /// As the document names it; what only the legacy format writes so has a name of its own.
    pub(crate) fn name(self, format: Format) -> String {
        let name = match self {
            Self::License => "DriversLicense",
            Self::Card => "CreditCard",
            Self::Statistic => "AlarmStatistic",
            Self::Profile => "OnlineProfile",
            Self::Scan => "ScanStatus",
            other => return prefixed(format, &format!("{other:?}")),
        };
        prefixed(format, name)
    }

    fn fields(self) -> &'static [Field] {
        match self {
            Self::Account => ACCOUNT,
            Self::Email => EMAIL,
            Self::Phone => PHONE,
            Self::Iban => IBAN,
            Self::Passport => PASSPORT,
            Self::License => LICENSE,
            Self::Card => CARD,
            Self::Leak => LEAK,
            Self::Alarm => ALARM,
            Self::Statistic => STATISTIC,
            Self::AccountAlarms => ACCOUNT_ALARMS,
            Self::Guidance => GUIDANCE,
            Self::Profile => PROFILE,
            Self::OnlineStatus => ONLINE_STATUS,
            Self::Site => SITE,
            Self::Scan => SCAN,
        }
    }

    /// Its schema in this format.
    pub(crate) fn schema(self, format: Format, writing: Writing<'_>) -> Json {
        object(self.fields(), Some(format), writing)
    }
}

/// The name of what is written so in this format.
pub(crate) fn prefixed(format: Format, name: &str) -> String {
    match format {
        Format::Standardized => name.to_owned(),
        Format::Legacy => format!("Legacy{name}"),
    }
}

impl Body {
    /// As the document names it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Login => "Credentials".to_owned(),
            Self::Sso => "SsoCredentials".to_owned(),
            Self::Code => "SsoCode".to_owned(),
            Self::AccountChanges | Self::PassportChanges | Self::ProfileChanges => format!("{self:?}"),
            Self::License => "NewDriversLicense".to_owned(),
            Self::Card => "NewCreditCard".to_owned(),
            Self::Profile => "NewOnlineProfile".to_owned(),
            Self::Account | Self::Email | Self::Phone | Self::Iban | Self::Passport => format!("New{self:?}"),
            Self::Password => "NewPassword".to_owned(),
            Self::Resend => "WhichEmail".to_owned(),
            Self::SendCode => "WhichPhone".to_owned(),
            Self::ConfirmPhone => "PhoneConfirmation".to_owned(),
            Self::VerifyCard => "CreditCardVerification".to_owned(),
            Self::Leak => "WhichLeak".to_owned(),
        }
    }

    /// Whether a request may come without it.
    pub(crate) fn is_optional(self) -> bool {
        matches!(self, Self::Resend | Self::SendCode)
    }

    /// Its schema.
    pub(crate) fn schema(self, writing: Writing<'_>) -> Json {
        let of = |fields: &[Field]| object(fields, None, writing);
        let mut schema = match self {
            Self::Login => of(&[
                field("username", Text),
                field("password", Text),
                field("keep_logged", Flag).or_absent().about("Asks for a token that lasts longer (LOGIN-2)."),
            ]),
            Self::Sso => of(&[field("client_id", Text), field("client_secret", Text), field("email", Holds::Email)]),
            Self::Code => of(&[field("code", Text)]),
            Self::Account => {
                let mut fields = ACCOUNT_BODY.to_vec();
                fields[0].may_be_absent = !writing.ssn_required;
                of(&fields)
            }
            Self::AccountChanges => of(&changes(&ACCOUNT_BODY[1..])),
            Self::Password => of(&[
                field("password", Text),
                field("password_confirmation", Text).or_absent(),
                field("current_password", Text).or_absent(),
            ]),
            Self::Email => of(&[field("email", Holds::Email)]),
            Self::Resend => of(&[field("email", Holds::Email).or_absent(), field("email_id", Id).or_absent()]),
            Self::Phone => of(&[field("phone", Text).about("E.164, with or without separators.")]),
            Self::SendCode => of(&[field("phone_id", Id).or_absent(), field("phone", Text).or_absent()]),
            Self::ConfirmPhone => {
                of(&[field("code", Text), field("phone_id", Id).or_absent(), field("phone", Text).or_absent()])
            }
            Self::Iban => of(&[field("iban", Text)]),
            Self::Passport => of(PASSPORT_BODY),
            Self::PassportChanges => of(&changes(PASSPORT_BODY)),
            Self::License => of(&[field("license_number", Text), field("country_code", Text).or_absent()]),
            Self::Card => of(&[
                field("card_number", Text),
                field("expiry_month", Number),
                field("expiry_year", Number),
                field("cvc", Text).or_absent(),
                field("card_holder", Text).or_absent(),
            ]),
            Self::VerifyCard => of(&[field("credit_card_id", Id), field("code", Text)]),
            Self::Leak => of(&[field("leak_id", Id)]),
            Self::Profile => of(PROFILE_BODY),
            Self::ProfileChanges => of(&changes(PROFILE_BODY)),
        };
        schema["examples"] = json!([self.example(writing)]);
        schema
    }

    /// A body that a world of the default seed takes. Codes, and ids of what has just been added, are of the form only.
    fn example(self, writing: Writing<'_>) -> Json {
        let id = |number: u64, table| crate::id::Id::new(table, number).shown(writing.assumptions.choice());
        use crate::id::Table;
        match self {
            Self::Login => {
                json!({ "username": "service@partner.example", "password": "mock-crm-password", "keep_logged": false })
            }
            Self::Sso => json!({
                "client_id": "mock-client", "client_secret": "mock-secret", "email": "john.doe@example.com",
            }),
            Self::Code => json!({ "code": "the-code-that-was-issued" }),
            Self::Account => json!({
                "ssn": "19900101-1234", "first_name": "Erika", "last_name": "Example", "email": "erika@example.com",
                "country_code": "SE", "lang_code": "SV", "plan_id": 1, "type": "SINGLE",
            }),
            Self::AccountChanges => json!({ "first_name": "Johnny", "phone": "+46701740650" }),
            Self::Password => {
                json!({ "password": "mock-user-password", "password_confirmation": "mock-user-password" })
            }
            Self::Email => json!({ "email": "erika@example.com" }),
            Self::Resend => json!({ "email": "erika@example.com" }),
            Self::Phone => json!({ "phone": "+46701740650" }),
            Self::SendCode => json!({ "phone": "+46701740605" }),
            Self::ConfirmPhone => json!({ "phone": "+46701740605", "code": "123456" }),
            Self::Iban => json!({ "iban": "SE35 5000 0000 0549 1000 0003" }),
            Self::Passport => {
                json!({ "passport_number": "XX0000000", "country_code": "FI", "expiry_date": "2031-12-31" })
            }
            Self::PassportChanges => json!({ "expiry_date": "2036-12-31" }),
            Self::License => json!({ "license_number": "850101-2390", "country_code": "SE" }),
            Self::Card => json!({
                "card_number": "5555555555554444", "expiry_month": 12, "expiry_year": 2049, "cvc": "737",
                "card_holder": "Erika Example",
            }),
            Self::VerifyCard => json!({ "credit_card_id": id(2, Table::Card), "code": "123456" }),
            Self::Leak => json!({ "leak_id": id(1, Table::Leak) }),
            Self::Profile => json!({
                "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com", "phone": "+46701740605",
                "street": "Exempelgatan 1", "zip": "000 00", "city": "Exempelstad",
            }),
            Self::ProfileChanges => json!({ "street": "Exempelgatan 2" }),
        }
    }
}

/// The same fields in a body that changes what it names.
fn changes(fields: &[Field]) -> Vec<Field> {
    fields.iter().map(|field| Field { about: "", ..field.or_absent().or_null() }).collect()
}

/// An object of these fields, as an answer in this format, or as a body.
fn object(fields: &[Field], format: Option<Format>, writing: Writing<'_>) -> Json {
    let properties: Map<String, Json> =
        fields.iter().map(|field| (field.name.to_owned(), described(field, format, writing))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| !field.may_be_absent).map(|field| field.name).collect();
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

fn described(field: &Field, format: Option<Format>, writing: Writing<'_>) -> Json {
    let mut schema = held(field.holds, format, writing);
    if field.may_be_null {
        match schema.get_mut("type") {
            Some(only @ Json::String(_)) => *only = json!([only.take(), "null"]),
            _ => schema = json!({ "anyOf": [schema, { "type": "null" }] }),
        }
        if let Some(values) = schema.get_mut("enum").and_then(Json::as_array_mut) {
            values.push(Json::Null);
        }
    }
    if !field.about.is_empty() {
        schema["description"] = field.about.into();
    }
    schema
}

fn held(holds: Holds, format: Option<Format>, writing: Writing<'_>) -> Json {
    match (holds, format) {
        (Id, _) => id(writing.assumptions),
        (Text, _) => json!({ "type": "string" }),
        (Holds::Email, _) => json!({ "type": "string", "format": "email" }),
        (Number, _) => json!({ "type": "integer" }),
        (Date, _) => json!({ "type": "string", "format": "date" }),
        (Flag, Some(Format::Legacy)) => match writing.assumptions.choice() {
            LegacyBoolean::Number => json!({ "type": "integer", "enum": [0, 1] }),
            LegacyBoolean::TextNumber => json!({ "type": "string", "enum": ["0", "1"] }),
            LegacyBoolean::Text => json!({ "type": "string", "enum": ["false", "true"] }),
        },
        (Flag, _) => json!({ "type": "boolean" }),
        (Time, Some(Format::Legacy)) => json!({
            "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$", "examples": ["2026-06-15 08:30:00"],
        }),
        (Time, _) => json!({ "type": "string", "format": "date-time" }),
        (OneOf(values), _) => json!({ "type": "string", "enum": values }),
        (Texts, _) => json!({ "type": "array", "items": { "type": "string" } }),
        (Object(fields), _) => object(fields, format, writing),
        (Objects(fields), _) => json!({ "type": "array", "items": object(fields, format, writing) }),
        (Found(fields), _) => {
            let nothing = json!({ "type": "array", "items": { "type": "string" }, "maxItems": 0 });
            json!({ "anyOf": [object(fields, format, writing), nothing] })
        }
    }
}

/// An id in the form in force.
pub(crate) fn id(assumptions: &Assumptions) -> Json {
    match assumptions.choice() {
        IdForm::Integer => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
        IdForm::Uuid => json!({ "type": "string", "format": "uuid" }),
    }
}
