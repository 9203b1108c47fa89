//! Confirmation by the end user (SCOPE-3): what waits, for which link or code, and until when.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::account::Account;
use crate::app::Visit;
use crate::assumptions::Key;
use crate::call::Call;
use crate::id::{Id, Table};
use crate::outbox::{Channel, Message};
use crate::reply::{Issue, Refusal};
use crate::time::Timestamp;
use crate::watchlist::Item;

/// A link or a code that was sent, and what must come back.
#[derive(Debug)]
pub(crate) struct Challenge {
    /// The end of the link, or the code.
    pub(crate) secret: Box<str>,
    pub(crate) expires_at: Timestamp,
}

impl Challenge {
    /// Six digits that last as long as `confirm.code-seconds` says.
    pub(crate) fn code(call: &Call<'_>) -> Self {
        Self { secret: call.world.secrets().digits().into(), expires_at: call.after(Key::ConfirmCodeSeconds) }
    }

    /// The message that carries the code to a phone.
    pub(crate) fn sms(&self, to: &str, account: &Account, call: &Call<'_>, kind: &'static str) -> Message {
        Message {
            id: 0,
            channel: Channel::Sms,
            to: to.to_owned(),
            account_id: call.shown(Id::new(Table::Account, account.id)),
            kind: kind.into(),
            subject: None,
            text: format!("Your verification code is {}.", self.secret),
            link: None,
            code: Some(self.secret.to_string()),
            sent_at: call.now,
        }
    }

    /// Whether `secret` is the right one, and comes in time.
    pub(crate) fn is_met_by(&self, secret: &str, now: Timestamp) -> bool {
        *self.secret == *secret && now < self.expires_at
    }
}

/// Whether an item waits for its owner.
#[derive(Debug)]
pub(crate) enum Confirmation {
    /// Since when it does not.
    Confirmed(Timestamp),
    /// What it waits for.
    Pending(Box<Challenge>),
}

impl Confirmation {
    /// Waiting for `challenge` to be met.
    pub(crate) fn pending(challenge: Challenge) -> Self {
        Self::Pending(Box::new(challenge))
    }

    /// Until when it waits, if it does.
    fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Confirmed(_) => None,
            Self::Pending(challenge) => Some(challenge.expires_at),
        }
    }

    /// Whether it waits, and `secret` is what it waits for.
    pub(crate) fn is_met_by(&self, secret: &str, now: Timestamp) -> bool {
        match self {
            Self::Confirmed(_) => false,
            Self::Pending(challenge) => challenge.is_met_by(secret, now),
        }
    }
}

impl<K> Item<K> {
    /// Ends the waiting, if there is any.
    pub(crate) fn confirm(&mut self, now: Timestamp) {
        if matches!(self.confirmation, Confirmation::Pending(_)) {
            self.confirmation = Confirmation::Confirmed(now);
            self.updated_at = now;
        }
    }
}

impl Account {
    /// When the codes end that it has been sent.
    pub(crate) fn code_expiries(&self) -> impl Iterator<Item = Timestamp> {
        let phones = self.phones.iter().filter_map(|item| item.confirmation.expires_at());
        let cards = self.cards.iter().filter_map(|item| item.confirmation.expires_at());
        phones.chain(cards).chain(self.phone_codes.iter().map(|code| code.challenge.expires_at))
    }
}

/// The refusal of a code that is wrong, used, replaced or expired, by `confirm.wrong-code`.
pub(crate) fn wrong_code(call: &Call<'_>) -> Refusal {
    let issue = Issue::new("code", "The selected code is invalid.");
    Refusal::assumed(call.assumed().name(Key::ConfirmWrongCode), issue).hint(
        "the code is wrong, expired, replaced by a later one, or was used before; GET /_mock/outbox shows what was sent",
    )
}

/// What became of a confirmation link that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    Confirmed,
    Expired,
    /// Never sent, used before, replaced by a later one, or its item is gone.
    Dead,
}

/// `GET /_confirm/{secret}`: the link in a confirmation email.
pub(crate) async fn open(visit: Visit, Path(secret): Path<String>) -> Response {
    let opened = visit.world.open_link(&secret);
    visit.world.changed();
    let (status, title, text) = match opened {
        Opened::Confirmed => (StatusCode::OK, "Confirmed", "Thank you. Your email address is now being watched."),
        Opened::Expired => (StatusCode::GONE, "This link has expired", "Ask for a new confirmation email."),
        Opened::Dead => (
            StatusCode::GONE,
            "This link no longer works",
            "It was used before, or a newer confirmation email has replaced it.",
        ),
    };
    (status, page(title, text)).into_response()
}

/// `HEAD /_confirm/{secret}`: confirms nothing, for those who look at links before people do.
pub(crate) async fn peek() -> StatusCode {
    StatusCode::OK
}

fn page(title: &str, text: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>:root {{ color-scheme: light dark }} body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; \
         margin: 20vh auto 0; padding: 0 1rem }}</style>\n<h1>{title}</h1>\n<p>{text}</p>\n</html>\n"
    ))
}
