//! The attributes of the `humanloop` crate, which re-exports them.
//!
//! Tokens are parsed (`attr`, `item`, `arguments`, `shape` with `lifetime` and `inferred`), checked (`spec`, with `template`,
//! `messages`, `parameters`, `asked`, `source` and `mask`) and printed (`expand`), in this order. What is wrong is collected (`errors`)
//! and shown beside the item, which comes out in any case.

mod arguments;
mod asked;
mod attr;
mod errors;
mod expand;
mod inferred;
mod item;
mod lifetime;
mod mask;
mod messages;
mod parameters;
mod shape;
mod source;
mod spec;
mod template;
mod text;

#[cfg(test)]
mod tests;

use attr::Kind;
use errors::Errors;
use proc_macro2::TokenStream;

/// Records each call of a function as a log of a tool: its arguments, what it returned, how long it took.
///
/// ```
/// /// Searches the web for the answer to the user's question.
/// #[humanloop::tool(project = "assistant", name = "Web Search", skip(api_key))]
/// async fn search(question: &str, api_key: &str) -> Result<String, std::io::Error> {
///     Ok(format!("the first page about {question}"))
/// }
/// ```
///
/// The function stays what it is: the same value, error, panic and borrow, for any `fn` with a body but a `const fn`; mistakes in
/// it are shown where they are. Its body stands in a closure or an async block, so some messages are worded otherwise. In a
/// `#[track_caller]` function, `Location::caller()` is a line of the function itself. Of a function that returns `impl Fn(..)`, a
/// panic is recorded without its message.
///
/// # When it is recorded
///
/// A call is opened when its body begins, and ends when the result is there: when the function returns, or the future of an
/// `async fn` resolves. So also for functions that return `impl Future`, `Pin<Box<dyn Future>>` or `BoxFuture`. One that returns
/// `impl Stream`, `Pin<Box<dyn Stream>>` or `BoxStream`, be it in a `Result`, a future or both, ends when the stream does, with
/// its items as the output, their number, and the time to the first of them. A macro sees only how a type is spelt: for an alias
/// of a boxed future or stream write the option `future` or `stream`; iterators, too, are recorded as they go with `stream`.
///
/// A call ends *ok* with its value, *failed* with the error of a `Result` and its causes, *panicked* with the panic's message, or
/// *cancelled* when its future or stream is dropped half-way. A future that is never polled is no call.
///
/// A call belongs to the session and the parent that it was made in, over `.await`, `join!`, `select!` and threads of the
/// runtime. What is spawned takes them along with `humanloop::spawn` or `humanloop::in_context`; without these it is a root of
/// a session of its own, and says so.
///
/// # What is recorded
///
/// - The text of the function, with comments, documentation and attributes, as the tool's `source_code`. Literals of parameters
///   that `skip` and `redact` name, such as a default, are left out of it.
/// - The doc comment, as the description.
/// - Every argument: as JSON if its type implements `serde::Serialize` where the function is written, else as `Debug` prints it,
///   else as the name of its type. A generic parameter has the traits that its bounds name. `self` is not recorded. A pattern
///   gives one argument for each name it binds, `_` is named for its place, such as `_0`.
/// - The returned value in the same way. Of a `Result`, the value or the error with its causes.
///
/// # Options
///
/// | option | meaning | in the expansion below |
/// | --- | --- | --- |
/// | `project = "support"` | the project that the logs belong to | `Function::new(..).project("support")` |
/// | `name = "Web Search"` | the name to show; else that of the function | `Function::new(..).name("Web Search")` |
/// | `description = "Searches the web"` | the description; else the doc comment | `Function::new(..).description("Searches the web")` |
/// | `skip(api_key, cache)` | these arguments are not recorded | `call.skipped("api_key")` in place of `probe(&api_key).put(..)` |
/// | `skip_all` | no argument is recorded, but those that `debug` and `serialize` name | as `skip`, of each |
/// | `skip_output` | of what the function returns, only whether it is an error is recorded | `call.skip_output(probe(&ret).split().is_err())` |
/// | `debug(request)` | record the argument as `Debug` prints it; `debug(self)` records `self` | `put_debug(&mut call, "request", &request)` |
/// | `serialize(request)` | record the argument as JSON; that its type cannot do so is an error at the parameter | `put_serialize(&mut call, "request", &request)` |
/// | `redact(password)` | record that there was a value, without the value | `call.redacted("password")` |
/// | `metadata(tenant = request.tenant)` | record the value of an expression over the arguments, under a key | `put_metadata(&mut call, "tenant", &(request.tenant))` |
/// | `source = false` | the text of the function is not recorded | `Source::Hidden` in place of `Source::Exact("..")` |
/// | `future` | the return type is an alias of a boxed future | `Box::pin(async move { .. call.resolving(future).await .. })` |
/// | `stream` | the return type is an alias of a boxed stream, or an iterator | `Box::pin(call.stream(items, ..))`, `call.iterator(items, ..)` |
/// | `constant = SEARCH` | a constant of this name beside the function, a `humanloop::Definition`: version, template, config | `const SEARCH: Definition = Definition::of(Function::new(..))` |
/// | `crate = my_crate::humanloop` | where to find the `humanloop` crate, if not at `::humanloop` | its path |
///
/// ```
/// # #[derive(Debug)] struct Request { tenant: String }
/// #[humanloop::tool(debug(request), redact(password), metadata(tenant = request.tenant), skip_output, source = false)]
/// fn log_in(request: &Request, password: &str) -> bool {
///     password.len() > 8
/// }
/// ```
///
/// The other ones. The version of a function is that of its tokens, whatever layout and comments are:
///
/// ```
/// use std::pin::Pin;
///
/// type Reply = Pin<Box<dyn Future<Output = String> + Send>>;
///
/// #[humanloop::tool(description = "Waits", skip_all, serialize(seconds), future, constant = LATER, crate = ::humanloop)]
/// fn later(text: String, seconds: u32) -> Reply {
///     Box::pin(async move { text })
/// }
///
/// assert_eq!(LATER.version().len(), 32);
/// ```
///
/// A function whose iterator is recorded item by item:
///
/// ```
/// #[humanloop::tool(stream)]
/// fn words(text: &str) -> impl Iterator<Item = &str> {
///     text.split(' ')
/// }
/// ```
///
/// # What it expands to
///
/// One call into the runtime around the body. Of `async fn search(question: &str) -> Result<String, Error> { body }`:
///
/// ```text
/// async fn search(question: &str) -> Result<String, Error> {
///     static FUNCTION: Function = Function::new(Tool, "search", module_path!(), source, version, &parameters);
///     let mut call = open(&FUNCTION);
///     if call.on() { probe(&question).put(&mut call, "question"); }            // Serialize, else Debug, else the type's name
///     let ret = call.future(async move { body }).await;                        // polled in the call's context
///     if call.on() { match probe(&ret).split() { .. } }                        // the value or the error is captured
///     ret
/// }
/// ```
///
/// In a function that is not `async`, the body is a closure with the same parameters: `call.run1(question, move |question| { body })`.
#[proc_macro_attribute]
pub fn tool(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    attribute(Kind::Tool, args.into(), item.into()).into()
}

