//! `deskferry links`

use std::path::PathBuf;

use super::work::{self, Needs, Plan};
use super::{Context, exit};
use crate::connector::Result;
use crate::engine;
use crate::report::{self, Redirects, redirects};

/// Write the map of old addresses to new ones, for redirects
///
/// Articles in each language, categories, sections and folders, files of
/// articles, and tickets, as far as they are on the target.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry links -o links.csv
  deskferry links --format nginx -o /etc/nginx/conf.d/moved.conf
  deskferry links --format apache -o moved.conf
  deskferry links --format cloudflare -o bulk-redirects.csv
  deskferry links --format json | jq -r '.[].new'")]
pub(super) struct Args {
    /// csv, json, nginx (map), apache (Redirect lines) or cloudflare (Bulk Redirects).
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = format)]
    format: Redirects,
    /// The file to write, instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

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
