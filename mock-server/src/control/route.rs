//! The documented routes that a control request names.

use axum::http::Method;

use crate::api::{routes, suggest};
use crate::faults::pattern::PathPattern;

/// Refuses a path or a method that no documented route has. `text` is the path as it was written.
///
/// # Errors
/// A sentence that names the field, and says what would be right.
pub(crate) fn check(method: Option<&Method>, path: Option<&PathPattern>, text: &str) -> Result<(), String> {
    let may_match = |path: &PathPattern| routes::paths().any(|route| path.may_match(route));
    if !path.is_none_or(may_match) {
        let advice = match suggest::nearest(text, routes::paths()) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => {
                "write it as in /api/v1/account/{account_id}/email-watchlist, * for any segment, at the end for all that \
                 follow"
                    .to_owned()
            }
        };
        return Err(format!("path: no documented route has this path; {advice}"));
    }
    let rows = || routes::rows().filter(|row| path.is_none_or(|path| path.may_match(&row.path)));
    let is_known = |method: &Method| rows().any(|row| row.answers(method));
    if !method.is_none_or(is_known) {
        let mut known: Vec<&str> = rows().map(|row| row.method.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        return Err(format!("method: the guide has no such method here; it has {}", known.join(", ")));
    }
    Ok(())
}
