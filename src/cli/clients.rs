//! `muster clients`: registered apps.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Failed, Format, app, client_secrets, clients_file, registration_tokens, say, say_json};
use crate::clients::catalogue::{self, Step, Template, Values};
use crate::clients::{self, Authority, Client, Lifetimes, Refused, Registration, SigningAlg};
use crate::id::ClientId;

/// Registered OpenID clients.
#[derive(Subcommand)]
pub(super) enum Clients {
    /// Lists the clients.
    List {
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Registers a client and prints its id and secret; the secret is shown this once.
    Create(Create),
    /// Applies a file of clients, or says what it would change.
    Apply(clients_file::Apply),
    /// Tokens with which apps may register themselves.
    #[command(subcommand)]
    RegistrationToken(registration_tokens::Command),
    /// The secrets of a client.
    #[command(subcommand)]
    Secret(client_secrets::Secret),
}

/// A client to register.
#[derive(Args)]
pub(super) struct Create {
    /// Which app it is, such as `nextcloud`: everything it needs is filled in. What is said beside it counts more. docs/apps lists them.
    #[arg(long, value_name = "ID", value_parser = known_app)]
    template: Option<&'static Template>,
    /// The app's address, for the template: what people type to open it.
    #[arg(long, value_name = "ADDRESS", requires = "template")]
    url: Option<String>,
    /// What people see on the consent page.
    #[arg(long, required_unless_present = "template")]
    name: Option<String>,
    /// Where answers may go; compared letter by letter. May be given several times.
    #[arg(long, required_unless_present_any = ["template", "acts_alone", "for_devices"])]
    redirect_uri: Vec<String>,
    /// Where people may be sent after sign-out. May be given several times.
    #[arg(long)]
    post_logout_redirect_uri: Vec<String>,
    /// Where people open it, from their page of apps.
    #[arg(long)]
    launch_url: Option<String>,
    /// Where the app begins a sign-in itself.
    #[arg(long)]
    initiate_login_uri: Option<String>,
    /// The app cannot keep a secret; it gets none and must use PKCE.
    #[arg(long)]
    public: bool,
    /// People are not asked whether the app may know them.
    #[arg(long)]
    skip_consent: bool,
    /// Refuse requests without PKCE.
    #[arg(long)]
    require_pkce: bool,
    /// Refuse requests that were not pushed first (PAR).
    #[arg(long)]
    require_par: bool,
    /// Keep name, e-mail address and groups out of the ID token; they are at userinfo only.
    #[arg(long)]
    no_claims_in_id_token: bool,
    /// It may get tokens for itself, without a person.
    #[arg(long)]
    acts_alone: bool,
    /// A scope of such tokens. May be given several times.
    #[arg(long)]
    own_scope: Vec<String>,
    /// Devices without a browser may sign people in to it.
    #[arg(long)]
    for_devices: bool,
    /// How long its codes are good for, in seconds; otherwise as in the settings, like all lifetimes.
    #[arg(long)]
    code_seconds: Option<u32>,
    /// How long its access tokens are good for, in minutes.
    #[arg(long)]
    access_minutes: Option<u32>,
    /// How long its ID tokens are good for, in minutes.
    #[arg(long)]
    id_token_minutes: Option<u32>,
    /// How long a refresh token is good for that nobody uses, in days.
    #[arg(long)]
    refresh_days: Option<u32>,
    /// Only people in this group may use the app. May be given several times.
    #[arg(long)]
    allowed_group: Vec<String>,
    /// How ID tokens are signed: RS256, ES256, PS256 or EdDSA. RS256, when neither this nor the template says otherwise.
    #[arg(long, value_parser = signing_alg)]
    signing_alg: Option<SigningAlg>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Create {
    /// What is to be registered: what the template says, with everything in its place that was said beside it.
    fn registration(&self) -> Registration {
        let usual = || Registration { claims_in_id_token: true, ..Registration::default() };
        let mut registration = self.template.map_or_else(usual, Template::registration);
        let all = |given: &[String], field: &mut Vec<String>| {
            if !given.is_empty() {
                *field = given.to_vec();
            }
        };
        all(&self.redirect_uri, &mut registration.redirect_uris);
        all(&self.post_logout_redirect_uri, &mut registration.post_logout_redirect_uris);
        all(&self.own_scope, &mut registration.own_scopes);
        let presentation = &mut registration.policies.presentation;
        for (given, field) in [
            (&self.name, &mut registration.name),
            (&self.initiate_login_uri, &mut registration.initiate_login_uri),
            (&self.launch_url, &mut presentation.launch_url),
            (&self.url, &mut presentation.address),
        ] {
            if let Some(text) = given {
                text.clone_into(field);
            }
        }
        registration.is_public |= self.public;
        registration.skip_consent |= self.skip_consent;
        registration.require_pkce |= self.require_pkce;
        registration.require_par |= self.require_par;
        registration.acts_alone |= self.acts_alone;
        registration.for_devices |= self.for_devices;
        registration.claims_in_id_token &= !self.no_claims_in_id_token;
        registration.signing_alg = self.signing_alg.unwrap_or(registration.signing_alg);
        registration.lifetimes = Lifetimes {
            code_seconds: self.code_seconds,
            access_minutes: self.access_minutes,
            id_token_minutes: self.id_token_minutes,
            refresh_days: self.refresh_days,
        };
        catalogue::place(&mut registration);
        registration
    }
}

/// Reads the name of an app of the catalogue.
fn known_app(id: &str) -> Result<&'static Template, String> {
    let near = || catalogue::all().map(|app| app.id).max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
    catalogue::find(id)
        .ok_or_else(|| format!("there is no template of this name; the nearest is {}, and docs/apps lists them all", near().unwrap_or("web-app")))
}

/// Reads the name of an algorithm.
pub(super) fn signing_alg(text: &str) -> Result<SigningAlg, String> {
    SigningAlg::from_text(text).ok_or_else(|| "it must be RS256, ES256, PS256 or EdDSA".to_owned())
}

#[derive(Serialize)]
struct Line {
    client_id: String,
    name: String,
    public: bool,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    skip_consent: bool,
    require_pkce: bool,
    claims_in_id_token: bool,
    signing_alg: SigningAlg,
    require_par: bool,
    lifetimes: Lifetimes,
    for_devices: bool,
    acts_alone: bool,
    own_scopes: Vec<String>,
    initiate_login_uri: String,
    launch_url: String,
    template: String,
    url: String,
    restricted: bool,
    allowed_groups: Vec<String>,
    created_at: String,
}

impl Line {
    fn new(client: Client, allowed_groups: Vec<String>) -> Self {
        let Client { client_id, registration, restricted, created_at, .. } = client;
        let presentation = registration.policies.presentation;
        Self {
            client_id,
            name: registration.name,
            public: registration.is_public,
            redirect_uris: registration.redirect_uris,
            post_logout_redirect_uris: registration.post_logout_redirect_uris,
            skip_consent: registration.skip_consent,
            require_pkce: registration.require_pkce,
            claims_in_id_token: registration.claims_in_id_token,
            signing_alg: registration.signing_alg,
            require_par: registration.require_par,
            lifetimes: registration.lifetimes,
            for_devices: registration.for_devices,
            acts_alone: registration.acts_alone,
            own_scopes: registration.own_scopes,
            initiate_login_uri: registration.initiate_login_uri,
            launch_url: presentation.launch_url,
            template: presentation.template,
            url: presentation.address,
            restricted,
            allowed_groups,
            created_at: created_at.rfc3339(),
        }
    }
}

#[derive(Serialize)]
struct Created<'a> {
    client_id: &'a str,
    client_secret: Option<&'a str>,
}

