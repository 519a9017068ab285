//! Tests of decoding and drawing.

use super::super::canvas::Colors;
use super::*;

/// Two columns, red over blue and white over transparent.
fn pixels() -> RgbaImage {
    let bytes = vec![
        255, 0, 0, 255, 255, 255, 255, 255, //
        0, 0, 255, 255, 0, 0, 0, 0,
    ];
    RgbaImage::from_raw(2, 2, bytes).expect("four pixels")
}

fn encoded(pixels: RgbaImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = DynamicImage::ImageRgba8(pixels);
    let picture = match format {
        ImageFormat::Jpeg => DynamicImage::ImageRgb8(picture.into_rgb8()),
        _ => picture,
    };
    picture
        .write_to(&mut Cursor::new(&mut bytes), format)
        .expect("memory takes anything");
    bytes
}

fn canvas(graphics: Graphics) -> Canvas {
    Canvas {
        graphics,
        indent: 2,
        columns: 40,
        rows: 20,
        cell: (8, 16),
    }
}

fn drawn(file: Vec<u8>, graphics: Graphics) -> Result<DrawnPicture, String> {
    Renderer::default().draw(file, canvas(graphics), || false)
}

fn text(file: Vec<u8>, graphics: Graphics) -> String {
    let drawn = drawn(file, graphics).expect("it is valid");
    String::from_utf8(drawn.bytes).expect("text")
}

/// A PNG whose header has this size, with the right checksum.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(RgbaImage::new(1, 1), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

/// The checksum of PNG chunks (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

const PLAIN: Graphics = Graphics::Blocks(Colors::None);

#[test]
fn all_formats_are_drawn() {
    for (format, name) in [
        (ImageFormat::Png, "PNG"),
        (ImageFormat::Jpeg, "JPEG"),
        (ImageFormat::Gif, "GIF"),
    ] {
        let drawn = drawn(encoded(pixels(), format), PLAIN).expect("it is valid");
        assert_eq!((drawn.format, drawn.size), (name, (2, 2)));
    }
}

#[test]
fn broken_images_are_errors() {
    let png = encoded(pixels(), ImageFormat::Png);
    let other = "it is not a PNG, JPEG or GIF image";
    for (file, error) in [
        (Vec::new(), other),
        (b"hello".to_vec(), other),
        (png[..20].to_vec(), "unexpected end of file"),
        (png[..png.len() - 20].to_vec(), "unexpected end of file"),
    ] {
        let message = drawn(file, PLAIN).expect_err("broken");
        assert!(message.contains(error), "{message}");
    }
}

#[test]
fn damaged_bytes_make_errors_or_other_pictures() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
        let whole = encoded(pixels(), format);
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 0xff;
            match draw(&damaged, canvas(PLAIN)) {
                Ok(drawn) => assert!(drawn.bytes.len() <= 20 * 43, "{format:?} {place}"),
                Err(error) => assert!(!error.is_empty(), "{format:?} {place}"),
            }
        }
    }
}

#[test]
fn huge_images_are_refused_before_they_are_decoded() {
    for (width, height) in [(60_000, 60_000), (1, 60_000), (16_384, 16_384)] {
        let message = drawn(claiming(width, height), PLAIN).expect_err("too large");
        assert!(
            message.contains("limit") || message.contains("Limit"),
            "{message}"
        );
    }
    let message = drawn(claiming(8192, 4097), PLAIN).expect_err("too large");
    assert_eq!(
        message,
        "its 8192×4097 pixels are more than the limit of 33 million"
    );
    // The largest that is allowed fails only because its pixels are missing.
    let message = drawn(claiming(8192, 4096), PLAIN).expect_err("no pixels");
    assert!(!message.contains("limit"), "{message}");
}

