//! What would happen to an item. No request.

use super::payload::Maker;
use super::people;
use crate::connector::{Assessment, Body, Effect, Item, Loss, TargetDesk, field};
use crate::connectors::zendesk::limits;
use crate::mapping::PlatformMapping;
use crate::schema::{Article, Category, Date, Extra, Kind, Visibility};

/// Losses, refusals and calls of an item.
pub fn assess(item: &Item, target: &TargetDesk, mapping: &PlatformMapping) -> Assessment {
    let mut made = Assessment::default();
    match &item.body {
        Body::Conversation(bundle) => {
            let draft = Maker {
                mapping,
                target,
                item,
                now: Date::now(),
                last: false,
            }
            .draft(bundle);
            let uploads: usize = draft
                .comments
                .iter()
                .map(|comment| comment.files.len())
                .sum();
            made.calls = vec![(limits::DEFAULT, u32::try_from(uploads).unwrap_or(u32::MAX))];
            if item.existing.is_some() {
                made.calls = vec![(limits::TICKET_UPDATE, 1)];
            }
            made.losses = draft.losses;
            made.blocked = draft.blocked;
        }
        Body::Contact(contact) => {
            made.losses = people::contact(contact, item, target).1;
            made.calls = vec![(limits::USER_UPSERT, 1)];
        }
        Body::Organization(organization) => {
            made.losses = people::organization(organization, item, target).1;
        }
        Body::Group(group) => {
            made.calls = vec![(limits::DEFAULT, 2)];
            let missing = group
                .agent_ids
                .iter()
                .filter(|id| item.refs.get(Kind::Agent, id).is_none())
                .count();
            if missing > 0 {
                made.losses.push(Loss::new(
                    field::GROUP_MEMBERS,
                    Effect::Dropped,
                    format!("{missing} members have no account here"),
                ));
            }
            extra(&group.extra, &mut made.losses);
        }
        Body::Field(known) => {
            made.calls = vec![(limits::DEFAULT, 1)];
            if known.system {
                made.skipped = Some("a part of every account".to_owned());
            } else if !matches!(
                known.on,
                Some(Kind::Conversation | Kind::Contact | Kind::Organization)
            ) {
                made.skipped =
                    Some("Zendesk has fields on tickets, users and organizations".to_owned());
            }
            extra(&known.extra, &mut made.losses);
        }
        Body::Macro(template) => {
            made.calls = vec![(limits::DEFAULT, 1)];
            if template.html.is_none() && template.text.is_none() {
                made.skipped =
                    Some("a macro without a text does nothing that can be carried over".to_owned());
            } else if !template.actions.is_empty() {
                made.losses.push(Loss::new(
                    field::MACRO,
                    Effect::Dropped,
                    format!("{} actions besides its text", template.actions.len()),
                ));
            }
            extra(&template.extra, &mut made.losses);
        }
        Body::Agent(_) => {
            made.skipped = Some(
                "an agent takes a paid seat: create it by hand, it is then matched by its address"
                    .to_owned(),
            );
        }
        Body::Brand(_) => {
            made.skipped = Some("brands are created by hand, and then matched by name".to_owned());
        }
        Body::Form(_) => {
            made.skipped = Some("forms are created by hand, and then matched by name".to_owned());
        }
        Body::Message(reply) => {
            let maker = Maker {
                mapping,
                target,
                item,
                now: Date::now(),
                last: false,
            };
            let (comments, losses) = maker.later(reply);
            let calls = comments.iter().map(|comment| 1 + comment.files.len());
            let calls = u32::try_from(calls.sum::<usize>()).unwrap_or(u32::MAX);
            made.calls = vec![(limits::TICKET_UPDATE, calls)];
            made.losses = losses;
        }
        Body::Category(level) => {
            made.calls = vec![(
                limits::HELP_CENTER,
                1 + u32::try_from(level.translations.len()).unwrap_or(0),
            )];
            category(level, item, target, &mut made.losses);
            if level.translations.is_empty() {
                made.blocked = Some(nameless());
            }
        }
        Body::Article(bundle) => {
            let files = u32::try_from(bundle.attachments.len()).unwrap_or(u32::MAX);
            made.calls = vec![(limits::HELP_CENTER, files.saturating_add(2))];
            article(&bundle.article, item, target, &mut made.losses);
            for file in &bundle.attachments {
                let why = match &file.path {
                    Err(why) => why.to_string(),
                    Ok(_) if file.size > limits::MAX_ARTICLE_ATTACHMENT => {
                        "larger than the 20 MB that Guide takes".to_owned()
                    }
                    Ok(_) => continue,
                };
                made.losses.push(Loss::new(
                    field::ATTACHMENT,
                    Effect::Dropped,
                    format!("{}: {why}", file.attachment.name),
                ));
            }
            if bundle.article.translations.is_empty() {
                made.blocked = Some(nameless());
            } else if bundle.article.category_id.is_none() {
                made.blocked = Some((
                    "the article stands in no section".to_owned(),
                    "put it into one on the source".to_owned(),
                ));
            }
        }
    }
    made
}

