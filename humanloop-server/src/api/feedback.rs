//! `/feedback`: what people think of a log.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use humanloop_api::{Entry, Feedback, Object, OneOrMany, Timestamp};
use humanloop_store::{Placed, Reader, What};

use super::answer::Answer;
use super::body::Body;
use super::{Problem, names, view};
use crate::serve::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/feedback", post(give))
}

async fn give(State(app): State<App>, body: Body) -> Result<Answer<OneOrMany<Object>>, Problem> {
    match body.read_one_or_many::<Feedback>()? {
        OneOrMany::One(feedback) => {
            check(&feedback)?;
            let mut answers = keep(&app, vec![feedback]).await?;
            Ok(Answer(OneOrMany::One(answers.pop().unwrap_or_default())))
        }
        OneOrMany::Many(list) => {
            for (index, feedback) in list.iter().enumerate() {
                check(feedback).map_err(|problem| problem.in_item(index))?;
            }
            Ok(Answer(OneOrMany::Many(keep(&app, list).await?)))
        }
    }
}

fn check(feedback: &Feedback) -> Result<(), Problem> {
    if feedback.data_id.is_none() {
        return Err(Problem::field(&["body", "data_id"], "field required: the id of the log"));
    }
    if feedback.value.is_none() && feedback.unset != Some(true) {
        return Err(Problem::field(&["body", "value"], "field required, unless `unset` is true"));
    }
    Ok(())
}

async fn keep(app: &App, mut list: Vec<Feedback>) -> Result<Vec<Object>, Problem> {
    for feedback in &mut list {
        feedback.created_at.get_or_insert_with(Timestamp::now);
    }
    let list = app
        .ask(move |reader| {
            for id in list.iter().filter_map(|feedback| feedback.data_id.as_deref()) {
                reader.log(names::log_of(id))?.ok_or_else(|| Problem::unknown("log", id))?;
            }
            Ok(list)
        })
        .await?;
    let entries = list.iter().map(|feedback| Entry::Feedback(Box::new(feedback.clone()))).collect();
    let placed = app.ingest(entries).await?;
    app.ask(move |reader| list.iter().zip(&placed).map(|(given, placed)| answer(reader, given, placed)).collect()).await
}

fn answer(reader: &Reader, given: &Feedback, placed: &Placed) -> Result<Object, Problem> {
    let id = match placed.what {
        What::Feedback(id) => id,
        // It was there already.
        _ => {
            let there = reader.log(placed.log)?.map(|log| log.feedback).unwrap_or_default();
            there.iter().find(|(_, known)| known == given).map_or(0, |(id, _)| *id)
        }
    };
    Ok(view::feedback(id, given))
}
