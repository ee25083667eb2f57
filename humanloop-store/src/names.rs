//! What the writer remembers between batches, so that a log of a known project, config and session asks for nothing.

use foldhash::{HashMap, HashSet};
use humanloop_api::{Config, Function, Log, Process, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use crate::ingest::json;
use crate::open::Store;
use crate::sums::Part;

/// Sessions, and their parts, that are remembered at most; then it starts anew.
const MOST: usize = 50_000;

/// The writer's memory. It holds as long as nobody else writes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    version: i64,
    counter: i64,
    /// Whether there are updates that wait for their log.
    pub(crate) early: bool,
    /// Whether there are sessions of children whose root has not arrived.
    pub(crate) waiting: bool,
    projects: HashMap<String, i64>,
    configs: HashMap<String, Vec<Known>>,
    processes: HashMap<Uuid, i64>,
    pub(crate) sessions: HashMap<Uuid, i64>,
    parts: HashSet<Part>,
}

#[derive(Debug)]
struct Known {
    config: Config,
    function: Option<Function>,
    id: i64,
}

impl Store {
    /// One transaction: all of it or nothing; a failure also forgets what was remembered in it.
    pub(crate) fn transact<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut Names) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let done = self.try_transact(work);
        if done.is_err() {
            self.names = Names::default();
        }
        done
    }

    fn try_transact<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut Names) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let Self { reader, names } = self;
        let transaction = reader.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = transaction.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if version != names.version {
            *names = Names { version, ..Names::default() };
        }
        names.begin(&transaction)?;
        let before = names.counter;
        let done = work(&transaction, names)?;
        if names.counter != before {
            transaction.prepare_cached("UPDATE counter SET value = ?1")?.execute([names.counter])?;
        }
        transaction.commit()?;
        Ok(done)
    }
}

impl Names {
    fn begin(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut select = transaction.prepare_cached(
            "SELECT value, EXISTS(SELECT 1 FROM early), EXISTS(SELECT 1 FROM session WHERE waiting = 1) FROM counter",
        )?;
        (self.counter, self.early, self.waiting) =
            select.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if self.sessions.len() > MOST || self.parts.len() > MOST {
            self.sessions.clear();
            self.parts.clear();
        }
        Ok(())
    }

    /// The next number of the counter.
    pub(crate) fn next(&mut self) -> i64 {
        self.counter += 1;
        self.counter
    }

    /// What was deleted is remembered no more.
    pub(crate) fn forget(&mut self) {
        let Self { version, counter, early, waiting, .. } = *self;
        *self = Self { version, counter, early, waiting, ..Self::default() };
    }

    /// The log's project: by its id, by its name, by its config's name.
    pub(crate) fn project(&mut self, transaction: &Transaction<'_>, log: &Log) -> rusqlite::Result<i64> {
        if log.project.is_none()
            && let Some(id) = log.project_id.as_deref().and_then(project_number)
        {
            let mut select = transaction.prepare_cached("SELECT id FROM project WHERE id = ?1")?;
            if let Some(id) = select.query_row([id], |row| row.get(0)).optional()? {
                return Ok(id);
            }
        }
        let by_config = || log.config.as_deref().map(Config::name);
        let name = log.project.as_deref().or(log.project_id.as_deref()).or_else(by_config).unwrap_or("default");
        self.project_named(transaction, name)
    }

    /// The project of this name, made when there is none.
    pub(crate) fn project_named(&mut self, transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.projects.get(name) {
            return Ok(*id);
        }
        let mut select = transaction.prepare_cached("SELECT id FROM project WHERE name = ?1")?;
        let id = match select.query_row([name], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => {
                let now = Timestamp::now().as_nanos();
                let mut insert =
                    transaction.prepare_cached("INSERT INTO project(name, created, updated) VALUES (?1, ?2, ?2)")?;
                insert.insert(params![name, now])?
            }
        };
        self.projects.insert(name.into(), id);
        Ok(id)
    }

