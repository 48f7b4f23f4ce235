//! What an honest server would answer, for the requests a directory client makes.

use super::ber::{self, Filter, Operation, Search, element, octets};
use super::{Outcome, Reply, Request};

/// An entry; nothing about it need be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) dn: Vec<u8>,
    pub(crate) attributes: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl Entry {
    /// An entry without attributes.
    pub(crate) fn new(dn: impl Into<Vec<u8>>) -> Self {
        Self { dn: dn.into(), attributes: Vec::new() }
    }

    /// With one more attribute, or one more value of the last one when that has the same name.
    pub(crate) fn with(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        let name = name.into();
        match self.attributes.last_mut() {
            Some((last, values)) if *last == name => values.push(value.into()),
            _ => self.attributes.push((name, vec![value.into()])),
        }
        self
    }

    /// A person below `ou=people` of [`BASE`], with everything a sync asks for.
    pub(crate) fn person(uid: &str) -> Self {
        Self::new(person_dn(uid))
            .with("objectClass", "inetOrgPerson")
            .with("entryUUID", uuid::Uuid::from_bytes(id_bytes(uid)).to_string())
            .with("uid", uid)
            .with("cn", format!("{uid} Example"))
            .with("givenName", uid)
            .with("sn", "Example")
            .with("mail", format!("{uid}@example.org"))
    }

    /// A group below `ou=groups` of [`BASE`] of people named by uid.
    pub(crate) fn group(name: &str, uids: &[&str]) -> Self {
        let group = Self::new(format!("cn={name},ou=groups,{BASE}"))
            .with("objectClass", "groupOfNames")
            .with("entryUUID", uuid::Uuid::from_bytes(id_bytes(name)).to_string())
            .with("cn", name);
        uids.iter().fold(group, |group, uid| group.with("member", person_dn(uid)))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &Vec<u8>> {
        self.attributes.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes())).flat_map(|(_, values)| values)
    }

    /// The message's operation.
    pub(super) fn encode(&self) -> Vec<u8> {
        let attribute = |(name, values): &(Vec<u8>, Vec<Vec<u8>>)| {
            let values: Vec<u8> = values.iter().flat_map(octets).collect();
            element(0x30, &[octets(name), element(0x31, &values)].concat())
        };
        let attributes: Vec<u8> = self.attributes.iter().flat_map(attribute).collect();
        element(0x64, &[octets(&self.dn), element(0x30, &attributes)].concat())
    }
}

/// The directory's base.
pub(crate) const BASE: &str = "dc=example,dc=org";

/// The DN of [`Entry::person`].
pub(crate) fn person_dn(uid: &str) -> String {
    format!("uid={uid},ou=people,{BASE}")
}

/// The people `person000`, `person001`, ….
pub(crate) fn people(count: usize) -> Vec<Entry> {
    (0..count).map(|number| Entry::person(&format!("person{number:03}"))).collect()
}

/// Sixteen bytes that are always the same for a name.
fn id_bytes(name: &str) -> [u8; 16] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    digest.as_ref()[..16].try_into().expect("a digest is longer")
}

/// Whose server it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vendor {
    ActiveDirectory,
    Lldap,
    EDirectory,
    Ds389,
    FreeIpa,
    OpenLdap,
}

impl Vendor {
    pub(crate) const ALL: [Self; 6] = [Self::ActiveDirectory, Self::Lldap, Self::EDirectory, Self::Ds389, Self::FreeIpa, Self::OpenLdap];

