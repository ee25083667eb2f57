//! Lists with their filters, newest first: sessions, and logs.

use axum::Json;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use humanloop_api::{Kind, Timestamp};
use humanloop_store::{LogFilter, LogRow, ProjectFilter, SessionFilter, Sort, State, Window};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::project::brief;
use crate::api::Problem;
use crate::serve::App;

/// Entries in one answer.
const PAGE: usize = 100;

/// What stands in the address of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: Option<String>,
    state: Option<String>,
    kind: Option<String>,
    model: Option<String>,
    project: Option<i64>,
    config: Option<String>,
    from: Option<String>,
    until: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn state(&self) -> Result<Option<State>, Problem> {
        self.state
            .as_deref()
            .map(|word| match word {
                "ok" => Ok(State::Ok),
                "running" => Ok(State::Running),
                "bad" => Ok(State::Bad),
                other => Err(wrong(format!("state `{other}` is not known: write `ok`, `running` or `bad`"))),
            })
            .transpose()
    }

    fn kind(&self) -> Result<Option<Kind>, Problem> {
        word(self.kind.as_deref(), "kind", "`tool`, `prompt` or `flow`")
    }

    fn times(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
        let form = "a time such as 2026-11-24T15:00:00Z";
        Ok((word(self.from.as_deref(), "from", form)?, word(self.until.as_deref(), "until", form)?))
    }

    fn window(&self) -> Result<Window, Problem> {
        let after = self.after.as_deref().map(|text| text.parse().map_err(wrong)).transpose()?;
        Ok(Window { after, ..Window::first(PAGE) })
    }
}

pub(super) async fn sessions(Shared(app): Shared<App>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let (from, until) = asked.times()?;
    let (state, kind, window) = (asked.state()?, asked.kind()?, asked.window()?);
    let filter = SessionFilter { project: asked.project, state, kind, model: asked.model, text: asked.q, from, until };
    let answer = app.read(move |store| {
        let upto = store.mark()?; // first: what changes meanwhile comes again, and nothing is missed
        let found = store.list_sessions(&filter, &window)?;
        let next = found.last().filter(|_| found.len() == PAGE).map(|last| last.cursor().to_string());
        let projects = store.projects(&ProjectFilter { sort: Sort::Updated, ..ProjectFilter::default() }, &Window::first(200))?;
        let sessions: Vec<_> = found.iter().map(humanloop_store::SessionSummary::to_object).collect();
        let projects: Vec<Value> = projects.iter().map(brief).collect();
        Ok(json!({ "sessions": sessions, "total": store.count_sessions(&filter)?, "next": next, "upto": upto, "projects": projects }))
    });
    Ok(Json(answer.await?))
}

pub(super) async fn logs(Shared(app): Shared<App>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let (from, until) = asked.times()?;
    let (state, kind, window) = (asked.state()?, asked.kind()?, asked.window()?);
    let filter = LogFilter {
        project: asked.project,
        config: asked.config,
        kind,
        state,
        model: asked.model,
        text: asked.q,
        from,
        until,
        ..LogFilter::default()
    };
    let answer = app.read(move |store| {
        let found = store.list_logs(&filter, &window)?;
        let next = found.last().filter(|_| found.len() == PAGE).map(|last| last.cursor().to_string());
        Ok(json!({ "logs": found.iter().map(row).collect::<Vec<_>>(), "total": store.count_logs(&filter)?, "next": next }))
    });
    Ok(Json(answer.await?))
}

fn row(log: &LogRow) -> Value {
    json!({
        "id": log.id, "session": log.session, "name": log.name, "model": log.model, "kind": log.kind, "outcome": log.outcome,
        "start": log.start, "duration": log.duration, "input": log.input_tokens, "output": log.output_tokens,
        "cost": log.cost.map(|cost| cost as f64 / 1e9), "words": log.input_preview, "result": log.output_preview,
        "error": log.error_preview, "config": log.config_version,
    })
}

fn word<T: DeserializeOwned>(text: Option<&str>, name: &str, form: &str) -> Result<Option<T>, Problem> {
    let read = |text: &str| {
        serde_json::from_value(text.into()).map_err(|_| wrong(format!("{name} `{text}` is not known: write {form}")))
    };
    text.map(read).transpose()
}

fn wrong(text: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text)
}
