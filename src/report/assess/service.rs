//! How customers were served: times, quality, hours, and who they are.

use super::super::page::Column::{Number as N, Words as W};
use super::super::page::{Block, Cell, Heat, Section, Table};
use super::teller::Teller;
use super::{BUSIEST, channel};
use crate::engine::assess::{Audit, Service};
use crate::schema::Channel;

impl Teller<'_> {
    pub(super) fn service(&self, audit: &Audit) -> Section {
        let mut times = self.heads(
            "assess-times",
            &[
                W("assess-channel"),
                N("assess-first-median"),
                N("assess-first-p90"),
                N("assess-solved-median"),
                N("assess-solved-p90"),
            ],
        );
        let mut quality = self.heads(
            "assess-quality",
            &[
                W("assess-channel"),
                N("assess-reopened"),
                N("assess-backlog"),
                N("assess-backlog-age"),
                N("assess-csat"),
                N("assess-nps"),
            ],
        );
        for service in &audit.service {
            let name = self.of(service.channel.map(Channel::name));
            let mut row: Vec<Cell> = vec![name.clone().into()];
            row.extend(self.times(&service.first_reply));
            row.extend(self.times(&service.resolution));
            times.row(row);
            quality.row(self.quality(name, service));
        }
        let mut ages = self.heads("assess-ages", &[W("assess-age"), N("assess-conversations")]);
        if let Some(all) = audit.service.first() {
            for (place, count) in all.backlog_by_age.iter().enumerate() {
                let name = self.texts.get(&format!("assess-age-{place}"));
                ages.row(vec![name.into(), self.number(*count)]);
            }
        }
        self.section(
            "service",
            "assess-service",
            vec![
                Block::Table(times),
                Block::Table(quality),
                Block::Table(ages),
            ],
        )
    }

    pub(super) fn quality(&self, name: String, service: &Service) -> Vec<Cell> {
        let percent = |share: &Option<crate::engine::assess::Share>| match share {
            Some(share) => self.percent(share.percent()),
            None => self.none(),
        };
        vec![
            name.into(),
            percent(&service.reopened).into(),
            self.number(service.backlog),
            self.times(&service.backlog_age)[0].clone(),
            percent(&service.csat).into(),
            match service.nps {
                Some(nps) => self.texts.decimal(nps.score(), 0).into(),
                None => self.none().into(),
            },
        ]
    }

    pub(super) fn customers(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let c = &audit.customers;
        let mut table = self.heads(
            "assess-customers-caption",
            &[W("assess-figure"), N("assess-number"), N("assess-share")],
        );
        for (id, count, of) in [
            ("assess-customers-seen", c.seen, c.all),
            ("assess-customers-several", c.several_channels, c.seen),
            ("assess-people-seen", c.people_seen, 0),
            (
                "assess-people-several",
                c.people_several_channels,
                c.people_seen,
            ),
            ("assess-unifiable", c.unifiable, c.all),
            ("assess-maybe", c.maybe, 0),
            ("assess-no-address", c.no_address, c.all),
            ("assess-cut-off", c.cut_off, audit.volume.conversations),
        ] {
            let share = self.share(count, of);
            table.row(vec![texts.get(id).into(), self.number(count), share.into()]);
        }
        let mut blocks = vec![Block::Table(table)];
        if !c.examples.is_empty() {
            let mut table = self.heads(
                "assess-split-caption",
                &[
                    W("assess-profile"),
                    W("assess-other-profile"),
                    W("assess-evidence"),
                    W("assess-certain"),
                ],
            );
            let name = |name: &Option<String>, id: &str| match name {
                Some(name) => format!("{name} ({id})"),
                None => id.to_owned(),
            };
            for split in &c.examples {
                let certain = match split.certain {
                    true => texts.get("assess-yes"),
                    false => texts.get("assess-perhaps"),
                };
                table.row(vec![
                    name(&split.one_name, &split.one).into(),
                    name(&split.other_name, &split.other).into(),
                    Cell::english(&*split.why),
                    certain.into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        if !c.cut_off_examples.is_empty() {
            let mut table = self.heads(
                "assess-cut-off-caption",
                &[
                    W("assess-conversation"),
                    W("assess-channel"),
                    W("assess-followed-by"),
                    W("assess-channel"),
                    N("assess-after"),
                ],
            );
            for cut in &c.cut_off_examples {
                table.row(vec![
                    (*cut.id).into(),
                    channel(texts, cut.channel).into(),
                    (*cut.next).into(),
                    channel(texts, cut.next_channel).into(),
                    self.minutes(cut.minutes as f64).into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        self.section("customers", "assess-customers-title", blocks)
    }

    pub(super) fn hours(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let days: Vec<String> = (1..=7)
            .map(|day| texts.get(&format!("assess-day-{day}")))
            .collect();
        let caption = texts.say(
            "assess-hours-caption",
            &[("zone", (*audit.time_zone).into())],
        );
        let mut heads = vec![texts.get("assess-day")];
        heads.extend((0..24).map(|hour| format!("#{hour:02}")));
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut all = Table::new(caption.clone(), &heads);
        let mut each = Vec::new();
        for (day, hours) in audit.hours.iter().enumerate() {
            let mut row: Vec<Cell> = vec![days[day % 7].as_str().into()];
            row.extend(hours.iter().map(|count| self.number(*count)));
            all.row(row);
            each.extend(
                hours
                    .iter()
                    .enumerate()
                    .map(|(hour, count)| (*count, day, hour)),
            );
        }
        each.sort_by_key(|(count, day, hour)| (std::cmp::Reverse(*count), *day, *hour));
        let mut busiest = self.heads(
            "assess-busiest",
            &[W("assess-day"), W("assess-hour"), N("assess-messages")],
        );
        for (count, day, hour) in each.into_iter().take(BUSIEST).filter(|(n, ..)| *n > 0) {
            busiest.row(vec![
                days[day % 7].as_str().into(),
                format!("{hour:02}:00–{:02}:00", (hour + 1) % 24).into(),
                self.number(count),
            ]);
        }
        let blocks = match busiest.rows.is_empty() {
            true => vec![self.nothing()],
            false => vec![Block::Heat(Heat::new(
                caption,
                &days,
                &audit.hours,
                [all, busiest],
            ))],
        };
        self.section("hours", "assess-hours", blocks)
    }
}
