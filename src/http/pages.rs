//! Walking the pages of a list.

use std::collections::HashSet;

use super::{Answer, Call};
use crate::connector::{Error, Result};

/// Walks the pages of a list. A page that was there already, or more pages
/// than `max`, is an error, not a loop.
///
/// ```ignore
/// let mut pages = Pages::new(client.get("/groups").query(&[("page[size]", 100)]), 10_000);
/// while let Some(answer) = pages.next().await? {
///     let list: GroupList = answer.json()?;
///     pages.go_on(list.meta.next_call(&client));
/// }
/// ```
pub struct Pages {
    next: Option<Call>,
    seen: HashSet<blake3::Hash>,
    body: Option<blake3::Hash>,
    max: usize,
}

/// Bodies below this size may be alike without being the same page: an empty list.
const TOO_SHORT_TO_TELL: usize = 64;

impl Pages {
    /// Starts with this call; at most `max` pages.
    pub fn new(first: Call, max: usize) -> Self {
        Pages {
            next: Some(first),
            seen: HashSet::new(),
            body: None,
            max,
        }
    }

    /// The next page; `None` when [`Pages::go_on`] was not told of one since the last.
    pub async fn next(&mut self) -> Result<Option<Answer>> {
        let Some(call) = self.next.take() else {
            return Ok(None);
        };
        let path = call.shown();
        if self.seen.len() >= self.max {
            return Err(Error::protocol(format!(
                "{path} would be page {} of a list that should end before",
                self.max + 1
            )));
        }
        if !self.seen.insert(call.fingerprint()) {
            return Err(Error::protocol(format!(
                "the desk leads back to {path}, a page that was read already"
            )));
        }
        let answer = call.send().await?;
        let body = (answer.body.len() >= TOO_SHORT_TO_TELL).then(|| blake3::hash(&answer.body));
        if body.is_some() && body == self.body {
            return Err(Error::protocol(format!(
                "{path} is the same as the page before it"
            )));
        }
        self.body = body;
        Ok(Some(answer))
    }

    /// What to ask next, after the page that was read last. `None` ends the walk.
    pub fn go_on(&mut self, next: Option<Call>) {
        self.next = next;
    }
}
