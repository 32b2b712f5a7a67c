//! `[ledger] remote`: fetched and locked before a run, saved while it goes on
//! and at its end. Without the feature `remote` it is a mistake to ask for it.

use std::sync::Arc;

use super::config::Config;
use super::printer::Printer;
use super::work::Plan;
use super::{Context, work::Needs};
#[cfg(not(feature = "remote"))]
use crate::connector::Error;
use crate::connector::Result;
use crate::engine::{Event, Stop};
use crate::ledger::Ledger;

#[cfg(feature = "remote")]
use crate::ledger::remote::{self as ledger_remote, Options, Session};
#[cfg(feature = "remote")]
use std::time::{Duration, Instant};

/// Checks an address.
#[cfg(feature = "remote")]
pub fn check(remote: &str) -> Result<()> {
    ledger_remote::parse(remote).map(|_| ())
}

/// Brings the ledger here for looking, where there is none.
#[cfg(feature = "remote")]
pub async fn look(context: &Context) -> Result<()> {
    let config = context.config()?;
    match &config.remote {
        Some(remote) => ledger_remote::look(remote, &config.ledger).await,
        None => Ok(()),
    }
}

#[cfg(not(feature = "remote"))]
pub fn check(_: &str) -> Result<()> {
    Err(
        Error::config("this deskferry is built without remote ledgers")
            .hint("build it with the feature `remote`, which is on by default"),
    )
}

#[cfg(not(feature = "remote"))]
pub async fn look(_: &Context) -> Result<()> {
    Ok(())
}

/// Told when a part of the work is over.
#[derive(Clone, Default)]
pub struct Stages(Arc<tokio::sync::Notify>);

impl Stages {
    /// Passes on what may be a reason to save.
    pub fn event(&self, event: &Event) {
        if matches!(event, Event::Phase(_)) {
            self.0.notify_one();
        }
    }
}

/// A run's hold on the remote ledger; empty without one.
#[derive(Default)]
pub struct Remote {
    #[cfg(feature = "remote")]
    session: Option<Arc<Session>>,
}

/// What goes on beside a run.
#[derive(Default)]
pub struct Attendance {
    #[cfg(feature = "remote")]
    tasks: Option<Tasks>,
}

#[cfg(feature = "remote")]
struct Tasks {
    alive: tokio::task::JoinHandle<()>,
    saver: tokio::task::JoinHandle<()>,
    over: tokio::sync::watch::Sender<bool>,
    broken: Arc<std::sync::OnceLock<crate::connector::Error>>,
}

/// Longest time between two saves.
#[cfg(feature = "remote")]
const INTERVAL: Duration = Duration::from_secs(300);

/// Shortest time between two saves.
#[cfg(feature = "remote")]
const GAP: Duration = Duration::from_secs(30);

#[cfg(feature = "remote")]
impl Remote {
    /// Locks the remote ledger and brings it here if it is newer.
    pub async fn begin(config: &Config, plan: &Plan, context: &Context) -> Result<Remote> {
        let Some(remote) = &config.remote else {
            return Ok(Remote::default());
        };
        let options = Options {
            remote,
            ledger: &config.ledger,
            command: plan.command,
            break_lock: context.break_lock,
            speed: speed()?,
        };
        let printer = context.printer.clone();
        let session = Session::begin(options, &move |text| printer.talk(&text)).await?;
        Ok(Remote {
            session: Some(Arc::new(session)),
        })
    }

    /// Ties the open ledger to it. On a failure the lock is given back.
    pub async fn adopt(&self, ledger: &Ledger, needs: Needs) -> Result<()> {
        let Some(session) = &self.session else {
            return Ok(());
        };
        let adopted = session.adopt(ledger, needs.target()).await;
        if adopted.is_err() {
            session.release().await;
        }
        adopted
    }

    /// Gives the lock back when a run cannot begin.
    pub async fn release(&self) {
        if let Some(session) = &self.session {
            session.release().await;
        }
    }

