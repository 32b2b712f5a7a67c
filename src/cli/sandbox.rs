//! `deskferry sandbox`

use std::path::PathBuf;

use serde::Serialize;

use super::{Context, connectors, exit};
use crate::connector::{Error, Result};
use crate::http::SPEEDS;
use crate::mapping::document;
use crate::sandbox::{Config, Faults};

/// Start a simulated desk on this machine, until Ctrl-C
///
/// It has the platform's real limits and refusals, and mails nobody.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry sandbox zendesk --seed fixtures/zendesk --port 8080
  deskferry sandbox freshdesk --plan growth --speed 60
  deskferry sandbox zendesk --fault too_many=0.05 --fault reset_after_write=0.02 --fault seed=7

While it runs, it counts at /__sandbox/stats.")]
pub(super) struct Args {
    /// Platform to simulate.
    connector: String,
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder with a desk to start from.
    #[arg(long, value_name = "FOLDER")]
    seed: Option<PathBuf>,
    /// The vendor's plan whose limits hold.
    #[arg(long)]
    plan: Option<String>,
    /// How much faster than real time its clock and limits run.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// What goes wrong: shares of all requests from 0 to 1; slow_ms, search_lag and seed are whole numbers.
    #[arg(long = "fault", value_name = "NAME=RATE")]
    faults: Vec<String>,
    /// Switch on something that the platform can have.
    #[arg(long = "feature", value_name = "NAME")]
    features: Vec<String>,
}

#[derive(Serialize)]
struct Listening<'a> {
    connector: &'a str,
    base_url: &'a str,
}

#[derive(Serialize)]
struct Stopped {
    stats: serde_json::Value,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let connector = connectors::find(&args.connector)?;
    let start = connector
        .sandbox
        .ok_or_else(|| Error::config(format!("{} has no sandbox", connector.title)))?;
    if !SPEEDS.contains(&args.speed) {
        return Err(Error::config(format!(
            "--speed {}: give a number from {} to {}",
            args.speed,
            SPEEDS.start(),
            SPEEDS.end()
        )));
    }
    if let Some(seed) = &args.seed
        && !seed.is_dir()
    {
        return Err(Error::config(format!("{} is no folder", seed.display())));
    }
    let running = start(Config {
        port: args.port,
        seed: args.seed,
        plan: args.plan,
        speed: args.speed,
        faults: faults(&args.faults)?,
        features: args.features,
    })
    .await?;
    let base_url = format!("http://{}", running.addr);
    if context.printer.is_json() {
        let listening = Listening {
            connector: connector.name,
            base_url: &base_url,
        };
        context.printer.json("listening", &listening)?;
    } else {
        context.printer.data(&base_url)?;
        context.printer.talk(&format!(
            "simulates {}; set base_url = \"{base_url}\" to use it; Ctrl-C stops it",
            connector.title
        ));
    }
    tokio::signal::ctrl_c()
        .await
        .map_err(|cause| Error::local(format!("Ctrl-C cannot be waited for: {cause}")))?;
    let stats = (running.stats)();
    if context.printer.is_json() {
        context.printer.json("stopped", &Stopped { stats })?;
    } else {
        let text = serde_json::to_string_pretty(&stats).unwrap_or_default();
        context.printer.talk(&text);
    }
    Ok(exit::DONE)
}

/// Reads `name=rate` pairs.
fn faults(pairs: &[String]) -> Result<Faults> {
    let none = serde_json::to_value(Faults::default())
        .map_err(|cause| Error::local(format!("no JSON: {cause}")))?;
    let known: Vec<&str> = none
        .as_object()
        .into_iter()
        .flat_map(|object| object.iter())
        .filter(|(_, value)| value.is_number())
        .map(|(name, _)| name.as_str())
        .collect();
    let mut object = serde_json::Map::new();
    for pair in pairs {
        let (name, rate) = pair
            .split_once('=')
            .ok_or_else(|| Error::config(format!("--fault {pair}: write name=rate")))?;
        if !known.contains(&name) {
            let text = document::unknown("fault", "", name, known.iter().copied());
            return Err(Error::config(format!("--fault {pair}: {text}")));
        }
        let share = none[name].is_f64();
        let number = match share {
            true => rate
                .parse::<f64>()
                .ok()
                .filter(|rate| (0.0..=1.0).contains(rate))
                .map(serde_json::Value::from),
            false => rate.parse::<u64>().ok().map(serde_json::Value::from),
        };
        let number = number.ok_or_else(|| {
            let needed = match share {
                true => "a share from 0 to 1",
                false => "a whole number",
            };
            Error::config(format!("--fault {pair}: {name} needs {needed}"))
        })?;
        object.insert(name.to_owned(), number);
    }
    serde_json::from_value(object.into())
        .map_err(|cause| Error::config(format!("--fault: {cause}")).caused_by(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[&str]) -> Result<Faults> {
        faults(&pairs.iter().map(|&pair| pair.into()).collect::<Vec<_>>())
    }

    fn mistake(pair: &str) -> String {
        read(&[pair]).map(|_| ()).unwrap_err().message
    }

    #[test]
    fn faults_are_read_strictly() {
        let faults = read(&["too_many=0.05", "reset=1", "slow_ms=200"]).unwrap();
        assert_eq!(
            (faults.too_many, faults.reset, faults.slow_ms),
            (0.05, 1.0, 200)
        );
        assert_eq!(
            mistake("to_many=1"),
            "--fault to_many=1: unknown fault `to_many`; did you mean `too_many`?"
        );
        assert!(mistake("reset").contains("name=rate"));
        assert!(mistake("reset=2").contains("a share from 0 to 1"));
        assert!(mistake("slow_ms=0.5").contains("a whole number"));
        assert!(mistake("planned=1").contains("unknown fault"));
    }
}