    /// What the log called: its config, kept once, or the one it names.
    pub(crate) fn config(&mut self, transaction: &Transaction<'_>, log: &Log) -> rusqlite::Result<Option<i64>> {
        match (&log.config, &log.config_id) {
            (Some(config), _) => self.config_of(transaction, config, log.function.as_deref()).map(Some),
            (None, Some(id)) => config_number(transaction, id),
            (None, None) => Ok(None),
        }
    }

    pub(crate) fn config_of(
        &mut self,
        transaction: &Transaction<'_>,
        config: &Config,
        function: Option<&Function>,
    ) -> rusqlite::Result<i64> {
        let known = self.configs.get(config.name()).map(Vec::as_slice).unwrap_or_default();
        let found = known.iter().find(|known| known.config == *config);
        if let Some(known) = found
            && (function.is_none() || known.function.as_ref() == function)
        {
            return Ok(known.id);
        }
        let body = json(config);
        let model = match config {
            Config::Model(config) => Some(config.model.as_str()),
            Config::Tool(_) => None,
        };
        // The same code may have moved: the place that was told last is the one to open.
        let mut upsert = transaction.prepare_cached(
            "INSERT INTO config(hash, name, model, body, function, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT(hash) DO UPDATE SET function = coalesce(excluded.function, function) RETURNING id",
        )?;
        let hash = blake3::hash(body.as_bytes());
        let id = upsert.query_row(
            params![
                &hash.as_bytes()[..16],
                config.name(),
                model,
                body,
                function.map(json),
                Timestamp::now().as_nanos()
            ],
            |row| row.get(0),
        )?;
        let known = self.configs.entry(config.name().into()).or_default();
        known.retain(|known| known.id != id);
        if known.len() >= 16 {
            known.clear(); // configs made up anew for each call are not worth remembering
        }
        known.push(Known { config: config.clone(), function: function.cloned(), id });
        if self.configs.len() > 10_000 {
            self.configs.clear();
        }
        Ok(id)
    }

    pub(crate) fn process(
        &mut self,
        transaction: &Transaction<'_>,
        process: Option<&Process>,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(process) = process else { return Ok(None) };
        if let Some(id) = self.processes.get(&process.id) {
            return Ok(Some(*id));
        }
        let mut select = transaction.prepare_cached("SELECT id FROM process WHERE uuid = ?1")?;
        let id = match select.query_row([process.id.as_bytes()], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => {
                let mut insert = transaction.prepare_cached("INSERT INTO process(uuid, pid) VALUES (?1, ?2)")?;
                insert.insert(params![process.id.as_bytes(), process.pid])?
            }
        };
        self.processes.insert(process.id, id);
        Ok(Some(id))
    }

    /// Whether it is news that a session has to do with such logs.
    pub(crate) fn is_new(&mut self, part: Part) -> bool {
        self.parts.insert(part)
    }
}

/// `pr_12` or `12`.
fn project_number(text: &str) -> Option<i64> {
    text.strip_prefix("pr_").unwrap_or(text).parse().ok()
}

/// `config_` and 32 hexadecimal digits, or the digits alone.
pub(crate) fn config_number(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    let Some(hash) = config_hash(id) else { return Ok(None) };
    let mut select = connection.prepare_cached("SELECT id FROM config WHERE hash = ?1")?;
    select.query_row([hash], |row| row.get(0)).optional()
}

fn config_hash(id: &str) -> Option<Vec<u8>> {
    let digits = id.strip_prefix("config_").unwrap_or(id);
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    (0..16).map(|byte| u8::from_str_radix(&digits[2 * byte..2 * byte + 2], 16).ok()).collect()
}

/// The id that is shown for a config: the digits of its hash.
pub(crate) fn config_digits(hash: &[u8]) -> String {
    let hash = Uuid::from_slice(hash).unwrap_or_default(); // 16 bytes, as a UUID has
    hash.simple().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}
