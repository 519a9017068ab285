#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wsline_fuzz::handshake_response::run(data));
