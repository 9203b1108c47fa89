//! Lines on their way to a writer that may be slow, stuck or broken. Those who log never wait for it.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the lines of a busy server gather until they are written together.
const GATHER: Duration = Duration::from_millis(10);

/// The lines that wait to be written by the thread that writes them.
#[derive(Debug)]
pub(super) struct Queue {
    /// How many bytes may wait.
    room: usize,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines that found no room since the writer last looked.
    lost: u64,
    is_closed: bool,
    /// Whether the writer has ended.
    is_written: bool,
}

impl Queue {
    /// Starts a thread that writes to `writer`, and that says with `told` how many lines were lost.
    pub(super) fn start(
        room: usize,
        writer: impl Write + Send + 'static,
        told: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self { room, waiting: Mutex::default(), changed: Condvar::new() });
        let read = Arc::clone(&queue);
        thread::Builder::new().name("log".into()).spawn(move || read.write_all_to(writer, told))?;
        Ok(queue)
    }

    /// Lets the writer end once all is written, and waits for that as long as `limit`.
    pub(super) fn close(&self, limit: Duration) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(waiting, limit, |waiting| !waiting.is_written));
    }

    fn write_all_to(&self, writer: impl Write, told: impl Fn(u64) -> String) {
        let mut out = Out { writer, is_torn: false };
        let mut lost = 0;
        while let Some((lines, without_room)) = self.next() {
            lost += out.write(&lines) + without_room;
            if lost > 0 && out.write(told(lost).as_bytes()) == 0 {
                lost = 0;
            }
        }
        self.lock().is_written = true;
        self.changed.notify_all();
    }

    /// Waits for lines. None once it is closed and all were taken.
    fn next(&self) -> Option<(Vec<u8>, u64)> {
        let closed = self.changed.wait_timeout_while(self.lock(), GATHER, |waiting| !waiting.is_closed);
        let (waiting, _) = closed.unwrap_or_else(PoisonError::into_inner);
        let is_idle = |waiting: &mut Waiting| waiting.is_empty() && !waiting.is_closed;
        let mut waiting = self.changed.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner);
        (!waiting.is_empty()).then(|| (mem::take(&mut waiting.lines), mem::take(&mut waiting.lost)))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Each step on it is whole, so a panic leaves nothing half done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.lost == 0
    }
}

/// One call is one line, or more.
impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lock();
        // The writer waits only while there is nothing to write.
        let was_empty = waiting.is_empty();
        if waiting.lines.len() + line.len() <= self.room {
            waiting.lines.extend_from_slice(line);
        } else {
            waiting.lost += ends(line);
        }
        drop(waiting);
        if was_empty {
            self.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The writer, and whether it broke off within a line.
struct Out<W> {
    writer: W,
    is_torn: bool,
}

impl<W: Write> Out<W> {
    /// Writes lines, and gives the number of those that were not written whole.
    fn write(&mut self, lines: &[u8]) -> u64 {
        if self.is_torn && self.written(b"\n") == 0 {
            return ends(lines);
        }
        let (written, rest) = lines.split_at(self.written(lines));
        self.is_torn = written.last().is_some_and(|last| *last != b'\n');
        ends(rest)
    }

    /// Writes as much as it can, and gives the number of bytes.
    fn written(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        while written < bytes.len() {
            match self.writer.write(&bytes[written..]) {
                Ok(0) => break,
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Another program has switched the terminal or the pipe that it shares with this one.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(GATHER),
                Err(_) => break,
            }
        }
        written
    }
}

fn ends(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// How long a test waits for what comes at once.
    const LONG: Duration = Duration::from_secs(60);

    /// A writer that does with each call what the test says: take so many bytes, or fail. What it took goes to the test.
    struct Scripted {
        steps: Receiver<Option<usize>>,
        took: Sender<Vec<u8>>,
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // The test lets all go once it has no more to say.
            let step = self.steps.recv().unwrap_or(Some(usize::MAX));
            let count = step.ok_or(io::ErrorKind::StorageFull)?.min(bytes.len());
            let _ = self.took.send(bytes[..count].to_vec());
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn scripted(room: usize) -> (Arc<Queue>, Sender<Option<usize>>, Receiver<Vec<u8>>) {
        let (steps, read) = channel();
        let (took, taken) = channel();
        let writer = Scripted { steps: read, took };
        let queue = Queue::start(room, writer, |lines| format!("lost {lines}\n")).expect("a thread");
        (queue, steps, taken)
    }

    fn text(taken: &Receiver<Vec<u8>>) -> String {
        String::from_utf8(taken.try_iter().flatten().collect()).expect("text")
    }

    #[test]
    fn lines_beyond_the_room_are_lost_and_counted_and_told_in_their_place() {
        let (queue, steps, taken) = scripted(8);
        (&*queue).write_all(b"one\n").expect("it never fails");
        // The writer has taken the first line once it takes its first byte.
        steps.send(Some(1)).expect("it writes");
        assert_eq!(taken.recv_timeout(LONG).expect("a byte"), b"o");
        for line in [b"two\n", b"six\n", b"ten\n", b"any\n"] {
            (&*queue).write_all(line).expect("it never fails");
        }
        drop(steps);
        queue.close(LONG);
        assert_eq!(text(&taken), "ne\ntwo\nsix\nlost 2\n");
    }

    #[test]
    fn a_writer_that_fails_ends_nothing_and_what_it_lost_is_told_when_it_works_again() {
        let (queue, steps, taken) = scripted(64);
        // The line breaks off, and neither its rest nor what tells of it can be written.
        for step in [Some(2), None, None] {
            steps.send(step).expect("it writes");
        }
        (&*queue).write_all(b"first\n").expect("it never fails");
        assert_eq!(taken.recv_timeout(LONG).expect("two bytes"), b"fi");
        drop(steps);
        (&*queue).write_all(b"second\n").expect("it never fails");
        queue.close(LONG);
        assert_eq!(text(&taken), "\nsecond\nlost 1\n");
    }

    #[test]
    fn the_end_does_not_wait_for_a_writer_that_is_stuck() {
        let (queue, steps, taken) = scripted(64);
        (&*queue).write_all(b"one\n").expect("it never fails");
        queue.close(Duration::from_millis(1));
        assert_eq!(text(&taken), "");
        drop(steps);
        queue.close(LONG);
        assert_eq!(text(&taken), "one\n");
    }
}
