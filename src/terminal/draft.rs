//! Editing a line in the user's editor: a private file, and the program that edits it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use super::child::TerminalJob;
use crate::error::plain;

/// Writes `text` to a new file in `directory`, calls `run` to edit it, and reads the result.
///
/// # Errors
///
/// Why that failed.
pub(super) fn edit(
    directory: &Path,
    text: &str,
    run: impl FnOnce(TerminalJob) -> io::Result<ExitStatus>,
) -> Result<String, String> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    let extension = if is_json { "json" } else { "txt" };
    let name = format!("wsline-{:016x}.{extension}", rand::random::<u64>());
    let draft = Draft(directory.join(name));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft.0)
        .map_err(|error| format!("{}: {}", directory.display(), plain(&error)))?;
    file.write_all(text.as_bytes())
        .and_then(|()| {
            if text.is_empty() {
                Ok(())
            } else {
                file.write_all(b"\n")
            }
        })
        .map_err(|error| plain(&error))?;
    let path = draft.0.to_string_lossy().replace('\'', r"'\''");
    let job = TerminalJob {
        // The variable may contain options and quoted words.
        command: format!("draft='{path}'; eval \"${{VISUAL:-${{EDITOR:-vi}}}} \\\"\\$draft\\\"\""),
        input: None,
    };
    let status = run(job).map_err(|error| plain(&error))?;
    if !status.success() {
        return Err(format!("the editor ended with {status}"));
    }
    let bytes = fs::read(&draft.0).map_err(|error| plain(&error))?;
    let mut text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// The file of a draft, which is removed when this is dropped.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // The editor may have removed it.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(job: TerminalJob, editor: &str) -> io::Result<ExitStatus> {
        let mut command = std::process::Command::new("/bin/sh");
        command.arg("-c").arg(job.command);
        command.env("EDITOR", editor).env_remove("VISUAL").status()
    }

    #[test]
    fn edited_file_is_the_new_text() {
        let home = tempfile::tempdir().expect("a directory");
        let run = |job| shell(job, "sed -i s/a/b/");
        assert_eq!(edit(home.path(), "a\nc", run), Ok("b\nc".to_owned()));
        assert_eq!(
            edit(home.path(), "", |job| shell(job, "true")),
            Ok(String::new())
        );
        let failed = edit(home.path(), "a", |job| shell(job, "false"));
        assert!(failed.is_err_and(|cause| cause.contains("the editor ended with")));
        assert_eq!(fs::read_dir(home.path()).expect("list it").count(), 0);
        let nowhere = edit(&home.path().join("x"), "a", |job| shell(job, "true"));
        assert!(nowhere.is_err_and(|cause| cause.contains("No such file")));
    }
}
