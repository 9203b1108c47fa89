//! What each row of the route table does, in the words of the document: its name, its body, its answer, and the
//! assumptions that may refuse it. What is the same for many rows (tokens, captures, formats) is not said here: it
//! follows from the row.

use super::schema::{Body, Model};
use crate::assumptions::Key;

/// The page of the guide that an operation stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Tokens,
    Accounts,
    Ssn,
    Email,
    Phone,
    Iban,
    Passport,
    License,
    Card,
    Alarms,
    AlarmsOfAll,
    OnlineData,
}

impl Tag {
    /// All of them, in the order of the guide, each with a sentence.
    pub(crate) const ALL: [(Self, &'static str); 12] = [
        (Self::Tokens, "Where tokens come from: the CRM login, and SSO for end users."),
        (Self::Accounts, "Accounts: created and administered by CRM, kept up by their owners."),
        (Self::Ssn, "The monitoring of the SSN, which is no watchlist."),
        (Self::Email, "Watched email addresses."),
        (Self::Phone, "Watched phone numbers."),
        (Self::Iban, "Watched IBANs."),
        (Self::Passport, "Watched passports."),
        (Self::License, "Watched driver's licenses."),
        (Self::Card, "Watched credit cards."),
        (Self::Alarms, "The alarms of one account, and what to do about them."),
        (Self::AlarmsOfAll, "Alarms across all accounts of a partner."),
        (Self::OnlineData, "Online Data: what data brokers hold, and its removal."),
    ];

    /// As the document names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tokens => "Tokens",
            Self::Accounts => "Accounts",
            Self::Ssn => "SSN",
            Self::Email => "Email",
            Self::Phone => "Phone",
            Self::Iban => "IBAN",
            Self::Passport => "Passport",
            Self::License => "Driver's license",
            Self::Card => "Credit cards",
            Self::Alarms => "Alarms",
            Self::AlarmsOfAll => "Alarms across accounts",
            Self::OnlineData => "Online Data",
        }
    }
}

/// How an operation that was granted answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    AccountCreated,
    Account,
    Added(Model),
    Item(Model),
    List(Model),
    Removed,
    Done,
    /// An alarm or a sentence, by `alarm.close-answer`.
    Closed,
    Token,
    Code,
    Scan,
}

/// What a row does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    /// The beginning of its `operationId`.
    pub(crate) name: &'static str,
    pub(crate) tag: Tag,
    pub(crate) summary: &'static str,
    pub(crate) body: Option<Body>,
    pub(crate) answer: Answer,
    /// The assumptions whose value is the status of a refusal, or a word for another way.
    pub(crate) decided_by: &'static [Key],
    /// Whether something that the body names may not be there.
    pub(crate) looks_up: bool,
    /// Fields of the query, with what they are.
    pub(crate) query: &'static [(&'static str, &'static str)],
}

const fn operation(name: &'static str, tag: Tag, summary: &'static str, answer: Answer) -> Operation {
    Operation { name, tag, summary, body: None, answer, decided_by: &[], looks_up: false, query: &[] }
}

impl Operation {
    const fn body(self, body: Body) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn decided_by(self, keys: &'static [Key]) -> Self {
        Self { decided_by: keys, ..self }
    }

    const fn looks_up(self) -> Self {
        Self { looks_up: true, ..self }
    }
}

const fn adds(name: &'static str, tag: Tag, summary: &'static str, body: Body, model: Model) -> Operation {
    operation(name, tag, summary, Answer::Added(model)).body(body).decided_by(&[Key::AddDuplicate])
}

const fn lists(name: &'static str, tag: Tag, summary: &'static str, model: Model) -> Operation {
    operation(name, tag, summary, Answer::List(model))
}

const fn removes(name: &'static str, tag: Tag, summary: &'static str) -> Operation {
    operation(name, tag, summary, Answer::Removed)
}

/// The operations, in the order of the table.
pub(crate) mod does {
    use super::Tag::*;
    use super::*;

