//! Shows an error in a script at its place.
//!
//! ```text
//! error: column `req_pth` not found in table `http_events`
//!   --> query.pxl:3:10
//!    |
//!  3 | df = df[['req_pth']]
//!    |          ^^^^^^^^^
//!    = help: did you mean `req_path`?
//! ```

use nixie_api::Diagnostic;

/// LIMIT: characters of a source line that are shown.
const LINE_CHARS_MAX: usize = 160;

/// Returns a problem that the compiler found here as one that an agent has reported.
pub(crate) fn reported(diagnostic: nixie_pxl::Diagnostic) -> Diagnostic {
    Diagnostic {
        code: diagnostic.code.to_owned(),
        message: diagnostic.message,
        line: diagnostic.line,
        column: diagnostic.column,
        width: diagnostic.width,
        help: diagnostic.help,
    }
}

/// Returns the lines that show an error of a script.
pub(crate) fn render(diagnostic: &Diagnostic, name: &str, script: &str) -> String {
    let Diagnostic {
        message,
        line,
        column,
        width,
        help,
        ..
    } = diagnostic;
    let mut text = format!("error: {message}\n");
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    if *line == 0 {
        text += &format!("  --> {name}\n");
    } else {
        text += &format!(" {margin}--> {name}:{line}:{column}\n");
        if let Some(source) = script.lines().nth(line - 1) {
            let (source, column) = window(source, *column);
            let before: String = source.chars().take(column - 1).map(as_space).collect();
            let room = source.chars().count().saturating_sub(column - 1).max(1);
            let carets = "^".repeat((*width).clamp(1, room));
            let source: String = source.chars().map(as_visible).collect();
            text += &format!(" {margin} |\n {number} | {source}\n {margin} | {before}{carets}\n");
        }
    }
    if let Some(help) = help {
        text += &format!(" {margin} = help: {help}\n");
    }
    text.push('\n');
    text
}

/// Returns the part of a long line around a column, and the column in that part.
fn window(source: &str, column: usize) -> (String, usize) {
    let column = column.clamp(1, source.chars().count() + 1);
    let skipped = if column > LINE_CHARS_MAX {
        column - LINE_CHARS_MAX / 2
    } else {
        0
    };
    (
        source.chars().skip(skipped).take(LINE_CHARS_MAX).collect(),
        column - skipped,
    )
}

/// A tab is as wide under the line as it is in the line.
const fn as_space(char: char) -> char {
    if char == '\t' { '\t' } else { ' ' }
}

/// A script may hold anything; the terminal must not obey it.
fn as_visible(char: char) -> char {
    if char.is_control() && char != '\t' {
        '\u{fffd}'
    } else {
        char
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(line: usize, column: usize, width: usize, help: Option<&str>) -> Diagnostic {
        Diagnostic {
            code: "unknown-column".to_owned(),
            message: "column `req_pth` not found".to_owned(),
            line,
            column,
            width,
            help: help.map(str::to_owned),
        }
    }

    #[test]
    fn the_place_is_shown_with_a_caret() {
        let script = "import px\n\ndf = df[['req_pth']]\n";
        let help = Some("did you mean `req_path`?");
        let text = render(&diagnostic(3, 10, 9, help), "query.pxl", script);
        let expected = "\
error: column `req_pth` not found
  --> query.pxl:3:10
   |
 3 | df = df[['req_pth']]
   |          ^^^^^^^^^
   = help: did you mean `req_path`?

";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_error_without_a_place_names_the_script() {
        let text = render(&diagnostic(0, 0, 0, None), "query.pxl", "");
        assert_eq!(
            text,
            "error: column `req_pth` not found\n  --> query.pxl\n\n"
        );
    }

    #[test]
    fn places_outside_of_the_text_do_no_harm() {
        for (line, column, width) in [(1, 0, 0), (1, 99, 99), (9, 1, 1), (1, 3, 0), (1, 1, 999)] {
            let text = render(&diagnostic(line, column, width, None), "x", "ab\u{1b}[2J");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let script = format!("{}here{}", " ".repeat(5000), "x".repeat(5000));
        let text = render(&diagnostic(1, 5001, 4, None), "x", &script);
        assert!(
            text.contains("here") && text.contains("^^^^") && text.len() < 600,
            "{text}"
        );
    }
}
