//! Sixel: bands of six rows, each drawn color by color (DEC STD 070 §9).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use image::RgbaImage;

/// The number of steps of each color component.
const STEPS: u32 = 6;
/// The number of rows in a band.
const BAND: u32 = 6;
/// Pixels with less opacity than this are not drawn.
pub(super) const OPAQUE: u8 = 128;

/// Draws pixels in 216 colors after `indent`, and moves to the next line.
pub(super) fn draw(pixels: &RgbaImage, indent: &str) -> String {
    let (width, height) = pixels.dimensions();
    // Pixels that are not drawn keep the background; the aspect ratio is 1:1.
    let mut drawn = format!("{indent}\x1bP0;1q\"1;1;{width};{height}");
    let numbers: Vec<Option<u32>> = pixels
        .pixels()
        .map(|pixel| opaque_color_number(pixel.0))
        .collect();
    let mut colors: BTreeSet<u32> = numbers.iter().copied().flatten().collect();
    for color in &colors {
        let percent = |step: u32| step * 100 / (STEPS - 1);
        let (red, green, blue) = (color / 36, color / 6 % 6, color % 6);
        let (red, green, blue) = (percent(red), percent(green), percent(blue));
        let _ = write!(drawn, "#{color};2;{red};{green};{blue}");
    }
    for top in (0..height).step_by(BAND as usize) {
        // Not after the last band, which would leave an empty row on the screen.
        if top > 0 {
            drawn.push('-');
        }
        let rows = BAND.min(height - top);
        let at = |x: u32, y: u32| numbers[((top + y) * width + x) as usize];
        colors.clear();
        colors.extend((0..rows).flat_map(|y| (0..width).filter_map(move |x| at(x, y))));
        for one in &colors {
            let _ = write!(drawn, "#{one}");
            let sixels = (0..width).map(|x| {
                let bits = (0..rows).filter(|y| at(x, *y) == Some(*one));
                bits.fold(0u8, |sixel, y| sixel | 1 << y)
            });
            push_runs(&mut drawn, sixels);
            drawn.push('$');
        }
    }
    drawn.push_str("\x1b\\\n");
    drawn
}

/// The number of a color; `None` for a transparent one.
fn opaque_color_number([red, green, blue, alpha]: [u8; 4]) -> Option<u32> {
    (alpha >= OPAQUE).then(|| color_number([red, green, blue]))
}

/// The number of the nearest of 216 colors.
pub(super) fn color_number(components: [u8; 3]) -> u32 {
    let [red, green, blue] = components.map(|value| (u32::from(value) * (STEPS - 1) + 127) / 255);
    red * 36 + green * 6 + blue
}

/// Appends the sixels of one color, with repetitions counted.
fn push_runs(drawn: &mut String, sixels: impl Iterator<Item = u8>) {
    let mut run: Option<(u8, usize)> = None;
    let mut push = |run: Option<(u8, usize)>| {
        let Some((sixel, count)) = run else { return };
        let shown = char::from(b'?' + sixel);
        if count > 3 {
            let _ = write!(drawn, "!{count}{shown}");
        } else {
            drawn.extend(std::iter::repeat_n(shown, count));
        }
    };
    for sixel in sixels {
        run = match run {
            Some((same, count)) if same == sixel => Some((same, count + 1)),
            other => {
                push(other);
                Some((sixel, 1))
            }
        };
    }
    // What follows the last pixel of a color is left out.
    push(run.filter(|(sixel, _)| *sixel != 0));
}
