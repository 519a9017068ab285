#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wsline_fuzz::session_file::run(data));
