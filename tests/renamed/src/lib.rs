//! A crate that knows humanloop by another name, and has no other dependency.

#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![forbid(unsafe_code)]
#![cfg(test)]

/// As a framework would pass it on to its users.
mod framework {
    pub mod prelude {
        pub use loops::tool;
    }
    pub use loops as humanloop;
}

#[loops::tool(crate = loops)]
fn by_another_name(a: u8) -> Result<u8, String> {
    if a == 0 {
        Err("zero".to_owned())
    } else {
        Ok(a)
    }
}

#[loops::prompt(crate = ::loops, model = "gpt-4", template = "{{question}}")]
async fn prompt(question: &str) -> String {
    format!("{question} {}", loops::current_prompt().text())
}

#[framework::prelude::tool(crate = crate::framework::humanloop, debug(a))]
fn through_a_re_export(a: u8) -> u8 {
    a
}

#[test]
fn case_21_the_crate_is_found_by_the_path_that_the_option_gives() {
    assert_eq!((by_another_name(1), by_another_name(0)), (Ok(1), Err("zero".to_owned())));
    assert_eq!(through_a_re_export(2), 2);
    let memory = loops::Memory::new().unwrap();
    let guard = loops::builder().memory(&memory).quiet().start().unwrap();
    assert_eq!(guard.run(|| by_another_name(3)), Ok(3));
    guard.run(|| through_a_re_export(4));
    drop(guard);
    let logs = memory.logs().unwrap();
    let mut projects: Vec<&str> = logs.iter().filter_map(|log| log.project.as_deref()).collect();
    projects.sort_unstable();
    assert_eq!(projects, ["by_another_name", "through_a_re_export"]);
}

#[test]
fn case_22_an_expansion_needs_no_other_dependency_of_the_crate() {
    let mut future = std::pin::pin!(prompt("q"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(std::future::Future::poll(future.as_mut(), &mut context), std::task::Poll::Ready("q q".to_owned()));
}

#[loops::tool(crate = loops, metadata(twice = gen * 2))]
fn keyword_of_a_later_edition(gen: u8, (r#async, r#dyn): (u8, u8)) -> u8 {
    gen + r#async + r#dyn
}

#[test]
fn case_18_a_name_may_be_a_keyword_of_a_later_edition() {
    assert_eq!(keyword_of_a_later_edition(1, (2, 3)), 6);
}
