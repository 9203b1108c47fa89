//! What only a running server shows, over HTTP on a real port. One binary; its modules are named after what they ask.

mod harness;
