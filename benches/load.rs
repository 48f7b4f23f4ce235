//! What `benches/load` runs: the server on one processor, the load on the other. See there for how to use it.
//!
//! Each figure stands beside its limit, which is measured in the same run, taking turns: a bare signature of the same library; the least that a request of
//! the kind can do (nothing, one point select, one durable commit) behind the same middleware in a process of the same build. A ratio compares how many
//! requests one processor could answer (a second divided by the server's processor time per request, in the process and in the kernel for it), because
//! requests per second say more about who else uses the machine.
//!
//! Measured on 22 November 2026 with every compiler of the machine stopped, one round of two seconds (PostgreSQL: of one), built with `lto = "off"` in 16 units (the
//! release profile was not measured). Microseconds of processor time per request, and how many such requests one processor could answer in a second:
//!
//! | | SQLite | PostgreSQL | beside the limit of the same run | to hold |
//! |---|---|---|---|---|
//! | a bare handler (the limit itself) | 14.1: 71,000 | | | |
//! | a point select (the limit itself) | 27.7: 36,100 | 25.5: 39,200 | | |
//! | a signature ES256 and one durable row (the limit itself) | 54.9: 18,200 | 51.0: 19,600 | | |
//! | a bare signature ES256 (the limit itself) | 16.5: 60,700 | | | |
//! | discovery | 18.4: 54,400 | | 77 % | 80 % |
//! | JWKS | 18.1: 55,100 | | 78 % | 80 % |
//! | userinfo | 76 to 81: 12,300 to 13,100 | 66.9: 15,000 | 34 to 36 and 38 % | 60 % |
//! | introspect | 60 to 64: 15,700 to 16,800 | 66.7: 15,000 | | |
//! | client credentials, JWT ES256 | 74 to 76: 13,100 to 13,500 | 73.2: 13,700 | 22 to 23 and 23 % | 40 % |
//! | code exchange ES256 | 174 to 185: 5,400 to 5,700 | 204: 4,900 | 30 and 25 % | 80 % |
//! | refresh ES256 | 175 to 187: 5,300 to 5,700 | 160: 6,200 | 29 to 30 and 32 % | 80 % |
//!
//! So none of these holds beside what this very machine gives at the least. Beside the numbers that the limits were set with (a bare handler 62,000 in a second, a
//! point select 21,800 on SQLite and 18,400 on PostgreSQL, "about 5,000" for a signature and a durable row with group commit, 68,000 bare signatures ES256) these
//! hold: discovery and JWKS (49,600), code exchange and refresh with ES256 (4,000) on both databases, userinfo on PostgreSQL (11,000); userinfo on SQLite is on the
//! line (13,100), and client credentials with ES256 do not hold (27,200). RS256 and EdDSA were not measured that day; the day before, on a busy machine and SQLite,
//! RS256 reached 78 % of bare signatures with client credentials, 64 % with code exchange and 60 % with refresh (60 % to hold), and EdDSA as much as ES256.
//!
//! The 99th percentile at half load in those short rounds (limit 10 ms), SQLite and PostgreSQL: discovery 6, JWKS 16, userinfo 1.6 to 5.4 and 2.1, introspect 1.3 to
//! 3.0 and 4.9, client credentials 1.4 to 6.8 and 17.8, code exchange 8.1 to 14.9 and 32.7, refresh 10.6 to 19.5 and 8.8: over it where codes and refresh tokens are
//! written. Memory on SQLite, on the day before: 28 MB at the start, 40 after 0.1 million requests of the mix, 59 after one million; more were not run, so whether
//! it stays flat is not known (SQLite's caches alone may take 32 MB).
//!
//! Where a refresh with ES256 spends its instructions (callgrind, SQLite): the signature 27 %, SQLite's statements 20 %, the rest of SQLite's thread 8 %, all else 45 %;
//! userinfo: SQLite's statement 24 %, carrying its 33 columns over and reading them 17 %, the groups' JSON 7 %, claims and answer 13 %.

