//! Options of `px up` that name an identity provider.

use nixie_server::OidcConfig;
use nixie_server::oidc::RoleOfGroup;

// No documentation comment: it would become the command's.
#[derive(Debug, clap::Args)]
pub(super) struct OidcOptions {
    /// Identity provider (OpenID Connect) whose tokens let people in, by its URL
    #[arg(long, value_name = "URL", requires = "oidc_client_id")]
    oidc_issuer: Option<String>,
    /// What the provider calls `px`
    #[arg(long, value_name = "ID", requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// Take access tokens for this audience, in the place of ID tokens for the client
    #[arg(long, value_name = "NAME", requires = "oidc_issuer")]
    oidc_audience: Option<String>,
    /// What `px auth login` asks the provider for
    #[arg(long, value_name = "SCOPES", requires = "oidc_issuer", default_value = OidcConfig::SCOPE_DEFAULT)]
    oidc_scope: String,
    /// Claim of tokens with the groups of a person; a `.` leads into objects
    #[arg(long, value_name = "CLAIM", requires = "oidc_issuer", default_value = OidcConfig::ROLE_CLAIM_DEFAULT)]
    oidc_role_claim: String,
    /// What the people of a group may do: `viewer`, `editor` or `admin`. Who is in no such group is
    /// not let in; without this option, everybody is a viewer
    #[arg(long, value_name = "GROUP=ROLE", requires = "oidc_issuer")]
    oidc_role: Vec<RoleOfGroup>,
}

impl OidcOptions {
    /// Returns the provider, if there is one.
    pub(super) fn config(self) -> Option<OidcConfig> {
        let (issuer, client_id) = self.oidc_issuer.zip(self.oidc_client_id)?;
        Some(OidcConfig {
            issuer,
            client_id,
            audience: self.oidc_audience,
            scope: self.oidc_scope,
            role_claim: self.oidc_role_claim,
            roles: self.oidc_role,
        })
    }
}
