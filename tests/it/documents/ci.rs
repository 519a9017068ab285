//! The CI jobs in the documents are YAML, install the program, and run it with a report.

use std::fs;

use serde_json::Value;

use super::commands::check_script;
use super::servers::Servers;
use super::{blocks, path};
use crate::support::{require, Wsline};

/// Reads YAML from stdin and prints it as JSON.
const TO_JSON: &str = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
/// The keys of shell scripts in the jobs of GitHub Actions and of GitLab CI.
const SCRIPTS: [&str; 3] = ["run", "before_script", "script"];

/// All texts in a value, each with the key that it is below.
fn texts<'a>(key: &'a str, value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::String(text) => found.push((key, text)),
        Value::Array(values) => values.iter().for_each(|value| texts(key, value, found)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| texts(key, value, found)),
        _ => {}
    }
}

#[test]
fn ci_jobs_install_test_and_report() {
    require!("PyYAML", ["python3", "-c", "import yaml"]);
    let servers = Servers::start();
    let session = super::sessions::block("smoke.ws");
    let jobs = blocks("yaml");
    assert_eq!(jobs.len(), 2, "GitHub Actions and GitLab CI");
    for (name, job) in jobs {
        let json = Wsline::program("python3")
            .args(["-c", TO_JSON])
            .stdin(job.as_str())
            .stdout_matches("...\n")
            .run();
        let job: Value = serde_json::from_str(json.stdout_text()).expect("JSON");
        let mut found = Vec::new();
        texts("", &job, &mut found);
        let is_script = |(key, _): &&(&str, &str)| SCRIPTS.contains(key);
        let scripts: Vec<&str> = found
            .iter()
            .filter(is_script)
            .map(|(_, text)| *text)
            .collect();
        let tested = scripts
            .iter()
            .position(|script| script.starts_with("wsline test "));
        let tested = tested.unwrap_or_else(|| panic!("{name}: no test in {scripts:?}"));
        let installs = |script: &&str| {
            script.contains("cargo install --locked --path ")
                || script.contains("/releases/download/")
        };
        assert!(
            scripts[..tested].iter().any(installs),
            "{name}: {scripts:?}"
        );
        let uploads =
            |(key, text): &(&str, &str)| ["path", "junit"].contains(key) && *text == "report.xml";
        assert!(found.iter().any(uploads), "{name}: {found:?}");
        check_script(&name, &scripts.join("\n"), 1);

        let directory = crate::support::guard::directory();
        fs::create_dir(directory.path().join("tests")).expect("a directory");
        fs::write(directory.path().join("tests/smoke.ws"), &session).expect("a file");
        Wsline::program("sh")
            .args(["-c", scripts[tested]])
            .env("PATH", path())
            .env("STAGING_URL", servers.url())
            .env("TOKEN", "t0ken")
            .dir(directory.path())
            .stdout_matches("ok    tests/smoke.ws  (2 statements, [..] s)\n1 passed in [..] s\n")
            .run();
        let report = fs::read_to_string(directory.path().join("report.xml")).expect("a report");
        assert!(report.contains("<testcase "), "{name}: {report}");
    }
}
