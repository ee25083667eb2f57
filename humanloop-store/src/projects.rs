//! Projects: where logs of one function gather.

use humanloop_api::{Kind, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::error::Error;
use crate::open::{Reader, Store};
use crate::row;
use crate::window::{Conditions, Window, anywhere};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id, never used twice.
    pub id: i64,
    /// Its name, never used twice at a time.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// When its last log began, or it was renamed.
    pub updated: Timestamp,
    /// Logs in it.
    pub logs: u64,
    /// What its logs are, by the version that was used last.
    pub kind: Option<Kind>,
}

/// Which projects are asked for, and in what order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFilter {
    /// With this in their name, in any case.
    pub name: Option<String>,
    /// By what they are sorted.
    pub sort: Sort,
    /// Whether the least comes first.
    pub ascending: bool,
}

/// By what projects are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// When they were made.
    #[default]
    Created,
    /// When they were used last.
    Updated,
    /// By name.
    Name,
}

const PROJECT: &str = "SELECT project.id, project.name, project.created, project.updated, project.logs,
    (SELECT kind FROM version WHERE version.project = project.id ORDER BY version.last DESC LIMIT 1) FROM project";

fn read(row: &Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        id: row.get(0)?,
        name: row.get(1)?,
        created: Timestamp(row.get(2)?),
        updated: Timestamp(row.get(3)?),
        logs: row.get::<_, i64>(4)?.max(0).unsigned_abs(),
        kind: row.get::<_, Option<i64>>(5)?.map(row::kind),
    })
}

pub(crate) fn by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<Project>> {
    connection.prepare_cached(&format!("{PROJECT} WHERE id = ?1"))?.query_row([id], read).optional()
}

impl Reader {
    /// Projects that fit the filter.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn projects(&self, filter: &ProjectFilter, window: &Window) -> Result<Vec<Project>, Error> {
        let by = match filter.sort {
            Sort::Created => "project.created",
            Sort::Updated => "project.updated",
            Sort::Name => "project.name COLLATE NOCASE",
        };
        let order = if filter.ascending { "ASC" } else { "DESC" };
        self.ask(|connection| {
            let conditions = conditions(filter);
            let text =
                format!("{PROJECT} {} ORDER BY {by} {order}, project.id {order} {}", conditions.sql(), window.sql());
            let mut select = connection.prepare_cached(&text)?;
            select.query_map(params_from_iter(conditions.values), read)?.collect()
        })
    }

    /// How many projects fit the filter.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn count_projects(&self, filter: &ProjectFilter) -> Result<u64, Error> {
        self.ask(|connection| {
            let conditions = conditions(filter);
            let mut select =
                connection.prepare_cached(&format!("SELECT count(*) FROM project {}", conditions.sql()))?;
            select.query_row(params_from_iter(conditions.values), |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
        })
    }

    /// The project of this id.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn project(&self, id: i64) -> Result<Option<Project>, Error> {
        self.ask(|connection| by_id(connection, id))
    }

    /// The project of this name.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn project_named(&self, name: &str) -> Result<Option<Project>, Error> {
        self.ask(|connection| {
            connection.prepare_cached(&format!("{PROJECT} WHERE name = ?1"))?.query_row([name], read).optional()
        })
    }
}

impl Store {
    /// Makes a project.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] when there is one of this name; when SQLite fails.
    pub fn create_project(&mut self, name: &str) -> Result<Project, Error> {
        let made = self.transact(|transaction, _| {
            let now = Timestamp::now().as_nanos();
            let made = transaction.execute(
                "INSERT OR IGNORE INTO project(name, created, updated) VALUES (?1, ?2, ?2)",
                params![name, now],
            )?;
            if made == 0 { Ok(None) } else { by_id(transaction, transaction.last_insert_rowid()) }
        });
        made.map_err(|error| self.failed(&error))?.ok_or_else(|| Error::Taken { what: "project", name: name.into() })
    }

    /// Gives a project another name.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such project, [`Error::Taken`] when there is one of this name; when SQLite fails.
    pub fn rename_project(&mut self, id: i64, name: &str) -> Result<Project, Error> {
        let renamed = self.transact(|transaction, names| {
            names.forget();
            transaction.execute(
                "UPDATE OR IGNORE project SET name = ?2, updated = ?3 WHERE id = ?1",
                params![id, name, Timestamp::now().as_nanos()],
            )?;
            by_id(transaction, id)
        });
        let renamed = renamed.map_err(|error| self.failed(&error))?;
        let project = renamed.ok_or_else(|| Error::Unknown { what: "project", text: id.to_string() })?;
        if project.name == name { Ok(project) } else { Err(Error::Taken { what: "project", name: name.into() }) }
    }

    /// Deletes a project with its logs; says whether there was one.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn delete_project(&mut self, id: i64) -> Result<bool, Error> {
        self.delete_where("log.project = ?1", [id])?;
        let deleted = self.transact(|transaction, names| {
            names.forget();
            transaction.execute("DELETE FROM deployment WHERE project = ?1", [id])?;
            transaction.execute("DELETE FROM version WHERE project = ?1 AND logs = 0", [id])?;
            transaction.execute("DELETE FROM project WHERE id = ?1 AND logs = 0", [id])
        });
        deleted.map(|deleted| deleted > 0).map_err(|error| self.failed(&error))
    }
}

fn conditions(filter: &ProjectFilter) -> Conditions {
    let mut conditions = Conditions::default();
    if let Some(name) = filter.name.as_deref().filter(|name| !name.is_empty()) {
        conditions.add("project.name LIKE ? ESCAPE '\\'", anywhere(name));
    }
    conditions
}
