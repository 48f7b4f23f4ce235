//! What must be known before the database opens, read once from the environment and from `.env` in the working directory.
//! An unknown or unparsable variable is refused with one sentence that names it; nothing half-starts.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use tracing::level_filters::LevelFilter;
use url::Url;

use crate::secret::Password;

/// The boot configuration; immutable while the process runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where people and apps reach this server.
    pub origin: Origin,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 lets the operating system pick a free one.
    pub port: u16,
    /// `sqlite://…` or `postgres://…`; may hold a password.
    pub db_connection_string: Password,
    /// What seals secrets at rest, when given.
    pub encryption_key: Option<Password>,
    /// Whose forwarding headers to believe.
    pub trust_proxy: TrustProxy,
    /// Settings come from the environment alone.
    pub ui_config_disabled: bool,
    /// `LOG_LEVEL`: a tracing filter.
    pub log_level: String,
    /// `LOG_JSON`: one JSON object per line.
    pub log_json: bool,
    /// What whoever reads `/metrics` must show, when given; without it there are none.
    pub metrics_token: Option<Password>,
    /// Hosts, with a port where it is not the usual one, that also strangers may make this server call although they are private or speak plain http.
    pub outbound_trusted_hosts: Vec<String>,
    /// The file of clients, when there is one.
    pub clients_file: Option<PathBuf>,
    /// The host passkeys belong to, when it is not that of [`origin`](Self::origin).
    pub rp_id: Option<String>,
    /// Further addresses that may use these passkeys: other instances on the same database.
    pub related_origins: Vec<Origin>,
    /// The list of authenticator models (FIDO Metadata Service), when there is one.
    pub authenticator_metadata: Option<PathBuf>,
    /// The root its signer's certificate leads to, when it is not the FIDO Alliance's.
    pub authenticator_metadata_root: Option<PathBuf>,
    /// Variables that set what the settings pages would otherwise set, by name.
    pub settings_from_environment: BTreeMap<String, String>,
    /// Variables of Pocket ID that mean nothing here; named in the log so that nobody wonders.
    pub unused: Vec<String>,
}

/// `APP_URL`: the public origin. Issuer, WebAuthn origin and the base of every link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
    secure: bool,
}

impl Origin {
    /// Parses an http or https URL with neither path, query nor fragment. A trailing slash is dropped.
    ///
    /// # Errors
    /// A sentence that says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        const ALLOWED: &str = "an http:// or https:// address without a path, such as https://id.example.org";
        let url = Url::parse(text).map_err(|_| ALLOWED.to_owned())?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        let host = url.host_str().filter(|_| plain && matches!(url.scheme(), "http" | "https")).ok_or_else(|| ALLOWED.to_owned())?;
        Ok(Self { text: url.origin().ascii_serialization(), host: host.to_owned(), secure: url.scheme() == "https" })
    }

    /// The origin as text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host name: the WebAuthn RP ID.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it names its host by number: browsers have no passkeys there (WebAuthn Level 3, section 5.1.3: the effective domain must be a valid domain).
    fn is_an_ip_address(&self) -> bool {
        self.host.starts_with('[') || self.host.parse::<IpAddr>().is_ok()
    }

    /// Whether people reach it by https.
    pub const fn is_https(&self) -> bool {
        self.secure
    }

    /// A full address of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

/// Whose `X-Forwarded-*` headers are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustProxy {
    /// Nobody's.
    No,
    /// Everybody's: only safe when nothing but the proxy can reach the port.
    Everyone,
    /// Those of these networks.
    Networks(Vec<IpNet>),
}

impl TrustProxy {
    /// Whether headers that came from `peer` are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        match self {
            Self::No => false,
            Self::Everyone => true,
            Self::Networks(networks) => networks.iter().any(|network| network.contains(&peer.to_canonical())),
        }
    }
}

