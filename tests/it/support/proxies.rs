//! Real reverse proxies, set up with the very texts of `docs/forward-auth.md`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::janitor::{self, Server};
use super::{accepts, wait_until};

/// A proxy in front of an app, gone with its files when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    server: Server,
    /// The app's address, as people open it.
    pub(crate) address: String,
    _directory: TempDir,
}

/// What the texts of the documentation are filled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    /// The provider's public URL, where it also listens.
    pub(crate) provider: &'a str,
    pub(crate) client_id: &'a str,
    /// The port of the app.
    pub(crate) app: u16,
}

/// The address of an app whose proxy will listen on this port: another host than the provider's `localhost`, so that a browser keeps their cookies apart.
pub(crate) fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// A text of the documentation, with real values in place of the example's.
fn documented(language: &str, address: &str, values: Values<'_>) -> String {
    let documentation = include_str!("../../../docs/forward-auth.md");
    let (_, after) = documentation.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("no text for {language}"));
    let (text, _) = after.split_once("```").expect("the end of the text");
    // It listens on one of the two addresses of `localhost` only.
    let provider = values.provider.replace("http://localhost:", "127.0.0.1:");
    text.replace("muster:1411", &provider)
        .replace("CLIENT_ID", values.client_id)
        .replace("https://wiki.example.org", address)
        .replace("wiki:8080", &format!("127.0.0.1:{}", values.app))
}

/// An nginx that writes into its own directory alone, with these blocks `server`.
pub(super) fn nginx(directory: &Path, servers: &str) -> Command {
    let root = directory.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {root}/{name};\n")).concat();
    let configuration = format!(
        "daemon off;\npid {root}/pid;\nerror_log stderr info;\nworker_processes 1;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\n{servers}}}\n"
    );
    let file = directory.join("nginx.conf");
    std::fs::write(&file, configuration).expect("own directory");
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-p").arg(directory).arg("-c").arg(&file).args(["-e", "stderr"]);
    command
}

impl Proxy {
    /// nginx on this port.
    pub(crate) async fn nginx(port: u16, values: Values<'_>) -> Self {
        Self::nginx_with(port, documented("nginx", &address(port), values)).await
    }

    /// nginx with the further lines that the documentation names for apps with web sockets.
    pub(crate) async fn nginx_with_web_sockets(port: u16, values: Values<'_>) -> Self {
        let documentation = include_str!("../../../docs/forward-auth.md");
        let (_, after) = documentation.split_once("For an app with web sockets add").expect("the lines for web sockets");
        let lines = after.split("```").nth(1).expect("the lines themselves");
        let text = documented("nginx", &address(port), values);
        // Into `location /`, which is the first one.
        Self::nginx_with(port, text.replacen("location / {\n", &format!("location / {{\n{lines}"), 1)).await
    }

    async fn nginx_with(port: u16, text: String) -> Self {
        let (address, directory) = (address(port), janitor::directory("nginx"));
        let command = nginx(directory.path(), &format!("server {{\nlisten 127.0.0.1:{port};\n{text}}}\n"));
        Self::started(command, port, address, directory).await
    }

    /// Caddy on this port.
    pub(crate) async fn caddy(port: u16, values: Values<'_>) -> Self {
        let (address, directory) = (address(port), janitor::directory("caddy"));
        let file = directory.path().join("Caddyfile");
        let configuration = format!("{{\n\tadmin off\n\tauto_https off\n}}\n{}", documented("caddyfile", &address, values));
        std::fs::write(&file, configuration).expect("own directory");
        let mut command = Command::new("/usr/bin/caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file).current_dir(directory.path());
        command.envs(["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, directory.path())));
        Self::started(command, port, address, directory).await
    }

    async fn started(command: Command, port: u16, address: String, directory: TempDir) -> Self {
        let mut server = Server::start(command, &directory.path().join("log"), "TERM");
        let listens = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        wait_until("the proxy to accept connections or to give up", async || server.ended().is_some() || accepts(listens).await).await;
        assert!(server.ended().is_none(), "the proxy did not start:\n{}", server.log());
        Self { server, address, _directory: directory }
    }

    /// What its log says, for the message of a test that failed.
    pub(crate) fn log(&self) -> String {
        self.server.log()
    }

    /// An address of the app.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}
