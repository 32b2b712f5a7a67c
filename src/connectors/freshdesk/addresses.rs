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
    for text in texts {
        let page = format!("{home}/{}/{path}", language(&text.locale));
        if let Some(slug) = &text.slug {
            all.push((Some(text.locale.clone()), format!("{page}-{slug}")));
        }
        all.push((Some(text.locale.clone()), page));
    }
    all
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
