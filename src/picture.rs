//! Pictures on a terminal: decoding within limits, and the graphics protocols.
//!
//! A picture comes from the network: only pixels that were decoded here reach the terminal, drawn by
//! our own encoders. Without the feature `images` nothing is decoded.

#[cfg(not(feature = "images"))]
mod absent;
#[cfg(feature = "images")]
mod blocks;
mod canvas;
#[cfg(feature = "images")]
mod decode;
#[cfg(feature = "images")]
mod inline;
#[cfg(feature = "images")]
mod sixel;

#[cfg(not(feature = "images"))]
pub use self::absent::Renderer;
pub use self::canvas::{Canvas, Colors, DrawnPicture, Graphics};
#[cfg(feature = "images")]
pub use self::decode::Renderer;
