//! `/search/tickets`, `/search/contacts`, `/search/companies`: small, late and limited.

use serde_json::{Value, json};

use super::desk::Desk;
use super::wire::{
    Answer, Reply, Request, Row, flag, int, not_allowed, not_found, refuse, text, texts,
};

/// Results on a page.
const PER_PAGE: usize = 30;

/// Pages that can be read.
const PAGES: usize = 10;

/// Characters of a query, its quotes included.
const LONGEST: usize = 512;

/// A parsed query.
#[derive(Debug)]
enum Term {
    And(Box<Term>, Box<Term>),
    Or(Box<Term>, Box<Term>),
    Is(String, Op, Option<String>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Op {
    Equal,
    AtLeast,
    AtMost,
}

impl Desk {
    /// Everything below `/search`.
    pub fn search_endpoint(&self, rq: &Request, rest: &[&str]) -> Answer {
        if rq.method != "GET" {
            return Err(not_allowed(&rq.method, "GET"));
        }
        rq.only_params(&["query"])?;
        if rq.param("per_page").is_some() {
            return Err(refuse(
                "per_page",
                "Unexpected/invalid field in request",
                "invalid_field",
            ));
        }
        let page = match rq.param("page").map(str::parse::<usize>) {
            None => 1,
            Some(Ok(page)) if (1..=PAGES).contains(&page) => page,
            Some(_) => {
                return Err(refuse(
                    "page",
                    "It should be a Positive Integer less than or equal to 10",
                    "invalid_value",
                ));
            }
        };
        let quoted = rq.param("query").unwrap_or_default();
        if quoted.chars().count() > LONGEST {
            return Err(refuse(
                "query",
                "It can have maximum of 512 characters",
                "invalid_value",
            ));
        }
        let bad = || {
            refuse(
                "query",
                "Given query is invalid. It should be of the format \"(field:value)\"",
                "invalid_value",
            )
        };
        let inner = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or_else(bad)?;
        let term = Parser { rest: inner }.whole().ok_or_else(bad)?;
        let hits: Vec<(u64, Value)> = match rest {
            ["tickets"] => {
                self.known(
                    &term,
                    &[
                        "agent_id",
                        "group_id",
                        "priority",
                        "status",
                        "tag",
                        "type",
                        "due_by",
                        "fr_due_by",
                        "created_at",
                        "updated_at",
                    ],
                    "ticket_fields",
                )?;
                self.by_updated
                    .iter()
                    .rev()
                    .map(|(_, id)| *id)
                    .filter(|id| {
                        let ticket = &self.tickets[id];
                        !flag(ticket, "deleted")
                            && !flag(ticket, "spam")
                            && self.searchable("tickets", *id)
                            && holds(&term, ticket)
                    })
                    .map(|id| (id, Value::Null))
                    .collect()
            }
            ["contacts"] => {
                self.known(
                    &term,
                    &[
                        "active",
                        "company_id",
                        "email",
                        "job_title",
                        "language",
                        "mobile",
                        "phone",
                        "tag",
                        "time_zone",
                        "twitter_id",
                        "unique_external_id",
                        "created_at",
                        "updated_at",
                    ],
                    "contact_fields",
                )?;
                self.contacts
                    .iter()
                    .filter(|(id, contact)| {
                        !flag(contact, "_deleted")
                            && self.searchable("contacts", **id)
                            && holds(&term, contact)
                    })
                    .map(|(id, _)| (*id, Value::Null))
                    .collect()
            }
            ["companies"] => {
                self.known(
                    &term,
                    &["domain", "created_at", "updated_at"],
                    "company_fields",
                )?;
                self.table("companies")
                    .iter()
                    .filter(|(id, company)| {
                        self.searchable("companies", **id) && holds(&term, company)
                    })
                    .map(|(id, company)| (*id, self.show(company, rq)))
                    .collect()
            }
            _ => return Err(not_found()),
        };
        let total = hits.len();
        let results: Vec<Value> = hits
            .into_iter()
            .skip((page - 1) * PER_PAGE)
            .take(PER_PAGE)
            .map(|(id, shown)| match rest {
                ["tickets"] => self.listed(rq, id, &["description"]),
                ["contacts"] => self.listed_contact(rq, id),
                _ => shown,
            })
            .collect();
        Ok(Reply::json(
            200,
            json!({"total": total, "results": results}),
        ))
    }

    /// Refuses fields that cannot be searched.
    fn known(&self, term: &Term, names: &[&str], fields: &'static str) -> Result<(), Reply> {
        match term {
            Term::And(left, right) | Term::Or(left, right) => {
                self.known(left, names, fields)?;
                self.known(right, names, fields)
            }
            Term::Is(name, ..) => {
                let custom = self.table(fields).values().any(|field| {
                    let own = text(field, "name");
                    !flag(field, "default")
                        && (own == name || own.strip_prefix("cf_") == Some(name))
                });
                if names.contains(&name.as_str()) || custom {
                    return Ok(());
                }
                Err(refuse(
                    name,
                    "Unexpected/invalid field in request",
                    "invalid_field",
                ))
            }
        }
    }
}

fn holds(term: &Term, row: &Row) -> bool {
    match term {
        Term::And(left, right) => holds(left, row) && holds(right, row),
        Term::Or(left, right) => holds(left, row) || holds(right, row),
        Term::Is(name, op, wanted) => match (name.as_str(), wanted) {
            ("tag", Some(wanted)) => texts(row, "tags").contains(&wanted.as_str()),
            ("domain", Some(wanted)) => texts(row, "domains").contains(&wanted.as_str()),
            ("agent_id", Some(wanted)) => {
                int(row, "responder_id").is_some_and(|id| id.to_string() == *wanted)
            }
            ("created_at" | "updated_at" | "due_by" | "fr_due_by", Some(wanted)) => {
                let value = text(row, name);
                let day = value.get(..10).unwrap_or_default();
                let value = if wanted.len() == 10 { day } else { value };
                compare(value, *op, wanted)
            }
            (name, wanted) => {
                let custom = row.get("custom_fields");
                let value = row
                    .get(name)
                    .or_else(|| custom?.get(name))
                    .or_else(|| custom?.get(format!("cf_{name}")));
                match (value, wanted) {
                    (None | Some(Value::Null), wanted) => wanted.is_none(),
                    (Some(Value::String(value)), Some(wanted)) => compare(value, *op, wanted),
                    (Some(Value::Number(number)), Some(wanted)) => {
                        match (number.as_f64(), wanted.parse::<f64>().ok()) {
                            (Some(value), Some(wanted)) => match op {
                                Op::Equal => (value - wanted).abs() < f64::EPSILON,
                                Op::AtLeast => value >= wanted,
                                Op::AtMost => value <= wanted,
                            },
                            _ => false,
                        }
                    }
                    (Some(Value::Bool(value)), Some(wanted)) => {
                        *wanted == if *value { "true" } else { "false" }
                    }
                    (Some(_), Some(_)) => false,
                    (Some(_), None) => false,
                }
            }
        },
    }
}

fn compare(value: &str, op: Op, wanted: &str) -> bool {
    match op {
        Op::Equal => value.eq_ignore_ascii_case(wanted),
        Op::AtLeast => value >= wanted,
        Op::AtMost => !value.is_empty() && value <= wanted,
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn whole(mut self) -> Option<Term> {
        let term = self.either()?;
        self.rest.trim().is_empty().then_some(term)
    }

    fn word(&mut self, word: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let Some(head) = trimmed.get(..word.len()) else {
            return false;
        };
        let after = &trimmed[word.len()..];
        let ends = word.len() == 1 || after.starts_with([' ', '(']);
        if head.eq_ignore_ascii_case(word) && ends {
            self.rest = after;
            return true;
        }
        false
    }

    fn either(&mut self) -> Option<Term> {
        let mut left = self.both()?;
        while self.word("OR") {
            left = Term::Or(Box::new(left), Box::new(self.both()?));
        }
        Some(left)
    }

    fn both(&mut self) -> Option<Term> {
        let mut left = self.single()?;
        while self.word("AND") {
            left = Term::And(Box::new(left), Box::new(self.single()?));
        }
        Some(left)
    }

    fn single(&mut self) -> Option<Term> {
        if self.word("(") {
            let inner = self.either()?;
            return self.word(")").then_some(inner);
        }
        let (name, rest) = self.rest.trim_start().split_once(':')?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let name = name.to_owned();
        let (op, rest) = match rest.as_bytes().first()? {
            b'>' => (Op::AtLeast, &rest[1..]),
            b'<' => (Op::AtMost, &rest[1..]),
            _ => (Op::Equal, rest),
        };
        let value = if let Some(quoted) = rest.strip_prefix('\'') {
            let (value, rest) = quoted.split_once('\'')?;
            self.rest = rest;
            Some(value.to_owned())
        } else {
            let end = rest.find([' ', ')']).unwrap_or(rest.len());
            let value = &rest[..end];
            self.rest = &rest[end..];
            if value.is_empty() {
                return None;
            }
            (value != "null").then(|| value.to_owned())
        };
        Some(Term::Is(name, op, value))
    }
}