#![expect(clippy::panic, clippy::print_stdout, reason = "a bench prints what it measures and stops where it cannot measure")]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "figures for people")]

#[path = "loading/ceilings.rs"]
mod ceilings;
#[path = "loading/http.rs"]
mod http;
#[path = "loading/process.rs"]
mod process;
#[path = "loading/seed.rs"]
mod seed;

use std::collections::BTreeMap;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use muster::clients::SigningAlg;
use muster::config::Config;
use muster::secret::{base64url, sha256};
use muster::server;

use http::{Load, Until, request, run};
use process::Server;
use seed::{REDIRECT_URI, Seeded, VERIFIER};

/// The processor that is the server's alone.
const SERVER_CORE: &str = "0";
/// Callers at once: enough that a commit is shared, as few as a busy installation may have.
const CALLERS: usize = 64;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// How many answers within this are the ninety-nine of a hundred, at half load.
const P99_MS: f64 = 10.0;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve-ceilings", port] => ceilings::serve(port.parse().expect("a port")).await,
        ["signatures", alg] => ceilings::signatures(SigningAlg::from_text(alg).expect("an algorithm")),
        ["other", pid, address, ref rest @ ..] => other(pid, address, rest).await,
        ["memory", millions] => memory(millions.parse().expect("a number of millions")).await,
        ref filters => speed(filters).await,
    }
}

/// What this process was told by its environment.
fn config_from_environment() -> Config {
    Config::from_variables(&std::env::vars().collect(), &server::setting_names()).expect("a configuration")
}

#[expect(clippy::disallowed_methods, reason = "switches of the measurement")]
fn number(variable: &str, otherwise: u32) -> u32 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// A place where the server and its limits run.
struct Place {
    engine: &'static str,
    folder: tempfile::TempDir,
    database: String,
}

impl Place {
    /// SQLite, and PostgreSQL where there is one.
    #[expect(clippy::disallowed_methods, reason = "a switch of the measurement")]
    async fn all() -> Vec<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite://{}", folder.path().join("muster.db").display());
        let mut places = vec![Self { engine: "SQLite", folder, database }];
        if let Ok(server) = std::env::var("MUSTER_BENCH_POSTGRES") {
            use sqlx::{Connection as _, Executor as _};
            let name = format!("load_{}", std::process::id());
            let mut connection = sqlx::PgConnection::connect(&server).await.expect("PostgreSQL answers");
            connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a database");
            let mut url: url::Url = server.parse().expect("a connection string");
            url.set_path(&name);
            places.push(Self { engine: "PostgreSQL", folder: tempfile::tempdir().expect("a folder"), database: url.into() });
        }
        places
    }

    fn variables(&self, port: u16) -> Vec<(&'static str, String)> {
        vec![
            ("APP_URL", format!("http://localhost:{port}")),
            ("HOST", "127.0.0.1".to_owned()),
            ("PORT", port.to_string()),
            ("DB_CONNECTION_STRING", self.database.clone()),
            ("ENCRYPTION_KEY", "measured, not guarded".to_owned()),
        ]
    }

    async fn fill(&self, port: u16) -> Seeded {
        let variables: BTreeMap<String, String> = self.variables(port).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        seed::fill(Config::from_variables(&variables, &server::setting_names()).expect("a configuration")).await
    }

    async fn serve(&self, port: u16) -> Server {
        assert!(self.folder.path().is_dir());
        Server::start(env!("CARGO_BIN_EXE_muster"), &["serve"], &self.variables(port), port).await
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port()
}

