//! Addresses of the agents' interface and of the help center.

use url::Url;

use crate::connector::address::{Address, Addresses, is_locale, number};
use crate::schema::{Key, Kind, Record, Translation};

/// How Zendesk makes addresses.
pub const ADDRESSES: Addresses = Addresses { read, of };

/// `/hc/en-us/articles/12-How-to-print`, `/hc/requests/12`, `/agent/tickets/12`.
fn read(url: &Url) -> Option<Address> {
    let path: Vec<&str> = url
        .path_segments()?
        .filter(|part| !part.is_empty())
        .collect();
    let staff = |id: &str| {
        Some(Address {
            staff: true,
            ..Address::of(Key::new(Kind::Conversation, number(id)?))
        })
    };
    let (locale, rest) = match path.as_slice() {
        ["agent", "tickets", id, ..] | ["tickets", id] => return staff(id),
        ["hc", locale, rest @ ..] if is_locale(locale) && !rest.is_empty() => {
            (Some(locale.to_lowercase()), rest)
        }
        ["hc", rest @ ..] => (None, rest),
        ["requests", _] => (None, path.as_slice()),
        _ => return None,
    };
    let key = match rest {
        ["articles", id] => Key::new(Kind::Article, number(id)?),
        ["categories", id] => Key::new(Kind::Category, format!("category:{}", number(id)?)),
        ["sections", id] => Key::new(Kind::Category, format!("section:{}", number(id)?)),
        ["requests", id] => Key::new(Kind::Conversation, number(id)?),
        ["article_attachments", id, ..] => Key::new(Kind::Attachment, number(id)?),
        _ => return None,
    };
    Some(Address {
        locale,
        ..Address::of(key)
    })
}

fn of(record: &Record, url: &Url) -> Vec<(Option<String>, String)> {
    let home = url.origin().ascii_serialization();
    let (id, name, texts): (&str, _, &[Translation]) = match record {
        Record::Article(article) => (&article.id, "articles", &article.translations),
        Record::Category(level) => match level.id.split_once(':') {
            Some(("category", id)) => (id, "categories", &level.translations),
            Some((_, id)) => (id, "sections", &level.translations),
            None => return Vec::new(),
        },
        Record::Conversation(ticket) => {
            return ["agent/tickets", "hc/requests", "tickets", "requests"]
                .map(|path| (None, format!("{home}/{path}/{}", ticket.id)))
                .into();
        }
        Record::Attachment(file) => {
            return vec![
                (None, format!("{home}{}", url.path())),
                (None, format!("{home}/hc/article_attachments/{}", file.id)),
            ];
        }
        _ => return Vec::new(),
    };
    let mut all = vec![(None, format!("{home}/hc/{name}/{id}"))];
    for text in texts {
        let page = format!("{home}/hc/{}/{name}/{id}", text.locale);
        if let Some(slug) = &text.slug {
            all.push((Some(text.locale.clone()), format!("{page}-{slug}")));
        }
        all.push((Some(text.locale.clone()), page));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(address: &str) -> Option<(String, Option<String>, bool)> {
        let url = Url::parse(&format!("https://acme.zendesk.com{address}")).unwrap();
        read(&url).map(|found| (found.key.to_string(), found.locale, found.staff))
    }

    #[test]
    fn addresses_are_read_as_zendesk_makes_them() {
        let page = |key: &str, locale: Option<&str>| {
            Some((key.to_owned(), locale.map(str::to_owned), false))
        };
        assert_eq!(
            leads("/hc/en-us/articles/12-How-to-print?x=1#h_1"),
            page("article 12", Some("en-us"))
        );
        assert_eq!(leads("/hc/articles/12"), page("article 12", None));
        assert_eq!(
            leads("/hc/DE/sections/7-a"),
            page("category section:7", Some("de"))
        );
        assert_eq!(leads("/hc/categories/7"), page("category category:7", None));
        assert_eq!(leads("/hc/requests/4"), page("conversation 4", None));
        assert_eq!(
            leads("/hc/en-us/requests/4"),
            page("conversation 4", Some("en-us"))
        );
        assert_eq!(
            leads("/hc/article_attachments/9/plan.pdf"),
            page("attachment 9", None)
        );
        assert_eq!(
            leads("/agent/tickets/8"),
            Some(("conversation 8".into(), None, true))
        );
        for other in [
            "/hc/en-us",
            "/hc/en-us/requests/new",
            "/agent/users/3",
            "/",
            "/hc/articles/x",
        ] {
            assert_eq!(leads(other), None, "{other}");
        }
    }

    #[test]
    fn a_record_is_found_under_every_language() {
        let article = crate::schema::Article {
            id: "5".into(),
            translations: vec![Translation {
                locale: "en-us".into(),
                slug: Some("How-to-print".into()),
                ..Translation::default()
            }],
            ..Default::default()
        };
        let url = Url::parse("https://help.example.com/hc/en-us/articles/5-How-to-print").unwrap();
        let all = of(&Record::Article(article), &url);
        let all: Vec<&str> = all.iter().map(|(_, address)| address.as_str()).collect();
        assert_eq!(
            all,
            [
                "https://help.example.com/hc/articles/5",
                "https://help.example.com/hc/en-us/articles/5-How-to-print",
                "https://help.example.com/hc/en-us/articles/5",
            ]
        );
    }
}
