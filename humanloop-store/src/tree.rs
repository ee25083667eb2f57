//! A session's logs, nested as they called each other.

use std::collections::HashMap;

use humanloop_api::Outcome;
use uuid::Uuid;

use crate::error::Error;
use crate::open::Reader;
use crate::row::{self, LogRow};
use crate::sessions::SessionSummary;

/// A session as a tree, written down depth first: a node's descendants follow it, each deeper than it.
///
/// A list, and not boxes in boxes, so that an agent that calls itself ten thousand deep is no danger to the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The session.
    pub session: SessionSummary,
    /// Its logs, depth first, siblings in the order they began.
    pub nodes: Vec<Node>,
}

/// A log in its tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The log.
    pub log: LogRow,
    /// How deep it is nested; 0 for a root.
    pub depth: usize,
    /// The gravest outcome among itself and its descendants.
    pub worst: Outcome,
    /// Whether it names a parent that is not in this session: not arrived, or elsewhere.
    pub orphan: bool,
}

impl Reader {
    /// A session's logs as a tree, from rows only.
    ///
    /// # Errors
    ///
    /// When there is no such session; when SQLite fails.
    pub fn tree(&self, session: Uuid) -> Result<Tree, Error> {
        let unknown = || Error::Unknown { what: "session", text: session.to_string() };
        let summary = self.session(session)?.ok_or_else(unknown)?;
        let rows = self.ask(|connection| {
            let text = format!(
                "SELECT {} FROM {} WHERE log.session = (SELECT id FROM session WHERE uuid = ?1)
                 ORDER BY log.start, log.sequence, log.arrival",
                row::COLUMNS,
                row::TABLES
            );
            let mut select = connection.prepare_cached(&text)?;
            select.query_map([session.as_bytes()], row::read)?.collect()
        })?;
        Ok(Tree { session: summary, nodes: nest(rows) })
    }
}

impl Tree {
    /// The names alone, a line each, children two spaces further in.
    pub fn outline(&self) -> String {
        let lines: Vec<String> = self.nodes.iter().map(|node| "  ".repeat(node.depth) + &node.log.name).collect();
        lines.join("\n")
    }
}

/// Rows in order of their beginnings, as nodes depth first. Each row comes out once, also when parents form a circle.
fn nest(rows: Vec<LogRow>) -> Vec<Node> {
    let places: HashMap<Uuid, usize> = rows.iter().enumerate().map(|(place, row)| (row.id, place)).collect();
    let parents: Vec<Option<usize>> =
        rows.iter().map(|row| row.parent.and_then(|parent| places.get(&parent).copied())).collect();
    let mut children = vec![Vec::new(); rows.len()];
    let mut roots = Vec::new();
    for (place, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(place),
            None => roots.push(place),
        }
    }

    let mut order: Vec<(usize, usize)> = Vec::with_capacity(rows.len());
    let mut seen = vec![false; rows.len()];
    // Roots first; whatever they do not reach hangs in a circle, which is cut at its earliest log.
    for start in roots.into_iter().chain(0..rows.len()) {
        let mut stack = vec![(start, 0)];
        while let Some((place, depth)) = stack.pop() {
            if !std::mem::replace(&mut seen[place], true) {
                order.push((place, depth));
                stack.extend(children[place].iter().rev().map(|child| (*child, depth + 1)));
            }
        }
    }

    let mut rows: Vec<Option<LogRow>> = rows.into_iter().map(Some).collect();
    let mut nodes: Vec<Node> = Vec::with_capacity(order.len());
    for (place, depth) in order {
        if let Some(log) = rows[place].take() {
            let orphan = depth == 0 && log.parent.is_some();
            nodes.push(Node { worst: log.outcome, log, depth, orphan });
        }
    }
    // From the leaves up: the gravest of each subtree goes to the node above it.
    let mut gravest: Vec<Outcome> = Vec::new();
    for node in nodes.iter_mut().rev() {
        gravest.resize(gravest.len().max(node.depth + 2), Outcome::Ok);
        let below = std::mem::take(&mut gravest[node.depth + 1]);
        node.worst = node.worst.max(below);
        gravest[node.depth] = gravest[node.depth].max(node.worst);
    }
    nodes
}
