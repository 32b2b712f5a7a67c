//! What is tried again, when, and what is not.

use std::time::Duration;

use backon::BackoffBuilder as _;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Whether a fault that may pass is worth another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The request was certainly not carried out, or may be carried out twice.
    Again,
    /// It may have been carried out and must not be twice.
    Unknown,
    /// No fault of this sort.
    No,
}

/// What an error status means for a request that changes nothing (`reading`),
/// or may (`repeatable`) or may not be sent twice.
pub(super) fn of_status(
    status: u16,
    reading: bool,
    repeatable: bool,
    retry_after: bool,
) -> Verdict {
    match status {
        429 => Verdict::Again,
        // A server that names a time has turned the request away at the door.
        503 if retry_after => Verdict::Again,
        502..=504 if repeatable => Verdict::Again,
        500 if reading => Verdict::Again,
        502..=504 => Verdict::Unknown,
        500 if !repeatable => Verdict::Unknown,
        _ => Verdict::No,
    }
}

/// What a failure without an answer means.
pub(super) fn of_failure(error: &reqwest::Error, repeatable: bool) -> Verdict {
    if error.is_builder() {
        return Verdict::No;
    }
    // Without a connection nothing was sent.
    if error.is_connect() || repeatable {
        Verdict::Again
    } else {
        Verdict::Unknown
    }
}

/// Waits between attempts: 1 s, 2 s, 4 s … 30 s, each with jitter.
pub(super) fn backoff() -> backon::ExponentialBackoff {
    backon::ExponentialBuilder::new()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_secs(30))
        .without_max_times()
        .with_jitter()
        .build()
}

/// What `Retry-After` asks for: seconds, or an HTTP date, which is compared
/// with the server's own clock where it shows it.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let until = http_date(value)?;
    let now = date(headers).unwrap_or_else(jiff::Timestamp::now);
    Duration::try_from(until.duration_since(now))
        .ok()
        .or(Some(Duration::ZERO))
}

/// The server's own time.
pub(super) fn date(headers: &HeaderMap) -> Option<jiff::Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    reqwest::header::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let seconds = headers(&[("retry-after", "17")]);
        assert_eq!(retry_after(&seconds), Some(Duration::from_secs(17)));
        let date = headers(&[
            ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
            ("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT"),
        ]);
        assert_eq!(retry_after(&date), Some(Duration::from_secs(90)));
        let past = headers(&[("retry-after", "Wed, 21 Oct 2015 07:29:30 GMT")]);
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
        let nonsense = headers(&[("retry-after", "soon")]);
        assert_eq!(retry_after(&nonsense), None);
    }

    #[test]
    fn creating_is_repeated_only_when_it_was_turned_away() {
        for (status, retry_after, verdict) in [
            (429, false, Verdict::Again),
            (503, true, Verdict::Again),
            (503, false, Verdict::Unknown),
            (500, false, Verdict::Unknown),
            (502, false, Verdict::Unknown),
            (504, false, Verdict::Unknown),
            (422, false, Verdict::No),
        ] {
            assert_eq!(
                of_status(status, false, false, retry_after),
                verdict,
                "{status}"
            );
        }
        assert_eq!(of_status(500, true, true, false), Verdict::Again);
        assert_eq!(of_status(500, false, true, false), Verdict::No);
        assert_eq!(of_status(502, false, true, false), Verdict::Again);
    }

    #[test]
    fn waits_grow_and_stay_bounded() {
        let waits: Vec<Duration> = backoff().take(20).collect();
        for (number, wait) in waits.iter().enumerate() {
            // Jitter adds up to the wait itself.
            let least = Duration::from_secs(1 << number.min(5)).min(Duration::from_secs(30));
            assert!(*wait >= least && *wait <= 2 * least, "{number}: {wait:?}");
        }
    }
}
