//! Addresses of the agents' interface and of the portal.

use url::Url;

use super::normalize::{CATEGORY, FOLDER};
use crate::connector::address::{Address, Addresses, is_locale, number};
use crate::schema::{Key, Kind, Record, Translation};

/// How Freshdesk makes addresses.
pub const ADDRESSES: Addresses = Addresses { read, of };

/// `/en/support/solutions/articles/12-how-to-print`, `/a/tickets/12`.
fn read(url: &Url) -> Option<Address> {
    let path: Vec<&str> = url
        .path_segments()?
        .filter(|part| !part.is_empty())
        .collect();
    let ticket = |id: &str, staff| {
        Some(Address {
            staff,
            ..Address::of(Key::new(Kind::Conversation, number(id)?))
        })
    };
    let (locale, rest) = match path.as_slice() {
        [locale, rest @ ..] if is_locale(locale) && rest.first() == Some(&"support") => {
            (Some(locale.to_lowercase()), rest)
        }
        all => (None, all),
    };
    let (solutions, staff) = match rest {
        ["support", "tickets", id] => return ticket(id, false),
        ["a" | "helpdesk", "tickets", id] => return ticket(id, true),
        ["helpdesk", "attachments", id] => {
            return Some(Address::of(Key::new(Kind::Attachment, number(id)?)));
        }
        ["support", "solutions", rest @ ..] => (rest, false),
        ["a", "solutions", rest @ ..] => (rest, true),
        _ => return None,
    };
    let key = match solutions {
        ["articles", id] => Key::new(Kind::Article, number(id)?),
        ["folders", id] | ["categories", _, "folders", id] => {
            Key::new(Kind::Category, format!("{FOLDER}{}", number(id)?))
        }
        [id] | ["categories", id] => Key::new(Kind::Category, format!("{CATEGORY}{}", number(id)?)),
        _ => return None,
    };
    Some(Address { key, locale, staff })
}

fn of(record: &Record, url: &Url) -> Vec<(Option<String>, String)> {
    let home = url.origin().ascii_serialization();
    let (path, texts): (String, &[Translation]) = match record {
        Record::Article(article) => (
            format!("support/solutions/articles/{}", article.id),
            &article.translations,
        ),
        Record::Category(level) => {
            let path = match (
                level.id.strip_prefix(CATEGORY),
                level.id.strip_prefix(FOLDER),
            ) {
                (Some(id), _) => format!("support/solutions/{id}"),
                (_, Some(id)) => format!("support/solutions/folders/{id}"),
                _ => return Vec::new(),
            };
            (path, &level.translations)
        }
        Record::Conversation(ticket) => {
            return ["support/tickets", "a/tickets", "helpdesk/tickets"]
                .map(|path| (None, format!("{home}/{path}/{}", ticket.id)))
                .into();
        }
        Record::Attachment(file) => {
            return vec![(None, format!("{home}/helpdesk/attachments/{}", file.id))];
        }
        _ => return Vec::new(),
    };
    let mut all = vec![(None, format!("{home}/{path}"))];
    let words = |text: &Translation| match (&text.slug, record) {
        (Some(slug), _) => Some(slug.clone()),
        (None, Record::Article(_)) => Some(slug(&text.title)),
        _ => None,
    };
    if let Some(words) = texts.first().and_then(words) {
        all.push((None, format!("{home}/{path}-{words}")));
    }
    for text in texts {
        let page = format!("{home}/{}/{path}", language(&text.locale));
        if let Some(words) = words(text) {
            all.push((Some(text.locale.clone()), format!("{page}-{words}")));
        }
        all.push((Some(text.locale.clone()), page));
    }
    all
}

/// Characters of a title that its page's address shows.
const SLUG: usize = 101;

/// What stands behind the number of an article in its address. The API does
/// not tell it, and no documentation does: portals show the beginning of the
/// title in lower case, with one dash for whatever is no letter from a to z
/// and no digit, also at its end.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().take(SLUG) {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => slug.push(c),
            _ if slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug
}

/// `pt-br` as Freshdesk writes it: `pt-BR`.
pub fn language(locale: &str) -> String {
    match locale.split_once('-') {
        Some((language, region)) => {
            format!("{}-{}", language.to_lowercase(), region.to_uppercase())
        }
        None => locale.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_written_as_freshdesk_writes_them() {
        assert_eq!(language("pt-br"), "pt-BR");
        assert_eq!(language("es"), "es");
    }

    #[test]
    fn an_article_is_found_under_the_words_of_its_title() {
        let text = |locale: &str, title: &str| Translation {
            locale: locale.into(),
            title: title.into(),
            ..Translation::default()
        };
        let article = crate::schema::Article {
            id: "5".into(),
            translations: vec![text("en", "How do I book, & when?"), text("de", "Über uns")],
            ..Default::default()
        };
        let url = Url::parse("https://help.example.com/a/solutions/articles/5").unwrap();
        let all = of(&Record::Article(article), &url);
        let all: Vec<&str> = all.iter().map(|(_, address)| address.as_str()).collect();
        assert_eq!(
            all,
            [
                "https://help.example.com/support/solutions/articles/5",
                "https://help.example.com/support/solutions/articles/5-how-do-i-book-when-",
                "https://help.example.com/en/support/solutions/articles/5-how-do-i-book-when-",
                "https://help.example.com/en/support/solutions/articles/5",
                "https://help.example.com/de/support/solutions/articles/5--ber-uns",
                "https://help.example.com/de/support/solutions/articles/5",
            ]
        );
    }

    #[test]
    fn addresses_are_read_as_freshdesk_makes_them() {
        let leads = |path: &str| {
            let url = Url::parse(&format!("https://acme.freshdesk.com{path}")).unwrap();
            read(&url).map(|found| (found.key.to_string(), found.locale, found.staff))
        };
        let page = |key: &str, locale: Option<&str>, staff| {
            Some((key.to_owned(), locale.map(str::to_owned), staff))
        };
        assert_eq!(
            leads("/pt-BR/support/solutions/articles/12-como-imprimir#x"),
            page("article 12", Some("pt-br"), false)
        );
        assert_eq!(
            leads("/support/solutions/articles/12"),
            page("article 12", None, false)
        );
        assert_eq!(
            leads("/a/solutions/articles/12"),
            page("article 12", None, true)
        );
        assert_eq!(
            leads("/support/solutions/folders/3"),
            page("category folder-3", None, false)
        );
        assert_eq!(
            leads("/support/solutions/3"),
            page("category category-3", None, false)
        );
        assert_eq!(
            leads("/support/tickets/5"),
            page("conversation 5", None, false)
        );
        assert_eq!(leads("/a/tickets/5"), page("conversation 5", None, true));
        assert_eq!(
            leads("/helpdesk/attachments/5"),
            page("attachment 5", None, false)
        );
        for other in [
            "/",
            "/support/home",
            "/support/tickets/new",
            "/a/contacts/4",
        ] {
            assert_eq!(leads(other), None, "{other}");
        }
    }
}
