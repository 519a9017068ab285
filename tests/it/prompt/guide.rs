//! The guide's table of commands is the program's.

use std::fmt::Write as _;
use std::path::Path;

use wsline::source::prompt::command::COMMANDS;

const HEADER: &str = "| command | effect |\n| --- | --- |\n";

/// `WSLINE_UPDATE=1` writes the table.
#[test]
fn guide_lists_all_commands() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide.md");
    let text = std::fs::read_to_string(&path).expect("the guide");
    let (before, rest) = text.split_once(HEADER).expect("it has the table");
    let (table, after) = rest.split_once("\n\n").expect("text follows the table");
    let mut wanted = String::new();
    for command in COMMANDS {
        let call = command.call().replace('|', "\\|");
        let help = command.help.replace('|', "\\|");
        writeln!(wanted, "| `{call}` | {help} |").expect("a String takes any text");
    }
    let wanted = wanted.trim_end();
    if table != wanted && std::env::var_os("WSLINE_UPDATE").is_some() {
        let new = format!("{before}{HEADER}{wanted}\n\n{after}");
        std::fs::write(path, new).expect("the guide can be written");
    } else {
        assert_eq!(table, wanted);
    }
}
