//! Shows what happens: bars on a terminal, a line every few seconds elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::pace::Pace;
use super::printer::Printer;
use crate::engine::{Event, Phase};
use crate::http::{Meter, Waiting};
use crate::lang::{Language, Texts};
use crate::ledger::Action;
use crate::schema::Kind;

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How long a line stays after its last change.
const QUIET: Duration = Duration::from_secs(4);

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
    /// `reading contacts`.
    fn text(self, kind: Kind, texts: &Texts) -> String {
        let id = match self {
            Verb::Reading => "progress-reading",
            Verb::Writing => "progress-writing",
            Verb::Comparing => "progress-comparing",
        };
        texts.say(id, &[("what", texts.kind(kind).into())])
    }
}

struct State {
    printer: Printer,
    begun: Instant,
    desks: Vec<Wire>,
    lines: BTreeMap<(Verb, Kind), Line>,
    /// The lines below the bars.
    below: Option<[ProgressBar; 2]>,
    /// Whether keys are read.
    keys: bool,
    bytes: u64,
    problems: u64,
    printed: Instant,
    changed: bool,
}

#[derive(Default)]
struct Line {
    done: u64,
    total: u64,
    /// Planned, but not to be written.
    left_out: u64,
    /// When it changed last, since the beginning.
    moved: Duration,
    pace: Pace,
    bar: Option<ProgressBar>,
}

impl Line {
    /// `1,200/9,000`, or how many there are so far.
    fn count(&self, total: u64, texts: &Texts) -> String {
        let done = texts.number(self.done);
        match total {
            0 => done,
            total => format!("{done}/{}", texts.number(total.max(self.done))),
        }
    }

    /// `1,200/9,000  63/s, 2 min left`.
    fn told(&self, total: u64, texts: &Texts) -> String {
        let mut text = self.count(total, texts);
        let Some(rate) = self.pace.per_second().filter(|rate| *rate > 0.0) else {
            return text;
        };
        let digits = usize::from(rate < 10.0);
        text.push_str(&format!("  {}/s", texts.decimal(rate, digits)));
        if total > self.done
            && let Some(left) = self.pace.left(total)
        {
            let left = texts.say("progress-left", &[("time", texts.duration(left).into())]);
            text.push_str(&format!(", {left}"));
        }
        text
    }
}

/// What goes to a desk.
struct Wire {
    name: &'static str,
    meter: Arc<Meter>,
    pace: Pace,
}

impl Wire {
    /// `source`, `target`.
    fn name(&self, texts: &Texts) -> String {
        texts.get(match self.name {
            "source" => "progress-source",
            _ => "progress-target",
        })
    }
}

