//! One PostgreSQL server for the whole test binary, an empty database for each test that asks.
//!
//! The server listens on a free loopback port, keeps nothing safe (`fsync` off) and lives in the run's temporary folder. With `MUSTER_TEST_POSTGRES` set to
//! a connection string of a role that may create databases, that server is used instead, and the databases are dropped at the end.

use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::{Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::janitor::{self, Server};
use super::{free_port, random_name, succeed, wait_until};

/// The password in every connection string. The server does not ask for it; tests may look for it where no password belongs.
pub(crate) const PASSWORD: &str = "opensesame-postgres";

/// The connection string of an empty database nobody else uses.
pub(crate) async fn database() -> String {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    let cluster = CLUSTER.get_or_init(Cluster::start).await;
    let name = format!("muster_{}", random_name());
    let mut connection = PgConnection::connect(&cluster.url("postgres")).await.expect("the PostgreSQL server answers");
    let statement = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
    connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("a new database");
    connection.close().await.expect("an orderly goodbye");
    let url = cluster.url(&name);
    if cluster.own.is_none() {
        janitor::run_at_end(&format!("psql '{}' -qc 'DROP DATABASE IF EXISTS {name} WITH (FORCE)'", cluster.url("postgres")));
    }
    url
}

struct Cluster {
    base: url::Url,
    own: Option<(Server, TempDir)>,
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        let mut url = self.base.clone();
        url.set_path(database);
        url.into()
    }

    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, not configuration of the product")]
    async fn start() -> Self {
        if let Ok(given) = std::env::var("MUSTER_TEST_POSTGRES") {
            return Self { base: given.parse().expect("MUSTER_TEST_POSTGRES is a connection string"), own: None };
        }
        let directory = janitor::directory("postgres");
        let cluster = directory.path().join("cluster");
        std::fs::create_dir(&cluster).expect("own directory");
        if rustix::process::geteuid().is_root() {
            let mut chown = Command::new("chown");
            chown.args(["postgres:postgres", "--"]).arg(&cluster);
            succeed(chown, "").await;
        }
        let mut initdb = as_postgres(&programs().join("initdb"));
        initdb.args(["--username=muster", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--pgdata"]);
        succeed(in_directory(initdb, &cluster), "").await;
        for _ in 0..3 {
            let port = free_port();
            if let Some(server) = listen(&cluster, &directory.path().join("log"), port).await {
                let base = format!("postgres://muster:{PASSWORD}@127.0.0.1:{port}").parse().expect("a valid connection string");
                return Self { base, own: Some((server, directory)) };
            }
        }
        panic!("PostgreSQL found no free port in three tries");
    }
}

/// Starts the server; `None` when it did not stay, which is what a port taken in between looks like.
async fn listen(cluster: &Path, log: &Path, port: u16) -> Option<Server> {
    let mut postgres = as_postgres(&programs().join("postgres"));
    postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300", "-c"]);
    postgres.arg(format!("port={port}"));
    for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "timezone=UTC"] {
        postgres.args(["-c", setting]);
    }
    postgres.arg("-D");
    let mut server = Server::start(in_directory(postgres, cluster), log, "INT");
    wait_until("PostgreSQL to accept connections or to give up", async || {
        server.ended().is_some() || server.log().contains("database system is ready to accept connections")
    })
    .await;
    match server.ended() {
        None => Some(server),
        Some(_) if server.log().contains("Address already in use") => None,
        Some(status) => panic!("PostgreSQL did not start: {status}\n{}", server.log()),
    }
}

/// PostgreSQL refuses to run as root. `setpriv` becomes the program it runs, so the process id is the server's.
fn as_postgres(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program).env("HOME", "/");
    command
}

fn in_directory(mut command: Command, cluster: &Path) -> Command {
    command.arg(cluster).current_dir(cluster).env("LC_ALL", "C.UTF-8");
    command
}

/// Where the server's programs are: Debian keeps them per version and off the path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    newest.map_or_else(PathBuf::new, |version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
}
