//! What a process used, from `/proc`.

use std::time::Duration;

/// Resources of one process so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// Time on processors, user and system.
    pub cpu: Duration,
    /// Most memory it ever had resident, in bytes.
    pub peak: u64,
}

/// What the process (`self` or an id) used. Zeros where there is no `/proc`.
pub fn used(process: &str) -> Used {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}"));
    let peak = read("status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .unwrap_or_default();
    // The second field, the name, may hold blanks: count from the parenthesis after it.
    let ticks = read("stat")
        .ok()
        .and_then(|stat| {
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let number = |n: usize| fields.get(n)?.parse::<u64>().ok();
            Some(number(11)? + number(12)?)
        })
        .unwrap_or_default();
    Used {
        // Linux counts in hundredths of a second for all programs, whatever the kernel's own clock.
        cpu: Duration::from_millis(ticks * 10),
        peak: peak * 1024,
    }
}
