//! The guide's tables of options, made from the flags. Compiled only for tests, as the guide is a
//! committed file.

use std::fmt::Write as _;

use clap::{Arg, Command};

use super::generator::{headings, is_of_wsline_itself, takes_value, visible};

/// The tables of the options of wsline itself, one for each heading of `--help`, and of those that
/// other commands add.
pub(super) fn tables(command: &Command) -> String {
    let mut text = String::new();
    for heading in headings(command) {
        let options = visible(command).into_iter();
        let options = options.filter(|option| option.get_help_heading() == Some(heading));
        table(&mut text, heading, options);
    }
    for task in command.get_subcommands() {
        let own = visible(task).into_iter().filter(|option| {
            let is_general = ["help", "version"].contains(&option.get_id().as_str());
            !option.is_positional() && !is_general && !is_of_wsline_itself(command, option)
        });
        table(&mut text, &format!("wsline {}", task.get_name()), own);
    }
    text
}

/// A title and the rows below it, if there are any.
fn table<'a>(text: &mut String, title: &str, options: impl Iterator<Item = &'a Arg>) {
    let rows: Vec<String> = options.map(row).collect();
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n**{title}**\n\n| option | effect |\n| --- | --- |\n{}\n",
        rows.join("\n")
    );
}

fn row(option: &Arg) -> String {
    let mut call = String::new();
    if let Some(short) = option.get_short() {
        let _ = write!(call, "-{short}, ");
    }
    let _ = write!(call, "--{}", option.get_long().unwrap_or_default());
    let values = option.get_value_names().unwrap_or_default().join(" ");
    if takes_value(option) && !values.is_empty() {
        let range = option.get_num_args().unwrap_or_default();
        let (before, after) = if range.min_values() == 0 {
            ("[=", "]")
        } else {
            (" ", "")
        };
        let _ = write!(call, "{before}{values}{after}");
    }
    let help = option.get_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    format!("| `{}` | {} |", cell(&call), cell(&help))
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// `WSLINE_UPDATE=1` writes the tables into the guide.
    #[test]
    fn guide_lists_all_options() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide.md");
        let guide = std::fs::read_to_string(&path).expect("the guide");
        let (before, rest) = guide.split_once("\n## Options\n").expect("the section");
        let (section, after) = rest.split_once("\n## ").expect("a section follows");
        let (preface, found) = section.split_once("\n**").expect("the tables");
        let mut command = crate::cli::command();
        command.build();
        let tables = tables(&command);
        if std::env::var_os("WSLINE_UPDATE").is_some() {
            let new = format!("{before}\n## Options\n{preface}{tables}\n## {after}");
            std::fs::write(path, new).expect("the guide can be written");
        } else {
            assert_eq!(
                format!("\n**{found}"),
                tables,
                "WSLINE_UPDATE=1 cargo test --lib generate"
            );
        }
    }
}
