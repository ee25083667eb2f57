//! The address that opens a line of a file in an editor.

use std::fmt::Write;
use std::path::Path;
use std::str::FromStr;

/// The address, with `{path}` and `{line}` for what it shall open.
#[derive(Clone, Debug)]
pub(crate) struct Editor(String);

/// Editors that register addresses of their own, by name.
const KNOWN: [(&str, &str); 7] = [
    ("vscode", "vscode://file{path}:{line}"),
    ("vscodium", "vscodium://file{path}:{line}"),
    ("cursor", "cursor://file{path}:{line}"),
    ("windsurf", "windsurf://file{path}:{line}"),
    ("zed", "zed://file{path}:{line}"),
    ("idea", "idea://open?file={path}&line={line}"),
    ("textmate", "txmt://open?url=file://{path}&line={line}"),
];

/// What a browser would run, or show in place of the viewer.
const REFUSED: [&str; 7] = ["javascript", "vbscript", "data", "blob", "about", "view-source", "filesystem"];

impl FromStr for Editor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, address)) = KNOWN.iter().find(|(name, _)| *name == text) {
            return Ok(Self((*address).into()));
        }
        let names = KNOWN.map(|(name, _)| name).join(", ");
        let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        match scheme.filter(|scheme| is_scheme(scheme)) {
            Some(scheme) if REFUSED.contains(&&*scheme) => Err(format!("an address of `{scheme}:` opens no editor")),
            Some(_) if text.contains("{path}") => Ok(Self(text.into())),
            Some(_) => Err("the address needs `{path}`, and may have `{line}`, as `vscode://file{path}:{line}`".into()),
            None => Err(format!("write one of {names}, or an address such as `vscode://file{{path}}:{{line}}`")),
        }
    }
}

impl Editor {
    /// The address of a line.
    pub(super) fn open(&self, file: &Path, line: usize) -> String {
        self.0.replace("{path}", &encoded(&file.to_string_lossy())).replace("{line}", &line.to_string())
    }
}

/// A path in an address: with slashes, one at the beginning, and no sign that has a meaning there.
fn encoded(path: &str) -> String {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    let is_windows = path.get(1..3) == Some(r":\");
    let mut address = String::from(if path.starts_with('/') { "" } else { "/" });
    for byte in path.bytes() {
        match byte {
            b'\\' if is_windows => address.push('/'),
            b':' if is_windows => address.push(':'),
            b'/' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(byte)),
            byte => {
                let _ = write!(address, "%{byte:02X}"); // into memory: it does not fail
            }
        }
    }
    address
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_the_path_as_a_path_whatever_its_name() {
        let open = |editor: &str, path: &str| editor.parse::<Editor>().unwrap().open(Path::new(path), 7);
        assert_eq!(open("vscode", "/a b/src/ä.rs"), "vscode://file/a%20b/src/%C3%A4.rs:7");
        assert_eq!(open("idea", "/a&line=1#?%.rs"), "idea://open?file=/a%26line%3D1%23%3F%25.rs&line=7");
        assert_eq!(open("x-mine:{line}@{path}", "/a:1.rs"), "x-mine:7@/a%3A1.rs");
        assert_eq!(open("zed", r"\\?\C:\a\b.rs"), "zed://file/C:/a/b.rs:7");
    }

    #[test]
    fn what_opens_no_editor_is_refused() {
        for refused in [
            "emacs",
            "",
            "javascript:alert('{path}')",
            "JavaScript:{path}",
            "data:,{path}",
            "vscode://file",
            ":{path}",
            "1x:{path}",
            "a b:{path}",
        ] {
            assert!(refused.parse::<Editor>().is_err(), "{refused}");
        }
    }
}
