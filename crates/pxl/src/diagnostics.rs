//! Problems of a script, collected with their places.

use crate::Diagnostic;
use ruff_text_size::TextRange;

/// LIMIT: problems reported for one script; more would not be read.
const DIAGNOSTICS_MAX: usize = 50;

/// The problem has been reported; what follows from it need not be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported;

/// A value, or nothing because of a problem that has been reported.
pub(crate) type Checked<T> = Result<T, Reported>;

/// A problem on its way into the list.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Problem {
    /// Returns a problem without advice.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: None,
        }
    }

    /// Returns the problem with advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns the problem with the most similar of the known names as advice, if one is similar.
    pub(crate) fn suggest<'n>(
        mut self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        if let Some(similar) = similar(name, known) {
            self.help = Some(format!("did you mean `{similar}`?"));
        }
        self
    }
}

/// Returns the most similar of the known names, if it is close enough to be what was meant.
pub fn similar<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(likeness, candidate)| {
            *likeness >= 0.85
                || strsim::osa_distance(&lower, &candidate.to_lowercase()) <= lower.len() / 4
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// All problems found so far.
#[derive(Debug)]
pub(crate) struct Diagnostics<'s> {
    source: &'s str,
    line_starts: Vec<usize>,
    list: Vec<(usize, Diagnostic)>,
    /// While a text runs that is not the script's: its name, and the place of its use in the
    /// script, if there is one.
    inside: Option<(String, Option<TextRange>)>,
}

impl<'s> Diagnostics<'s> {
    /// Returns true when no more problems are taken.
    pub(crate) const fn is_full(&self) -> bool {
        self.list.len() >= DIAGNOSTICS_MAX
    }

    /// Returns the script.
    pub(crate) const fn source(&self) -> &'s str {
        self.source
    }

    /// Returns an empty list for a script.
    pub(crate) fn new(source: &'s str) -> Self {
        let starts = source
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0)
            .chain(starts.map(|(at, _)| at + 1))
            .collect();
        Self {
            source,
            line_starts,
            list: Vec::new(),
            inside: None,
        }
    }

    /// From now on, problems are those of a text that is not the script's: a function of a
    /// library, or an argument. Returns false when they are already.
    pub(crate) fn go_into(&mut self, name: String, place: Option<TextRange>) -> bool {
        if self.inside.is_some() {
            return false;
        }
        self.inside = Some((name, place));
        true
    }

    /// From now on, problems are those of the script's own text.
    pub(crate) fn come_out(&mut self) {
        self.inside = None;
    }

    /// Adds a problem at a place and returns the mark that it was reported.
    pub(crate) fn report(&mut self, range: TextRange, mut problem: Problem) -> Reported {
        let range = match &self.inside {
            Some((name, place)) => {
                problem.message = format!("in `{name}`: {}", problem.message);
                match place {
                    Some(place) => *place,
                    None => return self.report_nowhere(problem),
                }
            }
            None => range,
        };
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        let start = self
            .source
            .floor_char_boundary(start.min(self.source.len()));
        let end = self
            .source
            .floor_char_boundary(end.clamp(start, self.source.len()));
        let line = self.line_starts.partition_point(|&at| at <= start).max(1);
        let before = &self.source[self.line_starts[line - 1]..start];
        // Only the first line of a long range is underlined.
        let under = self.source[start..end].lines().next().unwrap_or_default();
        self.push(
            start,
            Diagnostic {
                code: problem.code,
                message: problem.message,
                line,
                column: before.chars().count() + 1,
                width: under.chars().count().max(1),
                help: problem.help,
            },
        );
        Reported
    }

    /// Adds a problem without a place.
    pub(crate) fn report_nowhere(&mut self, problem: Problem) -> Reported {
        let Problem {
            code,
            message,
            help,
        } = problem;
        self.push(
            usize::MAX,
            Diagnostic {
                code,
                message,
                line: 0,
                column: 0,
                width: 0,
                help,
            },
        );
        Reported
    }

    /// Returns true when there are no problems.
    pub(crate) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns all problems in the order of their places.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|(at, _)| *at);
        self.list
            .into_iter()
            .map(|(_, diagnostic)| diagnostic)
            .collect()
    }

    // A function called twice has its problems only once, also when the advice differs.
    fn push(&mut self, at: usize, diagnostic: Diagnostic) {
        let same = |known: &Diagnostic| {
            (known.line, known.column, known.code)
                == (diagnostic.line, diagnostic.column, diagnostic.code)
                && known.message == diagnostic.message
        };
        if !self.is_full() && !self.list.iter().any(|(_, known)| same(known)) {
            self.list.push((at, diagnostic));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruff_text_size::TextSize;

    #[test]
    fn places_count_lines_and_characters() {
        let mut diagnostics = Diagnostics::new("a\nßß xyz\nb");
        let range = TextRange::new(TextSize::new(7), TextSize::new(10));
        let _: Reported = diagnostics.report(range, Problem::new("code", "text"));
        let list = diagnostics.finish();
        assert_eq!((list[0].line, list[0].column, list[0].width), (2, 4, 3));
    }

    #[test]
    fn similar_names_are_suggested_and_others_not() {
        let known = ["http_events", "conn_stats"];
        assert_eq!(similar("http_event", known), Some("http_events"));
        assert_eq!(similar("HTTP_EVENTS", known), Some("http_events"));
        assert_eq!(similar("zebra", known), None);
    }
}