    /// Shows that the run is alive and saves what it did. A run that has lost
    /// the remote ledger is stopped.
    pub fn attend(
        &self,
        ledger: &Ledger,
        stop: &Stop,
        stages: &Stages,
        printer: &Printer,
    ) -> Attendance {
        let Some(session) = self.session.clone() else {
            return Attendance::default();
        };
        let broken = Arc::new(std::sync::OnceLock::new());
        let (over, ended) = tokio::sync::watch::channel(false);
        let lost = {
            let (stop, printer, broken) = (stop.clone(), printer.clone(), broken.clone());
            move |error: crate::connector::Error| {
                printer.warn(&error.to_string());
                stop.request();
                let _ = broken.set(error);
            }
        };
        let alive = tokio::spawn({
            let (session, lost) = (session.clone(), lost.clone());
            async move { lost(session.keep().await) }
        });
        let (ledger, stages, printer) = (ledger.clone(), stages.clone(), printer.clone());
        let saver = tokio::spawn(async move {
            if let Some(error) =
                save_now_and_then(&session, &ledger, &stages, ended, &printer).await
            {
                lost(error);
            }
        });
        Attendance {
            tasks: Some(Tasks {
                alive,
                saver,
                over,
                broken,
            }),
        }
    }

    /// Saves for the next run and gives the lock back. Fails when the remote
    /// ledger was lost while the run went on, or cannot be saved.
    pub async fn finish(&self, ledger: &Ledger, attendance: Attendance) -> Result<()> {
        let (Some(session), Some(tasks)) = (&self.session, attendance.tasks) else {
            return Ok(());
        };
        // A save that goes on is not cut off: what is at the other end has to be known.
        let _ = tasks.over.send(true);
        let _ = tasks.saver.await;
        // Once the lock is given back a last heartbeat may miss it, which is no mistake.
        let broken = tasks.broken.get().is_some();
        let saved = session.finish(ledger).await;
        tasks.alive.abort();
        match Arc::into_inner(tasks.broken).and_then(std::sync::OnceLock::into_inner) {
            Some(error) if broken => Err(error),
            _ => saved,
        }
    }
}

#[cfg(feature = "remote")]
fn speed() -> Result<f64> {
    Ok(crate::http::Settings::from_environment()?.speed)
}

/// Saves when a part of the work is over, and from time to time. Returns why
/// the run must stop, if it must.
#[cfg(feature = "remote")]
async fn save_now_and_then(
    session: &Session,
    ledger: &Ledger,
    stages: &Stages,
    mut ended: tokio::sync::watch::Receiver<bool>,
    printer: &Printer,
) -> Option<crate::connector::Error> {
    let speed = speed().unwrap_or(1.0);
    // A large ledger takes its time: at most a tenth of the run's.
    let mut gap = GAP.div_f64(speed);
    loop {
        tokio::select! {
            _ = ended.changed() => return None,
            () = async {
                tokio::time::sleep(gap).await;
                let _ = tokio::time::timeout(INTERVAL.div_f64(speed), stages.0.notified()).await;
            } => {}
        }
        let begun = Instant::now();
        match session.save(ledger).await {
            Ok(()) => {}
            Err(error) if super::exit::is_locked(&error) => return Some(error),
            Err(error) => printer.warn(&format!("the ledger was not saved: {error}")),
        }
        gap = gap.max(begun.elapsed() * 10);
    }
}

#[cfg(not(feature = "remote"))]
impl Remote {
    pub async fn begin(_: &Config, _: &Plan, _: &Context) -> Result<Remote> {
        Ok(Remote::default())
    }

    pub async fn adopt(&self, _: &Ledger, _: Needs) -> Result<()> {
        Ok(())
    }

    pub async fn release(&self) {}

    pub fn attend(&self, _: &Ledger, _: &Stop, _: &Stages, _: &Printer) -> Attendance {
        Attendance::default()
    }

    pub async fn finish(&self, _: &Ledger, _: Attendance) -> Result<()> {
        Ok(())
    }
}
