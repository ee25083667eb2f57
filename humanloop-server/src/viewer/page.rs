//! The page itself: shell, script and style, put together from the files in `assets/`.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

macro_rules! assets {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../assets/", $name)))),*] };
}

/// The modules, each after those that it imports.
const SCRIPTS: &[(&str, &str)] = assets![
    "js/dom.js",
    "js/format.js",
    "js/words.js",
    "js/data.js",
    "js/address.js",
    "js/tree.js",
    "js/rows.js",
    "js/code.js",
    "js/markdown.js",
    "js/value.js",
    "js/keys.js",
    "js/copy.js",
    "js/messages.js",
    "js/detail.js",
    "js/waterfall.js",
    "js/overview.js",
    "js/search.js",
    "js/found.js",
    "js/session.js",
    "js/sessions.js",
    "js/projects.js",
    "js/compare.js",
    "js/main.js",
];
const STYLES: &[(&str, &str)] =
    assets!["css/base.css", "css/lists.css", "css/session.css", "css/detail.css", "css/markdown.css"];
const SHELL: &str = include_str!("../../assets/index.html");

/// All modules as one, so that a page needs one request for them and an exported file needs none: without their imports, which
/// stand on a line each, and with `export` taken off. Names at the top of the modules are therefore different.
static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    let line = |line: &&str| !line.starts_with("import ");
    let modules = SCRIPTS.iter().map(|(_, text)| {
        let lines = text.lines().filter(line).map(|line| line.strip_prefix("export ").unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    });
    File::new(modules.collect::<Vec<_>>().join("\n"), "text/javascript; charset=utf-8")
});
static STYLE: LazyLock<File> = LazyLock::new(|| {
    let texts: Vec<&str> = STYLES.iter().map(|(_, text)| *text).collect();
    File::new(texts.concat(), "text/css; charset=utf-8")
});

struct File {
    text: String,
    tag: String,
    kind: &'static str,
}

impl File {
    fn new(text: String, kind: &'static str) -> Self {
        let tag = format!("\"{}\"", &blake3::hash(text.as_bytes()).to_hex()[..32]);
        Self { text, tag, kind }
    }

    /// The file, or that the browser has it.
    fn answer(&'static self, request: &HeaderMap) -> Response {
        let known = request.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == self.tag.as_bytes());
        let headers =
            [(header::CONTENT_TYPE, self.kind), (header::CACHE_CONTROL, "no-cache"), (header::ETAG, &self.tag)]
                .map(|(name, value)| (name, HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""))));
        if known {
            (StatusCode::NOT_MODIFIED, headers).into_response()
        } else {
            (headers, self.text.as_str()).into_response()
        }
    }
}

pub(super) async fn shell() -> Html<&'static str> {
    Html(SHELL)
}

pub(super) async fn script(request: HeaderMap) -> Response {
    SCRIPT.answer(&request)
}

pub(super) async fn style(request: HeaderMap) -> Response {
    STYLE.answer(&request)
}

/// The viewer as one file that opens without a server, around `data` (JSON).
pub(crate) fn exported(title: &str, data: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", base64(&sha256(text)));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; media-src data:; base-uri 'none'; form-action 'none'",
        hash(&SCRIPT.text),
        hash(&STYLE.text)
    );
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    // In JSON a `<` stands in texts only, where this is the same; so nothing in them ends the element.
    let data = data.replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{}</style>\n</head>\n<body>\n\
         <script type=\"application/json\" id=\"session-data\">{data}</script>\n<script type=\"module\">{}</script>\n</body>\n</html>\n",
        STYLE.text, SCRIPT.text
    )
}

fn sha256(text: &str) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(text.as_bytes()).into()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_top_of_the_modules_are_different() {
        let mut names = Vec::new();
        for (_, text) in SCRIPTS {
            for line in text.lines() {
                let line = line.strip_prefix("export ").unwrap_or(line);
                let line = line.strip_prefix("async ").unwrap_or(line);
                let name = ["function ", "class ", "const ", "let "].iter().find_map(|word| line.strip_prefix(word));
                let end = |name: &str| name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
                names.extend(name.map(|name| name[..end(name)].to_owned()));
            }
        }
        names.sort();
        let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1] && !pair[0].is_empty()).collect();
        assert!(names.len() > 50 && twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn nothing_in_the_data_ends_its_element() {
        let file = exported("<b>", r#"{"text":"</script><script>alert(1)</script>"}"#);
        assert_eq!(file.matches("</script>").count(), 2);
        assert!(file.contains("<title>&lt;b></title>"));
        assert!(!SCRIPT.text.contains("</script"), "the script ends its own element");
    }
}
