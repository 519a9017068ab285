//! Tests of many lines at once: split reads, an invalid line among them, and too little room.

use super::*;

#[test]
fn many_lines_are_sent_unchanged_for_any_reads() {
    let lengths = [
        0,
        1,
        BUFFER - 3,
        0,
        0,
        BUFFER,
        5,
        2 * BUFFER + 3,
        1,
        BUFFER - 1,
    ];
    let long = lengths.into_iter().map(|length| "x".repeat(length));
    let short = (0..100_000).map(|number| format!("{number} é\r"));
    let expected: Vec<String> = short.clone().chain(long).chain(short).collect();
    for delimiter in [b'\n', b'\0'] {
        let mut bytes = Vec::new();
        for line in &expected {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(delimiter);
        }
        let split = InputSplit::Lines(delimiter);
        let mut stdin = open(Stdin::new(file(bytes), split, SendDelay::default()));
        let mut page = Page::new();
        assert!(take_all(&mut stdin, &mut page).is_none());
        assert!(page.texts() == expected, "each line up to {delimiter}");
    }
}

#[test]
fn lines_before_an_invalid_one_are_sent() {
    let line = b"0123456 \xc3\xa9\n";
    let in_buffer = BUFFER / line.len();
    for good in [
        0,
        1,
        7,
        in_buffer - 1,
        in_buffer,
        in_buffer + 1,
        3 * in_buffer,
    ] {
        for bad in [
            &b"\xff\n"[..],
            b"0123\x80456\n",
            b"cut off \xc3\n",
            b"\xf0\x9f\n\x8c\x8d\n",
        ] {
            let input = [line.repeat(good), bad.to_vec(), line.repeat(5)].concat();
            let mut stdin = open(Stdin::new(file(input), LINES, SendDelay::default()));
            let mut page = Page::new();
            let error = take_all(&mut stdin, &mut page).expect("a bad line");
            let place = format!("input, line {}: not UTF-8", good + 1);
            assert!(
                error.to_string().starts_with(&place),
                "{error}, not {place}"
            );
            assert_eq!(page.messages.len(), good);
        }
    }
}

#[test]
fn number_of_lines_is_limited_by_the_room() {
    let input = "12345678\n".repeat(1000);
    for room in [1, 8, 9, 10, 100, 4096] {
        let mut stdin = open(Stdin::new(file(&input), LINES, SendDelay::default()));
        let mut page = Page::new();
        let mut turns = 0;
        loop {
            let before = page.messages.len();
            page.room = room;
            let took = stdin.poll(Now::read(), true, &mut page);
            let sent = (page.messages.len() - before) * 8;
            assert!(
                sent < room + 8,
                "{sent} bytes where there was room for {room}"
            );
            turns += 1;
            match took {
                Progress::More => assert_eq!(page.room, 0),
                Progress::Pending => {}
                Progress::Done(error) => break assert!(error.is_none()),
            }
        }
        assert_eq!(page.messages.len(), 1000);
        assert!(turns >= 8000 / (room + 8), "{turns} turns");
    }
}