#[test]
fn work_that_takes_too_long_or_panics_is_an_error() {
    let mut renderer = Renderer::default();
    let (wait, waiting) = channel::<()>();
    let endless = move || {
        let _ = waiting.recv();
        Err("ended".to_owned())
    };
    let message = renderer.run(endless, Duration::ZERO, || false);
    assert_eq!(
        message.expect_err("not in no time"),
        "it was not decoded within 0 s"
    );
    let other = || Err("not run".to_owned());
    assert_eq!(
        renderer.run(other, TIME, || false),
        Err("the previous image is still being decoded".to_owned())
    );
    drop(wait);
    let first = renderer.worker.take().expect("a thread");
    first.join().expect("it ended");
    let lost = renderer.run(|| std::panic::resume_unwind(Box::new(())), TIME, || false);
    assert_eq!(lost, Err("the decoder failed".to_owned()));
    let other = || Err("run".to_owned());
    assert_eq!(
        Renderer::default().run(other, TIME, || true),
        Err("run".to_owned())
    );
}

#[test]
fn pictures_are_reduced_to_the_canvas() {
    let file = encoded(RgbaImage::new(1000, 500), ImageFormat::Png);
    let blocks = text(file, PLAIN);
    assert_eq!(blocks.lines().count(), 10);
    assert!(blocks.lines().all(|line| line.chars().count() == 42));
    let file = encoded(RgbaImage::new(1, 3000), ImageFormat::Png);
    assert_eq!(text(file, PLAIN).lines().count(), 20);
}

#[test]
fn half_blocks_have_two_pixels() {
    let file = encoded(pixels(), ImageFormat::Png);
    assert_eq!(
        text(file.clone(), Graphics::Blocks(Colors::True)),
        "  \x1b[38;2;255;0;0;48;2;0;0;255m\u{2580}\x1b[0;38;2;255;255;255m\u{2580}\x1b[0m\n"
    );
    assert_eq!(
        text(file.clone(), Graphics::Blocks(Colors::Indexed)),
        "  \x1b[38;5;196;48;5;21m\u{2580}\x1b[0;38;5;231m\u{2580}\x1b[0m\n"
    );
    assert_eq!(text(file, PLAIN), "  .=\n");
}

#[test]
fn sixels_are_drawn_by_color() {
    assert_eq!(
        text(encoded(pixels(), ImageFormat::Png), Graphics::Sixel),
        "  \x1bP0;1q\"1;1;2;2#5;2;0;0;100#180;2;100;0;0#215;2;100;100;100#5A$#180@$#215?@$\x1b\\\n"
    );
    let tall = RgbaImage::from_pixel(5, 7, image::Rgba([255; 4]));
    assert_eq!(
        text(encoded(tall, ImageFormat::Png), Graphics::Sixel),
        "  \x1bP0;1q\"1;1;5;7#215;2;100;100;100#215!5~$-#215!5@$\x1b\\\n"
    );
}

#[test]
fn kitty_and_iterm2_get_a_png_of_what_was_decoded() {
    let file = encoded(pixels(), ImageFormat::Png);
    let kitty = text(file.clone(), Graphics::Kitty);
    assert!(
        kitty.starts_with("  \x1b_Ga=T,f=100,q=2,m=0;iVBORw0KGgo"),
        "{kitty:?}"
    );
    assert!(kitty.ends_with("\x1b\\\n"), "{kitty:?}");
    let iterm2 = text(file, Graphics::Iterm2);
    assert!(
        iterm2.starts_with("  \x1b]1337;File=inline=1;size="),
        "{iterm2:?}"
    );
    assert!(iterm2.ends_with("\x07\n"), "{iterm2:?}");
}

#[test]
fn kitty_gets_chunks() {
    let large = RgbaImage::from_fn(300, 200, |x, y| {
        let [low, high, ..] = (x * y * 7919).to_le_bytes();
        image::Rgba([low, high, low ^ high, 255])
    });
    let kitty = text(encoded(large, ImageFormat::Png), Graphics::Kitty);
    let chunks: Vec<&str> = kitty
        .trim()
        .split("\x1b\\")
        .filter(|it| !it.is_empty())
        .collect();
    assert!(chunks.len() > 2);
    for (number, chunk) in chunks.iter().enumerate() {
        let more = if number + 1 < chunks.len() {
            "m=1;"
        } else {
            "m=0;"
        };
        assert!(chunk.len() < 4200 && chunk.contains(more), "{chunk:?}");
    }
}
