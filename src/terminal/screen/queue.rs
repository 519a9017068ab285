//! The queue of output for the screen: whole entries, limited in bytes.

use std::collections::VecDeque;

/// The memory of an entry in addition to its bytes, so that many small ones are limited as well.
const OVERHEAD: usize = 64;

/// Complete lines that wait, and an incomplete line.
pub(super) struct Queue {
    entries: VecDeque<Vec<u8>>,
    partial: Vec<u8>,
    cost: usize,
    limit: usize,
    dropped: u64,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            partial: Vec::new(),
            cost: 0,
            limit,
            dropped: 0,
        }
    }

    /// Adds bytes. Everything up to the last line feed is one entry.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let end = memchr::memrchr(b'\n', bytes).map_or(0, |feed| feed + 1);
        let (lines, rest) = bytes.split_at(end);
        self.partial.extend_from_slice(lines);
        if end > 0 {
            let entry = std::mem::take(&mut self.partial);
            self.cost += entry.len() + OVERHEAD;
            self.entries.push_back(entry);
        }
        self.partial.extend_from_slice(rest);
        while self.cost > self.limit && self.entries.len() > 1 {
            self.pop();
            self.dropped += 1;
        }
    }

    fn pop(&mut self) -> Option<Vec<u8>> {
        let entry = self.entries.pop_front()?;
        self.cost -= entry.len() + OVERHEAD;
        Some(entry)
    }

    /// Completes the incomplete line.
    pub(super) fn end_line(&mut self) {
        if !self.partial.is_empty() {
            self.put(b"\n");
        }
    }

    /// Takes the oldest entries, joined to about `size` bytes.
    pub(super) fn take(&mut self, size: usize) -> Option<String> {
        let mut joined = Vec::new();
        if self.dropped > 0 {
            let dropped = std::mem::take(&mut self.dropped);
            joined = format!(
                "[{dropped} messages not shown: more than {} MiB waited for the screen]\n",
                self.limit >> 20
            )
            .into_bytes();
        }
        while joined.len() < size {
            match self.pop() {
                Some(entry) if joined.is_empty() => joined = entry,
                Some(entry) => joined.extend_from_slice(&entry),
                None => break,
            }
        }
        // Outputs write UTF-8, and the editor accepts nothing else.
        (!joined.is_empty()).then(|| match String::from_utf8(joined) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 64 * 1024;

    #[test]
    fn oldest_entries_are_replaced_by_a_line_at_the_limit() {
        let mut queue = Queue::new(2 << 20);
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        for number in 0..3000 {
            queue.put(format!("{number} ").as_bytes());
            queue.put(&line);
        }
        let mut all = String::new();
        while let Some(text) = queue.take(SIZE) {
            assert!(text.len() < SIZE + 2048);
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
    fn invalid_utf8_is_replaced() {
        let mut queue = Queue::new(1000);
        queue.put(b"a\xff\n");
        assert_eq!(queue.take(10).as_deref(), Some("a\u{fffd}\n"));
    }
}