    /// The root DSE as such a server shows it (RFC 4512 section 5.1).
    fn root(self, base: &str) -> Entry {
        let root = Entry::new("").with("objectClass", "top").with("namingContexts", base).with("supportedLDAPVersion", "3");
        let controls = |root: Entry, oids: &[&str]| oids.iter().fold(root, |root, oid| root.with("supportedControl", *oid));
        match self {
            Self::ActiveDirectory => controls(root, &[ber::PAGING, "1.2.840.113556.1.4.417", "1.2.840.113556.1.4.841", "1.2.840.113556.1.4.801"])
                .with("supportedCapabilities", "1.2.840.113556.1.4.800")
                .with("supportedCapabilities", "1.2.840.113556.1.4.1670")
                .with("defaultNamingContext", base)
                .with("rootDomainNamingContext", base)
                .with("configurationNamingContext", format!("CN=Configuration,{base}"))
                .with("schemaNamingContext", format!("CN=Schema,CN=Configuration,{base}"))
                .with("forestFunctionality", "7")
                .with("dnsHostName", "dc1.corp.example")
                .with("highestCommittedUSN", "12345")
                .with("dsServiceName", format!("CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,{base}")),
            // lldap answers the paging control but sends everything at once.
            Self::Lldap => controls(root, &[ber::PAGING])
                .with("vendorName", "LLDAP")
                .with("vendorVersion", "lldap_0.6.1")
                .with("defaultNamingContext", base)
                .with("isGlobalCatalogReady", "false"),
            Self::EDirectory => controls(root, &[ber::PAGING, "2.16.840.1.113719.1.27.101.5"])
                .with("vendorName", "NetIQ Corporation")
                .with("vendorVersion", "LDAP Agent for NetIQ eDirectory 9.2.7 (40207.16)")
                .with("dsaName", "cn=server,o=example"),
            Self::Ds389 => controls(root, &[ber::PAGING, "2.16.840.1.113730.3.4.3"])
                .with("vendorName", "389 Project")
                .with("vendorVersion", "389-Directory/2.3.1"),
            Self::FreeIpa => controls(root, &[ber::PAGING, "2.16.840.1.113730.3.4.3"])
                .with("vendorName", "389 Project")
                .with("vendorVersion", "389-Directory/2.4.5 B2024.198.0000")
                .with("defaultnamingcontext", base)
                .with("ipatopologypluginversion", "1.0")
                .with("ipaDomainLevel", "1"),
            Self::OpenLdap => controls(root, &[ber::PAGING, "1.3.6.1.4.1.4203.1.9.1.1"])
                .with("objectClass", "OpenLDAProotDSE")
                .with("configContext", "cn=config")
                .with("supportedExtension", "1.3.6.1.4.1.4203.1.11.3"),
        }
    }
}

/// What the server holds and how it goes about it.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) vendor: Vendor,
    pub(crate) entries: Vec<Entry>,
    /// How many values of `member` are sent at a time (Active Directory: 1,500); the rest has to be asked for by range.
    pub(crate) range: Option<usize>,
    /// The only name and password that may bind; `None` lets anybody.
    pub(crate) account: Option<(String, String)>,
}

impl Directory {
    /// A directory of one vendor with the base [`BASE`] and nothing below.
    pub(crate) fn of(vendor: Vendor) -> Self {
        let entries = vec![Entry::new(BASE).with("objectClass", "domain").with("dc", "example")];
        Self { vendor, entries, range: (vendor == Vendor::ActiveDirectory).then_some(1_500), account: None }
    }

    /// With more entries.
    pub(crate) fn with(mut self, entries: impl IntoIterator<Item = Entry>) -> Self {
        self.entries.extend(entries);
        self
    }

    /// With an account that has to be bound as.
    pub(crate) fn only_for(mut self, name: &str, password: &str) -> Self {
        self.account = Some((name.to_owned(), password.to_owned()));
        self
    }

    /// The honest answer; `bound` says whether the connection may search, and is changed by a bind.
    pub(super) fn answer(&self, request: &Request, bound: &mut bool) -> Vec<Reply> {
        match &request.operation {
            Operation::Bind { name, password } => {
                let known = self.account.as_ref().is_none_or(|(account, secret)| account.eq_ignore_ascii_case(name) && secret == password);
                *bound = known;
                // Whoever gives no name is nobody, and that always works.
                let code = if known || name.is_empty() { 0 } else { 49 };
                vec![Reply::Done(Outcome::new(code, ""))]
            }
            Operation::SaslBind(_) => vec![Reply::Done(Outcome::new(7, "no SASL here"))],
            Operation::Search(search) if search.base.is_empty() && search.scope == 0 => {
                vec![Reply::Entry(self.shown(&self.vendor.root(BASE), search)), Reply::Done(Outcome::default())]
            }
            Operation::Search(_) if !*bound && self.account.is_some() => vec![Reply::Done(Outcome::new(50, "bind first"))],
            Operation::Search(search) => self.found(request, search),
            Operation::Unbind | Operation::Other(0x50) => vec![],
            // StartTLS and everything that would change something.
            Operation::Extended(_) => vec![Reply::Done(Outcome::new(2, "unsupported extended operation"))],
            Operation::Other(_) => vec![Reply::Done(Outcome::new(53, "read only"))],
        }
    }

    fn found(&self, request: &Request, search: &Search) -> Vec<Reply> {
        if !self.entries.iter().any(|entry| below(&entry.dn, search.base.as_bytes())) {
            return vec![Reply::Done(Outcome::new(32, ""))];
        }
        let found: Vec<&Entry> = self.entries.iter().filter(|entry| in_scope(entry, search) && matches(&search.filter, entry)).collect();
        let paging = ber::paging(&request.controls).filter(|_| self.vendor != Vendor::Lldap);
        let (from, size) = paging.as_ref().map_or((0, found.len()), |(size, cookie)| (place(cookie), *size));
        let page = found.iter().skip(from).take(size);
        let mut replies: Vec<Reply> = page.map(|entry| Reply::Entry(self.shown(entry, search))).collect();
        let next = from + replies.len();
        let cookie = if next < found.len() { u32::try_from(next).expect("few entries").to_be_bytes().to_vec() } else { Vec::new() };
        let estimate = u32::try_from(found.len()).expect("few entries");
        let cookie = ber::paging(&request.controls).map(|_| cookie);
        replies.push(Reply::Done(Outcome { cookie, estimate, ..Outcome::default() }));
        replies
    }