/// A variable that cannot be used: what it is called, what it holds, what is allowed. Exit status 2.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// Variables read here. Each has a `_FILE` form too, whose content is trimmed.
const NAMES: &[&str] = &[
    "APP_URL",
    "HOST",
    "PORT",
    "DB_CONNECTION_STRING",
    "ENCRYPTION_KEY",
    "TRUST_PROXY",
    "UI_CONFIG_DISABLED",
    "LOG_LEVEL",
    "LOG_JSON",
    "METRICS_TOKEN",
    "OUTBOUND_TRUSTED_HOSTS",
    "PASSKEY_RP_ID",
    "PASSKEY_RELATED_ORIGINS",
];

/// Names a file of clients.
const CLIENTS_FILE: &str = "CLIENTS_FILE";
/// Names the list of authenticator models.
const METADATA_FILE: &str = "PASSKEY_METADATA_FILE";
/// Names the root its signer's certificate leads to.
const METADATA_ROOT_FILE: &str = "PASSKEY_METADATA_ROOT_FILE";
/// Names of files: they have no `_FILE` form, for that is what they are already.
const FILES: &[&str] = &[CLIENTS_FILE, METADATA_FILE, METADATA_ROOT_FILE];

/// What Pocket ID reads and Muster does not (yet): accepted, so that its users can move over with the `.env` they have.
const POCKET_ID_NAMES: &[&str] = &[
    "ACCENT_COLOR",
    "ACTORS_HOST",
    "ACTORS_PORT",
    "ALLOW_DOWNGRADE",
    "ALLOW_INSECURE_CALLBACK_URLS",
    "ALLOW_OWN_ACCOUNT_EDIT",
    "ALLOW_USER_SIGNUPS",
    "ANALYTICS_DISABLED",
    "APP_ENV",
    "CIMD_URL_ALLOWLIST",
    "DISABLE_ANIMATIONS",
    "DISABLE_RATE_LIMITING",
    "EMAILS_VERIFIED",
    "EMAIL_API_KEY_EXPIRATION_ENABLED",
    "EMAIL_LOGIN_NOTIFICATION_ENABLED",
    "EMAIL_ONE_TIME_ACCESS_AS_ADMIN_ENABLED",
    "EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED",
    "EMAIL_VERIFICATION_ENABLED",
    "FILE_BACKEND",
    "GEOLITE_DB_PATH",
    "GEOLITE_DB_URL",
    "HOME_PAGE_URL",
    "INTERNAL_APP_URL",
    "LOCAL_IPV6_RANGES",
    "LOG_QUERY_ARGS",
    "MAXMIND_LICENSE_KEY",
    "PGID",
    "PROXY_PROTOCOL",
    "PUID",
    "REQUIRE_USER_EMAIL",
    "S3_ACCESS_KEY_ID",
    "S3_BUCKET",
    "S3_DISABLE_DEFAULT_INTEGRITY_CHECKS",
    "S3_ENDPOINT",
    "S3_FORCE_PATH_STYLE",
    "S3_REGION",
    "S3_SECRET_ACCESS_KEY",
    "SIGNUP_DEFAULT_CUSTOM_CLAIMS",
    "SIGNUP_DEFAULT_USER_GROUP_IDS",
    "SMTP_FROM",
    "SMTP_HOST",
    "SMTP_PASSWORD",
    "SMTP_PORT",
    "SMTP_SKIP_CERT_VERIFY",
    "SMTP_TLS",
    "SMTP_USER",
    "STATIC_API_KEY",
    "SYSTEMD_SOCKET",
    "TLS_CERT",
    "TLS_KEY",
    "TRUSTED_PLATFORM",
    "UNIX_SOCKET",
    "UNIX_SOCKET_MODE",
    "UPLOAD_PATH",
    "VERSION_CHECK_DISABLED",
    "WEBAUTHN_ALLOW_SYNCED_PASSKEYS",
    "WEBAUTHN_AUTHENTICATOR_ATTACHMENT",
    "WEBAUTHN_USER_VERIFICATION",
    "LDAP_ATTRIBUTE_USER_PROFILE_PICTURE",
];

/// Prefixes that are ours alone: any other name under them is a mistake.
const OUR_PREFIXES: &[&str] = &["LDAP_", "PASSKEY_"];

