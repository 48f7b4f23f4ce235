//! Which groups an app is for.

use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::app_error;
use crate::app::App;
use crate::clients::{self, Authority};
use crate::error::AppError;
use crate::id::{ClientId, GroupId};
use crate::sessions::FreshAdmin;
use crate::web;

/// One change to who may use a client.
#[derive(Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum GroupsForm {
    /// People in this group too.
    Allow {
        /// The group.
        group: GroupId,
    },
    /// No longer people in this group.
    Disallow {
        /// The group.
        group: GroupId,
    },
    /// Only people in groups that are named.
    Restrict,
    /// Everyone.
    Open,
}

/// `POST /admin/clients/{id}/groups`.
pub async fn change_groups(
    State(app): State<App>,
    admin: FreshAdmin,
    browser: web::Client,
    Path(id): Path<ClientId>,
    Form(form): Form<GroupsForm>,
) -> Result<Redirect, AppError> {
    let (by, now) = (Authority::Admin(&admin, &browser), app.clock.now());
    let done = match form {
        GroupsForm::Allow { group } => clients::allow_group(&app, by, id, group, now).await,
        GroupsForm::Disallow { group } => clients::disallow_group(&app, by, id, group, now).await,
        GroupsForm::Restrict => clients::restrict(&app, by, id, true, now).await,
        GroupsForm::Open => clients::restrict(&app, by, id, false, now).await,
    };
    done.map_err(app_error)?;
    Ok(Redirect::to(&format!("/admin/clients/{id}?notice=groups#groups")))
}
