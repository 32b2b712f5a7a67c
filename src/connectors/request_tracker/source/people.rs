//! Users: customers and staff.

use super::super::client::{keep, segment};
use super::super::normalize::{self, SYSTEM};
use super::super::wire::{self, Created};
use super::{RtSource, everything, unreadable_or};
use crate::connector::{Error, Page, Result, Unreadable};
use crate::schema::{Key, Kind};

impl RtSource {
    pub(super) async fn pull_users(&self, cursor: Option<&str>) -> Result<Page> {
        let mut page = Page::default();
        let at = Rounds::read(cursor)?;
        let list: wire::List<Created> = self
            .desk
            .page(
                "/users?orderby=id&find_disabled_rows=1",
                Some(&everything()),
                at.page,
                &mut page.raw,
            )
            .await?;
        page.total = u64::try_from(list.total.number()).ok();
        let logins: Vec<String> = list
            .items
            .into_iter()
            .map(|item| item.id.0)
            .filter(|login| !SYSTEM.contains(&login.as_str()))
            .collect();
        let paths = logins
            .iter()
            .map(|login| format!("/user/{}", segment(login)))
            .collect();
        for (login, answer) in logins.iter().zip(self.each(paths).await) {
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    unreadable_or(error, Kind::Contact, login, &mut page)?;
                    continue;
                }
            };
            keep(&mut page.raw, &answer);
            let records = answer
                .json::<wire::User>()
                .map_err(|error| error.message)
                .and_then(|user| {
                    if user.name.0 == *login {
                        normalize::user(&user)
                    } else {
                        // A login of digits is taken for a number by RT.
                        Err(format!("Name: RT answered with the user `{}`", user.name.0))
                    }
                });
            match records {
                Ok(records) => page.records.extend(records),
                Err(reason) => page.problems.push(Unreadable {
                    key: Key::new(Kind::Contact, login),
                    reason,
                    original: answer.body.to_vec(),
                }),
            }
        }
        page.done = list.next_page.is_none();
        page.next = Some(at.next(page.done));
        Ok(page)
    }
}

/// `<round>:<page>`: lists of people have no order by change, so that a later
/// run reads them again; the round keeps its cursors apart.
struct Rounds {
    round: u64,
    page: u32,
}

impl Rounds {
    fn read(cursor: Option<&str>) -> Result<Rounds> {
        let Some(text) = cursor else {
            return Ok(Rounds { round: 1, page: 1 });
        };
        text.split_once(':')
            .and_then(|(round, page)| {
                Some(Rounds {
                    round: round.parse().ok()?,
                    page: page.parse().ok()?,
                })
            })
            .ok_or_else(|| Error::local(format!("`{text}` is not a cursor of users")))
    }

    fn next(&self, done: bool) -> String {
        if done {
            format!("{}:1", self.round + 1)
        } else {
            format!("{}:{}", self.round, self.page + 1)
        }
    }
}
