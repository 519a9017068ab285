//! Tests of the screen with a painter instead of an editor.

use std::sync::mpsc::{channel, Receiver, Sender};
use std::thread;

use super::printing::Painter;
use super::*;

const BOUND: Duration = Duration::from_secs(20);

/// Standard output, kept in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("not poisoned")).into_owned()
    }
}

/// An editor that draws into a channel.
struct SentPaints(Sender<String>);

impl Painter for SentPaints {
    fn paint(&mut self, text: &str) -> io::Result<()> {
        self.0.send(text.to_owned()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn state() -> (Arc<ScreenState>, Kept) {
    let kept = Kept::default();
    (ScreenState::new(Box::new(kept.clone())), kept)
}

fn feeding(state: &Arc<ScreenState>) -> (thread::JoinHandle<()>, Receiver<String>) {
    let (sender, drawn) = channel();
    let state = Arc::clone(state);
    let feeder = thread::spawn(move || state.feed(&mut SentPaints(sender)));
    (feeder, drawn)
}

#[test]
fn queue_is_printed_in_order_when_the_gate_opens() {
    let (state, kept) = state();
    let (feeder, drawn) = feeding(&state);
    let mut screen = Screen(Arc::clone(&state));
    for number in 0..10_000 {
        screen
            .put(format!("{number}\n").as_bytes())
            .expect("never refused");
    }
    screen.put(b"half a line").expect("never refused");
    assert!(drawn.try_recv().is_err(), "the gate is closed");
    state.open_gate();
    state.begin_end();
    while state.wait_for_print(BOUND) != WaitResult::Complete {}
    state.end(false);
    feeder.join().expect("no panic");
    let prints: Vec<String> = drawn.iter().collect();
    assert!(prints.len() < 10, "{} prints", prints.len());
    assert!(prints.iter().all(|print| print.ends_with('\n')));
    let mut lines = (0..10_000).map(|number| number.to_string());
    let shown = prints.concat();
    let shown: Vec<&str> = shown.lines().collect();
    assert_eq!(shown.len(), 10_001);
    assert!(shown
        .iter()
        .zip(&mut lines)
        .all(|(line, number)| *line == number));
    assert_eq!(shown.last(), Some(&"half a line"));
    screen.put(b"after the end").expect("written directly");
    assert_eq!(kept.text(), "after the end");
}

#[test]
fn queue_is_written_at_the_end() {
    let (state, kept) = state();
    let mut screen = Screen(Arc::clone(&state));
    screen.put(b"one\ntwo\n").expect("never refused");
    state.end(false);
    assert_eq!(kept.text(), "one\ntwo\n");
}

/// Prints two rows in place, and a third one after another row.
fn in_place(open: impl FnOnce(&ScreenState)) -> String {
    let (state, _) = state();
    let (feeder, drawn) = feeding(&state);
    open(&state);
    let put = |row: &[u8]| state.put_in_place(row).expect("never refused");
    put(b"one\n");
    put(b"two\n");
    state.put(b"between\n").expect("never refused");
    put(b"three\n");
    state.begin_end();
    while state.wait_for_print(BOUND) != WaitResult::Complete {}
    state.end(false);
    feeder.join().expect("no panic");
    drawn.iter().collect()
}

#[test]
fn rows_are_replaced_only_where_there_is_an_editor() {
    let edited = in_place(ScreenState::open_gate);
    assert_eq!(edited, "one\n\x1b[1A\x1b[Jtwo\nbetween\nthree\n");
    let dumb = in_place(ScreenState::free_gate);
    assert_eq!(dumb, "one\ntwo\nbetween\nthree\n");
}

#[test]
fn write_error_is_returned_by_the_next_write() {
    let (state, kept) = state();
    let (feeder, drawn) = feeding(&state);
    drop(drawn);
    let mut screen = Screen(Arc::clone(&state));
    state.open_gate();
    screen.put(b"one\n").expect("never refused");
    state.begin_end();
    while state.wait_for_print(BOUND) != WaitResult::Complete {}
    screen
        .put(b"two\n")
        .expect_err("the first could not be written");
    state.end(false);
    feeder.join().expect("no panic");
    assert_eq!(kept.text(), "");
}

#[test]
fn stuck_screen_drops_output_at_the_end() {
    let (state, kept) = state();
    state.end(true);
    assert_eq!(kept.text(), "\x1b[?2004l\r\n", "in case there is room");
    let refused = Screen(state).put(b"x").expect_err("it takes nothing");
    assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn gate_controls_printing() {
    let (state, _kept) = state();
    let gate = || state.lock().gate;
    state.open_gate();
    assert!(gate() == Gate::Open);
    state.close_gate();
    assert!(gate() == Gate::Closed);
    state.reader_gone();
    state.close_gate();
    assert!(gate() == Gate::Free, "no editor can close it any more");
    assert!(state.wait_for_reader(BOUND));
    state.begin_end();
    assert!(state.is_ending() && !state.is_finished());
    state.finish();
    assert!(state.is_ending() && state.is_finished());
}
