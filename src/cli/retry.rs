//! `deskferry retry`

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, connectors, exit, summary};
use crate::connector::Result;
use crate::engine::{self, Retried, RetryOptions};
use crate::lang::Texts;
use crate::ledger::ProblemGroup;
use crate::schema::Kind;

/// Try records with problems again, and nothing else
///
/// Mend the cause first: a rule of the mapping, a permission, a limit. `deskferry
/// status` shows the problems by their reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry retry
  deskferry retry --kind contact --reason phone")]
pub(super) struct Args {
    /// Only records of this kind: contact, conversation, article …
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Kind>,
    /// Only problems whose reason contains this text.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    work: WorkArgs,
}

fn kind(word: &str) -> Result<Kind, String> {
    let known = || {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("known are {}", names.join(", "))
    };
    Kind::ALL
        .into_iter()
        .find(|kind| kind.name() == word || kind.plural() == word)
        .ok_or_else(known)
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "retry",
        needs: Needs::Both,
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let options = RetryOptions {
        kind: args.kind,
        reason: args.reason,
    };
    let retried = work::run(plan, context, async |project| {
        engine::retry(project, &options).await
    })
    .await?;
    let printer = &context.printer;
    if printer.is_json() {
        printer.json("retried", &retried)?;
    } else {
        print(&retried, context)?;
    }
    Ok(match retried.after.is_empty() {
        true => exit::DONE,
        false => exit::PROBLEMS,
    })
}

fn print(retried: &Retried, context: &Context) -> Result<()> {
    let printer = &context.printer;
    let texts = printer.texts();
    if retried.before.is_empty() {
        return printer.data(&texts.get("summary-no-such-problem"));
    }
    printer.data(&format!(
        "{}\n{}",
        texts.get("summary-tried-again"),
        groups(&retried.before, texts)
    ))?;
    if retried.after.is_empty() {
        printer.data(&format!("\n{}", texts.get("summary-no-problem-left")))?;
    } else {
        printer.data(&format!(
            "\n{}\n{}",
            texts.get("summary-still-open"),
            groups(&retried.after, texts)
        ))?;
        printer.talk(&texts.get("summary-mend"));
    }
    if let Some(summary) = &retried.summary {
        printer.data("")?;
        summary::written(summary, printer)?;
    }
    Ok(())
}

/// `412 contacts: phone is no number`, a reason a line.
fn groups(groups: &[ProblemGroup], texts: &Texts) -> String {
    let mut table = connectors::table([
        texts.get("summary-records"),
        String::new(),
        texts.get("summary-stage"),
        texts.get("summary-problem"),
    ]);
    for group in groups {
        table.add_row([
            texts.number(group.count),
            texts.kind(group.kind),
            group.stage.clone(),
            group.reason.clone(),
        ]);
    }
    connectors::text(&table)
}