impl Config {
    /// The same without the settings the environment pins: for what only the database sets.
    #[must_use]
    pub fn without_settings(&self) -> Self {
        Self { settings_from_environment: BTreeMap::new(), ..self.clone() }
    }

    /// Reads the process's environment and `.env`; `setting_names` are the variables the settings catalogs declare.
    ///
    /// # Errors
    /// [`ConfigError`] for the first variable that is unknown, unreadable or unparsable.
    pub fn from_environment(setting_names: &[&str]) -> Result<Self, ConfigError> {
        let mut variables = BTreeMap::new();
        match std::fs::read_to_string(".env") {
            Ok(text) => variables.extend(of_file(&text)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(ConfigError(format!("the file .env cannot be read: {error}"))),
        }
        for (name, value) in std::env::vars_os() {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                variables.insert(name, value);
            }
        }
        Self::from_variables(&variables, setting_names)
    }

    /// [`from_environment`](Self::from_environment) for variables given as a map.
    ///
    /// # Errors
    /// As [`from_environment`](Self::from_environment).
    pub fn from_variables(variables: &BTreeMap<String, String>, setting_names: &[&str]) -> Result<Self, ConfigError> {
        refuse_unknown(variables, setting_names)?;
        let value = |name: &str| resolve(variables, name);

        let app_url = value("APP_URL")?.unwrap_or_else(|| "http://localhost:1411".to_owned());
        let origin = Origin::parse(&app_url).map_err(|allowed| unparsable("APP_URL", &app_url, &allowed))?;
        if origin.is_an_ip_address() {
            let allowed = "an address with a name, such as https://id.example.org or http://localhost:1411: passkeys do not work with IP addresses";
            return Err(unparsable("APP_URL", &app_url, allowed));
        }
        let host = match value("HOST")? {
            Some(text) => text.parse().map_err(|_| unparsable("HOST", &text, "an IP address such as 0.0.0.0, 127.0.0.1 or ::"))?,
            None if origin.is_https() => IpAddr::from([0, 0, 0, 0]),
            None => IpAddr::from([127, 0, 0, 1]),
        };
        let port = match value("PORT")? {
            Some(text) => text.parse().map_err(|_| unparsable("PORT", &text, "a number from 0 to 65535; 0 picks a free port"))?,
            None => 1411,
        };
        let db_connection_string = value("DB_CONNECTION_STRING")?.unwrap_or_else(|| "sqlite://data/muster.db".to_owned());
        let is_postgres = db_connection_string.starts_with("postgres://") || db_connection_string.starts_with("postgresql://");
        if !is_postgres && !db_connection_string.starts_with("sqlite://") {
            let shown = db_connection_string.split_once("://").map_or("(without a scheme)", |(scheme, _)| scheme);
            return Err(unparsable("DB_CONNECTION_STRING", shown, "sqlite://… (a file) or postgres://user:password@host/database"));
        }
        let sqlite_file = db_connection_string.strip_prefix("sqlite://").map(|file| file.split('?').next().unwrap_or(file));
        if sqlite_file.is_some_and(|file| file.is_empty() || file == ":memory:") {
            let allowed =
                "sqlite:// with a file, such as sqlite://data/muster.db: what is kept in memory is gone with the process, and commands cannot see it";
            return Err(unparsable("DB_CONNECTION_STRING", &db_connection_string, allowed));
        }
        let encryption_key = value("ENCRYPTION_KEY")?;
        match &encryption_key {
            Some(key) if key.chars().count() < 16 => {
                return Err(ConfigError(
                    "ENCRYPTION_KEY is too short: it needs at least 16 characters; `openssl rand -base64 32` makes a good one".into(),
                ));
            }
            None if is_postgres => {
                return Err(ConfigError(
                    "ENCRYPTION_KEY is required with PostgreSQL: set it to a secret such as `openssl rand -base64 32` prints".into(),
                ));
            }
            _ => {}
        }
        let trust_proxy = match value("TRUST_PROXY")? {
            Some(text) => parse_trust_proxy(&text)?,
            None => TrustProxy::No,
        };
        let metrics_token = value("METRICS_TOKEN")?;
        if metrics_token.as_ref().is_some_and(|token| token.chars().count() < 16) {
            return Err(ConfigError(
                "METRICS_TOKEN is too short: it needs at least 16 characters; `openssl rand -base64 32` makes a good one".into(),
            ));
        }
        let flag = |name: &str| -> Result<bool, ConfigError> {
            value(name)?.map_or(Ok(false), |text| parse_flag(&text).ok_or_else(|| unparsable(name, &text, "true or false")))
        };
        let file = |name: &str| variables.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        if file(METADATA_FILE).is_none() && file(METADATA_ROOT_FILE).is_some() {
            return Err(ConfigError(format!("{METADATA_ROOT_FILE} is set and {METADATA_FILE} is not; set both, or remove the first")));
        }
        let mut settings_from_environment = BTreeMap::new();
        for name in setting_names {
            if let Some(text) = value(name)? {
                settings_from_environment.insert((*name).to_owned(), text);
            }
        }
        Ok(Self {
            origin,
            host,
            port,
            db_connection_string: Password::new(db_connection_string),
            encryption_key: encryption_key.map(Password::new),
            trust_proxy,
            ui_config_disabled: flag("UI_CONFIG_DISABLED")?,
            log_level: value("LOG_LEVEL")?.map_or_else(|| Ok("info".to_owned()), |text| parse_log_level(&text))?,
            log_json: flag("LOG_JSON")?,
            metrics_token: metrics_token.map(Password::new),
            outbound_trusted_hosts: value("OUTBOUND_TRUSTED_HOSTS")?.map_or(Ok(Vec::new()), |text| parse_hosts(&text))?,
            clients_file: file(CLIENTS_FILE),
            rp_id: value("PASSKEY_RP_ID")?.map(|text| parse_rp_id(&text)).transpose()?,
            related_origins: value("PASSKEY_RELATED_ORIGINS")?.map_or(Ok(Vec::new()), |text| parse_origins(&text))?,
            authenticator_metadata: file(METADATA_FILE),
            authenticator_metadata_root: file(METADATA_ROOT_FILE),
            settings_from_environment,
            unused: variables
                .keys()
                .filter(|name| {
                    let name = name.strip_suffix("_FILE").unwrap_or(name);
                    POCKET_ID_NAMES.contains(&name) && !setting_names.contains(&name)
                })
                .cloned()
                .collect(),
        })
    }

