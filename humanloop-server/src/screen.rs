//! Standard output, and how wide and colourful it is.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use humanloop_store::text::Style;

/// What a command prints to.
pub(crate) struct Screen {
    out: BufWriter<Stdout>,
    /// How to draw on it.
    pub(crate) style: Style,
}

impl Screen {
    /// Standard output: as wide as the terminal or `COLUMNS`, else 80 columns; in colour on a terminal, unless
    /// `NO_COLOR` is set.
    pub(crate) fn stdout() -> Self {
        let out = io::stdout();
        let columns = || env::var("COLUMNS").ok()?.parse().ok();
        let terminal = || terminal_size::terminal_size_of(&out).map(|(width, _)| usize::from(width.0));
        let width = columns().or_else(terminal).unwrap_or(80).clamp(40, 200);
        let color = out.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { out: BufWriter::new(out), style: Style { width, color } }
    }

    /// Prints a line, or several.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// What was printed is out when this returns.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
