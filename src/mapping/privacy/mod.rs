//! Personal data: what is found in texts and records, and what stands there
//! instead on the target or in an archive for others to see.
//!
//! - [`Privacy`]: the rules, `[privacy]` of `mapping.toml`;
//! - `find`: addresses, numbers and patterns in a text;
//! - [`Redactor`]: the rules with the secret that pseudonyms are made with;
//! - `record`: a whole record, field by field.

mod find;
mod record;
mod redactor;
mod rules;

pub use record::Touched;
pub use redactor::Redactor;

use regex::Regex;

/// Where the pseudonyms of addresses are when nothing else is said: no mail
/// server will ever answer for it (RFC 2606).
const DOMAIN: &str = "redacted.invalid";

crate::schema::values! {
    /// What becomes of personal data of one sort.
    #[derive(Default)]
    Handling {
        /// It stays as it is.
        #[default]
        Keep = "keep",
        /// It is left out; inside of a text its sort stands there instead.
        Drop = "drop",
        /// The same other value stands wherever the same value stood.
        Pseudonym = "pseudonym",
    }
}

crate::schema::values! {
    /// Sorts of personal data.
    Sort {
        /// Email addresses, anywhere.
        Email = "emails",
        /// Telephone numbers, anywhere.
        Phone = "phones",
        /// Card numbers with a right check digit, anywhere.
        Card = "cards",
        /// Names of people, where a record says that it is one.
        Name = "names",
        /// Accounts of networks and other addresses of a contact.
        Handle = "handles",
        /// A pattern of the user's.
        Pattern = "patterns",
    }
}

/// A pattern of the user's.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// What stands in brackets instead of what was found.
    pub name: String,
    /// What is looked for.
    pub regex: Regex,
    /// What becomes of it.
    pub action: Handling,
}

/// What becomes of personal data on its way to the target. The default keeps
/// all of it.
#[derive(Debug, Clone)]
pub struct Privacy {
    /// Email addresses.
    pub emails: Handling,
    /// Telephone numbers.
    pub phones: Handling,
    /// Card numbers.
    pub cards: Handling,
    /// Names of people.
    pub names: Handling,
    /// Accounts of networks.
    pub handles: Handling,
    /// Patterns of the user's, looked for before everything else.
    pub patterns: Vec<Pattern>,
    /// What stays although it looks like personal data.
    pub keep: Vec<Regex>,
    /// Articles are published texts: they are looked into only on request.
    pub articles: bool,
    /// Domain of the pseudonyms of addresses; reserved, so that it is nobody's.
    pub domain: String,
    /// Country of numbers without one.
    pub country: Option<String>,
}

impl Default for Privacy {
    fn default() -> Self {
        Privacy {
            emails: Handling::Keep,
            phones: Handling::Keep,
            cards: Handling::Keep,
            names: Handling::Keep,
            handles: Handling::Keep,
            patterns: Vec::new(),
            keep: Vec::new(),
            articles: false,
            domain: DOMAIN.to_owned(),
            country: None,
        }
    }
}

impl Privacy {
    /// These rules with a pseudonym for everything there is, also where they
    /// keep it: for an archive for others to see.
    #[must_use]
    pub fn of_everything(&self) -> Privacy {
        let mut all = self.clone();
        for handling in [
            &mut all.emails,
            &mut all.phones,
            &mut all.cards,
            &mut all.names,
            &mut all.handles,
        ] {
            *handling = Handling::Pseudonym;
        }
        all.articles = true;
        all.keep.clear();
        all
    }

    /// Everything stays as it is.
    pub fn keeps_all(&self) -> bool {
        self.patterns.is_empty() && Sort::ALL.iter().all(|sort| !self.touches(*sort))
    }

    /// Whether something of this sort is replaced.
    pub fn touches(&self, sort: Sort) -> bool {
        match sort {
            Sort::Pattern => !self.patterns.is_empty(),
            sort => self.handling(sort) != Handling::Keep,
        }
    }

    /// What becomes of a sort that is no pattern.
    pub fn handling(&self, sort: Sort) -> Handling {
        match sort {
            Sort::Email => self.emails,
            Sort::Phone => self.phones,
            Sort::Card => self.cards,
            Sort::Name => self.names,
            Sort::Handle => self.handles,
            Sort::Pattern => Handling::Keep,
        }
    }
}
