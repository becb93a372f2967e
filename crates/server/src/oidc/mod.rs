//! OpenID Connect: tokens of an identity provider let people in.
//!
//! | question | where |
//! |---|---|
//! | what is a token, and is it good | `token.rs` |
//! | which keys has the provider | `keys.rs` |
//! | who asks the provider, and when | `provider.rs` |
//! | how do requests to it travel | `https.rs` |
//! | what may a person do | `roles.rs` |

mod https;
mod keys;
mod provider;
mod roles;
mod token;

pub use https::{Https, HttpsError, trusting};
pub use provider::{Discovery, DiscoveryError, discover};
pub use roles::{RoleOfGroup, WrongRoleOfGroup};

pub(crate) use provider::{Person, Provider, ProviderError};

use nixie_api::LoginInfo;
use roles::Roles;

/// Which provider lets people in, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcConfig {
    /// URL of the provider, as its tokens have it.
    pub issuer: String,
    /// What the provider calls `px`.
    pub client_id: String,
    /// Whom tokens must be for, if not for the client.
    pub audience: Option<String>,
    /// What clients ask the provider for.
    pub scope: String,
    /// Claim with the groups of a person; a `.` leads into objects.
    pub role_claim: String,
    /// What groups may do; without any, everybody whom the provider lets in is a viewer.
    pub roles: Vec<RoleOfGroup>,
}

impl OidcConfig {
    /// Claim with the groups of a person, if no other is named.
    pub const ROLE_CLAIM_DEFAULT: &'static str = "groups";

    /// What clients ask for, if nothing else is named: who it is, and a token to renew the login.
    pub const SCOPE_DEFAULT: &'static str = "openid offline_access";

    /// Returns whom tokens must be for.
    #[must_use]
    pub fn audience(&self) -> &str {
        self.audience.as_deref().unwrap_or(&self.client_id)
    }

    /// Returns what clients need to log in.
    pub(crate) fn login_info(&self) -> LoginInfo {
        LoginInfo {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            audience: self.audience.clone(),
            scope: self.scope.clone(),
        }
    }

    fn roles(&self) -> Roles {
        Roles::new(self.role_claim.clone(), self.roles.clone())
    }
}
