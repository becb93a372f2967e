//! What a person may do, by the groups that the provider tells.

use crate::access::Role;
use serde_json::{Map, Value};
use std::str::FromStr;

/// What a group may do, as `GROUP=ROLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOfGroup {
    group: String,
    role: Role,
}

/// A text that is no `GROUP=ROLE`.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no `GROUP=ROLE`; expected for example `admins=admin`, with `viewer`, `editor` or `admin`"
)]
pub struct WrongRoleOfGroup(String);

impl FromStr for RoleOfGroup {
    type Err = WrongRoleOfGroup;

    fn from_str(text: &str) -> Result<Self, WrongRoleOfGroup> {
        // Names of groups may have the sign.
        let parts = text.rsplit_once('=').filter(|(group, _)| !group.is_empty());
        let parsed = parts.and_then(|(group, role)| Some((group, role.parse().ok()?)));
        let (group, role) = parsed.ok_or_else(|| WrongRoleOfGroup(text.to_owned()))?;
        Ok(Self {
            group: group.to_owned(),
            role,
        })
    }
}

/// What people may do.
#[derive(Clone, Debug)]
pub(super) struct Roles {
    claim: String,
    of_groups: Vec<RoleOfGroup>,
}

impl Roles {
    pub(super) const fn new(claim: String, of_groups: Vec<RoleOfGroup>) -> Self {
        Self { claim, of_groups }
    }

    /// Returns the highest role of a person's groups; none if no group has one.
    pub(super) fn of(&self, claims: &Map<String, Value>) -> Option<Role> {
        if self.of_groups.is_empty() {
            return Some(Role::Viewer);
        }
        let mut parts = self.claim.split('.');
        let first = parts.next().and_then(|name| claims.get(name));
        // A name with dots may be one name: those of many providers are URLs.
        let found = claims
            .get(&self.claim)
            .or_else(|| parts.try_fold(first?, |value, name| value.get(name)))?;
        let groups: Vec<&str> = match found {
            Value::Array(groups) => groups.iter().filter_map(Value::as_str).collect(),
            Value::String(group) => vec![group],
            _ => Vec::new(),
        };
        let known = self.of_groups.iter();
        let known = known.filter(|known| groups.contains(&known.group.as_str()));
        known.map(|known| known.role).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(claim: &str, of_groups: &[&str], claims: &str) -> Option<Role> {
        let of_groups = of_groups.iter().map(|text| text.parse().unwrap());
        let claims = serde_json::from_str(claims).unwrap();
        Roles::new(claim.to_owned(), of_groups.collect()).of(&claims)
    }

    #[test]
    fn the_highest_role_of_all_groups_counts() {
        let known = ["staff=viewer", "dev=editor", "cn=ops,dc=x=admin"];
        for (claims, expected) in [
            (
                r#"{"groups": ["staff", "other", "dev"]}"#,
                Some(Role::Editor),
            ),
            (r#"{"groups": ["cn=ops,dc=x", "dev"]}"#, Some(Role::Admin)),
            (r#"{"groups": "staff"}"#, Some(Role::Viewer)),
            (r#"{"groups": ["Staff"]}"#, None),
            (r#"{"groups": {"staff": true}}"#, None),
            (r#"{"roles": ["staff"]}"#, None),
        ] {
            assert_eq!(role("groups", &known, claims), expected, "{claims}");
        }
        let nested = r#"{"realm_access": {"roles": ["dev"]}}"#;
        assert_eq!(
            role("realm_access.roles", &known, nested),
            Some(Role::Editor)
        );
        let url = r#"{"https://example.org/groups": ["dev"]}"#;
        let claim = "https://example.org/groups";
        assert_eq!(role(claim, &known, url), Some(Role::Editor));
        assert_eq!(role("groups", &[], "{}"), Some(Role::Viewer));
    }

    #[test]
    fn what_maps_nothing_is_refused() {
        for wrong in ["", "x", "=admin", "x=root", "x="] {
            assert!(wrong.parse::<RoleOfGroup>().is_err(), "{wrong}");
        }
    }
}
