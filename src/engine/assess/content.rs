//! What is in the desk: tags, fields, articles, files.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::people::day;
use super::service::Service;
use super::{
    Articles, Duplicate, EXAMPLES, FIELD_DAYS, FieldUse, File, Files, Language, Named, Options,
    Share, TOP, Tag, Tags, Unknown, Why,
};
use crate::connector::{Result, text};
use crate::ledger::Ledger;
use crate::schema::{
    Article, ArticleState, Attachment, CustomFields, Date, Field, FieldType, Key, Kind, Owner,
    Record,
};

/// Different tags that are counted one by one.
const TAGS: usize = 20_000;

/// Files of each list.
const FILES: usize = 10;

struct Use {
    field: Field,
    filled: u64,
    last: Option<Date>,
}

pub(super) struct Content {
    at: Date,
    tags: HashMap<String, u64>,
    more_tags: u64,
    fields: BTreeMap<(Kind, String), Use>,
    /// Records by kind, those with fields.
    totals: BTreeMap<Kind, u64>,
    articles: Articles,
    languages: BTreeMap<String, Language>,
    /// Texts by hash: the article that had it first.
    texts: HashMap<u64, String>,
    files: Files,
    biggest: BinaryHeap<Reverse<(u64, File)>>,
    oldest: BinaryHeap<(Date, File)>,
    /// Languages of each article, to find those that lack one: ids are few.
    has: Vec<(String, String, Vec<String>)>,
}

/// What is left of it in the end.
pub(super) struct Told {
    pub tags: Tags,
    pub fields: Vec<FieldUse>,
    pub articles: Articles,
    pub files: Files,
}

impl Content {
    pub fn new(options: &Options<'_>) -> Self {
        Content {
            at: options.at,
            tags: HashMap::new(),
            more_tags: 0,
            fields: BTreeMap::new(),
            totals: BTreeMap::new(),
            articles: Articles::default(),
            languages: BTreeMap::new(),
            texts: HashMap::new(),
            files: Files::default(),
            biggest: BinaryHeap::new(),
            oldest: BinaryHeap::new(),
            has: Vec::new(),
        }
    }

    pub fn tags(&mut self, tags: &[String]) {
        for tag in tags {
            if let Some(count) = self.tags.get_mut(tag) {
                *count += 1;
            } else if self.tags.len() < TAGS {
                self.tags.insert(tag.clone(), 1);
            } else {
                self.more_tags += 1;
            }
        }
    }

    pub fn field(&mut self, field: &Field) {
        let carries = [Kind::Conversation, Kind::Contact, Kind::Organization];
        if let Some(on) = field.on.filter(|on| carries.contains(on) && !field.system) {
            let used = Use {
                field: field.clone(),
                filled: 0,
                last: None,
            };
            self.fields.insert((on, field.id.clone()), used);
        }
    }

    /// Counts the fields of one record that have a value.
    pub fn filled(&mut self, kind: Kind, values: &CustomFields, at: Option<Date>) {
        *self.totals.entry(kind).or_default() += 1;
        for (id, value) in values {
            let Some(used) = self.fields.get_mut(&(kind, id.clone())) else {
                continue;
            };
            if has_value(value, used.field.field_type) {
                used.filled += 1;
                used.last = used.last.max(at);
            }
        }
    }

    pub fn article(&mut self, article: &Article) {
        self.articles.all += 1;
        for translation in &article.translations {
            self.articles.texts += 1;
            let published = matches!(translation.state, Some(ArticleState::Published) | None);
            self.articles.published += u64::from(published);
            let language = self
                .languages
                .entry(translation.locale.clone())
                .or_default();
            language.articles += 1;
            language.published += u64::from(published);
            language.outdated += u64::from(translation.outdated);
            let html = translation.html.as_deref().unwrap_or_default();
            let words = text::comparable(html, true);
            if words.trim().is_empty() {
                if text::image_sources(html).is_empty() {
                    self.articles.empty += 1;
                    if self.articles.empty_examples.len() < EXAMPLES {
                        self.articles.empty_examples.push(Named {
                            id: article.id.clone(),
                            title: translation.title.clone(),
                        });
                    }
                }
                continue;
            }
            let mut hasher = DefaultHasher::new();
            (&translation.locale, words.trim()).hash(&mut hasher);
            match self.texts.get(&hasher.finish()) {
                None => {
                    self.texts.insert(hasher.finish(), article.id.clone());
                }
                Some(first) if *first == article.id => {}
                Some(first) => {
                    self.articles.duplicates += 1;
                    if self.articles.duplicate_examples.len() < EXAMPLES {
                        self.articles.duplicate_examples.push(Duplicate {
                            id: article.id.clone(),
                            title: translation.title.clone(),
                            locale: translation.locale.clone(),
                            same_as: first.clone(),
                        });
                    }
                }
            }
        }
        let locales = article.translations.iter().map(|t| t.locale.clone());
        self.has.push((
            article.id.clone(),
            article.title().to_owned(),
            locales.collect(),
        ));
    }

