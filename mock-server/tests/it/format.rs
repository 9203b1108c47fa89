//! The two response formats over HTTP (FORMAT-1 to 8): which one an answer is in, and how each writes times, booleans
//! and errors.

mod errors;
mod names;
mod selection;

const LIST: &str = "/api/v1/email-watchlist";
const JSON: &str = "application/json";
const JSON_API: &str = "application/vnd.api+json";
