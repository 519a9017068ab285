//! The keys of a keyboard, as an xterm sends them.

/// A key or a chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Enter,
    AltEnter,
    Tab,
    ShiftTab,
    Escape,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    CtrlA,
    CtrlC,
    CtrlD,
    CtrlE,
    CtrlG,
    CtrlK,
    CtrlL,
    CtrlR,
    CtrlU,
    CtrlW,
    CtrlZ,
    CtrlBackslash,
    /// Alt with a letter or a digit, as for a numeric argument.
    Alt(char),
}

impl Key {
    /// The bytes that it sends.
    pub fn bytes(self) -> Vec<u8> {
        let bytes: &[u8] = match self {
            Self::Enter => b"\r",
            Self::AltEnter => b"\x1b\r",
            Self::Tab => b"\t",
            Self::ShiftTab => b"\x1b[Z",
            Self::Escape => b"\x1b",
            Self::Backspace => b"\x7f",
            Self::Delete => b"\x1b[3~",
            Self::Up => b"\x1b[A",
            Self::Down => b"\x1b[B",
            Self::Right => b"\x1b[C",
            Self::Left => b"\x1b[D",
            Self::Home => b"\x1b[H",
            Self::End => b"\x1b[F",
            Self::PageUp => b"\x1b[5~",
            Self::PageDown => b"\x1b[6~",
            Self::CtrlA => b"\x01",
            Self::CtrlC => b"\x03",
            Self::CtrlD => b"\x04",
            Self::CtrlE => b"\x05",
            Self::CtrlG => b"\x07",
            Self::CtrlK => b"\x0b",
            Self::CtrlL => b"\x0c",
            Self::CtrlR => b"\x12",
            Self::CtrlU => b"\x15",
            Self::CtrlW => b"\x17",
            Self::CtrlZ => b"\x1a",
            Self::CtrlBackslash => b"\x1c",
            Self::Alt(c) => return format!("\x1b{c}").into_bytes(),
        };
        bytes.to_vec()
    }
}
