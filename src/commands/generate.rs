//! `wsline generate`: prints the shell completions and the man page.
//!
//! They are the files of `completions/`, which a test compares with the flags, so the program does
//! without the libraries that generate them.

use crate::cli::{Generate, Shell};

#[cfg(test)]
mod completions;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod options;

/// The file as committed.
#[must_use]
pub fn text(what: Generate) -> &'static str {
    match what {
        Generate::Completions { shell } => match shell {
            Shell::Bash => include_str!("../../completions/wsline.bash"),
            Shell::Elvish => include_str!("../../completions/wsline.elv"),
            Shell::Fish => include_str!("../../completions/wsline.fish"),
            Shell::PowerShell => include_str!("../../completions/_wsline.ps1"),
            Shell::Zsh => include_str!("../../completions/_wsline"),
        },
        Generate::Man => include_str!("../../completions/wsline.1"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::cli;

    /// The files of `completions/`.
    const FILES: &[(&str, Generate)] = &[
        ("wsline.bash", completions_of(Shell::Bash)),
        ("_wsline", completions_of(Shell::Zsh)),
        ("wsline.fish", completions_of(Shell::Fish)),
        ("_wsline.ps1", completions_of(Shell::PowerShell)),
        ("wsline.elv", completions_of(Shell::Elvish)),
        ("wsline.1", Generate::Man),
    ];

    const fn completions_of(shell: Shell) -> Generate {
        Generate::Completions { shell }
    }

    fn generated(what: Generate) -> String {
        generator::generated(what).expect("a vector takes everything")
    }

    #[test]
    fn committed_files_match_the_flags() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        let update = std::env::var_os("WSLINE_UPDATE").is_some();
        for &(name, what) in FILES {
            let path = directory.join(name);
            let fresh = generated(what);
            if update {
                fs::write(&path, &fresh).expect("completions/ is writable");
            }
            let committed = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                committed == fresh,
                "completions/{name} is stale: WSLINE_UPDATE=1 cargo test --lib generate"
            );
            // The program contains updated files only after the next build.
            assert!(
                update || text(what) == fresh,
                "{name} is printed for another"
            );
        }
    }

    #[test]
    fn man_page_sections_have_the_usual_order() {
        let page = generated(Generate::Man);
        let sections: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix(".SH "))
            .map(|title| title.trim_matches('"'))
            .collect();
        assert_eq!(
            sections,
            [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "COMMANDS",
                "EXIT CODES",
                "ENVIRONMENT",
                "JSON LINES",
                "SESSION FILES",
                "PROXIES",
                "TLS",
                "PROMPT",
                "CONFIG FILE",
                "FILES",
                "EXAMPLES",
                "SEE ALSO"
            ]
        );
        assert!(page.contains("\n.TH WSLINE 1 \"\" \"wsline "), "no date");
    }

    #[test]
    fn man_page_and_completions_list_all_options() {
        for &(name, what) in FILES {
            let text = generated(what).replace("\\-", "-");
            for argument in cli::command().get_arguments() {
                let Some(long) = argument.get_long() else {
                    continue;
                };
                assert!(text.contains(long), "{name} lacks --{long}");
            }
        }
    }

    #[test]
    fn man_page_describes_the_options_of_each_command() {
        let page = generated(Generate::Man).replace("\\-", "-");
        let sections: Vec<&str> = page.split("\n.SS ").collect();
        let mut command = cli::command();
        command.build();
        for subcommand in command.get_subcommands() {
            let heading = format!("\"wsline {}", subcommand.get_name());
            let section = sections.iter().find(|text| text.starts_with(&heading));
            let section = section.unwrap_or_else(|| panic!("no section {heading}"));
            for argument in subcommand.get_arguments() {
                let Some(long) = argument.get_long() else {
                    continue;
                };
                if generator::is_of_wsline_itself(&command, argument) {
                    continue;
                }
                let is_listed = section.contains(&format!("\\fB--{long}\\fR"));
                assert!(is_listed || long == "help", "{heading} lacks --{long}");
            }
        }
    }

    #[test]
    fn colons_in_value_names_are_escaped_for_zsh() {
        let text = generated(completions_of(Shell::Zsh));
        assert!(text.contains(r":USER[\:PASS]:_default"));
        assert!(!text.contains(":USER[:PASS]:"));
    }
}
