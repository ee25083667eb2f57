//! Texts with `{{variables}}`.

use std::fmt;
use std::ops::Range;

use crate::mistake::Mistake;

/// A text with variables.
///
/// ```
/// use humanloop_template::Template;
///
/// let (template, mistakes) = Template::parse("{{ user.name }} asks: {{question}}");
/// assert!(mistakes.is_empty());
/// let text = template.render(|path| Ok::<_, ()>(format!("<{path}>")));
/// assert_eq!(text.unwrap(), "<user.name> asks: <question>");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Text(String),
    Variable(Variable),
}

/// A variable in its braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// What it stands for.
    pub path: Path,
    /// Its bytes in the text, braces included.
    pub span: Range<usize>,
}

/// A name, and the way into its value: `orders[0].price`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The name of an input.
    pub name: String,
    /// The steps into its value; none: the value itself.
    pub steps: Vec<Step>,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The field of an object.
    Field(String),
    /// The item of a list, from 0.
    Item(usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.steps.iter().try_for_each(|step| match step {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Item(index) => write!(f, "[{index}]"),
        })
    }
}

impl Path {
    /// Reads what stands between the braces; `None` when it is no path.
    ///
    /// ```
    /// let path = humanloop_template::Path::parse("items[0].name").unwrap();
    /// assert_eq!((path.name.as_str(), path.steps.len()), ("items", 2));
    /// assert!(humanloop_template::Path::parse("a-b").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        const BLANKS: [char; 2] = [' ', '\t'];
        let (name, mut rest) = name(text.trim_start_matches(BLANKS))?;
        let mut steps = Vec::new();
        loop {
            rest = rest.trim_start_matches(BLANKS);
            if rest.is_empty() {
                break;
            }
            if let Some(field) = rest.strip_prefix('.') {
                let (field, after) = self::name(field.trim_start_matches(BLANKS))?;
                steps.push(Step::Field(field.into()));
                rest = after;
            } else {
                let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
                let index = index.trim_matches(BLANKS);
                if !index.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                steps.push(Step::Item(index.parse().ok()?));
                rest = after;
            }
        }
        Some(Self { name: name.into(), steps })
    }
}

/// The name at the start of a text, and the rest.
fn name(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    if !(first == '_' || first.is_alphabetic()) {
        return None;
    }
    let end = text.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(text.len());
    Some(text.split_at(end))
}

impl Template {
    /// Reads a text, and gives every mistake in it; braces that are a mistake are text of the template.
    pub fn parse(text: &str) -> (Self, Vec<Mistake>) {
        let mut reader = Reader { text, taken: 0, out: Vec::new(), plain: String::new(), mistakes: Vec::new() };
        reader.read();
        (Self { segments: reader.out }, reader.mistakes)
    }

    /// The variables in their order, each as often as it stands there.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Text(_) => None,
            Segment::Variable(variable) => Some(variable),
        })
    }

    /// The text with each variable replaced by what `value` gives for it.
    ///
    /// # Errors
    ///
    /// The first one of `value`.
    pub fn render<E>(&self, mut value: impl FnMut(&Path) -> Result<String, E>) -> Result<String, E> {
        let mut out = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => out.push_str(text),
                Segment::Variable(variable) => out.push_str(&value(&variable.path)?),
            }
        }
        Ok(out)
    }

    /// The template whose rendering is `text`, whatever stands in it.
    ///
    /// ```
    /// use humanloop_template::Template;
    ///
    /// assert_eq!(Template::escape(r"{{x}} and \{{"), r"\{{x}} and \\\{{");
    /// ```
    pub fn escape(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let (before, after) = rest.split_at(open);
            let slashes = before.len() - before.trim_end_matches('\\').len();
            let (braces, after) = after.split_at(after.len() - after.trim_start_matches('{').len());
            out.push_str(before);
            // Of an odd row the first brace opens nothing; before pairs, backslashes count.
            out.push_str(if braces.len() % 2 == 1 { "{" } else { &before[before.len() - slashes..] });
            out.push_str(&"\\{{".repeat(braces.len() / 2));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Bytes that are in `out` or `plain`.
    taken: usize,
    out: Vec<Segment>,
    plain: String,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut from = 0;
        while let Some(found) = self.text[from..].find("{{") {
            // Of a row of braces the last two open.
            let row = &self.text[from + found..];
            let open = from + found + (row.len() - row.trim_start_matches('{').len()) - 2;
            from = self.braces(open);
        }
        self.plain.push_str(&self.text[self.taken..]);
        if !self.plain.is_empty() {
            self.out.push(Segment::Text(std::mem::take(&mut self.plain)));
        }
    }

    /// Reads from two opening braces, and gives where to go on.
    fn braces(&mut self, open: usize) -> usize {
        let before = &self.text[self.taken..open];
        let slashes = before.len() - before.trim_end_matches('\\').len();
        self.plain.push_str(&before[..before.len() - slashes]);
        self.plain.push_str(&"\\".repeat(slashes / 2));
        self.taken = open;
        let inside = open + 2;
        if slashes % 2 == 1 {
            return self.keep(inside);
        }
        let line_end = self.text[inside..].find('\n').map_or(self.text.len(), |newline| inside + newline);
        let Some(close) = self.text[inside..line_end].find("}}").map(|close| inside + close) else {
            let message = "`{{` is not closed in its line; write `{{name}}`, or `\\{{` for the text";
            self.mistakes.push(Mistake::new(open..line_end, message));
            return self.keep(inside);
        };
        let content = self.text[inside..close].trim_matches([' ', '\t']);
        let span = open..close + 2;
        match Path::parse(content) {
            Some(path) => {
                if !self.plain.is_empty() {
                    self.out.push(Segment::Text(std::mem::take(&mut self.plain)));
                }
                self.out.push(Segment::Variable(Variable { path, span: span.clone() }));
                self.taken = span.end;
                span.end
            }
            None => {
                self.mistakes.push(Mistake::new(span, wrong(content)));
                self.keep(inside)
            }
        }
    }

    /// Takes the text up to `end` as it is.
    fn keep(&mut self, end: usize) -> usize {
        self.plain.push_str(&self.text[self.taken..end]);
        self.taken = end;
        end
    }
}

