//! The principal matrix as a run has found it: the caller, the route and the status of each call.

use serde::{Deserialize, Serialize};

use crate::documented::Route;
use crate::format::Format;

/// The caller of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// Without a token.
    Nobody,
    /// With a malformed or unknown token.
    Garbage,
    /// With a CRM token that has expired.
    Expired,
    /// With the CRM token of the account's partner.
    Partner,
    /// The same, on the path of another account of theirs.
    PartnerElsewhere,
    /// With the CRM token of another partner.
    OtherPartner,
    /// With the app token of the account.
    Owner,
    /// With the app token of another account.
    Stranger,
}

impl Principal {
    /// All of them, as the grid shows them.
    pub const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Garbage,
        Self::Expired,
        Self::Partner,
        Self::PartnerElsewhere,
        Self::OtherPartner,
        Self::Owner,
        Self::Stranger,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Garbage => "garbage",
            Self::Expired => "expired",
            Self::Partner => "partner",
            Self::PartnerElsewhere => "partner, other account",
            Self::OtherPartner => "other partner",
            Self::Owner => "owner",
            Self::Stranger => "stranger",
        }
    }
}

/// One call of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Cell {
    /// The method.
    pub method: String,
    /// The path with the guide's captures.
    pub path: String,
    /// The caller.
    pub principal: Principal,
    /// In which format.
    pub format: String,
    /// The status of the answer.
    pub status: u16,
    /// Whether it is as documented.
    pub is_right: bool,
}

impl Cell {
    pub(crate) fn new(route: &Route, principal: Principal, format: Format, status: u16, is_right: bool) -> Self {
        Self {
            method: route.method.to_string(),
            path: route.path.clone(),
            principal,
            format: format.name().to_owned(),
            status,
            is_right,
        }
    }
}
