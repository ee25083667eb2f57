//! The pages that people look at: one shell for all of them, and their data as JSON.
//!
//! | path | answer |
//! | --- | --- |
//! | `/`, `/session/{id}`, `/compare/{a}/{b}`, `/projects`, `/project/{id}` | the shell, `assets/index.html` |
//! | `/viewer.js`, `/viewer.css` | script and style, with an ETag |
//! | `/data/sessions?q&state&kind&model&project&from&until&after` | `{sessions, total, next, upto, projects}` |
//! | `/data/session/{id}` | the tree: `Reader::compact_tree` |
//! | `/data/session/{id}/search?q` | `{ids}` of the logs that hold all words |
//! | `/data/session/{id}/file?as&without_values` | the session as a download: `as` is `html`, `json` or `otlp` |
//! | `/data/log/{id}?before` | `{id, session, config, project, log, repeated, sources}`: long values cut, see `cut.rs`; `repeated` messages begin those of `before`, too |
//! | `/data/log/{id}/value?path` | one text in full; the path is a JSON pointer into the log |
//! | `/data/log/{id}/now` | `{source, editor, git}`: the log's function in the working tree, which `serve --source` names |
//! | `/data/projects?q`, `/data/project/{id}` | `{projects}`; `{project, versions}` |
//! | `/data/logs?project&config&state&q&after` | `{logs, total, next}` |
//! | `/data/live?since`, `/data/session/{id}/live?since` | server-sent events: `{sessions, upto}`, and the tree's changed rows |

mod cut;
mod editor;
mod file;
mod git;
mod lists;
mod live;
mod log;
mod now;
mod page;
mod project;

pub(crate) use editor::Editor;
pub(crate) use log::full as full_log;
pub(crate) use now::Sources;
pub(crate) use page::exported;
pub(crate) use project::version;

use axum::Router;
use axum::routing::get;

use crate::serve::App;

/// Everything that is no part of the API.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(page::shell))
        .route("/session/{id}", get(page::shell))
        .route("/compare/{a}/{b}", get(page::shell))
        .route("/projects", get(page::shell))
        .route("/project/{id}", get(page::shell))
        .route("/viewer.js", get(page::script))
        .route("/viewer.css", get(page::style))
        .route("/data/sessions", get(lists::sessions))
        .route("/data/logs", get(lists::logs))
        .route("/data/projects", get(project::projects))
        .route("/data/project/{id}", get(project::project))
        .route("/data/session/{id}", get(log::tree))
        .route("/data/session/{id}/search", get(log::search))
        .route("/data/session/{id}/live", get(live::session))
        .route("/data/session/{id}/file", get(file::session))
        .route("/data/live", get(live::sessions))
        .route("/data/log/{id}", get(log::log))
        .route("/data/log/{id}/value", get(log::value))
        .route("/data/log/{id}/now", get(now::source))
}