/// What is wrong with what stands between braces.
fn wrong(content: &str) -> String {
    if content.is_empty() {
        return "`{{}}` names nothing; write `{{name}}`, or `\\{{}}` for the text".into();
    }
    if content.contains('(') {
        return format!(
            "`{content}` is a call, and a template calls nothing; call it in Rust, and give its result to a variable"
        );
    }
    format!(
        "`{content}` is no variable; write `{{{{name}}}}`, `{{{{user.name}}}}` or `{{{{items[0]}}}}`, or `\\{{{{` for the text"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let (template, mistakes) = Template::parse(text);
        assert_eq!(mistakes, [], "{text}");
        template.render(|path| Ok::<_, ()>(format!("<{path}>"))).unwrap()
    }

    #[test]
    fn each_rule_of_the_braces_holds() {
        for (template, text) in [
            ("", ""),
            ("no variable", "no variable"),
            ("{{a}}{{ b }}{{\tc\t}}", "<a><b><c>"),
            ("{{user.name}} {{items[0]}} {{a[1].b.c[23]}}", "<user.name> <items[0]> <a[1].b.c[23]>"),
            ("{{ user . name }} {{items [ 0 ] .\ta}}", "<user.name> <items[0].a>"),
            ("{{größe}} {{_x1}}", "<größe> <_x1>"),
            (r"\{{a}}", "{{a}}"),
            (r"\\{{a}}", r"\<a>"),
            (r"\\\{{a}}", r"\{{a}}"),
            (r"C:\dir\{a}\", r"C:\dir\{a}\"),
            ("{{{a}}}", "{<a>}"),
            (r"{\{{a}}}", "{{{a}}}"),
            (r#"{"a":{"b":1}} {{x}}"#, r#"{"a":{"b":1}} <x>"#),
            ("}} { }", "}} { }"),
            (r"\{{ never closed", "{{ never closed"),
        ] {
            assert_eq!(rendered(template), text, "{template}");
        }
    }

    #[test]
    fn every_mistake_is_told_at_its_place() {
        for text in ["{{a b}}", "{{a . }}", "{{a [ ] }}", "{{a[1 2]}}", "{{. a}}", "{{ a [0}}"] {
            assert_eq!(Template::parse(text).1.len(), 1, "{text}");
        }
        let text = "Hi {{}} {{a-b}}\n{{ok}} {{ f(x) }} {{a.}} {{a[x]}} {{a[-1]}}\n\tÄ {{open";
        let (template, mistakes) = Template::parse(text);
        let places: Vec<_> =
            mistakes.iter().map(|mistake| (mistake.place(text), &text[mistake.span.clone()])).collect();
        let expected = [
            ((1, 4), "{{}}"),
            ((1, 9), "{{a-b}}"),
            ((2, 8), "{{ f(x) }}"),
            ((2, 19), "{{a.}}"),
            ((2, 26), "{{a[x]}}"),
            ((2, 35), "{{a[-1]}}"),
            ((3, 4), "{{open"),
        ];
        assert_eq!(places, expected);
        assert!(mistakes[2].message.contains("call it in Rust"));
        let lenient = template.render(|path| Ok::<_, ()>(format!("<{path}>"))).unwrap();
        assert_eq!(lenient, text.replace("{{ok}}", "<ok>"), "what is a mistake is text");
    }

    #[test]
    fn an_escaped_text_renders_to_itself() {
        arbtest::arbtest(|u| {
            let letters: Vec<u8> = u.arbitrary()?;
            let text: String =
                letters.iter().map(|byte| ['{', '}', '\\', 'a', '\n', '.'][usize::from(byte % 6)]).collect();
            assert_eq!(rendered(&Template::escape(&text)), text);
            Ok(())
        });
    }
}
