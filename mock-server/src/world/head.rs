//! The headers of a response that the mock adds to those of its format: written for the client, and again for whoever
//! reads the journal.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use foldhash::fast::FixedState;

use super::tokens::Rate;
use crate::guide::trace::Basis;

static BASIS: HeaderName = HeaderName::from_static("x-mock-basis");
static HINT: HeaderName = HeaderName::from_static("x-mock-hint");
static RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How many values of `X-Mock-Basis` a thread keeps.
const MOST_BASES: usize = 1000;

/// What the added headers of a response are made of.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) basis: Basis,
    pub(crate) hint: Option<Cow<'static, str>>,
    pub(crate) rate: Option<Rate>,
    /// Whether any web page may read the response.
    pub(crate) is_open: bool,
}

impl Head {
    /// Adds the headers to those that are there.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(BASIS.clone(), basis_header(self.basis));
        if self.is_open {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        if let Some(hint) = &self.hint {
            headers.insert(HINT.clone(), ascii(hint));
        }
        if let Some(rate) = self.rate {
            headers.insert(RATE_LIMIT.clone(), rate.limit.into());
            headers.insert(RATE_REMAINING.clone(), rate.remaining.into());
            if let Some(reset) = rate.reset {
                headers.insert(RATE_RESET.clone(), reset.unix_seconds().into());
            }
        }
    }
}

/// The value of `X-Mock-Basis`. There are few different ones, so each thread keeps those that it has made.
fn basis_header(basis: Basis) -> HeaderValue {
    thread_local! {
        static MADE: RefCell<HashMap<Basis, HeaderValue, FixedState>> = RefCell::default();
    }
    MADE.with_borrow_mut(|made| match made.get(&basis) {
        Some(value) => value.clone(),
        None => {
            let value = HeaderValue::try_from(basis.header()).expect("ids and keys are ASCII");
            if made.len() == MOST_BASES {
                made.clear();
            }
            made.insert(basis, value.clone());
            value
        }
    })
}

/// A header value of a text that may hold more than ASCII; characters that do not fit are left out.
fn ascii(text: &str) -> HeaderValue {
    let fitting: String = text.chars().filter(|char| (' '..='~').contains(char)).collect();
    HeaderValue::from_str(&fitting).expect("printable ASCII fits")
}
