//! The first minutes of somebody who has just added their first passkey: to test it, to have a second way in, and on to where they were going. What they have
//! done is told by what they have (a passkey that was used, a second one, codes); kept is only that they are on the way, where to, and what they left out.

mod store;

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::UserId;
use crate::sessions::Next;

pub use store::Row;

/// For how long an app's request is gone back to; after that the app would have forgotten it.
const REQUEST_KEPT_FOR: Duration = Duration::from_secs(3600);

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To show that the passkey works.
    Test,
    /// A second passkey, or recovery codes.
    Second,
    /// All is done: on to where they were going.
    Done,
}

/// What somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Has {
    /// One of their passkeys was used.
    pub tested: bool,
    /// A second passkey, or recovery codes.
    pub second: bool,
}

impl Row {
    /// What comes next for somebody who has so much.
    pub const fn step(&self, has: Has) -> Step {
        if !has.tested && !self.test_skipped {
            Step::Test
        } else if !has.second && !self.second_skipped {
            Step::Second
        } else {
            Step::Done
        }
    }

    /// Where they were going.
    pub fn next(&self, now: Timestamp) -> Next {
        let filled = |text: &'_ str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let request = filled(&self.request).filter(|_| now.since(self.started_at) < REQUEST_KEPT_FOR);
        Next::from_query(request.as_deref(), filled(&self.back).as_deref())
    }
}

/// Puts somebody on the way. The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn begin(tx: &mut Tx, user: UserId, next: Next, now: Timestamp) -> sqlx::Result<()> {
    let (request, back) = next.fields();
    store::put(tx, user, &Row { started_at: now, request, back, test_skipped: false, second_skipped: false }).await
}

/// How far somebody is who is on the way.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Option<Row>> {
    store::find(conn, user).await
}

/// Leaves a step out. The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn skip(tx: &mut Tx, user: UserId, step: Step) -> sqlx::Result<()> {
    match step {
        Step::Test => store::skip_test(tx, user).await,
        Step::Second => store::skip_second(tx, user).await,
        Step::Done => Ok(()),
    }
}

/// Takes somebody off the way: they are through. The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn end(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    store::delete(tx, user).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_over_when_it_is_done_or_left_out() {
        let row = |test_skipped, second_skipped| Row {
            started_at: Timestamp::EPOCH,
            request: "sealed".to_owned(),
            back: String::new(),
            test_skipped,
            second_skipped,
        };
        let has = |tested, second| Has { tested, second };
        for (skipped, has, step) in [
            ((false, false), has(false, false), Step::Test),
            ((false, false), has(false, true), Step::Test),
            ((false, false), has(true, false), Step::Second),
            ((true, false), has(false, false), Step::Second),
            ((true, true), has(false, false), Step::Done),
            ((false, false), has(true, true), Step::Done),
        ] {
            assert_eq!(row(skipped.0, skipped.1).step(has), step, "{skipped:?} {has:?}");
        }
        let at = |seconds| row(false, false).next(Timestamp::from_seconds(seconds));
        assert_eq!((at(3599), at(3600)), (Next::Authorize("sealed".to_owned()), Next::Account));
    }
}
