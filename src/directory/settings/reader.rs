//! From texts to the parts of a [`DirectoryConfig`](super::super::config::DirectoryConfig), one function per part, collecting every mistake.

use std::time::Duration;

use super::super::attributes::{AttributeMap, CustomClaim, DisabledRule, ROWS};
use super::super::config::{
    Collision, Connection, Guard, LifeCycle, Limit, Limits, MemberValue, Membership, Missing, Nested, PasswordSignIn, Passwords, Placement, Schedule,
    Search,
};
use super::table::*;
use super::values::{self, base_dn, bases, bind, boolean, certificates, duration, filter, group_map, identity, servers, words};
use super::{Setting, SettingError};
use crate::language::t;
use crate::settings::Input;

pub(super) struct Reader<'r, 't> {
    pub(super) value_of: &'r dyn Fn(&str) -> Option<&'t str>,
    pub(super) errors: Vec<SettingError>,
}

impl<'t> Reader<'_, 't> {
    fn text(&self, setting: Setting) -> &'t str {
        (self.value_of)(setting.key).unwrap_or(setting.default).trim()
    }

    fn checked<T>(&mut self, setting: Setting, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.errors.push(SettingError { key: setting.key, message })).ok()
    }

    fn flag(&mut self, setting: Setting) -> Option<bool> {
        self.checked(setting, boolean(self.text(setting)))
    }

    fn number(&mut self, setting: Setting, from: u32, to: u32) -> Option<u32> {
        self.checked(setting, values::whole_number(self.text(setting), from, to))
    }

    /// The value that was chosen, one of those the setting declares.
    fn choice(&mut self, setting: Setting) -> Option<&'static str> {
        let Input::Choice(choices) = setting.input else { return None };
        let text = self.text(setting);
        let found = choices.iter().map(|choice| choice.value).find(|value| value.eq_ignore_ascii_case(text));
        let allowed = || choices.iter().map(|choice| choice.value).collect::<Vec<_>>().join(", ");
        self.checked(setting, found.ok_or_else(|| t("directory-mistake-choice").with("text", format!("{text:?}")).with("allowed", allowed()).into()))
    }

    fn filled(&self, setting: Setting) -> Option<String> {
        Some(self.text(setting)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn lines(&self, setting: Setting) -> Vec<String> {
        values::lines(self.text(setting)).map(str::to_owned).collect()
    }

    pub(super) fn connection(&mut self) -> Option<Connection> {
        let servers = self.checked(URL, servers(self.text(URL)));
        let at_random = self.choice(URL_ORDER).map(|order| order == "random");
        let start_tls = self.flag(START_TLS);
        let method = self.choice(BIND_METHOD);
        let password = (self.value_of)(BIND_PASSWORD.key).unwrap_or("");
        let bind = method.and_then(|method| self.checked(BIND_PASSWORD, bind(method, self.text(BIND_DN), password)));
        let skip_cert_verify = self.flag(SKIP_CERT_VERIFY);
        let ca_pem = self.checked(CA_CERTIFICATE, certificates(self.text(CA_CERTIFICATE)));
        let server_name = self.checked(SERVER_NAME, values::server_name(self.text(SERVER_NAME)));
        let certificate = self.checked(CLIENT_CERTIFICATE, certificates(self.text(CLIENT_CERTIFICATE)));
        let key = (self.value_of)(CLIENT_KEY.key).unwrap_or("").trim();
        let identity = certificate.and_then(|certificate| self.checked(CLIENT_KEY, identity(certificate, key)));
        let connect = self.number(CONNECT_SECONDS, 1, 300);
        let answer = self.number(ANSWER_SECONDS, 1, 3600);
        let run = self.number(RUN_MINUTES, 1, 24 * 60);
        let page_size = self.number(PAGE_SIZE, 1, 1000);
        Some(Connection {
            servers: servers?,
            at_random: at_random?,
            start_tls: start_tls?,
            server_name: server_name?,
            ca_pem: ca_pem?,
            skip_cert_verify: skip_cert_verify?,
            identity: identity?,
            bind: bind?,
            limits: Limits {
                connect_within: Duration::from_secs(connect?.into()),
                answer_within: Duration::from_secs(answer?.into()),
                run_within: Duration::from_secs(u64::from(run?) * 60),
                page_size: u16::try_from(page_size?).ok()?,
                ..Limits::default()
            },
        })
    }

    pub(super) fn search(&mut self) -> Option<Search> {
        let base = self.checked(BASE, base_dn(self.text(BASE)));
        let base_text = base.clone().unwrap_or_default();
        let user_bases = self.checked(USER_BASE, bases(self.text(USER_BASE), &base_text));
        let group_bases = self.checked(GROUP_BASE, bases(self.text(GROUP_BASE), &base_text));
        let user_classes = self.checked(USER_OBJECT_CLASSES, words(self.text(USER_OBJECT_CLASSES)));
        let group_classes = self.checked(GROUP_OBJECT_CLASSES, words(self.text(GROUP_OBJECT_CLASSES)));
        let user_filter = user_classes.and_then(|classes| self.checked(USER_FILTER, filter(self.text(USER_FILTER), &classes)));
        let group_filter = group_classes.and_then(|classes| self.checked(GROUP_FILTER, filter(self.text(GROUP_FILTER), &classes)));
        let includes_bind_account = self.flag(INCLUDE_BIND_ACCOUNT);
        let one_level = self.choice(SEARCH_SCOPE).map(|scope| scope == "one-level");
        Some(Search {
            base_dn: base?,
            user_bases: user_bases?,
            group_bases: group_bases?,
            one_level: one_level?,
            user_filter: user_filter?,
            group_filter: group_filter?,
            includes_bind_account: includes_bind_account?,
        })
    }

    pub(super) fn membership(&mut self) -> Option<Membership> {
        let member_value = self.choice(MEMBER_VALUE).map(|value| match value {
            "dn" => MemberValue::Dn,
            "username" => MemberValue::Username,
            "id" => MemberValue::EntryId,
            _ => MemberValue::Any,
        });
        let member_of = self.checked(MEMBER_OF, values::attribute_names(self.text(MEMBER_OF)));
        let nested = self.choice(NESTED_GROUPS).map(|nested| match nested {
            "off" => Nested::Off,
            "in-chain" => Nested::InChain,
            _ => Nested::Closure,
        });
        let primary_group = self.flag(PRIMARY_GROUP);
        Some(Membership { member_value: member_value?, member_of: member_of?, nested: nested?, primary_group: primary_group? })
    }

    pub(super) fn placement(&mut self) -> Option<Placement> {
        let role = self.choice(DEFAULT_ROLE);
        let group_map = self.checked(GROUP_MAP, group_map(self.text(GROUP_MAP)));
        Some(Placement {
            admin_group: self.filled(ADMIN_GROUP),
            import_group: self.filled(IMPORT_GROUP),
            default_groups: self.lines(DEFAULT_GROUPS),
            everyone_is_admin: role? == "administrator",
            parent_group: self.filled(PARENT_GROUP),
            tag: self.text(TAG).to_owned(),
            include_groups: self.lines(INCLUDE_GROUPS),
            exclude_groups: self.lines(EXCLUDE_GROUPS),
            group_map: group_map?,
        })
    }

    pub(super) fn life_cycle(&mut self) -> Option<LifeCycle> {
        let sync_users = self.flag(SYNC_USERS);
        let sync_groups = self.flag(SYNC_GROUPS);
        let keep = self.flag(SOFT_DELETE);
        let days = self.number(DELETE_AFTER_DAYS, 0, 3650);
        let report = self.flag(REPORT_MISSING);
        let collision = self.choice(COLLISION).map(|policy| match policy {
            "link-verified" => Collision::LinkVerified,
            "link" => Collision::Link,
            "suffix" => Collision::Suffix,
            _ => Collision::Skip,
        });
        let missing = match (report?, keep?, days?) {
            (true, ..) => Missing::Report,
            (false, false, _) => Missing::Delete,
            (false, true, days) => Missing::Disable { delete_after_days: Some(days).filter(|days| *days > 0) },
        };
        Some(LifeCycle { sync_users: sync_users?, sync_groups: sync_groups?, missing, collision: collision? })
    }

    pub(super) fn guard(&mut self) -> Option<Guard> {
        let people = self.limit(GUARD_PEOPLE_PERCENT, GUARD_PEOPLE_MINIMUM);
        let groups = self.limit(GUARD_GROUPS_PERCENT, GUARD_GROUPS_MINIMUM);
        let memberships = self.limit(GUARD_MEMBERSHIPS_PERCENT, GUARD_MEMBERSHIPS_MINIMUM);
        let admins = self.limit(GUARD_ADMINS_PERCENT, GUARD_ADMINS_MINIMUM);
        let days = self.number(HELD_DAYS, 1, 365);
        let held_for = Duration::from_secs(u64::from(days?) * 86_400);
        Some(Guard { people: people?, groups: groups?, memberships: memberships?, admins: admins?, held_for })
    }

    fn limit(&mut self, percent: Setting, minimum: Setting) -> Option<Limit> {
        let (percent, minimum) = (self.number(percent, 0, 100), self.number(minimum, 0, 1_000_000));
        Some(Limit { share_percent: u8::try_from(percent?).ok()?, minimum: minimum? })
    }

    pub(super) fn schedule(&mut self) -> Option<Schedule> {
        let every = match self.text(SYNC_EVERY) {
            NEVER => Some(None),
            text => self.checked(SYNC_EVERY, duration(text)).map(Some),
        };
        let follows_changes = self.flag(FOLLOW_CHANGES);
        let at_sign_in = self.flag(SYNC_AT_SIGN_IN);
        Some(Schedule { every: every?, follows_changes: follows_changes?, at_sign_in: at_sign_in? })
    }

    pub(super) fn passwords(&mut self) -> Option<Passwords> {
        let sign_in = self.choice(PASSWORD_SIGN_IN).map(|choice| match choice {
            "first" => PasswordSignIn::First,
            "always" => PasswordSignIn::Always,
            _ => PasswordSignIn::Off,
        });
        let keeps_hash = self.flag(PASSWORD_CACHE);
        let write_back = self.flag(PASSWORD_WRITE_BACK);
        Some(Passwords { sign_in: sign_in?, keeps_hash: keeps_hash?, write_back: write_back? })
    }

    pub(super) fn disabled_when(&mut self) -> Option<Vec<DisabledRule>> {
        self.checked(DISABLED_WHEN, DisabledRule::parse_all(self.text(DISABLED_WHEN)))
    }

    pub(super) fn claims(&mut self) -> Option<Vec<CustomClaim>> {
        self.checked(CUSTOM_CLAIMS, CustomClaim::parse_all(self.text(CUSTOM_CLAIMS)))
    }

    pub(super) fn attributes(&mut self) -> AttributeMap {
        let mut attributes = AttributeMap::default();
        for row in &ROWS {
            if let Err(message) = attributes.set(row.field, (self.value_of)(row.key).unwrap_or(row.default)) {
                self.errors.push(SettingError { key: row.key, message });
            }
        }
        attributes
    }
}
