//! What `benches/load` runs: the server on one processor, the load on the other. See there for how to use it.
//!
//! Each figure stands beside its limit, which is measured in the same run, taking turns: a bare signature of the same library; the least that a request of
//! the kind can do (nothing, one point select, one durable commit) behind the same middleware in a process of the same build. A ratio compares how many
//! requests one processor could answer (a second divided by the server's processor time per request, in the process and in the kernel for it), because
//! requests per second say more about who else uses the machine.
//!
//! Measured on 21 November 2026 on a quiet machine of two processors, one round of two seconds, built with `lto = "off"` in 16 units (the release profile does
//! better; it was not measured). Microseconds of processor time per request:
//!
//! | | SQLite | PostgreSQL | beside the limit (SQLite, PostgreSQL) | to hold |
//! |---|---|---|---|---|
//! | discovery | 33 | 33 | 70 and 69 % of a bare handler | 80 % |
//! | JWKS | 33 | 33 | 69 and 68 % of a bare handler | 80 % |
//! | userinfo | 121 | 145 | 44 and 33 % of a point select | 60 % |
//! | introspect | 118 | 126 | | |
//! | client credentials, JWT RS256 | 472 | 452 | 59 and 61 % of bare signatures | 60 % |
//! | client credentials, JWT ES256 | 136 | 117 | 12 and 14 % of bare signatures | 40 % |
//! | code exchange RS256 | 720 | 635 | 39 and 43 % of bare signatures | 60 % |
//! | code exchange ES256 | 373 | 309 | 23 and 27 % of a signature and one durable row | 80 % |
//! | code exchange EdDSA | 364 | 277 | 22 and 28 % of the same | 80 % |
//! | refresh RS256 | 876 | 589 | 32 and 47 % of bare signatures | 60 % |
//! | refresh ES256 | 404 | 284 | 21 and 29 % of a signature and one durable row | 80 % |
//! | refresh EdDSA | 322 | 291 | 24 and 27 % of the same | 80 % |
//! | authorize redirect | 409 | 510 | | |
//! | sign-in page | 110 | 154 | | |
//!
//! So hardly a limit held then. Later that day every request came to go through one function instead of eight layers, a code or refresh token to be found
//! together with the revision of the clients, SQLite to write single statements without a savepoint and to move its log beside the writer. Both versions in one
//! run on a busy machine, SQLite, three rounds of one second; compare the columns with each other and not with those above:
//!
//! | | before | after | beside the limit before, after |
//! |---|---|---|---|
//! | a bare handler (the limit itself) | 20.6 | 16.3 | |
//! | a point select (the limit itself) | 28.6 | 24.0 | |
//! | a signature ES256 and one durable row (the limit itself) | 60.8 | 55.7 | |
//! | discovery | 28.0 | 23.7 | 74, 65 to 81 % (the figure for the limit varies most) |
//! | JWKS | 27.7 | 22.1 | 75, 74 % |
//! | userinfo | 65.1 | 52.0 | 44, 46 % |
//! | introspect | 65.2 | 46.6 | |
//! | client credentials, JWT RS256 | 369 | 350 | 75, 78 % |
//! | client credentials, JWT ES256 | 74.0 | 60.6 | 22, 27 % |
//! | code exchange RS256 | 493 | 426 | 56, 64 % |
//! | code exchange ES256 | 197 | 159 | 31, 35 % |
//! | code exchange EdDSA | 194 | 158 | 30, 32 % |
//! | refresh RS256 | 518 | 457 | 54, 60 % |
//! | refresh ES256 | 205 | 160 | 30, 35 % |
//! | refresh EdDSA | 191 | 164 | 31, 31 % |
//!
//! On PostgreSQL, which shared its processor with everybody else: userinfo 124 to 96, client credentials ES256 105 to 94, code exchange RS256 669 to 639 (44, 47 %),
//! ES256 351 to 256 (31, 28 %), refresh RS256 660 to 612 (44, 49 %).
//!
//! Two limits are out of reach as this is built. Client credentials with ES256 at 40 % would leave 41 microseconds, of which the signature takes 16 and a bare
//! handler 16: nine are left for the form, the secret, the question how new the client must be, the claims and the answer. A code exchange at 80 % of a signature
//! and one durable row would leave 70, of which that limit itself is 56: fourteen are left for finding the code with its grant, person and groups (userinfo,
//! which does about as much, takes 28 more than a point select), using it up, a second row and the ID token. mimalloc in the place of glibc's allocator gave two
//! to three hundredths, which is not worth a dependency.
//!
//! On the quiet machine, before all this: the 99th percentile at half load is 2 to 8 ms where nothing is written (PostgreSQL up to 24), and 13 to 49 ms (PostgreSQL up to
//! 124) where codes and refresh tokens are: over the 10 ms wanted. Memory on SQLite: 28 MB at the start, 40 after 0.1 million requests of the mix, 59 after
//! one million; more were not run yet, so whether it stays flat is not known (SQLite's caches alone may take 32 MB).

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
