//! Medians of processes that take turns.
//!
//! On a shared machine single times mean little: the variants are processes that take turns, and what is compared is the
//! medians of the rounds, within one run.

use std::collections::BTreeMap;
use std::process::Command;

/// Figures by their names, which a process prints a line each: `<name> = <number>`.
pub type Figures = BTreeMap<String, f64>;

/// Lets this program play each of `variants` in turn, `rounds` times; the medians of what each printed. The variable
/// `variable` names the variant; another one is `set` for all.
///
/// # Errors
///
/// When one of them fails: figures of the others would be compared with nothing.
pub fn take_turns(variable: &str, set: (&str, &str), variants: &[&str], rounds: usize) -> Result<Vec<Figures>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut all: Vec<BTreeMap<String, Vec<f64>>> = vec![BTreeMap::new(); variants.len()];
    for _ in 0..rounds {
        for (variant, seen) in variants.iter().zip(&mut all) {
            let output = Command::new(&program).env(variable, variant).env(set.0, set.1).output();
            let output = output.map_err(|error| format!("{variant}: {error}"))?;
            let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            if !output.status.success() {
                return Err(format!("{variant}: {}\n{errors}", output.status));
            }
            for line in text.lines() {
                let figure = line.split_once(" = ").and_then(|(name, number)| Some((name, number.parse().ok()?)));
                let (name, number) = figure.ok_or_else(|| format!("{variant} printed `{line}`"))?;
                seen.entry(name.into()).or_default().push(number);
            }
        }
    }
    let median = |(name, mut numbers): (String, Vec<f64>)| {
        numbers.sort_by(f64::total_cmp);
        (name, numbers[numbers.len() / 2])
    };
    Ok(all.into_iter().map(|seen| seen.into_iter().map(median).collect()).collect())
}
