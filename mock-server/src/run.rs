//! What the binary does: serve until told to stop, or ask a server whether it answers.

use std::io::{self, IsTerminal, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
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
    let save = config.save().map(Save::prepare).transpose()?;
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
        serve(listener, app.clone(), shutdown).await;
        if let Some(save) = save {
            save.write(&app.worlds().main().world().snapshot().to_text())?;
        }
        tracing::info!("stopped");
        Ok(())
    })
}

/// A file to be written at the end, which is not touched until all that goes into it is written beside it.
struct Save {
    file: PathBuf,
    beside: PathBuf,
}

impl Save {
    /// Sees at the start whether it can be written, for at the end it would be too late to say.
    fn prepare(file: &Path) -> Result<Self, String> {
        let mut beside = file.as_os_str().to_owned();
        beside.push(".new");
        let save = Self { file: file.to_owned(), beside: beside.into() };
        if save.file.is_dir() {
            return Err(format!("--save {}: this is a directory; name a file", file.display()));
        }
        std::fs::write(&save.beside, "").and_then(|()| std::fs::remove_file(&save.beside)).map_err(save.about())?;
        Ok(save)
    }

    fn write(&self, text: &str) -> Result<(), String> {
        std::fs::write(&self.beside, text)
            .and_then(|()| std::fs::rename(&self.beside, &self.file))
            .map_err(self.about())?;
        tracing::info!(file = %self.file.display(), "saved the world");
        Ok(())
    }

    fn about(&self) -> impl Fn(io::Error) -> String {
        move |error| format!("--save {}: {error}", self.file.display())
    }
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
