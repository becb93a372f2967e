//! What should not be shown.

mod checks;
mod detectors;
mod redact_pii_best_effort;

use crate::function::Function;

pub use redact_pii_best_effort::redact_pii;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[&redact_pii_best_effort::REDACT_PII_BEST_EFFORT];
