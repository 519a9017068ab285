//! Where and how pictures can be drawn.

/// The colors of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// None: shades of gray are characters.
    None,
    /// The 256 colors of xterm.
    Indexed,
    /// 24 bits.
    True,
}

/// How a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphics {
    /// The graphics protocol of kitty.
    Kitty,
    /// The inline images of iTerm2.
    Iterm2,
    /// Sixel.
    Sixel,
    /// Characters, two pixels in each.
    Blocks(Colors),
}

/// The part of the screen that a picture may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// How it is drawn.
    pub graphics: Graphics,
    /// The number of columns before it. No row of characters begins in the first column, where the
    /// signs of the prompt are.
    pub indent: usize,
    /// The maximum width in columns, without the indent.
    pub columns: usize,
    /// The maximum height in rows.
    pub rows: usize,
    /// The width and height of a cell in pixels.
    pub cell: (u32, u32),
}

/// A picture as a terminal draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnPicture {
    /// The name of the file's format.
    pub format: &'static str,
    /// The width and height of the whole picture in pixels.
    pub size: (u32, u32),
    /// The bytes for the terminal, from the first column to a line end.
    pub bytes: Vec<u8>,
}
