//! What there is without the feature `images`.

use super::canvas::{Canvas, DrawnPicture};

const ABSENT: &str = "this wsline was built without the feature images";

/// Draws no pictures.
#[derive(Debug, Default)]
pub struct Renderer;

impl Renderer {
    /// Whether the file can be drawn.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn check(&self, _file: &[u8]) -> Result<(), String> {
        Err(ABSENT.to_owned())
    }

    /// Draws nothing.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn draw(
        &mut self,
        _file: Vec<u8>,
        _canvas: Canvas,
        _is_over: impl Fn() -> bool,
    ) -> Result<DrawnPicture, String> {
        Err(ABSENT.to_owned())
    }
}
