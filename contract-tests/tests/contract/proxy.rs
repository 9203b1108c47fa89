//! A faulty server: it passes requests on to the fake, and changes answers on their way back.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// An answer on its way back.
pub(crate) struct Passing {
    /// Method and path of the request.
    pub(crate) to: String,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// What is wrong with a server.
pub(crate) type Fault = fn(&mut Passing);

/// Starts a proxy in front of `base_url` on this test's runtime, and returns where it is.
pub(crate) async fn start(base_url: &str, fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let (base_url, http) = (base_url.to_owned(), reqwest::Client::builder().no_proxy().build().expect("a client"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (base_url, http) = (base_url.clone(), http.clone());
            tokio::spawn(async move { pass(stream, &base_url, &http, fault).await });
        }
    });
    format!("http://{address}")
}

/// Passes one request and its answer; the connection ends with it. Whoever breaks off gets no answer.
async fn pass(stream: TcpStream, base_url: &str, http: &reqwest::Client, fault: Fault) -> Option<()> {
    let (mut stream, mut line, mut length) = (BufReader::new(stream), String::new(), 0);
    stream.read_line(&mut line).await.ok()?;
    let (method, path) = line.rsplit_once(' ')?.0.split_once(' ')?;
    let to = format!("{method} {path}");
    let mut request = http.request(method.parse().ok()?, format!("{base_url}{path}"));
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name {
            "content-length" => length = value.parse().ok()?,
            "host" => {}
            _ => request = request.header(name, value),
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let answer = request.body(body).send().await.ok()?;
    let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (status, content_type) = (answer.status().as_u16(), content_type.to_owned());
    let mut passing = Passing { to, status, body: answer.text().await.ok()? };
    fault(&mut passing);

    let Passing { status, body, .. } = passing;
    // A 204 has no body, and no length either.
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\n{length}connection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()
}