/// Records each call of a function as a log of a prompt: the call of a language model.
///
/// ```
/// #[humanloop::prompt(
///     model = "gpt-4", temperature = 0, max_tokens = 1,
///     chat_template = [system("You are a moderator."), user("{{user_request}}")],
/// )]
/// async fn moderate(user_request: &str) -> Result<String, std::io::Error> {
///     Ok(format!("the model's answer to {user_request}"))
/// }
/// ```
///
/// A `{{variable}}` of a template must be a parameter of the function; `{{ variable }}` is the same. All mistakes of a template
/// are shown at once, each with its line and column, and the line itself.
///
/// ```compile_fail
/// #[humanloop::prompt(model = "gpt-4", template = "Translate: {{txet}}")]
/// fn translate(text: &str) -> String {
///     text.to_owned()
/// }
/// ```
///
/// # Options
///
/// All options of [`macro@tool`], and:
///
/// | option | meaning |
/// | --- | --- |
/// | `model = "gpt-4"` | the model; not needed beside a `.prompt` file, which names one |
/// | `provider = "openai"` | who runs the model |
/// | `endpoint = "chat"` | which of the provider's interfaces: `"chat"` or `"complete"` |
/// | `template = "Answer: {{question}}"` | the template of a completion |
/// | `chat_template = [system(".."), user(".."), assistant(".."), tool(id = "..", "..")]` | the template of a chat |
/// | `tools = r#"[{"name": "search"}]"#` | the tools that the model may call, as JSON |
/// | `temperature = 0.7` | how random the choice of each token is |
/// | `max_tokens = 256` | the most tokens to generate |
/// | `top_p = 0.9` | choose among the likeliest tokens with this probability in all |
/// | `stop = ["\n", "END"]` | where to stop; a single string will do |
/// | `presence_penalty = 0.5` | how much to avoid tokens that are there already |
/// | `frequency_penalty = 0.5` | how much to avoid tokens by how often they are there |
/// | `seed = 42` | for an answer that can be repeated |
/// | `reasoning_effort = "low"` | how long the model may think: a word, or a number of tokens |
/// | `response_format = r#"{"type": "json_object"}"#` | the form of the answer, as JSON |
/// | `other = r#"{"logit_bias": {"50256": -100}}"#` | parameters that only the provider knows, as a JSON object |
/// | `template_file = "prompts/answer.prompt"` | the template in a file: a `.prompt` file, or a plain text to complete |
///
/// A message of a chat may have a `name`. One of an assistant may hold calls beside its text or in place of it, and a message of
/// the role `tool` is the result of the call with its `id`. In the arguments of a call nothing is replaced. Images stand in
/// `.prompt` files only.
///
/// ```
/// #[humanloop::prompt(
///     model = "gpt-4",
///     tools = r#"[{"name": "search", "description": "Searches the web.", "parameters": {"type": "object"}}]"#,
///     chat_template = [
///         system("Search before you answer."),
///         user(name = "ada", "{{question}}"),
///         assistant("Let me look.", tool(name = "search", id = "call_1", r#"{"q": "eurovision"}"#)),
///         tool(id = "call_1", "{{found}}"),
///     ],
/// )]
/// fn answer(question: &str, found: &str) -> usize {
///     humanloop::current_prompt().messages.len()
/// }
///
/// assert_eq!(answer("Who won?", "Sweden"), 4);
/// ```
///
/// All parameters of a model:
///
/// ```
/// #[humanloop::prompt(
///     model = "gpt-4", provider = "openai", endpoint = "chat",
///     temperature = 0.7, max_tokens = 256, top_p = 0.9, stop = ["\n", "END"], presence_penalty = 0.5, frequency_penalty = 0.5,
///     seed = 42, reasoning_effort = "low", response_format = r#"{"type": "json_object"}"#,
///     other = r#"{"logit_bias": {"50256": -100}}"#,
///     chat_template = [user("As JSON: {{text}}")],
/// )]
/// fn as_json(text: &str) -> String {
///     humanloop::current_prompt().messages[0].text().to_owned()
/// }
///
/// assert_eq!(as_json("one, two"), "As JSON: one, two");
/// ```
///
/// A literal that is out of the parameter's range is an error. Any constant expression may stand in its place:
///
/// ```
/// const WARMTH: f64 = 0.35;
///
/// #[humanloop::prompt(model = "gpt-4", temperature = WARMTH * 2.0, max_tokens = 1 << 8, template = "Translate: {{text}}")]
/// fn translate(text: &str) -> String {
///     text.to_owned()
/// }
/// ```
///
/// The path of a `template_file` begins at the folder of the package's `Cargo.toml`; when only the file changes, the program is
/// built anew. What the attribute says of a parameter goes above what the file says.
///
/// A template may reach into an argument that implements `serde::Serialize`, and `\{{` stands for the braces themselves:
///
/// ```
/// #[derive(Debug, serde::Serialize)]
/// struct User {
///     name: String,
/// }
///
/// #[humanloop::prompt(model = "gpt-4", template = "{{user.name}} asks: {{questions[0]}}")]
/// fn ask(user: &User, questions: &[String]) -> String {
///     humanloop::current_prompt().text().into_owned()
/// }
/// ```
///
/// # Without a body
///
/// A function that ends in a semicolon asks the model itself, and is logged all the same. It needs a model and a template, and
/// the feature `http` of the crate. Who answers is said by the provider of `builder`, else by `provider` and the environment.
///
/// ```
/// # #[derive(serde::Deserialize)] struct Invoice { total: f64 }
/// use humanloop::{Error, Texts};
///
/// #[humanloop::prompt(model = "gpt-4", template = "Question: {{question}}\nAnswer:")]
/// async fn answer(question: &str) -> Result<String, Error>;
///
/// fn adds_up(invoice: &Invoice) -> Result<(), String> {
///     if invoice.total >= 0.0 { Ok(()) } else { Err("`total` is below 0".into()) }
/// }
///
/// #[humanloop::prompt(model = "gpt-4", template = "As JSON: {{text}}", retry(2), timeout = 30, check = adds_up)]
/// async fn extract(text: &str) -> Result<Invoice, Error>;
///
/// #[humanloop::prompt(model = "gpt-4", chat_template = [user("{{question}}")])]
/// fn pieces(question: &str) -> Texts;
/// ```
///
/// The answer is a `Result<T, E>`, where `E` implements `From<humanloop::Error>` and `T` is `String`, `humanloop::Response`, or
/// a type that implements `serde::Deserialize`. A function that is not `async` returns a stream: `Texts` or `Partials`, or
/// another stream of their items.
///
/// # Without a call
///
/// `humanloop::prompt_of` gives what a call would send, of any function, method or function of a trait, and the option
/// `constant` what the compiler knows. Neither needs a key, a network or a model.
///
/// ```
/// # use humanloop::Error;
/// struct Assistant;
///
/// impl Assistant {
///     #[humanloop::prompt(model = "gpt-4", template = "Question: {{question}}", constant = ANSWER)]
///     async fn answer(&self, question: &str) -> Result<String, Error>;
/// }
///
/// # fn main() -> Result<(), Error> {
/// assert_eq!(humanloop::prompt_of(Assistant.answer("Who won?"))?.text(), "Question: Who won?");
///
/// const VERSION: &str = Assistant::ANSWER.version();
/// const TEMPLATE: Option<&str> = Assistant::ANSWER.template();
/// # assert_eq!((VERSION.len(), TEMPLATE), (32, Some("Question: {{question}}")));
/// # Ok(())
/// # }
/// ```
///
/// # Options without a body
///
/// | option | meaning |
/// | --- | --- |
/// | `retry(2)` | how often to ask again when the answer cannot be used; the model is told why |
/// | `timeout = 30` | how long all attempts may take, in seconds or as a `Duration` |
/// | `check = adds_up` | a function that refuses an answer with an error, which the model is told |
///
/// # What it expands to
///
/// The same as [`macro@tool`], with the model and the template in the static and the variables before the arguments. Of
/// `#[prompt(model = "gpt-4", temperature = 0.7, template = "{{question}}")] fn answer(question: &str) -> String { body }`:
///
/// ```text
/// fn answer(question: &str) -> String {
///     static FUNCTION: Function = Function::new(Prompt, "answer", ..)
///         .prompt(&Template::new("gpt-4").template("{{question}}").temperature(0.7)); // a method for each option
///     let mut call = open(&FUNCTION);
///     call.variable("question", probe(&question).text());                             // Display, else Serialize, else Debug
///     if call.on() { probe(&question).put(&mut call, "question"); }
///     let ret = call.run1(question, move |question| { body });                        // `current_prompt()` is the rendered template
///     if call.on() { match probe(&ret).split() { .. } }
///     ret
/// }
/// ```
///
/// Without a body, the last lines are one: `Wanted::<Result<String, Error>>::new().ask(call, Options::default().retry(2)).await`.
#[proc_macro_attribute]
pub fn prompt(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    attribute(Kind::Prompt, args.into(), item.into()).into()
}

