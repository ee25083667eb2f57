//! What is different between two lists of functions.

use std::fmt;

use similar::TextDiff;

use crate::functions::Function;

/// The changes from one list to another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes<'a> {
    pub(crate) changed: Vec<(&'a Function, &'a Function)>,
    pub(crate) added: Vec<&'a Function>,
    pub(crate) gone: Vec<&'a Function>,
}

impl<'a> Changes<'a> {
    pub(crate) fn between(before: &'a [Function], now: &'a [Function]) -> Self {
        let same = |a: &Function, b: &Function| a.file == b.file && a.name == b.name;
        let mut changes = Self::default();
        for function in now {
            match before.iter().find(|other| same(other, function)) {
                None => changes.added.push(function),
                Some(other) if other.version != function.version || other.kind != function.kind => {
                    changes.changed.push((other, function));
                }
                Some(_) => {}
            }
        }
        changes.gone = before.iter().filter(|other| !now.iter().any(|function| same(other, function))).collect();
        changes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.gone.is_empty()
    }

    /// `1 changed, 2 new, 0 gone`
    pub(crate) fn summary(&self) -> String {
        format!("{} changed, {} new, {} gone", self.changed.len(), self.added.len(), self.gone.len())
    }
}

impl fmt::Display for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (before, now) in &self.changed {
            writeln!(f, "changed: {} {} at {}:{}", now.kind, now.name, now.file, now.line)?;
            writeln!(f, "  {} -> {}", before.version, now.version)?;
            let diff = TextDiff::from_lines(&before.text, &now.text);
            for hunk in diff.unified_diff().context_radius(3).missing_newline_hint(false).iter_hunks() {
                for line in hunk.to_string().lines() {
                    writeln!(f, "  {line}")?;
                }
            }
        }
        for function in &self.added {
            writeln!(f, "new: {} {} at {}:{}", function.kind, function.name, function.file, function.line)?;
        }
        for function in &self.gone {
            writeln!(f, "gone: {} {} of {}", function.kind, function.name, function.file)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, version: &str, text: &str) -> Function {
        let (kind, file) = ("prompt".into(), "src/lib.rs".into());
        Function { kind, name: name.into(), file, line: 7, version: version.into(), text: text.into() }
    }

    #[test]
    fn changed_new_and_gone_are_told_with_a_diff() {
        let before = [function("a", "1", "Hi\nthere"), function("b", "1", ""), function("c", "1", "")];
        let now = [function("a", "2", "Hello\nthere"), function("c", "1", ""), function("d", "1", "")];
        let changes = Changes::between(&before, &now);
        assert_eq!(changes.summary(), "1 changed, 1 new, 1 gone");
        assert_eq!(
            changes.to_string(),
            "changed: prompt a at src/lib.rs:7\n  1 -> 2\n  @@ -1,2 +1,2 @@\n  -Hi\n  +Hello\n   there\nnew: prompt d at src/lib.rs:7\ngone: prompt b of src/lib.rs\n"
        );
        assert!(Changes::between(&now, &now).is_empty());
    }
}
