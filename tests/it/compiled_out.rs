//! Without its features the crate is not there: the attributes give back what they stand on, and nothing is linked.

use std::process::Command;

/// Whether the crate that has it compiled out is there: in the package of this one it is not.
fn is_packaged() -> bool {
    let is_packaged = !std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/disabled").exists();
    if is_packaged {
        eprintln!("not tried: `tests/disabled` is a crate of its own, which this package does not hold");
    }
    is_packaged
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).args(["--offline", "--quiet"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_features_functions_are_what_they_were() {
    if is_packaged() {
        return;
    }
    assert_eq!(cargo(&["run", "--package", "humanloop-disabled"]), "compiled out\n");
}

#[test]
fn without_features_nothing_is_linked() {
    if is_packaged() {
        return;
    }
    let tree =
        cargo(&["tree", "--package", "humanloop-disabled", "--edges", "normal,no-proc-macro", "--prefix", "none"]);
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["humanloop-disabled", "humanloop"], "{tree}");
}

#[test]
fn without_the_feature_enable_a_prompt_is_rendered_and_nothing_is_recorded() {
    if is_packaged() {
        return;
    }
    let said = cargo(&["run", "--package", "humanloop-disabled", "--bin", "rendered", "--features", "runtime"]);
    assert_eq!(said, "rendered, and not recorded\n");
}

#[test]
fn without_the_feature_enable_a_prompt_without_a_body_asks_its_model() {
    if is_packaged() {
        return;
    }
    let said = cargo(&["run", "--package", "humanloop-disabled", "--bin", "asked", "--features", "ask"]);
    assert_eq!(said, "Sweden, and not recorded\n");
}
