//! The rules with the secret that pseudonyms are made with.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::find::{self, digits};
use super::{Handling, Privacy, Sort};
use crate::connector::identity;
use crate::schema::IdentityKind;

/// Sixteen letters without a vowel: no digits that would look like a number,
/// and no words.
const LETTERS: &[u8; 16] = b"bcdfghjkmnpqrstv";
/// Letters of a pseudonym: 56 bits, so that a million people are a million.
const LENGTH: usize = 14;
/// A country code that is not assigned: nobody answers.
const NOWHERE: &str = "+999";

/// Replaces personal data as the rules say.
///
/// A pseudonym is a keyed hash: the same value has the same one in every
/// record, and without the key nobody can try out whose it is. What is a
/// pseudonym already stays.
#[derive(Debug, Clone)]
pub struct Redactor {
    key: [u8; 32],
    rules: Privacy,
}

impl Redactor {
    /// A redactor with a secret of its own.
    pub fn new(secret: &str, rules: Privacy) -> Self {
        Redactor {
            key: blake3::derive_key("deskferry pseudonyms 1", secret.as_bytes()),
            rules,
        }
    }

    /// The rules.
    pub fn rules(&self) -> &Privacy {
        &self.rules
    }

    /// A text without personal data.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replace(text, true, &mut BTreeSet::new())
    }

    /// A text without personal data; in what is no prose, as the address of a
    /// page, a number is no telephone's. Adds what was found.
    pub(super) fn replace<'t>(
        &self,
        text: &'t str,
        prose: bool,
        sorts: &mut BTreeSet<Sort>,
    ) -> Cow<'t, str> {
        let mut plan = Plan::default();
        for at in self.kept_in(text) {
            plan.add(at, None);
        }
        for pattern in &self.rules.patterns {
            for found in pattern.regex.find_iter(text) {
                let value = found.as_str();
                let new = match pattern.action {
                    Handling::Keep => continue,
                    _ if self.keeps(value) => None,
                    Handling::Drop => Some(format!("[{}]", pattern.name)),
                    Handling::Pseudonym => {
                        let stamp = self.stamp(&pattern.name, value.trim());
                        Some(format!("[{} {stamp}]", pattern.name))
                    }
                };
                let changes = new.is_some();
                if plan.add(found.range(), new) && changes {
                    sorts.insert(Sort::Pattern);
                }
            }
        }
        let rules = &self.rules;
        let numbers = rules.touches(Sort::Phone) || rules.touches(Sort::Card);
        if rules.touches(Sort::Email) || numbers {
            let pages = find::addresses(text);
            // Also where addresses stay: their digits are no telephone's.
            let mut found = find::emails(text, &pages);
            if numbers && prose {
                let emails = found.iter().map(|found| found.at.clone());
                let mut taken: Vec<_> = plan.taken().chain(emails).collect();
                taken.sort_by_key(|at| at.start);
                found.extend(find::numbers(text, &pages, &taken));
            }
            for found in found {
                let value = &text[found.at.clone()];
                let new = self.instead(found.sort, value);
                if plan.add(found.at.clone(), new.clone()) && new.is_some() {
                    sorts.insert(found.sort);
                }
            }
        }
        plan.carry_out(text)
    }

    /// What stands instead of a value inside of a text; `None` when it stays.
    fn instead(&self, sort: Sort, value: &str) -> Option<String> {
        let (name, own) = match sort {
            Sort::Email => ("[email]", self.is_own_email(value)),
            Sort::Phone => ("[phone]", value.starts_with(NOWHERE)),
            Sort::Card => ("[card]", false),
            Sort::Name | Sort::Handle | Sort::Pattern => return None,
        };
        match self.rules.handling(sort) {
            _ if own || self.keeps(value) => None,
            Handling::Keep => None,
            Handling::Drop => Some(name.to_owned()),
            Handling::Pseudonym => Some(match sort {
                Sort::Email => self.email(value),
                Sort::Phone => self.phone(value),
                _ => format!("[card {}]", self.stamp("card", &digits(value))),
            }),
        }
    }

    /// Places of a text that stay. `^` and `$` are ends of a value, not of the
    /// text; a line's end there is as good as a blank.
    fn kept_in(&self, text: &str) -> Vec<Range<usize>> {
        if self.rules.keep.is_empty() {
            return Vec::new();
        }
        let framed = format!("\n{text}\n");
        let all = self.rules.keep.iter();
        let all = all.flat_map(|keep| keep.find_iter(&framed));
        all.map(|found| found.start().max(1) - 1..found.end().saturating_sub(1).min(text.len()))
            .filter(|at| !at.is_empty())
            .collect()
    }

    /// Whether a value stays that was found.
    fn keeps(&self, value: &str) -> bool {
        let keep = |value: &str| self.rules.keep.iter().any(|keep| keep.is_match(value));
        keep(value) || (!self.rules.keep.is_empty() && keep(&plain(value)))
    }

    fn is_own_email(&self, value: &str) -> bool {
        value
            .rsplit_once('@')
            .is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(&self.rules.domain))
    }

    fn email(&self, value: &str) -> String {
        let value = plain(value);
        let one = identity::email(&value, false).unwrap_or_else(|| value.trim().to_lowercase());
        format!("{}@{}", self.stamp("email", &one), self.rules.domain)
    }

    fn phone(&self, value: &str) -> String {
        let value = plain(value);
        let country = self.rules.country.as_deref();
        let one = identity::phone(&value, country).unwrap_or(value);
        let hash = self.hash("phone", &digits(&one));
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000_000_000;
        format!("{NOWHERE}{number:012}")
    }

    /// A name of a person; `None` when it stays.
    pub fn name(&self, name: &str) -> Option<String> {
        let own = name.starts_with("Person ") && is_stamp(&name[7..]);
        match self.rules.names {
            Handling::Keep => None,
            _ if own || name.trim().is_empty() => None,
            Handling::Drop => Some("[name]".to_owned()),
            Handling::Pseudonym => {
                let one = name.split_whitespace().collect::<Vec<_>>().join(" ");
                Some(format!(
                    "Person {}",
                    self.stamp("name", &one.to_lowercase())
                ))
            }
        }
    }

    /// The address of a contact. `Err` when it is left out, `Ok(None)` when it stays.
    pub(super) fn identity(
        &self,
        kind: IdentityKind,
        value: &str,
        sorts: &mut BTreeSet<Sort>,
    ) -> Result<Option<String>, ()> {
        let mut found = BTreeSet::new();
        let kept = self.keeps(value);
        let sort = sort_of(kind);
        let own = match sort {
            Sort::Email => self.is_own_email(value),
            Sort::Phone => value.starts_with(NOWHERE),
            _ => value.starts_with("handle-") && is_stamp(&value[7..]),
        };
        let new = match (kept || own, self.rules.handling(sort)) {
            (true, _) => return Ok(None),
            (false, Handling::Keep) => {
                let prose = sort != Sort::Handle || kind == IdentityKind::Other;
                match self.replace(value, prose, &mut found) {
                    Cow::Borrowed(_) => return Ok(None),
                    Cow::Owned(new) => Ok(Some(new)),
                }
            }
            (false, Handling::Drop) => {
                found.insert(sort);
                Err(())
            }
            (false, Handling::Pseudonym) => {
                found.insert(sort);
                Ok(Some(match sort {
                    Sort::Email => self.email(value),
                    Sort::Phone => self.phone(value),
                    _ => {
                        let one = identity::handle(kind, value);
                        let one = one.unwrap_or_else(|| value.trim().to_lowercase());
                        format!("handle-{}", self.stamp("handle", &one))
                    }
                }))
            }
        };
        sorts.extend(found);
        new
    }

    fn hash(&self, sort: &str, value: &str) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(sort.as_bytes());
        hasher.update(b"\0");
        hasher.update(value.as_bytes());
        hasher.finalize()
    }

    fn stamp(&self, sort: &str, value: &str) -> String {
        let hash = self.hash(sort, value);
        let halves = hash
            .as_bytes()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15]);
        halves
            .take(LENGTH)
            .map(|half| char::from(LETTERS[usize::from(half)]))
            .collect()
    }
}

