//! Shows what happens: bars on a terminal, a line every few seconds elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::printer::Printer;
use crate::engine::{Event, Phase};
use crate::http::{Meter, Waiting};
use crate::ledger::Action;
use crate::schema::Kind;

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Records set aside that are shown one by one; `status` lists all.
const SHOWN_PROBLEMS: u64 = 10;

/// Follows a run. Cheap to clone.
#[derive(Clone)]
pub struct Progress {
    shared: Arc<Mutex<State>>,
}

/// What is done with records. The order is that of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    Reading,
    Writing,
    Comparing,
}

impl Verb {
    fn text(self) -> &'static str {
        match self {
            Verb::Reading => "reading",
            Verb::Writing => "writing",
            Verb::Comparing => "comparing",
        }
    }
}

struct State {
    printer: Printer,
    desks: Vec<(&'static str, Arc<Meter>)>,
    lines: BTreeMap<(Verb, Kind), Line>,
    /// The bar that tells what is waited for.
    waits: Option<ProgressBar>,
    bytes: u64,
    problems: u64,
    printed: Instant,
    changed: bool,
}

#[derive(Default)]
struct Line {
    done: u64,
    total: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Follows a run that talks to these desks.
    pub fn new(printer: Printer, desks: Vec<(&'static str, Arc<Meter>)>) -> Self {
        Progress {
            shared: Arc::new(Mutex::new(State {
                printer,
                desks,
                lines: BTreeMap::new(),
                waits: None,
                bytes: 0,
                problems: 0,
                printed: Instant::now(),
                changed: false,
            })),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the engine tells.
    pub fn event(&self, event: Event) {
        let mut state = self.state();
        match event {
            Event::Phase(phase) => {
                tracing::info!("{}", phase_text(phase));
                let text = phase_text(phase);
                state.tell(
                    "phase",
                    &serde_json::json!({ "phase": phase.name(), "text": text }),
                );
            }
            Event::Total { kind, total } => {
                state.update(Verb::Reading, kind, |line| line.total = total)
            }
            Event::Pulled { kind, count } => {
                state.update(Verb::Reading, kind, |line| line.done += count);
            }
            Event::Fetched { bytes } => state.bytes += bytes,
            Event::Planned {
                kind,
                action: Action::Create | Action::Update,
            } => state.update(Verb::Writing, kind, |line| line.total += 1),
            Event::Planned { .. } => {}
            Event::Pushed { kind } => state.update(Verb::Writing, kind, |line| line.done += 1),
            Event::Verified { kind } => state.update(Verb::Comparing, kind, |line| line.done += 1),
            Event::Problem { key, reason } => {
                state.problems += 1;
                state.tell(
                    "problem",
                    &serde_json::json!({ "key": &key, "reason": &reason }),
                );
                if state.problems <= SHOWN_PROBLEMS {
                    state.printer.warn(&format!("{key} set aside: {reason}"));
                } else if state.problems == SHOWN_PROBLEMS + 1 {
                    let text = "more records are set aside; `deskferry status` lists them all";
                    state.printer.warn(text);
                }
            }
            Event::Note(text) => state.printer.talk(&text),
        }
    }

    /// Refreshes what is waited for; to be called a few times a second.
    pub fn tick(&self) {
        self.state().tick();
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        let mut state = self.state();
        if let Some(bar) = state.waits.take() {
            bar.finish_and_clear();
        }
        for line in state.lines.values_mut() {
            if let Some(bar) = line.bar.take() {
                bar.finish_and_clear();
            }
        }
    }
}

impl State {
    /// A line for machines while the run goes on.
    fn tell(&self, event: &'static str, object: &serde_json::Value) {
        if self.printer.is_json() {
            // A reader that went away is met again by what is printed at the end.
            let _ = self.printer.json(event, object);
        }
    }

    fn update(&mut self, verb: Verb, kind: Kind, change: impl FnOnce(&mut Line)) {
        let key = (verb, kind);
        if !self.lines.contains_key(&key) {
            let place = self.lines.range(..key).count();
            let bar = self.printer.bars().map(|bars| {
                let bar = bars.insert(place, ProgressBar::no_length());
                bar.set_prefix(format!("{} {}", verb.text(), noun(kind)));
                bar.set_style(style(false));
                bar
            });
            let line = Line {
                bar,
                ..Line::default()
            };
            self.lines.insert(key, line);
        }
        let Some(line) = self.lines.get_mut(&key) else {
            return;
        };
        change(line);
        if let Some(bar) = &line.bar {
            if line.total > 0 && bar.length() != Some(line.total.max(line.done)) {
                bar.set_style(style(true));
                bar.set_length(line.total.max(line.done));
            }
            bar.set_position(line.done);
        }
        self.changed = true;
    }

    fn tick(&mut self) {
        let waits = self.waits();
        if let Some(bars) = self.printer.bars() {
            let bar = self.waits.get_or_insert_with(|| {
                let bar = bars.add(ProgressBar::no_length());
                bar.set_style(
                    ProgressStyle::with_template("{msg}").unwrap_or(ProgressStyle::default_bar()),
                );
                bar
            });
            bar.set_message(waits);
        } else if self.printer.shows_progress() && self.changed && self.printed.elapsed() >= EVERY {
            self.printed = Instant::now();
            self.changed = false;
            let mut parts: Vec<String> = self
                .lines
                .iter()
                .map(|((verb, kind), line)| {
                    let total = match line.total {
                        0 => String::new(),
                        total => format!("/{}", total.max(line.done)),
                    };
                    format!("{} {} {}{total}", verb.text(), noun(*kind), line.done)
                })
                .collect();
            if !waits.is_empty() {
                parts.push(waits);
            }
            self.printer.talk(&parts.join(", "));
        }
    }

    /// `target waits until 14:05:10; 12 MB of files`.
    fn waits(&self) -> String {
        let mut parts = Vec::new();
        for (desk, meter) in &self.desks {
            match meter.read().waiting {
                Waiting::No => {}
                Waiting::Paced => parts.push(format!("{desk} at the pace of its rate limit")),
                Waiting::Paused { until } => {
                    let until = until.to_zoned(jiff::tz::TimeZone::system());
                    parts.push(format!("{desk} waits until {}", until.strftime("%H:%M:%S")));
                }
            }
        }
        if self.bytes > 0 {
            parts.push(format!("{} of files", HumanBytes(self.bytes)));
        }
        parts.join("; ")
    }
}

fn style(with_total: bool) -> ProgressStyle {
    let template = match with_total {
        true => "{prefix:<24} {bar:24} {human_pos}/{human_len}  {per_sec:.1}  {eta} left",
        false => "{prefix:<24} {human_pos}  {per_sec:.1}",
    };
    ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar())
}

/// The plural for people.
pub fn noun(kind: Kind) -> String {
    kind.plural().replace('_', " ")
}

fn phase_text(phase: Phase) -> &'static str {
    match phase {
        Phase::Pull => "reading the source",
        Phase::Settle => "finding out what the last run left open",
        Phase::Plan => "deciding what to write",
        Phase::Push => "writing the target",
        Phase::Verify => "comparing source and target",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_what_is_read_and_written() {
        let progress = Progress::new(Printer::new(false, true, false), Vec::new());
        for event in [
            Event::Total {
                kind: Kind::Contact,
                total: 10,
            },
            Event::Pulled {
                kind: Kind::Contact,
                count: 4,
            },
            Event::Planned {
                kind: Kind::Contact,
                action: Action::Create,
            },
            Event::Planned {
                kind: Kind::Contact,
                action: Action::Skip,
            },
            Event::Pushed {
                kind: Kind::Contact,
            },
        ] {
            progress.event(event);
        }
        let state = progress.state();
        let counts = |verb| {
            let line = &state.lines[&(verb, Kind::Contact)];
            (line.done, line.total)
        };
        assert_eq!(counts(Verb::Reading), (4, 10));
        assert_eq!(counts(Verb::Writing), (1, 1));
    }

    #[test]
    fn templates_are_valid() {
        for template in [true, false] {
            let _ = style(template);
        }
        let all = "{prefix:<24} {bar:24} {human_pos}/{human_len}  {per_sec:.1}  {eta} left";
        ProgressStyle::with_template(all).unwrap();
        ProgressStyle::with_template("{prefix:<24} {human_pos}  {per_sec:.1}").unwrap();
    }
}
