//! A command of the shell that prints messages: the newest one's text, or all, an object a line.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::letter::{Channel, Letter, MESSAGES, Problem, Shown};

/// The beginning of what names one.
pub(super) const PREFIX: &str = "command:";

/// How long it may take, and how many bytes it may print.
const LONGEST: Duration = Duration::from_secs(30);
const PRINTED: u64 = 1 << 20;

/// A command, run as `sh -c` runs it.
#[derive(Debug)]
pub(crate) struct Command {
    line: String,
}

impl Command {
    pub(super) fn told(text: &str) -> Result<Self, Problem> {
        match text.trim() {
            "" => Err(Problem::new(MESSAGES, "has no command after command:")),
            line => Ok(Self { line: line.to_owned() }),
        }
    }

    pub(super) async fn open(&self, to: &str) -> Result<(), Problem> {
        let shown = self.shown(to, Timestamp::now()).await;
        shown.map(drop).map_err(|problem| Problem::new(MESSAGES, format!("has a command that {problem}")))
    }

    pub(super) async fn shown(&self, to: &str, since: Timestamp) -> Result<Shown, String> {
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", &self.line]).env("CHANNEL", Channel::of(to).name()).env("TO", to);
        shell.env("SINCE", since.to_string()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        shell.kill_on_drop(true);
        let ended = timeout(LONGEST, printed(shell)).await.map_err(|_| format!("has not ended in {LONGEST:?}"))?;
        let (status, bytes) = ended.map_err(|error| format!("cannot be run: {error}"))?;
        match status.code() {
            Some(0) => {
                let printed = String::from_utf8_lossy(&bytes);
                let newest = || Shown { letters: vec![Letter::new(None, (*printed).to_owned())], are_all: false };
                Ok(all_printed(&printed).map_or_else(newest, Shown::all))
            }
            Some(1) => Ok(Shown::all(Vec::new())),
            _ => Err(format!("ends with {status}, neither 0 nor 1")),
        }
    }
}

/// All messages, oldest first, where a command prints an object a line; none where it prints a text.
fn all_printed(printed: &str) -> Option<Vec<Letter>> {
    let lines = printed.lines().filter(|line| !line.trim().is_empty());
    let mut all = Vec::new();
    for line in lines {
        let object: Value = serde_json::from_str(line).ok()?;
        let at = object["received_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        let id = Some(&object["id"]).filter(|id| !id.is_null()).map(Value::to_string);
        all.push((at, Letter::new(id, object["text"].as_str()?.to_owned())));
    }
    // Of one second they stay in the order of the lines.
    all.sort_by_key(|(at, _)| *at);
    (!all.is_empty()).then(|| all.into_iter().map(|(_, letter)| letter).collect())
}

/// How a command ends, and what it prints. One that prints without end is not read to it, and so does not live on.
async fn printed(mut shell: tokio::process::Command) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = shell.spawn()?;
    let mut bytes = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(PRINTED).read_to_end(&mut bytes).await?;
    }
    Ok((child.wait().await?, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_prints_the_newest_message_or_all() {
        let three = r#"{"text":"b","received_at":"2026-11-28T20:00:01Z","id":7}
            {"text":"a","received_at":"2026-11-28T20:00:00Z"}
            {"text":"c","received_at":"2026-11-28T20:00:01Z","id":"x"}"#;
        let letters = all_printed(three).expect("all");
        let told: Vec<_> = letters.iter().map(|letter| (letter.text.as_str(), letter.id.as_deref())).collect();
        assert_eq!(told, [("a", None), ("b", Some("7")), ("c", Some("\"x\""))]);
        for text in ["Open http://x/1", "7", "{\"text\":7}", "", "{\"text\":\"a\"}\nb"] {
            assert_eq!(all_printed(text), None, "{text}");
        }
    }
}