/// An address or a number as it is written outside of markup and links.
fn plain(value: &str) -> String {
    let value = ["%40", "&#64;", "&#x40;", "&commat;"]
        .iter()
        .fold(value.to_owned(), |value, sign| value.replace(sign, "@"));
    value.replace("&nbsp;", " ").replace("&#160;", " ")
}

fn is_stamp(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| LETTERS.contains(&byte))
}

/// What an address of a contact is.
fn sort_of(kind: IdentityKind) -> Sort {
    match kind {
        IdentityKind::Email => Sort::Email,
        IdentityKind::Phone | IdentityKind::Mobile | IdentityKind::Whatsapp | IdentityKind::Sms => {
            Sort::Phone
        }
        _ => Sort::Handle,
    }
}

/// What is replaced in a text. What was found first keeps its place.
#[derive(Default)]
struct Plan(BTreeMap<usize, (usize, Option<String>)>);

impl Plan {
    /// Whether the place was free.
    fn add(&mut self, at: Range<usize>, new: Option<String>) -> bool {
        let before = self.0.range(..at.end).next_back();
        let taken = before.is_some_and(|(_, (end, _))| *end > at.start);
        if !taken {
            self.0.insert(at.start, (at.end, new));
        }
        !taken
    }

    /// The places that are not free any more.
    fn taken(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().map(|(start, (end, _))| *start..*end)
    }