    pub(crate) const LOG_IN: Operation = operation("logIn", Tokens, "Log in as a CRM user", Answer::Token)
        .body(Body::Login)
        .decided_by(&[Key::LoginRefused]);
    pub(crate) const ISSUE_TOKEN: Operation =
        operation("issueAppToken", Tokens, "Get an app token for an end user", Answer::Token)
            .body(Body::Sso)
            .decided_by(&[Key::SsoRefused, Key::SsoUnknownEmail]);
    pub(crate) const ISSUE_CODE: Operation =
        operation("issueSsoCode", Tokens, "Get a one-time code for an end user", Answer::Code)
            .body(Body::Sso)
            .decided_by(&[Key::SsoRefused, Key::SsoUnknownEmail]);
    pub(crate) const EXCHANGE_CODE: Operation =
        operation("exchangeSsoCode", Tokens, "Exchange a one-time code for an app token", Answer::Token)
            .body(Body::Code)
            .decided_by(&[Key::SsoRefused]);

    pub(crate) const CREATE_ACCOUNT: Operation =
        operation("createAccount", Accounts, "Create an account", Answer::AccountCreated)
            .body(Body::Account)
            .decided_by(&[Key::AccountDuplicate]);
    pub(crate) const GET_ACCOUNT: Operation = operation("getAccount", Accounts, "Read an account", Answer::Account);
    pub(crate) const REPLACE_ACCOUNT: Operation =
        operation("replaceAccount", Accounts, "Update an account", Answer::Account)
            .body(Body::AccountChanges)
            .decided_by(&[Key::AccountDuplicate]);
    pub(crate) const CHANGE_ACCOUNT: Operation =
        operation("changeAccount", Accounts, "Change fields of an account", Answer::Account)
            .body(Body::AccountChanges)
            .decided_by(&[Key::AccountDuplicate]);
    pub(crate) const CHANGE_PASSWORD: Operation =
        operation("changePassword", Accounts, "Set the end user's password", Answer::Done).body(Body::Password);

    pub(crate) const ACTIVATE_SSN: Operation =
        operation("activateSsnMonitoring", Ssn, "Monitor the SSN", Answer::Done).decided_by(&[Key::SsnWithout]);
    pub(crate) const DEACTIVATE_SSN: Operation =
        operation("deactivateSsnMonitoring", Ssn, "Stop monitoring the SSN", Answer::Done)
            .decided_by(&[Key::SsnWithout]);

    pub(crate) const ADD_EMAIL: Operation =
        adds("addEmail", Email, "Watch an email address", Body::Email, Model::Email);
    pub(crate) const LIST_EMAILS: Operation =
        lists("listEmails", Email, "List the watched email addresses", Model::Email);
    pub(crate) const EMAIL_LEAKS: Operation =
        lists("listEmailLeaks", Email, "List the leaks of watched email addresses", Model::Leak);
    pub(crate) const REMOVE_EMAIL: Operation = removes("removeEmail", Email, "Stop watching an email address");
    pub(crate) const RESEND: Operation =
        operation("resendEmailConfirmation", Email, "Send what waits for confirmation once more", Answer::Done)
            .body(Body::Resend)
            .decided_by(&[Key::ResendNothingPending]);

    pub(crate) const ADD_PHONE: Operation = adds("addPhone", Phone, "Watch a phone number", Body::Phone, Model::Phone);
    pub(crate) const LIST_PHONES: Operation =
        lists("listPhones", Phone, "List the watched phone numbers", Model::Phone);
    pub(crate) const PHONE_LEAKS: Operation =
        lists("listPhoneLeaks", Phone, "List the leaks of watched phone numbers", Model::Leak);
    pub(crate) const REMOVE_PHONE: Operation = removes("removePhone", Phone, "Stop watching a phone number");
    pub(crate) const SEND_CODE: Operation =
        operation("sendPhoneVerificationCode", Phone, "Send a verification code to a phone", Answer::Done)
            .body(Body::SendCode)
            .looks_up();
    pub(crate) const CONFIRM_PHONE: Operation =
        operation("confirmPhone", Phone, "Confirm a phone by the code that was sent", Answer::Done)
            .body(Body::ConfirmPhone)
            .decided_by(&[Key::ConfirmWrongCode])
            .looks_up();

