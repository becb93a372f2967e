//! How large a query may get.
//!
//! The parser limits what is in parentheses. It takes `1 + 1 + 1 + …` in a loop, but makes as many
//! levels of it, and what walks, copies or drops so deep an expression leaves its stack. Names in
//! `WITH` that each use the one before twice make a plan that doubles with each of them.

use super::errors;
use super::errors::Place;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use nixie_pxl::Diagnostic;
use std::collections::HashMap;

/// LIMIT: levels of a query's expressions and joined or united tables.
pub(super) const LEVELS_MAX: usize = 200;

/// LIMIT: uses of names in `WITH`, where those in a query that is used count again.
const USES_MAX: usize = 1000;

/// What is between parentheses, brackets, or `CASE` and `END`.
#[derive(Default)]
struct Part {
    is_case: bool,
    /// Levels since the last comma.
    levels: usize,
    /// Most levels of a part inside, since the last comma.
    inside: usize,
    /// Most levels before a comma.
    before: usize,
    /// Tables that are joined or united.
    tables: usize,
    /// A comma joins tables.
    is_from: bool,
}

impl Part {
    fn separate(&mut self) {
        self.before = self.before.max(self.levels + self.inside);
        (self.levels, self.inside) = (0, 0);
        self.tables += usize::from(self.is_from);
    }

    fn depth(&self) -> usize {
        self.before.max(self.levels + self.inside) + self.tables
    }

    fn take(&mut self, keyword: Keyword) {
        match keyword {
            Keyword::FROM => self.is_from = true,
            Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::SELECT
            | Keyword::WINDOW => self.is_from = false,
            Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS => {
                self.is_from = false;
                self.tables += 1;
            }
            Keyword::JOIN | Keyword::APPLY => self.tables += 1,
            _ => self.levels += 1,
        }
    }
}

/// Refuses a query whose expressions or tables have too many levels, or whose plan would. It counts
/// rather more than there are: every sign and keyword may make a level.
pub(super) fn check(sql: &str, tokens: &[TokenWithSpan]) -> Result<(), Diagnostic> {
    let mut parts = Parts(vec![Part::default()]);
    let too_large = |token: &TokenWithSpan, message, help| {
        let place = Place::of(sql, token.span);
        Err(errors::at("too-large", message, place, Some(help)))
    };
    for token in tokens {
        parts.take(&token.token);
        if parts.depth() > LEVELS_MAX {
            let message =
                format!("query has more than {LEVELS_MAX} parts that build on each other");
            let help = "use `IN (…)` for many values, or ask several times";
            return too_large(token, message, help);
        }
    }
    let mut uses = Uses::default();
    let words = tokens.iter().filter(|token| !is_space(&token.token));
    let words: Vec<_> = words.collect();
    for (at, token) in words.iter().enumerate() {
        uses.take(&words, at);
        if uses.total > USES_MAX {
            let message = format!("names of `WITH` are used more than {USES_MAX} times");
            let help = "what a name stands for is computed each time that it is used";
            return too_large(token, message, help);
        }
    }
    Ok(())
}

