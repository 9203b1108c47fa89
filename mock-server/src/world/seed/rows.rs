//! The fields of a seed, one row each: from here come the faults that are told, the JSON Schema and the table of the
//! documentation. Tests hold the rows to the types that read a seed.

use serde_json::{Map, Value as Json, json};

use super::form::{Field, Form};
use crate::model::account_body::NewAccount;
use crate::model::body::{BodySchema, FieldForm, Presence as InBody};
use crate::model::confirmation::Means;
use crate::model::id::Table;
use crate::model::kind::WatchKind;
use crate::model::leak::SourceType;
use crate::model::online::profile::Profile;
use crate::model::severity::Severity;
use crate::model::watchlists::{ForKind, Watchlist, with_each_kind};

/// The default of ids, in words.
const NEXT: &str = "the one after the highest before it in the file, from 1";

/// The default of the times of a thing that was changed later, in words.
const AS_CREATED: &str = "its `created_at`";

/// The fields of a whole seed.
pub(crate) fn seed() -> Vec<Field> {
    vec![
        Field::required("version", Form::Number(1, 1), "The version of this form.").example(1),
        Field::optional(
            "assume",
            Form::Assumptions,
            "Assumptions of this world, by key; those of the server win.",
            "none",
        )
        .example(json!({ "list.shape": "paginated" })),
        Field::or_null("clock", clock(), "The clock of this world.", "that of the machine"),
        Field::optional(
            "partners",
            Form::objects(partner()),
            "The partners with their credentials.",
            "two, with the published credentials",
        ),
        Field::or_null(
            "tokens",
            Form::objects(token()),
            "Tokens that are valid from the start.",
            "`1|mock-crm-token` for the first partner",
        ),
        Field::optional(
            "plans",
            Form::objects(plan()),
            "The plans that accounts may have.",
            "those of `fixtures/online.json`",
        ),
        Field::optional(
            "sites",
            Form::objects(site()),
            "The data brokers of Online Data.",
            "those of `fixtures/online.json`",
        ),
        Field::optional("accounts", Form::objects(account()), "The customers of the partners.", "none"),
        Field::optional(
            "leaks",
            Form::objects(leak()),
            "Leaks that are known from the start; each raises an alarm for the accounts that watch its value.",
            "none",
        ),
        Field::optional(
            "closed_alarms",
            Form::objects(closed_alarm()),
            "Alarms of those leaks that are closed.",
            "none",
        ),
        Field::optional("sso_codes", Form::objects(code()), "One-time codes; a snapshot writes them.", "none"),
        Field::optional(
            "messages",
            Form::objects(message()),
            "Messages that were sent; a snapshot writes them.",
            "none",
        ),
        Field::optional(
            "late_messages",
            Form::objects(late_message()),
            "Messages that a fault holds back; a snapshot writes them.",
            "none",
        ),
        Field::optional(
            "used_secrets",
            Form::objects(used_secret()),
            "Links and codes that were used; a snapshot writes them.",
            "none",
        ),
        Field::or_null(
            "given_out",
            Form::Object(given_out()),
            "Numbers that were given out; a snapshot writes them.",
            "those of the file",
        ),
    ]
}

fn clock() -> Form {
    Form::OneField(vec![
        Field::optional("frozen_at", Form::Time, "It stands still at this time.", ""),
        Field::optional("ahead_seconds", Form::Number(i64::MIN, i64::MAX), "It runs ahead of the machine's clock.", "")
            .example(3600),
    ])
}

fn partner() -> Vec<Field> {
    vec![
        Field::or_null("id", Form::Number(0, i64::MAX), "Its number.", NEXT),
        Field::or_null("name", Form::Text, "A name for people.", "`Partner` and its id").example("Partner One"),
        Field::optional(
            "crm_users",
            Form::objects(vec![
                Field::required("username", Form::Text, "").example("service@partner.example"),
                Field::required("password", Form::Text, "").example("mock-crm-password"),
            ]),
            "Its users of the CRM API.",
            "none",
        ),
        Field::optional(
            "sso_clients",
            Form::objects(vec![
                Field::required("client_id", Form::Text, "").example("mock-client"),
                Field::required("client_secret", Form::Text, "").example("mock-secret"),
            ]),
            "Its SSO clients.",
            "none",
        ),
    ]
}