    pub(crate) const ADD_IBAN: Operation = adds("addIban", Iban, "Watch an IBAN", Body::Iban, Model::Iban);
    pub(crate) const LIST_IBANS: Operation = lists("listIbans", Iban, "List the watched IBANs", Model::Iban);
    pub(crate) const IBAN_LEAKS: Operation =
        lists("listIbanLeaks", Iban, "List the leaks of watched IBANs", Model::Leak);
    pub(crate) const REMOVE_IBAN: Operation = removes("removeIban", Iban, "Stop watching an IBAN");

    pub(crate) const ADD_PASSPORT: Operation =
        adds("addPassport", Passport, "Watch a passport", Body::Passport, Model::Passport);
    pub(crate) const LIST_PASSPORTS: Operation =
        lists("listPassports", Passport, "List the watched passports", Model::Passport);
    pub(crate) const CHANGE_PASSPORT: Operation =
        operation("changePassport", Passport, "Change fields of a watched passport", Answer::Item(Model::Passport))
            .body(Body::PassportChanges);
    pub(crate) const REMOVE_PASSPORT: Operation = removes("removePassport", Passport, "Stop watching a passport");

    pub(crate) const ADD_LICENSE: Operation =
        adds("addDriversLicense", License, "Watch a driver's license", Body::License, Model::License);
    pub(crate) const LIST_LICENSES: Operation =
        lists("listDriversLicenses", License, "List the watched driver's licenses", Model::License);
    pub(crate) const REMOVE_LICENSE: Operation =
        removes("removeDriversLicense", License, "Stop watching a driver's license");

    pub(crate) const ADD_CARD: Operation = adds("addCreditCard", Card, "Watch a credit card", Body::Card, Model::Card);
    pub(crate) const LIST_CARDS: Operation =
        lists("listCreditCards", Card, "List the watched credit cards", Model::Card);
    pub(crate) const GET_CARD: Operation =
        operation("getCreditCard", Card, "Read a watched credit card", Answer::Item(Model::Card));
    pub(crate) const REMOVE_CARD: Operation = removes("removeCreditCard", Card, "Stop watching a credit card");
    pub(crate) const CARD_LEAKS: Operation =
        lists("listCreditCardLeaks", Card, "List the leaks of watched credit cards", Model::Leak);
    pub(crate) const VERIFY_CARD: Operation =
        operation("verifyCreditCard", Card, "Verify a credit card by the code that was sent", Answer::Done)
            .body(Body::VerifyCard)
            .decided_by(&[Key::ConfirmWrongCode])
            .looks_up();

    pub(crate) const LIST_ALARMS: Operation = lists("listAlarms", Alarms, "List the alarms", Model::Alarm);
    pub(crate) const LIST_ALARMS_V2: Operation = lists("listAlarmsV2", Alarms, "List the alarms", Model::Alarm);
    pub(crate) const STATISTIC: Operation =
        operation("getAlarmStatistic", Alarms, "Count the alarms", Answer::Item(Model::Statistic));
    pub(crate) const GET_ALARM: Operation = operation("getAlarm", Alarms, "Read an alarm", Answer::Item(Model::Alarm));
    pub(crate) const CLOSE_ALARM: Operation =
        operation("closeAlarm", Alarms, "Close an alarm", Answer::Closed).decided_by(&[Key::AlarmCloseAgain]);
    pub(crate) const COACH: Operation =
        operation("getGuidance", Alarms, "Read what to do about an alarm", Answer::Item(Model::Guidance));
    pub(crate) const COACH_LEAK: Operation =
        operation("getGuidanceForLeak", Alarms, "Read what to do about a leak", Answer::Item(Model::Guidance))
            .body(Body::Leak)
            .looks_up();

