//! Programs with OpenID clients no one here wrote (`tests/rp`), and the conversation with them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::janitor;

/// Starting an interpreter and its libraries takes a while where many tests run.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    OpenidClient,
    Oauth4webapi,
    Authlib,
    MozillaDjangoOidc,
    /// A client of the Model Context Protocol, and the server it wants to use.
    Mcp,
}

/// A running program.
#[derive(Debug)]
pub(crate) struct RelyingParty {
    child: Child,
    stdin: ChildStdin,
    lines: mpsc::UnboundedReceiver<String>,
    log: PathBuf,
    said: Vec<String>,
    _directory: tempfile::TempDir,
}

/// What the program wants next.
#[derive(Debug)]
pub(crate) enum Wants {
    /// A person's browser sent there.
    Go(String),
    /// Nothing more: this is what it found.
    Done(Value),
}

fn command(program: Program) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (installed, here) = (root.join("target/relying-parties"), root.join("tests/rp"));
    let source = |name: &str| std::fs::read_to_string(here.join(name)).expect("a program of ours");
    let node = |name: &str| {
        // Given as text, so that imports are looked up where the libraries are.
        let mut command = Command::new("/usr/bin/node");
        command.current_dir(installed.join("node")).args(["--experimental-global-webcrypto", "--input-type=module", "--eval"]);
        command.arg(format!("{}{}", source("conversation.mjs"), source(name)));
        command
    };
    let python = |name: &str| {
        let mut command = Command::new(installed.join("python/bin/python"));
        command.arg("-B").arg(here.join(name));
        command
    };
    match program {
        Program::OpenidClient => node("openid-client.mjs"),
        Program::Oauth4webapi => node("oauth4webapi.mjs"),
        Program::Authlib => python("authlib_client.py"),
        Program::MozillaDjangoOidc => python("django_client.py"),
        Program::Mcp => node("mcp.mjs"),
    }
}

impl RelyingParty {
    /// Starts a program and tells it what it is configured with.
    pub(crate) fn start(program: Program, configuration: &Value) -> Self {
        let directory = janitor::directory("relying-party");
        let log = directory.path().join("log");
        let written = std::fs::File::create(&log).expect("own directory");
        let mut child = command(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(written)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program:?}: {error} (scripts/test installs what the tests need)"));
        janitor::watch(child.id(), "TERM");
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (heard, lines) = mpsc::unbounded_channel();
        // Ends with the program.
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| heard.send(line)));
        let mut started = Self { child, stdin, lines, log, said: Vec::new(), _directory: directory };
        started.tell(configuration);
        started
    }

    fn tell(&mut self, line: &Value) {
        let sent = writeln!(self.stdin, "{line}").and_then(|()| self.stdin.flush());
        assert!(sent.is_ok(), "the program has ended: {}", self.log());
    }

    /// Waits for what the program wants next.
    ///
    /// Panics with what it printed when it ends or says nothing.
    pub(crate) async fn wants(&mut self) -> Wants {
        let line = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
        let Ok(Some(line)) = line else { panic!("the program said nothing more after {:#?}:\n{}", self.said, self.log()) };
        let parsed: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.said.push(line);
        match parsed["go"].as_str() {
            Some(url) => Wants::Go(url.to_owned()),
            None => Wants::Done(parsed["result"].clone()),
        }
    }

    /// Tells where the browser was sent back to.
    pub(crate) fn back(&mut self, url: &str) {
        self.tell(&json!({ "back": url }));
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for RelyingParty {
    fn drop(&mut self) {
        // It may have ended by itself, as it should.
        self.child.kill().ok();
        self.child.wait().expect("own child");
        janitor::forget(self.child.id());
    }
}