    /// The folder of the SQLite file, where a generated key is kept; `None` with PostgreSQL.
    pub fn sqlite_folder(&self) -> Option<PathBuf> {
        let file = self.db_connection_string.reveal().strip_prefix("sqlite://")?;
        let file = file.split('?').next().unwrap_or(file);
        Some(std::path::Path::new(file).parent().map(std::path::Path::to_path_buf).unwrap_or_default())
    }
}

/// Reads the text of `.env`; some editors put a byte order mark before it.
fn of_file(text: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let text = text.trim_start_matches('\u{feff}');
    dotenvy::from_read_iter(text.as_bytes()).map(|line| line.map_err(|error| not_understood(text, &error))).collect()
}

/// The sentence for a line of `.env` that cannot be read: which one it is and whose, never what it holds, for that may be a password.
fn not_understood(text: &str, error: &dotenvy::Error) -> ConfigError {
    const RULE: &str = "a value with spaces, quotes, #, $ or \\ stands in single quotes";
    // What cannot be read is the line or the end of it.
    let dotenvy::Error::LineParse(unread, _) = error else { return ConfigError(format!("the file .env cannot be read: {error}")) };
    let begin = unread.trim().lines().next().unwrap_or_default();
    let Some((at, line)) = text.lines().enumerate().find(|(_, line)| !begin.is_empty() && line.trim_end().ends_with(begin)) else {
        return ConfigError(format!("a line of the file .env cannot be read; {RULE}"));
    };
    let name = line.split_once('=').map_or("", |(name, _)| name.trim().trim_start_matches("export ").trim());
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let whose = if is_name { format!(" ({name})") } else { String::new() };
    ConfigError(format!("line {} of the file .env{whose} cannot be read; {RULE}", at + 1))
}

