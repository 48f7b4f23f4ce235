//! What clients call people: the `sub` of ID tokens, userinfo, introspection and logout. Public ones are the person's id. Pairwise ones (OpenID Connect Core,
//! section 8.1) are made of the person's id and the client's sector with a secret of this installation: the same for as long as both stay, different in
//! every sector, and only Muster can tell whose they are.

use anyhow::Context as _;
use aws_lc_rs::hmac;
use uuid::Uuid;

use crate::clients::policy::claims::{ClaimsPolicy, SubjectType};
use crate::db::Db;
use crate::id::UserId;
use crate::installation;
use crate::secret::{Sealer, base64url, from_base64url, random_bytes};

const FACT: &str = "subject_secret";
const PURPOSE: &str = "subject secret";
const HALF: usize = 16;

/// Makes and reads subjects.
pub struct Subjects {
    tag: hmac::Key,
    mask: hmac::Key,
}

impl std::fmt::Debug for Subjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subjects(…)")
    }
}

impl Subjects {
    /// With the secret of this installation, which is made at the first start and kept sealed.
    ///
    /// # Errors
    /// When the database refuses, or the secret cannot be unsealed.
    pub async fn open(db: &Db, sealer: &Sealer) -> anyhow::Result<Self> {
        let new = sealer.seal_text(PURPOSE, &base64url(&random_bytes::<32>()));
        let sealed = installation::get_or_set(db, FACT, &new).await?;
        let text = sealer.unseal_text(PURPOSE, &sealed)?;
        Ok(Self::new(&from_base64url(&text).context("the secret of pairwise subjects is damaged")?))
    }

    fn new(secret: &[u8]) -> Self {
        let key = |name: &str| {
            let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), name.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
        };
        Self { tag: key("pairwise tag"), mask: key("pairwise mask") }
    }

    /// What a client with this policy calls a person.
    pub fn of(&self, policy: &ClaimsPolicy, user: UserId) -> String {
        match policy.subject {
            SubjectType::Public => user.to_string(),
            SubjectType::Pairwise => self.pairwise(&policy.sector, user),
        }
    }

    /// A synthetic-IV encryption (after RFC 5297) of the person's id with the sector as associated text: a tag over both, then the id under a mask made of the
    /// tag.
    fn pairwise(&self, sector: &str, user: UserId) -> String {
        let id = user.uuid();
        let mut context = hmac::Context::with_key(&self.tag);
        context.update(sector.as_bytes());
        context.update(&[0]);
        context.update(id.as_bytes());
        let tag = context.sign();
        let mut subject = [0; 2 * HALF];
        let (iv, masked) = subject.split_at_mut(HALF);
        iv.copy_from_slice(tag.as_ref().get(..HALF).unwrap_or(&[0; HALF]));
        masked.copy_from_slice(&self.masked(iv, id.as_bytes()));
        base64url(&subject)
    }

    fn masked(&self, iv: &[u8], text: &[u8; HALF]) -> [u8; HALF] {
        let mask = hmac::sign(&self.mask, iv);
        let mut masked = *text;
        masked.iter_mut().zip(mask.as_ref()).for_each(|(byte, mask)| *byte ^= mask);
        masked
    }

    /// Whose subject it is, public or pairwise. Believe it only where something of ours vouches for the text, such as the signature of an ID token: that it is
    /// of the right sector is not looked at here.
    pub fn read(&self, subject: &str) -> Option<UserId> {
        if let Ok(public) = subject.parse() {
            return Some(public);
        }
        let bytes: [u8; 2 * HALF] = from_base64url(subject)?.try_into().ok()?;
        let (iv, masked) = bytes.split_at(HALF);
        Some(UserId::from(Uuid::from_bytes(self.masked(iv, masked.try_into().ok()?))))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::oidc) fn subjects() -> Subjects {
        Subjects::new(&[7; 32])
    }

    fn pairwise(sector: &str) -> ClaimsPolicy {
        ClaimsPolicy { subject: SubjectType::Pairwise, sector: sector.to_owned(), ..ClaimsPolicy::default() }
    }

    #[test]
    fn a_pairwise_subject_is_stable_in_its_sector_and_tells_others_nothing() {
        let (subjects, ada, bob) = (subjects(), UserId::new(), UserId::new());
        let here = subjects.of(&pairwise("a.example"), ada);
        assert_eq!(here, subjects.of(&pairwise("a.example"), ada));
        assert_ne!(here, subjects.of(&pairwise("b.example"), ada));
        assert_ne!(here, subjects.of(&pairwise("a.example"), bob));
        assert_ne!(here, Subjects::new(&[8; 32]).of(&pairwise("a.example"), ada), "another installation");
        assert_eq!(here.len(), 43, "at most 255 ASCII characters (OpenID Connect Core, section 2)");
        assert_eq!(subjects.of(&ClaimsPolicy::default(), ada), ada.to_string());
    }

    #[test]
    fn only_this_installation_can_tell_whose_it_is() {
        let (subjects, ada) = (subjects(), UserId::new());
        let here = subjects.of(&pairwise("a.example"), ada);
        assert_eq!(subjects.read(&here), Some(ada));
        assert_eq!(subjects.read(&ada.to_string()), Some(ada));
        assert_ne!(Subjects::new(&[8; 32]).read(&here), Some(ada));
        assert_eq!((subjects.read(""), subjects.read("nobody")), (None, None));
    }
}
