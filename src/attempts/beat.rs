//! When a refusal is answered: at the next beat, so that how long it took to find out tells next to nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How far apart answers are. Longer than a bind to a directory near by, a hash and a few queries together.
const EVERY: Duration = Duration::from_millis(500);

/// A beat that began with a question.
#[derive(Debug)]
pub struct Beat(Instant);

impl Beat {
    /// Begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Waits for the next whole beat since the beginning.
    pub async fn next(self) {
        sleep(rest(self.0.elapsed())).await;
    }
}

/// What is missing to the next whole beat; never nothing.
fn rest(took: Duration) -> Duration {
    let into_the_beat = took.as_nanos() % EVERY.as_nanos();
    EVERY.saturating_sub(Duration::from_nanos(u64::try_from(into_the_beat).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_it_took_the_answer_comes_at_a_whole_beat() {
        for (took, answered) in [(0, 500), (30, 500), (499, 500), (500, 1000), (501, 1000), (999, 1000), (1700, 2000)] {
            let took = Duration::from_millis(took);
            assert_eq!((took + rest(took)).as_millis(), answered);
        }
    }
}