/// Reads `host` or `host:port`, separated by commas.
fn parse_hosts(text: &str) -> Result<Vec<String>, ConfigError> {
    let parse = |host: &str| {
        let url = Url::parse(&format!("https://{host}")).ok().filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none());
        url.filter(|url| url.username().is_empty() && url.password().is_none())
            .map(|_| host.to_ascii_lowercase())
            .ok_or_else(|| unparsable("OUTBOUND_TRUSTED_HOSTS", host, "names such as mcp.example.org or 10.0.0.5:8443, separated by commas"))
    };
    text.split(',').map(str::trim).filter(|host| !host.is_empty()).map(parse).collect()
}

/// Reads a host name, as it stands in an address.
fn parse_rp_id(text: &str) -> Result<String, ConfigError> {
    let text = text.trim().to_ascii_lowercase();
    let host = Url::parse(&format!("https://{text}")).ok().and_then(|url| url.domain().map(str::to_owned));
    host.filter(|host| *host == text).ok_or_else(|| unparsable("PASSKEY_RP_ID", &text, "a host name such as id.example.org"))
}

/// Reads addresses, separated by commas.
fn parse_origins(text: &str) -> Result<Vec<Origin>, ConfigError> {
    let parse = |text: &str| {
        Origin::parse(text).map_err(|allowed| unparsable("PASSKEY_RELATED_ORIGINS", text, &format!("{allowed}; several are separated by commas")))
    };
    text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(parse).collect()
}

/// Reads a level, or a filter with levels for parts. To the filter a lone word that is no level would be a part, of which everything is logged, and of all else
/// nothing.
fn parse_log_level(text: &str) -> Result<String, ConfigError> {
    let is_level = |text: &str| text.trim().parse::<LevelFilter>().is_ok();
    let fits = text.split(',').all(|part| part.rsplit_once('=').map_or_else(|| is_level(part), |(_, level)| is_level(level)));
    let allowed = "error, warn, info, debug, trace or off, or a level and others for parts, such as info,muster=debug";
    if fits { Ok(text.split(',').map(str::trim).collect::<Vec<_>>().join(",")) } else { Err(unparsable("LOG_LEVEL", text, allowed)) }
}

/// Reads a truth value as people write them; `None` for anything else.
pub fn parse_flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The sentence for a value that does not parse. `value` must not be a secret.
pub fn unparsable(name: &str, value: &str, allowed: &str) -> ConfigError {
    let shown: String = value.chars().take(100).collect();
    ConfigError(format!("{name} is \"{shown}\", which cannot be used; allowed is {allowed}"))
}

fn resolve(variables: &BTreeMap<String, String>, name: &str) -> Result<Option<String>, ConfigError> {
    // An empty variable counts as unset, as `docker compose` passes undefined ones; so does the address of a service that happens to be named `smtp`.
    let given = |name: &str| variables.get(name).filter(|value| !value.is_empty() && !is_service_link(name, value));
    let file_name = format!("{name}_FILE");
    match (given(name), given(&file_name)) {
        (Some(_), Some(_)) => Err(ConfigError(format!("{name} and {file_name} are both set; keep one"))),
        (Some(value), None) => Ok(Some(value.clone())),
        (None, Some(path)) => std::fs::read_to_string(path)
            .map(|content| Some(content.trim().to_owned()))
            .map_err(|error| ConfigError(format!("{file_name} names the file \"{path}\", which cannot be read: {error}"))),
        (None, None) => Ok(None),
    }
}

fn parse_trust_proxy(text: &str) -> Result<TrustProxy, ConfigError> {
    if let Some(flag) = parse_flag(text) {
        return Ok(if flag { TrustProxy::Everyone } else { TrustProxy::No });
    }
    let networks = text.split([',', ' ']).filter(|part| !part.is_empty()).map(|part| {
        part.parse::<IpNet>()
            .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| unparsable("TRUST_PROXY", part, "true, false, or a list of addresses and networks such as 10.0.0.0/8, ::1"))
    });
    networks.collect::<Result<_, _>>().map(TrustProxy::Networks)
}

