//! A terminal's screen as SVG.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// The width of a column and the height of a row, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
/// The space around the text.
const MARGIN: f32 = 16.0;
const FONT: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";

/// The colors of the page that shows a picture.
#[derive(Clone, Copy)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn background(self) -> &'static str {
        match self {
            Self::Light => "#f6f8fa",
            Self::Dark => "#161b22",
        }
    }

    fn foreground(self) -> &'static str {
        match self {
            Self::Light => "#1f2328",
            Self::Dark => "#e6edf3",
        }
    }

    /// One of the eight colors that every terminal has.
    fn color(self, color: Color) -> &'static str {
        const LIGHT: [&str; 8] = [
            "#24292f", "#cf222e", "#116329", "#7d4e00", "#0550ae", "#8250df", "#1b7c83", "#57606a",
        ];
        const DARK: [&str; 8] = [
            "#8b949e", "#ff7b72", "#3fb950", "#d29922", "#79c0ff", "#d2a8ff", "#56d4dd", "#b1bac4",
        ];
        match (color, self) {
            (Color::Default, _) => self.foreground(),
            (Color::Idx(index), Self::Light) if index < 8 => LIGHT[usize::from(index)],
            (Color::Idx(index), Self::Dark) if index < 8 => DARK[usize::from(index)],
            (other, _) => panic!("wsline does not use the color {other:?}"),
        }
    }
}

/// What makes cells look alike.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    color: Color,
    bold: bool,
    dim: bool,
    inverse: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        Self {
            color: cell.fgcolor(),
            bold: cell.bold(),
            dim: cell.dim(),
            inverse: cell.inverse(),
        }
    }
}

/// Cells beside each other that look alike.
struct Run {
    column: u16,
    columns: u16,
    text: String,
    look: Look,
}

/// Draws the command and the screen below it, without the empty rows at the end.
pub fn draw(screen: &Screen, command: &str, theme: Theme) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let rows: Vec<_> = (0..rows).map(|row| runs(screen, row)).collect();
    let used = rows
        .iter()
        .rposition(|runs| !runs.is_empty())
        .map_or(0, |last| last + 1);
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let lines = f32::from(u16::try_from(used + 1).expect("few rows"));
    let height = lines * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>{}</title>\n\
         <style>text{{white-space:pre}}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"{FONT}\" font-size=\"14\" fill=\"{}\">\n",
        escaped(command),
        theme.background(),
        theme.foreground(),
    );
    let prompt = Run {
        column: 0,
        columns: u16::try_from(command.len() + 2).expect("a short command"),
        text: format!("$ {command}"),
        look: Look {
            color: Color::Default,
            bold: true,
            dim: false,
            inverse: false,
        },
    };
    draw_row(&mut svg, 0, &[prompt], theme);
    for (row, runs) in rows.iter().take(used).enumerate() {
        draw_row(&mut svg, row + 1, runs, theme);
    }
    let (row, column) = screen.cursor_position();
    if !screen.hide_cursor() && usize::from(row) < used {
        let (x, y) = (left(column), top(usize::from(row) + 1));
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{}\" height=\"{}\" opacity=\"0.6\"/>",
            CELL.0, CELL.1
        );
    }
    svg + "</g>\n</svg>\n"
}

/// The text of a picture, a line each row.
pub fn text(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).expect("a picture is XML");
    let rows = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    let rows = rows.map(|row| {
        let parts = row.descendants().filter(roxmltree::Node::is_text);
        parts.filter_map(|part| part.text()).collect::<String>()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn left(column: u16) -> f32 {
    MARGIN + f32::from(column) * CELL.0
}

fn top(row: usize) -> f32 {
    MARGIN + f32::from(u16::try_from(row).expect("few rows")) * CELL.1
}

/// The runs of a row, up to the last cell that shows something.
fn runs(screen: &Screen, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..screen.size().1.get() {
        let cell = screen.cell(row, column).expect("a cell of the screen");
        if cell.is_wide_continuation() {
            continue;
        }
        let text = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        let columns = if cell.is_wide() { 2 } else { 1 };
        let look = Look::of(cell);
        match runs.last_mut() {
            Some(run) if run.look == look => {
                run.text.push_str(text);
                run.columns += columns;
            }
            _ => runs.push(Run {
                column,
                columns,
                text: text.to_owned(),
                look,
            }),
        }
    }
    while runs
        .last()
        .is_some_and(|run| run.text.trim_end().is_empty() && !run.look.inverse)
    {
        runs.pop();
    }
    if let Some(run) = runs.last_mut().filter(|run| !run.look.inverse) {
        let length = run.text.trim_end_matches(' ').len();
        run.columns -= u16::try_from(run.text.len() - length).expect("few columns");
        run.text.truncate(length);
    }
    runs
}

fn draw_row(svg: &mut String, row: usize, runs: &[Run], theme: Theme) {
    for run in runs.iter().filter(|run| run.look.inverse) {
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\" fill=\"{}\"/>",
            left(run.column),
            top(row),
            f32::from(run.columns) * CELL.0,
            CELL.1,
            theme.color(run.look.color),
        );
    }
    let _ = write!(svg, "<text y=\"{}\">", top(row) + 13.0);
    for run in runs {
        let color = if run.look.inverse {
            theme.background()
        } else {
            theme.color(run.look.color)
        };
        let weight = if run.look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let opacity = if run.look.dim {
            " opacity=\"0.65\""
        } else {
            ""
        };
        let _ = write!(
            svg,
            "<tspan x=\"{:.1}\" textLength=\"{:.1}\" fill=\"{color}\"{weight}{opacity}>{}</tspan>",
            left(run.column),
            f32::from(run.columns) * CELL.0,
            escaped(&run.text),
        );
    }
    svg.push_str("</text>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
