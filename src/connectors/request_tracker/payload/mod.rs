//! From schema records to what RT's REST 2 API takes.

mod fields;
mod people;
mod said;
mod ticket;

use serde_json::{Value, json};

use super::limits::SUBJECT;
use crate::connector::text::html_to_text;
use crate::schema::{Access, Article, Conversation, Date, Message};

pub use fields::{custom_fields, field_type, plain, planned_field, sent};
pub use people::{agent, contact, login, phones};
pub use said::{Said, file_name};
pub use ticket::{
    changes, dates, priority, queue, read_waiting, refused_link, relation, status, ticket, waiting,
    watcher, watchers,
};

/// RT's date format: UTC without saying so. With a `T` and a `Z` a changed date is lost.
pub fn moment(date: Date) -> String {
    date.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Text as one line.
pub fn line(text: &str) -> String {
    text.split(['\r', '\n'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A note for staff.
pub fn internal(message: &Message) -> bool {
    message.visibility == Access::Internal
}

/// The subject as RT can keep it.
pub fn subject(conversation: &Conversation) -> String {
    let whole = line(conversation.subject.as_deref().unwrap_or(""));
    whole.chars().take(SUBJECT).collect()
}

/// A title as RT can keep it.
pub fn title(article: &Article) -> String {
    line(article.title()).chars().take(SUBJECT).collect()
}

/// An article.
pub fn article(article: &Article, class: &str, html: bool) -> Value {
    let first = article.translations.first();
    let body = first.and_then(|one| one.html.as_deref()).unwrap_or("");
    let content = if html {
        body.to_owned()
    } else {
        html_to_text(body)
    };
    json!({
        "Class": class,
        "Name": title(article),
        "Summary": first.and_then(|one| one.seo_description.as_deref()).unwrap_or(""),
        "CustomFields": {"Content": content},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_a_blank_and_no_zone() {
        assert_eq!(
            moment("2019-03-04T05:06:07Z".parse().unwrap()),
            "2019-03-04 05:06:07"
        );
    }
}
