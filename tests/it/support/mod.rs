//! What integration tests stand on: real servers, a real browser, passkeys in software.
//!
//! | file | gives |
//! |---|---|
//! | [`app`] | a server in the test process, on either database |
//! | [`process`] | the `muster` binary as a server and as a command |
//! | [`http`] | a browser's manners over plain HTTP: cookies, forms, same-origin headers |
//! | [`browser`], [`cdp`] | pages in a real Chromium |
//! | [`https`] | names with certificates in front of servers here, and a Chromium that finds them |
//! | [`access`] | whether everyone can use a page: axe-core's rules, narrow windows, preferences |
//! | [`firefox`] | a page in a real Firefox |
//! | [`virtual_authenticator`] | a passkey device inside that Chromium |
//! | [`authenticator`] | a passkey in software for tests without a browser |
//! | [`forge`] | an authenticator whose every byte a test can bend |
//! | [`postgres`] | an empty PostgreSQL database per test |
//! | [`apache`] | a real Apache as an OpenID client |
//! | [`relying_party`] | OpenID clients of other languages |
//! | [`proxies`], [`guarded`] | a real nginx or Caddy, and an app behind it |
//! | [`signer`] | keys of clients that sign JWTs, and a server that publishes them |
//! | [`slapd`], [`samba`], [`ds389`] | real directories: OpenLDAP, an Active Directory domain controller, 389 Directory Server |
//! | [`faulty_ldap`] | a directory in the test process that does everything wrong a test asks for |
//! | [`mailbox`] | a mail server that keeps what it takes |
//! | [`ldap_tools`], [`certificates`] | what the directories share |
//! | [`janitor`] | nothing of all this outlives the test binary, however it ends |

pub(crate) mod access;
pub(crate) mod apache;
pub(crate) mod app;
pub(crate) mod authenticator;
pub(crate) mod browser;
pub(crate) mod cdp;
pub(crate) mod certificates;
pub(crate) mod ds389;
pub(crate) mod faulty_ldap;
pub(crate) mod firefox;
pub(crate) mod forge;
pub(crate) mod guarded;
pub(crate) mod http;
pub(crate) mod https;
pub(crate) mod janitor;
pub(crate) mod ldap_tools;
pub(crate) mod mailbox;
pub(crate) mod makers;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod proxies;
pub(crate) mod relying_party;
pub(crate) mod samba;
pub(crate) mod signer;
pub(crate) mod slapd;
pub(crate) mod virtual_authenticator;

use std::net::{SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long a test waits for anything before it says what did not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Asks `holds` again and again until it says yes.
///
/// Panics with `what` when [`PATIENCE`] is over.
pub(crate) async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "waited {PATIENCE:?} in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A loopback port nobody listens on at this moment, another one at each call. It lies below the range the system takes ports of outgoing connections from
/// (32768 to 60999), so that no connection of another test can slip in before it is used.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 11_000;
    const COUNT: u32 = 20_000;
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    // Test binaries that run beside each other begin at different places.
    let next = NEXT.get_or_init(|| AtomicU32::new(std::process::id().wrapping_mul(7919)));
    loop {
        let offset = next.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + u16::try_from(offset).expect("below the count");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether something accepts connections at `address`.
pub(crate) async fn accepts(address: SocketAddr) -> bool {
    tokio::net::TcpStream::connect(address).await.is_ok()
}

/// Random letters and digits, for names that must not meet.
pub(crate) fn random_name() -> String {
    let mut bytes = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs a short command to its end without holding up the test's runtime.
///
/// Panics when the program cannot be started.
pub(crate) async fn output(command: std::process::Command, input: &str) -> std::process::Output {
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || output_blocking(command, &input)).await.expect("the command's thread does not panic")
}

fn output_blocking(mut command: std::process::Command, input: &str) -> std::process::Output {
    use std::io::Write as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::Stdio;
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {program}: {error} (scripts/test installs what the tests need)"));
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // Not all of them are short enough never to be caught by an interrupted run.
    let process_id = child.id();
    janitor::watch(process_id, "TERM");
    let output = std::thread::scope(|scope| {
        // A program that stops before it has read everything says why on its own.
        scope.spawn(move || stdin.write_all(input.as_bytes()).ok());
        child.wait_with_output().unwrap_or_else(|error| panic!("cannot wait for {program}: {error}"))
    });
    janitor::forget(process_id);
    output
}

/// [`output`], and a panic with everything the program said when it did not succeed. Gives standard output.
pub(crate) async fn succeed(command: std::process::Command, input: &str) -> String {
    let spoken = format!("{command:?}");
    let output = output(command, input).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{spoken}: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    said
}
