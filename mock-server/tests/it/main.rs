//! Tests of a running server, over HTTP on a real port. One binary; its modules are named after the pages of the
//! guide and the topics of the mock.

mod absent;
mod account;
mod alarms;
mod architecture;
mod concurrency;
mod confirmation;
mod control;
mod cors;
mod documents;
mod examples;
mod faults;
mod format;
mod harness;
mod hints;
mod hostile;
mod isolation;
mod leaks;
mod magic;
mod online;
mod openapi;
mod page;
mod paging;
mod process;
mod repeatable;
mod routes;
mod scope;
mod snapshots;
mod switches;
mod throttling;
mod tokens;
mod unread;
