//! What becomes of a call that went wrong: waiting, trying again, giving up.

use std::time::Duration;

use super::super::Answer;
use super::super::retry::{self, Verdict};
use super::{Fault, Sending, root_cause, seconds, with_excerpt};
use crate::connector::{Error, ErrorKind, Result};

impl Sending {
    pub(super) async fn again_after_fault(&mut self, fault: Fault) -> Result<()> {
        self.again(fault, None).await
    }

    /// Waits for the next attempt, or gives up.
    pub(super) async fn again(
        &mut self,
        fault: Fault,
        retry_after: Option<Duration>,
    ) -> Result<()> {
        let shared = self.call.client.shared.clone();
        let Fault {
            verdict,
            message,
            cause,
        } = fault;
        let what = format!("{} {}: {message}", self.call.method.name(), self.shown());
        let unreachable = cause.as_ref().is_some_and(reqwest::Error::is_connect);
        let give_up = |text: String, hint: &str| {
            let error = Error::new(ErrorKind::Transient, text).hint(hint);
            match cause {
                Some(cause) => error.caused_by(cause),
                None => error,
            }
        };
        match verdict {
            Verdict::No => {
                return Err(give_up(what, "this request cannot be sent"));
            }
            Verdict::Unknown => {
                return Err(give_up(
                    format!("{what}; it may have been carried out"),
                    "it is not repeated before the desk was asked whether it was carried out",
                ));
            }
            Verdict::Again => {}
        }
        if self.attempt > shared.settings.retries {
            let carried = match self.call.reads {
                true => "",
                false => "; it may have been carried out",
            };
            let hint = match unreachable {
                true => "check the desk's address and the network, and run the same command again",
                false => "run the same command again later; what was done is kept",
            };
            return Err(give_up(
                format!("{what}, {} times{carried}", self.attempt),
                hint,
            ));
        }
        let mut wait = self.backoff.next().unwrap_or(Duration::from_secs(30));
        if let Some(asked) = retry_after {
            if asked > shared.settings.max_wait {
                return Err(self.too_long(asked));
            }
            wait = wait.max(asked);
            if self.at_home {
                shared.pacer.pause(asked);
            }
        }
        self.attempt += 1;
        shared.settings.meter.retry();
        tracing::info!(attempt = self.attempt, "{what}; again in {}", seconds(wait));
        shared.pacer.clock().sleep(wait).await;
        Ok(())
    }

    /// After a 429: nobody of the account calls before the server's time.
    pub(super) async fn wait_for_server(&mut self, answer: &Answer) -> Result<()> {
        let shared = self.call.client.shared.clone();
        let wait = match retry::retry_after(&answer.headers) {
            Some(asked) if !asked.is_zero() => asked,
            _ => self.backoff.next().unwrap_or(Duration::from_secs(30)),
        };
        self.waited = self.waited.saturating_add(wait);
        if self.waited > shared.settings.max_wait {
            return Err(self.too_long(wait));
        }
        self.attempt += 1;
        shared.settings.meter.retry();
        tracing::info!(
            "{} {}: too many calls; again in {}",
            self.call.method.name(),
            answer.path,
            seconds(wait)
        );
        if self.at_home {
            shared.pacer.pause(wait);
        }
        if !self.at_home || !self.call.paced {
            shared.pacer.clock().sleep(wait).await;
        }
        Ok(())
    }

    pub(super) fn unauthorized(&self, answer: &Answer) -> Error {
        if !self.at_home || self.call.anonymous {
            return Error::new(
                ErrorKind::Forbidden,
                with_excerpt(&format!("{} answered 401", answer.path), answer),
            );
        }
        Error::new(
            ErrorKind::Auth,
            with_excerpt(
                &format!("the desk does not accept the credentials ({} answered 401)", answer.path),
                answer,
            ),
        )
        .hint("check that the key or token is complete, belongs to this desk, and has not expired or been revoked")
    }

    pub(super) fn fault(&self, error: reqwest::Error) -> Fault {
        let error = error.without_url();
        Fault {
            verdict: retry::of_failure(&error, self.call.repeatable),
            message: root_cause(&error),
            cause: Some(error),
        }
    }

    pub(super) fn timed_out(&self, timeout: Duration) -> Fault {
        Fault {
            verdict: if self.call.repeatable {
                Verdict::Again
            } else {
                Verdict::Unknown
            },
            message: format!("no answer within {}", seconds(timeout)),
            cause: None,
        }
    }

    pub(super) fn too_long(&self, wait: Duration) -> Error {
        let retry_after = wait
            .as_secs()
            .saturating_add(u64::from(wait.subsec_nanos() > 0));
        let until = jiff::Timestamp::now()
            .checked_add(jiff::SignedDuration::from_secs(
                i64::try_from(retry_after).unwrap_or(i64::MAX),
            ))
            .map(|until| until.strftime("%Y-%m-%d %H:%M UTC").to_string())
            .unwrap_or_else(|_| "a time far away".into());
        Error::new(
            ErrorKind::RateLimited { retry_after },
            format!(
                "{} {}: the desk takes no more calls before {until}",
                self.call.method.name(),
                self.shown()
            ),
        )
        .hint("run the same command again then; it goes on where it stopped")
    }
}
