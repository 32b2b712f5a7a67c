//! Addresses of the web interface: pages with the record's number in the query.

use url::Url;

use crate::connector::address::{Address, Addresses, number};
use crate::schema::{Key, Kind, Record};

/// How Request Tracker makes addresses.
pub const ADDRESSES: Addresses = Addresses { read, of };

const TICKET: &str = "/Ticket/Display.html";
const OWN_TICKET: &str = "/SelfService/Display.html";
const ARTICLE: &str = "/Articles/Article/Display.html";

/// `/Ticket/Display.html?id=12`, below whatever path RT is installed at.
fn read(url: &Url) -> Option<Address> {
    let id = url.query_pairs().find(|(name, _)| name == "id")?.1;
    let id = number(&id)?;
    let path = url.path();
    let (kind, staff) = match () {
        () if path.ends_with(ARTICLE) => (Kind::Article, false),
        () if path.ends_with(OWN_TICKET) => (Kind::Conversation, false),
        () if path.ends_with(TICKET) => (Kind::Conversation, true),
        () => return None,
    };
    Some(Address {
        staff,
        ..Address::of(Key::new(kind, id))
    })
}

fn of(record: &Record, url: &Url) -> Vec<(Option<String>, String)> {
    let at = |page: &str| {
        let known = [TICKET, OWN_TICKET, ARTICLE];
        let folder = known.iter().find_map(|page| url.path().strip_suffix(page));
        let home = url.origin().ascii_serialization();
        let folder = folder.unwrap_or_default();
        (None, format!("{home}{folder}{page}?id={}", record.id()))
    };
    match record {
        Record::Article(_) => vec![at(ARTICLE)],
        Record::Conversation(_) => vec![at(TICKET), at(OWN_TICKET)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_rt_makes_them() {
        let leads = |path: &str| {
            let url = Url::parse(&format!("https://rt.example.com{path}")).unwrap();
            read(&url).map(|found| (found.key.to_string(), found.staff))
        };
        assert_eq!(
            leads("/Ticket/Display.html?id=12#txn-3"),
            Some(("conversation 12".into(), true))
        );
        assert_eq!(
            leads("/rt/SelfService/Display.html?id=12"),
            Some(("conversation 12".into(), false))
        );
        assert_eq!(
            leads("/Articles/Article/Display.html?id=3"),
            Some(("article 3".into(), false))
        );
        assert_eq!(leads("/Ticket/Display.html"), None);
        assert_eq!(leads("/Ticket/Modify.html?id=3"), None);
    }
}
