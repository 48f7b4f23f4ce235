//! The real binary starts, says where it listens, and stops when asked or killed.

use crate::support::http::Browser;
use crate::support::process::Muster;

#[tokio::test]
async fn the_binary_runs_commands_and_serves_until_told_to_stop() {
    let mut muster = Muster::new();
    let version = muster.run(["version", "--format", "json"]).await;
    assert_eq!(version.status, 0, "{version:?}");
    assert!(version.json().is_object());

    muster.set("PORT", "no port");
    let refused = muster.run(["serve"]).await;
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("PORT") && refused.stdout.is_empty(), "{refused:?}");
    muster.unset("PORT");
    let port = muster.url().rsplit(':').next().expect("a port").to_owned();
    muster.set("PORT", &port);

    muster.serve().await;
    let first = muster.setup_link().expect("a set-up link on first start");
    let process = muster.process_id();
    assert_eq!(Browser::new(&muster.url()).get("/healthz").await.status, 200);
    assert!(muster.stop().await.success(), "{}", muster.log());
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());

    muster.serve().await;
    assert_ne!(muster.setup_link().as_ref(), Some(&first), "a new start prints a new link");
    muster.kill9().await;
    assert!(muster.directory().join("data").is_dir(), "the database is where the binary ran");
}
