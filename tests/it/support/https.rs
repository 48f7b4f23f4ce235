//! Names of their own with https in front of servers of the tests: a real nginx, and a Chromium that finds it under every name it serves and believes its
//! certificate. What browsers do for https alone is tested through this.

use std::net::{Ipv4Addr, SocketAddr};

use tempfile::TempDir;

use super::browser::{Chromium, Page};
use super::janitor::{self, Server};
use super::{accepts, certificates, free_port, proxies, wait_until};

/// The front and the browser, gone when dropped.
#[derive(Debug)]
pub(crate) struct Https {
    chromium: Chromium,
    _front: Server,
    _directory: TempDir,
}

impl Https {
    /// Names below `.example`, each in front of the server on a port here.
    pub(crate) async fn start(names: &[(&str, u16)]) -> Self {
        let (directory, port) = (janitor::directory("https"), free_port());
        let certificate = certificates::issue(directory.path(), &names.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let server = |(name, behind): &(&str, u16)| {
            format!(
                "server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name {name};\nssl_certificate {};\nssl_certificate_key {};
location / {{\nproxy_pass http://127.0.0.1:{behind};\nproxy_set_header Host $host;\nproxy_set_header X-Forwarded-For $remote_addr;\n}}\n}}\n",
                certificate.certificate.display(),
                certificate.key.display()
            )
        };
        let command = proxies::nginx(directory.path(), &names.iter().map(server).collect::<String>());
        let mut front = Server::start(command, &directory.path().join("log"), "TERM");
        let listens = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        wait_until("nginx to accept connections or to give up", async || front.ended().is_some() || accepts(listens).await).await;
        assert!(front.ended().is_none(), "nginx did not start:\n{}", front.log());
        let chromium = Chromium::start(&[
            format!("--host-resolver-rules=MAP *.example 127.0.0.1:{port}"),
            format!("--ignore-certificate-errors-spki-list={}", certificates::key_hash(&certificate)),
            // Else it waits for a minute.
            "--short-reporting-delay".to_owned(),
        ])
        .await;
        Self { chromium, _front: front, _directory: directory }
    }

    /// An empty tab that knows no cookies.
    pub(crate) async fn page(&self) -> Page {
        self.chromium.page().await
    }
}
