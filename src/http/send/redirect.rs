//! Where an answer sends a call on to.

use reqwest::header::{IF_RANGE, LOCATION, RANGE};

use super::super::client::{check_scheme, is_loopback};
use super::super::{Answer, Method, redact};
use super::Sending;
use crate::connector::{Error, Result};

/// Redirects that are followed.
const MAX_REDIRECTS: u32 = 5;

impl Sending {
    pub(super) fn redirect(&mut self, answer: &Answer) -> Result<()> {
        let target = answer
            .header(LOCATION.as_str())
            .and_then(|location| self.url.join(location).ok());
        let Some(mut target) = target else {
            return Err(Error::protocol(format!(
                "{} answered {} without saying where to",
                answer.path, answer.status
            )));
        };
        let shown = redact::address(&target, &self.call.client.shared.base);
        if self.call.method != Method::Get {
            return Err(Error::protocol(format!(
                "{} {} was sent on to {shown}, which only reading may follow",
                self.call.method.name(),
                answer.path
            ))
            .hint("is the desk's address the right one? base_url must be where it ends up"));
        }
        self.redirects += 1;
        if self.redirects > MAX_REDIRECTS {
            return Err(Error::protocol(format!(
                "{} was sent on more than {MAX_REDIRECTS} times",
                answer.path
            )));
        }
        check_scheme(&target)?;
        if is_loopback(&target) && !is_loopback(&self.url) {
            return Err(Error::protocol(format!(
                "{} was sent on to this machine ({shown})",
                answer.path
            )));
        }
        let _ = target.set_username("");
        let _ = target.set_password(None);
        target.set_fragment(None);
        // Once elsewhere, always elsewhere: a way back must not regain credentials.
        if target.origin() != self.url.origin() {
            self.at_home = false;
            let kept = [RANGE, IF_RANGE].map(|name| (self.call.headers.remove(&name), name));
            self.call.headers.clear();
            for (value, name) in kept {
                // Which bytes are wanted is no secret.
                self.call.headers.extend(value.map(|value| (name, value)));
            }
        }
        self.url = target;
        Ok(())
    }
}