/// What an endpoint is held against.
#[derive(Clone, Copy)]
enum Ceiling {
    /// Nothing.
    None,
    /// A signature with nothing around it, for the share of it that must be reached.
    Signature(SigningAlg, f64),
    /// A request to the server of limits.
    Request(&'static str, f64),
    /// A bare handler, and one that answers as many bytes.
    Bare(&'static str, f64),
}

impl Ceiling {
    /// The name of the limit, and of another that is told beside it.
    fn names(self) -> (String, Option<&'static str>) {
        match self {
            Self::None => ("–".to_owned(), None),
            Self::Signature(alg, _) => (format!("bare {alg}"), None),
            Self::Request(path, _) => (path.to_owned(), None),
            Self::Bare(path, _) => ("/bare".to_owned(), Some(path)),
        }
    }

    const fn share(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Signature(_, share) | Self::Request(_, share) | Self::Bare(_, share) => Some(share),
        }
    }

    /// What the limit gave per second and processor when it was set, on a machine like this one: bare handler and point select behind the middleware, bare
    /// signatures, and "about 5,000" for a signature and a durable row with group commit.
    fn set_as(self, engine: &str) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Signature(SigningAlg::Es256, _) => Some(68_000.0),
            Self::Signature(..) => Some(4_030.0),
            Self::Bare(..) => Some(62_000.0),
            Self::Request("/select", _) => Some(if engine == "SQLite" { 21_800.0 } else { 18_400.0 }),
            Self::Request(..) => Some(5_000.0),
        }
    }
}

/// Something to measure.
struct Endpoint {
    name: &'static str,
    status: u16,
    ceiling: Ceiling,
    load: Source,
}

enum Source {
    Ready(Rc<Load>),
    /// Codes of an app, fresh ones for each run.
    Codes(SigningAlg),
}

