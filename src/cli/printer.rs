//! What goes where: stdout carries data, stderr talk.

use std::io::{self, Write as _};

use indicatif::MultiProgress;
use owo_colors::OwoColorize as _;
use serde::Serialize;

use crate::connector::{Error, Result};

/// Prints for all commands. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Printer {
    json: bool,
    quiet: bool,
    bars: Option<MultiProgress>,
}

impl Printer {
    /// A printer for these global flags. `bars` is whether progress may be drawn.
    pub fn new(json: bool, quiet: bool, bars: bool) -> Self {
        let bars = bars && !quiet && io::IsTerminal::is_terminal(&io::stderr());
        Printer {
            json,
            quiet,
            bars: bars.then(MultiProgress::new),
        }
    }

    /// Whether data is one JSON object a line.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether only data and errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Where progress is drawn; `None` when it is not.
    pub fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }

    /// A piece of data, with a line break after it.
    pub fn data(&self, text: &str) -> Result<()> {
        self.beside_bars(|| {
            let mut out = anstream::stdout().lock();
            writeln!(out, "{text}")?;
            out.flush()
        })
        .map_err(|cause| {
            Error::local(format!("stdout cannot be written: {cause}")).caused_by(cause)
        })
    }

    /// An object of data on one line, with the name of what it tells and the
    /// version of the format.
    pub fn json<T: Serialize>(&self, event: &'static str, object: &T) -> Result<()> {
        #[derive(Serialize)]
        struct Line<'a, T> {
            event: &'static str,
            format: u32,
            #[serde(flatten)]
            object: &'a T,
        }
        self.document(&Line {
            event,
            format: crate::report::FORMAT,
            object,
        })
    }

    /// A document in a format of its own, on one line.
    pub fn document<T: Serialize>(&self, object: &T) -> Result<()> {
        let text = serde_json::to_string(object)
            .map_err(|cause| Error::local(format!("no JSON: {cause}")).caused_by(cause))?;
        self.data(&text)
    }

    /// Talk; not when quiet.
    pub fn talk(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Something that may need attention; not when quiet.
    pub fn warn(&self, text: &str) {
        self.talk(&format!("{} {text}", "warning:".yellow().bold()));
    }

    /// An error, always.
    pub fn error(&self, text: &str) {
        self.line(text);
    }

    fn line(&self, text: &str) {
        // Nobody can be told that stderr is gone.
        let _ = self.beside_bars(|| writeln!(anstream::stderr().lock(), "{text}"));
    }

    fn beside_bars<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }
}

/// Lets log lines pass beside the progress bars, a whole line at a time.
impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Printer {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine {
            printer: self.clone(),
            line: Vec::new(),
        }
    }
}

/// A log line being written; printed when dropped.
pub struct LogLine {
    printer: Printer,
    line: Vec<u8>,
}

impl io::Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        self.printer.line(text.trim_end());
    }
}
