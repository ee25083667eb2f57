//! A look at the session afterwards.

use humanloop::Session;
use humanloop::store::{Store, text};

/// Prints the session as `humanloop show` does.
pub(crate) fn print_session(session: &Session) -> Result<(), Box<dyn std::error::Error>> {
    if let Ok(url) = std::env::var("HUMANLOOP_BASE_URL") {
        println!("\nThe logs are at {url}.");
        return Ok(());
    }
    let store = Store::open_existing(&humanloop::store_path())?;
    let tree = store.tree(session.id())?;
    print!("\n{}", text::tree(&tree, text::Style::default()));
    Ok(())
}