async fn endpoints(seeded: &Seeded) -> Vec<Endpoint> {
    let app = &seeded.apps["ES256"];
    let get = |path: &str, headers: &[(&str, &str)]| Source::Ready(Rc::new(Load::same(request("GET", path, headers, ""))));
    let bearers: Vec<Vec<u8>> = seeded
        .tokens(app, "access", CALLERS)
        .await
        .iter()
        .map(|token| request("GET", "/api/oidc/userinfo", &[("authorization", &format!("Bearer {token}"))], ""))
        .collect();
    let asked: Vec<Vec<u8>> = seeded
        .tokens(app, "access", CALLERS)
        .await
        .iter()
        .map(|token| request("POST", "/api/oidc/introspect", &[FORM, ("authorization", &app.basic)], &format!("token={token}")))
        .collect();
    let machine = |alg| {
        let body = serde_urlencoded::to_string([("grant_type", "client_credentials"), ("resource", &seed::api(alg))]).expect("a form");
        Source::Ready(Rc::new(Load::same(request("POST", "/api/oidc/token", &[FORM, ("authorization", &seeded.machine.basic)], &body))))
    };
    let mut refreshes = BTreeMap::new();
    for (&alg, app) in &seeded.apps {
        let basic = app.basic.clone();
        let ask = move |token: &str| {
            let body = format!("grant_type=refresh_token&refresh_token={token}");
            request("POST", "/api/oidc/token", &[FORM, ("authorization", &basic)], &body)
        };
        let held = seeded.tokens(app, "refresh", CALLERS).await;
        refreshes.insert(alg, Rc::new(Load::Refresh { ask: Box::new(ask), held: held.into() }));
    }
    let refresh = |alg: &str| Source::Ready(Rc::clone(&refreshes[alg]));
    let parameters = [
        ("client_id", app.client_id.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid profile email groups offline_access"),
        ("code_challenge", &base64url(&sha256(VERIFIER.as_bytes()))),
        ("code_challenge_method", "S256"),
    ];
    let authorize = format!("/authorize?{}", serde_urlencoded::to_string(parameters).expect("a query"));
    use SigningAlg::{EdDsa, Es256, Rs256};
    let endpoint = |name, status, ceiling, load| Endpoint { name, status, ceiling, load };
    vec![
        endpoint("discovery", 200, Ceiling::Bare("/bare/discovery", 0.8), get("/.well-known/openid-configuration", &[])),
        endpoint("discovery, gzip", 200, Ceiling::None, get("/.well-known/openid-configuration", &[("accept-encoding", "gzip, deflate, br")])),
        endpoint("JWKS", 200, Ceiling::Bare("/bare/jwks", 0.8), get("/.well-known/jwks.json", &[])),
        endpoint("userinfo", 200, Ceiling::Request("/select", 0.6), Source::Ready(Rc::new(Load::Same(bearers)))),
        endpoint("introspect", 200, Ceiling::None, Source::Ready(Rc::new(Load::Same(asked)))),
        endpoint("machine JWT RS256", 200, Ceiling::Signature(Rs256, 0.6), machine(Rs256)),
        endpoint("machine JWT ES256", 200, Ceiling::Signature(Es256, 0.4), machine(Es256)),
        endpoint("code exchange RS256", 200, Ceiling::Signature(Rs256, 0.6), Source::Codes(Rs256)),
        endpoint("code exchange ES256", 200, Ceiling::Request("/mint-es256", 0.8), Source::Codes(Es256)),
        endpoint("code exchange EdDSA", 200, Ceiling::Request("/mint-eddsa", 0.8), Source::Codes(EdDsa)),
        endpoint("refresh RS256", 200, Ceiling::Signature(Rs256, 0.6), refresh("RS256")),
        endpoint("refresh ES256", 200, Ceiling::Request("/mint-es256", 0.8), refresh("ES256")),
        endpoint("refresh EdDSA", 200, Ceiling::Request("/mint-eddsa", 0.8), refresh("EdDSA")),
        endpoint("authorize redirect", 303, Ceiling::None, get(&authorize, &[("cookie", &seeded.cookie)])),
        endpoint("sign-in page", 200, Ceiling::None, get("/sign-in", &[])),
    ]
}

/// The best of several rounds.
#[derive(Clone, Default)]
struct Best {
    per_second: f64,
    /// The most requests a second by the clock, whichever round it was.
    by_clock: f64,
    /// Processor time per request, in microseconds.
    cpu: Option<f64>,
    p50: f64,
    p99: f64,
    /// The 99th percentile at half load, in milliseconds.
    half_p99: Option<f64>,
    memory: f64,
}

impl Best {
    fn note(&mut self, run: &http::Run, cpu: Duration, memory: f64) {
        let cpu = cpu.as_secs_f64() * 1e6 / run.count.max(1) as f64;
        if self.cpu.is_none_or(|best| cpu < best) {
            (self.cpu, self.per_second, self.p50, self.p99) = (Some(cpu), run.rate(), run.within(0.5), run.within(0.99));
        }
        self.by_clock = self.by_clock.max(run.rate());
        self.memory = self.memory.max(memory);
    }

    /// Requests a second of one processor's time would pay for.
    fn per_core(&self) -> f64 {
        self.cpu.map_or(f64::NAN, |cpu| 1e6 / cpu)
    }
}

async fn speed(filters: &[&str]) {
    let (rounds, seconds) = (number("MUSTER_BENCH_ROUNDS", 3), number("MUSTER_BENCH_SECONDS", 3));
    println!("{rounds} rounds of {seconds} s each, the best counts; {CALLERS} callers; load of the machine {}", load_of_machine());
    for place in Place::all().await {
        let (port, port_of_limits) = (free_port(), free_port());
        let seeded = place.fill(port).await;
        let server = place.serve(port).await;
        let own = std::env::current_exe().expect("a path");
        let own = own.to_str().expect("a path in Unicode");
        let limits = Server::start(own, &["serve-ceilings", &port_of_limits.to_string()], &place.variables(port), port_of_limits).await;
        let endpoints: Vec<Endpoint> =
            endpoints(&seeded).await.into_iter().filter(|it| filters.is_empty() || filters.iter().any(|word| it.name.contains(word))).collect();
        let memory_at_start = process::memory(server.pid);
        let mut best = vec![Best::default(); endpoints.len()];
        let mut limit: BTreeMap<String, Best> = BTreeMap::new();
        let lasts = Until::Elapsed(Duration::from_secs(seconds.into()));
        for _ in 0..rounds {
            for (endpoint, best) in endpoints.iter().zip(&mut best) {
                measure_limit(endpoint.ceiling, &limits, own, lasts, &mut limit).await;
                let load = source(endpoint, &seeded, seconds, best.per_second).await;
                let before = process::cpu(server.pid);
                let ran = run(&load, server.address, CALLERS, lasts, None, endpoint.status).await;
                best.note(&ran, process::cpu(server.pid) - before, process::memory(server.pid));
                let load = source(endpoint, &seeded, seconds, best.per_second).await;
                let half = run(&load, server.address, CALLERS, lasts, Some(best.per_second / 2.0), endpoint.status).await.within(0.99);
                best.half_p99 = Some(best.half_p99.map_or(half, |known| known.min(half)));
            }
        }
        println!("\n{}: memory {memory_at_start:.0} MB at the start", place.engine);
        println!("{HEADING}\n{}|", "|---".repeat(HEADING.matches('|').count() - 1));
        for (endpoint, best) in endpoints.iter().zip(&best) {
            tell(endpoint, best, &limit, place.engine);
        }
        for (name, best) in &limit {
            println!("limit {name}: {:.1} µs, {:.0} per core, {:.0}/s", best.cpu.unwrap_or_default(), best.per_core(), best.per_second);
        }
    }
    println!("load of the machine at the end {}", load_of_machine());
}

/// "Ratio" compares processor time, "clock" the requests a second that were answered, "as set" the requests per second and processor with what the limit gave
/// on the machine where it was set. In parentheses: beside a bare handler that answers as many bytes.
const HEADING: &str = "| endpoint | requests/s | CPU µs | per core | p50 ms | p99 ms | p99 at half load | MB | limit | per core | at least | ratio | clock | as set | holds (ratio, clock, as set, p99) |";

fn tell(endpoint: &Endpoint, best: &Best, limits: &BTreeMap<String, Best>, engine: &str) {
    let half = best.half_p99.unwrap_or(f64::NAN);
    let ((name, beside), at_least) = (endpoint.ceiling.names(), endpoint.ceiling.share());
    let ratios = |name: &str| {
        let limit = limits.get(name).cloned().unwrap_or_default();
        (limit.per_core(), best.per_core() / limit.per_core(), best.by_clock / limit.by_clock)
    };
    let (limit, ratio, clock) = ratios(&name);
    let as_set = endpoint.ceiling.set_as(engine).map_or(f64::NAN, |limit| best.per_core() / limit);
    let (beside_ratio, beside_clock) = beside.map_or((String::new(), String::new()), |name| {
        let (_, ratio, clock) = ratios(name);
        (format!(" ({:.0} %)", ratio * 100.0), format!(" ({:.0} %)", clock * 100.0))
    });
    let yes = |holds: bool| if holds { "yes" } else { "NO" };
    let holds = at_least.map_or("– – –".to_owned(), |share| [ratio, clock, as_set].map(|ratio| yes(ratio >= share)).join(" "));
    println!(
        "| {} | {:.0} | {:.1} | {:.0} | {:.1} | {:.1} | {half:.1} | {:.0} | {name} | {limit:.0} | {} | {:.0} %{beside_ratio} | {:.0} %{beside_clock} | {:.0} % | {holds} {} |",
        endpoint.name,
        best.by_clock,
        best.cpu.unwrap_or(f64::NAN),
        best.per_core(),
        best.p50,
        best.p99,
        best.memory,
        at_least.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0)),
        ratio * 100.0,
        clock * 100.0,
        as_set * 100.0,
        yes(half < P99_MS),
    );
}

