//! The cluster that an agent is part of.

/// The cluster that an agent is part of. An agent on its own is a cluster without id and
/// namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Id, a UUID; 0 when there is none.
    pub id: u128,
    /// Name; empty when there is none.
    pub name: String,
    /// Namespace that the agents are installed in; empty when there is none.
    pub namespace: String,
}

impl Cluster {
    /// Returns the id in the form `00000000-0000-0000-0000-000000000000`.
    #[must_use]
    pub fn id_text(&self) -> String {
        uuid_text(self.id)
    }
}

/// Returns a UUID as text, in lower case.
#[must_use]
pub fn uuid_text(uuid: u128) -> String {
    let digits = format!("{uuid:032x}");
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}
