//! What clients and agents say to each other about API keys.

use serde::{Deserialize, Serialize};

/// A key to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApiKey {
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// What it allows: `viewer`, `editor` or `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// What is known of a key; no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyInfo {
    /// Id, a UUID.
    pub id: String,
    /// What it allows.
    pub role: String,
    /// When it was created, nanoseconds since 1970.
    pub created_ns: i64,
    /// What it is for.
    pub description: String,
}

/// A key that has just been created.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyCreated {
    /// What is known of it.
    #[serde(flatten)]
    pub info: ApiKeyInfo,
    /// The key itself, which nobody can tell later.
    pub key: String,
}

/// The keys that are not revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeys {
    /// The oldest first.
    pub keys: Vec<ApiKeyInfo>,
}

/// A key that somebody has, and wants to know of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyLookup {
    /// The key itself.
    pub key: String,
}
