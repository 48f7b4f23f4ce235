//! A real Apache with mod_auth_openidc in front of one page: an OpenID client no one here wrote.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use tempfile::TempDir;

use super::janitor::{self, Server};
use super::{accepts, random_name, wait_until};

const MODULES: &str = "/usr/lib/apache2/modules";

/// A running Apache, gone with all its files when dropped. Its page `/wiki/` is for people who signed in, `/wiki/staff/` for members of the group `staff`.
#[derive(Debug)]
pub(crate) struct Apache {
    server: Server,
    port: u16,
    directory: TempDir,
}

/// A port to register redirect URIs for, before [`Apache::start`].
pub(crate) fn base(port: u16) -> String {
    format!("http://localhost:{port}")
}

impl Apache {
    /// Starts it as the client of a provider.
    ///
    /// Panics with what it said when it does not start.
    pub(crate) async fn start(port: u16, issuer: &str, client_id: &str, client_secret: &str) -> Self {
        let directory = janitor::directory("apache");
        let root = directory.path().display();
        for folder in ["wiki", "wiki/staff"] {
            std::fs::create_dir(directory.path().join(folder)).expect("own directory");
            std::fs::write(directory.path().join(folder).join("index.html"), folder).expect("own directory");
        }
        let modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "headers", "dir"];
        let load: String = modules.iter().map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n")).collect();
        let configuration = format!(
            "{load}
ServerRoot {root}
DefaultRuntimeDir {root}
PidFile {root}/pid
DocumentRoot {root}
User www-data
Group www-data
Listen 127.0.0.1:{port}
ServerName {base}
UseCanonicalName On
ErrorLog {root}/error.log
LogLevel warn auth_openidc:info
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI {base}/wiki/callback
OIDCCryptoPassphrase {passphrase}
OIDCScope \"openid profile email groups offline_access\"
OIDCPKCEMethod S256
OIDCRemoteUserClaim preferred_username
OIDCPassClaimsAs environment
<Location /wiki/>
    AuthType openid-connect
    Require valid-user
    OIDCRefreshAccessTokenBeforeExpiry {refresh_before_expiry}
    Header always set X-Person \"expr=%{{REMOTE_USER}}\"
    Header always set X-Groups \"%{{OIDC_CLAIM_groups}}e\"
    Header always set X-Email \"%{{OIDC_CLAIM_email}}e\"
</Location>
<Location /wiki/staff/>
    Require claim groups:staff
</Location>
",
            base = base(port),
            passphrase = random_name(),
            // Longer than tokens are good for: each request refreshes.
            refresh_before_expiry = 2 * 3600,
        );
        std::fs::write(directory.path().join("apache.conf"), configuration).expect("own directory");
        let mut command = Command::new("/usr/sbin/apache2");
        command.arg("-f").arg(directory.path().join("apache.conf")).args(["-D", "FOREGROUND"]).env("LC_ALL", "C.UTF-8");
        let mut server = Server::start(command, &directory.path().join("log"), "TERM");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        wait_until("Apache to accept connections or to give up", async || server.ended().is_some() || accepts(address).await).await;
        let said = || std::fs::read_to_string(directory.path().join("error.log")).unwrap_or_default();
        assert!(server.ended().is_none(), "Apache did not start:\n{}{}", server.log(), said());
        Self { server, port, directory }
    }

    /// An address of it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", base(self.port))
    }

    /// What its log says, for the message of a test that failed.
    pub(crate) fn log(&self) -> String {
        let said = std::fs::read(self.directory.path().join("error.log")).unwrap_or_default();
        format!("{}{}", self.server.log(), String::from_utf8_lossy(&said))
    }
}
