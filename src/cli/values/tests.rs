//! Tests of the values of options.

use super::*;

#[test]
fn timeouts_must_not_be_zero() {
    assert_eq!(limit("1ms"), Ok(Duration::from_millis(1)));
    assert_eq!(limit("0ms"), Err("must be greater than 0".to_owned()));
}

#[test]
fn wait_durations_are_parsed() {
    assert_eq!(wait("-1"), Ok(Wait::Forever));
    assert_eq!(wait("forever"), Ok(Wait::Forever));
    assert_eq!(wait("0"), Ok(Wait::For(Duration::ZERO)));
    assert_eq!(wait("2s"), Ok(Wait::For(Duration::from_secs(2))));
    assert!(wait("-2").expect_err("no such wait").ends_with("no limit"));
}

#[test]
fn sizes_are_parsed() {
    for (text, bytes) in [
        ("1", 1),
        ("64K", 65_536),
        ("64k", 65_536),
        ("16M", 16 << 20),
        ("1G", 1 << 30),
    ] {
        assert_eq!(size(text), Ok(bytes), "{text}");
    }
    let right = "a size is written 64K, 16M, 1G, or as a number of bytes";
    for (text, sentence) in [
        ("", right.to_owned()),
        ("K", right.to_owned()),
        ("0", "must be at least 1".to_owned()),
        ("1T", format!("unknown unit 'T': {right}")),
        ("1.5M", format!("unknown unit '.5M': {right}")),
        ("99999999999G", "too large for a 64-bit number".to_owned()),
    ] {
        assert_eq!(size(text), Err(sentence), "{text}");
    }
    assert_eq!(chunk_size("16M"), Ok(16 << 20));
    assert_eq!(chunk_size("17M"), Err("must be at most 16M".to_owned()));
    assert_eq!(echo_size("1G"), Ok(1 << 30));
    for wrong in ["1025M", "16777216G"] {
        assert_eq!(echo_size(wrong), Err("must be at most 1G".to_owned()));
    }
    assert!(echo_size("0").is_err());
}

#[test]
fn connection_counts_are_parsed() {
    assert_eq!(connections("1000").map(NonZeroUsize::get), Ok(1000));
    for wrong in ["", "0", "-1", "1.5", "x"] {
        let complaint = connections(wrong).expect_err(wrong);
        assert_eq!(complaint, "must be a number greater than 0");
    }
}

#[test]
fn values_of_test_options_are_parsed() {
    assert_eq!(jobs("8").map(NonZeroUsize::get), Ok(8));
    for wrong in ["", "0", "-1", "1001", "x"] {
        assert!(jobs(wrong).is_err(), "{wrong:?}");
    }
    let pair = |name: &str, value: VariableValue| Ok((name.to_owned(), value));
    let literal = |value: &str| VariableValue::Literal(value.to_owned());
    assert_eq!(variable("A=b=c"), pair("A", literal("b=c")));
    assert_eq!(variable("_1="), pair("_1", literal("")));
    let of_environment = VariableValue::Env("B".to_owned());
    assert_eq!(variable("A=env:B"), pair("A", of_environment));
    for wrong in ["", "A", "=b", "1=b", "a-b=c", "é=c", "A=env:"] {
        assert!(variable(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!((retries("0"), retries("100")), (Ok(0), Ok(100)));
    for wrong in ["", "-1", "101", "x"] {
        assert!(retries(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(speed("1"), Ok(1.0));
    assert_eq!(speed(".5"), Ok(0.5));
    for wrong in ["", "0", "-1", "inf", "nan", "1e3", "0.0001", "10000000"] {
        assert!(speed(wrong).is_err(), "{wrong:?}");
    }
    for right in ["", "/", "/a/0/*", "/a~0b~1c"] {
        assert_eq!(pointer(right).as_deref(), Ok(right));
    }
    assert_eq!(
        pointer("time"),
        Err("a JSON Pointer starts with a slash: /time (RFC 6901)".to_owned())
    );
    assert!(pointer("/a~b").is_err() && pointer("/a~").is_err());
}

#[test]
fn hexadecimal_digits_are_parsed() {
    assert_eq!(hex_bytes("00 fF\t10"), Ok(vec![0, 255, 16]));
    assert_eq!(hex_bytes(""), Ok(vec![]));
    assert_eq!(
        hex_bytes("0g"),
        Err("'g' is not a hexadecimal digit".to_owned())
    );
    assert_eq!(
        hex_bytes("abc"),
        Err("odd number of hexadecimal digits (3)".to_owned())
    );
}

#[test]
fn listen_addresses_are_parsed() {
    for (text, address) in [
        ("9001", "127.0.0.1:9001"),
        (":0", "127.0.0.1:0"),
        ("0.0.0.0:80", "0.0.0.0:80"),
        ("[::1]:80", "[::1]:80"),
        ("localhost:80", "localhost:80"),
    ] {
        let parsed = listen_address(text).map(|it| it.to_string());
        assert_eq!(parsed.as_deref(), Ok(address), "{text}");
    }
    for wrong in ["", "host", "host:", "::1", "1:65536", "ws://h:1x"] {
        assert!(listen_address(wrong).is_err(), "{wrong:?}");
    }
}
