#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wsline_fuzz::record::run(data));