    fn carry_out(self, text: &str) -> Cow<'_, str> {
        if self.0.values().all(|(_, new)| new.is_none()) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (start, (end, new)) in self.0 {
            if let Some(new) = new {
                out.push_str(&text[done..start]);
                out.push_str(&new);
                done = end;
            }
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Privacy {
        Privacy::default().of_everything()
    }

    #[test]
    fn what_is_personal_goes_and_all_else_stays() {
        let redactor = Redactor::new("secret", all());
        let text = redactor.text(
            "Order 12345 of 2024-03-01: cleo@example.com, Cleo@Example.com, +49 30 901820, 4111 1111 1111 1111, 4111 1111 1111 1112",
        );
        for gone in ["example.com", "901820", "1111 1111 1111 1111"] {
            assert!(!text.contains(gone), "{text}");
        }
        assert!(text.starts_with("Order 12345 of 2024-03-01: "), "{text}");
        assert!(text.contains("[card "), "{text}");
        assert!(text.ends_with("4111 1111 1111 1112"), "no card: {text}");
        assert!(text.contains("+999"), "{text}");
        let addresses: Vec<&str> = text.matches("@redacted.invalid").collect();
        assert_eq!(addresses.len(), 2);
        let one = redactor.text("cleo@example.com").into_owned();
        assert_eq!(text.matches(one.as_str()).count(), 2, "the same everywhere");
        let other = Redactor::new("another", all());
        let other = other.text("cleo@example.com").into_owned();
        assert_ne!(one, other, "nobody can try it out");
        assert_eq!(redactor.text(&text), text, "a pseudonym stays what it is");
    }

    #[test]
    fn each_rule_is_for_its_own_sort_alone() {
        let text = "ada@example.com +49 30 901820 4111111111111111 DE89370400440532013000";
        let iban = super::super::Pattern {
            name: "iban".into(),
            regex: regex::Regex::new(r"\b[A-Z]{2}\d{2}[A-Z0-9]{10,30}\b").unwrap(),
            action: Handling::Drop,
        };
        let rules = Privacy {
            phones: Handling::Drop,
            patterns: vec![iban],
            ..Privacy::default()
        };
        assert_eq!(
            Redactor::new("s", rules).text(text),
            "ada@example.com [phone] 4111111111111111 [iban]"
        );
        let rules = Privacy {
            emails: Handling::Drop,
            cards: Handling::Drop,
            keep: vec![regex::Regex::new("^ada@").unwrap()],
            ..Privacy::default()
        };
        assert_eq!(
            Redactor::new("s", rules).text(text),
            "ada@example.com +49 30 901820 [card] DE89370400440532013000"
        );
    }

    #[test]
    fn an_archive_for_others_keeps_nothing_back() {
        let rules = Privacy {
            keep: vec![regex::Regex::new("@example.com$").unwrap()],
            ..Privacy::default()
        };
        let open = Redactor::new("s", rules.clone())
            .text("ada@example.com")
            .into_owned();
        assert_eq!(open, "ada@example.com");
        let redactor = Redactor::new("s", rules.of_everything());
        let text = redactor.text("ada@example.com");
        assert!(text.ends_with("@redacted.invalid"), "{text}");
    }

    #[test]
    fn a_number_is_one_however_it_is_written() {
        let rules = Privacy {
            phones: Handling::Pseudonym,
            country: Some("DE".into()),
            ..Privacy::default()
        };
        let redactor = Redactor::new("s", rules);
        let mut sorts = BTreeSet::new();
        let identity = redactor
            .identity(IdentityKind::Phone, "+49 30 901820", &mut sorts)
            .unwrap()
            .unwrap();
        assert_eq!(
            redactor.text("call 030/901820!"),
            format!("call {identity}!")
        );
        assert_eq!(redactor.text(&identity), identity);
        assert_eq!(identity.len(), 16, "E.164: {identity}");
    }

    #[test]
    fn what_is_taken_hides_nothing_beside_it() {
        let regex = |text: &str| regex::Regex::new(text).unwrap();
        let mut rules = Privacy {
            emails: Handling::Drop,
            phones: Handling::Drop,
            keep: vec![regex(r"\b2024-\d{7}\b")],
            ..Privacy::default()
        };
        let texts = |rules: &Privacy, texts: &[(&str, &str)]| {
            let redactor = Redactor::new("s", rules.clone());
            for (text, expected) in texts {
                assert_eq!(redactor.text(text), *expected, "{text}");
            }
        };
        texts(
            &rules,
            &[
                ("2024-1234567 030 901820", "2024-1234567 [phone]"),
                ("030 901820 2024-1234567", "[phone] 2024-1234567"),
                ("030 901820 123@example.com", "[phone] [email]"),
                ("030 901820 ext. 12 2024-1234567", "[phone] 2024-1234567"),
            ],
        );
        rules.patterns = vec![super::super::Pattern {
            name: "place".into(),
            regex: regex(r"\b\d{5}\b"),
            action: Handling::Drop,
        }];
        texts(
            &rules,
            &[
                ("10115 030 901820 3pm", "[place] [phone] 3pm"),
                ("10115/030 901820", "[place]/[phone]"),
            ],
        );
        // Also where addresses stay.
        rules.emails = Handling::Keep;
        let text = "030 901820 123@example.com";
        texts(&rules, &[(text, "[phone] 123@example.com")]);
    }

    #[test]
    fn the_ends_of_what_stays_are_those_of_the_value() {
        let keep = [
            r"@support\.example\.com$",
            r"^\+49 30",
            r"^10115$",
            r"(?:^|\s)1234567\b",
        ];
        let rules = Privacy {
            emails: Handling::Drop,
            phones: Handling::Drop,
            patterns: vec![super::super::Pattern {
                name: "place".into(),
                regex: regex::Regex::new(r"\b\d{5}\b").unwrap(),
                action: Handling::Drop,
            }],
            keep: keep.map(|one| regex::Regex::new(one).unwrap()).to_vec(),
            ..Privacy::default()
        };
        let redactor = Redactor::new("s", rules);
        for text in [
            "Write to help@support.example.com, or call +49 30 9018200!",
            "+49 30 9018200",
            "mail=help%40support.example.com&x",
            "10115 Berlin",
            "1234567",
        ] {
            assert_eq!(redactor.text(text), text);
        }
        assert_eq!(
            redactor.text("ada@support.example.com.test, 10117, 030 9018200 or +49 31 9018200"),
            "[email], [place], [phone] or [phone]"
        );
        let mut sorts = BTreeSet::new();
        let kept = redactor.identity(IdentityKind::Email, "ada@support.example.com", &mut sorts);
        assert_eq!((kept, sorts.len()), (Ok(None), 0));
    }

    #[test]
    fn addresses_of_pages_stay_whole() {
        let redactor = Redactor::new("s", all());
        let html = r#"<img src="https://desk.example.com/attachments/360000001001/a.png"><img alt="x" src="/hc/article_attachments/360000008401"><img src="cid:part1.4911@mail.example.com">"#;
        assert_eq!(redactor.text(html), html);
        let html = r#"<a href="mailto:ada@example.com?subject=1">x</a>"#;
        let new = redactor.text(html);
        assert!(!new.contains("ada@"), "{new}");
        assert!(new.starts_with("<a href=\"mailto:") && new.ends_with("?subject=1\">x</a>"));
    }
}
