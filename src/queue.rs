//! What waits in the database to be worked off: one loop of each instance takes it, a piece at a time, as soon as it is written here, and looks now and then
//! for what other instances wrote or could not finish.

use std::future::Future;
use std::time::Duration;

use crate::app::App;
use crate::db::Signal;

/// How often to look for what others wrote, and for what is due again.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Works a queue off until the server stops. `take` does one piece and says whether there was any; `written` is raised by whoever adds one. A failure is
/// logged in the words `trouble`, and the queue is looked at again later.
pub async fn work_off<F>(app: App, written: &'static Signal, trouble: &'static str, take: impl Fn(App) -> F)
where
    F: Future<Output = anyhow::Result<bool>>,
{
    let mut written = written.subscribe();
    while !app.stopping.is_cancelled() {
        match take(app.clone()).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(cause = format!("{error:#}"), "{trouble}; it will be tried again"),
        }
        tokio::select! {
            () = app.stopping.cancelled() => break,
            _ = written.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