async fn measure_limit(ceiling: Ceiling, limits: &Server, own: &str, lasts: Until, known: &mut BTreeMap<String, Best>) {
    if let Ceiling::Signature(alg, _) = ceiling {
        let output = Command::new("taskset").args(["-c", SERVER_CORE, own, "signatures", alg.as_str()]).output().expect("taskset");
        let micros: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
        let best = known.entry(format!("bare {alg}")).or_default();
        best.cpu = Some(best.cpu.map_or(micros, |known| known.min(micros)));
        best.by_clock = best.per_core();
        return;
    }
    let (name, beside) = ceiling.names();
    for path in [Some(name.as_str()), beside].into_iter().flatten().filter(|path| path.starts_with('/')) {
        let method = if path.starts_with("/mint") { "POST" } else { "GET" };
        let load = Rc::new(Load::same(request(method, path, &[], "")));
        let before = process::cpu(limits.pid);
        let ran = run(&load, limits.address, CALLERS, lasts, None, 200).await;
        known.entry(path.to_owned()).or_default().note(&ran, process::cpu(limits.pid) - before, 0.0);
    }
}

async fn source(endpoint: &Endpoint, seeded: &Seeded, seconds: u32, rate: f64) -> Rc<Load> {
    match &endpoint.load {
        Source::Ready(load) => Rc::clone(load),
        Source::Codes(alg) => {
            let app = &seeded.apps[alg.as_str()];
            let count = if rate > 0.0 { rate * 1.5 } else { 9_000.0 } * f64::from(seconds);
            let codes = seeded.codes(app, count as usize).await;
            let exchange = |code: &String| {
                let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)];
                request("POST", "/api/oidc/token", &[FORM, ("authorization", &app.basic)], &serde_urlencoded::to_string(fields).expect("a form"))
            };
            Rc::new(Load::Once(codes.iter().map(exchange).collect::<Vec<_>>().into()))
        }
    }
}

