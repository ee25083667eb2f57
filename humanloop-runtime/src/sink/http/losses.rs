//! What the program lost, told to a server that takes it: ours.

use humanloop_api::Losses;
use reqwest::Method;

use super::{Api, Refusal};
use crate::http::join;

impl Api {
    /// Whether the server knows it now, or never will: v4 has no such call.
    pub(super) async fn account(&self, losses: &Losses) -> bool {
        let Ok(body) = serde_json::to_vec(losses) else { return true };
        let sent = self.send(Method::POST, join(&self.url, &["losses"]), body).await;
        !matches!(sent, Err((status, Refusal::Server { .. })) if !matches!(status, 404 | 405))
    }
}
