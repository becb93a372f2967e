//! What a scheduled script is, and which ones are taken.

use super::ScheduleError;
use nixie_api::{NewCronScript, OtelEndpoint};
use nixie_export::Exporter;
use uuid::Uuid;

/// LIMIT: bytes of a name.
const NAME_BYTES_MAX: usize = 256;

/// LIMIT: bytes of a description.
const DESCRIPTION_BYTES_MAX: usize = 4096;

/// LIMIT: bytes of a script; a script is a few KiB.
const SCRIPT_BYTES_MAX: usize = 256 * 1024;

/// LIMIT: bytes of the names and values of an endpoint's headers together.
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// LIMIT: seconds from one run to the next; a longer time holds more rows than any table.
const PERIOD_S_MAX: u32 = 30 * 24 * 3600;

/// A script that runs by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) text: String,
    /// Seconds from one run to the next.
    pub(crate) period_s: u32,
    /// Where exports go that do not say it themselves, if not where the plugin says.
    pub(crate) endpoint: Option<OtelEndpoint>,
    /// Plugin that it belongs to; empty for none.
    pub(crate) plugin: String,
    /// It came with the plugin.
    pub(crate) is_preset: bool,
    pub(crate) enabled: bool,
    pub(crate) created_ns: i64,
    /// All times before have had their runs.
    pub(crate) next_ns: i64,
    pub(crate) periods_skipped: u64,
}

impl Script {
    /// Returns a script as it was asked for; its first period starts at `next_ns`.
    pub(super) fn new(new: NewCronScript, now_ns: i64, next_ns: i64) -> Self {
        Self {
            id: Uuid::new_v4(),
            name: new.name,
            description: new.description,
            text: new.script,
            period_s: new.frequency_s,
            endpoint: new.endpoint,
            enabled: !new.disabled,
            created_ns: now_ns,
            next_ns,
            ..Self::default()
        }
    }

    /// Refuses what no script may be.
    pub(super) fn check(&self) -> Result<(), ScheduleError> {
        let refused = |message: String| Err(ScheduleError::Invalid(message));
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            return refused("the name of a scheduled script is empty or no plain text".to_owned());
        }
        for (what, bytes, bytes_max) in [
            ("name", self.name.len(), NAME_BYTES_MAX),
            ("description", self.description.len(), DESCRIPTION_BYTES_MAX),
            ("script", self.text.len(), SCRIPT_BYTES_MAX),
        ] {
            if bytes > bytes_max {
                return refused(format!(
                    "{what} of {bytes} bytes exceeds the limit of {bytes_max} bytes"
                ));
            }
        }
        if self.period_s == 0 || self.period_s > PERIOD_S_MAX {
            return refused(format!(
                "frequency of {} s is not possible; expected 1 s to {PERIOD_S_MAX} s",
                self.period_s
            ));
        }
        self.endpoint.as_ref().map_or(Ok(()), check_endpoint)
    }
}

/// Refuses what is no endpoint.
pub(super) fn check_endpoint(endpoint: &OtelEndpoint) -> Result<(), ScheduleError> {
    let headers = endpoint.headers.iter();
    let bytes: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
    if bytes > HEADER_BYTES_MAX {
        return Err(ScheduleError::Invalid(format!(
            "headers of {bytes} bytes exceed the limit of {HEADER_BYTES_MAX} bytes"
        )));
    }
    Exporter::check(&crate::exports::endpoint(endpoint.clone())).map_err(ScheduleError::Endpoint)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A script that is fine.
    pub(in crate::schedule) fn fine(name: &str) -> Script {
        let new = NewCronScript {
            name: name.to_owned(),
            script: "import px".to_owned(),
            frequency_s: 10,
            ..NewCronScript::default()
        };
        Script::new(new, 5, 4)
    }

    #[tokio::test]
    async fn what_no_script_may_be_is_refused_with_the_reason() {
        assert!(fine("a b/c").check().is_ok());
        let endpoint = |url: &str, header: &str| OtelEndpoint {
            url: url.to_owned(),
            headers: [(header.to_owned(), "secret".to_owned())].into(),
            insecure: true,
            timeout_s: None,
        };
        let with = |url: &str, header: &str| Script {
            endpoint: Some(endpoint(url, header)),
            ..fine("x")
        };
        assert!(with("h:4317", "api-key").check().is_ok());
        for (script, expected) in [
            (fine(" "), "is empty"),
            (fine("a\nb"), "no plain text"),
            (fine(&"x".repeat(257)), "name of 257 bytes exceeds"),
            (
                Script {
                    period_s: 0,
                    ..fine("x")
                },
                "frequency of 0 s",
            ),
            (
                Script {
                    period_s: u32::MAX,
                    ..fine("x")
                },
                "expected 1 s to",
            ),
            (with("h", "api-key"), "has no port"),
            (with("h:1", "a b"), "header `a b` cannot be sent"),
            (with("h:1", &"x".repeat(20_000)), "headers of 20006 bytes"),
        ] {
            let error = script.check().unwrap_err();
            let text = crate::grpc::with_causes(&error);
            assert!(
                text.contains(expected) && !text.contains("secret"),
                "{text}"
            );
        }
    }
}
