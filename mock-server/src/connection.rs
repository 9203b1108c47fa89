//! A client's connection, and the ways in which a fault ends it: without a response, reset, or within the body of one.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::time::Sleep;

use crate::faults::effect::ConnectionEnd;

/// Why a connection ended that could have gone on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a fault ended the connection")]
pub(crate) struct Ended;

/// A TCP connection that can be reset, that tells when everything is sent, and that ends when its client reads nothing.
#[derive(Debug)]
pub(crate) struct Connection {
    io: TokioIo<TcpStream>,
    control: Control,
    /// How long a client may read nothing of what is sent to it.
    patience: Duration,
    /// Runs while the client reads nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

/// The handle that the requests of a connection have on it. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Control {
    /// Notified whenever everything that was written is with the kernel.
    sent: Arc<Notify>,
    resets: Arc<AtomicBool>,
}

impl Connection {
    /// The connection, and the handle on it that its requests get.
    pub(crate) fn new(stream: TcpStream, patience: Duration) -> (Self, Control) {
        let control = Control::default();
        (Self { io: TokioIo::new(stream), control: control.clone(), patience, stuck: None }, control)
    }

    /// The result of a write; an error if the client has read nothing for too long.
    fn in_time<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl Control {
    /// The response as it is sent, or the end of the connection that it asks for.
    pub(crate) async fn carry_out(&self, mut response: Response) -> Result<Response, Ended> {
        match response.extensions_mut().remove() {
            None => Ok(response),
            Some(ConnectionEnd::Cut) => Err(Ended),
            Some(ConnectionEnd::Reset) => {
                self.resets.store(true, Ordering::Release);
                Err(Ended)
            }
            Some(ConnectionEnd::Truncated { bytes }) => {
                let (head, body) = response.into_parts();
                let whole = body.collect().await.map_err(|_| Ended)?.to_bytes();
                let sent = whole.slice(..bytes.min(whole.len()));
                let length = whole.len() as u64;
                let body = Truncated { length, sent: Some(sent), control: self.clone(), all_sent: None };
                Ok(Response::from_parts(head, Body::new(body)))
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.control.resets.load(Ordering::Acquire) {
            // Without it the connection is closed in order, and nothing else can be done about it here.
            let _ = self.io.inner().set_zero_linger();
        }
    }
}

/// A body that breaks off.
#[derive(Debug)]
struct Truncated {
    /// The length that is announced.
    length: u64,
    /// The bytes that there are.
    sent: Option<Bytes>,
    control: Control,
    all_sent: Option<Pin<Box<OwnedNotified>>>,
}

impl hyper::body::Body for Truncated {
    type Data = Bytes;
    type Error = Ended;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Ended>>> {
        if let Some(sent) = self.sent.take() {
            return Poll::Ready(Some(Ok(Frame::data(sent))));
        }
        // The server drops unwritten bytes when a body fails, so this one fails once everything is written.
        let sent = Arc::clone(&self.control.sent);
        let all_sent = self.all_sent.get_or_insert_with(|| Box::pin(sent.notified_owned()));
        ready!(all_sent.as_mut().poll(context));
        Poll::Ready(Some(Err(Ended)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

impl Read for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(context);
        ready!(self.in_time(context, flushed))?;
        self.control.sent.notify_waiters();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.in_time(context, written)
    }
}
