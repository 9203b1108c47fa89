//! Recorded exchanges in their order, each with its route.

use crate::documented::{Route, Scope, captures, excluded_routes, routes, template};
use crate::format::Format;
use crate::reader;
use crate::recording::{Recorded, Who};

/// One exchange that can be judged.
#[derive(Debug)]
pub(super) struct Call {
    exchange: Recorded,
    /// The path with the guide's captures.
    template: String,
    /// What the captures stand for.
    pub(super) captures: Vec<String>,
    /// The documented routes that it calls: one for each kind of token that the path takes.
    pub(super) routes: Vec<&'static Route>,
    /// A route that the guide leaves out.
    pub(super) excluded: Option<&'static Route>,
    /// The format that the answer has to have.
    pub(super) format: Format,
}

impl std::ops::Deref for Call {
    type Target = Recorded;

    fn deref(&self) -> &Recorded {
        &self.exchange
    }
}

impl Call {
    fn of(exchange: Recorded) -> Self {
        let path = exchange.path.split('?').next().unwrap_or_default();
        let template = template(path);
        let is_it = |route: &&Route| route.method.as_str() == exchange.method && route.path == template;
        let captures = captures(&template, path).unwrap_or_default();
        Self {
            captures: captures.into_iter().map(str::to_owned).collect(),
            routes: routes().iter().filter(is_it).collect(),
            excluded: excluded_routes().iter().find(is_it),
            format: exchange.format,
            template,
            exchange,
        }
    }

    /// Method and path, with the guide's captures in place of ids.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Whether it calls this route.
    pub(super) fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.template == path
    }

    /// The path without its query, where it is a route.
    pub(super) fn path(&self) -> &str {
        &self.template
    }

    /// Whether the query asks for a part of a list.
    pub(super) fn has_query(&self) -> bool {
        self.exchange.path.contains('?')
    }

    /// The kind of token that it carries, where the recording tells.
    pub(super) fn token(&self) -> Option<Scope> {
        match self.who {
            _ if !self.is_sure => None,
            Who::Crm | Who::OtherCrm => Some(Scope::Crm),
            Who::App(_) => Some(Scope::App),
            Who::Unknown | Who::Nobody => None,
        }
    }

    /// Whether it is known to carry no token.
    pub(super) fn is_anonymous(&self) -> bool {
        self.is_sure && self.who == Who::Nobody
    }

    /// Whether it had ended before `other` began. Without times the order of the recording tells.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        match (self.span, other.span) {
            (Some((_, ended)), Some((began, _))) => ended <= began,
            _ => true,
        }
    }

    /// How long after its end `later` began, in milliseconds, where the recording tells.
    pub(super) fn until(&self, later: &Self) -> Option<i64> {
        Some(later.span?.0 - self.span?.1)
    }
}

/// The exchanges of one recording.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) calls: Vec<Call>,
    /// Whether the deployment forces the standardized format.
    pub(super) is_standardized_only: bool,
}

impl Traffic {
    pub(super) fn of(exchanges: Vec<Recorded>, forces_standardized: Option<bool>) -> Self {
        // What a browser asks before a call, redirects, a cache and a gateway that is down tell nothing of the API.
        let is_judged = |exchange: &Recorded| {
            !matches!(&*exchange.method, "OPTIONS" | "HEAD") && !matches!(exchange.status, 100..200 | 300..400 | 500..)
        };
        let mut calls: Vec<_> = exchanges.into_iter().filter(is_judged).map(Call::of).collect();
        let is_standardized_only = forces_standardized.unwrap_or_else(|| answers_standardized_only(&calls));
        if is_standardized_only {
            calls.iter_mut().for_each(|call| call.format = Format::Standardized);
        }
        Self { calls, is_standardized_only }
    }

    pub(super) fn places(&self) -> impl Iterator<Item = (usize, &Call)> {
        self.calls.iter().enumerate()
    }
}

/// Whether answers to calls that name no version are standardized, as far as they tell.
fn answers_standardized_only(calls: &[Call]) -> bool {
    let fits = |call: &Call, format| {
        let is_error = call.status >= 400 && call.status != 429;
        !reader::has_form_issue(if is_error { call.status } else { 200 }, &call.media_type, &call.answer, format)
    };
    let unnamed = || calls.iter().filter(|call| call.exchange.format == Format::Legacy);
    let tells = |one, other| unnamed().any(|call| fits(call, one) && !fits(call, other));
    tells(Format::Standardized, Format::Legacy) && !tells(Format::Legacy, Format::Standardized)
}
