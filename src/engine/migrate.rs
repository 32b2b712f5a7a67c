//! Pull and push at the same time.

use tokio::sync::watch;

use super::pull::{PullState, Pulled, pull_telling};
use super::summary::Summary;
use super::{Project, push};
use crate::connector::Result;

/// Pulls and pushes everything in scope, side by side.
///
/// When one of the two fails the other is asked to stop, so that what was
/// begun is finished; the first error is returned.
pub async fn migrate(project: &Project) -> Result<(Pulled, Summary)> {
    let (sender, receiver) = watch::channel(PullState::default());
    let pulling = async {
        let result = pull_telling(project, &sender).await;
        if result.is_err() {
            project.stop.request();
        }
        // Ends the wait of the other side, also after a failure.
        drop(sender);
        result
    };
    let pushing = async {
        let result = push::run(project, receiver, push::Mode::Push).await;
        if result.is_err() {
            project.stop.request();
        }
        result
    };
    let (pulled, pushed) = tokio::join!(pulling, pushing);
    match (pulled, pushed) {
        (Ok(pulled), Ok(pushed)) => Ok((pulled, pushed)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Err(pull), Err(push)) => Err(match pull.kind {
            crate::connector::ErrorKind::Interrupted => push,
            _ => pull,
        }),
    }
}
