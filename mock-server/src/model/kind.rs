//! The kinds of values that can be watched: the one table, with what each is called and told.
//!
//! A new kind is a row here and a file below [`crate::model::watchlists`], with its body, its rules and its tests.

use serde::{Deserialize, Serialize};

use crate::model::severity::Severity;

/// Hands the kinds, in the order of the guide, to another macro: `Kind(file::Item in list) { what it is called and told }`,
/// without an item where accounts have no watchlist of the kind.
macro_rules! for_kinds {
    ($macro:ident) => {
        $macro! {
            /// An email address.
            Email(email::Email in emails) {
                alarm_type: "EMAIL",
                data_class: "email",
                severity: Severity::Low,
                field: "email",
                shown: 0,
                page: "Email",
                title: "Email",
                noun: "Email",
                one: "an email address",
                many: "email addresses",
                advice: Advice {
                    title: "Your email address was found in a leak",
                    text: "People with the leaked data can write to you and pretend to be someone you know, or try your passwords elsewhere.",
                    steps: &[
                        (Severity::Low, "Be wary of messages that ask you to log in, to pay or to open an attachment."),
                        (Severity::Medium, "Change the password of the service that was breached, and wherever else you use the same one."),
                        (Severity::Medium, "Switch on two-step verification, first for your email account."),
                        (Severity::High, "Look through the recent logins of your email account, and end those that are not yours."),
                        (Severity::Critical, "Scan your computer and phone for malware before you type a new password on them."),
                    ],
                },
            }
            /// A phone number.
            Phone(phone::Phone in phones) {
                alarm_type: "PHONE",
                data_class: "phone",
                severity: Severity::Low,
                field: "phone",
                shown: 2,
                page: "Phone",
                title: "Phone",
                noun: "Phone",
                one: "a phone number",
                many: "phone numbers",
                advice: Advice {
                    title: "Your phone number was found in a leak",
                    text: "Expect calls and text messages from people who pretend to be your bank, a carrier or an authority.",
                    steps: &[
                        (Severity::Low, "Do not follow links in text messages that you did not expect, and do not tell a code to anyone."),
                        (Severity::Medium, "Call back on the number that you find yourself when a caller claims to be your bank."),
                        (Severity::High, "Ask your operator to protect your number with a PIN, so that it cannot be moved to another SIM card."),
                        (Severity::Critical, "Replace codes by text message with an app or a security key wherever you can."),
                    ],
                },
            }
            /// An IBAN.
            Iban(iban::Iban in ibans) {
                alarm_type: "IBAN",
                data_class: "iban",
                severity: Severity::Medium,
                field: "iban",
                shown: 4,
                page: "IBAN",
                title: "IBAN",
                noun: "Iban",
                one: "an IBAN",
                many: "IBANs",
                advice: Advice {
                    title: "Your bank account number was found in a leak",
                    text: "An account number alone is not enough to empty your account, but a direct debit or a convincing call may be tried.",
                    steps: &[
                        (Severity::Low, "Look at your account statements, also for small sums."),
                        (Severity::Medium, "Tell your bank that the number has leaked, and dispute debits that you did not allow."),
                        (Severity::High, "Ask your bank to allow direct debits only from those that you name."),
                        (Severity::Critical, "Ask your bank for a new account number."),
                    ],
                },
            }
            /// A passport number.
            Passport(passport::Passport in passports) {
                alarm_type: "PASSPORT",
                data_class: "passport_number",
                severity: Severity::High,
                field: "passport_number",
                shown: 2,
                page: "Passport",
                title: "Passport",
                noun: "Passport",
                one: "a passport",
                many: "passports",
                advice: Advice {
                    title: "Your passport number was found in a leak",
                    text: "With the number and a copy, a criminal can try to open accounts or to rent in your name.",
                    steps: &[
                        (Severity::Low, "Be wary of people who quote your passport number to prove who they are."),
                        (Severity::Medium, "Ask a credit agency whether anyone has asked about you."),
                        (Severity::High, "Report the number to the authority that has issued the passport, and ask whether to replace it."),
                        (Severity::Critical, "Report the theft of your identity to the police."),
                    ],
                },
            }
            /// The number of a driver's license.
            #[serde(alias = "license")]
            DriversLicense(license::License in licenses) {
                alarm_type: "DRIVERS_LICENSE",
                data_class: "drivers_license_number",
                severity: Severity::High,
                field: "license_number",
                shown: 2,
                page: "Driver's license",
                title: "Driver's license",
                noun: "DriversLicense",
                one: "a driver's license",
                many: "driver's licenses",
                advice: Advice {
                    title: "The number of your driver's license was found in a leak",
                    text: "With the number, a criminal can try to identify as you, for example to rent a car.",
                    steps: &[
                        (Severity::Low, "Be wary of people who quote the number to prove who they are."),
                        (Severity::Medium, "Ask a credit agency whether anyone has asked about you."),
                        (Severity::High, "Report the number to the authority that has issued the license, and ask whether to replace it."),
                        (Severity::Critical, "Report the theft of your identity to the police."),
                    ],
                },
            }
            /// The number of a payment card.
            #[serde(alias = "card")]
            CreditCard(card::Card in cards) {
                alarm_type: "CREDIT_CARD",
                data_class: "card_number",
                severity: Severity::High,
                field: "card_number",
                shown: 4,
                page: "Credit cards",
                title: "Credit card",
                noun: "CreditCard",
                one: "a credit card",
                many: "credit cards",
                advice: Advice {
                    title: "Your payment card was found in a leak",
                    text: "A criminal may try to pay with it, first with small sums.",
                    steps: &[
                        (Severity::Low, "Look at the transactions of the card, also at small ones."),
                        (Severity::Medium, "Switch off payments on the internet until you need them."),
                        (Severity::High, "Block the card and order a new one."),
                        (Severity::Critical, "Dispute payments that are not yours with the issuer of the card."),
                    ],
                },
            }
            /// A national ID, which is on no watchlist (SSN-1).
            Ssn() {
                alarm_type: "SSN",
                data_class: "national_id",
                severity: Severity::High,
                field: "ssn",
                shown: 2,
                page: "SSN",
                title: "SSN",
                noun: "Ssn",
                one: "an SSN",
                many: "SSNs",
                advice: Advice {
                    title: "Your national ID number was found in a leak",
                    text: "The number cannot be changed, and a criminal may try to borrow, to buy or to move in your name.",
                    steps: &[
                        (Severity::Low, "Be wary of people who quote the number to prove who they are."),
                        (Severity::Medium, "Ask to be told of every request for your credit report."),
                        (Severity::High, "Block credit in your name with the credit agencies."),
                        (Severity::Critical, "Report the theft of your identity to the police."),
                    ],
                },
            }
        }
    };
}
pub(crate) use for_kinds;

