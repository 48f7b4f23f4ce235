//! `/admin/clients`: the pages on which administrators register apps, one file each.

mod choose;
mod connect;
mod form;
mod groups;
mod list;
pub mod logo;
mod new;
mod parts;
mod secrets;
mod show;

pub use choose::choose;
pub use groups::change_groups;
pub use list::list;
pub use new::{create, new};
pub use secrets::{delete_secret, make_secret};
pub use show::{delete, show, update};

use super::Refused;
use crate::error::AppError;
use crate::language::t;

fn gone() -> AppError {
    AppError::gone(t("client-gone"), t("client-gone-message"))
}

fn app_error(refused: Refused) -> AppError {
    match refused {
        Refused::Internal(error) => error.into(),
        Refused::Mistakes(mistakes) => AppError::refused(t("client-not-possible"), mistakes.into_values().next().unwrap_or_default()),
        Refused::Gone | Refused::AlreadyThere => gone(),
    }
}
