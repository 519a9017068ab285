#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wsline_fuzz::json_lines::run(data));
