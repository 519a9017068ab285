//! The fuzz targets' bodies, a file each: bytes in, and a panic where something does not hold.
//! They stand in a library so that `cargo test` can run the seeds without a fuzzer.

pub mod core;
pub mod frames;
pub mod handshake_response;
pub mod json_lines;
pub mod proxy_answer;
pub mod record;
mod server;
pub mod session_file;

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_seed_passes() {
        let targets: [(&str, fn(&[u8])); 7] = [
            ("core", crate::core::run),
            ("frames", crate::frames::run),
            ("handshake_response", crate::handshake_response::run),
            ("json_lines", crate::json_lines::run),
            ("proxy_answer", crate::proxy_answer::run),
            ("record", crate::record::run),
            ("session_file", crate::session_file::run),
        ];
        for (name, run) in targets {
            let seeds = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("corpus")
                .join(name);
            let mut count = 0;
            for seed in seeds.read_dir().expect("a corpus") {
                let bytes = std::fs::read(seed.expect("an entry").path()).expect("a seed");
                run(&bytes);
                count += 1;
            }
            assert!(count > 0, "{name} has seeds");
        }
    }
}