fn token() -> Vec<Field> {
    vec![
        Field::or_null("number", Form::Number(0, i64::MAX), "The part before the `|`.", NEXT),
        Field::required("secret", Form::Text, "The part after the `|`.").example("mock-crm-token"),
        Field::or_null(
            "partner",
            Form::Number(0, i64::MAX),
            "The partner that it is for; a token is for a partner or an account.",
            "",
        ),
        Field::or_null("account", Form::Number(0, i64::MAX), "The account that it is for.", ""),
        Field::or_null("expires_at", Form::Time, "When it expires.", "never"),
        Field::or_null(
            "minute",
            Form::Object(vec![
                Field::required("began_at", Form::Time, ""),
                Field::required("requests", Form::Number(0, i64::from(u32::MAX)), ""),
            ]),
            "Its use in the last minute; a snapshot writes it.",
            "none",
        ),
    ]
}

fn plan() -> Vec<Field> {
    vec![
        Field::required("id", Form::Number(0, i64::from(u32::MAX)), "The `plan_id` of accounts."),
        Field::required("name", Form::Text, "A name for people.").example("Complete"),
        Field::required("has_online_data", Form::Flag, "Whether it includes Online Data (ONLINE-1)."),
    ]
}

fn site() -> Vec<Field> {
    let outcomes = ["found", "nothing", "failed", "failed_once"];
    vec![
        Field::required("id", Form::Number(0, i64::MAX), "Its number."),
        Field::required("name", Form::Text, "").example("Sample Directory"),
        Field::required("domain", Form::Text, "").example("sample-directory.example"),
        Field::required("country_code", Form::Text, "").example("SE"),
        Field::or_null("outcome", names(&outcomes), "The outcome of its scans.", "it differs"),
    ]
}

/// The fields of an account, its items included.
pub(crate) fn account() -> Vec<Field> {
    let mut fields = vec![
        Field::or_null("id", Form::Number(0, i64::MAX), "Its number.", NEXT),
        Field::or_null("partner", Form::Number(0, i64::MAX), "The partner that it belongs to.", "the first partner"),
        Field::required("profile", Form::Object(profile()), "The body that would create it; here the SSN is optional."),
        Field::or_null("app_token", Form::Text, "The token of its user, a number and a secret.", "none")
            .example("7|jane-app-token"),
        Field::or_null(
            "ssn",
            Form::Text,
            "The SSN, where it is not of the country of the profile.",
            "that of the profile",
        )
        .example("19900101-2385"),
        Field::optional("is_ssn_monitored", Form::Flag, "Whether the SSN is monitored (SSN-3).", "true"),
        Field::or_null(
            "created_with",
            Form::Text,
            "The email that SSO knows it by; null for none.",
            "that of the profile",
        )
        .example("jane.roe@example.com"),
        Field::or_null("password", Form::Text, "The password that was set (ACCOUNT-6).", "none")
            .example("mock-password"),
        Field::or_null(
            "created_at",
            Form::Time,
            "",
            "2026-01-01T00:00:00Z, and a minute more for each account before it",
        ),
        Field::or_null("updated_at", Form::Time, "", AS_CREATED),
        Field::optional(
            "phone_codes",
            Form::objects(vec![
                Field::required("phone", Form::Text, "").example("+46701740650"),
                Field::required("code", Form::Object(challenge(Means::Code)), ""),
            ]),
            "Codes that were sent to verify a phone (PHONE-2).",
            "none",
        ),
        Field::or_null(
            "alarms",
            Form::objects(alarm()),
            "Its alarms; a snapshot writes them.",
            "one for each leak that it sees",
        ),
        Field::or_null(
            "online_profile",
            Form::Object(online_profile()),
            "The body that would create its profile of Online Data (ONLINE-2).",
            "none",
        ),
        Field::optional("online_scans", Form::Snapshot, "Its scans; a snapshot writes them.", "none"),
    ];
    fields.extend(with_each_kind(Lists));
    fields
}

/// The fields of the body that creates an account.
pub(crate) fn profile() -> Vec<Field> {
    let mut fields = body(NewAccount::BODY);
    for (name, default) in [("plan_id", "1"), ("type", "`SINGLE`")] {
        fields.iter_mut().filter(|field| field.name == name).for_each(|field| field.default = default);
    }
    fields
}

/// The list of items of each kind.
struct Lists;

impl ForKind for Lists {
    type Output = Field;

