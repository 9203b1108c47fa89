//! Whose mailbox is read, and the password that goes with it.

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::letter::{MESSAGES, PASSWORD, Problem};
use crate::secrets::Secret;

/// The user that a URL names. A password in it would stand in the history of a shell.
pub(super) fn user_of(url: &Url) -> Result<Option<String>, Problem> {
    if url.password().is_some() {
        return Err(Problem::new(MESSAGES, format!("holds a password: give it in {PASSWORD}")));
    }
    let user = percent_decode_str(url.username()).decode_utf8_lossy().into_owned();
    Ok(Some(user).filter(|user| !user.is_empty()))
}

/// A user, and the password that goes with it.
pub(super) fn with_password(user: String, password: Option<&Secret>) -> Result<(String, Secret), Problem> {
    match password {
        Some(password) => Ok((user, password.clone())),
        None => Err(Problem::new(PASSWORD, format!("is not set: the mailbox of {user} needs it"))),
    }
}
