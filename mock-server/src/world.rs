//! One world: accounts, tokens, messages, leaks and a clock, in memory.
//!
//! A world is composed of parts, each with its own verbs. The verbs of the world itself (`items`, `confirmations`,
//! `exposures`) keep the parts in step: adding an item gives it an id, watches its value, stores it, makes its link work,
//! sends its message and finds its leaks, in this order, for handlers and seeds alike. Nothing locks the whole world but a
//! fork, which waits for the steps that are under way and takes microseconds.

pub(crate) mod accounts;
pub(crate) mod alarms;
pub(crate) mod clock;
pub(crate) mod confirmations;
pub(crate) mod count;
pub(crate) mod credentials;
pub(crate) mod curl;
pub(crate) mod due;
pub(crate) mod expected_call;
pub(crate) mod exposures;
pub(crate) mod head;
pub(crate) mod ids;
pub(crate) mod items;
pub(crate) mod journal;
pub(crate) mod leaks;
pub(crate) mod links;
pub(crate) mod messages;
pub(crate) mod origin;
pub(crate) mod outbox;
pub(crate) mod partner_alarms;
pub(crate) mod record;
pub(crate) mod request_filter;
pub(crate) mod secrets;
pub(crate) mod seed;
pub(crate) mod sent;
pub(crate) mod settings;
pub(crate) mod shared;
pub(crate) mod snapshot;
pub(crate) mod spent;
pub(crate) mod state;
pub(crate) mod tokens;
pub(crate) mod worlds;
