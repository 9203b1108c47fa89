//! What the binary does: serve until told to stop, or ask a server that does.

mod stop;

use std::io::{self, ErrorKind, IsTerminal};
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::api::context::App;
use crate::ask::{Who, health, who};
use crate::banner;
use crate::config::{Config, VariableFormat};
use crate::environment::variables;
use crate::log::Log;
use crate::output::{print, without_waiting};
use crate::save::{Save, Saves};
use crate::server::serve;

/// Serves a mock of this configuration until SIGINT, SIGTERM or SIGHUP, with `--stop-with-stdin` also until standard input
/// ends.
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
        let stop = stop::stop(config.stops_with_stdin());
        let shutdown = stop.map_err(|error| format!("cannot wait for signals: {error}"))?;
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
    // On Windows it would let two servers share a port; the port of one that has ended is free there at once.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
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

/// Prints the first lines of standard output. A reader that is gone, or does not read, does not hold up the server.
fn say(line: String) {
    without_waiting(move || {
        let _ = print(&line);
    });
}
