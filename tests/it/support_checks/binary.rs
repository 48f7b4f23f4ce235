//! The real binary starts, says where it listens, and stops when asked or killed.

use crate::support::http::Browser;
use crate::support::process::{Muster, Said, newest_link};

#[tokio::test]
async fn the_binary_runs_commands_and_serves_until_told_to_stop() {
    let mut muster = Muster::new();
    let version = muster.run(["version"]).await;
    assert_eq!(version.status, 0, "{version:?}");
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{version:?}");

    muster.set("PORT", "no port");
    let refused = muster.run(["serve"]).await;
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("PORT") && refused.stdout.is_empty(), "{refused:?}");
    muster.unset("PORT");
    let port = muster.url().rsplit(':').next().expect("a port").to_owned();
    muster.set("PORT", &port);

    muster.serve().await;
    let first = muster.setup_link();
    let process = muster.process_id();
    assert!(Browser::new(&muster.url()).get("/healthz").await.status.is_success());
    assert!(muster.stop().await.success(), "{}", muster.log());
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());

    muster.serve().await;
    assert!(first.is_none() || muster.setup_link() != first, "a new start voids the old set-up link");
    muster.kill9().await;
    assert!(muster.directory().join("data").is_dir(), "the database is where the binary ran");
}

#[test]
fn what_the_binary_says_can_be_read() {
    let log =
        "listening on http://localhost:7\nset up: http://localhost:7/lc/old\nset up: http://localhost:7/lc/new (24 h)\nhttp://localhost:8/lc/other\n";
    assert_eq!(newest_link(log, "http://localhost:7"), Some("http://localhost:7/lc/new"));
    assert_eq!(newest_link(log, "http://localhost:9"), None);
    let said = Said { status: 0, stdout: "[]\n".to_owned(), stderr: "one line more".to_owned() };
    assert_eq!(said.json(), serde_json::json!([]));
}