    fn run<K: Watchlist>(&mut self) -> Field {
        let about = format!("The {} that it watches.", K::KIND.names().many);
        Field::optional(K::LIST, Form::objects(item::<K>()), &about, "none")
    }
}

/// The fields of an item: those of the body that adds it, and the rest.
pub(crate) fn item<K: Watchlist>() -> Vec<Field> {
    let mut fields = body(K::BODY);
    fields.extend(beside_body(K::CONFIRMING.map(|confirming| confirming.means)));
    fields
}

fn beside_body(means: Option<Means>) -> Vec<Field> {
    let created = "that of the account, and a second more for each item of its list up to it";
    let mut fields = vec![
        Field::or_null("id", Form::Number(0, i64::MAX), "Its number among items of its kind.", NEXT),
        Field::or_null("created_at", Form::Time, "", created),
        Field::or_null("updated_at", Form::Time, "", AS_CREATED),
        Field::or_null("confirmed_at", Form::Time, "When it was confirmed.", AS_CREATED),
    ];
    if let Some(means) = means {
        let about = "Whether it is pending: it waits for its user to confirm it.";
        fields.push(Field::optional("pending", Form::Flag, about, "false"));
        let about = "The link or code that confirms a pending item.";
        fields.push(Field::or_null("waits_for", Form::Object(challenge(means)), about, "see its fields"));
    }
    fields
}

/// The link or code of a pending item.
fn challenge(means: Means) -> Vec<Field> {
    let (about, default, example) = match means {
        Means::Link => (
            "The end of the link `/_confirm/…`: letters, digits and `-`.",
            "`email-` and the id of the item",
            "email-4",
        ),
        Means::Code => ("The code.", "`123456`", "123456"),
    };
    vec![
        Field::or_null("secret", Form::Text, about, default).example(example),
        Field::or_null("expires_at", Form::Time, "Until when it works.", "for ever"),
    ]
}

fn alarm() -> Vec<Field> {
    vec![
        Field::required("id", Form::Number(0, i64::MAX), ""),
        Field::required("leak", Form::Number(0, i64::MAX), "The place of its leak in `leaks`, from 0."),
        Field::required("leak_id", Form::Number(0, i64::MAX), "The id that the leak has on this account."),
        Field::or_null(
            "item_id",
            Form::Number(0, i64::MAX),
            "The item that watches the value.",
            "the account's own SSN",
        ),
        Field::required("is_watched", Form::Flag, "Whether it still does."),
        Field::required("created_at", Form::Time, ""),
        Field::or_null("closed_at", Form::Time, "When it was closed.", "it is open"),
    ]
}

/// The fields of a profile of Online Data.
pub(crate) fn online_profile() -> Vec<Field> {
    let mut fields = body(Profile::BODY);
    fields.push(Field::or_null("created_at", Form::Time, "", "that of the account"));
    fields.push(Field::or_null("updated_at", Form::Time, "", AS_CREATED));
    fields
}

fn leak() -> Vec<Field> {
    let kinds = WatchKind::ALL.map(|kind| json_name(&kind));
    let sources = SourceType::NAMES.map(str::to_owned);
    vec![
        Field::required("kind", Form::OneOf(kinds.to_vec()), "The kind of the value."),
        Field::required("value", Form::Text, "The value that leaked, as the API would take it.")
            .example("john.work@example.com"),
        Field::optional("source_type", Form::OneOf(sources.to_vec()), "Where it was found.", "`BREACH`"),
        Field::or_null("title", Form::Text, "A name for people.", "`Unknown source`").example("Exempelbutiken"),
        Field::or_null("domain", Form::Text, "The domain of the service that was breached.", "null")
            .example("exempelbutiken.example"),
        Field::or_null("description", Form::Text, "", "`The source has not been disclosed.`")
            .example("A copy of the customer database of a web shop was offered for sale."),
        Field::or_null("breach_date", Form::Date, "The day of the breach.", "null"),
        Field::or_null(
            "published_at",
            Form::Time,
            "When the data became available.",
            "2026-02-01T00:00:00Z, and a minute more for each leak before it",
        ),
        Field::optional(
            "data_classes",
            Form::List(Box::new(Form::Text)),
            "The data that the breach holds.",
            "that of the kind",
        )
        .example(json!(["email", "full_name"])),
        Field::or_null("severity", names(&Severity::NAMES), "How bad it is.", "it follows from source and data"),
        Field::or_null("is_verified", Form::Flag, "Whether the source has been checked.", "true"),
        Field::optional("has_password", Form::Flag, "", "false"),
        Field::optional("has_plaintext_password", Form::Flag, "", "false"),
    ]
}

