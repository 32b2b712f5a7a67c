//! What the addresses of a desk's web interface lead to.

use url::Url;

use crate::schema::{Key, Record};

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The record.
    pub key: Key,
    /// The language that it asks for, lower case.
    pub locale: Option<String>,
    /// A page for the staff, not for customers.
    pub staff: bool,
}

impl Address {
    /// A page for everybody, in whatever language its reader has.
    pub fn of(key: Key) -> Self {
        Address {
            key,
            locale: None,
            staff: false,
        }
    }
}

/// An address, with the language that it asks for.
pub type Place = (Option<String>, String);

/// How a platform makes the addresses of its web interface. Whose desk it is
/// is not its business: only paths and queries are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// What an address leads to; `None` for every other page.
    pub read: fn(&Url) -> Option<Address>,
    /// Addresses under which a record can be found on the desk that its `url`
    /// is of, with the language that each asks for.
    pub of: fn(&Record, &Url) -> Vec<Place>,
}

impl Addresses {
    /// A platform without a web interface.
    pub const NONE: Addresses = Addresses {
        read: |_| None,
        of: |_, _| Vec::new(),
    };
}

/// What an address leads to on a desk of any platform.
pub fn read(url: &Url) -> Option<Address> {
    super::all()
        .iter()
        .find_map(|one| (one.addresses.read)(url))
}

/// Every address of a record, whichever platform its `url` is of.
pub fn of(record: &Record, url: &Url) -> Vec<Place> {
    let key = record.key();
    let made = super::all()
        .iter()
        .find(|one| (one.addresses.read)(url).is_some_and(|address| address.key == key));
    made.map(|one| (one.addresses.of)(record, url))
        .unwrap_or_default()
}

/// The number that a part of a path begins with: `12` of `12-How-to-print`.
pub fn number(segment: &str) -> Option<&str> {
    let (number, _) = segment.split_once('-').unwrap_or((segment, ""));
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// Whether a part of a path names a language: `en`, `pt-BR`, `zh-hans`.
pub fn is_locale(segment: &str) -> bool {
    let mut words = segment.split('-');
    let language = words.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && words.all(|word| {
            (2..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