    /// The attributes that were asked for; a long `member` in ranges, with an empty attribute of its plain name beside it as Active Directory sends it.
    fn shown(&self, entry: &Entry, search: &Search) -> Entry {
        let asked: Vec<(&str, Option<usize>)> = search
            .attributes
            .iter()
            .map(|name| match name.split_once(";range=") {
                Some((name, range)) => (name, range.split('-').next().and_then(|from| from.parse().ok())),
                None => (name.as_str(), None),
            })
            .collect();
        let all = asked.is_empty() || asked.iter().any(|(name, _)| *name == "*" || *name == "+");
        let mut shown = Entry::new(entry.dn.clone());
        for (name, values) in &entry.attributes {
            let wanted = asked.iter().find(|(wanted, _)| wanted.as_bytes().eq_ignore_ascii_case(name));
            if wanted.is_none() && !all {
                continue;
            }
            let from = wanted.and_then(|(_, from)| *from);
            let Some(length) = self.range.filter(|length| name.eq_ignore_ascii_case(b"member") && (values.len() > *length || from.is_some())) else {
                shown.attributes.push((name.clone(), values.clone()));
                continue;
            };
            let from = from.unwrap_or(0).min(values.len());
            let to = (from + length).min(values.len());
            let end = if to == values.len() { "*".to_owned() } else { (to - 1).to_string() };
            shown.attributes.push((name.clone(), Vec::new()));
            let name = String::from_utf8_lossy(name);
            shown.attributes.push((format!("{name};range={from}-{end}").into_bytes(), values[from..to].to_vec()));
        }
        shown
    }
}

/// Where the page with this cookie begins.
pub(super) fn place(cookie: &[u8]) -> usize {
    cookie.iter().fold(0, |place, byte| (place << 8) | usize::from(*byte))
}

fn below(dn: &[u8], base: &[u8]) -> bool {
    let (dn, base) = (dn.to_ascii_lowercase(), base.to_ascii_lowercase());
    base.is_empty() || dn == base || dn.ends_with(&[b",", base.as_slice()].concat())
}

fn in_scope(entry: &Entry, search: &Search) -> bool {
    let base = search.base.as_bytes();
    match search.scope {
        0 => entry.dn.eq_ignore_ascii_case(base),
        1 => entry.dn.iter().position(|byte| *byte == b',').is_some_and(|comma| entry.dn[comma + 1..].eq_ignore_ascii_case(base)),
        _ => below(&entry.dn, base),
    }
}

fn matches(filter: &Filter, entry: &Entry) -> bool {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<i64>().ok());
    match filter {
        Filter::And(parts) => parts.iter().all(|part| matches(part, entry)),
        Filter::Or(parts) => parts.iter().any(|part| matches(part, entry)),
        Filter::Not(part) => !matches(part, entry),
        Filter::Present(name) => name == "objectclass" || entry.values(name).next().is_some(),
        Filter::Equal(name, wanted) => entry.values(name).any(|value| value.eq_ignore_ascii_case(wanted)),
        Filter::Parts(name, parts) => entry.values(name).any(|value| has_parts(&value.to_ascii_lowercase(), parts)),
        Filter::AtLeast(name, wanted) => entry.values(name).any(|value| number(value) >= number(wanted)),
        Filter::AtMost(name, wanted) => entry.values(name).any(|value| number(value).is_some() && number(value) <= number(wanted)),
        Filter::Rule(rule, name, wanted) => entry.values(name).any(|value| match (rule.as_str(), number(value), number(wanted)) {
            ("1.2.840.113556.1.4.803", Some(value), Some(wanted)) => value & wanted == wanted,
            ("1.2.840.113556.1.4.804", Some(value), Some(wanted)) => value & wanted != 0,
            _ => false,
        }),
        Filter::Unknown => false,
    }
}

fn has_parts(mut value: &[u8], parts: &[(u8, Vec<u8>)]) -> bool {
    parts.iter().all(|(tag, part)| {
        let part = part.to_ascii_lowercase();
        let found = match tag {
            0x80 => value.starts_with(&part).then_some(0),
            0x82 => value.ends_with(&part).then(|| value.len() - part.len()),
            _ => (0..=value.len().saturating_sub(part.len())).find(|at| value[*at..].starts_with(&part)),
        };
        found.inspect(|at| value = &value[at + part.len()..]).is_some()
    })
}
