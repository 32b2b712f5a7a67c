//! Which request meets which fault, the same in every run with the same seed.

use std::collections::HashMap;

use super::{Fault, Faults};

/// The current faults and what was drawn so far.
#[derive(Debug, Default)]
pub(super) struct Dice {
    faults: Faults,
    /// How often each planned fault saw a request that it waits for.
    seen: Vec<u32>,
    /// How often the same request came. The draw depends on the request and
    /// this number, not on the order in which parallel requests arrive.
    times: HashMap<[u8; 16], u64>,
}

impl Dice {
    pub(super) fn new(faults: Faults) -> Self {
        Dice {
            seen: vec![0; faults.planned.len()],
            times: HashMap::new(),
            faults,
        }
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The fault of the next request, `METHOD /path?query`.
    pub(super) fn draw(&mut self, request: &str) -> Option<Fault> {
        let mut planned = None;
        for (plan, seen) in self.faults.planned.iter().zip(&mut self.seen) {
            if request.contains(&plan.on) {
                let number = *seen;
                *seen = seen.saturating_add(1);
                let last = plan.after.saturating_add(plan.times);
                if planned.is_none() && number >= plan.after && number < last {
                    planned = Some(plan.fault);
                }
            }
        }
        if planned.is_some() {
            return planned;
        }
        let shares = self.shares();
        if shares.iter().all(|(share, _)| *share <= 0.0) {
            return None;
        }
        let share = self.share(request);
        let mut edge = 0.0;
        for (part, fault) in shares {
            edge += part;
            if share < edge {
                return Some(fault);
            }
        }
        None
    }

    fn shares(&self) -> [(f64, Fault); 8] {
        let faults = &self.faults;
        [
            (faults.too_many, Fault::TooMany),
            (faults.server_error, Fault::ServerError),
            (faults.error_after_write, Fault::ErrorAfterWrite),
            (faults.reset, Fault::Reset),
            (faults.reset_after_write, Fault::ResetAfterWrite),
            (faults.cut_body, Fault::CutBody),
            (faults.html, Fault::Html),
            (faults.timeout, Fault::Timeout),
        ]
    }

    /// A number from 0 up to 1 for the next time that this request comes.
    fn share(&mut self, request: &str) -> f64 {
        let name = blake3::hash(request.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&name.as_bytes()[..16]);
        let time = self.times.entry(key).or_default();
        *time += 1;
        let drawn = blake3::Hasher::new()
            .update(&self.faults.seed.to_le_bytes())
            .update(&key)
            .update(&time.to_le_bytes())
            .finalize();
        let mut bits = [0; 8];
        bits.copy_from_slice(&drawn.as_bytes()[..8]);
        // 53 bits are what a float holds exactly.
        (u64::from_le_bytes(bits) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
