//! `deskferry init`

use std::io::IsTerminal as _;
use std::path::PathBuf;

use super::wizard::{
    Answers, Effects as _, End, FromFile, Machine, Prompter, Real, STATE, Surroundings, Terminal,
    drive, has_keyring, known, places, written_rules,
};
use super::{Context, exit};
use crate::connector::{Error, Result};

/// Set up a migration step by step: both desks, what to move, mapping, a pilot
///
/// Asks one question at a time, tests what it is told at once, and writes
/// deskferry.toml and mapping.toml. Type b to go back, ? for help, q to stop:
/// the next `deskferry init` goes on there. Nothing is written to the target
/// before you say so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry init
  deskferry --lang pt-BR init
  deskferry init --answers answers.toml    no questions: all answers from a file")]
pub(super) struct Args {
    /// Take the answers from this file: what .deskferry-init.toml keeps, or tables such as [source].
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Forget where an earlier `init` stopped.
    #[arg(long)]
    restart: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let printer = &context.printer;
    let texts = printer.texts();
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if args.answers.is_none() && !terminal {
        return Err(Error::config("init asks questions, and there is no terminal to ask them at")
            .hint("run it in a terminal, or give the answers in a file: `deskferry init --answers answers.toml`"));
    }
    let mut world = Real::new(context);
    let config = world.text(&context.config)?;
    let mapping_path = world.mapping();
    let mapping = world.text(&mapping_path)?;
    let table = |name: &str, text: &Option<String>| -> Result<toml::Table> {
        let text = text.as_deref().unwrap_or_default();
        text.parse()
            .map_err(|cause| Error::config(format!("{name}: {cause}")))
    };
    let mapping_table = table("mapping.toml", &mapping)?;
    let before = Answers::of_configuration(&table("deskferry.toml", &config)?)
        .over(Answers::of_mapping(&mapping_table));
    let mut files = Vec::new();
    for (path, text) in [(&context.config, &config), (&mapping_path, &mapping)] {
        if text.is_some() {
            files.push(path.display().to_string());
        }
    }
    let usual = context.config == std::path::Path::new("deskferry.toml");
    let mut around = Surroundings {
        files,
        keyring: has_keyring(),
        secrets: Vec::new(),
        config: match usual {
            true => String::new(),
            false => context.config.display().to_string(),
        },
        rules: written_rules(&mapping_table),
    };
    around.secrets = places()
        .into_iter()
        .filter(|place| world.has_secret(place))
        .collect();

    let state = world.path(STATE);
    if args.restart && state.exists() {
        remove(&state)?;
    }
    let (answers, mut prompter): (Answers, Box<dyn Prompter>) = match &args.answers {
        Some(path) => {
            let name = path.display().to_string();
            let text = world.text(path)?.ok_or_else(|| {
                Error::config(format!("{name} is not there"))
                    .hint("write it: the README has an example")
            })?;
            let mut answers = Answers::parse(&name, &text)?;
            answers.retain(|id| !id.starts_with("trail."));
            known::check(&name, &answers)?;
            let prompter = FromFile::new(&name, answers.clone(), printer.clone());
            (answers.options_only(), Box::new(prompter))
        }
        None => {
            let answers = match world.text(&state)? {
                Some(text) => Answers::parse(STATE, &text)?,
                None => Answers::default(),
            };
            let mut prompter = Terminal::new(texts);
            match answers.ids().next() {
                Some(_) => prompter.say(&texts.get("wizard-resumed"))?,
                None => prompter.say(&texts.get("wizard-welcome"))?,
            }
            prompter.say(&texts.get("wizard-keys"))?;
            (answers, Box::new(prompter))
        }
    };
    let mut machine = Machine::new(texts, answers, before, around);
    match drive(&mut machine, prompter.as_mut(), &mut world).await? {
        End::Quit => {
            prompter.say(&texts.get("wizard-kept"))?;
            Ok(exit::DONE)
        }
        End::Done(lines, code) => {
            if state.exists() {
                remove(&state)?;
            }
            for line in lines {
                // What holds line breaks is to be copied as it is.
                let indent = line.len() - line.trim_start().len();
                match line.contains('\n') {
                    true => printer.data(&line)?,
                    false => {
                        let (mark, text) = line.split_at(indent);
                        printer.data(&super::printer::hanging(mark, text, indent))?;
                    }
                }
            }
            Ok(code)
        }
    }
}

fn remove(path: &std::path::Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|cause| {
        Error::local(format!("{} cannot be removed: {cause}", path.display())).caused_by(cause)
    })
}
