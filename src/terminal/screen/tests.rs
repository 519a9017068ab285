//! The board with a painter of our own instead of an editor.

use std::sync::mpsc::{channel, Receiver, Sender};
use std::thread;

use super::*;

const BOUND: Duration = Duration::from_secs(20);

/// Standard output, to be read back.
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
struct Drawn(Sender<String>);

impl Painter for Drawn {
    fn paint(&mut self, text: &str) -> io::Result<()> {
        self.0.send(text.to_owned()).map_err(io::Error::other)
    }

    fn settle(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn board() -> (Arc<Board>, Kept) {
    let kept = Kept::default();
    (Board::new(Box::new(kept.clone())), kept)
}

fn feeding(board: &Arc<Board>) -> (thread::JoinHandle<()>, Receiver<String>) {
    let (sender, drawn) = channel();
    let board = Arc::clone(board);
    let feeder = thread::spawn(move || board.feed(&mut Drawn(sender)));
    (feeder, drawn)
}

#[test]
fn what_waits_comes_in_order_when_the_gate_opens() {
    let (board, kept) = board();
    let (feeder, drawn) = feeding(&board);
    let mut screen = Screen(Arc::clone(&board));
    for number in 0..10_000 {
        screen
            .put(format!("{number}\n").as_bytes())
            .expect("never refused");
    }
    screen.put(b"half a line").expect("never refused");
    assert!(drawn.try_recv().is_err(), "the gate is closed");
    board.open_gate();
    board.begin_end();
    while board.wait_for_print(BOUND) != Waited::Settled {}
    board.end(false);
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
fn without_an_editor_nothing_is_lost() {
    let (board, kept) = board();
    let (feeder, drawn) = feeding(&board);
    drop(drawn);
    let mut screen = Screen(Arc::clone(&board));
    board.open_gate();
    screen.put(b"one\n").expect("never refused");
    board.begin_end();
    while board.wait_for_print(BOUND) != Waited::Settled {}
    board.close_gate();
    screen.put(b"two\n").expect("never refused");
    board.end(false);
    feeder.join().expect("no panic");
    assert_eq!(kept.text(), "one\ntwo\n");
}

#[test]
fn a_screen_that_takes_nothing_refuses_at_the_end() {
    let (board, _kept) = board();
    board.end(true);
    let refused = Screen(board).put(b"x").expect_err("it takes nothing");
    assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn the_gate_says_who_may_print() {
    let (board, _kept) = board();
    let gate = || board.lock().gate;
    board.open_gate();
    assert!(gate() == Gate::Open);
    board.close_gate();
    assert!(gate() == Gate::Closed);
    board.reader_gone();
    board.close_gate();
    assert!(gate() == Gate::Free, "no editor can close it any more");
    assert!(board.wait_for_reader(BOUND));
    board.begin_end();
    assert!(board.is_ending() && !board.is_finished());
    board.finish();
    assert!(board.is_ending() && board.is_finished());
}

#[test]
fn past_the_limit_the_oldest_become_one_line() {
    let mut queue = Queue::new(2 << 20);
    let line = [&[b'x'; 1023][..], b"\n"].concat();
    for number in 0..3000 {
        queue.put(format!("{number} ").as_bytes());
        queue.put(&line);
    }
    let mut all = String::new();
    while let Some(text) = queue.take(JOINED) {
        assert!(text.len() < JOINED + 2048);
        all.push_str(&text);
    }
    let (notice, rest) = all.split_once('\n').expect("a first line");
    let kept = rest.lines().count();
    let dropped = 3000 - kept;
    assert!(dropped > 0 && rest.len() > 1_900_000, "{kept} kept");
    assert_eq!(
        notice,
        format!("[{dropped} messages not shown: more than 2 MiB waited for the screen]")
    );
    assert!(rest.starts_with(&format!("{dropped} x")));
    assert_eq!((queue.cost, queue.dropped), (0, 0));
}

#[test]
fn one_entry_may_be_longer_than_the_limit() {
    let mut queue = Queue::new(100);
    queue.put(&[b'x'; 1000]);
    queue.put(b"\nrest");
    assert_eq!(queue.take(10).map(|text| text.len()), Some(1001));
    assert_eq!(queue.take(10), None, "a line that is not whole waits");
    queue.end_line();
    assert_eq!(queue.take(10).as_deref(), Some("rest\n"));
}

#[test]
fn what_is_no_text_is_shown_as_far_as_it_goes() {
    let mut queue = Queue::new(1000);
    queue.put(b"a\xff\n");
    assert_eq!(queue.take(10).as_deref(), Some("a\u{fffd}\n"));
}
