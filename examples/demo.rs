//! `cargo run --release --example demo`: Muster with an embedded database, a small LDAP directory and an example app, all in this process.
//! Everything lives in a temporary folder and is gone when the demo ends.

#[path = "demo/directory.rs"]
mod directory;
#[path = "demo/wiki.rs"]
mod wiki;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = (directory::start, wiki::start);
    Ok(())
}