pub(super) async fn run(command: Clients) -> Result<(), Failed> {
    match command {
        Clients::List { format } => list(format).await,
        Clients::Create(new) => create(new).await,
        Clients::Apply(arguments) => clients_file::apply(arguments).await,
        Clients::RegistrationToken(command) => registration_tokens::run(command).await,
        Clients::Secret(command) => client_secrets::run(command).await,
    }
}

async fn list(format: Format) -> Result<(), Failed> {
    let app = app().await?;
    let all = clients::all(&mut app.db.read().await?).await?;
    let lines: Vec<Line> = all.into_iter().map(|(client, allowed_groups)| Line::new(client, allowed_groups)).collect();
    if format == Format::Json {
        return say_json(&lines);
    }
    if lines.is_empty() {
        return say("No app is registered yet; `muster clients create` registers one.");
    }
    for line in lines {
        let who = match (line.restricted, line.allowed_groups.is_empty()) {
            (false, _) => "everyone".to_owned(),
            (true, true) => "nobody (no group is allowed)".to_owned(),
            (true, false) => line.allowed_groups.join(", "),
        };
        let kind = if line.public { "public" } else { "confidential" };
        say(&format!("{}  {}  ({kind}; for {who})", line.client_id, line.name))?;
    }
    Ok(())
}

