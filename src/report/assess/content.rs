//! What is in the desk: fields, tags, articles, files, agents.

use super::super::page::Column::{Number as N, Words as W};
use super::super::page::{Block, Cell, Section, Tone};
use super::teller::Teller;
use super::{ROWS, one};
use crate::engine::assess::Audit;
use crate::schema::Kind;

impl Teller<'_> {
    pub(super) fn content(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let mut blocks = Vec::new();
        if !audit.tags.top.is_empty() {
            let mut table =
                self.heads("assess-tags", &[W("assess-tag"), N("assess-conversations")]);
            table.caption = texts.say("assess-tags", &[("different", audit.tags.different.into())]);
            for tag in &audit.tags.top {
                table.row(vec![(*tag.tag).into(), self.number(tag.count)]);
            }
            blocks.push(Block::Table(table));
        }
        if !audit.fields.is_empty() {
            let mut table = self.heads(
                "assess-fields",
                &[
                    W("assess-field"),
                    W("assess-kind"),
                    N("assess-filled"),
                    N("assess-share"),
                    W("assess-last"),
                    W("assess-use"),
                ],
            );
            let mut fields: Vec<_> = audit.fields.iter().collect();
            fields.sort_by_key(|field| !field.dead);
            for field in fields.iter().take(ROWS) {
                let state = match (field.dead, field.filled.of) {
                    (_, 0) => Cell::from(texts.get("assess-unused-unknown")).toned(Tone::Soft),
                    (true, _) => Cell::from(texts.get("assess-dead")).toned(Tone::Bad),
                    (false, _) => Cell::from(texts.get("assess-used")),
                };
                let kind = Kind::parse(&field.on).map(|kind| texts.kind(kind));
                table.row(vec![
                    (*field.label).into(),
                    kind.unwrap_or_default().into(),
                    self.number(field.filled.count),
                    self.share(field.filled.count, field.filled.of).into(),
                    self.day(&field.last),
                    state,
                ]);
            }
            blocks.push(Block::Table(table));
            self.more(fields.len(), &mut blocks);
        }
        if blocks.is_empty() {
            blocks.push(self.nothing());
        }
        self.section("content", "assess-content", blocks)
    }

    pub(super) fn more(&self, all: usize, blocks: &mut Vec<Block>) {
        if all > ROWS {
            let more = self
                .texts
                .say("assess-more", &[("count", (all - ROWS).into())]);
            blocks.push(Block::toned(more, Tone::Soft));
        }
    }

    pub(super) fn articles(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let articles = &audit.articles;
        let mut blocks = Vec::new();
        if articles.all == 0 {
            blocks.push(self.nothing());
        } else {
            blocks.push(Block::Cards {
                cards: vec![
                    self.card("assess-articles", articles.all),
                    self.card("assess-published-texts", articles.published),
                    self.card("assess-empty", articles.empty),
                    self.card("assess-duplicates", articles.duplicates),
                ],
            });
            let mut table = self.heads(
                "assess-languages",
                &[
                    W("assess-language"),
                    N("assess-articles"),
                    N("assess-published"),
                    N("assess-outdated"),
                    N("assess-missing"),
                    W("assess-for-example"),
                ],
            );
            for language in &articles.languages {
                let examples = language.examples.iter();
                let examples: Vec<String> = examples.map(|a| a.title.clone()).collect();
                table.row(vec![
                    (*language.locale).into(),
                    self.number(language.articles),
                    self.number(language.published),
                    self.number(language.outdated),
                    self.number(language.missing),
                    examples.join("; ").into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        if articles.duplicates + articles.empty > 0 {
            let mut table = self.heads(
                "assess-clean-caption",
                &[W("assess-article"), W("assess-title-of"), W("assess-what")],
            );
            for empty in &articles.empty_examples {
                let what = texts.get("assess-is-empty");
                table.row(vec![(*empty.id).into(), (*empty.title).into(), what.into()]);
            }
            for double in &articles.duplicate_examples {
                let what = texts.say(
                    "assess-is-duplicate",
                    &[
                        ("other", (*double.same_as).into()),
                        ("locale", (*double.locale).into()),
                    ],
                );
                table.row(vec![
                    (*double.id).into(),
                    (*double.title).into(),
                    what.into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        self.section("articles", "assess-articles-title", blocks)
    }

    pub(super) fn files(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let files = &audit.files;
        if files.all == 0 {
            return self.section("files", "assess-files", vec![self.nothing()]);
        }
        let mut blocks = vec![Block::text(texts.say(
            "assess-files-sum",
            &[
                ("count", files.all.into()),
                ("bytes", texts.bytes(files.bytes).into()),
                ("sizeless", files.sizeless.into()),
                ("undated", files.undated.into()),
            ],
        ))];
        for (caption, list) in [
            ("assess-biggest", &files.biggest),
            ("assess-oldest", &files.oldest),
        ] {
            let mut table = self.heads(
                caption,
                &[
                    W("assess-file"),
                    N("assess-size"),
                    W("assess-day-of"),
                    W("assess-belongs"),
                ],
            );
            for file in list {
                let size = file
                    .size
                    .map_or_else(|| self.none(), |size| texts.bytes(size));
                let on = file.on.as_ref();
                let on = on.map(|key| one(texts, key));
                table.row(vec![
                    (*file.name).into(),
                    size.into(),
                    self.day(&file.at),
                    on.unwrap_or_else(|| self.none()).into(),
                ]);
            }
            if !list.is_empty() {
                blocks.push(Block::Table(table));
            }
        }
        self.section("files", "assess-files", blocks)
    }

    pub(super) fn agents(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let agents = &audit.agents;
        let mut blocks = vec![Block::text(texts.say(
            "assess-agents-sum",
            &[
                ("active", agents.active.into()),
                ("idle", agents.idle.into()),
                ("former", agents.former.into()),
            ],
        ))];
        if !agents.idle_list.is_empty() {
            let mut table =
                self.heads("assess-idle", &[W("assess-agent"), W("assess-last-active")]);
            for idle in agents.idle_list.iter().take(ROWS) {
                let name = idle.name.as_deref().unwrap_or(&idle.id);
                let last = match idle.last {
                    Some(_) => self.day(&idle.last),
                    None => texts.get("assess-never").into(),
                };
                table.row(vec![name.into(), last]);
            }
            blocks.push(Block::Table(table));
            self.more(agents.idle_list.len(), &mut blocks);
        }
        self.section("agents", "assess-agents", blocks)
    }

    pub(super) fn not_read(&self, audit: &Audit) -> Option<Section> {
        if audit.not_read.is_empty() {
            return None;
        }
        let mut table = self.heads(
            "assess-not-read-caption",
            &[W("assess-what"), N("assess-count"), W("assess-why")],
        );
        for row in &audit.not_read {
            let count = row.count.map(|count| self.texts.number(count));
            table.row(vec![
                self.texts.field(&row.what).into(),
                count.unwrap_or_default().into(),
                Cell::of(&row.detail, self.texts),
            ]);
        }
        Some(self.section(
            "not-read",
            "assess-not-read-title",
            vec![Block::Table(table)],
        ))
    }

    pub(super) fn unknown(&self, audit: &Audit) -> Option<Section> {
        if audit.unknown.is_empty() {
            return None;
        }
        let texts = self.texts;
        let mut table = self.heads(
            "assess-unknown-caption",
            &[W("assess-figure"), W("assess-why")],
        );
        for unknown in &audit.unknown {
            let figure = unknown.figure.replace('_', "-");
            let code = unknown.code.name().replace('_', "-");
            table.row(vec![
                texts.get(&format!("assess-part-{figure}")).into(),
                texts.get(&format!("assess-why-{code}")).into(),
            ]);
        }
        Some(self.section("unknown", "assess-unknown-title", vec![Block::Table(table)]))
    }
}
