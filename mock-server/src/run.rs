//! What the binary does: serve until told to stop, or ask a server whether it answers.

use std::io::{self, IsTerminal, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, LogFormat};
use crate::server::serve;

/// How long a health check waits for an answer.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);

/// Serves a fake of this configuration until SIGINT or SIGTERM.
///
/// # Errors
/// A sentence that names the flag whose value cannot be used, or says why the server could not start.
pub fn run(config: &Config) -> Result<(), String> {
    start_log(config.log());
    let app = config.app()?;
    // Each connection is a descriptor, and the usual soft limit is 1024; what the system grants is enough.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let at = config.listen();
        let listener = listen(at).map_err(|error| format!("--listen {at}: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("--listen {at}: {error}"))?;
        let shutdown = stop_signal().map_err(|error| format!("cannot wait for signals: {error}"))?;
        say(&format!("listening on http://{address}"));
        serve(listener, app, shutdown).await;
        tracing::info!("stopped");
        Ok(())
    })
}

/// Listens with room for many who come at once: a connection that finds none is only tried again after a second.
fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    const BACKLOG: u32 = 16_384;
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Whether a server of this configuration answers.
///
/// # Errors
/// A sentence that says what came instead.
pub fn healthcheck(config: &Config) -> Result<(), String> {
    let address = config.local_address();
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT)?;
        stream.set_read_timeout(Some(HEALTH_TIMEOUT))?;
        write!(stream, "HEAD /_mock/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|error| format!("no answer from {address}: {error}"))?;
    let status = answer.lines().next().unwrap_or_default();
    if status.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(format!("{address} answers {status:?}")) }
}

/// Resolves at SIGINT or SIGTERM.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Prints the one line of standard output. Whoever closed it does not want to know.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn start_log(format: Option<LogFormat>) {
    let is_terminal = io::stderr().is_terminal();
    let format = format.unwrap_or(if is_terminal { LogFormat::Pretty } else { LogFormat::Json });
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_target(false).with_ansi(is_terminal);
    match format {
        LogFormat::Pretty => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
