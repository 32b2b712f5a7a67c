//! `deskferry links`

use std::path::PathBuf;

use super::work::{self, Needs, Plan};
use super::{Context, exit};
use crate::connector::Result;
use crate::engine::{self, Redirected};
use crate::report::{self, Redirects, redirects};

/// Write the map of old addresses to new ones, or make redirects of it
///
/// Articles in each language, categories, sections and folders, files of
/// articles, and tickets, as far as they are on the target. --create makes
/// redirect rules for the pages among them in the target's help center, where
/// it has such rules (Zendesk). A path that has a rule already keeps it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry links -o links.csv
  deskferry links --format nginx -o /etc/nginx/conf.d/moved.conf
  deskferry links --format apache -o moved.conf
  deskferry links --format cloudflare -o bulk-redirects.csv
  deskferry links --format json | jq -r '.[].new'
  deskferry links --create --dry-run   how many rules would be made
  deskferry links --create")]
pub(super) struct Args {
    /// csv, json, nginx (map), apache (Redirect lines) or cloudflare (Bulk Redirects).
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = format)]
    format: Redirects,
    /// The file to write, instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Make redirect rules in the target's help center.
    #[arg(long, conflicts_with_all = ["format", "output"])]
    create: bool,
    /// Only say how many rules would be made.
    #[arg(long, requires = "create")]
    dry_run: bool,
}

/// Rules that are made at the same time.
const AT_ONCE: usize = 8;

fn format(text: &str) -> Result<Redirects, String> {
    Redirects::parse(text).ok_or_else(|| {
        let known = || Redirects::ALL.iter().map(|format| format.name());
        match crate::connector::nearest(text, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known().collect::<Vec<_>>().join(", ")),
        }
    })
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    if args.create {
        return create(&args, context).await;
    }
    if let Some(path) = &args.output {
        report::probe(path)?;
    }
    let plan = Plan {
        command: "links",
        needs: Needs::Target,
        concurrency: 1,
        limit: None,
    };
    let mut all = Vec::new();
    work::run(plan, context, async |project| {
        engine::each_moved(project, |moved| {
            all.push(moved);
            Ok(())
        })
        .await
    })
    .await?;
    let write = |out: &mut dyn std::io::Write| {
        let mut writer = redirects::Writer::new(args.format, out)?;
        for moved in &all {
            writer.add(moved)?;
        }
        writer.finish()
    };
    let printer = &context.printer;
    let count = match &args.output {
        Some(path) => {
            let mut count = redirects::Count::default();
            report::save(path, |out| {
                count = write(out)?;
                Ok(())
            })?;
            printer.talk(&format!(
                "{} is written: {} redirects",
                path.display(),
                count.written
            ));
            count
        }
        None => {
            let mut text: Vec<u8> = Vec::new();
            let count = write(&mut text)?;
            printer.data(String::from_utf8_lossy(&text).trim_end_matches('\n'))?;
            count
        }
    };
    if count.left_out > 0 {
        printer.talk(&format!(
            "{} addresses cannot be said in this format, such as those with a query; csv and json have all",
            count.left_out
        ));
    }
    Ok(exit::DONE)
}

async fn create(args: &Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "links",
        needs: Needs::Target,
        concurrency: AT_ONCE,
        limit: None,
    };
    let done = work::run(plan, context, async |project| {
        engine::redirect(project, args.dry_run).await
    })
    .await?;
    let printer = &context.printer;
    if printer.is_json() {
        printer.json("redirects", &done)?;
    } else {
        print(&done, context)?;
    }
    Ok(match (args.dry_run, done.problems()) {
        (false, 1..) => exit::PROBLEMS,
        _ => exit::DONE,
    })
}

/// Paths that are told one by one; `--json` has more.
const ROWS: usize = 10;

fn print(done: &Redirected, context: &Context) -> Result<()> {
    let printer = &context.printer;
    let texts = printer.texts();
    let made = match done.preview {
        true => "summary-rules-to-make",
        false => "summary-rules-made",
    };
    let counts = [
        (done.made, made),
        (done.there, "summary-rules-there"),
        (done.taken, "summary-rules-taken"),
        (done.over, "summary-rules-over"),
        (done.refused, "summary-rules-refused"),
        (done.left_out, "summary-rules-left-out"),
    ];
    for (count, what) in counts {
        if count > 0 || what == made {
            printer.data(&texts.say(what, &[("count", count.into())]))?;
        }
    }
    for path in done.examples.iter().take(ROWS) {
        printer.data(&format!("  {}: {}", path.path, path.why))?;
    }
    if done.made > 0 {
        printer.talk(&texts.get("summary-rules-act"));
    }
    Ok(())
}
