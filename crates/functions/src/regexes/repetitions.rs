//! What RE2 asks of repetitions and the `regex` crate does not: counts have a limit, and no
//! operator follows another.

use crate::regexes::errors::with;
use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{self, Ast, RepetitionKind, RepetitionRange, Visitor};

/// LIMIT: how often RE2 repeats anything; counts of repetitions inside each other are multiplied.
const COUNT_MAX: u32 = 1000;

/// Returns what RE2 says about the first repetition that it refuses; none if it takes them all, or
/// if the pattern cannot be read at all.
pub(super) fn refusal(pattern: &str) -> Option<String> {
    let ast = Parser::new().parse(pattern).ok()?;
    let repetitions = Repetitions {
        pattern,
        counts: vec![1],
    };
    ast::visit(&ast, repetitions).err()
}

struct Repetitions<'p> {
    pattern: &'p str,
    /// For the pattern and each repetition around the place of the visit: the largest count of
    /// what is inside.
    counts: Vec<u32>,
}

impl Repetitions<'_> {
    fn refusal(&self, reason: &str, from: &ast::Span, to: &ast::Span) -> String {
        let at = self.pattern.get(from.start.offset..to.end.offset);
        with(reason, at.unwrap_or_default())
    }
}

impl Visitor for Repetitions<'_> {
    type Output = ();
    type Err = String;

    fn finish(self) -> Result<(), String> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), String> {
        if matches!(ast, Ast::Repetition(_)) {
            self.counts.push(1);
        }
        Ok(())
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), String> {
        let Ast::Repetition(repetition) = ast else {
            return Ok(());
        };
        let operator = &repetition.op;
        if let Ast::Repetition(inner) = &*repetition.ast {
            let (from, to) = (&inner.op.span, &operator.span);
            return Err(self.refusal("bad repetition operator", from, to));
        }
        let inside = self.counts.pop().unwrap_or(1);
        let count = inside.saturating_mul(copies(&operator.kind));
        if count > COUNT_MAX {
            let span = &operator.span;
            return Err(self.refusal("invalid repetition size", span, span));
        }
        if let Some(around) = self.counts.last_mut() {
            *around = count.max(*around);
        }
        Ok(())
    }
}

/// Returns how many copies an operator makes of what it repeats.
fn copies(kind: &RepetitionKind) -> u32 {
    match kind {
        RepetitionKind::Range(
            RepetitionRange::Exactly(count)
            | RepetitionRange::AtLeast(count)
            | RepetitionRange::Bounded(_, count),
        ) => (*count).max(1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_a_limit() {
        for (pattern, want) in [
            ("a{1000}", None),
            ("a{0,1000}", None),
            ("a{1001}", Some("{1001}")),
            ("a{1001,}", Some("{1001,}")),
            ("a{2,1001}?b", Some("{2,1001}?")),
            ("(?:a{10}|b{100}){10}", None),
            ("(?:a{10}|b{100}c){11}", Some("{11}")),
            ("((a{10}){10}){10}(b{10})*", None),
            ("((a{10}){10}){11}", Some("{11}")),
            ("(a{1000}){0,1}(a{1000})*", None),
        ] {
            let want = want.map(|at| format!("invalid repetition size: {at}"));
            assert_eq!(refusal(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn no_operator_follows_another() {
        for (pattern, want) in [
            ("a*?b+c{2}?", None),
            ("(?:a*)*", None),
            ("a**", Some("**")),
            ("xa*?+", Some("*?+")),
            ("a{2}{3}", Some("{2}{3}")),
        ] {
            let want = want.map(|at| format!("bad repetition operator: {at}"));
            assert_eq!(refusal(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_refused_here() {
        assert_eq!(refusal("(a{1001}"), None);
    }
}
