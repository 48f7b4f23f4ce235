//! How well someone proved who they are: the `acr` of ID tokens, and what requests ask of it (OpenID Connect Core, sections 2, 3.1.2.1 and 5.5.1.1; RFC 9470).

/// An authentication context class; a later one includes the earlier ones. The names of the two upper ones are those of the OpenID EAP ACR profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Something that can be phished or forwarded: a one-time link, a password.
    #[default]
    Basic,
    /// With a passkey, which answers to our address only.
    PhishingResistant,
    /// With a passkey that cannot leave its device.
    HardwareHeld,
}

impl Class {
    /// Every class, the best first, as published.
    pub const ALL: [Self; 3] = [Self::HardwareHeld, Self::PhishingResistant, Self::Basic];

    /// The name in requests and ID tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "urn:muster:acr:basic",
            Self::PhishingResistant => "phr",
            Self::HardwareHeld => "phrh",
        }
    }

    /// Reads a name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }

    /// The class of a sign-in with these methods (RFC 8176 values).
    pub fn of<'a>(amr: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut proof, mut class) = (false, Self::Basic);
        for method in amr {
            match method {
                "pop" => proof = true,
                "hwk" => class = Self::HardwareHeld,
                "swk" => class = class.max(Self::PhishingResistant),
                _ => {}
            }
        }
        if proof { class } else { Self::Basic }
    }
}

/// What a request asks of the class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The values named, best liked first; unknown ones among them.
    pub values: Vec<String>,
    /// The client would rather have an error than another class.
    pub is_essential: bool,
}

impl Wanted {
    /// The value an ID token should name for a sign-in of this class: the first of those asked for that it reaches. `None` when it reaches none of them.
    pub fn met_by(&self, class: Class) -> Option<Class> {
        self.known().find(|wanted| class >= *wanted)
    }

    /// Whether a sign-in could ever do. One who asks for nothing we know is content with anything, unless it is essential.
    pub fn can_be_met(&self) -> bool {
        self.values.is_empty() || self.known().next().is_some()
    }

    /// Whether a sign-in of this class is as good as asked for.
    pub fn is_met_by(&self, class: Class) -> bool {
        self.values.is_empty() || self.met_by(class).is_some()
    }

    /// What an ID token says of a sign-in of this class.
    pub fn named(&self, class: Class) -> Class {
        self.met_by(class).unwrap_or(class)
    }

    fn known(&self) -> impl Iterator<Item = Class> + '_ {
        self.values.iter().filter_map(|value| Class::from_text(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::Method;

    fn wanted(values: &str) -> Wanted {
        Wanted { values: values.split_whitespace().map(str::to_owned).collect(), is_essential: false }
    }

    #[test]
    fn each_method_has_its_class() {
        for (method, class) in [
            (Method::Passkey { synced: true, model: None }, Class::PhishingResistant),
            (Method::Passkey { synced: false, model: None }, Class::HardwareHeld),
            (Method::AccessLink, Class::Basic),
            (Method::RecoveryCode, Class::Basic),
            (Method::OtherDevice, Class::Basic),
            (Method::DirectoryPassword { first: false }, Class::Basic),
        ] {
            assert_eq!(Class::of(method.amr().iter().copied()), class, "{method:?}");
        }
        for nothing in ["", "pwd", "hwk", "swk user", "pwd otp mfa"] {
            assert_eq!(Class::of(nothing.split(' ')), Class::Basic, "{nothing}");
        }
    }

    #[test]
    fn a_better_class_than_asked_for_does_and_is_named_as_asked() {
        assert_eq!(wanted("phr").named(Class::HardwareHeld), Class::PhishingResistant);
        assert_eq!(wanted("phrh phr").named(Class::HardwareHeld), Class::HardwareHeld);
        assert_eq!(wanted("phrh phr").named(Class::PhishingResistant), Class::PhishingResistant);
        assert_eq!(wanted("phrh").named(Class::PhishingResistant), Class::PhishingResistant, "the truth, when it is not enough");
        assert!(!wanted("phrh").is_met_by(Class::PhishingResistant) && !wanted("1 2").is_met_by(Class::HardwareHeld));
        assert!(wanted("").is_met_by(Class::Basic) && wanted("").can_be_met() && !wanted("1 2").can_be_met() && wanted("1 phr").can_be_met());
    }
}
