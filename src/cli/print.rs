//! Printing many results without holding them all.

use std::io::{BufWriter, Stdout, Write as _};

use serde::Serialize;

use super::Failed;

/// A JSON array printed one value after the other, indented as a whole one would be.
pub(super) struct JsonArray {
    out: BufWriter<Stdout>,
    is_empty: bool,
}

impl Default for JsonArray {
    fn default() -> Self {
        Self { out: BufWriter::new(std::io::stdout()), is_empty: true }
    }
}

impl JsonArray {
    /// Prints the next value.
    pub(super) fn push(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        let text = serde_json::to_string_pretty(value).map_err(|error| Failed::Command(error.into()))?;
        let before = if std::mem::replace(&mut self.is_empty, false) { "[\n  " } else { ",\n  " };
        self.write(&format!("{before}{}", text.replace('\n', "\n  ")))
    }

    /// Prints the end; nothing may come after it.
    pub(super) fn end(mut self) -> Result<(), Failed> {
        self.write(if self.is_empty { "[]\n" } else { "\n]\n" })?;
        self.out.flush().map_err(unprinted)
    }

    fn write(&mut self, text: &str) -> Result<(), Failed> {
        self.out.write_all(text.as_bytes()).map_err(unprinted)
    }
}

/// Prints rows with their columns below each other, as wide as these rows need.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> Result<(), Failed> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = BufWriter::new(std::io::stdout());
    let mut print = || {
        for row in rows {
            let line = row.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", printable(cell))).collect::<Vec<_>>().join("  ");
            writeln!(out, "{}", line.trim_end())?;
        }
        out.flush()
    };
    print().map_err(unprinted)
}

/// Names come from directories and browsers: what would steer the terminal is not printed.
fn printable(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Whoever reads the results may stop early (`| head`): nothing to complain about then.
pub(super) fn unprinted(error: std::io::Error) -> Failed {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Failed::Told } else { Failed::Command(error.into()) }
}