async fn create(new: Create) -> Result<(), Failed> {
    let app = app().await?;
    let registration = new.registration();
    if let (Some(template), true) = (new.template, catalogue::waits_for_address(&registration)) {
        let why = new.url.as_deref().and_then(|url| catalogue::address(url).err());
        let why = why.map_or_else(|| "The template needs the app's address.".to_owned(), String::from);
        return Err(Failed::Command(anyhow::anyhow!("--url: {why} Give it with --url, such as --url {}.", template.example)));
    }
    let registered = clients::register(&app, Authority::CommandLine, ClientId::new(), registration, &new.allowed_group, app.clock.now()).await;
    let registered = registered.map_err(|refused| match refused {
        Refused::Mistakes(mistakes) => {
            let lines: Vec<String> = mistakes.iter().map(|(field, mistake)| format!("--{}: {mistake}", option(field))).collect();
            Failed::Command(anyhow::anyhow!("{}", lines.join("\n")))
        }
        Refused::Gone | Refused::AlreadyThere => Failed::Command(anyhow::anyhow!("the client was registered already")),
        Refused::Internal(error) => Failed::Command(error),
    })?;
    let secret = registered.secret.as_ref().map(|secret| secret.reveal());
    if new.format == Format::Json {
        return say_json(&Created { client_id: &registered.client.client_id, client_secret: secret });
    }
    say(&format!("Client ID:     {}", registered.client.client_id))?;
    say(&format!("Client secret: {}", secret.unwrap_or("none (public client)")))?;
    say(&format!("Issuer:        {}", app.config.origin.as_str()))?;
    let Some(template) = new.template else { return Ok(()) };
    let values = Values {
        app: registered.client.registration.policies.presentation.address.clone(),
        issuer: app.config.origin.as_str().to_owned(),
        name: app.settings().app_name.clone(),
        client_id: registered.client.client_id.clone(),
        client_secret: secret.unwrap_or_default().to_owned(),
    };
    say(&format!("\nIn {}:", template.name))?;
    template.steps.iter().try_for_each(|step| say(&in_words(step, &values)))
}

/// A step of a template, for a terminal.
fn in_words(step: &Step, values: &Values) -> String {
    match step {
        Step::Do(text) => format!("\n{}", values.fill(text)),
        Step::Fields(at, fields) => {
            let lines: String = fields.iter().map(|(label, value)| format!("\n  {label}: {}", values.fill(value))).collect();
            format!("\n{}{lines}", values.fill(at))
        }
        Step::Lines(at, lines) => format!("\n{}\n\n{}", values.fill(at), values.fill(lines)),
    }
}

/// The option a field is typed into.
fn option(field: &str) -> String {
    match field {
        "redirect_uris" => "redirect-uri".to_owned(),
        "post_logout_redirect_uris" => "post-logout-redirect-uri".to_owned(),
        "allowed_groups" => "allowed-group".to_owned(),
        "own_scopes" => "own-scope".to_owned(),
        "app_url" => "url".to_owned(),
        other => other.replace('_', "-"),
    }
}
