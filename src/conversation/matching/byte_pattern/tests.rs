//! Tests of byte patterns.

use super::*;

fn result(parts: &[BytePart], received: &[u8]) -> Result<Vec<(String, String)>, Vec<String>> {
    compare(parts, Kind::Binary, received).map_err(|difference| difference.lines())
}

fn protobuf() -> Vec<BytePart> {
    vec![
        BytePart::Bytes(vec![8]),
        BytePart::Number("ID".to_owned(), NumberFormat::Varint),
        BytePart::Bytes(vec![0x12, 6]),
        BytePart::Text("wsline".to_owned()),
        BytePart::Skip(2),
    ]
}

#[test]
fn parts_follow_each_other() {
    let captured = vec![("ID".to_owned(), "300".to_owned())];
    assert_eq!(
        result(&protobuf(), b"\x08\xac\x02\x12\x06wsline??"),
        Ok(captured)
    );
    assert_eq!(
        result(&protobuf(), b"\x08\x01\x12\x06nobody??"),
        Err(vec![
            "byte 4: expected \"wsline\", received 6e 6f 62 6f 64 79 \"nobody\"".to_owned()
        ])
    );
    assert_eq!(
        result(&protobuf(), b"\x08\x01\x12\x06wsline?"),
        Err(vec![
            "byte 10: expected 2 bytes, received 3f \"?\"".to_owned()
        ])
    );
    assert_eq!(
        result(&protobuf(), b"\x08\x01\x12\x06wsline???"),
        Err(vec![
            "byte 12: expected the end, received 3f \"?\"".to_owned()
        ])
    );
    assert_eq!(
        result(&[BytePart::Bytes(vec![1, 2])], b"\x01\x03"),
        Err(vec!["byte 1: expected 02, received 03".to_owned()])
    );
}

#[test]
fn gaps_texts_and_json_are_found() {
    let gap = [
        BytePart::Bytes(vec![1]),
        BytePart::Any,
        BytePart::Text("end".to_owned()),
    ];
    assert!(result(&gap, b"\x01 end end").is_ok());
    assert!(result(&gap, b"\x01 end en").is_err());
    let gaps = [
        BytePart::Any,
        BytePart::Number("N".to_owned(), NumberFormat::Big(1)),
        BytePart::Bytes(vec![9]),
        BytePart::Any,
        BytePart::Bytes(vec![8]),
    ];
    let first = vec![("N".to_owned(), "5".to_owned())];
    assert_eq!(result(&gaps, &[1, 5, 9, 6, 9, 8, 7, 8]), Ok(first));
    assert_eq!(
        result(&gaps, &[1, 5, 9, 6, 9, 8, 7]),
        Err(vec!["byte 7: expected 08, received the end".to_owned()])
    );
    let text = [
        BytePart::Bytes(vec![2]),
        BytePart::Regex(Regex::new(r"^\d+$").expect("one")),
    ];
    assert!(result(&text, b"\x0212").is_ok());
    assert!(result(&text, b"\x02x").is_err());
    let pattern =
        crate::conversation::matching::parse_pattern("{\"a\": integer as A}").expect("a pattern");
    let json = [BytePart::Bytes(vec![3]), BytePart::Json(pattern)];
    assert_eq!(
        result(&json, b"\x03{\"a\":7}"),
        Ok(vec![("A".to_owned(), "7".to_owned())])
    );
    assert_eq!(
        result(&json, b"\x03{\"a\":null}"),
        Err(vec!["/a: expected an integer, received null".to_owned()])
    );
    assert!(compare(&gap, Kind::Text, b"\x01 end").is_err());
}

#[test]
fn many_gaps_in_a_large_message_are_searched_once() {
    let parts: Vec<_> = (1..=12)
        .flat_map(|byte| [BytePart::Any, BytePart::Bytes(vec![0, byte])])
        .collect();
    let differences = result(&parts, &vec![0; 100_000]).expect_err("no such bytes");
    assert_eq!(
        differences,
        ["byte 100000: expected 00 01, received the end"]
    );
}

#[test]
fn numbers_are_encoded_as_they_are_decoded() {
    for (format, number, bytes) in [
        (NumberFormat::Big(2), 0x0102, vec![1, 2]),
        (NumberFormat::Little(2), 0x0102, vec![2, 1]),
        (NumberFormat::Varint, 300, vec![0xac, 2]),
        (NumberFormat::Varint, 0, vec![0]),
        (NumberFormat::Big(8), u64::MAX, vec![255; 8]),
        (
            NumberFormat::Varint,
            u64::MAX,
            [vec![255; 9], vec![1]].concat(),
        ),
    ] {
        assert_eq!(format.encode(i128::from(number)), Some(bytes.clone()));
        assert_eq!(format.decode(&bytes), Some((number, bytes.len())));
    }
    assert_eq!(NumberFormat::Big(1).encode(256), None);
    assert_eq!(NumberFormat::Big(2).encode(-1), Some(vec![255, 255]));
    assert_eq!(NumberFormat::Varint.encode(-1), None);
    assert_eq!(NumberFormat::Varint.decode(&[255; 11]), None);
    assert_eq!(NumberFormat::Big(2).decode(&[1]), None);
}
