//! The user's items may have any name of the standard library, of ours, or of the traits we bring in.

#![deny(warnings, unused)]
#![allow(dead_code, unused_macros, non_camel_case_types, reason = "the names are there to get in the way")]

mod std {}
mod core {}
mod serde_json {}
mod humanloop {}
mod alloc {}

struct Option;
struct String;
struct Box;
struct Vec;
struct Some;
struct None;
struct Ok(Result);
struct Err;
struct Result;
struct Function;
struct Call;
struct Probe;
struct u8;
trait Serialize {}
trait Debug {}
trait Future {}
trait Send {}
macro_rules! line { () => { compile_error!("the user's own") } }
macro_rules! file { () => { compile_error!("the user's own") } }
macro_rules! module_path { () => { compile_error!("the user's own") } }

trait Capture {
    fn put(&self) {}
    fn out(&self) {}
}

impl<T> Capture for T {}

#[::humanloop::tool]
fn sync(_option: Option, _text: &String) -> Result { Result }

#[::humanloop::tool(debug(number), metadata(number = number))]
async fn asynchronous(number: i32) -> Ok {
    let _ = number;
    Ok(Result)
}

#[::humanloop::prompt(model = "gpt-4", template = "{{question}}")]
fn prompt(question: &str) -> Box {
    let _ = question;
    Box
}

fn main() {
    let Result = sync(Option, &String);
    drop(asynchronous(1));
    let Box = prompt("");
}