fn closed_alarm() -> Vec<Field> {
    vec![
        Field::or_null(
            "leak",
            Form::Number(0, i64::MAX),
            "The place of the leak in `leaks`, from 0; its alarms are closed.",
            "",
        )
        .example(0),
        Field::or_null(
            "account",
            Form::Number(0, i64::MAX),
            "Only the alarm of this account.",
            "those of all accounts",
        ),
        Field::or_null(
            "id",
            Form::Number(0, i64::MAX),
            "In place of `leak`: the alarm, counted in the order of the leaks.",
            "",
        ),
        Field::or_null("closed_at", Form::Time, "", "an hour after the alarm was raised"),
    ]
}

fn code() -> Vec<Field> {
    vec![
        Field::required("code", Form::Text, "").example("mock-code"),
        Field::required("account", Form::Number(0, i64::MAX), ""),
        Field::required("expires_at", Form::Time, ""),
        Field::required("is_used", Form::Flag, ""),
    ]
}

fn message() -> Vec<Field> {
    vec![
        Field::required("id", Form::Number(0, i64::MAX), ""),
        Field::required("channel", names(&["email", "sms"]), ""),
        Field::required("to", Form::Text, "").example("jane.roe@example.com"),
        Field::required("account", Form::Number(0, i64::MAX), ""),
        Field::required("kind", Form::Text, "").example("watchlist-email-confirmation"),
        Field::or_null("subject", Form::Text, "", "null").example("Confirm your email address"),
        Field::required("text", Form::Text, "").example("Hello"),
        Field::or_null("link", Form::Text, "", "null").example("http://127.0.0.1:8650/_confirm/email-4"),
        Field::or_null("code", Form::Text, "", "null").example("123456"),
        Field::required("sent_at", Form::Time, ""),
    ]
}

fn late_message() -> Vec<Field> {
    let after = vec![
        Field::or_null("to", Form::Text, "", "any").example("jane.roe@example.com"),
        Field::or_null("channel", names(&["email", "sms"]), "", "any"),
    ];
    vec![
        Field::required("arrives_at", Form::Time, ""),
        Field::or_null("after", Form::Object(after), "The message that it arrives after.", "none"),
        Field::required("message", Form::Object(message()), ""),
    ]
}

fn used_secret() -> Vec<Field> {
    vec![
        Field::required("account", Form::Number(0, i64::MAX), ""),
        Field::required("secret", Form::Text, "").example("mock-code"),
    ]
}

fn given_out() -> Vec<Field> {
    let tables = Table::all().map(|table| json_name(&table)).collect();
    vec![
        Field::required("ids", Form::Counts(tables), "The last id of each table.").example(json!({ "account": 3 })),
        Field::required("messages", Form::Number(0, i64::MAX), ""),
        Field::required("secrets", Form::Number(0, i64::MAX), ""),
    ]
}

/// The fields of a request body.
fn body(schema: BodySchema) -> Vec<Field> {
    let examples = [schema.example, Profile::BODY.example].map(|text| serde_json::from_str(text).unwrap_or_default());
    let [own, other]: [Map<String, Json>; 2] = examples;
    let row = |field: &crate::model::body::BodyField| {
        let form = match field.form {
            FieldForm::Date => Form::Date,
            FieldForm::Number => Form::BodyNumber,
            FieldForm::Flag => Form::Flag,
            FieldForm::Text | FieldForm::Email | FieldForm::Id(_) => Form::Text,
        };
        let is_required = field.presence == InBody::Required;
        let about = if field.presence == InBody::BySsnRequired { "" } else { field.about };
        let row = if is_required {
            Field::required
        } else {
            |name, form, about: &str| Field::or_null(name, form, about, "null")
        };
        let example = own.get(field.name).or_else(|| other.get(field.name)).cloned();
        Field { example, ..row(field.name, form, about) }
    };
    schema.fields.iter().map(row).collect()
}

fn names(names: &[&str]) -> Form {
    Form::OneOf(names.iter().map(|name| (*name).to_owned()).collect())
}

/// The name by which JSON knows a value.
fn json_name(value: &impl serde::Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned()
}
