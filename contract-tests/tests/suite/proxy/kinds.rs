//! The kinds of watched items, as paths and the control routes name them.

/// One kind.
#[derive(Debug)]
pub(crate) struct Kind {
    /// As the control routes name it.
    pub(crate) name: &'static str,
    /// Where its items are listed.
    pub(crate) list: &'static str,
    /// Where one is added, and below which each is.
    pub(crate) one: &'static str,
}

const fn watchlist(name: &'static str, path: &'static str) -> Kind {
    Kind { name, list: path, one: path }
}

pub(crate) const EMAIL: Kind = watchlist("email", "/email-watchlist");
pub(crate) const PHONE: Kind = watchlist("phone", "/phone-watchlist");
const IBAN: Kind = watchlist("iban", "/iban-watchlist");
pub(crate) const PASSPORT: Kind = watchlist("passport", "/passport-watchlist");
const LICENSE: Kind = watchlist("drivers_license", "/drivers-license-watchlist");
pub(crate) const CARD: Kind = Kind { name: "credit_card", list: "/credit-cards", one: "/credit-card" };

/// All of them.
pub(crate) static KINDS: &[Kind] = &[EMAIL, PHONE, IBAN, PASSPORT, LICENSE, CARD];
