//! Decoding, reducing and drawing, on a thread of its own and within limits of size and time.
//!
//! The limits are those of the decoders and these: a picture has at most [`MOST_PIXELS`], of at most
//! 8 bytes each, and is reduced to the canvas before it is converted. The thread can't be ended from
//! outside. What it does is bounded by the size of the file and of the picture, and while it runs
//! there is no other.

use std::io::Cursor;
use std::sync::mpsc::{channel, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, RgbaImage};

use super::canvas::{Canvas, DrawnPicture, Graphics};
use super::{blocks, inline, sixel};

/// The maximum width and height in pixels.
const LARGEST: u32 = 16_384;
/// The maximum number of pixels.
const MOST_PIXELS: u64 = 32 << 20;
/// The maximum memory in bytes that a decoder may use.
const MEMORY: u64 = 8 * MOST_PIXELS;
/// The maximum width and height of what is drawn, in pixels.
const LARGEST_DRAWN: u32 = 4096;
/// The maximum time for decoding and drawing.
const TIME: Duration = Duration::from_secs(5);
/// How often to ask whether to give up.
const TICK: Duration = Duration::from_millis(50);

/// Draws pictures, one at a time.
#[derive(Debug, Default)]
pub struct Renderer {
    /// The last thread, which may still run if it was given up.
    worker: Option<JoinHandle<()>>,
}

impl Renderer {
    /// Whether the file looks like one that can be drawn.
    ///
    /// # Errors
    ///
    /// That it does not, as a clause.
    pub fn check(&self, file: &[u8]) -> Result<(), String> {
        recognize(file).map(|_| ())
    }

    /// Draws a PNG, a JPEG, or the first image of a GIF. When `is_over` returns true, gives up.
    ///
    /// # Errors
    ///
    /// Why it can't be drawn, as a clause.
    pub fn draw(
        &mut self,
        file: Vec<u8>,
        canvas: Canvas,
        is_over: impl Fn() -> bool,
    ) -> Result<DrawnPicture, String> {
        self.run(move || draw(&file, canvas), TIME, is_over)
    }

    /// Calls `work` on a thread, and waits for the result.
    fn run(
        &mut self,
        work: impl FnOnce() -> Result<DrawnPicture, String> + Send + 'static,
        limit: Duration,
        is_over: impl Fn() -> bool,
    ) -> Result<DrawnPicture, String> {
        if self.worker.as_ref().is_some_and(|it| !it.is_finished()) {
            return Err("the previous image is still being decoded".to_owned());
        }
        let (done, result) = channel();
        let worker = thread::Builder::new().name("picture".to_owned());
        let worker = worker.spawn(move || {
            // Nobody waits any more if the time is over.
            let _ = done.send(work());
        });
        self.worker = Some(worker.map_err(|error| error.to_string())?);
        let end = Instant::now() + limit;
        loop {
            match result.recv_timeout(TICK) {
                Ok(drawn) => return drawn,
                Err(RecvTimeoutError::Disconnected) => return Err("the decoder failed".to_owned()),
                Err(RecvTimeoutError::Timeout) if Instant::now() >= end || is_over() => {
                    let seconds = limit.as_secs();
                    return Err(format!("it was not decoded within {seconds} s"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// The format of a file by its first bytes.
fn recognize(file: &[u8]) -> Result<(ImageFormat, &'static str), String> {
    match image::guess_format(file) {
        Ok(ImageFormat::Png) => Ok((ImageFormat::Png, "PNG")),
        Ok(ImageFormat::Jpeg) => Ok((ImageFormat::Jpeg, "JPEG")),
        Ok(ImageFormat::Gif) => Ok((ImageFormat::Gif, "GIF")),
        _ => Err("it is not a PNG, JPEG or GIF image".to_owned()),
    }
}

fn draw(file: &[u8], canvas: Canvas) -> Result<DrawnPicture, String> {
    let (format, name) = recognize(file)?;
    let picture = decode(file, format)?;
    let size = (picture.width(), picture.height());
    let (width, height) = match canvas.graphics {
        Graphics::Blocks(_) => (1, 2),
        Graphics::Kitty | Graphics::Iterm2 | Graphics::Sixel => canvas.cell,
    };
    let pixels = fit(
        picture,
        limit(canvas.columns, width),
        limit(canvas.rows, height),
    );
    let indent = " ".repeat(canvas.indent);
    let bytes = match canvas.graphics {
        Graphics::Blocks(colors) => blocks::draw(&pixels, colors, &indent),
        Graphics::Sixel => sixel::draw(&pixels, &indent),
        Graphics::Kitty => inline::draw_kitty(&png(pixels)?, &indent),
        Graphics::Iterm2 => inline::draw_iterm2(&png(pixels)?, &indent),
    };
    Ok(DrawnPicture {
        format: name,
        size,
        bytes: bytes.into_bytes(),
    })
}

fn decode(file: &[u8], format: ImageFormat) -> Result<DynamicImage, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST);
    limits.max_image_height = Some(LARGEST);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MEMORY {
        return Err(format!(
            "its {width}×{height} pixels are more than the limit of {} million",
            MOST_PIXELS / 1_000_000
        ));
    }
    // Damaged metadata does not make a picture unreadable.
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

/// How many pixels this many cells have.
fn limit(cells: usize, pixels: u32) -> u32 {
    let cells = u32::try_from(cells).unwrap_or(u32::MAX);
    cells.saturating_mul(pixels).clamp(1, LARGEST_DRAWN)
}

/// The pixels, reduced to at most this width and height.
fn fit(picture: DynamicImage, width: u32, height: u32) -> RgbaImage {
    if picture.width() <= width && picture.height() <= height {
        return picture.into_rgba8();
    }
    picture.thumbnail(width, height).into_rgba8()
}

fn png(pixels: RgbaImage) -> Result<Vec<u8>, String> {
    let mut png = Vec::new();
    let written =
        DynamicImage::ImageRgba8(pixels).write_to(&mut Cursor::new(&mut png), ImageFormat::Png);
    written.map_err(|error| error.to_string())?;
    Ok(png)
}

#[cfg(test)]
mod tests;
