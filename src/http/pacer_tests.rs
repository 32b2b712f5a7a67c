//! The pacer against a simulated server, in simulated time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;

/// A server that counts in fixed windows.
struct Server {
    limit: u32,
    headers: bool,
    /// When its windows begin, within the minute.
    offset: Duration,
    window: u64,
    used: u32,
    /// Calls that were let through, and those of ours, by window.
    served: Vec<(u32, u32)>,
    refused: u32,
}

impl Server {
    fn new(limit: u32) -> Self {
        Server {
            limit,
            headers: true,
            offset: Duration::from_millis(17_300),
            window: 0,
            used: 0,
            served: vec![(0, 0)],
            refused: 0,
        }
    }

    fn call(&mut self, now: Duration, ours: bool) -> Option<Observation> {
        let since = now + self.offset;
        let window = since.as_secs() / 60;
        if window != self.window {
            self.served.resize(window as usize + 1, (0, 0));
            self.window = window;
            self.used = 0;
        }
        if self.used < self.limit {
            self.used += 1;
            let served = &mut self.served[window as usize];
            served.0 += 1;
            served.1 += u32::from(ours);
        } else if ours {
            self.refused += 1;
        }
        let resets_in = Duration::from_secs((window + 1) * 60) - since;
        self.headers.then(|| Observation {
            budget: DEFAULT,
            per_minute: Some(self.limit),
            remaining: Some(self.limit - self.used),
            resets_in: Some(resets_in.as_secs_f64().round() as u64),
        })
    }
}

/// What happens at a moment: a worker wants to call, its call arrives, its
/// answer arrives; someone else's call arrives.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Try(usize),
    Arrive(usize),
    Answer(usize),
    Other,
}

/// Lets `workers` call for `minutes` as fast as the pacer allows. `others` is
/// how many calls a minute come from elsewhere.
fn simulate(
    server: &mut Server,
    limit: Limit,
    share: f64,
    workers: usize,
    minutes: u64,
    others: u32,
) {
    let nanos = Arc::new(AtomicU64::new(0));
    let clock = Clock {
        kind: ClockKind::Held(nanos.clone()),
    };
    let budget = Budget::new(&limit, share, clock);
    let mut random = 7_u64;
    let mut latency = move || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        Duration::from_millis(20 + (random >> 33) % 180)
    };
    let mut told: Vec<Option<Observation>> = vec![None; workers];
    let mut events = BinaryHeap::new();
    for worker in 0..workers {
        events.push(Reverse((Duration::ZERO, Event::Try(worker))));
    }
    if others > 0 {
        events.push(Reverse((Duration::from_secs(1), Event::Other)));
    }
    while let Some(Reverse((now, event))) = events.pop() {
        if now > Duration::from_secs(minutes * 60) {
            break;
        }
        nanos.store(now.as_nanos() as u64, Ordering::Relaxed);
        let next = match event {
            Event::Try(worker) => match budget.try_take(now) {
                Ok(()) => (now + latency(), Event::Arrive(worker)),
                Err(wait) => (now + wait, Event::Try(worker)),
            },
            Event::Arrive(worker) => {
                told[worker] = server.call(now, true);
                (now + latency(), Event::Answer(worker))
            }
            Event::Answer(worker) => {
                budget.window().open -= 1;
                if let Some(observation) = &told[worker] {
                    budget.observe(observation, now);
                }
                (now, Event::Try(worker))
            }
            Event::Other => {
                server.call(now, false);
                (now + Duration::from_secs(60) / others, Event::Other)
            }
        };
        events.push(Reverse(next));
    }
}

fn limit(per_minute: u32) -> Limit {
    Limit {
        name: DEFAULT,
        per_minute,
        separate: false,
        note: "",
    }
}

/// The windows that were neither the first nor the last.
fn full(server: &Server) -> &[(u32, u32)] {
    &server.served[1..server.served.len() - 1]
}

#[test]
fn nearly_all_of_a_limit_is_used_and_nothing_is_refused() {
    for per_minute in [10, 50, 200, 400, 700, 2500] {
        for headers in [true, false] {
            let mut server = Server::new(per_minute);
            server.headers = headers;
            simulate(&mut server, limit(per_minute), 1.0, 16, 20, 0);
            assert_eq!(server.refused, 0, "{per_minute}");
            let windows = full(&server);
            let used: u32 = windows.iter().map(|(all, _)| all).sum();
            let allowed = per_minute * windows.len() as u32;
            assert!(
                f64::from(used) >= 0.95 * f64::from(allowed),
                "{used} of {allowed} at {per_minute} a minute"
            );
        }
    }
}

