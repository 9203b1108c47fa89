//! What the binary does: serve until told to stop, or ask a server whether it answers.

mod stop;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};

use crate::config::Config;
use crate::log::Log;
use crate::output::{print, without_waiting};
use crate::save::Save;
use crate::server::serve;

/// How long a health check waits for an answer.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);

/// Serves a mock of this configuration until SIGINT, SIGTERM or SIGHUP, with `--stop-with-stdin` also until standard input
/// ends.
///
/// # Errors
/// A sentence that names the flag whose value cannot be used, or says why the server could not start.
pub fn run(config: &Config) -> Result<(), String> {
    // Dropped last, so that all that the others say is written.
    let _log = Log::start(config.log_level(), config.log_format())?;
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
        let stop = stop::stop(config.stops_with_stdin());
        let shutdown = stop.map_err(|error| format!("cannot wait for signals: {error}"))?;
        say(format!("listening on http://{address}\n"));
        serve(listener, app.clone(), shutdown).await;
        if let Some(save) = save {
            save.write(&app.worlds().main().world().snapshot().to_text())?;
        }
        tracing::info!("stopped");
        Ok(())
    })
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

/// Prints the one line of standard output. A reader that is gone, or does not read, does not hold up the server.
fn say(line: String) {
    without_waiting(move || {
        let _ = print(&line);
    });
}