    pub(crate) const ALL_ALARMS: Operation =
        lists("listAlarmsOfAllAccounts", AlarmsOfAll, "List the alarms of all accounts", Model::Alarm);
    pub(crate) const ALL_STATISTIC: Operation = operation(
        "getAlarmStatisticOfAllAccounts",
        AlarmsOfAll,
        "Count the alarms of all accounts",
        Answer::Item(Model::Statistic),
    );
    pub(crate) const EMAIL_ALARMS: Operation =
        lists("listEmailAlarms", AlarmsOfAll, "List the alarms about email addresses", Model::Alarm);
    pub(crate) const PHONE_ALARMS: Operation =
        lists("listPhoneAlarms", AlarmsOfAll, "List the alarms about phones", Model::Alarm);
    pub(crate) const CARD_ALARMS: Operation =
        lists("listCreditCardAlarms", AlarmsOfAll, "List the alarms about credit cards", Model::Alarm);
    pub(crate) const COMPANY_ALARMS: Operation =
        lists("listCompanyAlarms", AlarmsOfAll, "List the alarms of accounts that belong to a company", Model::Alarm);
    pub(crate) const ACCOUNTS_BY_PERIOD: Operation = Operation {
        query: &[("from", "The first day, in UTC."), ("to", "The last day, in UTC.")],
        ..lists(
            "listAccountsWithAlarms",
            AlarmsOfAll,
            "List the accounts that had alarms in a period",
            Model::AccountAlarms,
        )
    };
    pub(crate) const ONE_COMPANYS_ALARMS: Operation =
        lists("listAlarmsOfCompany", AlarmsOfAll, "List the alarms of one company", Model::Alarm);

    pub(crate) const CREATE_PROFILE: Operation =
        operation("createOnlineProfile", OnlineData, "Say whom to search for", Answer::Added(Model::Profile))
            .body(Body::Profile)
            .decided_by(&[Key::OnlinePlan, Key::OnlineProfileAgain]);
    pub(crate) const GET_PROFILE: Operation =
        operation("getOnlineProfile", OnlineData, "Read whom to search for", Answer::Item(Model::Profile))
            .decided_by(&[Key::OnlinePlan, Key::OnlineWithoutProfile]);
    pub(crate) const UPDATE_PROFILE: Operation =
        operation("updateOnlineProfile", OnlineData, "Change whom to search for", Answer::Item(Model::Profile))
            .body(Body::ProfileChanges)
            .decided_by(&[Key::OnlinePlan, Key::OnlineWithoutProfile]);
    pub(crate) const ONLINE_STATUS: Operation = operation(
        "getOnlineStatus",
        OnlineData,
        "Read where profile, scan and removals stand",
        Answer::Item(Model::OnlineStatus),
    )
    .decided_by(&[Key::OnlinePlan]);
    pub(crate) const LIST_SITES: Operation =
        lists("listSites", OnlineData, "List the data brokers", Model::Site).decided_by(&[Key::OnlinePlan]);
    pub(crate) const START_SCAN: Operation = operation("startScan", OnlineData, "Scan the data brokers", Answer::Done)
        .decided_by(&[Key::OnlinePlan, Key::OnlineWithoutProfile, Key::ScanAgain]);
    pub(crate) const SCAN_STATUS: Operation =
        operation("getScanStatus", OnlineData, "Read where the scan of each data broker stands", Answer::Scan)
            .decided_by(&[Key::OnlinePlan]);
    pub(crate) const RETRY_SCAN: Operation =
        operation("retryScan", OnlineData, "Scan a data broker once more", Answer::Done).decided_by(&[
            Key::OnlinePlan,
            Key::OnlineWithoutProfile,
            Key::ScanRetry,
        ]);
}
