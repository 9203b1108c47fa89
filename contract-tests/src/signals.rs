//! The signals that end a run.

/// Signals that ask the command to end. They are listened to from its making on, so none is missed.
#[cfg(unix)]
pub(crate) struct EndSignals {
    signals: Vec<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl EndSignals {
    /// Ctrl-C, SIGTERM of a CI job, and SIGHUP of a terminal that is closed. A signal that cannot be listened to, or
    /// that the caller has the command ignore, as `nohup` does, is left as it is.
    pub(crate) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let heard = kinds.into_iter().filter(|kind| !is_ignored(&status, kind.as_raw_value()));
        Self { signals: heard.filter_map(|kind| signal(kind).ok()).collect() }
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let is_here = self.signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if is_here { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// Whether a process of this `/proc/…/status` ignores a signal.
#[cfg(unix)]
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    signal > 0 && mask >> (signal - 1) & 1 == 1
}

/// Ctrl-C, which asks the command to end.
#[cfg(not(unix))]
pub(crate) struct EndSignals;

#[cfg(not(unix))]
impl EndSignals {
    pub(crate) fn new() -> Self {
        Self
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_seen() {
        let status = "Name:\tcontract\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000004002\n";
        let ignored: Vec<i32> = (1..32).filter(|signal| is_ignored(status, *signal)).collect();
        assert_eq!(ignored, [1, 13]);
        assert!(!is_ignored("", 1));
    }
}