fn refuse_unknown(variables: &BTreeMap<String, String>, setting_names: &[&str]) -> Result<(), ConfigError> {
    let known = |name: &str| NAMES.contains(&name) || FILES.contains(&name) || setting_names.contains(&name) || POCKET_ID_NAMES.contains(&name);
    for (name, value) in variables {
        let base = name.strip_suffix("_FILE").unwrap_or(name);
        if known(name) || known(base) || is_service_link(name, value) {
            continue;
        }
        let nearest = NAMES.iter().chain(FILES).chain(setting_names).map(|known| (strsim::damerau_levenshtein(base, known), *known)).min();
        // Of short names another one is two letters away: APP_HOME is not meant to be APP_NAME.
        let mistyped = nearest.filter(|(distance, known)| *distance <= if known.len() < 10 { 1 } else { 2 } && known.len() >= 7);
        if let Some((_, meant)) = mistyped {
            return Err(ConfigError(format!("{name} is not a variable Muster knows; did you mean {meant}? Rename or remove it")));
        }
        if let Some(prefix) = OUR_PREFIXES.iter().find(|prefix| name.starts_with(**prefix)) {
            let hint = nearest.map(|(_, meant)| format!(" (the nearest name is {meant})")).unwrap_or_default();
            return Err(ConfigError(format!(
                "{name} is not a variable Muster knows{hint}; every name that begins with {prefix} must be one of the documented ones"
            )));
        }
    }
    Ok(())
}

