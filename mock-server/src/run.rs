//! What the binary does: serve until told to stop, or ask a server that does.

use std::io::{self, ErrorKind, IsTerminal};
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};

use crate::api::context::App;
use crate::ask::{Who, health, who};
use crate::banner;
use crate::config::{Config, VariableFormat};
use crate::environment::variables;
use crate::log::Log;
use crate::output::{print, without_waiting};
use crate::save::{Save, Saves};
use crate::server::serve;

/// Serves a mock of this configuration until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// A sentence that names the flag whose value cannot be used, or says why the server could not start.
pub fn run(config: &Config) -> Result<(), String> {
    // Dropped last, so that all that the others say is written.
    let _log = Log::start(config.log_level(), config.log_format())?;
    for sentence in Config::unknown_variables() {
        tracing::warn!("{sentence}");
    }
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
        let listener = listen(at).map_err(|error| refused(at, &error))?;
        let address = listener.local_addr().map_err(|error| format!("--listen {at}: {error}"))?;
        let shutdown = stop_signal().map_err(|error| format!("cannot wait for signals: {error}"))?;
        say(first_lines(address, &app));
        let saves = save.map(|save| Saves::start(save, app.clone()));
        serve(listener, app.clone(), shutdown).await;
        if let Some(saves) = saves {
            saves.end().await?;
        }
        tracing::info!("stopped");
        Ok(())
    })
}

/// The lines for a person on a terminal, and the one line that programs read.
fn first_lines(address: SocketAddr, app: &App) -> String {
    if io::stdout().is_terminal() {
        let world = app.worlds().main().world();
        banner::lines(address, &world.published.credentials(format!("http://{address}"), &world.settings))
    } else {
        format!("listening on http://{address}\n")
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

/// Why it cannot listen there, and what helps.
fn refused(at: SocketAddr, error: &io::Error) -> String {
    let reason = match error.kind() {
        ErrorKind::AddrInUse => {
            let by = match who(banner::local(at)) {
                Who::Mock(version) => format!("mock-server {version} listens there already"),
                Who::SomebodyElse => "another program listens there".to_owned(),
            };
            format!("{by}; --port N chooses another port, and --port 0 a free one")
        }
        ErrorKind::PermissionDenied => {
            format!("{error}; ports below 1024 are for the administrator of the machine: choose another with --port N")
        }
        ErrorKind::AddrNotAvailable => {
            format!("{error}; this machine has no such address: 127.0.0.1 is reached from it, 0.0.0.0 from others too")
        }
        _ => error.to_string(),
    };
    format!("--listen {at}: {reason}")
}

/// Whether a server of this configuration answers, within so many seconds.
///
/// # Errors
/// A sentence that says what came instead.
pub fn healthcheck(config: &Config, seconds: u32) -> Result<(), String> {
    health(banner::local(config.listen()), seconds)
}

/// Prints the variables that point a client, or the contract suite, at the server of this configuration, as it tells them.
///
/// # Errors
/// A sentence that says what came instead, or why they could not be printed.
pub fn environment(config: &Config, format: VariableFormat) -> Result<(), String> {
    print(&variables(banner::local(config.listen()), format)?)
}

/// Resolves at SIGINT, SIGTERM or SIGHUP.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
    Ok(async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let signal = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
            _ = hung_up => "SIGHUP",
        };
        tracing::info!(signal, "stopping");
    })
}

/// Whether the process was started with SIGHUP ignored, as `nohup` does, and is to go on when its terminal closes. Only
/// Linux tells.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    // The first bit is the signal of number 1, which SIGHUP is everywhere.
    ignored & 1 == 1
}

/// Prints the first lines of standard output. A reader that is gone, or does not read, does not hold up the server.
fn say(line: String) {
    without_waiting(move || {
        let _ = print(&line);
    });
}
