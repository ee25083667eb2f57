//! Logs made up for the bench.

use std::sync::Arc;

use humanloop_api::{Config, Entry, Log, ModelConfig, Outcome, Timestamp, ToolConfig, id};

/// Sessions that run at the same time.
const SESSIONS: usize = 64;

/// Logs like those of an agent: 20 functions, two in a hundred fail, one in two hundred calls a rare model; about 1 kB of JSON.
pub(crate) struct Source {
    configs: Vec<Arc<Config>>,
    n: usize,
    seed: u64,
    sessions: Vec<(String, usize, String)>,
    made: usize,
    /// Logs of the next sessions.
    sizes: fn(usize) -> usize,
}

impl Source {
    pub(crate) fn new(sizes: fn(usize) -> usize) -> Self {
        let source = "let found = client.get(url).send().await?; ".repeat(5);
        let tool =
            |n: usize| ToolConfig { source_code: Some(format!("{source}{n}")), ..ToolConfig::new(format!("tool {n}")) };
        let model = |name: &str| Config::Model(ModelConfig { temperature: Some(0.0), ..ModelConfig::new(name) });
        let mut configs: Vec<Arc<Config>> = (0..18).map(|n| Arc::new(tool(n).into())).collect();
        configs.extend([model("gpt-5"), model("rare-model")].map(Arc::new));
        Self { configs, n: 0, seed: 1, sessions: Vec::new(), made: 0, sizes }
    }

    fn random(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % below
    }

    /// Words of which some are common and some are rare.
    fn words(&mut self, count: usize) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let most = 1 << self.random(16);
            let word = self.random(most);
            text.push_str(&format!("word{word} "));
        }
        text
    }

    fn log(&mut self) -> Log {
        self.n += 1;
        if self.sessions.len() < SESSIONS {
            let size = (self.sizes)(self.made);
            self.made += 1;
            self.sessions.push((id::new().to_string(), size, String::new()));
        }
        // A session of that many gets one log in twenty, so that it spreads over all of them.
        let some = self.random(self.sessions.len());
        let at = if (self.sizes)(0) >= 50_000 && self.n.is_multiple_of(20) { 0 } else { some };
        let reference = id::new().to_string();
        let (session, left, root) = &mut self.sessions[at];
        let parent = (!root.is_empty()).then(|| root.clone());
        if root.is_empty() {
            root.clone_from(&reference);
        }
        *left -= 1;
        let session_id = session.clone();
        if *left == 0 {
            self.sessions.swap_remove(at);
        }
        let which = if self.n.is_multiple_of(200) { 19 } else { self.random(19) };
        let failed = self.random(50) == 0;
        Log {
            project: Some(format!("project {}", which % 5)),
            session_reference_id: Some(session_id),
            parent_reference_id: parent,
            reference_id: Some(reference),
            inputs: Some([("question", self.words(18))].into_iter().collect()),
            output: (!failed).then(|| self.words(18)),
            error: failed.then(|| "timed out after 30 s".into()),
            outcome: Some(if failed { Outcome::Failed } else { Outcome::Ok }),
            duration: Some(0.25),
            created_at: Some(Timestamp(1_700_000_000_000_000_000 + self.n as i64 * 1_000_000)),
            prompt_tokens: Some(120),
            output_tokens: Some(30),
            config: Some(self.configs[which].clone()),
            ..Log::default()
        }
    }

    pub(crate) fn batch(&mut self, logs: usize) -> Vec<Entry> {
        (0..logs).map(|_| Entry::Log(Box::new(self.log()))).collect()
    }
}
