//! An audit as a flat list, and two of them side by side.

use serde::Serialize;

use super::{Audit, Service};

/// One figure with a stable name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// `first_reply_median`.
    pub id: &'static str,
    /// What it is about, where there are many: a channel, a language, a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The value; none when the data does not tell.
    pub value: Option<Value>,
}

/// A value with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "unit", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// How many.
    Count(u64),
    /// Percent.
    Percent(f64),
    /// Minutes.
    Minutes(f64),
    /// From -100 to 100.
    Score(f64),
    /// Bytes.
    Bytes(u64),
}

crate::schema::values! {
    /// What two desks make of the same figure.
    Compared {
        /// The same.
        Same = "same",
        /// Not the same.
        Differs = "differs",
        /// One side does not tell.
        Unknown = "unknown",
    }
}

/// A figure of both desks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// `first_reply_median`.
    pub id: &'static str,
    /// What it is about, where there are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// On the source.
    pub source: Option<Value>,
    /// On the target.
    pub target: Option<Value>,
    /// What follows.
    pub compared: Compared,
}

/// The figures of an audit, in the order in which people read them.
pub fn figures(audit: &Audit) -> Vec<Figure> {
    let mut list = List(Vec::new());
    let volume = &audit.volume;
    list.count("conversations", None, volume.conversations);
    for (channel, count) in &volume.conversations_by_channel {
        list.count("conversations", Some(channel.name()), *count);
    }
    list.count("messages", None, volume.messages);
    for (channel, count) in &volume.messages_by_channel {
        list.count("messages", Some(channel.name()), *count);
    }
    for month in &volume.months {
        list.count("conversations", Some(&month.month), month.conversations);
    }
    let customers = &audit.customers;
    list.count("customers", None, customers.all);
    list.count("customers_seen", None, customers.seen);
    list.count(
        "customers_several_channels",
        None,
        customers.several_channels,
    );
    list.count("people_seen", None, customers.people_seen);
    list.count(
        "people_several_channels",
        None,
        customers.people_several_channels,
    );
    list.count("profiles_to_unify", None, customers.unifiable);
    list.count("profiles_maybe", None, customers.maybe);
    list.count("conversations_cut_off", None, customers.cut_off);
    for service in &audit.service {
        list.service(service);
    }
    list.count("tags", None, audit.tags.different);
    list.count("fields", None, audit.fields.len() as u64);
    let dead = audit.fields.iter().filter(|field| field.dead).count();
    list.count("fields_dead", None, dead as u64);
    list.count("articles", None, audit.articles.all);
    for language in &audit.articles.languages {
        list.count("articles", Some(&language.locale), language.articles);
    }
    list.count("articles_published", None, audit.articles.published);
    list.count("articles_empty", None, audit.articles.empty);
    list.count("articles_duplicate", None, audit.articles.duplicates);
    list.count("files", None, audit.files.all);
    list.add("files_bytes", None, Some(Value::Bytes(audit.files.bytes)));
    list.count("agents_active", None, audit.agents.active);
    list.count("agents_idle", None, audit.agents.idle);
    list.0
}

/// Both audits side by side: every figure of either.
pub fn compare(source: &Audit, target: &Audit) -> Vec<Row> {
    let (before, after) = (figures(source), figures(target));
    let same = |a: &Figure, b: &Figure| a.id == b.id && a.of == b.of;
    // What only one side counts by name is none on the other: a channel
    // without conversations is not listed.
    let none = |figure: &Figure| match figure.value {
        Some(Value::Count(_)) if figure.of.is_some() => Some(Value::Count(0)),
        _ => None,
    };
    let mut rows: Vec<Row> = Vec::new();
    for figure in &before {
        let other = after.iter().find(|other| same(figure, other));
        rows.push(row(
            figure,
            figure.value,
            other.map_or(none(figure), |o| o.value),
        ));
    }
    for figure in &after {
        if !before.iter().any(|other| same(figure, other)) {
            let at = rows.iter().rposition(|row| row.id == figure.id);
            let place = at.map_or(rows.len(), |at| at + 1);
            rows.insert(place, row(figure, none(figure), figure.value));
        }
    }
    // What nobody tells of any channel is told once.
    rows.retain(|row| row.of.is_none() || row.source.is_some() || row.target.is_some());
    rows
}

fn row(figure: &Figure, source: Option<Value>, target: Option<Value>) -> Row {
    Row {
        id: figure.id,
        of: figure.of.clone(),
        source,
        target,
        compared: match (source, target) {
            (Some(source), Some(target)) if is_same(source, target) => Compared::Same,
            (Some(_), Some(_)) => Compared::Differs,
            _ => Compared::Unknown,
        },
    }
}

/// Where a target keeps dates in the text only, it keeps them to the minute.
fn is_same(source: Value, target: Value) -> bool {
    match (source, target) {
        (Value::Minutes(source), Value::Minutes(target)) => (source - target).abs() <= 1.0,
        _ => source == target,
    }
}

struct List(Vec<Figure>);

impl List {
    fn add(&mut self, id: &'static str, of: Option<&str>, value: Option<Value>) {
        self.0.push(Figure {
            id,
            of: of.map(str::to_owned),
            value,
        });
    }

    fn count(&mut self, id: &'static str, of: Option<&str>, count: u64) {
        self.add(id, of, Some(Value::Count(count)));
    }

    fn service(&mut self, service: &Service) {
        let of = service.channel.map(|channel| channel.name());
        for (times, median, p90) in [
            (
                &service.first_reply,
                "first_reply_median",
                "first_reply_p90",
            ),
            (&service.resolution, "resolution_median", "resolution_p90"),
        ] {
            let minutes = |part: fn(&super::Times) -> f64| times.as_ref().map(part);
            self.add(
                median,
                of,
                minutes(|t| t.median_minutes).map(Value::Minutes),
            );
            self.add(p90, of, minutes(|t| t.p90_minutes).map(Value::Minutes));
        }
        self.count("solved", of, service.solved);
        let reopened = service
            .reopened
            .map(|share| Value::Percent(share.percent()));
        self.add("reopened", of, reopened);
        self.count("backlog", of, service.backlog);
        let age = service.backlog_age.as_ref().map(|t| t.median_minutes);
        self.add("backlog_age_median", of, age.map(Value::Minutes));
        let csat = service.csat.map(|share| Value::Percent(share.percent()));
        self.add("csat", of, csat);
        let nps = service.nps.map(|nps| Value::Score(nps.score()));
        self.add("nps", of, nps);
    }
}
