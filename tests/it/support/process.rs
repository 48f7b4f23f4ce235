//! The real binary, as a server and as a command, in a folder of its own with nothing of the caller's environment.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, ExitStatus};

use rustix::process::Signal;
use tempfile::TempDir;

use super::janitor::{self, Server};
use super::{accepts, free_port, output, wait_until};

/// What the server prints goes here, inside its folder.
const LOG: &str = "server.log";

/// One installation of Muster: a folder, an address and an environment. The database is SQLite in that folder unless `DB_CONNECTION_STRING` is set.
#[derive(Debug)]
pub(crate) struct Muster {
    directory: TempDir,
    port: u16,
    environment: BTreeMap<String, String>,
    server: Option<Server>,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    /// The exit status; 0 done, 1 refused or failed, 2 wrong usage or configuration.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Standard output as JSON.
    ///
    /// Panics with everything the command said when it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

impl Muster {
    /// An installation that has never run, for `http://localhost:` and a free port.
    pub(crate) fn new() -> Self {
        let port = free_port();
        let environment = [
            ("APP_URL", format!("http://localhost:{port}")),
            ("HOST", "127.0.0.1".to_owned()),
            ("PORT", port.to_string()),
            ("ENCRYPTION_KEY", "a key for the tests that nobody else uses".to_owned()),
        ];
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { directory: janitor::directory("muster"), port, environment, server: None }
    }

    /// Sets a variable for the server and for commands.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable away.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.environment.remove(name);
        self
    }

    /// The variables set.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        self.environment.clone()
    }

    /// The public URL.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The working directory, where `data/` appears.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(arguments).current_dir(self.directory.path()).env_clear().envs(&self.environment);
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run<const N: usize>(&self, arguments: [&str; N]) -> Said {
        let ended = output(self.command(&arguments), "").await;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Said { status: ended.status.code().expect("not killed"), stdout: text(ended.stdout), stderr: text(ended.stderr) }
    }

    /// Starts a command and does not wait for its end; what it prints goes into the file `log` of its folder.
    pub(crate) fn start<const N: usize>(&self, arguments: [&str; N], log: &str) -> Server {
        Server::start(self.command(&arguments), &self.directory.path().join(log), "TERM")
    }

    /// Starts the server and waits until it has named its address and accepts connections.
    ///
    /// Panics with what it said when it stops instead.
    pub(crate) async fn serve(&mut self) {
        assert!(self.server.is_none(), "the server is already running");
        let before = self.log().len();
        let mut server = Server::start(self.command(&["serve"]), &self.directory.path().join(LOG), "TERM");
        let (address, named) = (SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)), format!(":{}", self.port));
        wait_until("the server to name its address or to give up", async || {
            server.ended().is_some() || (server.log()[before..].contains(&named) && accepts(address).await)
        })
        .await;
        assert!(server.ended().is_none(), "the server did not start:\n{}", server.log());
        self.server = Some(server);
    }

    /// Everything the server has printed, over all its starts.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join(LOG)).unwrap_or_default()
    }

    /// The newest one-time set-up link in the log.
    pub(crate) fn setup_link(&self) -> Option<String> {
        newest_link(&self.log(), &self.url()).map(str::to_owned)
    }

    /// The server's process id.
    pub(crate) fn process_id(&self) -> u32 {
        self.server.as_ref().expect("the server is running").id()
    }

    /// Asks the server to stop (SIGTERM) and waits until it has.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.server.take().expect("the server is running").end(Signal::TERM).await
    }

    /// Kills the server without warning (SIGKILL).
    pub(crate) async fn kill9(&mut self) {
        self.server.take().expect("the server is running").end(Signal::KILL).await;
    }
}

/// The last one-time link to the site at `url` in a log.
pub(crate) fn newest_link<'a>(log: &'a str, url: &str) -> Option<&'a str> {
    let start = format!("{url}/lc/");
    log.split_whitespace().rfind(|word| word.starts_with(&start))
}
