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

/// Twice a file of clients, in a world whose only folder to write to is the database's: `$1` is the binary, `$2` and `$3` are the files.
const CONFINED: &str = r#"
    mount -t tmpfs none /mnt
    mkdir /mnt/bin /mnt/files
    mount --bind "$(dirname "$1")" /mnt/bin
    cp "$2" "$3" /mnt/files/
    mount -t tmpfs -o ro none /tmp
    mount -t tmpfs -o ro none /var/tmp
    cd /proc
    for file in "$2" "$3"; do
        env -i DB_CONNECTION_STRING="sqlite:///mnt/it's/muster.db" "/mnt/bin/$(basename "$1")" clients apply "/mnt/files/$(basename "$file")"
    done
"#;

/// As in a container with a read-only root. Where the test may not make such a world, it says so and ends.
#[test]
fn nothing_but_the_folder_of_the_database_is_written_to() {
    let unshare = |arguments: &[&std::ffi::OsStr]| {
        let ran = std::process::Command::new("unshare").args(["-m", "sh", "-ec"]).args(arguments).output().expect("unshare is installed");
        (ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr))
    };
    if !unshare(&["mount -t tmpfs none /mnt".as_ref()]).0 {
        eprintln!("skipped: no mounts are allowed here");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let files = [("first.toml", "RS256"), ("second.toml", "ES256")].map(|(name, alg)| {
        let client = |n: usize| {
            format!(
                "[[client]]\nclient_id = \"app-{n}\"\nname = \"App {n}\"\nredirect_uris = [\"https://app-{n}.example.org/callback\"]\nis_public = true\n\
                 signing_alg = \"{alg}\"\n"
            )
        };
        let file = folder.path().join(name);
        std::fs::write(&file, (0..1_000).map(client).collect::<String>()).expect("written");
        file
    });
    let binary: &std::ffi::OsStr = env!("CARGO_BIN_EXE_muster").as_ref();
    let (done, said) = unshare(&[CONFINED.as_ref(), "sh".as_ref(), binary, files[0].as_os_str(), files[1].as_os_str()]);
    assert!(done && said.contains("1000 created") && said.contains("1000 changed"), "{said}");
}
