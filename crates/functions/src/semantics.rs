//! How the meaning of a result follows from the meaning of the arguments.

use nixie_types::SemanticType;
use nixie_types::SemanticType as St;

/// Meanings that survive adding and subtracting.
pub(crate) const QUANTITIES: &[St] = &[
    St::Bytes,
    St::ThroughputPerNs,
    St::ThroughputBytesPerNs,
    St::DurationNs,
];

/// Meanings that survive averaging and comparing.
pub(crate) const MEASURES: &[St] = &[
    St::Bytes,
    St::ThroughputPerNs,
    St::ThroughputBytesPerNs,
    St::DurationNs,
    St::Percent,
];

/// Meanings that survive summing. Sums of durations are mostly busy time, not a duration.
pub(crate) const SUMMABLE: &[St] = &[
    St::Bytes,
    St::ThroughputPerNs,
    St::ThroughputBytesPerNs,
    St::Percent,
];

/// The rule of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Semantics {
    /// Always the same.
    Always(St),
    /// That of the arguments from an index on when they all agree; only those listed, if any are.
    Inherit { of: &'static [St], from: usize },
    /// None.
    None,
    /// The first rule that fits, where `None` stands for any meaning; the most exact come first.
    Rules(&'static [(&'static [St], St)]),
}

impl Semantics {
    /// Returns the meaning of the result.
    pub(crate) fn apply(self, args: &[SemanticType]) -> SemanticType {
        match self {
            Self::None => St::None,
            Self::Always(semantic) => semantic,
            Self::Inherit { of, from } => match args.get(from..) {
                Some([first, rest @ ..])
                    if rest.iter().all(|other| other == first)
                        && (of.is_empty() || of.contains(first)) =>
                {
                    *first
                }
                _ => St::None,
            },
            Self::Rules(rules) => rules
                .iter()
                .find(|(pattern, _)| {
                    pattern.len() == args.len()
                        && pattern
                            .iter()
                            .zip(args)
                            .all(|(want, got)| *want == St::None || want == got)
                })
                .map_or(St::None, |(_, result)| *result),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inheriting_needs_agreement_and_a_listed_meaning() {
        let rule = Semantics::Inherit {
            of: QUANTITIES,
            from: 0,
        };
        assert_eq!(rule.apply(&[St::Bytes, St::Bytes]), St::Bytes);
        assert_eq!(rule.apply(&[St::Bytes, St::None]), St::None);
        assert_eq!(rule.apply(&[St::Port, St::Port]), St::None);
        let select = Semantics::Inherit { of: &[], from: 1 };
        assert_eq!(
            select.apply(&[St::None, St::PodName, St::PodName]),
            St::PodName
        );
    }

    #[test]
    fn rules_are_tried_in_order_and_none_is_a_wildcard() {
        let rule = Semantics::Rules(&[
            (&[St::Bytes, St::DurationNs], St::ThroughputBytesPerNs),
            (&[St::None, St::DurationNs], St::ThroughputPerNs),
        ]);
        assert_eq!(
            rule.apply(&[St::Bytes, St::DurationNs]),
            St::ThroughputBytesPerNs
        );
        assert_eq!(rule.apply(&[St::Port, St::DurationNs]), St::ThroughputPerNs);
        assert_eq!(rule.apply(&[St::Bytes, St::Bytes]), St::None);
    }
}
