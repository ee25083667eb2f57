//! What several of the client's calls may be given.

/// Options of every call that makes a log; they go into `self.log`.
macro_rules! log_options {
    ($call:ident) => {
        impl $call {
            /// The project that the log gathers in; default the config's name.
            pub fn project(mut self, name: impl Into<String>) -> Self {
                self.log.project = Some(name.into());
                self
            }

            /// The value of one template variable, or one argument.
            pub fn input(mut self, name: impl Into<String>, value: &(impl serde::Serialize + ?Sized)) -> Self {
                self.log.inputs.get_or_insert_default().insert(name, value);
                self
            }

            /// The values of template variables, or arguments, by name.
            pub fn inputs<K: Into<String>, V: serde::Serialize>(
                mut self,
                inputs: impl IntoIterator<Item = (K, V)>,
            ) -> Self {
                for (name, value) in inputs {
                    self = self.input(name, &value);
                }
                self
            }

            /// The log's name: what children and updates call it by; default a new id.
            pub fn reference_id(mut self, reference: impl Into<String>) -> Self {
                self.log.reference_id = Some(reference.into());
                self
            }

            /// The session; default the current one.
            pub fn session_reference_id(mut self, reference: impl Into<String>) -> Self {
                self.log.session_reference_id = Some(reference.into());
                self
            }

            /// The log that this one is nested under; default the current call. It brings its session along.
            pub fn parent_reference_id(mut self, reference: impl Into<String>) -> Self {
                self.log.parent_reference_id = Some(reference.into());
                self
            }

            /// Where the call came from, in free text.
            pub fn source(mut self, text: impl Into<String>) -> Self {
                self.log.source = Some(text.into());
                self
            }

            /// One thing to keep with the log.
            pub fn metadata(mut self, name: impl Into<String>, value: &(impl serde::Serialize + ?Sized)) -> Self {
                self.log.metadata.get_or_insert_default().insert(name, value);
                self
            }

            /// Whether what was said is logged: without it the log holds that the call happened, when, and at what cost.
            /// Default true.
            pub fn save(mut self, save: bool) -> Self {
                self.log.save = Some(save);
                self
            }

            /// The end user.
            pub fn user(mut self, user: impl Into<String>) -> Self {
                self.log.user = Some(user.into());
                self
            }
        }
    };
}

/// Options of a call of a model; they go into `self.config`.
macro_rules! model_options {
    ($call:ident) => {
        impl $call {
            /// A call of `model` with its default parameters.
            pub fn new(model: impl Into<String>) -> Self {
                Self::from(ModelConfig::new(model))
            }

            /// The provider: `openai`, `mock`, …; default `openai`.
            pub fn provider(mut self, name: impl Into<String>) -> Self {
                self.config.provider = Some(name.into());
                self
            }

            /// Sampling temperature.
            pub fn temperature(mut self, temperature: f64) -> Self {
                self.config.temperature = Some(temperature);
                self
            }

            /// The most tokens to generate; -1, the default: as many as fit.
            pub fn max_tokens(mut self, tokens: i64) -> Self {
                self.config.max_tokens = Some(tokens);
                self
            }

            /// Nucleus sampling.
            pub fn top_p(mut self, share: f64) -> Self {
                self.config.top_p = Some(share);
                self
            }

            /// Penalty for tokens that occurred.
            pub fn presence_penalty(mut self, penalty: f64) -> Self {
                self.config.presence_penalty = Some(penalty);
                self
            }

            /// Penalty for tokens by how often they occurred.
            pub fn frequency_penalty(mut self, penalty: f64) -> Self {
                self.config.frequency_penalty = Some(penalty);
                self
            }

            /// Texts at which the model stops.
            pub fn stop<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
                self.config.stop = Some(Stop::Many(texts.into_iter().map(Into::into).collect()));
                self
            }

            /// Seed of the sampling.
            pub fn seed(mut self, seed: i64) -> Self {
                self.config.seed = Some(seed);
                self
            }

            /// A further parameter, passed on to the provider under its own name.
            pub fn other(mut self, name: impl Into<String>, value: &(impl serde::Serialize + ?Sized)) -> Self {
                self.config.other.get_or_insert_default().insert(name, value);
                self
            }

            /// How many answers are wanted, each with a log of its own; default 1.
            pub fn num_samples(mut self, samples: u32) -> Self {
                self.samples = samples;
                self
            }
        }

        /// A call with all parameters of a config.
        impl From<ModelConfig> for $call {
            fn from(config: ModelConfig) -> Self {
                Self { config, ..Self::default() }
            }
        }
    };
}

pub(super) use {log_options, model_options};
