//! Environments, and which config of a project is deployed to them.

use humanloop_api::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::Error;
use crate::names::{config_digits, config_number};
use crate::open::{Reader, Store};

/// Where configs are deployed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether it is meant where none is named.
    pub default: bool,
}

/// What is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The project.
    pub project: i64,
    /// Where to.
    pub environment: Environment,
    /// The config: 32 digits.
    pub config: String,
    /// Since when.
    pub deployed: Timestamp,
}

impl Reader {
    /// All environments; `production` is there from the start.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn environments(&self) -> Result<Vec<Environment>, Error> {
        self.ask(|connection| {
            let mut select = connection.prepare_cached("SELECT id, name, standard FROM environment ORDER BY id")?;
            let rows = select
                .query_map([], |row| Ok(Environment { id: row.get(0)?, name: row.get(1)?, default: row.get(2)? }))?;
            rows.collect()
        })
    }

    /// What of a project is deployed, by environment.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn deployments(&self, project: i64) -> Result<Vec<Deployment>, Error> {
        self.ask(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT environment.id, environment.name, environment.standard, config.hash, deployment.deployed
                 FROM deployment JOIN environment ON environment.id = deployment.environment
                 JOIN config ON config.id = deployment.config WHERE deployment.project = ?1 ORDER BY environment.id",
            )?;
            let rows = select.query_map([project], |row| {
                Ok(Deployment {
                    project,
                    environment: Environment { id: row.get(0)?, name: row.get(1)?, default: row.get(2)? },
                    config: config_digits(&row.get::<_, Vec<u8>>(3)?),
                    deployed: Timestamp(row.get(4)?),
                })
            })?;
            rows.collect()
        })
    }

    /// The config that is deployed to an environment; without one, to the standard one.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn deployed(&self, project: i64, environment: Option<i64>) -> Result<Option<String>, Error> {
        let mut deployments = self.deployments(project)?.into_iter();
        let found = deployments.find(|deployment| match environment {
            Some(id) => deployment.environment.id == id,
            None => deployment.environment.default,
        });
        Ok(found.map(|deployment| deployment.config))
    }
}

impl Store {
    /// Makes an environment.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] when there is one of this name; when SQLite fails.
    pub fn create_environment(&mut self, name: &str) -> Result<Environment, Error> {
        let made = self.transact(|transaction, _| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO environment(name, standard) VALUES (?1, 0) ON CONFLICT DO NOTHING RETURNING id",
            )?;
            insert.query_row([name], |row| row.get(0)).optional()
        });
        let id: Option<i64> = made.map_err(|error| self.failed(&error))?;
        let id = id.ok_or_else(|| Error::Taken { what: "environment", name: name.into() })?;
        Ok(Environment { id, name: name.into(), default: false })
    }

    /// Deploys a config of a project; without an environment, to the standard one.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such project, environment or config; when SQLite fails.
    pub fn deploy(&mut self, project: i64, config: &str, environment: Option<i64>) -> Result<Deployment, Error> {
        if self.project(project)?.is_none() {
            return Err(Error::Unknown { what: "project", text: project.to_string() });
        }
        let environment = self.environments()?.into_iter().find(|known| match environment {
            Some(id) => known.id == id,
            None => known.default,
        });
        let environment =
            environment.ok_or_else(|| Error::Unknown { what: "environment", text: project.to_string() })?;
        let number = self.ask(|connection| config_number(connection, config))?;
        let number = number.ok_or_else(|| Error::Unknown { what: "config", text: config.into() })?;
        let now = Timestamp::now();
        let done = self.transact(|transaction, _| {
            transaction.execute(
                "INSERT OR REPLACE INTO deployment VALUES (?1, ?2, ?3, ?4)",
                params![project, environment.id, number, now.as_nanos()],
            )
        });
        done.map_err(|error| self.failed(&error))?;
        let config = config.strip_prefix("config_").unwrap_or(config).into();
        Ok(Deployment { project, environment, config, deployed: now })
    }

    /// Takes back what is deployed to an environment, without one to the standard one; says whether there was something.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn undeploy(&mut self, project: i64, environment: Option<i64>) -> Result<bool, Error> {
        let done = self.transact(|transaction, _| {
            transaction.execute(
                "DELETE FROM deployment WHERE project = ?1
                 AND environment IN (SELECT id FROM environment WHERE id = ?2 OR ?2 IS NULL AND standard = 1)",
                params![project, environment],
            )
        });
        done.map(|deleted| deleted > 0).map_err(|error| self.failed(&error))
    }
}
