//! The variables of the environment.

use std::env;
use std::path::{Path, PathBuf};

#[cfg(feature = "http")]
use crate::error::Error;

/// The folder of the spool: `HUMANLOOP_SPOOL`, else `.humanloop/spool` in the current directory.
pub(crate) fn path_of_spool() -> PathBuf {
    let path = env::var_os("HUMANLOOP_SPOOL").filter(|path| !path.is_empty());
    path.map_or_else(|| Path::new(".humanloop").join("spool"), PathBuf::from)
}

/// Whether a variable says yes.
pub(crate) fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
}

/// A variable's text; one that is empty counts as not set.
#[cfg(feature = "http")]
pub(crate) fn text(name: &'static str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::Setting { name, problem: "it is not UTF-8 text".into() }),
    }
}
