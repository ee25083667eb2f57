//! A program with a runtime, of which only the recording is compiled out: a body that relies on its prompt has it all the same.

use humanloop::{Error, Memory, prompt, tool};

#[tool]
fn search(question: &str) -> usize {
    question.len()
}

#[prompt(model = "gpt-4", template = "Question: {{question}}")]
fn rendered(question: &str) -> String {
    humanloop::current_prompt().text().into_owned()
}

fn main() -> Result<(), Error> {
    let memory = Memory::new()?;
    let guard = humanloop::builder().memory(&memory).quiet().start()?;
    assert_eq!(guard.run(|| (rendered("what?"), search("what?"))), ("Question: what?".into(), 5));
    assert_eq!(guard.stats().produced, 0);
    println!("rendered, and not recorded");
    Ok(())
}
