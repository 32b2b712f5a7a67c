//! `deskferry people`

mod list;
mod sheet;

use std::path::PathBuf;

use serde::Serialize;

use super::work::{self, Needs, Plan};
use super::{Context, exit};
use crate::connector::{Error, Result};
use crate::engine::{self, Claimed};
use crate::ledger::{Decided, Ledger, Mode, Unified};
use crate::schema::{Key, Kind};

/// Show and decide who is one person, and who former agents are
///
/// Contacts with the same verified email address or external id are written as
/// one; [people] in mapping.toml changes that. Anything weaker is only
/// suggested here, for you to decide. Asks the ledger only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry people
  deskferry people export people.csv      then fill in the column `decision`
  deskferry people import people.csv
  deskferry people same 1041 2207         these two contacts are one person
  deskferry people claim bo@example.com bo.new@example.com")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// How many of each to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write everything that can be decided to a CSV file
    Export {
        /// The file; what is there is replaced.
        file: PathBuf,
    },
    /// Take decisions from a CSV file that `export` wrote
    ///
    /// All rows are checked before anything is kept. A decision that is not in
    /// the file any more is taken back if its row is there with an empty cell.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Decide that two contacts are one person
    Same(Pair),
    /// Decide that two contacts are two people
    Different(Pair),
    /// Take a decision about two contacts back
    Undecided(Pair),
    /// Say which agent of the target a former agent is
    ///
    /// Conversations that were moved already and are still nobody's are
    /// assigned to the agent. Messages keep the author they were written with:
    /// no target lets that be changed.
    Claim {
        /// The agent on the source: id or email address.
        old: String,
        /// The agent on the target: id or email address.
        #[arg(required_unless_present = "back")]
        new: Option<String>,
        /// Take the decision back; what was assigned stays so.
        #[arg(long, conflicts_with = "new")]
        back: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Pair {
    /// A contact's id on the source.
    one: String,
    /// Another one's.
    other: String,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    match args.action {
        None => {
            context.ci.refuse()?;
            super::remote::look(context).await?;
            list::run(args.limit, context)
        }
        Some(Action::Export { file }) => {
            context.ci.refuse()?;
            super::remote::look(context).await?;
            sheet::export(&file, context)
        }
        Some(Action::Import { file }) => import(&file, context).await,
        Some(Action::Same(pair)) => decide(pair, Some(Decided::Same), context).await,
        Some(Action::Different(pair)) => decide(pair, Some(Decided::Different), context).await,
        Some(Action::Undecided(pair)) => decide(pair, None, context).await,
        Some(Action::Claim { old, new, .. }) => {
            let decisions = Decisions {
                agents: vec![(old, new)],
                ..Decisions::default()
            };
            carry_out(decisions, "people claim", context).await
        }
    }
}

/// What somebody decided, read and checked.
#[derive(Debug, Default, PartialEq)]
struct Decisions {
    contacts: Vec<(String, String, Option<Decided>)>,
    agents: Vec<(String, Option<String>)>,
}

/// What became of decisions.
#[derive(Debug, Serialize)]
struct Done {
    /// Decisions that were not known.
    kept: usize,
    /// Decisions that are no more.
    taken_back: usize,
    /// Decisions that were known.
    unchanged: usize,
    /// Agents of the source who are somebody on the target, or not any more.
    agents: Vec<Claimed>,
    /// What a decision does not change.
    notes: Vec<String>,
}

fn open(context: &Context) -> Result<(super::config::Config, Ledger)> {
    let config = context.config()?;
    let ledger = Ledger::open(&config.ledger, "people", Mode::Look)?;
    Ok((config, ledger))
}

async fn import(file: &std::path::Path, context: &Context) -> Result<u8> {
    let decisions = {
        let (_, ledger) = open(context)?;
        sheet::read(file, &ledger)?
    };
    carry_out(decisions, "people import", context).await
}

async fn decide(pair: Pair, decided: Option<Decided>, context: &Context) -> Result<u8> {
    // As `people export` names them, too: `contact 7`.
    let id = |text: String| match text.trim().strip_prefix("contact ") {
        Some(id) => id.trim().to_owned(),
        None => text.trim().to_owned(),
    };
    let (one, other) = (id(pair.one), id(pair.other));
    if one == other {
        return Err(Error::config(format!("contact {one} is named twice"))
            .hint("name two contacts; `deskferry people` shows who may be one"));
    }
    let decisions = Decisions {
        contacts: vec![(one, other, decided)],
        ..Decisions::default()
    };
    let command = "people decide";
    carry_out(decisions, command, context).await
}

async fn carry_out(decisions: Decisions, command: &'static str, context: &Context) -> Result<u8> {
    let plan = Plan {
        command,
        // Only the target knows its agents.
        needs: match decisions.agents.is_empty() {
            true => Needs::Ledger,
            false => Needs::Target,
        },
        concurrency: 1,
        limit: None,
    };
    let done = work::run(plan, context, async |project| {
        let ledger = &project.ledger;
        let known = ledger.decisions()?;
        let mut done = Done {
            kept: 0,
            taken_back: 0,
            unchanged: 0,
            agents: Vec::new(),
            notes: Vec::new(),
        };
        for (one, other, decided) in &decisions.contacts {
            for id in [one, other] {
                if !ledger.exists(Kind::Contact, id)? {
                    return Err(Error::config(format!("the ledger has no contact `{id}`"))
                        .hint("name a contact by its id on the source; `deskferry pull` reads new ones"));
                }
            }
            let pair = crate::ledger::Decision::new(one, other, Decided::Same);
            let before = known
                .iter()
                .find(|known| known.one == pair.one && known.other == pair.other)
                .map(|known| known.decided);
            match (before, decided) {
                (before, now) if before == *now => done.unchanged += 1,
                (_, None) => done.taken_back += 1,
                (_, Some(_)) => done.kept += 1,
            }
            done.notes.extend(cannot(ledger, one, other, *decided)?);
        }
        if !decisions.agents.is_empty() {
            // First: it checks names and may be refused.
            done.agents = engine::claim(project, &decisions.agents).await?;
        }
        ledger.decide(decisions.contacts).await?;
        Ok(done)
    })
    .await?;
    let printer = &context.printer;
    if printer.is_json() {
        printer.json("decided", &done)?;
        return Ok(exit::DONE);
    }
    print(&done, context)?;
    Ok(exit::DONE)
}

/// What a decision does not change any more: both are on the target.
fn cannot(
    ledger: &Ledger,
    one: &str,
    other: &str,
    decided: Option<Decided>,
) -> Result<Option<String>> {
    let receipt = |id: &str| ledger.receipt(&Key::new(Kind::Contact, id));
    let (Some(first), Some(second)) = (receipt(one)?, receipt(other)?) else {
        return Ok(None);
    };
    let together = first.target == second.target;
    Ok(match decided {
        Some(Decided::Same) if !together => Some(format!(
            "contacts {one} and {other} are on the target already, as {} and {}: merge them there, or `deskferry rollback` and push again",
            first.target, second.target
        )),
        Some(Decided::Different) if together => Some(format!(
            "contacts {one} and {other} are on the target already, both as {}: they stay one there until `deskferry rollback` and a new push",
            first.target
        )),
        _ => None,
    })
}

fn print(done: &Done, context: &Context) -> Result<()> {
    let printer = &context.printer;
    let mut said = Vec::new();
    for (count, what) in [
        (done.kept, "new"),
        (done.taken_back, "taken back"),
        (done.unchanged, "as before"),
    ] {
        if count > 0 {
            said.push(format!("{count} {what}"));
        }
    }
    match said.is_empty() {
        true if done.agents.is_empty() => printer.data("nothing was decided")?,
        true => {}
        false => printer.data(&format!("decisions about contacts: {}", said.join(", ")))?,
    }
    for agent in &done.agents {
        match &agent.now {
            Some(now) => printer.data(&format!(
                "agent {} is {now} on the target; conversations assigned now: {}",
                agent.agent, agent.conversations
            ))?,
            None => printer.data(&format!(
                "agent {} is nobody on the target any more; what was assigned stays so",
                agent.agent
            ))?,
        }
        for (key, why) in agent.left.iter().take(20) {
            printer.data(&format!("  {key} is left as it is: {why}"))?;
        }
        if agent.left.len() > 20 {
            printer.data(&format!("  and {} more", agent.left.len() - 20))?;
        }
    }
    if done.agents.iter().any(|agent| agent.now.is_some()) {
        printer.talk(
            "messages keep the author they were written with: targets do not let it be changed",
        );
    }
    for note in &done.notes {
        printer.warn(note);
    }
    if done.kept + done.taken_back > 0 {
        printer.talk("the next preview, migrate, push or sync goes by it");
    }
    Ok(())
}

/// What is known of people, as the list and the file tell it.
struct Known {
    found: engine::FoundPeople,
    agents: Option<Vec<engine::FormerAgent>>,
}

impl Known {
    fn read(context: &Context) -> Result<(Known, Ledger)> {
        let (config, ledger) = open(context)?;
        let mapping = config.user_mapping()?;
        let found = engine::find_people(&ledger, &mapping, true)?;
        let agents = engine::former_agents(&ledger)?;
        Ok((Known { found, agents }, ledger))
    }
}

/// A contact in one line.
fn who(name: Option<&str>, id: &str) -> String {
    match name {
        Some(name) => format!("contact {id} ({name})"),
        None => format!("contact {id}"),
    }
}

/// Both contacts of a merge, from the ledger.
fn people(ledger: &Ledger, unified: &Unified) -> Result<(engine::Person, engine::Person)> {
    Ok((
        engine::person(ledger, &unified.kept)?,
        engine::person(ledger, &unified.id)?,
    ))
}
