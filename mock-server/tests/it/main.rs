//! What only a running server shows, over HTTP on a real port. One binary; its modules are named after what they ask.

mod absent;
mod accounts;
mod alarms;
mod concurrency;
mod confirmation;
mod control;
mod cors;
mod documents;
mod examples;
mod faults;
mod formats;
mod harness;
mod hints;
mod hostile;
mod isolation;
mod leaks;
mod magic;
mod online;
mod openapi;
mod password;
mod principals;
mod process;
mod repeatable;
mod snapshots;
mod ssn;
mod switches;
