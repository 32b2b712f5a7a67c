//! Keys that pause, resume and stop a run in a terminal.

use std::sync::Arc;

use crate::engine::Stop;
use crate::http::Meter;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Send nothing until it is taken back.
    Pause,
    /// Go on.
    Resume,
    /// Finish what was begun, and end.
    Stop,
}

impl Wish {
    /// What is wished with a key; `p` is for both, as is the space bar.
    fn of(key: u8, paused: bool) -> Option<Wish> {
        Some(match key {
            b'p' | b'P' | b' ' if paused => Wish::Resume,
            b'p' | b'P' | b' ' => Wish::Pause,
            b'r' | b'R' => Wish::Resume,
            b's' | b'S' | b'q' | b'Q' => Wish::Stop,
            _ => return None,
        })
    }
}

/// Does what keys ask for.
#[derive(Clone)]
pub struct Hands {
    meters: Vec<Arc<Meter>>,
    stop: Stop,
}

impl Hands {
    /// Hands on the requests to these desks and on the run.
    pub fn new(meters: Vec<Arc<Meter>>, stop: Stop) -> Self {
        Hands { meters, stop }
    }

    /// Carries out a wish.
    pub fn do_it(&self, wish: Wish) {
        for meter in &self.meters {
            meter.hold(wish == Wish::Pause);
        }
        if wish == Wish::Stop {
            self.stop.request();
        }
    }
}

#[cfg(unix)]
pub use terminal::Keys;

#[cfg(not(unix))]
pub use absent::Keys;

#[cfg(unix)]
mod terminal {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::stdio::stdin;
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcgetpgrp,
        tcsetattr,
    };

    use super::{Arc, Hands, Wish};

    /// What the terminal was like before, while keys are read.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    /// Reads keys until it is dropped; then the terminal is as it was.
    pub struct Keys {
        over: Arc<AtomicBool>,
        reader: Option<std::thread::JoinHandle<()>>,
    }

    impl Keys {
        /// Begins to read keys. `None` where nobody is at a terminal, or where
        /// the run is in the background of its shell.
        pub fn read(hands: Hands, tell: impl Fn(Wish) + Send + 'static) -> Option<Keys> {
            if !isatty(stdin()) || !is_in_front() {
                return None;
            }
            let before = tcgetattr(stdin()).ok()?;
            let mut single = before.clone();
            // A key at a time, not shown; Ctrl-C and Ctrl-Z stay what they are.
            single.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            single.special_codes[SpecialCodeIndex::VMIN] = 0;
            single.special_codes[SpecialCodeIndex::VTIME] = 0;
            *lock() = Some(before);
            if tcsetattr(stdin(), OptionalActions::Now, &single).is_err() {
                restore();
                return None;
            }
            let over = Arc::new(AtomicBool::new(false));
            let reader = std::thread::Builder::new()
                .name("keys".to_owned())
                .spawn({
                    let over = over.clone();
                    move || listen(&over, &hands, &tell)
                })
                .ok();
            if reader.is_none() {
                restore();
            }
            Some(Keys { over, reader })
        }

        /// Puts the terminal back when the process is about to end.
        pub fn restore() {
            restore();
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            self.over.store(true, Ordering::Relaxed);
            if let Some(reader) = self.reader.take() {
                // A reader that panicked has nothing left to put in order.
                let _ = reader.join();
            }
            restore();
        }
    }

    fn lock() -> std::sync::MutexGuard<'static, Option<Termios>> {
        BEFORE
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn restore() {
        if let Some(before) = lock().take() {
            // A terminal that went away needs nothing.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
        }
    }

    /// Reading in the background of a shell would stop the process.
    fn is_in_front() -> bool {
        tcgetpgrp(stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
    }

    fn listen(over: &AtomicBool, hands: &Hands, tell: &impl Fn(Wish)) {
        let mut paused = false;
        while !over.load(Ordering::Relaxed) {
            let stdin = stdin();
            let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
            let wait = Timespec {
                tv_sec: 0,
                tv_nsec: 200_000_000,
            };
            match poll(&mut ready, Some(&wait)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
                Ok(_) if !is_in_front() => {
                    std::thread::sleep(std::time::Duration::from_millis(200));
                    continue;
                }
                Ok(_) => {}
            }
            let mut key = [0];
            match rustix::io::read(stdin, &mut key) {
                Ok(1) => {}
                // The terminal is gone, or nothing comes any more.
                Ok(_) => return,
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            if let Some(wish) = Wish::of(key[0], paused) {
                paused = wish == Wish::Pause;
                hands.do_it(wish);
                tell(wish);
            }
        }
    }
}

#[cfg(not(unix))]
mod absent {
    use super::{Hands, Wish};

    /// Keys are read where terminals can be told to give single ones.
    pub struct Keys;

    impl Keys {
        /// Reads none.
        pub fn read(_: Hands, _: impl Fn(Wish) + Send + 'static) -> Option<Keys> {
            None
        }

        /// Has nothing to put back.
        pub fn restore() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Waiting;

    #[test]
    fn one_key_pauses_and_goes_on() {
        assert_eq!(Wish::of(b'p', false), Some(Wish::Pause));
        assert_eq!(Wish::of(b'p', true), Some(Wish::Resume));
        assert_eq!(Wish::of(b'S', true), Some(Wish::Stop));
        assert_eq!(Wish::of(b'x', false), None);
    }

    #[test]
    fn stopping_ends_a_pause_so_that_what_was_begun_is_finished() {
        let meter = Arc::new(Meter::default());
        let hands = Hands::new(vec![meter.clone()], Stop::default());
        hands.do_it(Wish::Pause);
        assert_eq!(meter.read().waiting, Waiting::Held);
        assert!(hands.stop.check().is_ok());
        hands.do_it(Wish::Stop);
        assert_eq!(meter.read().waiting, Waiting::No);
        assert!(hands.stop.check().is_err());
    }
}
