//! `/losses`, **ours**: what a program lost of its records, as it tells it.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use humanloop_api::Losses;

use super::Problem;
use super::answer::Answer;
use super::body::Body;
use crate::serve::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/losses", post(account))
}

async fn account(State(app): State<App>, body: Body) -> Result<Answer<Losses>, Problem> {
    let losses = body.read::<Losses>()?;
    let kept = losses.clone();
    app.write(move |store| store.account(&kept)).await?;
    Ok(Answer(losses))
}