/// Memory over many millions of requests: the cheapest endpoints mostly, a fifth userinfo, a fifth that give tokens.
async fn memory(millions: usize) {
    const SHARES: [(&str, usize); 6] =
        [("discovery", 30), ("JWKS", 30), ("userinfo", 20), ("machine JWT ES256", 10), ("refresh ES256", 5), ("introspect", 5)];
    for place in Place::all().await {
        let port = free_port();
        let seeded = place.fill(port).await;
        let server = place.serve(port).await;
        let endpoints = endpoints(&seeded).await;
        println!("{}: {:.1} MB at the start", place.engine, process::memory(server.pid));
        for hundred_thousand in 1..=millions * 10 {
            for (name, percent) in SHARES {
                let endpoint = endpoints.iter().find(|it| it.name == name).expect("an endpoint");
                let load = source(endpoint, &seeded, 1, 0.0).await;
                run(&load, server.address, CALLERS, Until::Count(percent * 1_000), None, endpoint.status).await;
            }
            if hundred_thousand % 10 == 0 || hundred_thousand == 1 {
                println!("{}: {:.1} MB after {:.1} million requests", place.engine, process::memory(server.pid), hundred_thousand as f64 / 10.0);
            }
        }
    }
}

/// One request of another server, measured the same way. It must run on the server's processor already.
async fn other(pid: &str, address: &str, rest: &[&str]) {
    let (pid, address) = (pid.parse().expect("a process id"), address.parse().expect("an address such as 127.0.0.1:1411"));
    let [method, path, status, rest @ ..] = rest else { panic!("METHOD PATH STATUS ['Name: value'…] ['=body']") };
    let headers: Vec<(&str, &str)> = rest.iter().filter_map(|header| header.split_once(": ")).collect();
    let body = rest.iter().find_map(|word| word.strip_prefix('=')).unwrap_or_default();
    let load = Rc::new(Load::same(request(method, path, &headers, body)));
    let (mut best, status) = (Best::default(), status.parse().expect("a status"));
    let lasts = Until::Elapsed(Duration::from_secs(number("MUSTER_BENCH_SECONDS", 3).into()));
    for _ in 0..number("MUSTER_BENCH_ROUNDS", 3) {
        let before = process::cpu(pid);
        let ran = run(&load, address, CALLERS, lasts, None, status).await;
        best.note(&ran, process::cpu(pid) - before, process::memory(pid));
        let half = run(&load, address, CALLERS, lasts, Some(best.per_second / 2.0), status).await.within(0.99);
        best.half_p99 = Some(best.half_p99.map_or(half, |known| known.min(half)));
    }
    tell(&Endpoint { name: "this request", status, ceiling: Ceiling::None, load: Source::Ready(load) }, &best, &BTreeMap::new(), "");
}

fn load_of_machine() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(2).collect::<Vec<_>>().join(" ")
}