/// Records each call of a function as a log of a flow: the parent of the tools, prompts and flows it calls.
///
/// ```
/// #[humanloop::flow(project = "assistant")]
/// async fn assist(user_request: &str) -> Result<String, std::io::Error> {
///     search(user_request).await
/// }
///
/// #[humanloop::tool]
/// async fn search(question: &str) -> Result<String, std::io::Error> {
///     Ok(format!("the first page about {question}"))
/// }
/// ```
///
/// # Options, and what it expands to
///
/// All options of [`macro@tool`], and the same code with `Kind::Flow` in the static.
#[proc_macro_attribute]
pub fn flow(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    attribute(Kind::Flow, args.into(), item.into()).into()
}

/// Parses, checks, prints. The item comes out in any case: instrumented, or as it was beside the errors.
fn attribute(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = attr::parse(kind, args, &mut errors);
    if let Some(function) = item::parse(kind, item.clone(), &mut errors) {
        let spec = spec::check(kind, args, function, &item, &mut errors);
        if !is_expanded(kind, &spec) {
            compiled_out(&spec, &mut errors);
            return errors.beside(item);
        }
        if errors.is_empty() {
            // Of two parameters with one name, and of a body that breaks off, the compiler has said so already, and would once more.
            // An editor says nothing of the latter, and completes what is typed.
            let as_it_was = spec.function.binds_twice() || spec.function.breaks_off() && !source::is_in_editor();
            return if as_it_was { item } else { expand::expand(&spec) };
        }
    }
    errors.beside(item)
}

/// Whether the function is recorded or, as a prompt, rendered and asked; else it comes out as it is.
fn is_expanded(kind: Kind, spec: &spec::Spec) -> bool {
    let needs_the_runtime = kind == Kind::Prompt || spec.args.constant.is_some();
    cfg!(any(test, feature = "enable")) || cfg!(feature = "prompts") && needs_the_runtime
}

/// What cannot be had without the features of the crate.
fn compiled_out(spec: &spec::Spec, errors: &mut Errors) {
    if spec.asked.is_some() {
        let message = "a prompt without a body asks a model, for which `humanloop` needs its feature `http`: `cargo add humanloop --features http`";
        errors.add_at(&spec.function.sig.ident, message);
    }
    if let Some(constant) = &spec.args.constant {
        errors.add_at(constant, "`constant` needs the feature `enable` of `humanloop`");
    }
}