fn nameless() -> (String, String) {
    (
        "it has no text in any language".to_owned(),
        "give it a title on the source".to_owned(),
    )
}

/// Values without a home are lost, and said to be.
pub fn extra(values: &Extra, losses: &mut Vec<Loss>) {
    if !values.is_empty() {
        let names: Vec<&str> = values.keys().map(String::as_str).collect();
        losses.push(Loss::new(field::EXTRA, Effect::Dropped, names.join(", ")));
    }
}

/// The target's spelling of a locale: the same, else the same language.
pub fn locale<'t>(target: &'t TargetDesk, wanted: &str) -> Option<&'t str> {
    let wanted = wanted.replace('_', "-");
    let language = wanted.split('-').next().unwrap_or_default();
    target
        .locales
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&wanted))
        .or_else(|| {
            target.locales.iter().find(|known| {
                known
                    .split('-')
                    .next()
                    .is_some_and(|known| known.eq_ignore_ascii_case(language))
            })
        })
        .map(String::as_str)
}

fn languages(
    translations: &[crate::schema::Translation],
    target: &TargetDesk,
    losses: &mut Vec<Loss>,
) {
    let mut used: Vec<&str> = Vec::new();
    for (index, text) in translations.iter().enumerate() {
        match locale(target, &text.locale) {
            Some(known) if !used.contains(&known) => {
                if !known.eq_ignore_ascii_case(&text.locale) {
                    losses.push(Loss::new(
                        field::ARTICLE_TRANSLATION,
                        Effect::Changed,
                        format!("{} becomes {known}", text.locale),
                    ));
                }
                used.push(known);
            }
            None if index == 0 => {
                losses.push(Loss::new(
                    field::ARTICLE_TRANSLATION,
                    Effect::Changed,
                    format!(
                        "{} is not enabled here: written as the default language",
                        text.locale
                    ),
                ));
                used.extend(target.locales.first().map(String::as_str));
            }
            _ => losses.push(Loss::new(
                field::ARTICLE_TRANSLATION,
                Effect::Dropped,
                format!("{} is not enabled here", text.locale),
            )),
        }
        if text.slug.is_some() || text.seo_title.is_some() || text.seo_description.is_some() {
            losses.push(Loss::new(
                field::ARTICLE_LINKS,
                Effect::Changed,
                format!("the address of {} is made anew from its title", text.locale),
            ));
        }
    }
}

fn category(level: &Category, item: &Item, target: &TargetDesk, losses: &mut Vec<Loss>) {
    languages(&level.translations, target, losses);
    let parent = level
        .parent_id
        .as_deref()
        .map(|id| item.refs.get(Kind::Category, id));
    let nested = level
        .parent_id
        .as_deref()
        .is_some_and(|id| id.starts_with("section:"))
        || matches!(parent, Some(Some(id)) if id.starts_with("section:"));
    if nested {
        losses.push(Loss::new(
            field::CATEGORY_LEVEL,
            Effect::Flattened,
            "sections below sections need Guide Enterprise: otherwise it stands beside the one that it was in",
        ));
    }
    if level.created_at.is_some() {
        losses.push(Loss::new(
            field::ARTICLE_DATES,
            Effect::Dropped,
            "Guide sets dates itself",
        ));
    }
    if level
        .visibility
        .is_some_and(|seen| seen != Visibility::Public)
    {
        losses.push(Loss::new(
            field::ARTICLE_VISIBILITY,
            Effect::Moved,
            "only articles are guarded, not their sections",
        ));
    }
    extra(&level.extra, losses);
}

fn article(article: &Article, item: &Item, target: &TargetDesk, losses: &mut Vec<Loss>) {
    languages(&article.translations, target, losses);
    let mut lose = |name: &str, effect: Effect, detail: &str| {
        losses.push(Loss::new(name, effect, detail));
    };
    if article.created_at.is_some() || article.updated_at.is_some() {
        lose(
            field::ARTICLE_DATES,
            Effect::Dropped,
            "Guide sets dates itself",
        );
    }
    if article.votes_up.unwrap_or(0) + article.votes_down.unwrap_or(0) > 0 {
        lose(
            field::ARTICLE_VOTES,
            Effect::Dropped,
            "votes cannot be written",
        );
    }
    if let Some(author) = &article.author_id
        && item.refs.get(Kind::Agent, author).is_none()
    {
        lose(
            field::ARTICLE_AUTHOR,
            Effect::Changed,
            "the author has no account here: the account that imports",
        );
    }
    if article.visibility == Some(Visibility::Segment) {
        lose(
            field::ARTICLE_VISIBILITY,
            Effect::Changed,
            "for a segment of the same name where there is one, else for the staff alone",
        );
    }
    if article
        .translations
        .iter()
        .any(|text| text.state == Some(crate::schema::ArticleState::Archived))
    {
        lose(
            field::ARTICLE_STATE,
            Effect::Changed,
            "an archived text becomes a draft",
        );
    }
    if item.existing.is_some() {
        lose(
            field::ARTICLE,
            Effect::Changed,
            "its files stay as they were; images that came later keep their old address",
        );
    }
    extra(&article.extra, losses);
}
