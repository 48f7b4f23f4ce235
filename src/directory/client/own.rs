//! The account Muster itself binds with: where its entry is, and that it is nobody to take over.

use super::super::attributes::RawEntry;
use super::super::config::{Bind, DirectoryConfig};
use super::super::dn::{Dn, DnKey, key_of};
use super::super::filter::Filter;
use super::connection::Connection;
use super::search::Area;
use super::{FetchError, Phase};

/// Where the account's entry is when it is left out of the people: not when the settings want it among them, with anonymous binds, or where a certificate or
/// socket stands for an account nobody named here.
///
/// # Errors
/// When the server could not be asked; a bind DN says it without asking.
pub(super) async fn left_out(config: &DirectoryConfig, connection: &mut Connection) -> Result<Option<DnKey>, FetchError> {
    let Bind::Simple { name, .. } = &config.connection.bind else { return Ok(None) };
    if config.search.includes_bind_account {
        return Ok(None);
    }
    if let Some(key) = key_of(name) {
        return Ok(Some(key));
    }
    let nothing = ["1.1".to_owned()];
    Ok(by_account_name(config, connection, name, &nothing).await?.and_then(|entry| key_of(&entry.dn)))
}

/// The entry behind a name that is no DN: Active Directory binds by `user@domain` and `DOMAIN\user` too. `None` when it is not below the base DN, or several
/// are.
pub(super) async fn by_account_name(
    config: &DirectoryConfig,
    connection: &mut Connection,
    name: &str,
    wanted: &[String],
) -> Result<Option<RawEntry>, FetchError> {
    for filter in filters(name, &config.search.base_dn) {
        let mut found = Vec::new();
        let bases = std::slice::from_ref(&config.search.base_dn);
        connection.search(Phase::Server, Area::below(bases), filter.as_str(), wanted, |entry| found.push(entry.clone())).await?;
        if !found.is_empty() {
            return Ok(if found.len() == 1 { found.pop() } else { None });
        }
    }
    Ok(None)
}

/// How to find the entry, best first. Without a name of its own an account of the domain `example.org` is `user@example.org` all the same
/// ([MS-ADTS] section 5.1.1.1.1).
fn filters(name: &str, base_dn: &str) -> Vec<Filter> {
    let equals = |attribute: &str, value: &str| Filter::equals([attribute], value.as_bytes());
    let filters = match (name.rsplit_once('\\'), name.rsplit_once('@')) {
        (Some((_, account)), _) => [None, equals("sAMAccountName", account)],
        (None, Some((account, domain))) => {
            let is_this_domain = is_in_domain(base_dn, domain);
            [equals("userPrincipalName", name), equals("sAMAccountName", account).filter(|_| is_this_domain)]
        }
        (None, None) => [None, equals("sAMAccountName", name)],
    };
    filters.into_iter().flatten().collect()
}

/// Whether a place is in the domain of this name (RFC 2247): `ou=people,dc=example,dc=org` in `example.org`, and not in `org`.
fn is_in_domain(base_dn: &str, domain: &str) -> bool {
    let labels: Vec<String> = domain.split('.').map(|label| format!("dc={label}")).collect();
    Dn::parse(base_dn).ok().zip(Dn::parse(&labels.join(",")).ok()).is_some_and(|(base, domain)| base.domain() == domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_looked_for_by_the_form_of_its_name() {
        let texts = |name: &str| filters(name, "OU=people,DC=example,DC=org").iter().map(|filter| filter.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts("EXAMPLE\\svc"), ["(sAMAccountName=svc)"]);
        assert_eq!(texts("svc@Example.org"), ["(userPrincipalName=svc\\40Example\\2eorg)", "(sAMAccountName=svc)"]);
        for other in ["elsewhere.org", "org", "sub.example.org"] {
            assert_eq!(texts(&format!("svc@{other}")).len(), 1, "of the same name in another domain");
        }
        assert_eq!(texts("svc"), ["(sAMAccountName=svc)"]);
    }
}