    pub fn attachment(
        &mut self,
        ledger: &Ledger,
        attachment: Attachment,
        wanted: &impl Fn(Key) -> bool,
        service: &Service,
    ) -> Result<()> {
        let (on, written) = match &attachment.owner {
            Owner::Article(id) => {
                let key = Key::new(Kind::Article, id);
                if !wanted(key.clone()) {
                    return Ok(());
                }
                let at = match (attachment.created_at, ledger.get(&key)?) {
                    (None, Some(stored)) => match stored.record {
                        Record::Article(article) => article.created_at,
                        _ => None,
                    },
                    _ => None,
                };
                (Some(key), at)
            }
            Owner::Message(id) => match ledger.get(&Key::new(Kind::Message, id))? {
                Some(stored) => match stored.record {
                    Record::Message(message) => {
                        if service.place(&message.conversation_id).is_none() {
                            return Ok(());
                        }
                        let key = Key::new(Kind::Conversation, message.conversation_id);
                        (Some(key), message.sent_at)
                    }
                    _ => (None, None),
                },
                None => (None, None),
            },
        };
        let size = match attachment.size {
            Some(size) => Some(size),
            None => ledger
                .blob(&attachment.id)?
                .and_then(|blob| blob.sha256.map(|_| blob.size)),
        };
        let at = attachment.created_at.or(written);
        let file = File {
            id: attachment.id,
            name: attachment.name,
            size,
            at: at.map(day),
            on,
        };
        self.files.all += 1;
        self.files.bytes += size.unwrap_or_default();
        self.files.sizeless += u64::from(size.is_none());
        self.files.undated += u64::from(at.is_none());
        if let Some(size) = size {
            self.biggest.push(Reverse((size, file.clone())));
            if self.biggest.len() > FILES {
                self.biggest.pop();
            }
        }
        if let Some(at) = at {
            self.oldest.push((at, file));
            if self.oldest.len() > FILES {
                self.oldest.pop();
            }
        }
        Ok(())
    }

    pub fn finish(mut self, unknown: &mut Vec<Unknown>) -> Told {
        let mut lacks = |figure, known: bool, why| {
            if !known {
                unknown.push(Unknown::new(figure, why));
            }
        };
        lacks("fields", !self.fields.is_empty(), Why::NoFields);
        lacks("articles", self.articles.all > 0, Why::NoArticles);
        lacks("files", self.files.all > 0, Why::NoFiles);
        let mut top: Vec<Tag> = self
            .tags
            .iter()
            .map(|(tag, count)| Tag {
                tag: tag.clone(),
                count: *count,
            })
            .collect();
        top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.tag.cmp(&b.tag)));
        let tags = Tags {
            different: top.len() as u64,
            more: self.more_tags,
            top: top.into_iter().take(TOP).collect(),
        };
        let days = jiff::SignedDuration::from_hours(24 * FIELD_DAYS);
        let mut fields = Vec::new();
        for ((on, id), used) in self.fields {
            let of = self.totals.get(&on).copied().unwrap_or_default();
            let old = used
                .last
                .is_some_and(|last| self.at.duration_since(last) > days);
            fields.push(FieldUse {
                id,
                label: used.field.label,
                on: on.name().to_owned(),
                active: used.field.active,
                filled: Share {
                    count: used.filled,
                    of,
                },
                last: used.last.map(day),
                // Without records nothing shows that nobody fills it.
                dead: of > 0 && (used.filled == 0 || old),
            });
        }
        for (locale, mut language) in self.languages {
            language.missing = self.articles.all - language.articles.min(self.articles.all);
            let lacking = self.has.iter().filter(|(.., has)| !has.contains(&locale));
            language.examples = lacking
                .take(EXAMPLES)
                .map(|(id, title, _)| Named {
                    id: id.clone(),
                    title: title.clone(),
                })
                .collect();
            language.locale = locale;
            self.articles.languages.push(language);
        }
        self.articles.languages.sort_by(|a, b| {
            b.articles
                .cmp(&a.articles)
                .then_with(|| a.locale.cmp(&b.locale))
        });
        let mut files = self.files;
        let biggest = self.biggest.into_sorted_vec().into_iter();
        files.biggest = biggest.map(|Reverse((_, file))| file).collect();
        let oldest = self.oldest.into_sorted_vec().into_iter();
        files.oldest = oldest.map(|(_, file)| file).collect();
        Told {
            tags,
            fields,
            articles: self.articles,
            files,
        }
    }
}

/// An unticked box is what everybody gets who never looked at it.
fn has_value(value: &serde_json::Value, field: FieldType) -> bool {
    match value {
        serde_json::Value::Null => false,
        serde_json::Value::Bool(false) => field != FieldType::Checkbox,
        serde_json::Value::String(text) => !text.trim().is_empty(),
        serde_json::Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}
