//! Rows that are written together: a statement for sixteen costs little more than one for a single row.

use rusqlite::{CachedStatement, Statement, ToSql, Transaction};

/// So many rows are written by one statement, the most that there are.
const TOGETHER: [usize; 3] = [16, 4, 1];
/// When so many wait, waiting for more gains nothing.
pub(crate) const ENOUGH: usize = TOGETHER[0];

/// The statements for so many rows.
pub(crate) type Texts = [String; 3];

/// The statements that begin with `into` and go on with rows of so many columns.
pub(crate) fn texts(into: &str, columns: usize) -> Texts {
    let row = format!("(?{})", ", ?".repeat(columns - 1));
    TOGETHER.map(|rows| format!("{into} VALUES {}", vec![&*row; rows].join(", ")))
}

/// The statements for rows of one kind, held from one call to the next: to look them up by their long texts takes its time.
pub(crate) struct Rows<'t> {
    texts: &'static Texts,
    columns: usize,
    held: [Option<CachedStatement<'t>>; 3],
}

impl<'t> Rows<'t> {
    pub(crate) fn of(texts: &'static Texts, columns: usize) -> Self {
        Self { texts, columns, held: [const { None }; 3] }
    }

    /// Writes rows, and says how many changed something. `bind` gets the number of a row's first parameter.
    pub(crate) fn write<R>(
        &mut self,
        transaction: &'t Transaction<'_>,
        mut rows: &[R],
        bind: impl Fn(&R, &mut Statement<'_>, usize) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<usize> {
        let mut changed = 0;
        for ((together, text), held) in TOGETHER.into_iter().zip(self.texts).zip(&mut self.held) {
            while let Some((now, later)) = rows.split_at_checked(together) {
                let statement = match held {
                    Some(statement) => statement,
                    None => held.insert(transaction.prepare_cached(text)?),
                };
                for (at, row) in now.iter().enumerate() {
                    bind(row, statement, at * self.columns + 1)?;
                }
                changed += statement.raw_execute()?;
                rows = later;
            }
        }
        Ok(changed)
    }
}

/// Binds a row's values.
pub(crate) fn bind(statement: &mut Statement<'_>, first: usize, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    (first..).zip(values).try_for_each(|(at, value)| statement.raw_bind_parameter(at, *value))
}