/// The names of a kind, how much of its values is shown, and what is told about its leaks.
#[derive(Debug)]
pub(crate) struct KindNames {
    /// The `type` of its alarms.
    pub(crate) alarm_type: &'static str,
    /// The data that a breach of such a value holds at least.
    pub(crate) data_class: &'static str,
    /// How bad it is at least that such data has leaked.
    pub(crate) severity: Severity,
    /// The field of request bodies that holds such a value.
    pub(crate) field: &'static str,
    /// How many characters at the end of a masked value are shown.
    pub(crate) shown: usize,
    /// The page of the guide.
    pub(crate) page: &'static str,
    /// The name of one item as a label.
    pub(crate) title: &'static str,
    /// The name of one item as part of an identifier: `DriversLicense`.
    pub(crate) noun: &'static str,
    /// The name of one item in a sentence, with its article.
    pub(crate) one: &'static str,
    /// The name of many items in a sentence.
    pub(crate) many: &'static str,
    /// What to do about a leak (ALARM-3).
    pub(crate) advice: Advice,
}

/// What the owner of a leaked value is told (ALARM-3).
#[derive(Debug)]
pub(crate) struct Advice {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    /// Each from the severity on that makes it worth its trouble.
    pub(crate) steps: &'static [(Severity, &'static str)],
}

macro_rules! kinds {
    ($(
        $(#[$attribute:meta])*
        $kind:ident($($module:ident::$item:ident in $list:ident)?) { $($names:tt)* }
    )+) => {
        /// The kind of a value that a breach can hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum WatchKind {
            $($(#[$attribute])* $kind),+
        }

        const KINDS: &[(WatchKind, KindNames)] = &[$((WatchKind::$kind, KindNames { $($names)* })),+];
    };
}
for_kinds!(kinds);

impl WatchKind {
    /// All kinds, in the order of the guide.
    pub(crate) const ALL: [Self; KINDS.len()] = {
        let mut all = [Self::Email; KINDS.len()];
        let mut place = 0;
        while place < all.len() {
            all[place] = KINDS[place].0;
            place += 1;
        }
        all
    };

    /// The `type` of alarms of each kind, in the order of [`WatchKind::ALL`].
    pub(crate) const ALARM_TYPES: [&'static str; KINDS.len()] = {
        let mut types = [""; KINDS.len()];
        let mut place = 0;
        while place < types.len() {
            types[place] = KINDS[place].1.alarm_type;
            place += 1;
        }
        types
    };

    /// Its names.
    pub(crate) const fn names(self) -> &'static KindNames {
        &KINDS[self as usize].1
    }

    /// The `type` of its alarms.
    pub(crate) const fn alarm_type(self) -> &'static str {
        self.names().alarm_type
    }
}
