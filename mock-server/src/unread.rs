//! Bodies that an answer did not wait for.
//!
//! A server that answers and closes while its client still sends makes the kernel reset the connection, and then most
//! clients never see the answer. So the rest of a body is read and thrown away, for a bounded while.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

/// How much of a body is thrown away at most, for how long, and how long without a byte of it.
const MOST_BYTES: usize = 64 * 1024 * 1024;
const LONGEST: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A body that can still be read after a handler has dropped it.
#[derive(Clone, Debug)]
pub(crate) struct Rest(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    body: Incoming,
    /// Whether anybody has begun to read it.
    is_begun: bool,
}

impl Rest {
    /// The body for the handler, and the handle on what it leaves; none where there is no body.
    pub(crate) fn of(body: Incoming) -> (Body, Option<Self>) {
        if body.is_end_stream() {
            return (Body::new(body), None);
        }
        let rest = Self(Arc::new(Mutex::new(State { body, is_begun: false })));
        (Body::new(rest.clone()), Some(rest))
    }

    /// Reads on and throws away. False if more is to come: then the connection must end.
    pub(crate) async fn throw_away(self, waits_to_send: bool) -> bool {
        let (is_over, is_begun) = {
            let state = self.lock();
            (state.body.is_end_stream(), state.is_begun)
        };
        // A client that has asked whether it may send learns by the answer that it need not.
        if is_over || (waits_to_send && !is_begun) {
            return is_over;
        }
        let mut left = MOST_BYTES;
        let all = async {
            let mut body = self;
            loop {
                let frame = match tokio::time::timeout(LONGEST_PAUSE, body.frame()).await {
                    Ok(Some(Ok(frame))) => frame,
                    Ok(None) => return true,
                    Ok(Some(Err(_))) | Err(_) => return false,
                };
                let length = frame.data_ref().map_or(0, Bytes::len);
                let Some(fewer) = left.checked_sub(length) else { return false };
                left = fewer;
            }
        };
        tokio::time::timeout(LONGEST, all).await.unwrap_or(false)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A poll that panics leaves the body as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a client waits for a word before it sends the body.
pub(crate) fn waits_to_send(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

impl hyper::body::Body for Rest {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut state = self.lock();
        state.is_begun = true;
        Pin::new(&mut state.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}