#[test]
fn headers_correct_the_table() {
    for table in [200, 2500] {
        let mut server = Server::new(700);
        simulate(&mut server, limit(table), 1.0, 16, 10, 0);
        assert_eq!(server.refused, 0, "{table}");
        for (used, _) in full(&server) {
            assert!(*used >= 665, "{used}, {table} in the table");
        }
    }
}

#[test]
fn a_share_leaves_the_rest_to_others() {
    let mut server = Server::new(700);
    simulate(&mut server, limit(700), 0.5, 16, 10, 300);
    assert_eq!(server.refused, 0);
    for (_, ours) in full(&server) {
        assert!((332..=350).contains(ours), "{ours}");
    }
}

#[test]
fn what_others_use_is_left_to_them() {
    let mut server = Server::new(700);
    simulate(&mut server, limit(700), 1.0, 16, 10, 240);
    // Others may take the last calls while ours are on their way.
    assert!(server.refused <= 10, "{}", server.refused);
    for (all, ours) in full(&server) {
        assert!(*all >= 665 && *ours >= 425, "{all}, ours {ours}");
    }
}

#[test]
fn remaining_is_never_exceeded_before_the_window_ends() {
    let clock = Clock {
        kind: ClockKind::Held(Arc::default()),
    };
    let budget = Budget::new(&limit(700), 1.0, clock);
    let told = |remaining, resets_in| Observation {
        budget: DEFAULT,
        per_minute: None,
        remaining: Some(remaining),
        resets_in: Some(resets_in),
    };
    let now = Duration::from_secs(100);
    budget.observe(&told(2, 30), now);
    // An answer that was overtaken knows less.
    budget.observe(&told(5, 30), now);
    budget.try_take(now).unwrap();
    budget.try_take(now).unwrap();
    assert_eq!(budget.try_take(now), Err(Duration::from_secs(31)));
    // The last word of the window before says nothing about this one.
    budget.observe(&told(600, 58), now + Duration::from_secs(31));
    budget.observe(&told(0, 0), now + Duration::from_secs(31));
    assert_eq!(budget.window().told.unwrap().remaining, 600);
}

#[tokio::test]
async fn a_call_is_charged_to_its_own_budget_and_to_the_account() {
    static LIMITS: [Limit; 3] = [
        Limit {
            name: DEFAULT,
            per_minute: 700,
            separate: false,
            note: "",
        },
        Limit {
            name: "incremental",
            per_minute: 10,
            separate: false,
            note: "",
        },
        Limit {
            name: "help_center",
            per_minute: 700,
            separate: true,
            note: "",
        },
    ];
    let wait = Duration::from_secs(60);
    let pacer = Pacer::new(&LIMITS, 1.0, Clock::new(1.0), wait, Arc::default());
    let charged = |permit: &Permit| -> Vec<&str> {
        permit.budgets.iter().map(|budget| budget.name).collect()
    };
    let own = pacer.permit("incremental").await.ok().unwrap();
    assert_eq!(charged(&own), ["incremental", DEFAULT]);
    let apart = pacer.permit("help_center").await.ok().unwrap();
    assert_eq!(charged(&apart), ["help_center"]);
    let unknown = pacer.permit("unheard of").await.ok().unwrap();
    assert_eq!(charged(&unknown), [DEFAULT]);
    assert_eq!(pacer.budgets[0].window().open, 2);
    drop((own, unknown));
    assert_eq!(pacer.budgets[0].window().open, 0);
    pacer.pause(Duration::from_secs(3600));
    assert!(pacer.permit(DEFAULT).await.is_err());
}

#[test]
fn a_window_without_an_end_in_sight_lasts_a_minute() {
    let limit = Limit {
        name: DEFAULT,
        per_minute: 700,
        separate: false,
        note: "",
    };
    let clock = Clock {
        kind: ClockKind::Held(Arc::default()),
    };
    // A date where seconds are expected, and the largest number there is.
    for resets_in in [1_792_000_000, u64::MAX] {
        let budget = Budget::new(&limit, 1.0, clock.clone());
        let now = Duration::from_secs(5);
        let observation = Observation {
            budget: DEFAULT,
            per_minute: None,
            remaining: Some(0),
            resets_in: Some(resets_in),
        };
        budget.observe(&observation, now);
        assert_eq!(budget.try_take(now), Err(WINDOW), "{resets_in}");
        assert_eq!(budget.try_take(now + WINDOW), Ok(()), "{resets_in}");
    }
}