impl Progress {
    /// Follows a run that talks to these desks.
    pub fn new(printer: Printer, desks: Vec<(&'static str, Arc<Meter>)>) -> Self {
        Progress {
            shared: Arc::new(Mutex::new(State {
                printer,
                begun: Instant::now(),
                desks: desks
                    .into_iter()
                    .map(|(name, meter)| Wire {
                        name,
                        meter,
                        pace: Pace::default(),
                    })
                    .collect(),
                lines: BTreeMap::new(),
                below: None,
                keys: false,
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
                // What machines read and what is logged stays English.
                let text = phase_text(phase, Texts::of(Language::English));
                tracing::info!("{text}");
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
            Event::Planned { kind, .. } => {
                let line = state.lines.entry((Verb::Writing, kind)).or_default();
                line.left_out += 1;
            }
            Event::Pushed { kind } => state.update(Verb::Writing, kind, |line| line.done += 1),
            Event::Verified { kind } => state.update(Verb::Comparing, kind, |line| line.done += 1),
            Event::Problem { key, reason } => {
                state.problems += 1;
                state.tell(
                    "problem",
                    &serde_json::json!({ "key": &key, "reason": &reason }),
                );
                if state.problems <= SHOWN_PROBLEMS {
                    let values = [
                        ("record", key.to_string().into()),
                        ("reason", reason.into()),
                    ];
                    let text = state.printer.texts().say("progress-set-aside", &values);
                    state.printer.warn(&text);
                } else if state.problems == SHOWN_PROBLEMS + 1 {
                    let text = state.printer.texts().get("progress-more-set-aside");
                    state.printer.warn(&text);
                }
            }
            Event::Note(text) => state.printer.talk(&text),
        }
    }

    /// Refreshes what is waited for; to be called a few times a second.
    pub fn tick(&self) {
        self.state().tick();
    }

    /// Tells which keys there are.
    pub fn reads_keys(&self) {
        self.state().keys = true;
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        let mut state = self.state();
        for bar in state.below.take().into_iter().flatten() {
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
        let line = self.lines.entry((verb, kind)).or_default();
        change(line);
        line.moved = self.begun.elapsed();
        self.changed = true;
    }

    /// What of this kind will be written: planning goes on while the first are
    /// written, so what was read and is not planned yet counts, too.
    fn expected(&self, verb: Verb, kind: Kind) -> u64 {
        let Some(line) = self.lines.get(&(verb, kind)) else {
            return 0;
        };
        let read = self.lines.get(&(Verb::Reading, kind));
        let read = read.map_or(0, |line| line.done);
        match (verb, line.total) {
            (Verb::Writing, total) if total > 0 => {
                total + read.saturating_sub(line.total + line.left_out)
            }
            (_, total) => total,
        }
    }

    /// Draws what moves. What is complete and quiet makes room.
    fn draw(&mut self, at: Duration) {
        let texts = self.printer.texts();
        let Some(bars) = self.printer.bars() else {
            return;
        };
        let expected: Vec<u64> = self
            .lines
            .keys()
            .map(|(verb, kind)| self.expected(*verb, *kind))
            .collect();
        let mut place = 0;
        for (((verb, kind), line), total) in self.lines.iter_mut().zip(expected) {
            let has_moved = line.done + line.total > 0 && at < line.moved + QUIET;
            let is_busy = line.done < total || has_moved;
            if !is_busy {
                if let Some(bar) = line.bar.take() {
                    bar.finish_and_clear();
                    bars.remove(&bar);
                }
                continue;
            }
            let told = line.told(total, texts);
            let bar = line.bar.get_or_insert_with(|| {
                let bar = bars.insert(place, ProgressBar::no_length());
                bar.set_prefix(verb.text(*kind, texts));
                bar.set_style(style(false));
                bar
            });
            place += 1;
            let length = total.max(line.done);
            if total > 0 && bar.length() != Some(length) {
                bar.set_style(style(true));
                bar.set_length(length);
            }
            bar.set_position(line.done);
            bar.set_message(told);
        }
    }

    fn tick(&mut self) {
        let texts = self.printer.texts();
        let at = self.begun.elapsed();
        for wire in &mut self.desks {
            wire.pace.note(at, wire.meter.read().requests);
        }
        for line in self.lines.values_mut() {
            line.pace.note(at, line.done);
        }
        self.draw(at);
        let [wires, rest] = self.below();
        if let Some(bars) = self.printer.bars() {
            let below = self.below.get_or_insert_with(|| {
                [(); 2].map(|()| {
                    let style = ProgressStyle::with_template("{wide_msg}");
                    bars.add(ProgressBar::no_length())
                        .with_style(style.unwrap_or(ProgressStyle::default_bar()))
                })
            });
            below[0].set_message(wires);
            below[1].set_message(rest);
        } else if self.printer.shows_progress() && self.changed && self.printed.elapsed() >= EVERY {
            self.printed = Instant::now();
            self.changed = false;
            let mut parts: Vec<String> = self
                .lines
                .iter()
                .filter(|(_, line)| line.done + line.total > 0)
                .map(|((verb, kind), line)| {
                    let count = line.count(self.expected(*verb, *kind), texts);
                    format!("{} {count}", verb.text(*kind, texts))
                })
                .collect();
            parts.extend([wires, rest].into_iter().filter(|part| !part.is_empty()));
            self.printer.talk(&parts.join(", "));
        }
    }

    /// `target: 640/700 a minute; 12 MB of files` and `2 problems; p pauses`.
    fn below(&self) -> [String; 2] {
        let texts = self.printer.texts();
        let mut wires = Vec::new();
        let mut is_held = false;
        for wire in &self.desks {
            let reading = wire.meter.read();
            let desk = ("desk", wire.name(texts).into());
            match reading.waiting {
                Waiting::Held => is_held = true,
                Waiting::Paused { until } => {
                    let until = until.to_zoned(jiff::tz::TimeZone::system());
                    let until = ("time", until.strftime("%H:%M:%S").to_string().into());
                    wires.push(texts.say("progress-waits", &[desk, until]));
                }
                Waiting::No | Waiting::Paced => {
                    let Some(rate) = wire.pace.per_second().filter(|rate| *rate > 0.0) else {
                        continue;
                    };
                    let mut calls = texts.number((rate * 60.0).round() as u64);
                    if let Some(allowed) = reading.allowed {
                        calls.push_str(&format!("/{}", texts.number(allowed.into())));
                    }
                    wires.push(texts.say("progress-calls", &[desk, ("calls", calls.into())]));
                }
            }
        }
        if self.bytes > 0 {
            let size = texts.bytes(self.bytes).into();
            wires.push(texts.say("progress-files", &[("size", size)]));
        }
        let mut rest = Vec::new();
        if is_held {
            rest.push(texts.get("progress-held"));
        }
        if self.problems > 0 {
            let count = self.problems.into();
            rest.push(texts.say("progress-problems", &[("count", count)]));
        }
        if self.keys && !is_held {
            rest.push(texts.get("progress-keys"));
        }
        [wires.join("; "), rest.join("; ")]
    }
}

fn style(with_total: bool) -> ProgressStyle {
    let template = match with_total {
        true => TEMPLATES[0],
        false => TEMPLATES[1],
    };
    ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar())
}

/// With a total, and without one. Eighty columns are enough for both.
const TEMPLATES: [&str; 2] = ["{prefix:<26} {bar:14} {msg}", "{prefix:<26} {msg}"];

fn phase_text(phase: Phase, texts: &Texts) -> String {
    texts.get(match phase {
        Phase::Pull => "progress-phase-pull",
        Phase::Settle => "progress-phase-settle",
        Phase::Plan => "progress-phase-plan",
        Phase::Push => "progress-phase-push",
        Phase::Verify => "progress-phase-verify",
    })
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
        // Two of four are planned, and one of them will be written.
        assert_eq!(state.expected(Verb::Writing, Kind::Contact), 1 + 2);
    }

    #[test]
    fn templates_are_valid() {
        for template in TEMPLATES {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn a_line_tells_count_rate_and_what_is_left() {
        let mut line = Line {
            done: 1200,
            total: 9000,
            ..Line::default()
        };
        line.pace.note(Duration::ZERO, 0);
        line.pace.note(Duration::from_secs(20), 1200);
        let told = |language| line.told(line.total, Texts::of(language));
        assert_eq!(told(Language::English), "1,200/9,000  60/s, 2 min left");
        assert_eq!(
            told(Language::Portuguese),
            "1.200/9.000  60/s, faltam 2 min"
        );
        assert_eq!(told(Language::Spanish), "1200/9000  60/s, faltan 2 min");
    }

    #[test]
    fn the_lines_below_tell_calls_files_problems_and_keys() {
        let meter = Arc::new(Meter::default());
        let progress = Progress::new(
            Printer::new(false, true, false),
            vec![("target", meter.clone())],
        );
        progress.reads_keys();
        progress.event(Event::Fetched { bytes: 12_000_000 });
        progress.event(Event::Problem {
            key: crate::schema::Key::new(Kind::Contact, "7"),
            reason: "no address".into(),
        });
        let told = |at: usize| progress.state().below()[at].clone();
        assert_eq!(told(0), "12.0 MB of files");
        assert_eq!(told(1), "1 problem; p pauses, s stops");
        meter.hold(true);
        assert_eq!(told(1), "paused: p goes on, s stops; 1 problem");
    }
}
