//! The calls that a test expects, and the message where they did not come.

use std::fmt::Write;

use super::journal::Found;
use super::request_filter::RequestFilter;

/// The calls that a test expects: at least one, unless it is said how many.
#[derive(Clone, Debug)]
pub struct ExpectedCall {
    pub(crate) filter: RequestFilter,
    times: Option<usize>,
}

impl From<RequestFilter> for ExpectedCall {
    fn from(filter: RequestFilter) -> Self {
        Self { filter, times: None }
    }
}

impl ExpectedCall {
    /// Calls of this path as the guide writes it, as in a fault: `*` is any segment, or at the end all that follow. More than
    /// method, path and status can be asked for by [`RequestFilter`], which becomes an [`ExpectedCall`] by `into()`.
    pub fn to(path: impl Into<String>) -> Self {
        RequestFilter::to(path).into()
    }

    /// With this method; GET includes HEAD.
    pub fn method(self, method: impl Into<String>) -> Self {
        Self { filter: self.filter.method(method), ..self }
    }

    /// With this status, as in `404` or `"4xx"`; `"none"` for those that got no response.
    pub fn status(self, status: impl ToString) -> Self {
        Self { filter: self.filter.status(status), ..self }
    }

    /// Exactly so many.
    pub fn times(self, times: usize) -> Self {
        Self { times: Some(times), ..self }
    }

    /// None.
    pub fn never(self) -> Self {
        self.times(0)
    }

    /// How many must come before there is an answer.
    pub(crate) fn at_least(&self) -> usize {
        // That none come shows only when the time is over.
        self.times.map_or(1, |times| if times == 0 { usize::MAX } else { times })
    }

    /// What is wrong with the calls that came, if anything is.
    pub(crate) fn failure(&self, found: &Found) -> Option<String> {
        let is_right = match self.times {
            None => found.count > 0,
            Some(times) => found.count == times,
        };
        if is_right {
            return None;
        }
        let times = match self.times {
            None => "at least one call".to_owned(),
            Some(0) => "no call".to_owned(),
            Some(1) => "1 call".to_owned(),
            Some(times) => format!("{times} calls"),
        };
        let came = match found.count {
            0 => "none came".to_owned(),
            1 => "1 came".to_owned(),
            count => format!("{count} came"),
        };
        let mut text = format!("expected {times} of {}, and {came}", self.filter.in_words());
        for request in &found.requests {
            line(&mut text, request.id, &request.method, &request.path, request.status, request.hint.as_deref());
        }
        if !found.nearest.is_empty() {
            text.push_str("; nearest:");
        }
        for near in &found.nearest {
            line(&mut text, near.id, &near.method, &near.path, near.status, near.hint.as_deref());
            // Writing to a text does not fail.
            let _ = write!(text, " (differs in {})", near.differs.join(" and "));
        }
        Some(text)
    }
}

fn line(text: &mut String, id: u64, method: &str, path: &str, status: Option<u16>, hint: Option<&str>) {
    let status = status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
    let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
    // Writing to a text does not fail.
    let _ = write!(text, "\n  request {id}: {method} {path} → {status}{hint}");
}
