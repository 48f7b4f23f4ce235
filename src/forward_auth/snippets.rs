//! What to put into the proxy, with the real values of one app. `docs/forward-auth.md` shows the same texts, and a test runs them.

use crate::language::{Text, t};

/// The configuration of one kind of proxy.
#[derive(Clone, Debug)]
pub(super) struct Snippet {
    /// What the proxy is called.
    pub(super) proxy: &'static str,
    /// What to do with it, in a sentence.
    pub(super) where_to: Text,
    /// The text.
    pub(super) text: String,
}

/// The values a configuration is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    /// Where the proxy reaches this server itself, as `host:port`.
    pub(super) provider: &'a str,
    /// The app's client ID.
    pub(super) client_id: &'a str,
    /// One address of the app, such as `https://wiki.example.org`.
    pub(super) address: &'a str,
    /// Where the proxy reaches the app, as `host:port`.
    pub(super) app: &'a str,
}

const NGINX: &str = "\
# What it is asked about: each request, and the sign-in under /.muster/.
location / {
    auth_request /.muster/ask;
    auth_request_set $muster_location $upstream_http_location;
    auth_request_set $muster_cookie $upstream_http_set_cookie;
    auth_request_set $muster_status $upstream_status;
    auth_request_set $muster_user $upstream_http_remote_user;
    auth_request_set $muster_name $upstream_http_remote_name;
    auth_request_set $muster_email $upstream_http_remote_email;
    auth_request_set $muster_groups $upstream_http_remote_groups;
    error_page 401 403 = @muster;

    # Replaces whatever a visitor sends under these names.
    proxy_set_header Remote-User $muster_user;
    proxy_set_header Remote-Name $muster_name;
    proxy_set_header Remote-Email $muster_email;
    proxy_set_header Remote-Groups $muster_groups;
    proxy_set_header Host $http_host;
    # Where the app listens; nobody else may reach it there.
    proxy_pass http://{app};
}

location = /.muster/ask {
    internal;
    # Muster itself, not its public address.
    proxy_pass http://{provider}/api/forward-auth/{client_id};
    proxy_pass_request_body off;
    proxy_set_header Content-Length \"\";
    proxy_set_header X-Original-URL {address}$request_uri;
    proxy_set_header X-Original-Method $request_method;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_buffer_size 8k;
}

location @muster {
    add_header Set-Cookie $muster_cookie always;
    add_header Cache-Control no-store always;
    if ($muster_location) {
        return 302 $muster_location;
    }
    if ($muster_status = 401) {
        return 401;
    }
    return 403;
}
";

const TRAEFIK: &str = "\
http:
  middlewares:
    {name}-muster:
      forwardAuth:
        # Muster itself, not its public address.
        address: http://{provider}/api/forward-auth/{client_id}
        authResponseHeaders: [Remote-User, Remote-Name, Remote-Email, Remote-Groups]
    # Some apps read Remote_User as Remote-User: nothing a visitor sends may pass for it.
    {name}-clean:
      headers:
        customRequestHeaders:
          Remote_User: \"\"
          Remote_Name: \"\"
          Remote_Email: \"\"
          Remote_Groups: \"\"
  routers:
    {name}:
      rule: Host(`{host}`)
      middlewares: [{name}-clean, {name}-muster]
      service: {name}
  services:
    {name}:
      loadBalancer:
        servers:
          # Where the app listens; nobody else may reach it there.
          - url: http://{app}
";

const CADDY: &str = "\
{address} {
	route {
		# Whatever a visitor sends under these names is dropped first.
		request_header -Remote*
		# Muster itself, not its public address.
		forward_auth {provider} {
			uri /api/forward-auth/{client_id}
			copy_headers Remote-User Remote-Name Remote-Email Remote-Groups
		}
		# Where the app listens; nobody else may reach it there.
		reverse_proxy {app}
	}
}
";

/// The configurations for every proxy.
pub(super) fn all(values: Values<'_>) -> [Snippet; 3] {
    let snippet = |proxy, where_to, template| Snippet { proxy, where_to, text: filled(template, values) };
    [snippet("nginx", t("proxy-nginx"), NGINX), snippet("Traefik", t("proxy-traefik"), TRAEFIK), snippet("Caddy", t("proxy-caddy"), CADDY)]
}

fn filled(template: &str, values: Values<'_>) -> String {
    let host = values.address.split_once("://").map_or(values.address, |(_, host)| host);
    // Traefik's rule names the host without a port, and its names have neither dots nor brackets.
    let host = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(host, _)| host);
    let name: String = host.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    [
        ("{provider}", values.provider),
        ("{client_id}", values.client_id),
        ("{address}", values.address),
        ("{app}", values.app),
        ("{host}", host),
        ("{name}", &name),
    ]
    .into_iter()
    .fold(template.to_owned(), |text, (place, value)| text.replace(place, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_shows_these_very_texts() {
        let documentation = include_str!("../../docs/forward-auth.md");
        let values = Values { provider: "muster:1411", client_id: "CLIENT_ID", address: "https://wiki.example.org", app: "wiki:8080" };
        for snippet in all(values) {
            assert!(documentation.contains(&snippet.text), "docs/forward-auth.md lacks, for {}:\n{}", snippet.proxy, snippet.text);
        }
    }

    #[test]
    fn every_place_is_filled() {
        let values = Values { provider: "127.0.0.1:1411", client_id: "x", address: "http://[::1]:8080", app: "127.0.0.1:8080" };
        for snippet in all(values) {
            for place in ["{provider}", "{client_id}", "{address}", "{app}", "{host}", "{name}"] {
                assert!(!snippet.text.contains(place), "{}", snippet.text);
            }
        }
    }
}
