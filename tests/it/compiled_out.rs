//! Without its features the crate is not there: the attributes give back what they stand on, and nothing is linked.

use std::process::Command;

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).args(["--offline", "--quiet"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_features_functions_are_what_they_were() {
    assert_eq!(cargo(&["run", "--package", "humanloop-disabled"]), "compiled out\n");
}

#[test]
fn without_features_nothing_is_linked() {
    let tree =
        cargo(&["tree", "--package", "humanloop-disabled", "--edges", "normal,no-proc-macro", "--prefix", "none"]);
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["humanloop-disabled", "humanloop"], "{tree}");
}

#[test]
fn without_the_feature_enable_a_prompt_is_rendered_and_nothing_is_recorded() {
    let said = cargo(&["run", "--package", "humanloop-disabled", "--bin", "rendered", "--features", "runtime"]);
    assert_eq!(said, "rendered, and not recorded\n");
}
