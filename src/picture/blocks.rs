//! Pictures made of characters: an upper and a lower pixel in each, or shades without colors.

use std::fmt::Write as _;

use image::RgbaImage;

use super::canvas::Colors;
use super::sixel::{color_number, OPAQUE};

/// Characters from dark to bright.
const SHADES: &[u8] = b" .:-=+*#%@";

type Pixel = Option<[u8; 3]>;

/// Draws each two rows of pixels as a row of characters after `indent`.
pub(super) fn draw(pixels: &RgbaImage, colors: Colors, indent: &str) -> String {
    let (width, height) = pixels.dimensions();
    let at = |x: u32, y: u32| {
        let pixel = pixels.get_pixel_checked(x, y)?;
        let [red, green, blue, alpha] = pixel.0;
        (alpha >= OPAQUE).then_some([red, green, blue])
    };
    let mut drawn = String::new();
    for y in (0..height).step_by(2) {
        drawn.push_str(indent);
        for x in 0..width {
            push(&mut drawn, at(x, y), at(x, y + 1), colors);
        }
        if colors != Colors::None {
            drawn.push_str("\x1b[0m");
        }
        drawn.push('\n');
    }
    drawn
}

fn push(drawn: &mut String, upper: Pixel, lower: Pixel, colors: Colors) {
    if colors == Colors::None {
        let brightness = usize::midpoint(brightness(upper), brightness(lower));
        let shade = brightness * (SHADES.len() - 1) / 255;
        drawn.push(char::from(SHADES[shade]));
        return;
    }
    let code = |layer: u8, components: [u8; 3]| {
        let [red, green, blue] = components;
        if colors == Colors::True {
            return format!("{layer};2;{red};{green};{blue}");
        }
        // The first 16 colors of a terminal are its own.
        format!("{layer};5;{}", 16 + color_number(components))
    };
    let _ = match (upper, lower) {
        (Some(upper), Some(lower)) => {
            write!(
                drawn,
                "\x1b[{};{}m\u{2580}",
                code(38, upper),
                code(48, lower)
            )
        }
        (Some(upper), None) => write!(drawn, "\x1b[0;{}m\u{2580}", code(38, upper)),
        (None, Some(lower)) => write!(drawn, "\x1b[0;{}m\u{2584}", code(38, lower)),
        (None, None) => write!(drawn, "\x1b[0m "),
    };
}

/// The brightness from 0 to 255 (ITU-R BT.601).
fn brightness(pixel: Pixel) -> usize {
    let [red, green, blue] = pixel.unwrap_or_default().map(usize::from);
    (299 * red + 587 * green + 114 * blue) / 1000
}