const fn is_space(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

/// How often names of `WITH` are used.
#[derive(Default)]
struct Uses {
    /// By name: the uses that one use makes.
    named: HashMap<String, usize>,
    /// Queries that are being named: the name, how many parentheses are around, uses before.
    open: Vec<(String, usize, usize)>,
    parentheses: usize,
    total: usize,
}

impl Uses {
    fn take(&mut self, words: &[&TokenWithSpan], at: usize) {
        let next = words.get(at + 1).map(|next| &next.token);
        match &words[at].token {
            Token::LParen => {
                if let Some(name) = named(words, at) {
                    self.open.push((name, self.parentheses, self.total));
                }
                self.parentheses += 1;
            }
            Token::RParen => {
                self.parentheses = self.parentheses.saturating_sub(1);
                let closed = self
                    .open
                    .pop_if(|(_, around, _)| *around == self.parentheses);
                if let Some((name, _, before)) = closed {
                    self.named.insert(name, 1 + self.total - before);
                    self.total = before;
                }
            }
            // With a point behind it is part of the name of a column.
            Token::Word(word) if next != Some(&Token::Period) => {
                let uses = self.named.get(&word.value.to_lowercase());
                self.total += uses.copied().unwrap_or_default();
            }
            _ => {}
        }
    }
}

/// Returns the name of the query that this parenthesis opens, as in `WITH name(a, b) AS (SELECT …`.
fn named(words: &[&TokenWithSpan], at: usize) -> Option<String> {
    let is = |at: usize, keyword: Keyword| {
        matches!(&words.get(at)?.token, Token::Word(word) if word.keyword == keyword).then_some(())
    };
    let mut before = at.checked_sub(1)?;
    if is(before, Keyword::MATERIALIZED).is_some() {
        before = before.checked_sub(1)?;
        if is(before, Keyword::NOT).is_some() {
            before = before.checked_sub(1)?;
        }
    }
    is(before, Keyword::AS)?;
    before = before.checked_sub(1)?;
    if words[before].token == Token::RParen {
        let opens = |word: &&TokenWithSpan| word.token == Token::LParen;
        before = words[..before].iter().rposition(opens)?.checked_sub(1)?;
    }
    match &words[before].token {
        Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    }
}

/// Those that are open.
struct Parts(Vec<Part>);

impl Parts {
    /// Levels of what is open, if it ended here.
    fn depth(&self) -> usize {
        self.0.iter().map(|part| part.depth() + 1).sum()
    }

    fn take(&mut self, token: &Token) {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => self.0.push(Part::default()),
            Token::RParen | Token::RBracket | Token::RBrace => {
                // A `CASE` without its `END` ends here, too.
                while self.last().is_case {
                    self.close();
                }
                self.close();
            }
            Token::Comma => self.last().separate(),
            Token::Word(word) => self.word(word.keyword),
            Token::Whitespace(_)
            | Token::Period
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Placeholder(_) => {}
            _ => self.last().levels += 1,
        }
    }

    fn word(&mut self, keyword: Keyword) {
        match keyword {
            Keyword::NoKeyword => {}
            Keyword::CASE => self.0.push(Part {
                is_case: true,
                ..Part::default()
            }),
            Keyword::END if self.last().is_case => self.close(),
            Keyword::WHEN | Keyword::THEN | Keyword::ELSE if self.last().is_case => {
                self.last().separate();
            }
            keyword => self.last().take(keyword),
        }
    }

    fn last(&mut self) -> &mut Part {
        if self.0.is_empty() {
            self.0.push(Part::default());
        }
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    fn close(&mut self) {
        let depth = self.0.pop().map_or(0, |part| part.depth());
        let outer = self.last();
        outer.inside = outer.inside.max(depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::parameters::Tokens;

    fn is_small(sql: &str) -> bool {
        let tokens = Tokens::of(sql).unwrap().tokens;
        check(sql, &tokens).is_ok()
    }

    /// Parts that make a level each.
    fn chains(count: usize) -> Vec<String> {
        let repeat = |part: &str| part.repeat(count);
        vec![
            format!("SELECT 1{}", repeat(" + 1")),
            format!("SELECT a{} FROM t", repeat(" || 'x'")),
            format!("SELECT 1{}", repeat("::int")),
            format!("SELECT a{} FROM t", repeat(" IS NULL")),
            format!(
                "SELECT 1{}",
                repeat(" + CASE WHEN 1 = 1 THEN 1, 2 ELSE 3 END")
            ),
            format!("SELECT 1{}", repeat(" + f(1, 2, [3, 4])")),
            format!("SELECT 1, 2{}", repeat(" UNION ALL SELECT 1, 2")),
            format!("SELECT * FROM a{} WHERE x", repeat(" JOIN b ON true")),
            format!("SELECT * FROM a{}", repeat(", b AS c")),
            format!("SELECT {}1{}", "(".repeat(40), "+ 1 + 1)".repeat(40)) + &repeat("+ 1"),
        ]
    }

    #[test]
    fn long_chains_are_refused_however_they_are_made() {
        for sql in chains(LEVELS_MAX + 1) {
            assert!(!is_small(&sql), "{sql}");
        }
        for sql in chains(30) {
            assert!(is_small(&sql), "{sql}");
        }
    }

    #[test]
    fn levels_of_parts_inside_each_other_add_up() {
        let sum = "+ 1".repeat(LEVELS_MAX * 2 / 5);
        assert!(is_small(&format!("SELECT ((1 {sum}) {sum})")));
        assert!(!is_small(&format!("SELECT (((1 {sum}) {sum}) {sum})")));
        // Beside each other they do not.
        assert!(is_small(&format!(
            "SELECT f(1 {sum}, 1 {sum}), 1 {sum}, 1 {sum}"
        )));
    }

    #[test]
    fn long_lists_are_no_chains() {
        let list = vec!["'x' || a"; 3000].join(", ");
        let whens = "WHEN a = 1 THEN a + 1 ".repeat(1000);
        for sql in [
            format!("SELECT {list} FROM t"),
            format!("SELECT * FROM t WHERE a IN ({list}) ORDER BY {list}"),
            format!("SELECT CASE {whens} ELSE 3 END FROM t"),
            format!("VALUES {}", vec!["(1 + 1)"; 3000].join(", ")),
        ] {
            assert!(is_small(&sql), "{}", &sql[..60]);
        }
    }

    #[test]
    fn names_that_double_are_refused() {
        let query = |count: usize, form: &str| {
            let one = |n: usize| {
                form.replace("NEW", &format!("t{}", n + 1))
                    .replace("OLD", &format!("t{n}"))
            };
            let names: String = (0..count).map(one).collect();
            format!("WITH t0 AS (SELECT 1 AS x){names} SELECT * FROM t{count}")
        };
        for form in [
            ", NEW AS (SELECT 1 FROM OLD a, OLD b)",
            ", \"NEW\"(x) AS (SELECT 1 FROM (OLD) JOIN OLD USING (x))",
            ", NEW AS NOT MATERIALIZED (WITH y AS (SELECT * FROM OLD) SELECT * FROM y, y)",
            ", NEW as materialized (TABLE OLD UNION TABLE OLD)",
        ] {
            assert!(!is_small(&query(20, form)), "{form}");
            assert!(is_small(&query(5, form)), "{form}");
        }
        // One after the other, or columns of a table of that name.
        assert!(is_small(&query(
            100,
            ", NEW AS (SELECT OLD.x, OLD.x + OLD.x AS x FROM OLD)"
        )));
    }

    #[test]
    fn what_is_not_closed_is_counted() {
        for sql in [")", "END", "]])", "CASE )"] {
            assert!(is_small(sql), "{sql}");
            assert!(!is_small(&format!(
                "{sql}{}",
                " + 1".repeat(LEVELS_MAX + 1)
            )));
        }
    }
}
