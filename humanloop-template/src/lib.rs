//! The templates of humanloop: `{{variables}}` in texts, and `.prompt` files, read with every mistake at its place.
//!
//! It has no dependencies, as the attributes use it inside the compiler; the runtime and the server read with the same
//! code, so that what compiles is what is sent.
//!
//! # Variables
//!
//! 1. `{{name}}` is replaced by the value of that name. A name begins with a letter or `_` and goes on with letters,
//!    digits and `_`.
//! 2. `{{user.name}}` and `{{items[0]}}` reach into a value, in any depth: `{{orders[0].lines[2].price}}`.
//! 3. Blanks inside the braces do not matter (`{{ items [ 0 ] }}`); a line break does: braces are closed in the line that opens them.
//! 4. Rendering is one pass: a value that holds `{{x}}` itself stays as it is.
//! 5. `\{{` is the text `{{`. Of several backslashes before `{{` each pair is one backslash, and one that is left over
//!    makes the braces text: `\\{{name}}` is a backslash and a value. A backslash anywhere else is a backslash.
//! 6. Of more than two opening braces the last two count: `{{{name}}}` is a value in braces.
//! 7. A single `{`, and a `}}` that closes nothing, are text, so that JSON may stand in a prompt.
//!
//! # `.prompt` files
//!
//! ```text
//! ---
//! model: gpt-4o
//! temperature: 0.7
//! ---
//!
//! <system>
//!   You answer in {{language}}.
//! </system>
//!
//! <user>
//!   {{question}}
//! </user>
//! ```
//!
//! 1. The file is UTF-8; a byte order mark at its start is skipped, and line ends are `\n` or `\r\n`, which is the same.
//! 2. It begins with front matter, YAML between two lines `---`; later lines `---` are text. What of YAML may be used
//!    stands at [`yaml`], which keys there are at [`front`].
//! 3. Without messages, the body is a text to complete, exactly as it stands, but for one empty line behind the front
//!    matter and the line break at the end of the file. The key `endpoint: complete` says so; without the key, a body
//!    that does not begin with a message is such a text.
//! 4. Else the body is a row of messages, `<system>`, `<user>`, `<assistant>` and `<tool>`, with nothing but blanks
//!    between them. All may have `name="…"`.
//! 5. A message ends at the first closing tag of its own name. Everything before that is its text: `<b>`, `<example>`,
//!    also `<system>` inside `<user>`.
//! 6. A backslash before `<` or `</` and one of the words `system`, `user`, `assistant`, `tool`, `text`, `image` is taken
//!    away, and the tag is text: `\</user>` inside `<user>`. Any other backslash is a backslash.
//! 7. Blanks and line breaks at both ends of a text are layout. When the text begins on a line of its own, what its
//!    lines share of indentation is layout, too. A backslash at an end of a text, beside a blank or a line break, is
//!    taken away and keeps them.
//! 8. A `<user>` whose content begins with `<text>` or `<image …/>` holds parts: any number of `<text>…</text>` and
//!    `<image url="…"/>`, which may have `detail="high"`, `"low"` or `"auto"`. The address may have variables.
//! 9. An `<assistant>` whose content begins with `<text>` or `<tool …>` holds at most one `<text>…</text>`, then the
//!    calls that it makes: `<tool name="…" id="…">{"q": 1}</tool>`, with JSON in which nothing is replaced.
//! 10. A `<tool id="…">` outside of a message is the result of the call of that id.
//! 11. Values of attributes stand in double quotes and in one line; `&quot;` is a quote, `&lt;` a `<`, `&#10;` a line
//!     break, `&amp;` an ampersand, any other `&` itself.
//!
//! Every other thing is a [`Mistake`], and all of them are told at once.

mod body;
pub mod front;
mod layout;
mod mistake;
mod prompt;
mod suggest;
mod template;
pub mod yaml;

pub use body::{Body, Call, Message, Part, Role};
pub use mistake::{Mistake, Mistakes};
pub use prompt::PromptFile;
pub use suggest::{did_you_mean, nearest};
pub use template::{Path, Step, Template, Variable};
