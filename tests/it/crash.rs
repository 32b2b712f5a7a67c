//! The real program killed again and again, anywhere: afterwards the target
//! holds each record once, and the ledger agrees.
//!
//! `DESKFERRY_CRASH_KILLS` asks for more kills than the suite makes by itself.

use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};
use crate::{migrate, zendesk};

/// Kills of each suite; three suites make more than 200.
const KILLS: u32 = 70;

/// Longest that one run may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Numbers that look random and are the same in every run of the suite.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// When a run is killed.
#[derive(Debug)]
enum Moment {
    /// So many milliseconds after its start.
    After(u64),
    /// As soon as the target has got so many more requests of this route:
    /// between it and its answer, or right after.
    Request(&'static str, u64),
    /// As soon as the ledger has been written so many more times.
    Ledger(u64),
}

impl Moment {
    fn draw(random: &mut Random, routes: &[&'static str]) -> Moment {
        match random.below(5) {
            0 | 1 => Moment::After(20 + random.below(900)),
            2 | 3 => {
                let route = routes[random.below(routes.len() as u64) as usize];
                Moment::Request(route, 1 + random.below(6))
            }
            _ => Moment::Ledger(1 + random.below(40)),
        }
    }
}

/// What the suites differ in.
struct Suite {
    target: fn() -> Desk,
    /// Requests that a run is killed at.
    routes: &'static [&'static str],
    /// Fails unless each record is there once.
    census: fn(&Desk),
}

/// Kills runs of `migrate`. When one ends by itself, both sides are compared,
/// and it goes on with the next target.
fn kill_all_the_time(suite: &Suite, seed: u64) {
    let wanted = match std::env::var("DESKFERRY_CRASH_KILLS") {
        Ok(kills) => kills.parse::<u32>().unwrap().div_ceil(3),
        Err(_) => KILLS,
    };
    let source = Desk::start("zendesk", Some("zendesk"));
    let mut random = Random(seed);
    let mut kills = 0;
    while kills < wanted {
        let target = (suite.target)();
        let project = Project::between(&source, &target);
        let before = kills;
        while kills < wanted && kill(&project, &target, Moment::draw(&mut random, suite.routes)) {
            kills += 1;
            assert!(kills - before < 2000, "no run comes to its end");
        }
        project.expect(3, &["migrate", "--quiet", "--no-verify"]);
        (suite.census)(&target);
        assert_eq!(target.mails(), 0);
        project.expect(0, &["verify", "--quiet"]);
        let (status, _) = project.expect(0, &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(status.trim()).unwrap();
        assert_eq!(status["open"], 0, "every write is settled");
    }
    eprintln!("{kills} kills");
}

/// Starts a run and kills it at its moment. `false` when it ended before.
fn kill(project: &Project, target: &Desk, moment: Moment) -> bool {
    let mut run = project
        .command(&["migrate", "--quiet", "--no-verify"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let log = project.path("deskferry.ledger-wal");
    let written = || std::fs::metadata(&log).map_or(0, |log| log.len());
    let mut size = written();
    let (mut growths, asked) = (0, |route| target.calls(route));
    let base = match moment {
        Moment::Request(route, _) => asked(route),
        _ => 0,
    };
    while run.try_wait().unwrap().is_none() {
        assert!(
            begun.elapsed() < PATIENCE,
            "it hangs, waiting for {moment:?}"
        );
        let due = match moment {
            Moment::After(wait) => begun.elapsed() >= Duration::from_millis(wait),
            Moment::Request(route, more) => asked(route) >= base + more,
            Moment::Ledger(more) => {
                let now = written();
                if now != size {
                    growths += 1;
                    size = now;
                }
                growths >= more
            }
        };
        if due {
            run.kill().unwrap();
            run.wait().unwrap();
            return true;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    false
}

fn slow() -> Faults {
    Faults {
        slow_ms: 3,
        ..Faults::default()
    }
}

#[test]
fn found_again_by_looking_up_and_by_jobs() {
    let suite = Suite {
        target: || quiet_zendesk(&["users_bulk"], slow()),
        routes: &[
            "POST /api/v2/imports/tickets/create_many",
            "GET /api/v2/job_statuses",
            "POST /api/v2/uploads",
            "POST /api/v2/users",
            "POST /api/v2/organizations",
            "POST /api/v2/help_center",
        ],
        census: |target| zendesk::assert_each_ticket_once(target, zendesk::TICKETS),
    };
    kill_all_the_time(&suite, 0x9e37_79b9_7f4a_7c15);
}

#[test]
fn found_again_by_a_mark_and_by_reading_back() {
    let suite = Suite {
        target: || quiet_freshdesk(slow()),
        routes: FRESHDESK,
        census: migrate::assert_each_ticket_and_note_once,
    };
    kill_all_the_time(&suite, 0x2545_f491_4f6c_dd1d);
}

#[test]
fn found_again_while_searches_lag_behind() {
    let suite = Suite {
        target: || {
            quiet_freshdesk(Faults {
                search_lag: 60,
                ..slow()
            })
        },
        routes: FRESHDESK,
        census: migrate::assert_each_ticket_and_note_once,
    };
    kill_all_the_time(&suite, 0xda94_2042_e4dd_58b5);
}

const FRESHDESK: &[&str] = &[
    "POST tickets",
    "POST ticket_notes",
    "POST contacts",
    "POST companies",
    "POST solutions",
    "POST fields",
];