/// Kubernetes and Docker put the addresses of a service named `ldap` into everyone's environment (`LDAP_PORT=tcp://…`, `LDAP_SERVICE_HOST`).
fn is_service_link(name: &str, value: &str) -> bool {
    let service = name.contains("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    let port = name.ends_with("_PORT") || name.contains("_TCP") || name.contains("_UDP");
    service || (port && (value.starts_with("tcp://") || value.starts_with("udp://") || name.contains("_PORT_"))) || name.contains("_ENV_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::from_variables(&variables, &["APP_NAME", "LDAP_URL", "LDAP_BIND_PASSWORD", "SESSION_DURATION", "SMTP_PORT"])
    }

    #[test]
    fn nothing_set_listens_on_loopback_only() {
        let config = read(&[]).unwrap();
        assert_eq!((config.origin.as_str(), config.port), ("http://localhost:1411", 1411));
        assert!(config.host.is_loopback());
        assert_eq!(config.sqlite_folder().unwrap(), PathBuf::from("data"));
    }

    #[test]
    fn https_listens_on_every_address() {
        let config = read(&[("APP_URL", "https://id.example.org/")]).unwrap();
        assert_eq!((config.origin.as_str(), config.origin.host()), ("https://id.example.org", "id.example.org"));
        assert!(config.host.is_unspecified());
    }

    #[test]
    fn mistakes_are_named_with_what_is_allowed() {
        for (name, value, says) in [
            ("APP_URL", "id.example.org", "https://id.example.org"),
            ("APP_URL", "https://id.example.org/auth", "without a path"),
            ("APP_URL", "http://192.0.2.7:1411", "IP addresses"),
            ("APP_URL", "https://[2001:db8::7]", "IP addresses"),
            ("PORT", "http", "0 to 65535"),
            ("HOST", "localhost", "IP address"),
            ("DB_CONNECTION_STRING", "mysql://root:pw@db/x", "postgres://"),
            ("ENCRYPTION_KEY", "short", "16 characters"),
            ("TRUST_PROXY", "maybe", "10.0.0.0/8"),
            ("UI_CONFIG_DISABLED", "ja", "true or false"),
            ("APP_URLS", "x", "did you mean APP_URL"),
            ("LDAP_BIND_PASWORD", "x", "did you mean LDAP_BIND_PASSWORD"),
            ("LDAP_FLAVOUR", "x", "LDAP_FLAVOUR is not a variable"),
            ("DB_CONNECTION_STRING", "postgres://db/muster", "ENCRYPTION_KEY is required"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(says), "{name}={value}: {error}");
        }
    }

    #[test]
    fn a_database_is_a_file_that_lasts() {
        for bad in ["sqlite://", "sqlite://:memory:", "sqlite://?mode=memory"] {
            let error = read(&[("DB_CONNECTION_STRING", bad)]).unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains("sqlite://data/muster.db"), "{error}");
        }
        assert!(read(&[("DB_CONNECTION_STRING", "sqlite:///var/lib/muster/muster.db?mode=rwc")]).is_ok());
    }

    #[test]
    fn a_refusal_never_prints_a_secret() {
        for (name, value) in [("DB_CONNECTION_STRING", "mysql://root:hunter2@db/x"), ("ENCRYPTION_KEY", "hunter2"), ("LDAP_BIND_PASWORD", "hunter2")]
        {
            assert!(!read(&[(name, value)]).unwrap_err().to_string().contains("hunter2"));
        }
    }

    #[test]
    fn a_line_of_the_file_that_cannot_be_read_is_named_and_not_printed() {
        let read = |text: &str| of_file(text).unwrap_err().to_string();
        let good = "# a comment\nAPP_URL=http://localhost:1411\n";
        for bad in ["LDAP_BIND_PASSWORD=my hunter2", "export LDAP_BIND_PASSWORD=\"my hunter2\\q\"", "LDAP_BIND_PASSWORD='my hunter2"] {
            let error = read(&format!("{good}{bad}\nPORT=0\n"));
            assert!(error.starts_with("line 3 of the file .env (LDAP_BIND_PASSWORD)"), "{error}");
            assert!(error.contains("single quotes") && !error.contains("hunter2"), "{error}");
        }
        assert!(!read("hunter2\n").contains("hunter2"));
        let marked = of_file("\u{feff}PORT=0\nLDAP_BIND_PASSWORD='my $2 #hunter'\n").unwrap();
        assert_eq!(marked, [("PORT", "0"), ("LDAP_BIND_PASSWORD", "my $2 #hunter")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn other_peoples_variables_are_left_alone() {
        read(&[
            ("HOSTNAME", "web-1"),
            ("PATH", "/bin"),
            ("LDAP_PORT", "tcp://10.0.0.1:389"),
            ("LDAP_SERVICE_HOST", "10.0.0.1"),
            ("SMTP_HOST", "mail"),
            ("APP_HOME", "/opt/app"),
            ("APP_UID", "1654"),
        ])
        .unwrap();
        let linked = read(&[("SMTP_PORT", "tcp://10.0.0.1:25"), ("SMTP_SERVICE_PORT", "25")]).unwrap();
        assert!(linked.settings_from_environment.is_empty(), "the address of a service is no setting");
        assert!(read(&[("APP_NAEM", "x")]).unwrap_err().to_string().contains("did you mean APP_NAME"));
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_is_trimmed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        let config = read(&[("ENCRYPTION_KEY_FILE", file.to_str().unwrap())]).unwrap();
        assert_eq!(config.encryption_key.unwrap().reveal(), "0123456789abcdef");
        assert!(read(&[("ENCRYPTION_KEY_FILE", "/nowhere/key")]).unwrap_err().to_string().contains("/nowhere/key"));
    }

    #[test]
    fn a_log_level_that_is_none_is_refused_and_does_not_silence_everything() {
        for level in ["warn", "DEBUG", "off", "info,muster=debug", "warn, muster::directory=trace"] {
            assert_eq!(read(&[("LOG_LEVEL", level)]).unwrap().log_level, level.replace(' ', ""));
        }
        for level in ["verbose", "inof", "info,sqlx", "muster=loud"] {
            let error = read(&[("LOG_LEVEL", level)]).unwrap_err().to_string();
            assert!(error.contains(level) && error.contains("error, warn, info"), "{error}");
        }
    }

    #[test]
    fn only_listed_networks_are_believed() {
        let config = read(&[("TRUST_PROXY", "10.0.0.0/8, ::1")]).unwrap();
        assert!(config.trust_proxy.trusts("10.1.2.3".parse().unwrap()));
        assert!(config.trust_proxy.trusts("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!config.trust_proxy.trusts("192.0.2.1".parse().unwrap()));
    }
}
