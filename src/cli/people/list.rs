//! What there is to decide, on the terminal.

use super::super::{Context, connectors, exit};
use super::{Known, people, who};
use crate::connector::Result;
use crate::engine::Apart;

pub(super) fn run(limit: usize, context: &Context) -> Result<u8> {
    let (known, ledger) = Known::read(context)?;
    let printer = &context.printer;
    if printer.is_json() {
        for merge in &known.found.unified {
            printer.json("merge", merge)?;
        }
        for pair in &known.found.suggestions {
            printer.json("suggestion", pair)?;
        }
        for person in &known.found.nowhere {
            printer.json("no_address", person)?;
        }
        for agent in known.agents.iter().flatten() {
            printer.json("former_agent", agent)?;
        }
        printer.json(
            "people",
            &serde_json::json!({
                "contacts": known.found.contacts,
                "merges": known.found.unified.len(),
                "suggestions": known.found.suggestions.len(),
                "no_address": known.found.nowhere_count,
                "former_agents": known.agents.as_ref().map(Vec::len),
                "doubts": known.found.doubts,
            }),
        )?;
        return Ok(exit::DONE);
    }
    let found = &known.found;
    printer.data(&format!("{} contacts on the source", found.contacts))?;

    printer.data(&format!(
        "\nwritten as one with another contact: {}",
        found.unified.len()
    ))?;
    let mut table = connectors::table(["contact", "is", "because"]);
    for merge in found.unified.iter().take(limit) {
        let (kept, other) = people(&ledger, merge)?;
        table.add_row([
            who(other.name.as_deref(), &other.id),
            who(kept.name.as_deref(), &kept.id),
            merge.why.clone(),
        ]);
    }
    show(context, &table, found.unified.len(), limit)?;

    printer.data(&format!(
        "\nmay be one person, or were decided about: {}",
        found.suggestions.len()
    ))?;
    let mut table = connectors::table(["contact", "and", "because", "decided"]);
    for pair in found.suggestions.iter().take(limit) {
        table.add_row([
            who(pair.one.name.as_deref(), &pair.one.id),
            who(pair.other.name.as_deref(), &pair.other.id),
            pair.why.clone(),
            match (pair.decided, pair.apart) {
                (Some(decided), None) => decided.name().to_owned(),
                (_, Some(Apart::Written)) => "both are on the target already".to_owned(),
                (_, Some(Apart::Decided)) => "another decision keeps them apart".to_owned(),
                (None, None) => "-".to_owned(),
            },
        ]);
    }
    show(context, &table, found.suggestions.len(), limit)?;

    printer.data(&format!(
        "\ncontacts without any address: {}",
        found.nowhere_count
    ))?;
    let mut table = connectors::table(["contact", "organization"]);
    for person in found.nowhere.iter().take(limit) {
        table.add_row([
            who(person.name.as_deref(), &person.id),
            person.organizations.join(", "),
        ]);
    }
    show(context, &table, found.nowhere.len(), limit)?;

    match &known.agents {
        None => printer.data("\nagents without a match: not known before `deskferry preview`")?,
        Some(agents) => {
            printer.data(&format!("\nagents without a match: {}", agents.len()))?;
            let mut table = connectors::table(["agent", "address", "on the target"]);
            for agent in agents.iter().take(limit) {
                let name = agent.name.as_deref().unwrap_or_default();
                table.add_row([
                    format!("agent {} ({name})", agent.id),
                    agent.email.clone().unwrap_or_default(),
                    match (&agent.claim, &agent.stands) {
                        (Some(claim), _) => format!("agent {}, as was decided", claim.name),
                        (None, Some(contact)) => format!("contact {contact} stands for them"),
                        (None, None) => "a contact will stand for them".to_owned(),
                    },
                ]);
            }
            show(context, &table, agents.len(), limit)?;
        }
    }
    for doubt in &found.doubts {
        printer.warn(doubt);
    }
    printer.talk("\ndecide in a spreadsheet: `deskferry people export people.csv`, fill in `decision`, `deskferry people import people.csv`");
    Ok(exit::DONE)
}

fn show(context: &Context, table: &comfy_table::Table, all: usize, limit: usize) -> Result<()> {
    if all == 0 {
        return Ok(());
    }
    if limit > 0 {
        context.printer.data(&connectors::text(table))?;
    }
    match all.saturating_sub(limit) {
        0 => Ok(()),
        more => context.printer.data(&format!("and {more} more (--limit)")),
    }
}
