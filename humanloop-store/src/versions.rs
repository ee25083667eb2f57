//! Versions: the configs of a project, each with what its logs add up to.

use humanloop_api::{Config, Function, Kind, Timestamp};
use rusqlite::{OptionalExtension, params};

use crate::error::Error;
use crate::names::{config_digits, config_number};
use crate::open::{Reader, Store};
use crate::row;

/// A version of a function or prompt in a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The config's id: 32 digits of its content.
    pub config: String,
    /// The project.
    pub project: i64,
    /// The config's name.
    pub name: String,
    /// The model, of a prompt.
    pub model: Option<String>,
    /// What its logs are.
    pub kind: Kind,
    /// The config itself, with the source code.
    pub body: Config,
    /// Where the function stands, as it was told last.
    pub function: Option<Function>,
    /// When its first log began.
    pub first: Timestamp,
    /// When its last log began.
    pub last: Timestamp,
    /// Its logs.
    pub logs: u64,
    /// Logs that went wrong.
    pub failed: u64,
    /// Logs that have not ended.
    pub running: u64,
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// Tokens of all answers.
    pub output_tokens: u64,
    /// Cost in 1e-9 US dollars.
    pub cost: u64,
    /// Nanoseconds of all logs that have a duration.
    pub duration: u64,
    /// Logs that have a duration.
    pub timed: u64,
}

impl Version {
    /// How long a log of it takes on average, in nanoseconds.
    pub fn mean_duration(&self) -> Option<u64> {
        self.duration.checked_div(self.timed)
    }
}

/// A config by its id.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredConfig {
    /// 32 digits of its content.
    pub id: String,
    /// The config.
    pub config: Config,
    /// Where the function stands, as it was told last.
    pub function: Option<Function>,
    /// When it was seen first.
    pub created: Timestamp,
}

impl Reader {
    /// The versions of a project, the one that was used last first.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn versions(&self, project: i64) -> Result<Vec<Version>, Error> {
        self.ask(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT config.hash, config.name, config.model, config.body, config.function, version.kind,
                    version.first, version.last, version.logs, version.failed, version.running, version.input_tokens,
                    version.output_tokens, version.cost, version.duration, version.timed
                 FROM version JOIN config ON config.id = version.config
                 WHERE version.project = ?1 ORDER BY version.last DESC, version.config DESC",
            )?;
            let rows = select.query_map([project], |row| {
                let number = |column| row.get::<_, i64>(column).map(|number| number.max(0).unsigned_abs());
                let function: Option<String> = row.get(4)?;
                let Ok(body) = serde_json::from_str(&row.get::<_, String>(3)?) else { return Ok(None) };
                Ok(Some(Version {
                    config: config_digits(&row.get::<_, Vec<u8>>(0)?),
                    project,
                    name: row.get(1)?,
                    model: row.get(2)?,
                    kind: row::kind(row.get(5)?),
                    body,
                    function: function.and_then(|function| serde_json::from_str(&function).ok()),
                    first: Timestamp(row.get(6)?),
                    last: Timestamp(row.get(7)?),
                    logs: number(8)?,
                    failed: number(9)?,
                    running: number(10)?,
                    input_tokens: number(11)?,
                    output_tokens: number(12)?,
                    cost: number(13)?,
                    duration: number(14)?,
                    timed: number(15)?,
                }))
            })?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    /// The config of this id: 32 digits, with or without `config_` before them.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn config(&self, id: &str) -> Result<Option<StoredConfig>, Error> {
        self.ask(|connection| {
            let Some(number) = config_number(connection, id)? else { return Ok(None) };
            let mut select =
                connection.prepare_cached("SELECT hash, body, function, created FROM config WHERE id = ?1")?;
            let found = select.query_row([number], |row| {
                let function: Option<String> = row.get(2)?;
                let body: String = row.get(1)?;
                Ok(serde_json::from_str(&body)
                    .ok()
                    .map(|config| (config, row.get::<_, Vec<u8>>(0), function, row.get(3))))
            });
            let Some((config, hash, function, created)) = found.optional()?.flatten() else { return Ok(None) };
            Ok(Some(StoredConfig {
                id: config_digits(&hash?),
                config,
                function: function.and_then(|function| serde_json::from_str(&function).ok()),
                created: Timestamp(created?),
            }))
        })
    }
}

impl Store {
    /// Keeps a config in a project, without a log; says its id. A project's first model config is deployed to the standard
    /// environment.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such project; when SQLite fails.
    pub fn register_config(&mut self, project: i64, config: &Config) -> Result<String, Error> {
        let registered = self.transact(|transaction, names| {
            if !transaction.prepare("SELECT 1 FROM project WHERE id = ?1")?.exists([project])? {
                return Ok(None);
            }
            let number = names.config_of(transaction, config, None)?;
            let now = Timestamp::now().as_nanos();
            let is_model = matches!(config, Config::Model(_));
            let has_model: bool = transaction.query_row(
                "SELECT EXISTS(SELECT 1 FROM version JOIN config ON config.id = version.config
                 WHERE version.project = ?1 AND config.model IS NOT NULL)",
                [project],
                |row| row.get(0),
            )?;
            transaction.execute(
                "INSERT OR IGNORE INTO version VALUES (?1, ?2, ?3, ?4, ?4, 0, 0, 0, 0, 0, 0, 0, 0)",
                params![project, number, i64::from(is_model), now],
            )?;
            if is_model && !has_model {
                transaction.execute(
                    "INSERT OR IGNORE INTO deployment SELECT ?1, id, ?2, ?3 FROM environment WHERE standard = 1",
                    params![project, number, now],
                )?;
            }
            let hash = transaction
                .query_row("SELECT hash FROM config WHERE id = ?1", [number], |row| row.get::<_, Vec<u8>>(0));
            hash.map(|hash| Some(config_digits(&hash)))
        });
        let registered = registered.map_err(|error| self.failed(&error))?;
        registered.ok_or_else(|| Error::Unknown { what: "project", text: project.to_string() })
    }
}
