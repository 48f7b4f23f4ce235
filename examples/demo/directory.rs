//! A small LDAP directory inside the process: enough protocol for a sync (simple bind, search, paging answered with everything at once), with a handful
//! of people and groups. What it says never changes.

use std::net::SocketAddr;

use futures::{SinkExt as _, StreamExt as _};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindResponse, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry,
    LdapSearchScope,
};
use ldap3_proto::{LdapCodec, LdapFilter, LdapMsg};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::Framed;

/// Where everything lies.
pub(crate) const BASE: &str = "dc=example,dc=org";
/// Whom the sync binds as.
pub(crate) const BIND_DN: &str = "cn=muster,dc=example,dc=org";
/// With which password.
pub(crate) const BIND_PASSWORD: &str = "only-for-the-demo";

type Attributes = Vec<(&'static str, Vec<String>)>;

/// Starts the directory on a free loopback port; it ends with the process.
pub(crate) async fn start() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream));
        }
    });
    Ok(address)
}

async fn converse(stream: TcpStream) {
    let mut connection = Framed::new(stream, LdapCodec::default());
    let mut bound = false;
    while let Some(Ok(LdapMsg { msgid, op, ctrl })) = connection.next().await {
        let answers = match op {
            LdapOp::BindRequest(bind) => {
                bound = bind.dn == BIND_DN && matches!(&bind.cred, LdapBindCred::Simple(password) if password == BIND_PASSWORD);
                let code = if bound { LdapResultCode::Success } else { LdapResultCode::InvalidCredentials };
                vec![(LdapOp::BindResponse(LdapBindResponse { res: result(code), saslcreds: None }), vec![])]
            }
            LdapOp::SearchRequest(search) => {
                let mut answers: Vec<_> =
                    if bound { found(&search).map(|entry| (LdapOp::SearchResultEntry(entry), vec![])).collect() } else { vec![] };
                let code = if bound { LdapResultCode::Success } else { LdapResultCode::InsufficentAccessRights };
                // Whoever asked for pages hears that this was the last one.
                let paged = ctrl.iter().any(|control| matches!(control, LdapControl::SimplePagedResults { .. }));
                let controls = if paged { vec![LdapControl::SimplePagedResults { size: 0, cookie: vec![] }] } else { vec![] };
                answers.push((LdapOp::SearchResultDone(result(code)), controls));
                answers
            }
            LdapOp::UnbindRequest => return,
            LdapOp::AbandonRequest(_) => continue,
            _ => return,
        };
        for (op, ctrl) in answers {
            if connection.feed(LdapMsg { msgid, op, ctrl }).await.is_err() {
                return;
            }
        }
        if connection.flush().await.is_err() {
            return;
        }
    }
}

fn result(code: LdapResultCode) -> LdapResult {
    LdapResult { code, matcheddn: String::new(), message: String::new(), referral: vec![] }
}

fn found(search: &LdapSearchRequest) -> impl Iterator<Item = LdapSearchResultEntry> {
    let wanted: Vec<String> = search.attrs.iter().map(|name| name.to_lowercase()).collect();
    let all = wanted.is_empty() || wanted.iter().any(|name| name == "*");
    let entries = entries().into_iter().filter(|(dn, attributes)| in_scope(dn, search) && matches(&search.filter, attributes));
    let entries: Vec<_> = entries.collect();
    entries.into_iter().map(move |(dn, attributes)| {
        let told = attributes.into_iter().filter(|(name, _)| all || wanted.contains(&name.to_lowercase()));
        let attributes = told
            .map(|(name, values)| LdapPartialAttribute { atype: name.to_owned(), vals: values.into_iter().map(String::into_bytes).collect() })
            .collect();
        LdapSearchResultEntry { dn, attributes }
    })
}

fn in_scope(dn: &str, search: &LdapSearchRequest) -> bool {
    let (dn, base) = (dn.to_lowercase(), search.base.to_lowercase());
    match search.scope {
        LdapSearchScope::Base => dn == base,
        LdapSearchScope::OneLevel => dn.split_once(',').is_some_and(|(_, parent)| parent == base),
        LdapSearchScope::Subtree | LdapSearchScope::Children => base.is_empty() || dn == base || dn.ends_with(&format!(",{base}")),
    }
}

