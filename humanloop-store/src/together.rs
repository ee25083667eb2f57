//! Rows that are written together: a statement for sixteen costs little more than one for a single row.

use rusqlite::{Statement, ToSql, Transaction};

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

/// Writes rows, and says how many changed something. `bind` gets the number of a row's first parameter.
pub(crate) fn execute<R>(
    transaction: &Transaction<'_>,
    mut rows: &[R],
    texts: &Texts,
    columns: usize,
    bind: impl Fn(&R, &mut Statement<'_>, usize) -> rusqlite::Result<()>,
) -> rusqlite::Result<usize> {
    let mut changed = 0;
    for (together, text) in TOGETHER.into_iter().zip(texts) {
        while let Some((now, later)) = rows.split_at_checked(together) {
            let mut statement = transaction.prepare_cached(text)?;
            for (at, row) in now.iter().enumerate() {
                bind(row, &mut statement, at * columns + 1)?;
            }
            changed += statement.raw_execute()?;
            rows = later;
        }
    }
    Ok(changed)
}

/// Binds a row's values.
pub(crate) fn bind(statement: &mut Statement<'_>, first: usize, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    (first..).zip(values).try_for_each(|(at, value)| statement.raw_bind_parameter(at, *value))
}
