//! `deskferry connectors`

use comfy_table::{ContentArrangement, Table, presets};
use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::printer::Printer;
use super::{Context, exit};
use crate::connector::{self, Capability, Connector, Error, Result, Support};
use crate::http::Limit;
use crate::mapping::document;

/// Show what can be moved from and to each platform, its limits and losses
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry connectors
  deskferry connectors zendesk
  deskferry connectors --json")]
pub(super) struct Args {
    /// Platform to show in full.
    name: Option<String>,
    /// Print what moves and what is lost as Markdown tables, one a platform.
    #[arg(long)]
    markdown: bool,
}

/// One platform as data.
#[derive(Serialize)]
struct Entry {
    connector: &'static str,
    title: &'static str,
    summary: &'static str,
    source: bool,
    sink: bool,
    sandbox: bool,
    capabilities: &'static [Capability],
    limits: &'static [Limit],
    options: serde_json::Value,
}

impl From<&'static Connector> for Entry {
    fn from(connector: &'static Connector) -> Self {
        let some = |side: fn(&Capability) -> Support| {
            connector
                .capabilities
                .iter()
                .any(|capability| !matches!(side(capability), Support::None(_)))
        };
        Entry {
            connector: connector.name,
            title: connector.title,
            summary: connector.summary,
            source: some(|capability| capability.source),
            sink: some(|capability| capability.sink),
            sandbox: connector.sandbox.is_some(),
            capabilities: connector.capabilities,
            limits: connector.limits,
            options: (connector.options_schema)(),
        }
    }
}

/// The connector of this name, or an error with the nearest one.
pub(super) fn find(name: &str) -> Result<&'static Connector> {
    connector::find(name).ok_or_else(|| {
        let known = connector::all().iter().map(|connector| connector.name);
        Error::config(document::unknown("connector", "", name, known))
    })
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let printer = &context.printer;
    let entries: Vec<Entry> = match &args.name {
        Some(name) => vec![find(name)?.into()],
        None => connector::all()
            .iter()
            .map(|&connector| connector.into())
            .collect(),
    };
    if args.markdown {
        for entry in &entries {
            printer.data(&markdown(entry))?;
        }
    } else if printer.is_json() {
        for entry in &entries {
            printer.json("connector", entry)?;
        }
    } else if args.name.is_some() {
        for entry in &entries {
            show(entry, printer)?;
        }
    } else {
        let mut table = table(["name", "source", "target", "sandbox", ""]);
        for entry in &entries {
            let mark = |is: bool| if is { "yes" } else { "-" };
            table.add_row([
                entry.connector,
                mark(entry.source),
                mark(entry.sink),
                mark(entry.sandbox),
                entry.summary,
            ]);
        }
        printer.data(&text(&table))?;
    }
    Ok(exit::DONE)
}

fn show(entry: &Entry, printer: &Printer) -> Result<()> {
    printer.data(&format!("{}\n{}\n", entry.title.bold(), entry.summary))?;
    let mut capabilities = table(["feature", "as source", "as target"]);
    for capability in entry.capabilities {
        capabilities.add_row([
            capability.feature.name().to_owned(),
            support(capability.source),
            support(capability.sink),
        ]);
    }
    printer.data(&format!("{}\n", text(&capabilities)))?;
    if !entry.limits.is_empty() {
        let mut limits = table(["limit", "calls a minute", ""]);
        for limit in entry.limits {
            limits.add_row([limit.name, &limit.per_minute.to_string(), limit.note]);
        }
        printer.data(&format!("{}\n", text(&limits)))?;
    }
    printer.data("In [source] and [target] of deskferry.toml:\n")?;
    let mut options = table(["option", "", ""]);
    let required = entry.options["required"].as_array();
    let is_required = |name: &str| {
        required.is_some_and(|list| list.iter().any(|entry| entry.as_str() == Some(name)))
    };
    options.add_row(["connector", "required", &format!("`{}`", entry.connector)]);
    let mut properties: Vec<_> = entry.options["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .collect();
    properties.sort_by_key(|(name, _)| !is_required(name));
    for (name, option) in properties {
        let about = option["description"].as_str().unwrap_or_default();
        options.add_row([
            name.as_str(),
            if is_required(name) { "required" } else { "" },
            &about.replace('\n', " "),
        ]);
    }
    options.add_row(["share", "", "Part of the rate limit that may be used: 0.8."]);
    options.add_row([
        "hours",
        "",
        "When it may be used, in local time: \"20:00-06:00\".",
    ]);
    options.add_row([
        "allow_mail",
        "",
        "Go on although customers may get mail (target).",
    ]);
    printer.data(&text(&options))
}

fn markdown(entry: &Entry) -> String {
    let mut lines = vec![
        format!("### {}", entry.title),
        String::new(),
        "| feature | as source | as target |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    lines.extend(entry.capabilities.iter().map(|capability| {
        format!(
            "| {} | {} | {} |",
            capability.feature,
            support(capability.source).replace('|', "\\|"),
            support(capability.sink).replace('|', "\\|")
        )
    }));
    lines.push(String::new());
    lines.join("\n")
}

fn support(support: Support) -> String {
    match support {
        Support::Full => "yes".into(),
        Support::Partial(note) => format!("partly: {note}"),
        Support::None(note) => format!("no: {note}"),
    }
}

pub(super) fn table<T: Into<comfy_table::Cell>>(header: impl IntoIterator<Item = T>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header.into_iter().collect::<Vec<_>>());
    if let Some(columns) = super::printer::columns() {
        table.set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    }
    table
}

/// The table without the blanks at the ends of its lines.
pub(super) fn text(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}
