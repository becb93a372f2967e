//! The status of a pod or container as a mark.

use crate::cells::Color;
use serde_json::Value;

/// Returns the mark of a status, which is JSON with a phase or a state, and how good it is.
pub(super) fn mark(status: &str) -> (&'static str, Color) {
    let Ok(status) = serde_json::from_str::<Value>(status) else {
        return ("?", Color::Plain);
    };
    let text = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_ready = status.get("ready").and_then(Value::as_bool) != Some(false);
    let state = [text("phase"), text("state")]
        .into_iter()
        .find(|state| !state.is_empty());
    match state.unwrap_or_default() {
        "Running" | "Succeeded" if is_ready => ("●", Color::Green),
        "Terminated" if text("reason").is_empty() => ("●", Color::Green),
        "Running" | "Succeeded" | "Pending" | "Waiting" => ("◐", Color::Yellow),
        "Failed" | "Terminated" => ("✗", Color::Red),
        _ => ("?", Color::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_marks() {
        for (status, expected) in [
            (r#"{"phase": "Running", "ready": true}"#, "●"),
            (r#"{"phase": "Running", "ready": false}"#, "◐"),
            (r#"{"phase": "Failed"}"#, "✗"),
            (r#"{"state": "Terminated", "reason": ""}"#, "●"),
            (r#"{"state": "Terminated", "reason": "OOMKilled"}"#, "✗"),
            (r#"{"state": "Waiting"}"#, "◐"),
            ("{}", "?"),
            ("", "?"),
        ] {
            assert_eq!(mark(status).0, expected, "{status}");
        }
    }
}
