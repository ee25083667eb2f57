//! The example, run as a program.

use std::process::Command;

#[test]
fn wrapped_client_runs_offline_and_its_log_has_the_answer() {
    let program = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/wrapped_client");
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    let folder = std::env::temp_dir().join(format!("humanloop-wrapped-client-{}", std::process::id()));
    let output = Command::new(program)
        .env_remove("OPENAI_API_KEY")
        .env_remove("OPENAI_BASE_URL")
        .env_remove("HUMANLOOP_BASE_URL")
        .env_remove("HUMANLOOP_QUIET")
        .env("HUMANLOOP_DB", folder.join("logs.db"))
        .output()
        .unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    assert!(stdout.starts_with("The capital of Sweden is Stockholm.\n"), "{stdout}");
    assert!(stdout.contains("✓ capital") && stdout.contains("→ Stockholm"), "{stdout}");
    assert!(stderr.contains("humanloop: 1 log, 0 failed, 0 lost"), "{stderr}");
}