fn matches(filter: &LdapFilter, attributes: &Attributes) -> bool {
    match filter {
        LdapFilter::And(parts) => parts.iter().all(|part| matches(part, attributes)),
        LdapFilter::Or(parts) => parts.iter().any(|part| matches(part, attributes)),
        LdapFilter::Not(part) => !matches(part, attributes),
        LdapFilter::Present(name) => values(attributes, name).next().is_some(),
        LdapFilter::Equality(name, wanted) | LdapFilter::Approx(name, wanted) => {
            values(attributes, name).any(|value| value.eq_ignore_ascii_case(wanted))
        }
        LdapFilter::Substring(name, parts) => values(attributes, name).any(|value| {
            let value = value.to_lowercase();
            parts.initial.as_ref().is_none_or(|part| value.starts_with(&part.to_lowercase()))
                && parts.any.iter().all(|part| value.contains(&part.to_lowercase()))
                && parts.final_.as_ref().is_none_or(|part| value.ends_with(&part.to_lowercase()))
        }),
        LdapFilter::GreaterOrEqual(..) | LdapFilter::LessOrEqual(..) | LdapFilter::Extensible(_) => false,
    }
}

fn values<'a>(attributes: &'a Attributes, name: &'a str) -> impl Iterator<Item = &'a String> {
    attributes.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).flat_map(|(_, values)| values)
}

fn entries() -> Vec<(String, Attributes)> {
    let people = [
        ("grace", "Grace", "Hopper", "6f1c0f4e-0001-4a57-9c1b-000000000001"),
        ("ada", "Ada", "Lovelace", "6f1c0f4e-0001-4a57-9c1b-000000000002"),
        ("alan", "Alan", "Turing", "6f1c0f4e-0001-4a57-9c1b-000000000003"),
        ("emmy", "Emmy", "Noether", "6f1c0f4e-0001-4a57-9c1b-000000000004"),
        ("jose", "José", "Muñoz", "6f1c0f4e-0001-4a57-9c1b-000000000005"),
    ];
    let groups = [
        ("admins", &["grace"][..], "6f1c0f4e-0002-4a57-9c1b-000000000001"),
        ("engineering", &["grace", "ada", "alan"], "6f1c0f4e-0002-4a57-9c1b-000000000002"),
        ("library", &["ada", "emmy", "jose"], "6f1c0f4e-0002-4a57-9c1b-000000000003"),
    ];
    let text = |value: &str| vec![value.to_owned()];
    let dn_of = |username: &str| format!("uid={username},ou=people,{BASE}");
    let mut entries: Vec<(String, Attributes)> = vec![
        (BASE.to_owned(), vec![("objectClass", text("domain")), ("dc", text("example"))]),
        (format!("ou=people,{BASE}"), vec![("objectClass", text("organizationalUnit")), ("ou", text("people"))]),
        (format!("ou=groups,{BASE}"), vec![("objectClass", text("organizationalUnit")), ("ou", text("groups"))]),
    ];
    entries.extend(people.iter().map(|(username, first_name, last_name, id)| {
        let attributes = vec![
            ("objectClass", ["person", "organizationalPerson", "inetOrgPerson"].map(str::to_owned).to_vec()),
            ("uid", text(username)),
            ("cn", vec![format!("{first_name} {last_name}")]),
            ("givenName", text(first_name)),
            ("sn", text(last_name)),
            ("displayName", vec![format!("{first_name} {last_name}")]),
            ("mail", vec![format!("{username}@example.org")]),
            ("entryUUID", text(id)),
        ];
        (dn_of(username), attributes)
    }));
    entries.extend(groups.iter().map(|(name, members, id)| {
        let attributes = vec![
            ("objectClass", text("groupOfNames")),
            ("cn", text(name)),
            ("member", members.iter().map(|username| dn_of(username)).collect()),
            ("entryUUID", text(id)),
        ];
        (format!("cn={name},ou=groups,{BASE}"), attributes)
    }));
    entries
}
